//! Whether a connection that tells of changes still does.
//!
//! A link that has gone dead says nothing, just as one over which nothing has changed. So the server is asked a question
//! now and then. Everything that had happened when it was asked comes before its answer.

use std::{pin::pin, sync::Arc};

use easycache_core::{Deadline, Result, net};
use tokio::time::timeout;

use super::link::Terms;
use crate::{lane::Lane, node::Whereabouts};

/// Why a connection has ended that was good.
const NOBODY: &str = "nobody needs it any more";

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
        // Before it is asked: what happens while the answer is on its way may be told behind it.
        let Some(asked) = terms.ears.now() else { return (was_good, NOBODY.to_owned()) };
        let next = Deadline::after(terms.heartbeat);
        match answer(lane, terms).await {
            None => return (was_good, format!("no answer within {:?}", terms.patience)),
            Some(Err(error)) => return (was_good, error.to_string()),
            Some(Ok(())) => {}
        }
        was_good = true;
        terms.ears.fresh(hearing.node(), asked);
        to.look_after(lane, &terms.settings);
        // A bell is a reason to ask at once.
        let _rung = timeout(next.left(), hearing.rung()).await;
        if lane.is_closed() {
            return (was_good, "it was closed".to_owned());
        }
        if !is_needed() {
            return (was_good, NOBODY.to_owned());
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
