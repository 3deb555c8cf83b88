use std::time::Duration;

use easycache::{blocking, bypass, ecached, no_store, no_store_scope, scope};

use crate::support::{Calls, cache};

static CALLS: Calls = Calls::new();

#[ecached("no-store:{id}")]
async fn load(id: u32, keep: bool) -> u32 {
    let _ = id;
    tokio::task::yield_now().await;
    if !keep {
        no_store();
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    CALLS.count()
}

#[tokio::test]
async fn a_result_that_says_so_itself_is_given_out_and_not_stored() {
    let mine = cache();
    let steps = async {
        let first = load(1, false).await;
        let second = load(1, true).await;
        assert_ne!(first, second);
        assert_eq!(load(1, false).await, second, "what is stored is served");
        assert_ne!(load::refresh(1, false).await, second);
        assert_eq!(load(1, false).await, second, "and stays");
    };
    scope("default", mine.clone()).run_async(steps).await;
    assert_eq!(mine.stats().refused.by_policy, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_about_the_innermost_computation_alone() {
    #[ecached("no-store-outer:{keep}")]
    async fn outer(keep: bool) -> u32 {
        if !keep {
            no_store();
        }
        tokio::task::yield_now().await;
        load(2, keep).await
    }
    let mine = cache();
    let steps = async {
        let value = outer(true).await;
        assert_eq!(outer(true).await, value);
        load::invalidate_by_key(2).await.unwrap();
        assert_eq!(outer(true).await, value);

        let first = outer(false).await;
        let (a, b) = tokio::join!(load(3, false), load(4, true));
        assert_ne!(outer(false).await, first);
        assert_eq!(load(4, false).await, b, "others that are polled in turns are not meant");
        assert_ne!(load(3, false).await, a);
    };
    scope("default", mine).run_async(steps).await;
    // Outside of any computation it is nobody's.
    no_store();
}

#[test]
fn functions_that_are_not_async_say_it_as_well() {
    #[ecached("no-store-sync:{keep}")]
    fn count(keep: bool) -> u32 {
        if !keep {
            no_store();
        }
        CALLS.count()
    }
    assert_ne!(count(false), count(false));
    assert_eq!(count(true), count(true));
}

#[tokio::test]
async fn a_bypass_neither_reads_nor_stores() {
    let mine = cache();
    let steps = async {
        let stored = load(1, true).await;
        let values = bypass(async {
            let values = [load(1, true).await, load(2, true).await, load::refresh(1, true).await];
            assert_eq!(load::entry(1, true).peek().await.unwrap(), None);
            load::entry(1, true).put(&0).await.unwrap();
            values
        });
        let values = values.await;
        assert!(!values.contains(&stored));
        assert_eq!(load(1, true).await, stored);
        assert!(!values.contains(&load(2, true).await));
        bypass(async { load::invalidate_by_key(1).await.unwrap() }).await;
        assert_ne!(load(1, true).await, stored, "invalidations are done");
    };
    scope("default", mine.clone()).run_async(steps).await;
    assert_eq!(mine.stats().misses.bypass, 2);
}

#[tokio::test]
async fn a_task_that_is_started_in_a_bypass_is_not_inside_of_it() {
    #[ecached("no-store-spawned")]
    async fn spawned() -> u32 {
        CALLS.count()
    }
    let value = spawned().await;
    let task = bypass(async { tokio::spawn(spawned()).await.unwrap() });
    assert_eq!(task.await, value);
}

#[tokio::test]
async fn in_a_transaction_what_is_stored_is_served_and_what_is_computed_is_not_stored() {
    let mine = cache();
    let steps = async {
        let stored = load(1, true).await;
        let computed = no_store_scope(async {
            assert_eq!(load(1, true).await, stored);
            assert_ne!(load::refresh(1, true).await, stored);
            load(2, true).await
        });
        let computed = computed.await;
        assert_eq!(load(1, true).await, stored);
        assert_ne!(load(2, true).await, computed);
    };
    scope("default", mine).run_async(steps).await;
}

#[tokio::test]
async fn nobody_is_given_what_was_computed_in_somebody_elses_transaction() {
    let mine = cache();
    let steps = async {
        let (inside, outside) = tokio::join!(no_store_scope(load(1, true)), load(1, true));
        assert_ne!(inside, outside);
        assert_eq!(load(1, true).await, outside);
    };
    scope("default", mine).run_async(steps).await;
}

#[test]
fn the_scopes_are_there_for_callers_that_are_not_async() {
    #[ecached("no-store-scopes:{id}")]
    fn count(id: u32) -> u32 {
        let _ = id;
        CALLS.count()
    }
    let stored = count(1);
    assert_ne!(blocking::bypass(|| count(1)), stored);
    let computed = blocking::no_store_scope(|| (count(1), count(2)));
    assert_eq!(computed.0, stored);
    assert_ne!(count(2), computed.1);
    let panicked = std::panic::catch_unwind(|| blocking::bypass(|| panic!("on purpose")));
    assert!(panicked.is_err());
    assert_eq!(count(1), stored, "a scope ends with a panic");
}
