//! Invalidating.

use easycache_core::{Deadline, Error, Result, Target, net::How};

use super::Steps;
use crate::{
    error,
    fleet::{Answers, Place},
    lane::Verb,
    reply::Reply,
};

impl Steps {
    /// A stamp that is there gets a fresh version; one that is not stays absent, for then nothing can be valid. A value
    /// is deleted, and with it the right of whoever computes it to store it.
    pub(crate) async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
        let mut volley = self.fleet.volley();
        let places = targets.iter().map(|target| match target {
            Target::Stamp(stamp) => Ok(volley.push(stamp, Verb::Bump)),
            Target::Hold { stamp, life } => Ok(volley.push(stamp, Verb::HoldBack { life: *life })),
            Target::Value { value, .. } => Ok(volley.push(value, Verb::Delete { cas: None })),
            other => Err(unknown(other)),
        });
        let places = places.collect::<Vec<_>>();
        let answers = volley.send(How::Again, deadline).await;
        places.into_iter().map(|place| invalidated(&answers, place?)).collect()
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
