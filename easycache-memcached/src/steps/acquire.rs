//! Getting the lease, and the versions of all stamps.

use easycache_core::{Acquire, Acquired, Deadline, Grant, On, Result, Seen, Token, Version, net::How};

use super::{
    Steps,
    due::{Due, Outcome},
    read::is_being_computed,
    stamps::Minting,
};
use crate::{
    error,
    fleet::{Answers, Place, Volley},
    grant::{self, Content, Lease, token},
    lane::{Verb, lease_seconds},
    recall::Recall,
    reply::Item,
};

/// How often it is tried again, because others come between.
const TRIES: usize = 5;

/// An acquisition under way.
struct Attempt<'a> {
    acquire: &'a Acquire,
    minting: Minting<'a>,
    claim: Claim,
    /// Where the answer about the item will be.
    place: Option<Place>,
    tries: usize,
}

/// What is known of the lease.
#[derive(Clone, Debug)]
enum Claim {
    /// The item has to be looked at.
    Unknown,
    /// The value is still the one that the caller has seen, in that state.
    Still { cas: u64 },
    /// The value stays while it is computed anew.
    Due(Due),
    /// It is taken over, and may end at any moment.
    Brief(Lease),
    /// There is a lease, the caller's own or somebody else's.
    Granted(Lease, bool),
    /// There is none to be had.
    Nothing,
    /// There is something else than the caller has seen.
    Changed(Box<Seen>, Option<Lease>),
}

impl Steps {
    pub(crate) async fn acquire(&self, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>> {
        let mut attempts = acquires.iter().map(|acquire| Ok(Attempt::new(acquire, &self.recall))).collect::<Vec<_>>();
        loop {
            let mut volley = self.fleet.volley();
            for attempt in attempts.iter_mut().flatten() {
                attempt.push(&mut volley);
            }
            if volley.is_empty() {
                return attempts.into_iter().map(|attempt| attempt.map(Attempt::outcome)).collect();
            }
            let answers = volley.send(How::Again, deadline).await;
            for place in &mut attempts {
                if let Ok(attempt) = place
                    && let Err(error) = attempt.take(&answers)
                {
                    *place = Err(error);
                }
            }
        }
    }
}

impl<'a> Attempt<'a> {
    fn new(acquire: &'a Acquire, recall: &Recall) -> Self {
        let claim = match acquire.on {
            On::Never => Claim::Nothing,
            On::Miss(Some(id)) => recall.of(id).map_or(Claim::Unknown, |cas| Claim::Still { cas }),
            On::Due(id) => Claim::Due(Due::new(id, recall.of(id))),
            On::Miss(None) | On::Replace => Claim::Unknown,
        };
        Self { acquire, minting: Minting::new(&acquire.names.stamps), claim, place: None, tries: 0 }
    }

    /// What has to be asked next, if anything.
    fn push(&mut self, volley: &mut Volley<'a>) {
        if !self.minting.is_done() {
            self.minting.push(volley);
        }
        let (name, seconds) = (&self.acquire.names.value, lease_seconds(self.acquire.lease));
        if let Claim::Due(due) = &mut self.claim {
            self.place = Some(due.push(volley, &self.acquire.names, seconds));
            return;
        }
        self.place = match (&self.claim, &self.acquire.on) {
            (Claim::Unknown, On::Replace) => {
                // Whatever is there, and whoever has the lease. A value that is there stays as long as it would have.
                volley.push(name, Verb::Outdate { cas: None, seconds: None });
                Some(volley.push(name, Verb::LookOrLease("c t s", seconds)))
            }
            (Claim::Unknown, _) => Some(volley.push(name, Verb::LookOrLease("v c t", seconds))),
            (Claim::Still { cas }, _) => {
                volley.push(name, Verb::Outdate { cas: Some(*cas), seconds: Some(seconds) });
                Some(volley.push(name, Verb::LookOrLease("v c t", seconds)))
            }
            (Claim::Brief(lease), _) => {
                let hold = Verb::Hold { cas: lease.cas, seconds, first: lease.first };
                Some(volley.push_under(lease.permit, name, hold))
            }
            (Claim::Due(_) | Claim::Granted(..) | Claim::Nothing | Claim::Changed(..), _) => None,
        };
    }

