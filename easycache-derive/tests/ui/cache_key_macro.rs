use easycache::{cache_key, tag};

fn main() {
    let (tenant, id, name) = (1, 2, "x");
    cache_key!();
    cache_key!(name);
    cache_key!("user:{tenant}{id}");
    cache_key!("user:{id}", name);
    cache_key!("user:{}:{}", id);
    cache_key!("a|b|c");
    tag!("a|b");
    tag!("user:{nmae}");
    tag!("user:{id}", nmae = name);
}
