//! Taking times, in turn.

use std::{hint::black_box, thread, time::Instant};

use crate::User;

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

const ROUNDS: usize = 25;

/// Both sides of a row: nanoseconds per call, and their ratio.
pub(crate) struct Comparison {
    pub(crate) ours: f64,
    pub(crate) peer: f64,
    pub(crate) ratio: f64,
}

/// Measures both sides in turn. The ratio is the median of the ratios of each round: what slows the machine down slows
/// both down.
pub(crate) fn compare(mut ours: impl FnMut() -> f64, mut peer: impl FnMut() -> f64) -> Comparison {
    let _warm_up = (ours(), peer());
    let rounds = (0..ROUNDS).map(|_| (ours(), peer())).collect::<Vec<_>>();
    Comparison {
        ours: median(rounds.iter().map(|(ours, _)| *ours)),
        peer: median(rounds.iter().map(|(_, peer)| *peer)),
        ratio: median(rounds.iter().map(|(ours, peer)| ours / peer)),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values = values.collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

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

/// Nanoseconds per repetition of anything.
pub(crate) fn per_repeat(repeats: u64, mut f: impl FnMut()) -> f64 {
    nanos(repeats, || {
        for _ in 0..repeats {
            f();
        }
    })
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

fn nanos(calls: u64, f: impl FnOnce()) -> f64 {
    let start = now();
    f();
    since(start, calls)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the time that passes")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::cast_precision_loss, reason = "far fewer calls than 2^53")]
fn since(start: Instant, calls: u64) -> f64 {
    start.elapsed().as_secs_f64() * 1e9 / calls as f64
}
