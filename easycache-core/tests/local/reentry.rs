//! Code of the user's that calls the cache again from wherever it is called: nothing deadlocks.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use easycache_core::{
    Cache, Policy,
    private::{Found, Mode, Site, compute_blocking, find, outcome},
};

/// Fails if the test does not end: what is tested here is that it does.
fn in_time(test: impl FnOnce() + Send + 'static) {
    let (done, end) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        done.send(()).unwrap();
    });
    let ended = end.recv_timeout(Duration::from_secs(60));
    assert_ne!(ended, Err(mpsc::RecvTimeoutError::Timeout), "it hangs");
    thread.join().unwrap();
}

/// A value that calls the cache when it is cloned and when it is dropped.
struct Talkative {
    cache: Cache,
    key: &'static str,
}

impl Talkative {
    fn talk(&self) {
        let cache = self.cache.blocking();
        cache.get::<u32>(self.key).unwrap();
        cache.get_or_compute("other", Policy::new().tags(["t"]).prefix("p"), || 1_u32).unwrap();
        cache.invalidate_tags(["t"]).unwrap();
        cache.invalidate_key("p|other").unwrap();
        self.cache.sweep();
        assert!(self.cache.stats().hit_rate() <= 1.0);
    }
}

impl Clone for Talkative {
    fn clone(&self) -> Self {
        self.talk();
        Self { cache: self.cache.clone(), key: self.key }
    }
}

impl Drop for Talkative {
    fn drop(&mut self) {
        self.talk();
        // Not when it is cloned: that is before it is stored, and it would never be.
        self.cache.blocking().invalidate_key(self.key).unwrap();
    }
}

static SITE: Site = Site::new("tests::talkative");

/// Calls a function that returns a talkative value.
fn call(cache: &Cache, mode: Mode) {
    let outcome = easycache_core::private::unportable(outcome!(Talkative));
    let names = |names: &mut easycache_core::private::Names| {
        names.key(|text| text.literal("talkative"));
        names.tags(["talk"]);
    };
    match find(&SITE, mode, Some(cache), &outcome, |args| args.arg("talkative"), names) {
        Found::Hit(_) => {}
        Found::Miss(miss) => {
            let body = || Talkative { cache: cache.clone(), key: "talkative" };
            compute_blocking(miss, outcome, body, |_, keep| keep.tags(["of the result"]));
        }
    }
}

#[test]
fn a_value_whose_clone_and_drop_call_the_cache_deadlocks_nothing() {
    in_time(|| {
        let cache = Cache::builder().max_entries(3).build().unwrap();
        for round in 0..200 {
            call(&cache, if round % 3 == 0 { Mode::Refresh } else { Mode::Read });
            match round % 5 {
                0 => drop(cache.blocking().invalidate_tags(["talk"])),
                1 => drop(cache.blocking().invalidate_key("talkative")),
                2 => cache.blocking().set(&round.to_string(), round, Policy::new()).unwrap(),
                3 => cache.blocking().clear().unwrap(),
                _ => drop(cache.sweep()),
            }
        }
        let stats = cache.stats();
        assert!(stats.stored > 50, "{stats}");
    });
}

#[test]
fn values_whose_clone_and_drop_call_the_cache_deadlock_no_threads() {
    in_time(|| {
        let cache = Cache::builder().max_entries(3).build().unwrap();
        thread::scope(|scope| {
            for thread in 0..4 {
                let cache = &cache;
                scope.spawn(move || {
                    for round in 0..100 {
                        call(cache, if (round + thread) % 3 == 0 { Mode::Refresh } else { Mode::Read });
                    }
                });
            }
        });
    });
}

/// A value whose drop invalidates a key, once it is armed.
#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
struct Parting {
    #[serde(skip)]
    words: Option<(Cache, &'static str, Arc<AtomicBool>)>,
}

impl Drop for Parting {
    fn drop(&mut self) {
        if let Some((cache, key, armed)) = &self.words
            && armed.load(Ordering::SeqCst)
        {
            cache.blocking().invalidate_key(key).unwrap();
        }
    }
}

/// Stores a parting value under `first`, then something else under `second`, which drops it.
fn part(cache: &Cache, first: &'static str, second: &'static str) {
    let armed = Arc::new(AtomicBool::new(false));
    let value = Parting { words: Some((cache.clone(), second, Arc::clone(&armed))) };
    cache.blocking().set(first, value, Policy::new()).unwrap();
    armed.store(true, Ordering::SeqCst);
    cache.blocking().set(second, 1_u32, Policy::new()).unwrap();
}

#[test]
fn a_value_whose_drop_invalidates_what_replaces_it_deadlocks_nothing() {
    in_time(|| {
        let cache = Cache::builder().build().unwrap();
        part(&cache, "key", "key");
        assert_eq!(
            cache.blocking().get::<u32>("key").unwrap(),
            None,
            "it was dropped behind the lock, and had its say"
        );
    });
}

#[test]
fn a_value_whose_drop_invalidates_what_drives_it_out_deadlocks_nothing() {
    in_time(|| {
        let cache = Cache::builder().max_entries(1).build().unwrap();
        part(&cache, "one", "other");
        assert_eq!(
            cache.blocking().get::<u32>("other").unwrap(),
            None,
            "it was dropped behind the lock, and had its say"
        );
    });
}

#[test]
fn a_weigher_that_calls_the_cache_deadlocks_nothing() {
    in_time(|| {
        let myself = Arc::new(std::sync::OnceLock::<Cache>::new());
        let weigher = Arc::clone(&myself);
        let weigh = move |key: &str, _: &dyn std::any::Any| {
            let cache = weigher.get().unwrap();
            cache.blocking().get::<u32>(key).unwrap();
            cache.blocking().invalidate_key("other").unwrap();
            u64::from(cache.stats().weight < 1_000)
        };
        let cache = Cache::builder().max_weight(1_000, weigh).build().unwrap();
        myself.set(cache.clone()).unwrap();
        for key in 0..100_u32 {
            cache.blocking().set(&key.to_string(), key, Policy::new()).unwrap();
        }
        assert_eq!(cache.stats().weight, 100);
    });
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Fragile(bool);

impl Clone for Fragile {
    fn clone(&self) -> Self {
        assert!(self.0, "this one cannot be cloned");
        Self(true)
    }
}

#[test]
fn a_value_that_cannot_be_cloned_keeps_nobody_from_its_key() {
    in_time(|| {
        let cache = Cache::builder().coalesce_wait("1h").build().unwrap();
        for way in 0..2 {
            let cache = cache.clone();
            let fragile = thread::spawn(move || match way {
                0 => cache.blocking().set("key", Fragile(false), Policy::new()),
                _ => cache.blocking().get_or_compute("key", Policy::new(), || Fragile(false)).map(drop),
            });
            assert!(fragile.join().is_err(), "its panic is for who has caused it");
        }
        let value = cache.blocking().get_or_compute("key", Policy::new(), || Fragile(true)).unwrap();
        assert!(value.0);
        assert!(cache.blocking().get::<Fragile>("key").unwrap().is_some());
    });
}
