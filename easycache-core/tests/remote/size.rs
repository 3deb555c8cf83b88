//! What a cached call costs its caller's future.

use easycache_core::{Cache, Policy};

#[test]
fn the_future_of_a_cached_call_is_not_much_larger_than_that_of_its_body() {
    let cache = Cache::builder().build().unwrap();
    let call = cache.get_or_compute("key", Policy::new(), || async { 1 });
    let size = size_of_val(&call);
    drop(call);
    assert!(size < 2048, "{size} bytes");
}
