use std::sync::Arc;

use easycache::{Cache, CacheKey, ecached};

use crate::support::{Calls, cache};

struct Shop {
    id: u32,
    calls: Calls,
    cache: Cache,
}

impl Shop {
    const KIND: &'static str = "corner";

    fn new(id: u32) -> Self {
        Self { id, calls: Calls::new(), cache: cache() }
    }

    #[ecached("methods-goods:{page}", prefix = "methods-shop:{self.id}", tags = ["methods-kind:{Self::KIND}"])]
    async fn goods(&self, page: u32) -> Result<Vec<u32>, String> {
        Ok(vec![page, self.calls.count()])
    }

    #[ecached("methods-arc:{self.id}:{x}", tags_from = |value| [format!("methods-arc:{}:{value}", self.id)])]
    async fn shared(self: Arc<Self>, x: &str) -> usize {
        x.len() + self.calls.count() as usize
    }

    #[ecached("methods-by-arc:{self.id}:{x}", cache = &self.cache, tags_from = |value, x| [format!("{}:{x}:{value}", self.id)])]
    async fn by_arc(self: &Arc<Self>, x: impl std::fmt::Display + Clone + Send + Sync) -> u32 {
        let _ = x;
        self.calls.count()
    }

    #[ecached("methods-own:{self.id}", cache = &self.cache)]
    async fn own_cache(&self) -> u32 {
        self.calls.count()
    }

    #[ecached("methods-static:{id}", assoc)]
    fn without_self(id: u32) -> u32 {
        id + 1
    }

    #[ecached("methods-class:{Self::KIND}:{id}")]
    fn class_like(id: u32) -> usize {
        Self::KIND.len() + id as usize
    }

    #[ecached(|page| format!("methods-closure:{}:{page}", self.id))]
    fn closure(&self, page: u32) -> u32 {
        self.calls.count() + page
    }
}

#[tokio::test]
async fn companions_of_a_method_are_its_siblings() {
    let shop = Shop::new(1);
    let first = shop.goods(1).await.unwrap();
    assert_eq!(shop.goods(1).await.unwrap(), first);
    shop.goods_invalidate_by_prefix().await.unwrap();
    assert_eq!(shop.goods(1).await.unwrap(), [1, 2]);
    shop.goods_invalidate_by_key(1).await.unwrap();
    assert_eq!(shop.goods(1).await.unwrap(), [1, 3]);
    Shop::goods_invalidate_by_tags().await.unwrap();
    assert_eq!(shop.goods(1).await.unwrap(), [1, 4]);
    assert_eq!(shop.goods_refresh(1).await.unwrap(), [1, 5]);
    assert_eq!(shop.goods_entry(1).key(), "methods-shop:1|methods-goods:1");
}

#[tokio::test]
async fn an_owned_self_is_borrowed_by_invalidators() {
    let shop = Arc::new(Shop::new(2));
    assert_eq!(Arc::clone(&shop).shared("x").await, 2);
    assert_eq!(Arc::clone(&shop).shared("x").await, 2);
    shop.shared_invalidate_by_key("x").await.unwrap();
    assert_eq!(Arc::clone(&shop).shared("x").await, 3);
    easycache::invalidate_tags(["methods-arc:2:3"]).await.unwrap();
    assert_eq!(Arc::clone(&shop).shared("x").await, 4);
}

#[tokio::test]
async fn a_borrowed_arc_is_a_receiver() {
    let shop = Arc::new(Shop::new(4));
    assert_eq!((shop.by_arc(1).await, shop.by_arc("1").await, shop.by_arc(2).await), (1, 1, 2));
    shop.by_arc_invalidate_by_key(1).await.unwrap();
    assert_eq!(shop.by_arc(1).await, 3);
    let x = String::from("2");
    assert_eq!(shop.by_arc_entry(&x).peek().await.unwrap(), Some(2));
    shop.cache.invalidate_tags(["4:2:2"]).await.unwrap();
    assert_eq!(shop.by_arc_entry(&x).peek().await.unwrap(), None);
}

#[tokio::test]
async fn a_cache_can_be_a_field() {
    let (one, two) = (Shop::new(3), Shop::new(3));
    assert_eq!((one.own_cache().await, one.own_cache().await, two.own_cache().await), (1, 1, 1));
    assert_eq!(two.calls.so_far(), 1, "two caches hold two entries");
    one.own_cache_invalidate_by_key().await.unwrap();
    assert_eq!((one.own_cache().await, two.own_cache().await), (2, 1));
}

#[test]
fn associated_functions_have_siblings_too() {
    assert_eq!(Shop::without_self(1), 2);
    Shop::without_self_invalidate_by_key(1).unwrap();
    assert_eq!(Shop::class_like(1), 7);
    assert_eq!(Shop::class_like_entry(1).key(), "methods-class:corner:1");
    assert_eq!(Shop::new(9).closure(1), 2);
    assert_eq!(Shop::new(9).closure(1), 2);
}

#[derive(CacheKey)]
struct Left {
    id: u32,
}

#[derive(CacheKey)]
struct Right {
    id: u32,
}

impl Left {
    #[ecached]
    fn same(&self) -> String {
        self.id.to_string()
    }
}

impl Right {
    #[ecached(companions = right)]
    fn same(&self) -> u32 {
        self.id
    }
}

#[test]
fn an_automatic_key_tells_objects_and_types_apart() {
    assert_eq!(Right { id: 1 }.same(), 1);
    assert_eq!(Right { id: 2 }.same(), 2);
    assert_ne!(Left { id: 1 }.same_entry().key(), Right { id: 1 }.right_entry().key());
}
