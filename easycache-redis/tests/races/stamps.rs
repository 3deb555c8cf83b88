//! Stamps that are lost, minted anew, or minted by several at once; and what is stored of a value beside them.

use std::{sync::Arc, time::Duration};

use easycache_core::{Clock, Moment};
use easycache_testkit::{ManualClock, Method, Side, server::until};

use crate::{
    calls::{
        Answer, By, Call, LEASE, STAMPS, STYLES, Style, VALUE, dependent, in_every_style, in_every_way, neighbour,
        tell_on_panic,
    },
    process::Process,
    world::{DOOMS, World},
};

/// Runs a test in every style, for each stamp that can be lost.
fn for_every_stamp(test: impl Fn(&World, &[Process; 2], Style, &str)) {
    let Some(world) = World::start() else { return };
    for style in STYLES {
        for stamp in STAMPS {
            let processes = world.processes();
            let name = processes[0].name(stamp);
            tell_on_panic(&format!("{style:?}, {name}"), || test(&world, &processes, style, &name));
        }
    }
}

/// A server that needs the space evicts stamps as well as values.
#[test]
fn a_value_whose_stamp_is_lost_is_computed_again() {
    for_every_stamp(|world, [one, other], style, stamp| {
        dependent().read(style, one, 1);
        world.lose(stamp);
        let key = dependent().full_key();
        assert_eq!(one.cache.blocking().get::<u64>(&key).unwrap(), None);
        assert_eq!(other.cache.blocking().get_many::<u64>(&[key]).unwrap(), [None]);
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
        assert_eq!(dependent().read(style, one, 3), Answer::Hit(2));
    });
}

#[test]
fn a_value_whose_stamp_has_expired_is_computed_again() {
    for_every_stamp(|world, [one, other], style, stamp| {
        dependent().read(style, one, 1);
        world.expire(stamp);
        until("it has expired", || (!world.exists(stamp)).then_some(()));
        neighbour().read(style, one, 0);
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
    });
}

/// A counter would begin again, and stand in the end where it stood.
#[test]
fn a_stamp_that_was_lost_and_minted_again_revives_nothing() {
    for_every_stamp(|world, [one, other], style, stamp| {
        dependent().read(style, one, 1);
        for _ in 0..3 {
            world.lose(stamp);
            neighbour().read(style, other, 0);
            assert!(world.exists(stamp), "somebody else has minted it");
            let found = one.cache.blocking().get::<u64>(&dependent().full_key()).unwrap();
            assert_eq!(found, None);
        }
        assert_eq!(dependent().read(style, one, 2), Answer::Computed(2));
    });
}

/// The invalidation finds no stamp, and that is a success: whoever mints it next, does so with another version.
#[test]
fn an_invalidation_of_what_was_lost_holds_when_it_is_minted_again() {
    in_every_way(|world, [one, other], style, by| {
        dependent().read(style, one, 1);
        for stamp in STAMPS {
            world.lose(&one.name(stamp));
        }
        by.invalidate(style, other);
        neighbour().read(style, other, 0);
        assert_eq!(dependent().read(style, one, 2), Answer::Computed(2));
        assert_eq!(dependent().read(style, other, 3), Answer::Hit(2));
    });
}

/// It is lost with the invalidation that it was to tell of.
#[test]
fn a_computation_whose_stamp_is_lost_and_minted_again_stores_nothing() {
    for_every_stamp(|world, [one, other], style, stamp| {
        let late = dependent().begin(style, one, 1);
        By::Tag.invalidate(style, other);
        world.lose(stamp);
        neighbour().read(style, other, 0);
        late.finish();
        assert_eq!(one.refused(), u64::from(DOOMS));
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
    });
}

#[test]
fn a_computation_whose_stamp_is_lost_stores_nothing_that_is_served() {
    for_every_stamp(|world, [one, other], style, stamp| {
        let late = dependent().begin(style, one, 1);
        world.lose(stamp);
        late.finish();
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
    });
}

/// Neither gives the tag a version that hides the invalidation in between.
#[test]
fn a_tag_first_named_by_two_processes_at_once_hides_no_invalidation() {
    in_every_style(|_, [one, other], style| {
        let (first, second) = (Call::new("one").tags(&["fresh"]), Call::new("two").tags(&["fresh"]));
        let before = first.begin(style, one, 1);
        other.cache.blocking().invalidate_tags(["fresh"]).unwrap();
        let after = second.begin(style, other, 2);
        assert_eq!((before.finish(), after.finish()), (1, 2));
        assert_eq!(first.read(style, other, 2), Answer::Computed(2));
        assert_eq!(second.read(style, one, 3), Answer::Hit(2));
    });
}

