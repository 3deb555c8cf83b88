//! What is newest stays: leases that are taken over, lost, or too short, and holders that pause.

use std::time::Duration;

use easycache_core::{Coalesce, Deadline, Policy};
use easycache_testkit::{Method, Side, server::until};

use crate::{
    calls::{Answer, By, Call, LEASE, VALUE, dependent, in_every_style},
    world::GRANTING,
};

#[test]
fn refreshes_that_end_out_of_order_leave_the_newest() {
    in_every_style(|_, [one, other], style| {
        dependent().read(style, one, 1);
        let first = dependent().refresh().begin(style, one, 2);
        let second = dependent().refresh().begin(style, other, 3);
        assert_eq!(second.finish(), 3);
        assert_eq!(dependent().read(style, one, 9), Answer::Hit(3));
        assert_eq!(first.finish(), 2, "the caller gets what it has computed");
        assert_eq!(dependent().read(style, one, 9), Answer::Hit(3), "nobody else does");
        assert_eq!(one.cache.stats().refused.lost, 1);
    });
}

#[test]
fn a_computation_that_a_refresh_has_overtaken_stores_nothing() {
    in_every_style(|_, [one, other], style| {
        let old = dependent().begin(style, one, 1);
        let refresh = dependent().refresh().begin(style, other, 2);
        assert_eq!(refresh.finish(), 2);
        assert_eq!(old.finish(), 1);
        assert_eq!(dependent().read(style, one, 9), Answer::Hit(2));
    });
}

/// The older one ends first: the refresh is newer, and stored all the same.
#[test]
fn a_refresh_is_stored_whoever_ends_before_it() {
    in_every_style(|_, [one, other], style| {
        let old = dependent().begin(style, one, 1);
        let refresh = dependent().refresh().begin(style, other, 2);
        assert_eq!(old.finish(), 1);
        assert_eq!(refresh.finish(), 2);
        assert_eq!(dependent().read(style, one, 9), Answer::Hit(2));
    });
}

#[test]
fn what_is_set_while_it_is_computed_stays() {
    in_every_style(|_, [one, other], style| {
        let call = Call::new("user:1");
        let late = call.begin(style, one, 1);
        other.cache.blocking().set("user:1", 2_u64, Policy::new()).unwrap();
        assert_eq!(late.finish(), 1);
        assert_eq!(call.read(style, one, 9), Answer::Hit(2));
    });
}

/// What is set across an invalidation may be from before it.
#[test]
fn what_is_set_across_an_invalidation_is_not_served() {
    in_every_style(|_, [one, other], style| {
        let stop = one.backend.stop(Method::Fill, Side::Before);
        let cache = one.cache.clone();
        let setting = std::thread::spawn(move || cache.blocking().set("user:1", 1_u64, Policy::new().tags(["users"])));
        stop.reached();
        other.cache.blocking().invalidate_tags(["users"]).unwrap();
        stop.go();
        setting.join().unwrap().unwrap();
        assert_eq!(Call::new("user:1").tags(&["users"]).read(style, other, 2), Answer::Computed(2));
    });
}

/// As after a pause that was longer than the lease: somebody else has computed since, and may know more.
#[test]
fn a_holder_that_has_lost_its_lease_stores_nothing() {
    in_every_style(|world, [one, other], style| {
        let paused = dependent().begin(style, one, 1);
        world.lose(&one.name(LEASE));
        let next = dependent().begin(style, other, 2);
        assert_eq!(paused.finish(), 1);
        assert!(!world.exists(&one.name(VALUE)), "the lease that there is, is another's");
        assert_eq!(next.finish(), 2);
        assert_eq!(dependent().read(style, one, 9), Answer::Hit(2));
    });
}

