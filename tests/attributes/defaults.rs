use easycache::{CacheKey, ecached_defaults};

use crate::support::Calls;

#[derive(CacheKey)]
struct Shop {
    id: u32,
}

#[ecached_defaults(prefix = "defaults-shop:{self.id}", ttl = "1h", tags = ["defaults-all"])]
impl Shop {
    #[ecached("goods:{page}")]
    async fn goods(&self, page: u32) -> u32 {
        page
    }

    #[ecached("own:{page}", prefix = "defaults-own", tags = [])]
    async fn own(&self, page: u32) -> u32 {
        page
    }

    #[ecached("static:{page}", prefix = "defaults-static")]
    fn no_receiver(page: u32) -> u32 {
        page
    }

    #[ecached_property]
    fn number(&self) -> u32 {
        self.id
    }
}

use easycache::{ecached, ecached_property};

#[tokio::test]
async fn functions_get_what_they_do_not_say_themselves() {
    let shop = Shop { id: 1 };
    assert_eq!((shop.goods(1).await, shop.own(1).await, Shop::no_receiver(1), shop.number()), (1, 1, 1, 1));
    assert_eq!(shop.goods_entry(1).key(), "defaults-shop:1|goods:1");
    assert_eq!(shop.goods_entry(1).tags(), ["defaults-all"]);
    assert_eq!(shop.own_entry(1).key(), "defaults-own|own:1");
    assert!(shop.own_entry(1).tags().is_empty());
    Shop::goods_invalidate_by_tags().await.unwrap();
    Shop::no_receiver_invalidate_by_prefix().unwrap();
    shop.number_invalidate_by_prefix().unwrap();
}

#[ecached_defaults(prefix = "defaults-module")]
mod module {
    use easycache::ecached;

    #[ecached("free:{id}")]
    pub fn free(id: u32) -> u32 {
        id
    }

    pub struct Inner;

    impl Inner {
        #[ecached("method:{id}")]
        pub fn method(id: u32) -> u32 {
            id
        }
    }

    #[super::ecached_defaults(tags = ["defaults-inner"])]
    pub mod deeper {
        #[easycache::ecached("deep:{id}")]
        pub fn deep(id: u32) -> u32 {
            id
        }
    }
}

#[test]
fn a_module_hands_its_defaults_down() {
    assert_eq!((module::free(1), module::Inner::method(1), module::deeper::deep(1)), (1, 1, 1));
    assert_eq!(module::free::entry(1).key(), "defaults-module|free:1");
    assert_eq!(module::Inner::method_entry(1).key(), "defaults-module|method:1");
    assert_eq!(module::deeper::deep::entry(1).key(), "defaults-module|deep:1");
    assert_eq!(module::deeper::deep::entry(1).tags(), ["defaults-inner"]);
}

trait Load {
    fn load(&self, id: u32) -> u32;
    fn make(id: u32) -> u32;
}

static CALLS: Calls = Calls::new();

#[ecached_defaults(ttl = "1h")]
impl Load for Shop {
    #[ecached]
    fn load(&self, id: u32) -> u32 {
        CALLS.count() + id
    }

    #[ecached("defaults-make:{id}")]
    fn make(id: u32) -> u32 {
        id
    }
}

#[test]
fn in_an_impl_of_a_trait_companions_are_left_away() {
    let shop = Shop { id: 7 };
    assert_eq!(shop.load(0), shop.load(0));
    assert_ne!(shop.load(0), shop.load(10) - 10);
    assert_eq!(Shop::make(3), 3);
}
