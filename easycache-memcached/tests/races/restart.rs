//! Servers that are restarted, or emptied, while something is under way.

use easycache_testkit::server::until;

use crate::{
    calls::{Answer, By, STYLES, dependent, neighbour},
    world::World,
};

/// The new server numbers states anew, and gives the next who computes what the old one gave this one.
#[test]
fn a_result_computed_across_a_restart_is_not_stored() {
    let Some(world) = World::alone() else { return };
    for style in STYLES {
        let [one, other] = world.processes();
        let late = dependent().begin(style, &one, 1);
        world.server.restart();
        By::Tag.invalidate(style, &other);
        let next = dependent().begin(style, &other, 2);
        assert_eq!(late.finish(), 1);
        assert_ne!(dependent().read(style, &one, 2), Answer::Hit(1));
        assert_eq!(next.finish(), 2);
        assert_eq!(dependent().read(style, &other, 3), Answer::Hit(2));
    }
}

#[test]
fn a_server_that_was_restarted_is_an_empty_cache() {
    let Some(world) = World::alone() else { return };
    for style in STYLES {
        let [one, other] = world.processes();
        dependent().read(style, &one, 1);
        neighbour().read(style, &one, 1);
        world.server.restart();
        assert_eq!(dependent().read(style, &other, 2), Answer::Computed(2));
        assert_eq!(dependent().read(style, &one, 3), Answer::Hit(2));
        assert_eq!(neighbour().read(style, &one, 2), Answer::Computed(2));
    }
}

#[test]
fn a_server_that_is_emptied_while_something_is_computed_stores_nothing_of_it() {
    let Some(world) = World::alone() else { return };
    for style in STYLES {
        let [one, other] = world.processes();
        let late = dependent().begin(style, &one, 1);
        let before = world.server.stat("time");
        world.server.command("flush_all");
        // What is emptied is so from the next second on.
        until("a second has passed", || (world.server.stat("time") > before).then_some(()));
        until("it is empty", || (!world.exists(&one.name("t:users"))).then_some(()));
        By::Tag.invalidate(style, &other);
        assert_eq!(late.finish(), 1);
        assert_eq!(dependent().read(style, &other, 2), Answer::Computed(2));
    }
}
