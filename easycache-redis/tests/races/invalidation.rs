//! Computations under way while an invalidation comes from another process.

use easycache_testkit::{Method, Side};

use crate::{
    calls::{Answer, By, LEASE, STAMPS, dependent, in_every_style, in_every_way},
    world::{DOOMS, GRANTING},
};

/// The invalidation comes after the old data was read, and before it is stored.
#[test]
fn a_result_computed_across_an_invalidation_of_another_process_is_not_stored() {
    in_every_way(|_, [one, other], style, by| {
        let late = dependent().begin(style, one, 1);
        by.invalidate(style, other);
        assert_eq!(late.finish(), 1, "its own caller asked before the invalidation");
        assert_eq!(one.refused(), u64::from(DOOMS || by == By::Key));
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
        assert_eq!(dependent().read(style, one, 3), Answer::Hit(2));
    });
}

/// It comes between the grant of the lease and the computation: one that reads its data that early cannot tell.
#[test]
fn what_was_granted_before_an_invalidation_stores_nothing_after_it() {
    in_every_way(|_, [one, other], style, by| {
        let stop = one.backend.stop(GRANTING, Side::After);
        let late = dependent().start(style, one, 1);
        stop.reached();
        by.invalidate(style, other);
        stop.go();
        assert_eq!(late.answer(), Answer::Computed(1));
        assert_eq!(one.refused(), u64::from(DOOMS || by == By::Key));
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
    });
}

/// It comes between the end of the computation and the storing.
#[test]
fn a_result_that_is_about_to_be_stored_when_it_is_invalidated_is_not_stored() {
    in_every_way(|_, [one, other], style, by| {
        let stop = one.backend.stop(Method::Fill, Side::Before);
        let late = dependent().begin(style, one, 1).go();
        stop.reached();
        by.invalidate(style, other);
        stop.go();
        assert_eq!(late.value(), 1);
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
    });
}

/// The result has left the process, and is overtaken on the wire.
#[test]
fn a_result_that_arrives_after_an_invalidation_is_not_stored() {
    in_every_way(|_, [one, other], style, by| {
        let late = dependent().begin(style, one, 1);
        let sent = one.writes();
        one.proxy.hold();
        let late = late.go();
        one.has_sent(sent + 1);
        by.invalidate(style, other);
        one.proxy.resume();
        assert_eq!(late.value(), 1);
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
    });
}

#[test]
fn what_another_process_invalidates_is_computed_again() {
    in_every_way(|_, [one, other], style, by| {
        assert_eq!(dependent().read(style, one, 1), Answer::Computed(1));
        assert_eq!(dependent().read(style, other, 2), Answer::Hit(1));
        by.invalidate(style, one);
        assert_eq!(one.cache.blocking().get::<u64>(&dependent().full_key()).unwrap(), None);
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
        assert_eq!(dependent().read(style, one, 3), Answer::Hit(2));
    });
}

#[test]
fn invalidating_twice_while_it_is_computed_is_as_good_as_once() {
    in_every_way(|_, [one, other], style, by| {
        let late = dependent().begin(style, one, 1);
        by.invalidate(style, other);
        by.invalidate(style, one);
        late.finish();
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
    });
}

/// The key is absent when the late result comes, so that whoever stores only where nothing is would store it.
#[test]
fn a_late_result_does_not_take_the_place_that_an_invalidation_has_emptied() {
    in_every_way(|_, [one, other], style, by| {
        dependent().read(style, one, 1);
        let late = dependent().refresh().begin(style, one, 1);
        by.invalidate(style, other);
        late.finish();
        assert_eq!(other.cache.blocking().get::<u64>(&dependent().full_key()).unwrap(), None);
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
    });
}

#[test]
fn a_late_result_does_not_replace_the_one_computed_after_the_invalidation() {
    in_every_way(|_, [one, other], style, by| {
        let late = dependent().begin(style, one, 1);
        by.invalidate(style, other);
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
        assert_eq!(late.finish(), 1);
        assert_eq!(dependent().read(style, other, 3), Answer::Hit(2));
        assert_eq!(dependent().read(style, one, 3), Answer::Hit(2));
    });
}

/// The same, and the newer one is being computed when the late result comes.
#[test]
fn a_late_result_is_not_stored_in_the_name_of_the_one_that_follows() {
    in_every_way(|_, [one, other], style, by| {
        let late = dependent().begin(style, one, 1);
        by.invalidate(style, other);
        let next = dependent().begin(style, other, 2);
        assert_eq!(late.finish(), 1);
        assert_ne!(dependent().read(style, one, 2), Answer::Hit(1));
        assert_eq!(next.finish(), 2);
        assert_eq!(dependent().read(style, one, 2), Answer::Hit(2));
    });
}

#[test]
fn a_refresh_across_an_invalidation_is_not_stored() {
    in_every_way(|_, [one, other], style, by| {
        dependent().read(style, one, 1);
        let refresh = dependent().refresh().begin(style, one, 1);
        assert_eq!(dependent().read(style, other, 9), Answer::Hit(1), "while it is refreshed it is served");
        by.invalidate(style, other);
        assert_eq!(refresh.finish(), 1);
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
    });
}

#[test]
fn what_is_computed_after_an_invalidation_is_stored() {
    in_every_way(|_, [one, other], style, by| {
        by.invalidate(style, other);
        assert_eq!(dependent().read(style, one, 1), Answer::Computed(1));
        by.invalidate(style, one);
        assert_eq!(dependent().read(style, one, 2), Answer::Computed(2));
        assert_eq!(dependent().read(style, other, 3), Answer::Hit(2));
    });
}

/// What reads its data in a snapshot from before the lease could store old data under new versions. So the lease and all
/// versions are there when the computation begins, and not when it ends.
#[test]
fn a_computation_begins_when_all_that_its_value_depends_on_is_known() {
    in_every_style(|world, [one, _], style| {
        for call in [dependent(), dependent().refresh()] {
            let begun = call.begin(style, one, 1);
            for name in STAMPS.iter().chain([&LEASE]) {
                assert!(world.exists(&one.name(name)), "{name}");
            }
            begun.finish();
            assert!(!world.exists(&one.name(LEASE)), "it ends with the fill");
        }
    });
}

/// A computation inside of a transaction, or of an older snapshot, says that its result is not to be stored: then nobody
/// else gets it, in no process.
#[test]
fn what_is_not_to_be_stored_is_found_by_nobody() {
    in_every_style(|world, [one, other], style| {
        assert_eq!(dependent().declined().read(style, one, 1), Answer::Computed(1));
        easycache_testkit::server::until("the lease is ended", || (!world.exists(&one.name(LEASE))).then_some(()));
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
        By::Tag.invalidate(style, one);
        assert_eq!(dependent().declined().read(style, other, 3), Answer::Computed(3));
        assert_eq!(dependent().read(style, one, 4), Answer::Computed(4));
    });
}
