use std::collections::HashMap;

use easycache::ecached;

#[ecached("users:{tenant}", each = id in ids)]
async fn load(tenant: u32, ids: Vec<u64>) -> HashMap<u64, String> {
    ids.into_iter().map(|id| (id, format!("{tenant}{id}"))).collect()
}

fn main() {}
