//! The order in which answers and news arrive, and what another process does meanwhile.

use easycache_core::{Cache, Policy};
use easycache_testkit::Line;
use tokio::task::JoinSet;

use crate::common::{
    Answer::{Computed, Hit},
    B, By, Function, MOMENT, WAYS, World, hits, until,
};

/// A cache that keeps the value 1 of that function.
async fn keeping(world: &World, function: Function) -> (Cache, Line) {
    let (cache, line) = world.tracked();
    assert_eq!(function.call(&cache, 1).await, Computed(1));
    assert_eq!(function.call(&cache, 9).await, Hit(1));
    assert_eq!(function.call(&cache, 9).await, Hit(1));
    assert_eq!(hits(&cache), (1, 1));
    (cache, line)
}

#[tokio::test]
async fn what_another_process_invalidates_is_not_served_once_that_was_told() {
    for by in WAYS {
        let world = World::new();
        let (cache, line) = keeping(&world, by.function()).await;
        line.hold();
        world.elsewhere(by).await;
        assert_eq!(by.function().call(&cache, 2).await, Hit(1), "{by:?}: nobody has told so far");
        line.release();
        assert_eq!(by.function().call(&cache, 2).await, Computed(2), "{by:?}");
        assert_eq!(by.function().call(&cache, 3).await, Hit(2), "{by:?}");
    }
}

/// The answer shows what was there before; who has asked gets to run when the news was handled.
#[tokio::test]
async fn news_that_overtake_the_answer_keep_it_from_being_kept() {
    for by in WAYS {
        let world = World::new();
        let function = by.function();
        let (cache, line) = world.tracked();
        assert_eq!(function.call(&cache, 1).await, Computed(1));
        line.hold_answers();
        let late = tokio::spawn({
            let cache = cache.clone();
            async move { function.call(&cache, 9).await }
        });
        until("it has read", || line.is_awaited()).await;
        world.elsewhere(by).await;
        line.release_answers();
        assert_eq!(late.await.unwrap(), Hit(1), "{by:?}: it has asked before");
        assert_eq!(function.call(&cache, 2).await, Computed(2), "{by:?}");
        assert_eq!(function.call(&cache, 3).await, Hit(2), "{by:?}");
    }
}

/// The same by the plain API, for each of its ways.
#[tokio::test]
async fn news_that_overtake_an_answer_to_the_plain_api_keep_it_from_being_kept() {
    for by_key in [true, false] {
        let world = World::new();
        let (cache, line) = world.tracked();
        let policy = || Policy::ttl("1h").tags(["users", "team:2"]).prefix("tenant:7/shop:3");
        world.plain().set("user:1", 1_u64, policy()).await.unwrap();
        let read = move |cache: Cache| async move {
            let (key, full) = ("user:1", Function::User.key());
            if by_key { cache.get::<u64>(full).await } else { cache.get_with::<u64>(key, policy()).await }.unwrap()
        };
        line.hold_answers();
        let late = tokio::spawn(read(cache.clone()));
        until("it has read", || line.is_awaited()).await;
        if by_key {
            // The value tells what it depends on: that is read next.
            line.release_answers();
            line.hold_answers();
            until("it has read the stamps", || line.reads() == 2 && line.is_awaited()).await;
        }
        world.elsewhere(By::Tag).await;
        line.release_answers();
        assert_eq!(late.await.unwrap(), Some(1));
        assert_eq!(read(cache.clone()).await, None);
    }
}

#[tokio::test]
async fn a_flush_that_overtakes_the_answer_keeps_it_from_being_kept() {
    let world = World::new();
    let (cache, line) = world.tracked();
    assert_eq!(Function::User.call(&cache, 1).await, Computed(1));
    line.hold_answers();
    let late = tokio::spawn({
        let cache = cache.clone();
        async move { Function::User.call(&cache, 9).await }
    });
    until("it has read", || line.is_awaited()).await;
    line.cut();
    line.beat();
    world.elsewhere(By::Tag).await;
    line.release_answers();
    assert_eq!(late.await.unwrap(), Hit(1));
    assert_eq!(Function::User.call(&cache, 2).await, Computed(2), "the new connection was not told of the old reads");
}

