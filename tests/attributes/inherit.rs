use std::sync::Arc;

use easycache::{Cache, ecached, scope};
use easycache_testkit::ManualClock;

use crate::support::{Calls, cache};

#[tokio::test]
async fn a_result_is_gone_with_the_tags_of_what_was_called_inside() {
    static CALLS: Calls = Calls::new();
    #[ecached("inherit-price:{id}", tags = ["inherit-price:{id}"], prefix = "inherit-shop:{shop}")]
    async fn price(shop: u32, id: u32) -> u32 {
        shop + id
    }
    #[ecached("inherit-total:{shop}", inherit)]
    async fn total(shop: u32) -> u32 {
        let prices = [price(shop, 1).await, price(shop, 2).await];
        prices.iter().sum::<u32>() + 100 * CALLS.count()
    }
    assert_eq!((total(1).await, total(1).await), (105, 105));
    assert_eq!(total(2).await, 207);
    price::invalidate_by_tags(2).await.unwrap();
    // Now what is called inside hits, or computes: it makes no difference.
    assert_eq!((total(1).await, total(1).await), (305, 305));
    price::invalidate_by_tags(1).await.unwrap();
    assert_eq!((total(1).await, total(1).await), (405, 405));
    price::invalidate_by_prefix(2).await.unwrap();
    assert_eq!(total(1).await, 405, "that was another shop");
    assert_eq!(total(2).await, 507);
    total::invalidate_by_key(1).await.unwrap();
    assert_eq!((total(1).await, total(1).await), (605, 605), "this time from hits alone");
    price::invalidate_by_prefix(1).await.unwrap();
    assert_eq!(total(1).await, 705);
}

#[test]
fn functions_that_are_not_async_inherit_as_well() {
    static CALLS: Calls = Calls::new();
    #[ecached("inherit-sync-price", tags = ["inherit-sync"])]
    fn price() -> u32 {
        1
    }
    #[ecached("inherit-sync-total", inherit = true)]
    fn total() -> u32 {
        price() + 10 * CALLS.count()
    }
    assert_eq!((total(), total()), (11, 11));
    price::invalidate_by_tags().unwrap();
    assert_eq!(total(), 21);
    #[ecached("inherit-sync-alone")]
    fn alone() -> u32 {
        price() + 10 * CALLS.count()
    }
    assert_eq!(alone(), 31);
    price::invalidate_by_tags().unwrap();
    assert_eq!(alone(), 31, "it does not say `inherit`");
}

#[tokio::test]
async fn a_value_that_depends_on_another_cache_is_not_stored() {
    static CALLS: Calls = Calls::new();
    #[ecached("inherit-other", alias = "inherit-others")]
    async fn other() -> u32 {
        1
    }
    #[ecached("inherit-of-other", inherit)]
    async fn outer() -> u32 {
        other().await + CALLS.count()
    }
    let mine = cache();
    let clock = Arc::new(ManualClock::new());
    let others = Cache::builder().clock(clock).build().unwrap();
    let both = scope("default", mine.clone()).with("inherit-others", others);
    both.run_async(async {
        assert_eq!((outer().await, outer().await), (2, 3));
    })
    .await;
    assert_eq!(mine.stats().refused.inherited, 2);
}
