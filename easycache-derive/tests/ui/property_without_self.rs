use easycache::ecached_property;

#[ecached_property("followers")]
fn followers() -> u64 {
    1
}

fn main() {}
