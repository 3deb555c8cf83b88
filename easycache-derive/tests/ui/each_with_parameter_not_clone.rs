use std::collections::HashMap;

use easycache::ecached;

struct Connection;

#[ecached("user:{id}", each = id in ids)]
async fn load(connection: Connection, ids: Vec<u64>) -> HashMap<u64, String> {
    let _ = connection;
    ids.into_iter().map(|id| (id, id.to_string())).collect()
}

fn main() {}
