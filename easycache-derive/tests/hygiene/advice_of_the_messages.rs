//! What the messages in `ui/` advise, taken.
#![deny(warnings)]
#![expect(unreachable_pub, reason = "what users write is seen elsewhere, too")]

use easycache::{ecached, ecached_defaults};

mod user {
    pub fn name() -> String {
        String::new()
    }
}

#[ecached("user:{id}", companions = user_cache)]
fn user(id: u64) -> u64 {
    id
}

#[ecached("char:{code}", companions = false)]
fn char(code: u32) -> u32 {
    code
}

#[ecached("parsed:{T}:{text}")]
fn parsed<T: std::str::FromStr + easycache::CacheValue>(text: &str) -> Option<T> {
    text.parse().ok()
}

trait Goods {
    fn goods(&self, page: u32) -> u64;
    fn count(&self) -> u64;
}

struct Shop {
    id: u32,
}

impl Shop {
    #[ecached("shops:{country}", assoc)]
    fn count_in(country: u32) -> u64 {
        u64::from(country)
    }
}

#[ecached_defaults(prefix = "shop:{self.id}")]
impl Goods for Shop {
    #[ecached("goods:{page}")]
    fn goods(&self, page: u32) -> u64 {
        u64::from(page)
    }

    #[ecached("count", companions = false)]
    fn count(&self) -> u64 {
        1
    }
}

struct NotClone;

#[ecached("kept:{id}", local)]
fn kept(id: u64) -> std::sync::Arc<NotClone> {
    assert!(id > 0);
    std::sync::Arc::new(NotClone)
}

#[test]
fn what_the_messages_advise_compiles() {
    user::name();
    user(1);
    user_cache::refresh(1);
    char(1);
    parsed::<u32>("1");
    Shop::count_in(1);
    let shop = Shop { id: 1 };
    shop.goods(1);
    shop.count();
    kept(1);
}
