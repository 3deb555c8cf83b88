use easycache::ecached;

trait Goods {
    fn goods(&self, page: u32) -> u64;
}

struct Shop {
    id: u32,
}

impl Goods for Shop {
    #[ecached("goods:{page}", prefix = "shop:{self.id}")]
    fn goods(&self, page: u32) -> u64 {
        u64::from(page)
    }
}

fn main() {}
