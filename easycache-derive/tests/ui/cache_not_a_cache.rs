use easycache::ecached;

struct Shop {
    id: u32,
}

impl Shop {
    #[ecached("shop:{self.id}", cache = self.id)]
    fn goods(&self) -> u64 {
        1
    }
}

fn main() {}
