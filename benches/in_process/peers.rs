//! The peers' side: as their documentation has it.

use std::{sync::LazyLock, time::Duration};

use cached::macros::concurrent_cached;

use crate::User;

/// The same key as ours, as text.
pub(crate) fn cached_string(id: u64) -> User {
    cached_by_string(1, 2, id)
}

#[concurrent_cached(
    max_size = 100_000,
    ttl_secs = 600,
    key = "String",
    convert = r#"{ format!("tenant:{tenant}|user:{id}") }"#
)]
fn cached_by_string(tenant: u32, team: u32, id: u64) -> User {
    User { id, team: team + tenant }
}

/// The argument as it is.
#[concurrent_cached(max_size = 100_000, ttl_secs = 600, key = "u64", convert = "{ id }")]
pub(crate) fn cached_u64(id: u64) -> User {
    User { id, team: 2 }
}

/// The same key as ours, as text.
pub(crate) async fn moka(id: u64) -> User {
    static CACHE: LazyLock<moka::future::Cache<String, User>> = LazyLock::new(|| {
        moka::future::Cache::builder().max_capacity(100_000).time_to_live(Duration::from_secs(600)).build()
    });
    let (tenant, team) = (1, 2);
    CACHE.get_with(format!("tenant:{tenant}|user:{id}"), async { User { id, team: team + tenant } }).await
}

/// What one writes by hand for speed alone: no ttl, no tags.
pub(crate) fn quick_cache(id: u64) -> User {
    static CACHE: LazyLock<quick_cache::sync::Cache<(u64,), User>> =
        LazyLock::new(|| quick_cache::sync::Cache::new(100_000));
    if let Some(user) = CACHE.get(&(id,)) {
        return user;
    }
    let user = User { id, team: 2 };
    CACHE.insert((id,), user.clone());
    user
}

/// No cache at all, but as much work as a hit, in registers and as many instructions at a time as there can be: whether
/// two threads get two whole processors, or two halves of one.
pub(crate) fn arithmetic(id: u64) -> User {
    let mut lanes = [id, id + 1, id + 2, id + 3, id + 4, id + 5, id + 6, id + 7];
    for step in 0..16 {
        for (lane, turn) in lanes.iter_mut().zip([3, 5, 7, 9, 11, 13, 15, 17]) {
            *lane = (*lane ^ step).rotate_left(turn);
        }
    }
    User { id: lanes.iter().fold(0, |sum, lane| sum ^ lane), team: 2 }
}