    /// Takes in what was answered.
    fn take(&mut self, answers: &Answers<'_>) -> Result<()> {
        self.minting.take(answers)?;
        let Some(place) = self.place else { return Ok(()) };
        self.tries += 1;
        if self.tries > TRIES {
            return Err(error::contended(answers.address(place), &self.acquire.names.value));
        }
        if let Claim::Due(due) = &mut self.claim {
            match due.take(answers, place)? {
                Outcome::Open => {}
                Outcome::Granted(lease, leads) => self.claim = Claim::Granted(lease, leads),
                Outcome::Changed(seen) => self.claim = Claim::Changed(seen, None),
            }
            return Ok(());
        }
        if let Claim::Brief(lease) = self.claim {
            let held = answers.held(place)?;
            self.claim = held.map_or(Claim::Unknown, |cas| Claim::Granted(Lease { cas, ..lease }, true));
            return Ok(());
        }
        let permit = answers.permit(place);
        let item = answers.item(place)?.ok_or_else(|| error::full(answers.address(place)))?;
        self.claim = match self.acquire.on {
            On::Replace => self.of_replaced(item, permit),
            On::Miss(seen) => self.of_looked_at(item, permit, seen),
            On::Due(_) | On::Never => Claim::Nothing,
        };
        Ok(())
    }

    /// Who takes over is told to compute, unless somebody else has come between.
    fn of_replaced(&self, item: &Item, permit: grant::Permit) -> Claim {
        if !item.won {
            return Claim::Unknown;
        }
        let is_value = item.size > grant::HOLDER as u64;
        let place = if is_value { grant::Place::Kept } else { grant::Place::Empty };
        let lease = Lease { permit, place, first: item.cas, cas: item.cas };
        // It may be the rest of the life of the lease that was there.
        let lasts = item.left.is_some_and(|left| left + 1 >= lease_seconds(self.acquire.lease));
        if is_value || lasts { Claim::Granted(lease, true) } else { Claim::Brief(lease) }
    }

    fn of_looked_at(&self, item: &Item, permit: grant::Permit, seen: Option<[u8; 8]>) -> Claim {
        let content = Content::of(item);
        let (first, place) = match &content {
            Content::Lease(first) => (*first, grant::Place::Empty),
            Content::Blob(_) => (item.cas, grant::Place::Outdated),
        };
        let lease = Lease { permit, place, first, cas: item.cas };
        let is_as_seen = match &content {
            Content::Lease(_) => seen.is_none(),
            Content::Blob(blob) => seen.is_some() && grant::id(blob) == seen,
        };
        let taken = matches!(content, Content::Lease(_)) || is_being_computed(item, self.acquire.lease);
        match (is_as_seen, item.won || taken) {
            (true, true) => Claim::Granted(lease, item.won),
            (true, false) => Claim::Still { cas: item.cas },
            (false, known) => {
                let lease_of = known.then(|| token(permit.boot, first));
                let seen =
                    Seen { blob: content.blob(), lease: lease_of, origin: Some(Version::NONE), ..Seen::default() };
                // If the server has told this caller to compute, it will tell nobody else.
                Claim::Changed(Box::new(seen), item.won.then_some(lease))
            }
        }
    }

    fn outcome(self) -> Acquired {
        let (life, versions) = (self.acquire.lease, self.minting.versions());
        match self.claim {
            Claim::Granted(lease, leads) => Acquired::Granted(lease.grant(versions, leads, life)),
            Claim::Changed(mut seen, lease) => {
                seen.stamps = versions.iter().copied().map(Some).collect();
                seen.grant = lease.map(|lease| lease.grant(versions, true, life));
                Acquired::Changed(*seen)
            }
            Claim::Unknown | Claim::Still { .. } | Claim::Due(_) | Claim::Brief(_) | Claim::Nothing => {
                let (token, state) = (Token::default(), bytes::Bytes::new());
                let grant = Grant { token, versions, origin: Version::NONE, leads: false, lease: life, state };
                Acquired::Granted(grant)
            }
        }
    }
}
