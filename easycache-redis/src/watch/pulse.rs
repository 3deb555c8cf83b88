//! Whether a connection that tells of changes still does.
//!
//! A link that has gone dead says nothing, just as one over which nothing has changed. So the server is asked a question
//! now and then. Everything that had happened when it was asked comes before its answer.

use std::{pin::pin, sync::Arc, time::Duration};

use easycache_core::{Deadline, Result, net};
use tokio::time::timeout;

use super::link::Terms;
use crate::{lane::Lane, node::Whereabouts};

/// Tells that the server is fresh, each time it has answered, until it does not, or is not the one to ask any more. Whether
/// it ever has answered, and what has ended it.
pub(super) async fn attend(
    lane: &Arc<Lane>,
    to: &Whereabouts,
    terms: &Terms,
    is_needed: impl Fn() -> bool,
) -> (bool, String) {
    let Some(hearing) = lane.hearing() else { return (false, String::new()) };
    let mut was_good = false;
    loop {
        let asked = Stopwatch::start();
        match answer(lane, terms).await {
            None => return (was_good, format!("no answer within {:?}", terms.patience)),
            Some(Err(error)) => return (was_good, error.to_string()),
            Some(Ok(())) => {}
        }
        was_good = true;
        // Since it was asked: what has happened while the answer was on its way may be behind it.
        terms.ears.fresh(hearing.node(), asked.elapsed());
        to.look_after(lane, &terms.settings);
        // A bell is a reason to ask at once.
        let _rung = timeout(terms.heartbeat.saturating_sub(asked.elapsed()), hearing.rung()).await;
        if lane.is_closed() {
            return (was_good, "it was closed".to_owned());
        }
        if !is_needed() {
            return (was_good, "nobody needs it any more".to_owned());
        }
    }
}

/// What the server says, if it says anything in time.
async fn answer(lane: &Lane, terms: &Terms) -> Option<Result<()>> {
    let mut asked = pin!(lane.pulse(&terms.settings));
    match timeout(terms.patience, asked.as_mut()).await {
        Ok(answer) => Some(answer),
        Err(_late) => net::grace(asked).await,
    }
}

/// The time since it was started. Exact, where a clock that is coarse would make answers younger than they are.
#[derive(Clone, Copy)]
struct Stopwatch(Deadline);

impl Stopwatch {
    /// Much longer than anything is waited for.
    const RANGE: Duration = Duration::from_secs(24 * 60 * 60);

    fn start() -> Self {
        Self(Deadline::after(Self::RANGE))
    }

    fn elapsed(self) -> Duration {
        Self::RANGE.saturating_sub(self.0.left())
    }
}
