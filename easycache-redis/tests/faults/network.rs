//! Links that hang, are slow, or end in the middle of something.

use std::time::Duration;

use easycache_core::ErrorKind;
use easycache_testkit::{Proxy, server::RedisServer};

use crate::endures::{Trouble, patient_cache, policy, value, works_again};

fn linked() -> Option<(RedisServer, Proxy)> {
    let server = RedisServer::start()?;
    let proxy = Proxy::to(server.address());
    Some((server, proxy))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_lets_nothing_through() {
    let Some((_server, proxy)) = linked() else { return };
    let (begin, end) = (&|| proxy.hold(), &|| proxy.resume());
    let (url, kind) = (&proxy.url(), ErrorKind::Unavailable);
    Trouble { url, begin, end, silent: true, kind, says: "has not answered by the deadline" }.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_lets_requests_through_and_no_answers() {
    let Some((_server, proxy)) = linked() else { return };
    let (begin, end) = (&|| proxy.hold_replies(), &|| proxy.resume());
    let (url, kind) = (&proxy.url(), ErrorKind::Unavailable);
    Trouble { url, begin, end, silent: true, kind, says: "has not answered by the deadline" }.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_too_slow() {
    let Some((_server, proxy)) = linked() else { return };
    let (begin, end) = (&|| proxy.delay(Duration::from_secs(2)), &|| proxy.delay(Duration::ZERO));
    let (url, kind) = (&proxy.url(), ErrorKind::Unavailable);
    Trouble { url, begin, end, silent: true, kind, says: "has not answered by the deadline" }.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_nobody_listens_on_for_a_while() {
    let Some((_server, proxy)) = linked() else { return };
    let begin = &|| {
        proxy.refuse();
        proxy.cut();
    };
    let (url, end, kind) = (&proxy.url(), &|| proxy.accept(), ErrorKind::Unavailable);
    Trouble { url, begin, end, silent: false, kind, says: "cannot be reached" }.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_slow_but_not_too_slow_is_no_trouble() {
    let Some((_server, proxy)) = linked() else { return };
    let cache = patient_cache(&proxy.url());
    proxy.delay(Duration::from_millis(30));
    assert_eq!(value(&cache, 1).await, 1);
    assert_eq!(value(&cache, 2).await, 1);
    cache.invalidate_tags(["a"]).await.unwrap();
    assert_eq!(value(&cache, 3).await, 3);
}

/// Whatever part of an answer arrives: the value is the one that is stored, or it is computed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_cut_off_anywhere_is_no_answer() {
    let Some((_server, proxy)) = linked() else { return };
    let cache = patient_cache(&proxy.url());
    let text = "long enough to be cut somewhere in the middle ".repeat(4);
    let get = async |computes: &str| {
        let computes = computes.to_owned();
        cache.get_or_compute("text", policy(), || async { computes }).await.unwrap()
    };
    assert_eq!(get(&text).await, text);
    proxy.reset();
    assert_eq!(get("").await, text);
    let whole = proxy.tally().bytes_replied();
    for bytes in 0..whole {
        proxy.truncate(bytes);
        // The connection breaks, and the question is asked once more on another.
        assert_eq!(get("computed").await, text, "cut after {bytes} of {whole} bytes");
    }
    assert_eq!(cache.stats().computed, 1);

    // The same while something is stored or invalidated: what is not acknowledged is an error, or not stored.
    for bytes in 0..60 {
        proxy.truncate(bytes);
        let invalidated = cache.invalidate_tags(["a"]).await;
        assert!(invalidated.is_ok(), "asked once more: {invalidated:?}");
        proxy.truncate(bytes * 3);
        assert_eq!(get("new").await, "new");
        cache.invalidate_tags(["a"]).await.unwrap();
        let found = get("newer").await;
        assert_eq!(found, "newer", "what was invalidated is found");
    }
    works_again(&cache).await;
}
