//! A backend that fails a fifth of the time and is late a fifth of the time, under load: nobody sees an error, nobody waits
//! for long, nobody is served what was invalidated, and nothing is left of it.

mod load;

use std::time::Duration;

use easycache_testkit::MemoryBackend;

use load::{KEYS, torment};

async fn harms_nobody(span: Duration) {
    let backend = torment(MemoryBackend::new(), span).await;
    let inner = backend.inner();
    assert!(inner.values() <= 2 * KEYS && inner.stamps() <= 2 * (KEYS + 3), "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_fails_and_is_late_all_the_time_harms_nobody() {
    harms_nobody(Duration::from_secs(3)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute"]
async fn nor_for_half_a_minute() {
    harms_nobody(Duration::from_secs(30)).await;
}
