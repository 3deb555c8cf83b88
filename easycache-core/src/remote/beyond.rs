//! What a result depends on besides what follows from its arguments: tags of its own, and what it has inherited.

use std::collections::BTreeMap;

use super::{
    hints::Extras,
    lease::{Held, RemoteTicket},
};
use crate::{
    backend::{Acquire, Acquired, Names, On, Version},
    cache::Call,
    call::Kept,
    error::Result,
    inside::{self, Inherited, Loss},
    stats::Refusal,
    value::LocalValue,
    wire::Extra,
};

/// What was found.
#[derive(Debug)]
pub(super) struct Beyond {
    pub(super) extras: Extras,
    /// None: it is not known what versions they had before the computation.
    pub(super) versions: Option<Vec<Version>>,
    /// The same of their hard twins.
    pub(super) hard: Option<Vec<Version>>,
}

/// The versions of the tags of a result, and of their hard twins, if it has to be known.
#[derive(Debug, Default)]
struct Known {
    fresh: Vec<Version>,
    hard: Vec<Version>,
}

impl<V: LocalValue> RemoteTicket<V> {
    /// Finds out, and hands all of it up to the computation around.
    pub(super) async fn beyond(&mut self, call: &Call, held: &Held, kept: Kept) -> Result<Result<Beyond, Refusal>> {
        let found = self.find_beyond(call, held, kept).await;
        inside::hand_up(|around| match &found {
            Ok(Ok(Beyond { extras, versions: Some(versions), .. })) => {
                let beyond = extras.iter().cloned().zip(versions.iter().copied());
                around.versions(self.remote.home(), self.declared(call, held).chain(beyond));
            }
            _ => around.lose(Loss::Unversioned),
        });
        found
    }

    async fn find_beyond(&mut self, call: &Call, held: &Held, mut kept: Kept) -> Result<Result<Beyond, Refusal>> {
        let inherited = kept.inherited.take();
        if let Some(loss) = inherited.as_ref().and_then(|inherited| inherited.loss) {
            self.core.advise_of(call, loss);
            return Ok(Err(loss.refusal()));
        }
        let tags = tags_of_result(call, kept);
        let (versions, hard) = match self.versions(call, held, &tags).await? {
            Some(Known { fresh, hard }) => (Some(fresh), Some(hard)),
            None => (None, None),
        };
        let Some(inherited) = inherited else {
            return Ok(Ok(Beyond { extras: tags, versions, hard }));
        };
        // Where the result says so itself, the version has to be that of before the computation.
        let mut own: BTreeMap<Extra, Version> = self.declared(call, held).collect();
        own.extend(tags.iter().cloned().zip(versions.iter().flatten().copied()));
        if inherited.versions.iter().any(|(extra, version)| own.get(extra).is_some_and(|mine| mine != version)) {
            return Ok(Err(Refusal::Doomed));
        }
        let more = inherited.versions.iter().filter(|(extra, _)| !own.contains_key(extra) && !tags.contains(extra));
        let (more, of_more): (Vec<_>, Vec<_>) = more.map(|(extra, version)| (extra.clone(), *version)).unzip();
        // Those of the twins nobody hands up: they are known where they were guessed, and read before the computation.
        let twins = more.iter().map(|extra| twin(held, extra)).collect::<Option<Vec<_>>>();
        let hard = hard.zip(twins).map(|(hard, twins)| [hard, twins].concat());
        let extras = tags.iter().cloned().chain(more).collect();
        let versions = versions.map(|versions| [versions, of_more].concat());
        Ok(Ok(Beyond { extras, versions, hard }))
    }

    /// What follows from the arguments, as it was before the computation.
    fn declared(&self, call: &Call, held: &Held) -> impl Iterator<Item = (Extra, Version)> {
        self.remote.names_handed_up(&call.identity).zip(held.versions.iter().copied())
    }

    /// Hands up what a computation depends on that came to nothing.
    pub(crate) fn hand_up(&self, call: &Call, inherited: Option<&Inherited>) {
        inside::hand_up(|around| {
            match &self.held {
                Some(held) => around.versions(self.remote.home(), self.declared(call, held)),
                None => around.lose(Loss::Unversioned),
            }
            if let Some(inherited) = inherited {
                around.join(inherited);
            }
        });
    }

    /// The versions that the tags of the result had before the computation; none if that cannot be told.
    ///
    /// Those that were guessed were read then. Of the others it is known where tags have a clock that has not moved since.
    async fn versions(&mut self, call: &Call, held: &Held, tags: &Extras) -> Result<Option<Known>> {
        let guessed = |tag: &Extra| held.sought.extras.iter().position(|extra| extra == tag);
        let known = tags.iter().map(|tag| guessed(tag).map(|at| held.versions[held.sought.declared + at]));
        if let Some(fresh) = known.collect::<Option<Vec<_>>>() {
            let hard = tags.iter().filter_map(|tag| twin(held, tag)).collect();
            return Ok(Some(Known { fresh, hard }));
        }
        let grace = self.remote.grace(call);
        let (Some(clock), true) = (self.remote.layout.clock(), held.sought.has_clock) else {
            return Ok(None);
        };
        // In this order: the clock moves before any tag does, so that where it stands still they have.
        let stamps = std::iter::once(clock).chain(self.remote.stamps_of_result(tags, grace)).collect::<Vec<_>>();
        let asked = stamps.len();
        let names = Names { stamps, ..held.sought.names.clone() };
        let acquire = Acquire { names, on: On::Never, lease: held.sought.lease, keep: held.sought.keep };
        let Acquired::Granted(mut grant) = self.remote.acquire(&mut self.asker, acquire).await? else {
            return Ok(None);
        };
        if grant.versions.len() != asked || held.versions.last() != Some(&grant.versions.remove(0)) {
            return Ok(None);
        }
        let hard = grant.versions.split_off(tags.len());
        Ok(Some(Known { fresh: grant.versions, hard }))
    }
}

/// The version that the hard twin of a guessed extra had before the computation, if the call had to know.
fn twin(held: &Held, extra: &Extra) -> Option<Version> {
    let at = held.sought.extras.iter().position(|other| other == extra)?;
    held.twins().get(held.sought.declared + at).copied()
}

/// The tags that only the result tells.
fn tags_of_result(call: &Call, kept: Kept) -> Extras {
    let mut tags = kept.tags;
    tags.retain(|tag| !call.identity.tags().contains(tag));
    tags.sort_unstable();
    tags.dedup();
    tags.iter().map(|tag| Extra::tag(tag)).collect()
}
