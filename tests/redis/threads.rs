//! Functions that are not async, called from every kind of thread.

use std::{sync::Arc, thread};

use easycache::Coalesce;

use crate::{
    shop::{Book, Shop, book, book_async},
    support::{Calls, Place, Thread, patient},
};

#[test]
fn a_function_that_is_not_async_may_be_called_on_every_kind_of_thread() {
    let Some(place) = Place::on_redis() else { return };
    for kind in Thread::ALL {
        let (scope, calls) = (place.scope(), Calls::default());
        let id = kind as u32;
        let counted = calls.clone();
        kind.call(move || {
            scope.run(|| {
                let first = book(&calls, 1, 1, id);
                assert_eq!(book(&calls, 1, 1, id), first, "{kind:?}");
                book::invalidate_by_key(1, id).unwrap();
                assert_eq!(book(&calls, 1, 1, id), Book::new(2 + id, 2), "{kind:?}");
                assert_eq!(book::refresh(&calls, 1, 1, id), Book::new(2 + id, 3), "{kind:?}");
                let mut shop = Shop { id: 100 + id, calls: calls.clone() };
                assert_eq!((shop.goods(1)[2], shop.goods(1)[2]), (4, 4), "{kind:?}");
                shop.close(true).unwrap();
                assert_eq!(shop.goods(1)[2], 5, "{kind:?}");
            });
        });
        assert_eq!(counted.so_far(), 5, "{kind:?}");
    }
}

#[test]
fn a_connection_is_made_on_every_kind_of_thread() {
    let Some(place) = Place::on_redis() else { return };
    let url = patient(place.server.as_ref().unwrap());
    for kind in Thread::ALL {
        let url = url.clone();
        kind.call(move || {
            let cache = easycache::blocking::connect(&url).unwrap();
            let value = cache.blocking().get_or_compute(&format!("{kind:?}"), easycache::Policy::new(), || 1).unwrap();
            assert_eq!(value, 1, "{kind:?}");
        });
    }
}

#[test]
fn sync_and_async_functions_share_their_entries() {
    #[easycache::ecached("both:{id}", shared, alias = "shop")]
    fn from_threads(calls: &Calls, id: u32) -> u32 {
        id + calls.count()
    }
    #[easycache::ecached("both:{id}", shared, alias = "shop")]
    async fn from_tasks(calls: &Calls, id: u32) -> u32 {
        id + calls.count()
    }
    let Some(place) = Place::on_redis() else { return };
    let calls = Calls::default();
    place.block_on(async {
        assert_eq!((from_threads(&calls, 0), from_tasks(&calls, 0).await), (1, 1));
        from_tasks::invalidate_by_key(0).await.unwrap();
        assert_eq!((from_tasks(&calls, 0).await, from_threads(&calls, 0)), (2, 2));
    });
}

#[test]
fn tasks_of_one_runtime_share_a_connection_and_get_their_own_answers() {
    let Some(place) = Place::on_redis() else { return };
    let (calls, scope) = (Calls::default(), place.scope());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let all = || async {
        let tasks = (0..200).map(|at| {
            let (calls, scope) = (calls.clone(), scope.clone());
            let id = at % 50 + 1;
            tokio::spawn(async move { scope.run_async(async { book_async(&calls, 1, 1, id).await }).await })
        });
        for (at, task) in tasks.collect::<Vec<_>>().into_iter().enumerate() {
            assert_eq!(task.await.unwrap().unwrap().title, format!("Volume {:03}", at % 50 + 3));
        }
    };
    runtime.block_on(all());
    let computed = calls.so_far();
    runtime.block_on(all());
    assert_eq!(calls.so_far(), computed, "everything is there");
}

#[test]
fn callers_in_all_processes_share_a_computation_where_that_is_asked_for() {
    #[easycache::ecached("cold:{id}", coalesce = "cluster", alias = "shop")]
    fn cold(calls: &Calls, id: u32) -> u32 {
        // Long enough that all have come; that they have not is no failure, for they would hit.
        for _ in 0..1_000 {
            thread::yield_now();
        }
        id + calls.count()
    }
    assert_eq!(Coalesce::default(), Coalesce::Process, "otherwise it need not be said");
    let Some(place) = Place::on_redis() else { return };
    let (calls, caches) = (Calls::default(), (0..4).map(|_| place.another()).collect::<Vec<_>>());
    let start = Arc::new(std::sync::Barrier::new(16));
    thread::scope(|threads| {
        let callers = (0..16).map(|at| {
            let (scope, start) = (easycache::scope("shop", caches[at % 4].clone()), Arc::clone(&start));
            let calls = &calls;
            threads.spawn(move || {
                start.wait();
                scope.run(|| cold(calls, 0))
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            assert_eq!(caller.join().unwrap(), 1);
        }
    });
    assert_eq!(calls.so_far(), 1);
}
