use easycache::ecached;

#[ecached(ttl = "1h")]
fn count<T: Copy>(value: T) -> usize {
    size_of_val(&value)
}

fn main() {}