/// Both have found no stamp. What the first has minted, the second takes.
#[test]
fn who_has_seen_no_stamp_takes_the_one_that_was_minted_meanwhile() {
    in_every_style(|_, [one, other], style| {
        let stop = one.backend.stop(Method::Read, Side::After);
        let slow = neighbour().start(style, one, 1);
        stop.reached();
        assert_eq!(dependent().read(style, other, 1), Answer::Computed(1));
        stop.go();
        assert_eq!(slow.answer(), Answer::Computed(1));
        assert_eq!(dependent().read(style, other, 2), Answer::Hit(1), "nothing was invalidated");
        assert_eq!(neighbour().read(style, other, 2), Answer::Hit(1));
    });
}

/// Whoever has seen no stamp before an invalidation does not write it over the one from after it.
#[test]
fn who_has_seen_no_stamp_does_not_undo_an_invalidation() {
    in_every_way(|_, [one, other], style, by| {
        let stop = one.backend.stop(Method::Read, Side::After);
        let slow = neighbour().start(style, one, 1);
        stop.reached();
        let late = dependent().begin(style, other, 1);
        by.invalidate(style, other);
        stop.go();
        assert_eq!(slow.answer(), Answer::Computed(1));
        late.finish();
        assert_eq!(dependent().read(style, one, 2), Answer::Computed(2));
    });
}

/// The connection breaks while it is stored: there is all of it, or nothing, and an invalidation finds what there is.
#[test]
fn a_value_is_stored_together_with_what_it_depends_on() {
    in_every_way(|world, [one, other], style, by| {
        for arrives in [true, false] {
            let late = dependent().begin(style, one, 1);
            let sent = one.writes();
            if arrives {
                one.proxy.hold_replies();
            } else {
                one.proxy.hold();
            }
            let late = late.go();
            one.has_sent(sent + 1);
            if arrives {
                until("it is stored", || world.exists(&one.name(VALUE)).then_some(()));
            }
            one.proxy.cut();
            one.proxy.resume();
            assert_eq!(late.value(), 1);
            let found = if arrives { Answer::Hit(1) } else { Answer::Computed(2) };
            if !arrives {
                until("the lease is ended", || (!world.exists(&one.name(LEASE))).then_some(()));
            }
            assert_eq!(dependent().read(style, other, 2), found);
            by.invalidate(style, one);
            assert_eq!(dependent().read(style, other, 3), Answer::Computed(3));
            By::Key.invalidate(style, one);
        }
    });
}

/// Versions are compared for equality, and no time for being later.
#[test]
fn clocks_that_differ_make_no_difference() {
    let Some(world) = World::start() else { return };
    for style in STYLES {
        let fast = ManualClock::new();
        let slow = ManualClock::new();
        fast.advance(Duration::from_secs(24 * 60 * 60));
        assert!(fast.now() > slow.now() && slow.now() > Moment::ORIGIN);
        let clocks: [Option<Arc<dyn Clock>>; 2] = [Some(Arc::new(fast)), Some(Arc::new(slow))];
        let processes = world.processes_with_clocks(clocks);
        for [one, other] in [[0, 1], [1, 0]].map(|order| order.map(|at| &processes[at])) {
            let late = dependent().begin(style, one, 1);
            By::Tag.invalidate(style, other);
            late.finish();
            assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
            assert_eq!(dependent().read(style, one, 3), Answer::Hit(2));
            By::Prefix.invalidate(style, other);
            assert_eq!(dependent().read(style, one, 3), Answer::Computed(3));
            By::Key.invalidate(style, one);
        }
    }
}

/// What is put under another name on the server, by whatever mistake, is not what that name stands for.
#[test]
fn a_value_under_another_key_is_not_served() {
    in_every_style(|world, [one, other], style| {
        dependent().read(style, one, 1);
        neighbour().read(style, one, 2);
        let theirs = one.name(VALUE).replace("user:1", "user:2");
        world.copy(&one.name(VALUE), &theirs);
        assert_eq!(other.cache.blocking().get::<u64>(&neighbour().full_key()).unwrap(), None);
        assert_eq!(neighbour().read(style, other, 2), Answer::Computed(2));
        assert_eq!(dependent().read(style, other, 2), Answer::Hit(1));
    });
}
