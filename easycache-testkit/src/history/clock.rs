//! [`now`].

/// Nanoseconds since some moment that is the same for all processes of this machine: `CLOCK_MONOTONIC`. What has
/// happened in one process before something began in another has a smaller number.
///
/// On systems other than Unix, where there is no such clock, each process counts from a moment of its own.
#[cfg(unix)]
#[must_use]
pub fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let part = |number: i64| u64::try_from(number).expect("the clock counts from the start of the machine");
    #[allow(clippy::useless_conversion, clippy::allow_attributes, reason = "narrower on some systems")]
    let (seconds, nanos) = (part(time.tv_sec.into()), part(time.tv_nsec.into()));
    seconds * 1_000_000_000 + nanos
}

/// Nanoseconds since some moment of this process.
#[cfg(not(unix))]
#[must_use]
pub fn now() -> u64 {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
