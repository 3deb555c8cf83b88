//! Settings that cannot be.

use std::time::Duration;

use easycache_core::{Cache, CacheBuilder, ErrorKind, Freshness, MemoryStore, Near, Stamped};

fn stamped() -> CacheBuilder {
    Cache::builder().backend(Stamped::new(MemoryStore::new()))
}

#[test]
fn mistakes_are_told_with_the_remedy() {
    let ttl = |span| Near::bounded(9).freshness(Freshness::Ttl(span));
    for (builder, words) in [
        (
            Cache::builder().near(Near::bounded(9)),
            "give it one with `backend`, or bound what it holds with `max_entries`",
        ),
        (stamped().near(Near::bounded(0)), "give `Near::bounded` at least 1"),
        (stamped().near(ttl(Duration::ZERO)), "give `Freshness::Ttl` a longer one"),
        (stamped().near(ttl(Duration::from_secs(1)).heartbeat(1)), "leave them out"),
        (stamped().near(Near::bounded(9).freshness(Freshness::Strict).patience(1)), "leave them out"),
        (stamped().near(Near::bounded(9).heartbeat(0)), "give `heartbeat` and `patience` longer ones"),
        (stamped().near(Near::bounded(9).patience("soon")), "\"soon\" is not a duration"),
        (stamped().near(ttl(Duration::from_secs(1))).max_entries(9), "or bound a near tier with `near`"),
    ] {
        let error = builder.build().unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(matches!(error.kind(), ErrorKind::InvalidConfig | ErrorKind::InvalidDuration), "{error}");
    }
}

#[test]
fn a_backend_that_cannot_tell_of_changes_says_what_to_do() {
    let error = stamped().near(Near::bounded(9)).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("use `Freshness::Strict` or `Freshness::Ttl`"), "{error}");
}
