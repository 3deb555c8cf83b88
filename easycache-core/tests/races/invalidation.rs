//! Computations under way while an invalidation comes: rows 1, 2, 2b, 4, 5 and 14.

use easycache_core::Cache;

use crate::calls::{ALL_WAYS, Answer, By, Call, STYLES, Task, dependent, in_every_way};

fn cache() -> Cache {
    super::builder().build().unwrap()
}

#[test]
fn a_result_computed_across_an_invalidation_is_not_stored() {
    in_every_way(|style, by| {
        let (cache, call) = (cache(), dependent());
        let late = call.begin(style, &cache, 1);
        by.invalidate(&cache);
        assert_eq!(late.finish(), 1, "its own caller asked before the invalidation");
        assert_eq!(cache.stats().refused.total(), 1);
        assert_eq!(call.read(style, &cache, 2), Answer::Computed(2));
        assert_eq!(call.read(style, &cache, 3), Answer::Hit(2));
    });
}

#[test]
fn a_hit_after_an_invalidation_recomputes() {
    in_every_way(|style, by| {
        let (cache, call) = (cache(), dependent());
        assert_eq!(call.read(style, &cache, 1), Answer::Computed(1));
        assert_eq!(call.read(style, &cache, 2), Answer::Hit(1));
        by.invalidate(&cache);
        assert_eq!(call.read(style, &cache, 2), Answer::Computed(2));
        assert_eq!(call.read(style, &cache, 3), Answer::Hit(2));
    });
}

#[test]
fn invalidating_twice_while_it_is_computed_is_as_good_as_once() {
    in_every_way(|style, by| {
        let (cache, call) = (cache(), dependent());
        let late = call.begin(style, &cache, 1);
        by.invalidate(&cache);
        cache.sweep();
        by.invalidate(&cache);
        late.finish();
        assert_eq!(call.read(style, &cache, 2), Answer::Computed(2));
    });
}

/// Row 2b: the key is absent when the late result comes, so that `add` would store it.
#[test]
fn a_late_result_does_not_take_the_place_that_an_invalidation_has_emptied() {
    in_every_way(|style, by| {
        let (cache, call) = (cache(), dependent());
        call.read(style, &cache, 1);
        let late = call.clone().refresh().begin(style, &cache, 1);
        by.invalidate(&cache);
        cache.sweep();
        late.finish();
        assert_eq!(cache.blocking().get::<u64>("tenant:7/shop:3|user:1").unwrap(), None);
        assert_eq!(call.read(style, &cache, 2), Answer::Computed(2));
    });
}

#[test]
fn a_late_result_does_not_replace_the_one_computed_after_the_invalidation() {
    in_every_way(|style, by| {
        let (cache, call) = (cache(), dependent());
        let late = call.begin(style, &cache, 1);
        by.invalidate(&cache);
        assert_eq!(call.read(style, &cache, 2), Answer::Computed(2));
        assert_eq!(late.finish(), 1);
        assert_eq!(call.read(style, &cache, 3), Answer::Hit(2));
    });
}

/// Row 4: neither of the two that name a tag for the first time gives it a version that hides the invalidation.
#[test]
fn a_tag_first_named_by_two_computations_at_once_hides_no_invalidation() {
    for style in STYLES {
        let cache = cache();
        let (one, two) = (Call::new("one").tags(&["fresh"]), Call::new("two").tags(&["fresh"]));
        let before = one.begin(style, &cache, 1);
        cache.blocking().invalidate_tags(["fresh"]).unwrap();
        let after = two.begin(style, &cache, 2);
        assert_eq!((before.finish(), after.finish()), (1, 2));
        assert_eq!(one.read(style, &cache, 2), Answer::Computed(2));
        assert_eq!(two.read(style, &cache, 3), Answer::Hit(2));
    }
}

/// Row 4, for one key: the first to mint the tag ends last.
#[test]
fn the_first_to_name_a_tag_does_not_clobber_its_invalidation() {
    in_every_way(|style, by| {
        let (cache, call) = (cache(), dependent());
        let before = call.begin(style, &cache, 1);
        by.invalidate(&cache);
        let after = call.begin(style, &cache, 2);
        assert_eq!(after.finish(), 2);
        assert_eq!(before.finish(), 1);
        assert_eq!(call.read(style, &cache, 3), Answer::Hit(2));
    });
}

/// Row 4, where the tag was known before, and forgotten because nothing held it.
#[test]
fn a_stamp_collected_between_two_invalidations_hides_neither() {
    in_every_way(|style, by| {
        let (cache, call) = (cache(), dependent());
        call.read(style, &cache, 1);
        by.invalidate(&cache);
        cache.sweep();
        let late = call.begin(style, &cache, 1);
        cache.sweep();
        by.invalidate(&cache);
        cache.sweep();
        late.finish();
        assert_eq!(call.read(style, &cache, 2), Answer::Computed(2));
        assert_eq!(call.read(style, &cache, 3), Answer::Hit(2));
    });
}

