use std::collections::HashMap;

use easycache::ecached;

#[ecached("user:{id}", each = id in keys)]
async fn load(ids: Vec<u64>) -> HashMap<u64, String> {
    ids.into_iter().map(|id| (id, id.to_string())).collect()
}

fn main() {}
