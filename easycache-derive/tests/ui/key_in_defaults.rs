use easycache::{ecached, ecached_defaults};

struct Shop {
    id: u32,
}

#[ecached_defaults("shop:{self.id}", ttl = "1h")]
impl Shop {
    #[ecached("goods:{self.id}")]
    fn goods(&self) -> u64 {
        1
    }
}

fn main() {}
