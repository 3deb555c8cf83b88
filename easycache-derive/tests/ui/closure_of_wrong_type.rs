use easycache::ecached;

#[ecached(|id| id)]
fn load_key(id: u64) -> u64 {
    id
}

#[ecached("tags:{id}", tags = |id| id)]
fn load_tags(id: u64) -> u64 {
    id
}

#[ecached("from:{id}", tags_from = |value| *value)]
fn load_from(id: u64) -> u64 {
    id
}

#[ecached("if:{id}", cache_if = |value| *value)]
fn load_if(id: u64) -> u64 {
    id
}

#[ecached("ttl:{id}", ttl_from = |value| Some(*value))]
fn load_ttl(id: u64) -> u64 {
    id
}

fn main() {}
