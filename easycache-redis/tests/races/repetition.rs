//! Answers that are lost, and what is sent once more: what the first attempt has done stands, and others have gone on
//! from there.

use std::thread;

use easycache_core::Coalesce;
use easycache_testkit::{Method, Side, server::until};

use crate::{
    calls::{Answer, By, Call, LEASE, Started, Style, dependent, in_every_style, in_every_way, tell_on_panic},
    process::Process,
    world::{World, is_confirmed},
};

/// With the version of the first attempt, the second would bring back what was invalidated in between.
#[test]
fn an_invalidation_that_is_sent_twice_revives_nothing() {
    in_every_style(|world, _, style| {
        for (by, stamp) in [(By::Tag, "t:users"), (By::PrefixAbove, "p:tenant:7"), (By::Clear, "n")] {
            tell_on_panic(stamp, || {
                let [one, other] = world.processes();
                dependent().read(style, &other, 1);
                let stamp = || world.server.command(&["GET", &one.name(stamp)]);
                let before = stamp();
                // So that the connection is there.
                dependent().read(style, &one, 9);
                one.proxy.hold_replies();
                let invalidation = thread::spawn({
                    let one = one.clone();
                    move || by.try_invalidate(style, &one)
                });
                until("it is done", || (stamp() != before).then_some(()));
                let first = stamp();
                assert_eq!(dependent().read(style, &other, 2), Answer::Computed(2));
                by.invalidate(style, &other);
                one.proxy.cut();
                one.proxy.resume();
                invalidation.join().unwrap().unwrap();
                assert_ne!(stamp(), first);
                assert_eq!(dependent().read(style, &other, 3), Answer::Computed(3));
            });
        }
    });
}

/// Lets a call get to where its wish for a lease is granted, and the answer is on the wire.
fn granted_and_not_told(world: &World, style: Style, process: &Process, call: &Call, sign: &str) -> Started {
    let stop = process.backend.stop(Method::Acquire, Side::Before);
    let started = call.start(style, process, 9);
    stop.reached();
    process.proxy.hold_replies();
    stop.go();
    until("it is granted", || world.exists(&process.name(sign)).then_some(()));
    started
}

/// The same for stamps that are minted: what was computed under the version of the first attempt stays invalid.
#[test]
fn stamps_that_are_minted_twice_get_another_version_the_second_time() {
    in_every_style(|world, [one, other], style| {
        let call = Call::new("call").tags(&["fresh"]);
        let slow = granted_and_not_told(world, style, one, &Call::new("slow").tags(&["fresh"]), "t:fresh");
        assert_eq!(call.read(style, other, 1), Answer::Computed(1));
        other.cache.blocking().invalidate_tags(["fresh"]).unwrap();
        world.lose(&one.name("t:fresh"));
        one.proxy.cut();
        one.proxy.resume();
        assert_eq!(slow.answer(), Answer::Computed(9));
        assert!(world.exists(&one.name("t:fresh")), "it was minted once more");
        assert_eq!(call.read(style, other, 2), Answer::Computed(2));
    });
}

/// With the token of the first attempt, it would be the lease of all who were told of it then.
#[test]
fn a_lease_that_is_asked_for_twice_is_another_one_the_second_time() {
    in_every_style(|world, [one, other], style| {
        let next = granted_and_not_told(world, style, one, &dependent(), LEASE);
        let late = dependent().begin(style, other, 1);
        By::Key.invalidate(style, other);
        one.proxy.cut();
        one.proxy.resume();
        next.computes();
        assert_eq!(late.finish(), 1, "it has computed under the first lease");
        assert_eq!(other.refused(), 1);
        assert_eq!(next.finish(), 9);
        assert_eq!(dependent().read(style, other, 2), Answer::Hit(9));
    });
}

/// Nobody knows that it is granted: without more ado it would keep the others waiting until its time is over.
#[test]
fn a_lease_that_nobody_was_told_of_is_asked_for_again() {
    in_every_style(|world, [one, other], style| {
        let call = dependent().coalesce(Coalesce::Cluster);
        let slow = granted_and_not_told(world, style, one, &call, LEASE);
        one.proxy.cut();
        one.proxy.resume();
        assert_eq!(slow.answer(), Answer::Computed(9));
        assert_eq!(call.read(style, other, 1), Answer::Hit(9));
    });
}

/// What is known of it is that it failed. It was done all the same.
#[test]
fn an_invalidation_whose_answer_is_lost_is_done_and_repeated() {
    in_every_way(|_, [one, other], style, by| {
        dependent().read(style, other, 1);
        one.backend.inner().fail_method(Method::Invalidate, Side::After);
        by.try_invalidate(style, one).unwrap_err();
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
        one.backend.inner().heal();
        is_confirmed(one);
        assert_eq!(dependent().read(style, other, 3), Answer::Computed(3), "it was invalidated once more");
        assert_eq!(dependent().read(style, one, 4), Answer::Hit(3));
    });
}
