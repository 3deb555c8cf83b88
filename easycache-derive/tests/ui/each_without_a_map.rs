use easycache::ecached;

#[ecached("user:{id}", each = id in ids)]
async fn load(ids: Vec<u64>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

fn main() {}
