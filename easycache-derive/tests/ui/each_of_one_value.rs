use std::collections::HashMap;

use easycache::ecached;

#[ecached("user:{id}", each = id)]
async fn load(id: u64) -> HashMap<u64, String> {
    HashMap::from([(id, id.to_string())])
}

fn main() {}
