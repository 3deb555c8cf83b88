use std::{collections::HashMap, sync::Arc};

use easycache::ecached;

struct Shop;

impl Shop {
    #[ecached("user:{id}", each = id in ids)]
    async fn load(self: Arc<Self>, ids: Vec<u64>) -> HashMap<u64, String> {
        ids.into_iter().map(|id| (id, id.to_string())).collect()
    }
}

fn main() {}
