//! Storing what is there already.

use std::sync::Arc;

use super::{Remote, trip::Trip, unportable};
use crate::{
    backend::{Names, Target},
    cache::{Call, Core},
    call::Kept,
    error::{Error, ErrorKind, Result},
    flight::Caller,
    stats::Refusal,
    value::LocalValue,
    wire::Form,
};

impl Remote {
    /// Stores a value in the place of what is stored or under way.
    pub(crate) async fn put<V: LocalValue>(
        self: &Arc<Self>,
        core: &Arc<Core>,
        call: &Call,
        caller: Caller,
        form: Option<Form<V>>,
        (value, kept): (&V, Kept),
    ) -> Result<()> {
        let form = form.ok_or_else(unportable)?;
        let _replacing = core.replacing(call);
        let mut trip = Trip::new(core, self, call, caller, form, true);
        if self.quarantine.holds(&trip.names()) {
            return Err(unconfirmed());
        }
        if !self.caps.lease {
            // What is being computed would be stored on top of it.
            self.drop_value(&mut trip, call).await?;
        }
        let ticket = trip.take_over().await?;
        match ticket.try_fill(call, value, kept).await? {
            // Somebody else has stored, or invalidated, since.
            Ok(()) | Err(Refusal::Lost) => Ok(()),
            // What was there before is not what the caller wants to be found.
            Err(refusal) => {
                self.drop_value(&mut trip, call).await?;
                refused(refusal)
            }
        }
    }

    async fn drop_value<V: LocalValue>(self: &Arc<Self>, trip: &mut Trip<'_, V>, call: &Call) -> Result<()> {
        let Names { value, lease, .. } = self.layout.of_key(call.identity.key());
        let answers = self.bump(&mut trip.asker, vec![Target::Value { value, lease }]).await;
        answers.into_iter().try_for_each(|answer| answer.map(drop))
    }
}

/// What the caller has asked for himself is no error, nor what nobody can help.
fn refused(refusal: Refusal) -> Result<()> {
    let message = match refusal {
        Refusal::Encoding => "the codec cannot write the value: mend its type, or choose another codec",
        Refusal::TooLarge => "the value is larger than the backend keeps: compress it, or store less",
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::Encoding, message))
}

fn unconfirmed() -> Error {
    let message = "an invalidation of this key, or of something that it depends on, has failed and is being repeated: \
                   store the value when it is acknowledged";
    Error::new(ErrorKind::Unavailable, message)
}
