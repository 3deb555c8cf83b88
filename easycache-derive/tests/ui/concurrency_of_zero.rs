use easycache::ecached;

#[ecached("user:{id}", concurrency = 0)]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