/// Nothing of the process gets through until its lease is over, neither renewals nor the result; then all of it does.
#[test]
fn a_holder_that_pauses_longer_than_its_lease_disturbs_nobody() {
    in_every_style(|world, [one, other], style| {
        let paused = dependent().begin(style, one, 1);
        one.proxy.hold();
        let sent = one.writes();
        let paused = paused.go();
        one.has_sent(sent + 1);
        until("the lease is over", || (!world.exists(&one.name(LEASE))).then_some(()));
        let next = dependent().begin(style, other, 2);
        let token = world.content(&one.name(LEASE));
        one.proxy.resume();
        assert_eq!(paused.value(), 1);
        assert_eq!(world.content(&one.name(LEASE)), token);
        assert_eq!(next.finish(), 2);
        assert_eq!(dependent().read(style, one, 9), Answer::Hit(2));
    });
}

/// A call that fails ends its own lease, and no other.
#[test]
fn who_gives_up_does_not_end_the_lease_of_who_follows() {
    in_every_style(|world, [one, other], style| {
        let stop = one.backend.stop(Method::Release, Side::After);
        let given_up = dependent().declined().begin(style, one, 1);
        By::Key.invalidate(style, other);
        let next = dependent().begin(style, other, 2);
        given_up.finish();
        stop.reached();
        assert!(world.exists(&one.name(LEASE)));
        stop.go();
        assert_eq!(next.finish(), 2);
        assert_eq!(dependent().read(style, one, 9), Answer::Hit(2));
    });
}

#[test]
fn who_gives_up_lets_others_compute_at_once() {
    in_every_style(|world, [one, other], style| {
        let given_up = dependent().declined().begin(style, one, 1);
        given_up.finish();
        until("its lease is ended", || (!world.exists(&one.name(LEASE))).then_some(()));
        let waiting = Call::new("user:1").prefix("tenant:7/shop:3").tags(&["users", "team:2"]);
        assert_eq!(waiting.coalesce(Coalesce::Cluster).read(style, other, 2), Answer::Computed(2));
    });
}

/// The first lease of a key is for a second: nobody knows yet how long the computation takes.
#[test]
fn a_computation_that_takes_longer_than_its_lease_is_stored() {
    in_every_style(|world, [one, other], style| {
        let slow = dependent().begin(style, one, 1);
        let longer = Deadline::after(Duration::from_millis(1300));
        until("the lease would be over", || {
            assert!(world.exists(&one.name(LEASE)), "it is renewed");
            longer.left().is_zero().then_some(())
        });
        assert_eq!(slow.finish(), 1);
        assert_eq!(dependent().read(style, other, 9), Answer::Hit(1));
    });
}

#[test]
fn a_value_that_was_evicted_is_not_followed_by_an_older_one() {
    in_every_style(|world, [one, other], style| {
        let late = dependent().begin(style, one, 1);
        assert_eq!(dependent().refresh().read(style, other, 2), Answer::Computed(2));
        world.lose(&one.name(VALUE));
        late.finish();
        assert_eq!(one.cache.blocking().get::<u64>(&dependent().full_key()).unwrap(), None);
    });
}

/// Two who have missed what is there now, and one of them has stored since: the other looks at that instead of putting
/// what it computes from older data in its place.
#[test]
fn who_is_about_to_compute_sees_what_was_stored_since_it_looked() {
    in_every_style(|_, [one, other], style| {
        for stored in [1, 2] {
            let stop = one.backend.stop(Method::Read, Side::After);
            let slow = dependent().start(style, one, 9);
            stop.reached();
            assert_eq!(dependent().read(style, other, stored), Answer::Computed(stored));
            stop.go();
            // Where the look itself has brought the lease it computes, and its result is refused.
            let granted = GRANTING == Method::Read && stored == 1;
            assert_eq!(slow.answer(), if granted { Answer::Computed(9) } else { Answer::Hit(stored) });
            assert_eq!(dependent().read(style, other, 8), Answer::Hit(stored));
            By::Tag.invalidate(style, one);
        }
    });
}
