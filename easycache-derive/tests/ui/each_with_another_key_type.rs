use std::collections::HashMap;

use easycache::ecached;

#[ecached("user:{id}", each = id in ids)]
async fn load(ids: Vec<u64>) -> HashMap<String, u64> {
    ids.into_iter().map(|id| (id.to_string(), id)).collect()
}

fn main() {}
