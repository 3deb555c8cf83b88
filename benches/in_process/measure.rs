//! Times per call of functions, over so many keys.

use std::{hint::black_box, thread};

use crate::{
    User,
    compare::{nanos, now, since},
};

/// How many keys each thread goes round, and how often.
#[derive(Clone, Copy)]
pub(crate) struct Set {
    pub(crate) name: &'static str,
    keys: u64,
    laps: u64,
}

/// What is read all the time: it stays in the processor's own cache, and the work itself is measured.
pub(crate) const HOT: Set = Set { name: "64 keys", keys: 64, laps: 3_000 };
/// What is read now and then: each read waits for memory that is further away.
pub(crate) const WIDE: Set = Set { name: "5 000 keys", keys: 5_000, laps: 40 };

/// Nanoseconds per call, over keys that are all there after the first lap.
pub(crate) fn per_call(set: Set, call: impl Fn(u64) -> User) -> f64 {
    set.go_round(1, 0, &call);
    nanos(set.keys * set.laps, || set.go_round(set.laps, 0, &call))
}

/// Nanoseconds per call of each of so many threads, which go round keys of their own. Long enough that starting them
/// does not count.
pub(crate) fn per_call_of_threads(set: Set, threads: u64, call: impl Fn(u64) -> User + Sync) -> f64 {
    for thread in 0..threads {
        set.go_round(1, thread * set.keys, &call);
    }
    nanos(set.keys * set.laps * 4, || {
        thread::scope(|scope| {
            for thread in 0..threads {
                let call = &call;
                scope.spawn(move || set.go_round(set.laps * 4, thread * set.keys, call));
            }
        });
    })
}

/// Nanoseconds per call of an async function.
pub(crate) async fn per_async_call(set: Set, call: impl AsyncFn(u64) -> User) -> f64 {
    for id in 0..set.keys {
        call(id).await;
    }
    let start = now();
    for _ in 0..set.laps {
        for id in 0..set.keys {
            black_box(call(black_box(id)).await);
        }
    }
    since(start, set.keys * set.laps)
}

impl Set {
    fn go_round(self, laps: u64, first: u64, call: &impl Fn(u64) -> User) {
        for _ in 0..laps {
            for id in first..first + self.keys {
                black_box(call(black_box(id)));
            }
        }
    }
}