/// Row 5.
#[test]
fn a_refresh_across_an_invalidation_is_not_stored() {
    in_every_way(|style, by| {
        let (cache, call) = (cache(), dependent());
        call.read(style, &cache, 1);
        let refresh = call.clone().refresh().begin(style, &cache, 1);
        assert_eq!(call.read(style, &cache, 9), Answer::Hit(1), "while it is refreshed it is served");
        by.invalidate(&cache);
        assert_eq!(refresh.finish(), 1);
        assert_eq!(call.read(style, &cache, 2), Answer::Computed(2));
    });
}

#[test]
fn a_refresh_computes_and_stores_although_something_is_stored() {
    for style in STYLES {
        let (cache, call) = (cache(), dependent());
        call.read(style, &cache, 1);
        assert_eq!(call.clone().refresh().read(style, &cache, 2), Answer::Computed(2));
        assert_eq!(call.read(style, &cache, 3), Answer::Hit(2));
    }
}

/// Row 14.
#[test]
fn a_caller_that_starts_after_an_invalidation_does_not_join_an_older_computation() {
    for joiner in STYLES {
        in_every_way(|style, by| {
            let (cache, call) = (cache(), dependent());
            let old = call.begin(style, &cache, 1);
            by.invalidate(&cache);
            let new = call.begin(joiner, &cache, 2);
            assert_eq!(old.finish(), 1);
            assert_eq!(new.finish(), 2);
            // Refused, the older one may have taken the lease along that both had.
            let stored = by == By::Key || !super::SHARES_DOOMED_LEASES;
            assert_eq!(call.read(joiner, &cache, 3), if stored { Answer::Hit(2) } else { Answer::Computed(3) });
        });
    }
}

/// Row 14: the older computation ends between two looks of the new caller.
#[test]
fn the_end_of_an_older_computation_does_not_answer_a_caller_that_started_after_the_invalidation() {
    in_every_way(|style, by| {
        let (cache, call) = (cache(), dependent());
        let old = call.begin(style, &cache, 1);
        by.invalidate(&cache);
        let new = call.begin(style, &cache, 2);
        let mut joiner = Task::new(call.clone().run_async(style.as_function, cache.clone(), async { 2 }));
        let answer = joiner.poll();
        assert_eq!(old.finish(), 1);
        let answer = answer.or_else(|| joiner.poll());
        assert_ne!(answer, Some(1));
        assert_eq!(new.finish(), 2);
        assert_eq!(answer.unwrap_or_else(|| joiner.now()), 2);
    });
}

#[test]
fn what_was_invalidated_before_anyone_knew_its_name_can_be_stored() {
    in_every_way(|style, by| {
        let (cache, call) = (cache(), dependent());
        by.invalidate(&cache);
        assert_eq!(call.read(style, &cache, 1), Answer::Computed(1));
        assert_eq!(call.read(style, &cache, 2), Answer::Hit(1));
    });
}

#[test]
fn an_invalidation_reaches_no_further_than_its_name() {
    for style in STYLES {
        let cache = cache();
        let others = [
            Call::new("user:1"),
            Call::new("user:1").prefix("tenant:7/shop:33").tags(&["use"]),
            Call::new("user:1").prefix("tenant:77/shop:3").tags(&["users:1"]),
            Call::new("users"),
            Call::new("tenant:7"),
        ];
        for (value, call) in (1..).zip(&others) {
            call.read(style, &cache, value);
        }
        for by in ALL_WAYS.into_iter().filter(|by| !matches!(by, By::PrefixAbove | By::Clear)) {
            by.invalidate(&cache);
        }
        for (value, call) in (1..).zip(&others) {
            assert_eq!(call.read(style, &cache, 9), Answer::Hit(value), "{call:?}");
        }
        By::PrefixAbove.invalidate(&cache);
        assert_eq!(others[1].read(style, &cache, 9), Answer::Computed(9), "it is below tenant:7");
        assert_eq!(others[2].read(style, &cache, 9), Answer::Hit(3), "it is not");
    }
}

#[test]
fn several_names_at_once_are_all_invalidated() {
    for style in STYLES {
        let cache = cache();
        let calls = [Call::new("a"), Call::new("b").tags(&["t"]), Call::new("c").prefix("p"), Call::new("d")];
        let begun = calls.clone().map(|call| call.begin(style, &cache, 1));
        let targets = easycache_core::Targets::new().key("a").tags(["t"]).prefix("p");
        cache.blocking().invalidate(targets).unwrap();
        for begun in begun {
            assert_eq!(begun.finish(), 1);
        }
        let answers = calls.map(|call| call.read(style, &cache, 2));
        assert_eq!(answers, [Answer::Computed(2), Answer::Computed(2), Answer::Computed(2), Answer::Hit(1)]);
    }
}
