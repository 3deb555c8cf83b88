//! How long things take.

use std::time::Duration;

use easycache_core::Deadline;

/// Counts from its making.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopwatch(Deadline);

const RANGE: Duration = Duration::from_secs(1 << 20);

/// Clocks are read in their coarse form, which lags behind by some milliseconds.
pub(super) const COARSE: Duration = Duration::from_millis(50);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self(Deadline::after(RANGE))
    }

    pub(super) fn elapsed(self) -> Duration {
        RANGE.saturating_sub(self.0.left())
    }

    /// Asks until `gone`, and checks that this comes when `span` is over: neither long before nor long after.
    pub(super) async fn gone_after(self, span: Duration, grain: Duration, mut gone: impl AsyncFnMut() -> bool) {
        let latest = span + 2 * grain + Duration::from_secs(2);
        loop {
            // Before the question: what is still there must have been asked for after the latest time.
            let asked = self.elapsed();
            if gone().await {
                break;
            }
            assert!(asked <= latest, "it lives for {span:?}, and is still there after {asked:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let lived = self.elapsed();
        assert!(lived + grain + COARSE >= span, "it lives for {span:?}, and was gone after {lived:?}");
    }

    /// Waits until `span` after its making.
    pub(super) async fn wait(self, span: Duration) {
        tokio::time::sleep(span.saturating_sub(self.elapsed())).await;
    }
}

/// A short life, for tests that wait for its end.
pub(super) fn short(grain: Duration) -> Duration {
    (2 * grain).max(Duration::from_millis(500))
}
