use easycache::ecached;

struct Shop {
    id: u32,
}

impl Shop {
    #[ecached(ttl = "1h")]
    fn goods(&self, page: u32) -> u64 {
        u64::from(page + self.id)
    }
}

fn main() {}
