//! What is known of a server.

use std::{collections::HashMap, time::Duration};

use easycache_core::{Clock, Moment, Result, SystemClock};

use crate::{config::Address, error};

/// The first version whose meta commands are those that there are today.
const OLDEST: [u32; 3] = [1, 6, 10];

/// More seconds than that are a date to the server.
const LONGEST_SPAN: u64 = 30 * 24 * 60 * 60;

/// The latest date that a server understands: it reads a number of 31 bits.
pub(crate) const LAST_DATE: u64 = (1 << 31) - 1;

/// Of a server that has run for so many seconds nobody can take a later one for the same.
const SETTLED: u64 = 2;

/// What the server has said when the connection was made.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Its run: the number of the process, and the second when it was started.
    pub(crate) boot: u64,
    /// Whether no later run can have the same number.
    pub(crate) is_settled: bool,
    /// How large an item can be, with all that belongs to it.
    pub(crate) largest_item: usize,
    /// Whether it makes room when its memory is full.
    pub(crate) evicts: bool,
    /// What its clock said, in seconds since 1970, and when.
    time: (u64, Moment),
}

impl Facts {
    /// From what it says about itself; an error if it is none that will do.
    pub(super) fn new(address: &Address, version: &str, stats: &HashMap<String, String>) -> Result<Self> {
        check_version(address, version)?;
        let text = |name: &str| stats.get(name).map_or("", String::as_str);
        let number = |name: &str| {
            let missing = || error::garbled(address, format_args!("its stats do not tell {name}; is it a proxy?"));
            text(name).parse::<u64>().map_err(|_not_there| missing())
        };
        let (time, uptime) = (number("time")?, number("uptime")?);
        if text("cas_enabled") != "yes" {
            let what = "has no CAS, without which nothing can be cached: start it without -C";
            return Err(error::refused(address, what));
        }
        Ok(Self {
            boot: (number("pid")? << 32) | (time.saturating_sub(uptime) & 0xFFFF_FFFF),
            is_settled: uptime >= SETTLED,
            largest_item: usize::try_from(number("item_size_max")?).unwrap_or(usize::MAX),
            evicts: text("evictions") != "off",
            time: (time, SystemClock.now()),
        })
    }

    /// How the server is told a time to live: in seconds, or when that would be taken for a date, as a date. It counts
    /// the second that has begun: what is to live for one second lives for two at most.
    pub(super) fn life(&self, ttl: Duration) -> u64 {
        let seconds = seconds(ttl).max(2);
        if seconds <= LONGEST_SPAN {
            return seconds;
        }
        let (time, then) = self.time;
        let now = time.saturating_add(SystemClock.now().since(then).as_secs());
        match now.saturating_add(seconds).min(LAST_DATE) {
            date if date > now.saturating_add(LONGEST_SPAN) => date,
            _ => LONGEST_SPAN,
        }
    }

    #[cfg(test)]
    pub(super) fn of_test() -> Self {
        let time = (1_000_000_000, SystemClock.now());
        Self { boot: 1, is_settled: true, largest_item: 1 << 20, evicts: true, time }
    }
}

/// In whole seconds, rounded up.
fn seconds(span: Duration) -> u64 {
    span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0))
}

/// How many seconds the server is told that a lease lasts: it counts the second that has begun.
pub(crate) fn lease_seconds(lease: Duration) -> u64 {
    seconds(lease).saturating_add(1).clamp(2, LONGEST_SPAN)
}

fn check_version(address: &Address, version: &str) -> Result<()> {
    let mut numbers = version.split(['.', '-', '_', ' ']).map(|part| part.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    let (Some(major), Some(minor)) = (next(), next()) else {
        return Err(error::garbled(address, "it does not tell its version"));
    };
    if [major, minor, next().unwrap_or_default()] >= OLDEST {
        return Ok(());
    }
    let what =
        format!("is of version {version}, whose meta commands are not those of today: upgrade it to 1.6.10 at least");
    Err(error::refused(address, what))
}

#[cfg(test)]
mod tests {
    use easycache_core::ErrorKind;

    use super::*;

    fn facts(changes: &[(&str, &str)]) -> Result<Facts> {
        let usual =
            [("pid", "7"), ("time", "1000"), ("uptime", "10"), ("item_size_max", "1048576"), ("cas_enabled", "yes")];
        let stats = usual.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Facts::new(&Address::new("cache", 11211), "1.6.18", &stats.collect())
    }

    #[test]
    fn a_run_is_told_from_every_other() {
        let boot = |changes: &[(&str, &str)]| facts(changes).unwrap().boot;
        assert_eq!(boot(&[]), (7 << 32) + 990);
        assert_eq!(boot(&[("time", "1005"), ("uptime", "15")]), boot(&[]));
        assert_ne!(boot(&[("pid", "8")]), boot(&[]));
        assert_ne!(boot(&[("uptime", "9")]), boot(&[]));
        assert!(facts(&[]).unwrap().is_settled);
        assert!(!facts(&[("uptime", "1")]).unwrap().is_settled);
    }

    #[test]
    fn a_server_without_cas_is_refused() {
        let error = facts(&[("cas_enabled", "no")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(
            error.to_string().contains("cache:11211 has no CAS") && error.to_string().contains("without -C"),
            "{error}"
        );
    }

    #[test]
    fn what_does_not_tell_about_itself_is_no_memcached() {
        let error = facts(&[("pid", "")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.to_string().contains("is it a proxy?"), "{error}");
    }

    #[test]
    fn versions_from_1_6_10_are_accepted() {
        let checked = |version: &str| check_version(&Address::new("cache", 11211), version);
        for version in ["1.6.10", "1.6.18", "1.6.42-dirty", "1.7", "2.0.0", "1.6.18_1"] {
            assert!(checked(version).is_ok(), "{version}");
        }
        for version in ["1.6.9", "1.5.22", "1.4.39", "0.9"] {
            let error = checked(version).unwrap_err().to_string();
            assert!(error.contains(version) && error.contains("upgrade it"), "{error}");
        }
        assert!(checked("nonsense").is_err());
    }

    #[test]
    fn times_to_live_are_whole_seconds_and_dates_when_they_are_long() {
        let (facts, day) = (Facts::of_test(), Duration::from_secs(24 * 60 * 60));
        for (ttl, expected) in [(0, 2), (1, 2), (1001, 2), (2001, 3), (60_000, 60)] {
            assert_eq!(facts.life(Duration::from_millis(ttl)), expected);
        }
        assert_eq!(facts.life(30 * day), 30 * 86_400);
        let date = facts.life(31 * day);
        assert!((1_000_000_000 + 31 * 86_400..1_000_000_010 + 31 * 86_400).contains(&date), "{date}");
        assert_eq!(facts.life(Duration::MAX), LAST_DATE);
        let late = Facts { time: (LAST_DATE - 1, SystemClock.now()), ..facts };
        assert_eq!(late.life(31 * day), 30 * 86_400);
    }

    #[test]
    fn a_lease_lasts_as_long_as_was_asked_for() {
        for (lease, expected) in [(0, 2), (1000, 2), (1001, 3), (30_000, 31)] {
            assert_eq!(lease_seconds(Duration::from_millis(lease)), expected);
        }
        assert_eq!(lease_seconds(Duration::MAX), 30 * 86_400);
    }
}
