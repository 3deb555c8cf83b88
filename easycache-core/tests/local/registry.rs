//! Which cache a function uses. Each test has aliases of its own: the registry is the whole process's.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use easycache_core::{
    Cache, cache,
    private::{Found, Mode, Site, compute_blocking, find, outcome},
    register, scope,
};

fn new() -> Cache {
    Cache::builder().build().unwrap()
}

fn call(site: &'static Site, value: u32) -> u32 {
    let outcome = easycache_core::private::unportable(outcome!(u32));
    let found = find(
        site,
        Mode::Read,
        None,
        &outcome,
        |args| args.arg("key"),
        |names| {
            names.key(|text| text.literal("key"));
        },
    );
    match found {
        Found::Hit(value) => value,
        Found::Miss(miss) => compute_blocking(miss, outcome, || value, |_, _| {}),
    }
}

#[test]
fn an_unknown_alias_panics_at_the_first_call_and_names_function_and_alias() {
    static SITE: Site = Site::new("shop::load_user").alias("nobody");
    let panic = catch_unwind(|| call(&SITE, 1)).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("shop::load_user") && message.contains("\"nobody\""), "{message}");
    assert!(message.contains("easycache::register"), "{message}");
    register("nobody", new());
    assert_eq!(call(&SITE, 2), 2, "from then on it works");
}

#[test]
fn a_registered_cache_is_seen_by_every_thread() {
    static SITE: Site = Site::new("f").alias("threads");
    register("threads", new());
    assert_eq!(call(&SITE, 1), 1);
    let others = (2..6).map(|value| thread::spawn(move || call(&SITE, value)));
    assert!(others.collect::<Vec<_>>().into_iter().all(|thread| thread.join().unwrap() == 1));
}

#[test]
fn a_replaced_cache_is_used_no_more_by_threads_that_have_used_it() {
    static SITE: Site = Site::new("f").alias("replaced");
    register("replaced", new());
    assert_eq!(call(&SITE, 1), 1);
    let before = register("replaced", new()).unwrap();
    assert_eq!(call(&SITE, 2), 2);
    assert_eq!(call(&SITE, 3), 2);
    assert_eq!(before.blocking().get("key").unwrap(), Some(1_u32), "its other holders go on using it");
}

#[test]
fn the_default_cache_is_there_without_anyone_registering_it() {
    let default = cache("default").unwrap();
    default.blocking().set("tests::default", 1_u32, easycache_core::Policy::new()).unwrap();
    assert_eq!(easycache_core::blocking::get("tests::default").unwrap(), Some(1_u32));
}

#[test]
fn a_scope_counts_for_its_thread_and_ends_with_it() {
    static SITE: Site = Site::new("f").alias("scoped");
    register("scoped", new());
    assert_eq!(call(&SITE, 1), 1);
    let (outer, inner) = (scope("scoped", new()), scope("scoped", new()));
    outer.run(|| {
        assert_eq!(call(&SITE, 2), 2);
        assert_eq!(inner.run(|| call(&SITE, 3)), 3);
        assert_eq!(thread::spawn(|| call(&SITE, 9)).join().unwrap(), 1, "another thread is not inside");
        assert_eq!(call(&SITE, 9), 2);
    });
    assert_eq!(call(&SITE, 9), 1);
    assert!(catch_unwind(AssertUnwindSafe(|| outer.run(|| panic!("out of the scope")))).is_err());
    assert_eq!(call(&SITE, 9), 1);
}

#[test]
fn a_scope_makes_an_unregistered_alias_usable() {
    static SITE: Site = Site::new("f").alias("only in a scope");
    assert_eq!(scope("only in a scope", new()).run(|| call(&SITE, 1)), 1);
    assert!(cache("only in a scope").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_scope_goes_with_its_task_from_thread_to_thread() {
    static SITE: Site = Site::new("f").alias("tasks");
    register("tasks", new());
    let tasks = (0..16).map(|value| {
        let scope = scope("tasks", new());
        tokio::spawn(scope.run_async(async move {
            for _ in 0..50 {
                assert_eq!(call(&SITE, value), value);
                tokio::task::yield_now().await;
            }
        }))
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(call(&SITE, 99), 99, "nothing of it got out");
}
