use easycache::ecached;

#[ecached("number:{id}", timeout = "2s")]
async fn number(id: u32) -> u32 {
    id
}

#[ecached("name:{id}", timeout = "2s")]
fn name(id: &str) -> Result<String, easycache::Error> {
    Ok(id.to_owned())
}

fn main() {}
