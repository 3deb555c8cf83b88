//! What holds for caches that two processes have on one backend, whatever it is: clauses about a whole cache, and not about
//! the steps of its backend. Each takes both caches, which are empty and have a namespace to themselves.
#![expect(clippy::unwrap_used, reason = "a clause panics where it does not hold")]

use std::time::Duration;

use easycache_core::{Cache, Deadline, Policy, Targets};

fn policy() -> Policy {
    Policy::ttl("1h").tags(["a", "b", "c"]).prefix("p/q")
}

/// What one stores the other finds, and what one invalidates the other computes.
///
/// # Panics
///
/// If that does not hold.
pub async fn two_processes_share_values_and_invalidations([one, other]: &[Cache; 2]) {
    let targets = [
        Targets::new().key("p/q|key"),
        Targets::new().tags(["a"]),
        Targets::new().tags(["b", "c"]),
        Targets::new().prefix("p"),
        Targets::new().prefix("p/q"),
    ];
    for (computes, targets) in (1..).zip(targets) {
        assert_eq!(compute(one, computes).await, computes);
        assert_eq!(compute(other, 0).await, computes, "found by the other");
        assert_eq!(other.get::<i32>("p/q|key").await.unwrap(), Some(computes));
        assert_eq!(other.get_with::<i32>("key", policy()).await.unwrap(), Some(computes));
        other.invalidate(targets).await.unwrap();
        assert_eq!(one.get::<i32>("p/q|key").await.unwrap(), None);
    }
    one.set("key", 9, policy()).await.unwrap();
    assert_eq!(other.get_many_with::<i32>(&["key", "absent"], policy()).await.unwrap(), [Some(9), None]);
    one.set("key", 10, policy()).await.unwrap();
    assert_eq!(other.get::<i32>("p/q|key").await.unwrap(), Some(10));
    other.clear().await.unwrap();
    assert_eq!(one.get::<i32>("p/q|key").await.unwrap(), None);
}

/// Nor is it after the time of the hold, if whoever holds it never says more.
///
/// # Panics
///
/// If that does not hold.
pub async fn what_depends_on_a_held_tag_is_neither_served_nor_stored_until_it_is_released([one, other]: &[Cache; 2]) {
    assert_eq!(compute(one, 1).await, 1);
    let hold = one.hold(Targets::new().tags(["a", "unknown"]), "1h").await.unwrap();
    assert_eq!((compute(one, 2).await, compute(other, 3).await), (2, 3));
    hold.release().await.unwrap();
    assert_eq!(compute(other, 4).await, 4);
    // The lease of who has stored nothing is released in the background.
    until_stored(one, Deadline::after(Duration::from_secs(20))).await;
    drop(one.hold(Targets::new().prefix("p"), "300ms").await.unwrap());
    let waited = until_stored(other, Deadline::after(Duration::from_secs(5))).await;
    assert!(waited > 4, "nobody has prolonged it, nor cut it short: {waited}");
}

async fn compute(cache: &Cache, computes: i32) -> i32 {
    cache.get_or_compute("key", policy(), || async { computes }).await.unwrap()
}

/// Computes until it does not have to; returns how often it had.
async fn until_stored(cache: &Cache, over: Deadline) -> i32 {
    let mut computes = 10;
    while compute(cache, computes).await == computes {
        assert!(!over.left().is_zero(), "nothing is stored");
        tokio::time::sleep(Duration::from_millis(10)).await;
        computes += 1;
    }
    computes - 10
}
