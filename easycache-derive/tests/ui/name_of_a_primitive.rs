use easycache::ecached;

#[ecached("char:{code}")]
fn char(code: u32) -> u32 {
    code
}

fn main() {}
