//! Nodes that say nothing.

use std::time::Duration;

use easycache_core::{Cache, Freshness, Near};
use easycache_testkit::Log;

use crate::common::{
    Answer::{Computed, Hit},
    B, By, Function, MOMENT, World, hits,
};

#[tokio::test]
async fn what_is_kept_of_a_node_that_was_silent_is_served_again_when_it_answers() {
    let world = World::new();
    let (cache, line) = world.tracked();
    Function::User.call(&cache, 1).await;
    Function::User.call(&cache, 1).await;
    line.hold();
    line.beat();
    world.clock.advance(2 * B);
    assert_eq!(Function::User.call(&cache, 2).await, Computed(2), "the server does not answer either");
    line.release();
    assert_eq!(Function::User.call(&cache, 2).await, Hit(1), "the sign of life was asked for too long ago");
    assert_eq!(Function::User.call(&cache, 2).await, Hit(1));
    let reads = line.reads();
    world.clock.advance(2 * B);
    line.beat();
    assert_eq!(Function::User.call(&cache, 2).await, Hit(1), "nothing was told, so nothing has changed");
    assert_eq!(line.reads(), reads);
}

/// However late the answer comes: it counts from when it was asked for.
#[tokio::test]
async fn an_answer_makes_a_node_no_fresher_than_its_question() {
    let world = World::new();
    let (cache, line) = world.tracked();
    Function::User.call(&cache, 1).await;
    Function::User.call(&cache, 1).await;
    line.hold();
    line.beat();
    world.clock.advance(B.saturating_sub(MOMENT));
    line.release();
    world.elsewhere(By::Tag).await;
    line.forget();
    world.clock.advance(MOMENT);
    let before = hits(&cache).0;
    assert_eq!(Function::User.call(&cache, 2).await, Computed(2));
    assert_eq!(hits(&cache).0, before);
}

#[tokio::test]
async fn the_bound_is_heartbeat_and_patience_together() {
    let world = World::new();
    let near = Near::bounded(9).freshness(Freshness::Tracked).heartbeat("10s").patience("5s");
    let cache = world.builder(world.server.clone()).near(near).build().unwrap();
    Function::User.call(&cache, 1).await;
    Function::User.call(&cache, 1).await;
    for (span, near) in [(14, 1), (1, 0)] {
        let (before, _) = hits(&cache);
        world.clock.advance(Duration::from_secs(span));
        assert_eq!(Function::User.call(&cache, 1).await, Hit(1));
        assert_eq!(hits(&cache).0 - before, near, "after {span} s more");
    }
}

#[tokio::test]
async fn a_backend_that_does_not_answer_is_computed_beside() {
    let world = World::new();
    let builder = world.builder(world.server.clone()).deadline(Duration::from_millis(30));
    let cache: Cache = builder.near(Near::bounded(9)).build().unwrap();
    let line = world.server.lines().remove(0);
    line.hold();
    assert_eq!(Function::User.call(&cache, 1).await, Computed(1));
    assert!(cache.get::<u64>(Function::User.key()).await.is_err());
    line.release();
    assert_eq!(Function::User.call(&cache, 2).await, Computed(2));
    assert_eq!(Function::User.call(&cache, 3).await, Hit(2));
}

#[test]
fn going_off_and_coming_on_again_is_told_in_the_log() {
    let log = Log::default();
    let world = World::new();
    let (cache, line) = world.tracked();
    Function::User.call_sync(&cache, 1);
    let listening = log.listen();
    line.cut();
    line.cut();
    line.beat();
    line.beat();
    drop(listening);
    let lines = log.lines();
    let told = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    assert_eq!(told("WARN message=flushed: the near tier is off for this node"), 1, "{lines:?}");
    assert_eq!(told("DEBUG message=flushed once more"), 1, "{lines:?}");
    assert_eq!(told("INFO message=the near tier is on for this node"), 1, "{lines:?}");
}

#[tokio::test]
async fn it_is_told_how_fresh_it_is() {
    let world = World::new();
    let (cache, line) = world.tracked();
    assert_eq!(world.plain().stats().near, None);
    assert!(!world.plain().stats().to_string().contains("near"));
    assert_eq!(cache.stats().near.unwrap().since_fresh, None, "nothing was asked so far");
    Function::User.call(&cache, 1).await;
    Function::User.call(&cache, 1).await;
    Function::User.call(&cache, 1).await;
    world.clock.advance(Duration::from_millis(700));
    world.elsewhere(By::Tag).await;
    let stats = cache.stats();
    let near = stats.near.unwrap();
    assert_eq!((near.hits, near.far_hits, near.flushes), (1, 1, 0));
    assert_eq!(near.since_fresh, Some(Duration::from_millis(700)));
    assert!(near.pushes > 0);
    let text = format!("near tier: 1 of 2 hits, {} pushes, 0 flushes, fresh 700.0ms ago", near.pushes);
    assert!(stats.to_string().ends_with(&text), "{stats}");
    line.cut();
    assert_eq!(cache.stats().near.unwrap().since_fresh, None, "it is off");
}
