use easycache::{ecached, ecached_defaults};

trait Goods {
    fn goods(&self, page: u32) -> u64;
}

struct Shop {
    id: u32,
}

#[ecached_defaults(prefix = "shop:{self.id}")]
impl Goods for Shop {
    #[ecached("goods:{page}", companions = shop_goods)]
    fn goods(&self, page: u32) -> u64 {
        u64::from(page)
    }
}

impl Shop {
    #[ecached("name:{self.id}")]
    fn name(&self) -> String {
        String::new()
    }
}

fn main() {}
