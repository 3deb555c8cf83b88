//! Invalidating.

use easycache_core::{Deadline, Error, Result, Target, net::How};

use super::{Steps, expire::Expiry};
use crate::{
    error,
    fleet::{Answers, Place},
    lane::Verb,
    reply::Reply,
};

/// What becomes of a target.
enum Fate<'a> {
    /// It is done with the first wave, and the answer is there.
    Done(Result<Place>),
    /// It takes more than one.
    Expiring(Expiry<'a>),
}

impl Steps {
    /// A stamp that is there gets a fresh version; one that is not stays absent, for then nothing can be valid. A value
    /// is deleted, and with it the right of whoever computes it to store it.
    pub(crate) async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
        let mut volley = self.fleet.volley();
        let mut fates = Vec::with_capacity(targets.len());
        for target in targets {
            fates.push(match target {
                Target::Stamp(stamp) => Fate::Done(Ok(volley.push(stamp, Verb::Bump))),
                Target::Value { value, .. } => Fate::Done(Ok(volley.push(value, Verb::Delete { cas: None }))),
                Target::Expire { value, lease } => {
                    volley.push(lease, Verb::Delete { cas: None });
                    let mut expiry = Expiry::of(value);
                    expiry.push(&mut volley);
                    Fate::Expiring(expiry)
                }
                other => Fate::Done(Err(unknown(other))),
            });
        }
        let answers = volley.send(How::Again, deadline).await;
        let mut outcomes = Vec::with_capacity(fates.len());
        let mut expiring = Vec::new();
        for (number, fate) in fates.into_iter().enumerate() {
            outcomes.push(match fate {
                Fate::Done(place) => place.and_then(|place| invalidated(&answers, place)),
                Fate::Expiring(mut expiry) => {
                    let taken = expiry.take(&answers).map(|()| false);
                    expiring.push((number, expiry));
                    taken
                }
            });
        }
        self.expire(expiring, &mut outcomes, deadline).await;
        outcomes
    }
}

/// A later core may know more kinds of targets than there are here.
fn unknown(target: &Target) -> Error {
    error::invalid(format!("this version of easycache-memcached cannot invalidate {target:?}: upgrade it"))
}

/// Whether there was something.
fn invalidated(answers: &Answers<'_>, place: Place) -> Result<bool> {
    match answers.reply(place)? {
        Reply::Done(_) => Ok(true),
        Reply::Absent | Reply::NotStored => Ok(false),
        other => Err(answers.odd(place, other)),
    }
}