#[tokio::test]
async fn nothing_that_was_kept_survives_a_lost_connection() {
    for by in WAYS {
        let world = World::new();
        let (cache, line) = keeping(&world, by.function()).await;
        // What the server says is lost with the connection.
        line.hold();
        world.elsewhere(by).await;
        line.cut();
        line.release();
        line.beat();
        assert_eq!(by.function().call(&cache, 2).await, Computed(2), "{by:?}");
        assert_eq!(cache.stats().near.unwrap().flushes, 1);
    }
}

#[tokio::test]
async fn nothing_that_was_kept_survives_the_servers_data() {
    let world = World::new();
    let (cache, line) = keeping(&world, Function::User).await;
    world.server.flush();
    line.beat();
    assert_eq!(Function::User.call(&cache, 2).await, Computed(2));
    assert_eq!(Function::User.call(&cache, 3).await, Hit(2));
}

#[tokio::test]
async fn what_the_server_drops_is_gone_here_too() {
    for name in ["t:users", "p:tenant:7", "n", "v:{tenant:7/shop:3|user:1}"] {
        let world = World::new();
        let (cache, _line) = keeping(&world, Function::User).await;
        world.server.evict(&format!("{}:{name}", world.namespace));
        assert_eq!(Function::User.call(&cache, 2).await, Computed(2), "{name}");
    }
}

/// What is told of a name that nobody has read is no matter, but for those who read just then.
#[tokio::test]
async fn what_others_do_to_other_names_is_no_matter() {
    let world = World::new();
    let (cache, _line) = keeping(&world, Function::User).await;
    let other = world.plain();
    other.set("other", 1, Policy::ttl("1h").tags(["others"])).await.unwrap();
    other.invalidate_tags(["others", "team:3"]).await.unwrap();
    assert_eq!(Function::User.call(&cache, 2).await, Hit(1));
    assert_eq!(hits(&cache), (2, 1));
}

/// One step, however many values: nothing is looked for.
#[tokio::test]
async fn one_push_takes_every_value_with_that_tag() {
    let world = World::new();
    let (cache, _line) = world.tracked();
    let policy = |team: u32| Policy::ttl("1h").tags(["users".to_owned(), format!("team:{team}")]);
    for round in 0..2 {
        for user in 0..50 {
            let compute = || async move { user };
            cache.get_or_compute(&format!("user:{user}"), policy(user % 2), compute).await.unwrap();
        }
        assert_eq!(hits(&cache), (0, 50 * round));
    }
    let before = cache.stats().near.unwrap().pushes;
    world.plain().invalidate_tags(["team:1"]).await.unwrap();
    // One for the tag, none for the values.
    assert!(cache.stats().near.unwrap().pushes <= before + 2);
    for user in 0..50 {
        let found = cache.get_with::<u32>(&format!("user:{user}"), policy(user % 2)).await.unwrap();
        assert_eq!(found, Some(user).filter(|user| user % 2 == 0));
    }
    assert_eq!(hits(&cache).0, 25);
}

/// All at once: each waits for a server that does not answer, until its deadline.
#[tokio::test]
async fn a_tracked_tier_is_behind_by_b_at_most() {
    let mut waiting: JoinSet<()> = WAYS.into_iter().map(is_behind_by_b_at_most).collect();
    while let Some(ended) = waiting.join_next().await {
        ended.unwrap();
    }
}

async fn is_behind_by_b_at_most(by: By) {
    let world = World::new();
    let (cache, line) = keeping(&world, by.function()).await;
    line.beat();
    line.hold();
    world.elsewhere(by).await;
    world.clock.advance(B.saturating_sub(MOMENT));
    assert_eq!(by.function().call(&cache, 2).await, Hit(1), "{by:?}: it is fresh enough");
    world.clock.advance(MOMENT);
    assert_eq!(by.function().call(&cache, 2).await, Computed(2), "{by:?}: it is not believed any more");
    line.release();
    assert_eq!(by.function().call(&cache, 3).await, Computed(3), "{by:?}: nothing was stored meanwhile");
    assert_eq!(by.function().call(&cache, 4).await, Hit(3), "{by:?}");
}
