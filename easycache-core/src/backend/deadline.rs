//! Until when.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};

/// The moment by which a backend has to answer.
///
/// It is the machine's time and not that of a cache's [`Clock`](crate::Clock): it bounds how long a caller waits, and
/// decides nothing about what is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// That long from now.
    #[must_use]
    pub fn after(span: Duration) -> Self {
        Self(now() + span)
    }

    /// What is left; zero if it has passed.
    #[must_use]
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(now())
    }

    /// Whichever comes first.
    #[must_use]
    pub fn min(self, span: Duration) -> Self {
        Ord::min(self, Self::after(span))
    }

    /// Waits for `work`, but no longer than this: then it is dropped, and the error is of kind
    /// [`Unavailable`](ErrorKind::Unavailable). Must be awaited on a tokio runtime with time enabled.
    pub async fn bound<T>(self, work: impl Future<Output = Result<T>>) -> Result<T> {
        match tokio::time::timeout_at(self.0, work).await {
            Ok(done) => done,
            Err(late) => Err(Error::new(ErrorKind::Unavailable, "no answer by the deadline").with_source(late)),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the time on behalf of backends")]
fn now() -> Instant {
    Instant::now()
}
