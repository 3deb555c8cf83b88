//! Row 16: tags that are known only when the value is.

use easycache_core::Cache;

use crate::calls::{Answer, Call, STYLES, Style, Task};

fn cache() -> Cache {
    super::builder().build().unwrap()
}

fn list() -> Call {
    Call::new("books").of_result(&["book:1", "book:2"])
}

#[test]
fn a_tag_of_the_result_invalidates_it() {
    for style in STYLES {
        let cache = cache();
        assert_eq!(list().read(style, &cache, 1), Answer::Computed(1));
        assert_eq!(list().read(style, &cache, 2), Answer::Hit(1));
        cache.blocking().invalidate_tags(["book:2"]).unwrap();
        assert_eq!(list().read(style, &cache, 2), Answer::Computed(2));
    }
}

#[test]
fn a_result_whose_own_tag_was_invalidated_meanwhile_is_not_stored() {
    for style in STYLES {
        let cache = cache();
        // Another entry has the tag, so that it is known.
        Call::new("other").tags(&["book:1"]).read(style, &cache, 0);
        let late = list().begin(style, &cache, 1);
        cache.blocking().invalidate_tags(["book:1"]).unwrap();
        assert_eq!(late.finish(), 1);
        assert_eq!(cache.stats().refused.unknown_tag, 1);
        assert_eq!(list().read(style, &cache, 2), Answer::Computed(2));
        assert_eq!(list().read(style, &cache, 3), Answer::Hit(2));
    }
}

#[test]
fn a_result_whose_own_tag_was_invalidated_while_nobody_knew_it_is_not_stored() {
    for style in STYLES {
        let cache = cache();
        let late = list().begin(style, &cache, 1);
        let done = cache.blocking().invalidate_tags(["book:1"]).unwrap();
        assert_eq!((done.names, done.known), (1, 0));
        assert_eq!(late.finish(), 1);
        assert_eq!(list().read(style, &cache, 2), Answer::Computed(2));
        assert_eq!(list().read(style, &cache, 3), Answer::Hit(2));
    }
}

#[test]
fn a_result_whose_own_tag_was_invalidated_and_forgotten_meanwhile_is_not_stored() {
    for style in STYLES {
        let cache = cache();
        // Known, and held by an entry that goes with the invalidation.
        Call::new("other").tags(&["book:1"]).read(style, &cache, 0);
        let late = list().begin(style, &cache, 1);
        cache.blocking().invalidate_tags(["book:1"]).unwrap();
        cache.sweep();
        assert_eq!(late.finish(), 1);
        assert_eq!(list().read(style, &cache, 2), Answer::Computed(2));
    }
}

#[test]
fn a_result_whose_own_tag_was_invalidated_before_it_was_computed_is_stored() {
    for style in STYLES {
        for sweep in [false, true] {
            let cache = cache();
            list().read(style, &cache, 1);
            cache.blocking().invalidate_tags(["book:1", "book:2"]).unwrap();
            if sweep {
                cache.sweep();
            }
            assert_eq!(list().read(style, &cache, 2), Answer::Computed(2));
            assert_eq!(list().read(style, &cache, 3), Answer::Hit(2));
        }
    }
}

/// Row 14 for row 16: the flight cannot know that it does not stand.
#[test]
fn a_caller_that_joins_after_a_tag_of_the_result_was_invalidated_does_not_get_that_result() {
    for style in STYLES {
        for known in [true, false] {
            let cache = cache();
            if known {
                Call::new("other").tags(&["book:1"]).read(style, &cache, 0);
            }
            let old = list().begin(style, &cache, 1);
            cache.blocking().invalidate_tags(["book:1"]).unwrap();
            let mut late = Task::new(list().run_async(style.as_function, cache.clone(), async { 2 }));
            let answer = late.poll();
            assert_eq!(old.finish(), 1);
            assert_eq!(answer.unwrap_or_else(|| late.now()), 2);
        }
    }
}

/// The same, for a result that says it is not to be stored: those who wait for it get it nevertheless.
#[test]
fn a_result_that_is_not_stored_is_not_given_to_who_joined_after_its_tag_was_invalidated() {
    let style = Style { is_async: true, as_function: true };
    let (cache, call) = (cache(), list().declined());
    let old = call.begin(style, &cache, 1);
    cache.blocking().invalidate_tags(["book:1"]).unwrap();
    let mut late = Task::new(call.run_async(style.as_function, cache.clone(), async { 2 }));
    let answer = late.poll();
    assert_eq!(old.finish(), 1);
    assert_eq!(answer.unwrap_or_else(|| late.now()), 2);
}

#[test]
fn a_refresh_takes_the_tags_of_its_own_result() {
    for style in STYLES {
        let cache = cache();
        let call = |of_result| Call::new("books").of_result(of_result);
        call(&["book:1"]).read(style, &cache, 1);
        call(&["book:2"]).refresh().read(style, &cache, 2);
        cache.blocking().invalidate_tags(["book:1"]).unwrap();
        assert_eq!(call(&["book:2"]).read(style, &cache, 9), Answer::Hit(2));
        cache.blocking().invalidate_tags(["book:2"]).unwrap();
        assert_eq!(call(&["book:2"]).read(style, &cache, 3), Answer::Computed(3));
    }
}
