//! Values that all have one tag.

use easycache::{Cache, Policy};
use tokio::task::JoinSet;

/// How many of them are stored at a time: each is two round trips, which the connection takes together.
const AT_ONCE: u64 = 256;

/// Stores so many values with that tag, and makes sure that they are there.
pub(crate) async fn fill(cache: &Cache, tag: &'static str, count: u64) {
    let mut tasks = JoinSet::new();
    for first in 0..AT_ONCE.min(count) {
        let cache = cache.clone();
        tasks.spawn(async move {
            for id in (first..count).step_by(usize::try_from(AT_ONCE).expect("it is small")) {
                let policy = Policy::ttl("1h").tags([tag]);
                cache.set(&format!("{tag}:{id}"), id, policy).await.expect("the server answers");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("it does not panic");
    }
    for id in [0, count / 2, count - 1] {
        let found = cache.get::<u64>(&format!("{tag}:{id}")).await.expect("the server answers");
        assert_eq!(found, Some(id), "it was stored");
    }
}
