use easycache::{ecached, ecached_defaults};

struct Shop {
    id: u32,
}

#[ecached_defaults(ttl = "soon", tag = "shops")]
impl Shop {
    #[ecached("goods:{self.id}")]
    fn goods(&self) -> u64 {
        1
    }
}

fn main() {
    Shop { id: 1 }.goods();
}
