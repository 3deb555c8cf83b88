//! Expiring: a value stays, and says of itself that it is not fresh any more.
//!
//! The server has a mark of its own for what is outdated. It cannot be told from that of a value that is computed anew,
//! and whoever looks first is told to compute, whether he does or not. So the bit is set in the value itself, which is
//! stored as it was but for that, in the place of the state that was read.

use std::time::Duration;

use bytes::Bytes;
use easycache_core::{BLOB_EXPIRED, BLOB_FLAGS, Deadline, Result, net::How};

use super::Steps;
use crate::{
    error,
    fleet::{Answers, Place, Volley},
    grant::{Content, Permit},
    lane::Verb,
    reply::{Item, Reply},
};

/// How often it is tried again, because others come between.
const TRIES: usize = 5;

/// A value that is without end does not outlive this for having been expired.
const NO_END: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A value that is being expired.
#[derive(Debug)]
pub(super) struct Expiry<'a> {
    value: &'a str,
    state: State,
    place: Option<Place>,
    tries: usize,
}

#[derive(Clone, Debug)]
enum State {
    /// It has to be looked at.
    Unknown,
    /// It was this.
    Seen(Item, Permit),
    /// It is done; whether there was something.
    Done(bool),
}

impl Steps {
    /// Goes on until each of them is done, and notes what has come of it.
    pub(super) async fn expire(
        &self,
        mut expiring: Vec<(usize, Expiry<'_>)>,
        outcomes: &mut [Result<bool>],
        deadline: Deadline,
    ) {
        loop {
            expiring.retain(|(number, expiry)| match expiry.state {
                State::Done(known) => {
                    outcomes[*number] = Ok(known);
                    false
                }
                _ => outcomes[*number].is_ok(),
            });
            if expiring.is_empty() {
                return;
            }
            let mut volley = self.fleet.volley();
            for (_, expiry) in &mut expiring {
                expiry.push(&mut volley);
            }
            let answers = volley.send(How::Again, deadline).await;
            for (number, expiry) in &mut expiring {
                if let Err(error) = expiry.take(&answers) {
                    outcomes[*number] = Err(error);
                }
            }
        }
    }
}

impl<'a> Expiry<'a> {
    pub(super) fn of(value: &'a str) -> Self {
        Self { value, state: State::Unknown, place: None, tries: 0 }
    }

    /// What has to be asked next.
    pub(super) fn push(&mut self, volley: &mut Volley<'a>) {
        self.place = match &self.state {
            State::Unknown => Some(volley.push(self.value, Verb::Look("v c t"))),
            State::Seen(item, permit) => Some(volley.push_under(*permit, self.value, written(item))),
            State::Done(_) => None,
        };
    }

    /// Takes in what was answered.
    pub(super) fn take(&mut self, answers: &Answers<'_>) -> Result<()> {
        let Some(place) = self.place else { return Ok(()) };
        self.tries += 1;
        if self.tries > 2 * TRIES {
            return Err(error::contended(answers.address(place), self.value));
        }
        self.state = match &self.state {
            State::Unknown => match answers.item(place)? {
                None => State::Done(false),
                Some(item) => State::Seen(item.clone(), answers.permit(place)),
            },
            State::Seen(..) => match answers.reply(place)? {
                Reply::Done(_) => State::Done(true),
                // It is another by now, or is gone, or the server is.
                Reply::Exists | Reply::Absent | Reply::NotStored | Reply::Nothing => State::Unknown,
                other @ (Reply::Refused(_) | Reply::Stats(_)) => return Err(answers.odd(place, other)),
            },
            State::Done(known) => State::Done(*known),
        };
        Ok(())
    }
}

/// What takes the place of an item: the value with the bit set, which ends every lease of it; or nothing, where there is
/// only a lease.
fn written(item: &Item) -> Verb {
    match Content::of(item).blob().as_deref().and_then(marked) {
        Some(blob) => Verb::Store { cas: item.cas, ttl: item.left.map_or(NO_END, Duration::from_secs), blob },
        None => Verb::Delete { cas: Some(item.cas) },
    }
}

fn marked(blob: &[u8]) -> Option<Bytes> {
    let mut blob = blob.to_vec();
    *blob.get_mut(BLOB_FLAGS)? |= BLOB_EXPIRED;
    Some(blob.into())
}
