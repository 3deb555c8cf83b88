use easycache::ecached;

#[ecached("parsed:{text}")]
fn parsed<T: std::str::FromStr + easycache::CacheValue>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[ecached([id])]
fn padded<const WIDTH: usize>(id: u64) -> String {
    format!("{id:0WIDTH$}")
}

fn main() {}
