use easycache::ecached_property;

struct User {
    id: u64,
}

impl User {
    #[ecached_property("followers:{self.id}")]
    fn followers(&self, page: u32) -> u64 {
        u64::from(page)
    }
}

fn main() {
    User { id: 1 }.followers(1);
}
