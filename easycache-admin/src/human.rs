//! Figures as people read them.

use std::time::{Duration, SystemTime};

/// `12345678` is `12,345,678`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 entry`, `2,000 entries`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { many })
}

/// A part of a whole in percent, cut off and not rounded: 99.97 % is not all.
pub(crate) fn percent(rate: f64) -> String {
    format!("{:.1} %", (rate * 1000.0).floor() / 10.0)
}

/// `1536` is `1.5 KiB`.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1024 {
        return format!("{number} bytes");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits of it are shown")]
    let mut left = number as f64 / 1024.0;
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or_default();
    while left >= 1024.0
        && let Some(next) = units.next()
    {
        (left, unit) = (left / 1024.0, next);
    }
    format!("{left:.1} {unit}")
}

/// Two units of a span at most: `2h 5m`, `3days`, `250ms`.
pub(crate) fn span(span: Duration) -> String {
    let coarse = if span >= Duration::from_secs(1) {
        Duration::from_secs(span.as_secs())
    } else if span >= Duration::from_millis(1) {
        Duration::from_millis(u64::from(span.subsec_millis()))
    } else {
        Duration::from_micros(u64::from(span.subsec_micros()))
    };
    let whole = humantime::format_duration(coarse).to_string();
    let mut units = whole.split(' ');
    let first = units.next().unwrap_or_default();
    // Beside days nobody wants to know of seconds.
    let second = units.next().filter(|unit| !(first.contains("day") || first.contains("month")) || unit.contains('h'));
    [Some(first), second].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A moment for machines, in UTC to the second: `2026-11-23T19:00:00Z`.
pub(crate) fn timestamp(at: SystemTime) -> String {
    humantime::format_rfc3339_seconds(at).to_string()
}

/// What the clock on the wall says: to be shown, and for nothing that is decided.
pub(crate) fn wall_time() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "for people: when something was done")]
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_durations_have_two_units() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 1023, 1536, 3 << 20, 5 << 40].map(bytes),
            ["0 bytes", "1023 bytes", "1.5 KiB", "3.0 MiB", "5.0 TiB"]
        );
        assert_eq!([0.0, 0.5, 0.9997, 1.0].map(percent), ["0.0 %", "50.0 %", "99.9 %", "100.0 %"]);
        assert_eq!(counted(1, "name", "names"), "1 name");
        assert_eq!(counted(10_000, "name", "names"), "10,000 names");
        let spans = [0, 3, 250, 61_500, 3_600_000, 90_061_000, 26 * 86_400_000].map(Duration::from_millis).map(span);
        assert_eq!(spans, ["0s", "3ms", "250ms", "1m 1s", "1h", "1day 1h", "26days"]);
        assert_eq!(span(Duration::from_nanos(80_700)), "80us");
    }
}
