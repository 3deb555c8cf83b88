use std::time::Duration;

use easycache::ecached;

use crate::support::Calls;

#[test]
fn none_can_be_left_out() {
    static CALLS: Calls = Calls::new();
    #[ecached("cache-none-never:{id}", cache_none = false)]
    fn load(id: u32) -> Option<u32> {
        CALLS.count();
        (id > 0).then_some(id)
    }
    #[ecached("cache-none-both:{id}", cache_none = false, cache_if = |value| value.as_ref().is_none_or(|value| *value > 5))]
    fn both(id: u32) -> Option<u32> {
        CALLS.count();
        (id > 0).then_some(id)
    }
    for _ in 0..2 {
        assert_eq!((load(0), load(1)), (None, Some(1)));
    }
    assert_eq!(CALLS.so_far(), 3);
    for _ in 0..2 {
        assert_eq!((both(0), both(1), both(6)), (None, Some(1), Some(6)));
    }
    assert_eq!(CALLS.so_far(), 8);
}

#[test]
fn none_can_have_a_time_of_its_own() {
    static CALLS: Calls = Calls::new();
    #[ecached("cache-none-short:{id}", ttl = "1h", cache_none = "30ms")]
    fn load(id: u32) -> Result<Option<u32>, String> {
        CALLS.count();
        Ok((id > 0).then_some(id))
    }
    for _ in 0..2 {
        assert_eq!((load(0), load(1)), (Ok(None), Ok(Some(1))));
        std::thread::sleep(Duration::from_millis(90));
    }
    assert_eq!(CALLS.so_far(), 3);
}
