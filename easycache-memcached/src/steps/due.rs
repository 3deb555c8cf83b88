//! The lease of a value that others are still served.
//!
//! The flag `R` of a look would name one who computes, too. But if he dies nobody takes his place until the value is gone,
//! which may be long: so who computes puts an item of his own under the name of the lease, where nothing was, and that
//! item ends by itself. The right to store is the state of the value, as ever.

use easycache_core::{Names, Result, Seen, Version};

use crate::{
    fleet::{Answers, Place, Volley},
    grant::{self, Content, Lease, claimed, token},
    lane::Verb,
    reply::Reply,
};

/// An acquisition of it under way.
#[derive(Clone, Debug)]
pub(super) struct Due {
    /// The value that is to be computed anew.
    id: [u8; 8],
    /// What its lease is told by.
    first: u64,
    /// The state of the value, if it is known.
    cas: Option<u64>,
    /// Whether the lease was claimed in vain.
    in_vain: bool,
    /// Where the answers will be: to the claim, and about what is there then.
    claim: Option<[Place; 2]>,
}

/// What has come of it.
pub(super) enum Outcome {
    /// It goes on.
    Open,
    /// A lease, the caller's own or somebody else's.
    Granted(Lease, bool),
    /// There is something else than the caller has seen.
    Changed(Box<Seen>),
}

impl Due {
    /// Of the value with that id, which was last seen in that state.
    pub(super) fn new(id: [u8; 8], cas: Option<u64>) -> Self {
        let Version([first @ .., _, _, _, _, _, _, _, _]) = Version::mint();
        Self { id, first: u64::from_be_bytes(first), cas, in_vain: false, claim: None }
    }

    /// What has to be asked next; where the answer about the value will be.
    pub(super) fn push(&mut self, volley: &mut Volley<'_>, names: &Names, seconds: u64) -> Place {
        if std::mem::take(&mut self.in_vain) {
            volley.push(&names.lease, Verb::Delete { cas: None });
        }
        self.claim = self.cas.map(|_| {
            let claimed = volley.push(&names.lease, Verb::Claim { first: self.first, seconds });
            [claimed, volley.push(&names.lease, Verb::Look("v"))]
        });
        volley.push(&names.value, Verb::Look(if self.claim.is_some() { "c" } else { "v c" }))
    }

    /// Takes in what was answered.
    pub(super) fn take(&mut self, answers: &Answers<'_>, value: Place) -> Result<Outcome> {
        match (self.cas, self.claim) {
            (Some(cas), Some(claim)) => self.claimed(answers, (value, cas), claim),
            _ => self.looked_at(answers, value),
        }
    }

    fn looked_at(&mut self, answers: &Answers<'_>, value: Place) -> Result<Outcome> {
        let mut seen = Seen { origin: Some(Version::NONE), ..Seen::default() };
        if let Some(item) = answers.item(value)? {
            match Content::of(item) {
                Content::Blob(blob) if grant::id(&blob) == Some(self.id) => {
                    self.cas = Some(item.cas);
                    return Ok(Outcome::Open);
                }
                Content::Blob(blob) => seen.blob = Some(blob),
                Content::Lease(first) => seen.lease = Some(token(answers.permit(value).boot, first)),
            }
        }
        Ok(Outcome::Changed(Box::new(seen)))
    }

    fn claimed(
        &mut self,
        answers: &Answers<'_>,
        (value, cas): (Place, u64),
        [claim, holder]: [Place; 2],
    ) -> Result<Outcome> {
        let leads = match answers.reply(claim)? {
            Reply::Done(_) => true,
            Reply::NotStored => false,
            other => return Err(answers.odd(claim, other)),
        };
        if answers.item(value)?.is_none_or(|item| item.cas != cas) {
            (self.cas, self.in_vain) = (None, leads);
            return Ok(Outcome::Open);
        }
        let first = if leads { Some(self.first) } else { answers.item(holder)?.and_then(claimed) };
        // None: the lease has just ended.
        Ok(first.map_or(Outcome::Open, |first| {
            let (permit, place) = (answers.permit(value), grant::Place::Apart);
            Outcome::Granted(Lease { permit, place, first, cas }, leads)
        }))
    }
}
