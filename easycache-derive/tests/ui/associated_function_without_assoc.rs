use easycache::ecached;

struct Shop;

impl Shop {
    #[ecached("shops:{country}")]
    fn count(country: u32) -> u64 {
        u64::from(country)
    }
}

fn main() {
    Shop::count(1);
}
