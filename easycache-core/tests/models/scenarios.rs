//! What is played, and how often.

use easycache_core::private::Mode;
use shuttle::{check_pct, check_random, future::block_on};

use crate::world::{Act, By, World, play};

const RANDOM: usize = 3_000;
const PCT: usize = 1_000;

fn check(by: By, entries: usize, acts: &'static [Act]) {
    check_random(move || play(by, entries, acts), RANDOM);
    check_pct(move || play(by, entries, acts), PCT, 3);
}

fn write(world: &World) {
    world.write(1);
    world.write(2);
}

fn write_first(world: &World) {
    world.write(1);
}

fn write_second(world: &World) {
    world.write(2);
}

fn read(world: &World) {
    world.read(Mode::Read);
    world.read(Mode::Read);
}

fn refresh(world: &World) {
    world.read(Mode::Refresh);
}

fn refresh_and_peek(world: &World) {
    world.read(Mode::Refresh);
    world.peek();
    world.peek();
}

fn read_async(world: &World) {
    block_on(world.read_async());
    block_on(world.read_async());
}

fn read_and_drop(world: &World) {
    world.read_and_drop(1);
    world.read_and_drop(2);
}

fn sweep(world: &World) {
    world.sweep();
    world.sweep();
}

fn renew(world: &World) {
    for commit in 1..3 {
        world.commit(commit);
        world.read(Mode::Refresh);
    }
}

/// By its key, and by its raw arguments.
fn peek_and_read(world: &World) {
    for _ in 0..2 {
        world.peek();
        world.read(Mode::Read);
    }
}

fn crowd(world: &World) {
    world.crowd();
}

fn peek(world: &World) {
    world.peek();
    world.peek();
}

macro_rules! models {
    ($($name:ident: $by:ident, $entries:literal, [$($act:ident),*];)*) => { $(
        #[test]
        fn $name() {
            check(By::$by, $entries, &[$($act),*]);
        }
    )* };
}

models! {
    readers_and_a_writer_by_key: Key, 9, [write, read, read];
    readers_and_a_writer_by_tag: Tag, 9, [write, read, read];
    readers_and_a_writer_by_prefix: Prefix, 9, [write, read, read];
    readers_and_a_writer_by_clear: Clear, 9, [write, read, read];
    readers_and_a_writer_by_a_tag_of_the_result: ResultTag, 9, [write, read, read];
    a_tag_of_the_result_that_is_collected: ResultTag, 9, [write, read, sweep];
    two_writers_by_tag: Tag, 9, [write_first, write_second, read];
    two_writers_by_a_tag_of_the_result: ResultTag, 9, [write_first, write_second, read];
    two_writers_by_clear: Clear, 9, [write_first, write_second, read];
    async_readers_by_key: Key, 9, [write, read_async, read_async];
    async_readers_by_tag: Tag, 9, [write, read_async, read_async];
    async_readers_by_a_tag_of_the_result: ResultTag, 9, [write, read_async, read_async];
    readers_of_both_kinds: Tag, 9, [write, read, read_async];
    leaders_that_are_dropped_by_key: Key, 9, [write, read_and_drop, read_async];
    leaders_that_are_dropped_by_tag: Tag, 9, [read_and_drop, read_and_drop, read_async, read];
    refreshes_by_key: Key, 9, [write, refresh, refresh, peek];
    refreshes_by_tag: Tag, 9, [write, refresh_and_peek, refresh_and_peek];
    refreshes_and_readers: Clear, 9, [write, refresh, read];
    hits_by_key_and_by_arguments: Key, 9, [renew, peek_and_read, peek_and_read];
    evictions_by_key: Key, 1, [write, read, crowd, peek];
    evictions_by_tag: Tag, 1, [write, refresh_and_peek, crowd];
    sweeps_by_tag: Tag, 9, [write, read, sweep];
    sweeps_by_prefix: Prefix, 9, [write, read, sweep];
}
