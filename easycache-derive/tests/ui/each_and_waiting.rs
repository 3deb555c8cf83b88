use std::collections::HashMap;

use easycache::ecached;

#[ecached("user:{id}", each = id in ids, cache_err = "1m")]
async fn kept(ids: Vec<u64>) -> Result<HashMap<u64, String>, String> {
    Ok(ids.into_iter().map(|id| (id, id.to_string())).collect())
}

#[ecached("user:{id}", each = id in ids, stale_while_revalidate = "1m")]
async fn behind(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, id.to_string())).collect()
}

#[ecached("user:{id}", each = id in ids, timeout = "1s")]
async fn timed(ids: Vec<u64>) -> HashMap<u64, String> {
    ids.into_iter().map(|id| (id, id.to_string())).collect()
}

struct Shop;

impl Shop {
    #[ecached("goods:{id}", each = id in ids, early_refresh)]
    async fn goods(&self, ids: Vec<u64>) -> HashMap<u64, String> {
        ids.into_iter().map(|id| (id, id.to_string())).collect()
    }
}

fn main() {}
