//! Reading: everything in one round trip, and the lease of what is not there along with it.

use std::time::Duration;

use easycache_core::{Deadline, Read, Result, Seen, Version, net::How};

use super::{
    Steps,
    stamps::{self, Minting, mint_all},
};
use crate::{
    fleet::{Answers, Place, Volley},
    grant::{self, Content, Lease, token},
    lane::{Verb, lease_seconds},
    reply::Item,
};

/// Where the answers to a read will be.
struct Asked {
    value: Option<Place>,
    /// Of a lease that leaves the value where it is, which matters to those who may be served what is not fresh.
    lease: Option<Place>,
    stamps: Vec<Place>,
}

impl Asked {
    fn push<'a>(volley: &mut Volley<'a>, read: &'a Read) -> Self {
        let name = &read.names.value;
        let verb = match read.want.lease() {
            Some(lease) => Verb::LookOrLease("v c t", lease_seconds(lease)),
            // Who asks like this does not compute, and must not be told to.
            None if read.left => Verb::Look("v t"),
            None => Verb::Look("v"),
        };
        // A part of a value cannot be read.
        let value = read.want.has_value().then(|| volley.push(name, verb));
        let may_compute = read.left && read.want.lease().is_some();
        let lease = may_compute.then(|| volley.push(&read.names.lease, Verb::Look("v")));
        Self { value, lease, stamps: read.names.stamps.iter().map(|stamp| volley.look(stamp)).collect() }
    }
}

/// What was seen, and the lease that came with it.
struct Found {
    seen: Seen,
    lease: Option<Lease>,
}

impl Steps {
    pub(crate) async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        let mut volley = self.fleet.volley();
        let asked = reads.iter().map(|read| Asked::push(&mut volley, read)).collect::<Vec<_>>();
        let answers = volley.send(How::Again, deadline).await;
        let mut found =
            reads.iter().zip(asked).map(|(read, asked)| self.found(read, &asked, &answers)).collect::<Vec<_>>();
        self.grant(reads, &mut found, deadline).await;
        found.into_iter().map(|found| found.map(|found| found.seen)).collect()
    }

    fn found(&self, read: &Read, asked: &Asked, answers: &Answers<'_>) -> Result<Found> {
        let versions = asked.stamps.iter().map(|place| stamps::seen(answers, *place)).collect::<Result<Vec<_>>>()?;
        let seen = Seen { stamps: versions, origin: Some(Version::NONE), ..Seen::default() };
        let mut found = Found { seen, lease: None };
        let Some((place, item)) = asked.value.map(|place| Ok((place, answers.item(place)?))).transpose()? else {
            return Ok(found);
        };
        let Some(item) = item else { return Ok(found) };
        let content = Content::of(item);
        if let Some(lease) = read.want.lease() {
            let permit = answers.permit(place);
            let (first, taken) = match &content {
                Content::Lease(first) => (*first, true),
                Content::Blob(blob) => {
                    let taken = is_being_computed(item, lease);
                    if let Some(id) = grant::id(blob) {
                        // Not what somebody has already: it would be taken away from him.
                        self.recall.note(id, (!taken && !item.won).then_some(item.cas));
                    }
                    (item.cas, taken)
                }
            };
            found.seen.lease = (taken || item.won).then(|| token(permit.boot, first));
            let place = if matches!(content, Content::Blob(_)) { grant::Place::Outdated } else { grant::Place::Empty };
            found.lease = item.won.then_some(Lease { permit, place, first, cas: item.cas });
        }
        found.seen.blob = content.blob();
        if read.left && found.seen.blob.is_some() {
            found.seen.left = item.left.map(Duration::from_secs);
        }
        if let (Some(asked), None) = (asked.lease, &found.seen.lease) {
            found.seen.lease =
                answers.item(asked)?.and_then(grant::claimed).map(|first| token(answers.permit(place).boot, first));
        }
        Ok(found)
    }

    /// Whoever was told to compute gets the versions for it. Stamps that are missing cost one more round trip.
    async fn grant(&self, reads: &[Read], found: &mut [Result<Found>], deadline: Deadline) {
        let mut granted = Vec::new();
        let mut minting = Vec::new();
        for (read, found) in reads.iter().zip(found) {
            if let (Ok(Found { seen, lease: Some(lease) }), Some(life)) = (found, read.want.lease()) {
                minting.push(Minting::after(&read.names.stamps, &seen.stamps));
                granted.push((seen, *lease, life));
            }
        }
        if granted.is_empty() {
            return;
        }
        for ((seen, lease, life), versions) in granted.into_iter().zip(mint_all(&self.fleet, minting, deadline).await) {
            // If they cannot be had, neither can they by whoever asks for the lease next; it ends by itself.
            seen.grant = versions.ok().map(|versions| lease.grant(versions, true, life));
        }
    }
}

/// Whether somebody else has been told to compute what takes the place of a value, and may still be at it. A lease that
/// has no end, as that of who refreshes a valid value, is given up when the value is not valid any more.
pub(super) fn is_being_computed(item: &Item, lease: Duration) -> bool {
    let longest = lease_seconds(lease.max(super::LONGEST_LEASE));
    item.stale && item.taken && item.left.is_some_and(|left| left <= longest)
}
