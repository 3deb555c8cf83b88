//! An invalidation that has failed: other processes may not know of it yet, and this one treats its names as invalid.

use easycache_core::{ErrorKind, OnError};
use easycache_testkit::{Method, Side};

use crate::{
    calls::{Answer, By, Call, Style, dependent, in_every_style, in_every_way},
    process::{Process, the_next},
    world::is_confirmed,
};

#[track_caller]
fn fail_to_invalidate(style: Style, process: &Process, by: By) {
    process.backend.inner().fail_method(Method::Invalidate, Side::Before);
    assert_eq!(by.try_invalidate(style, process).unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(process.cache.stats().unconfirmed > 0);
}

#[test]
fn what_failed_to_be_invalidated_is_not_served_in_this_process() {
    in_every_way(|_, [one, other], style, by| {
        dependent().read(style, one, 1);
        fail_to_invalidate(style, one, by);
        assert_eq!(dependent().read(style, one, 2), Answer::Computed(2));
        assert_eq!(dependent().read(style, other, 9), Answer::Hit(1), "the others are not told: it is not done");
        assert_eq!(dependent().read(style, one, 3), Answer::Computed(3));
    });
}

#[test]
fn what_failed_to_be_invalidated_is_not_found_by_its_key() {
    in_every_way(|_, [one, _], style, by| {
        dependent().read(style, one, 1);
        let key = dependent().full_key();
        assert_eq!(one.cache.blocking().get::<u64>(&key).unwrap(), Some(1));
        fail_to_invalidate(style, one, by);
        assert_eq!(one.cache.blocking().get::<u64>(&key).unwrap(), None);
        assert_eq!(one.cache.blocking().get_many::<u64>(&["other", &key]).unwrap(), [None, None]);
    });
}

/// It is repeated in the background, and then it is done for all.
#[test]
fn what_failed_to_be_invalidated_is_invalidated_in_the_end() {
    in_every_way(|_, [one, other], style, by| {
        dependent().read(style, one, 1);
        fail_to_invalidate(style, one, by);
        one.backend.inner().heal();
        is_confirmed(one);
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
        assert_eq!(dependent().read(style, one, 3), Answer::Hit(2));
    });
}

/// What was being computed when it failed is not shared with who comes after it, and not stored on top of it.
#[test]
fn a_computation_under_way_answers_nobody_who_came_after_the_failure() {
    in_every_way(|_, [one, other], style, by| {
        let old = dependent().begin(style, one, 1);
        fail_to_invalidate(style, one, by);
        let new = dependent().start(style, one, 2);
        assert_eq!(old.finish(), 1);
        assert_eq!(new.answer(), Answer::Computed(2));
        one.backend.inner().heal();
        is_confirmed(one);
        assert_eq!(dependent().read(style, other, 3), Answer::Computed(3), "neither 1 nor 2 is stored");
    });
}

/// A repetition that was under way when the same invalidation failed once more says nothing about the second.
#[test]
fn an_acknowledgement_that_is_older_than_the_latest_failure_ends_nothing() {
    in_every_way(|_, [one, other], style, by| {
        dependent().read(style, other, 1);
        fail_to_invalidate(style, one, by);
        let repetition = one.backend.stop_if(Side::After, the_next(Method::Invalidate));
        one.backend.inner().heal();
        repetition.reached();
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2), "the first is done");
        fail_to_invalidate(style, one, by);
        let next = one.backend.stop(Method::Invalidate, Side::Before);
        repetition.go();
        next.reached();
        assert_eq!(dependent().read(style, one, 3), Answer::Computed(3));
        assert_eq!(dependent().read(style, other, 3), Answer::Hit(2), "the second is not");
        one.backend.inner().heal();
        next.go();
        is_confirmed(one);
        assert_eq!(dependent().read(style, other, 3), Answer::Computed(3));
    });
}

/// Called once more, it is done, and the repetition has nothing left to do.
#[test]
fn an_invalidation_that_succeeds_the_second_time_is_confirmed_at_once() {
    in_every_way(|_, [one, other], style, by| {
        dependent().read(style, one, 1);
        fail_to_invalidate(style, one, by);
        one.backend.inner().heal();
        by.invalidate(style, one);
        assert_eq!(one.cache.stats().unconfirmed, 0);
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
    });
}

/// Nobody knows whether it has arrived.
#[test]
fn an_invalidation_that_is_dropped_on_the_way_counts_as_failed() {
    in_every_style(|_, [one, other], style| {
        dependent().read(style, one, 1);
        let stop = one.backend.stop(Method::Invalidate, Side::Before);
        let cache = one.cache.clone();
        let invalidation = one.runtime.spawn(async move { cache.invalidate_tags(["users"]).await.map(drop) });
        stop.reached();
        invalidation.abort();
        assert!(one.runtime.block_on(invalidation).unwrap_err().is_cancelled());
        assert_eq!(dependent().read(style, one, 2), Answer::Computed(2));
        stop.go();
        is_confirmed(one);
        assert_eq!(dependent().read(style, other, 3), Answer::Computed(3));
    });
}

#[test]
fn what_failed_to_be_invalidated_is_neither_set_nor_refreshed() {
    in_every_way(|_, [one, other], style, by| {
        dependent().read(style, one, 1);
        fail_to_invalidate(style, one, by);
        let policy = || dependent().policy();
        assert!(one.cache.blocking().set("user:1", 2_u64, policy()).is_err());
        assert_eq!(dependent().refresh().read(style, one, 3), Answer::Computed(3));
        assert_eq!(dependent().read(style, other, 9), Answer::Hit(1), "nothing was stored");
    });
}

/// Its name is known only when the value has been read.
#[test]
fn a_tag_of_the_result_that_failed_to_be_invalidated_is_not_served_in_this_process() {
    in_every_style(|_, [one, other], style| {
        for (key, known) in [("known", true), ("unknown", false)] {
            let list = Call::new(key).of_result(&["book:1"]);
            list.read(style, if known { one } else { other }, 1);
            one.backend.inner().fail_method(Method::Invalidate, Side::Before);
            one.cache.blocking().invalidate_tags(["book:1"]).unwrap_err();
            assert_eq!(one.cache.blocking().get::<u64>(key).unwrap(), None);
            assert_eq!(list.read(style, one, 2), Answer::Computed(2));
            one.backend.inner().heal();
            is_confirmed(one);
        }
    });
}

#[test]
fn a_call_that_fails_without_its_backend_computes_what_is_not_confirmed() {
    in_every_style(|_, [one, _], style| {
        dependent().read(style, one, 1);
        fail_to_invalidate(style, one, By::Tag);
        let policy = dependent().policy().on_error(OnError::Fail);
        let value = one.cache.blocking().get_or_compute("user:1", policy, || 2_u64);
        assert_eq!(value.unwrap(), 2, "the backend itself is well");
    });
}
