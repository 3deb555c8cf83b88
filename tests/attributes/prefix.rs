use easycache::{ecached, invalidate_key, invalidate_prefix};

use crate::support::Calls;

#[tokio::test]
async fn a_prefix_is_gone_with_everything_below_it() {
    static CALLS: Calls = Calls::new();
    #[ecached("goods:{page}", prefix = "prefix-tenant:{tenant}/shop:{shop}")]
    async fn goods(tenant: u32, shop: u32, page: u32) -> u32 {
        let _ = (tenant, shop, page);
        CALLS.count()
    }
    assert_eq!((goods(1, 1, 1).await, goods(1, 2, 1).await, goods(2, 1, 1).await), (1, 2, 3));
    goods::invalidate_by_prefix(1, 2).await.unwrap();
    assert_eq!((goods(1, 1, 1).await, goods(1, 2, 1).await, goods(2, 1, 1).await), (1, 4, 3));
    invalidate_prefix("prefix-tenant:1").await.unwrap();
    assert_eq!((goods(1, 1, 1).await, goods(1, 2, 1).await, goods(2, 1, 1).await), (5, 6, 3));
}

#[tokio::test]
async fn the_full_key_is_prefix_and_key() {
    static CALLS: Calls = Calls::new();
    #[ecached("k:{id}", prefix = "prefix-full:{tenant}")]
    async fn load(tenant: &str, id: u32) -> u32 {
        let _ = (tenant, id);
        CALLS.count()
    }
    assert_eq!(load("a/b", 1).await, 1);
    assert_eq!(load::entry("a/b", 1).key(), "prefix-full:a%2Fb|k:1");
    invalidate_key("prefix-full:a%2Fb|k:1").await.unwrap();
    assert_eq!(load("a/b", 1).await, 2);
    load::invalidate_by_key("a/b", 1).await.unwrap();
    assert_eq!(load("a/b", 1).await, 3);
}
