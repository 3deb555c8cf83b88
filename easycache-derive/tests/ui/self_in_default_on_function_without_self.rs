use easycache::{ecached, ecached_defaults};

struct Shop {
    id: u32,
}

#[ecached_defaults(prefix = "shop:{self.id}")]
impl Shop {
    #[ecached("goods:{page}")]
    fn goods(&self, page: u32) -> u64 {
        u64::from(page)
    }

    #[ecached("count")]
    fn count() -> u64 {
        1
    }
}

fn main() {
    Shop { id: 1 }.goods(1);
    Shop::count();
}
