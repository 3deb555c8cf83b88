use easycache::ecached;

#[ecached("ids:{id}")]
fn ids(id: u64) -> impl Iterator<Item = u64> {
    0..id
}

#[ecached("later:{id}")]
fn later(id: u64) -> impl Future<Output = u64> {
    async move { id }
}

fn main() {}
