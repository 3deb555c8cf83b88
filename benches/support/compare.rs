//! Taking times, in turn.

use std::time::Instant;

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

/// Nanoseconds per repetition of anything.
pub(crate) fn per_repeat(repeats: u64, mut f: impl FnMut()) -> f64 {
    nanos(repeats, || {
        for _ in 0..repeats {
            f();
        }
    })
}

/// Nanoseconds per call of what makes so many.
pub(crate) fn nanos(calls: u64, f: impl FnOnce()) -> f64 {
    let start = now();
    f();
    since(start, calls)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the time that passes")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::cast_precision_loss, reason = "far fewer calls than 2^53")]
pub(crate) fn since(start: Instant, calls: u64) -> f64 {
    start.elapsed().as_secs_f64() * 1e9 / calls as f64
}
