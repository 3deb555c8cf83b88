use easycache::invalidates;

#[invalidates(tags = "users")]
const LIMIT: u32 = 5;

#[invalidates(tags = "users")]
const fn limit() -> u32 {
    5
}

fn main() {}
