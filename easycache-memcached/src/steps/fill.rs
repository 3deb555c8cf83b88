//! Storing.

use easycache_core::{Deadline, Error, ErrorKind, Fill, Filled, Result, net::How};

use super::Steps;
use crate::{
    fleet::{Answers, Place, Volley},
    grant::{self, Lease},
    lane::Verb,
    reply::{Refusal, Reply},
};

impl Steps {
    pub(crate) async fn fill(&self, fills: &[Fill], deadline: Deadline) -> Vec<Result<Filled>> {
        let mut leases = fills.iter().map(|fill| Lease::of(&fill.grant)).collect::<Vec<_>>();
        let all = fills.iter().zip(&leases).collect::<Vec<_>>();
        let mut outcomes = self.store(&all, deadline).await;
        // What is in another state than it was may still stand for the same lease: somebody else prolongs it.
        let open = (0..fills.len()).filter(|place| matches!(outcomes[*place], Ok(None))).collect::<Vec<_>>();
        let followed = self.follow(&open, fills, &mut leases, deadline).await;
        let again = followed.iter().map(|&place| (&fills[place], &leases[place])).collect::<Vec<_>>();
        for (place, outcome) in followed.iter().zip(self.store(&again, deadline).await) {
            outcomes[*place] = outcome;
        }
        outcomes.into_iter().map(|outcome| outcome.map(|filled| filled.unwrap_or(Filled::Lost))).collect()
    }

    /// None: the item is in another state than the lease.
    async fn store(&self, fills: &[(&Fill, &Lease)], deadline: Deadline) -> Vec<Result<Option<Filled>>> {
        let mut volley = self.fleet.volley();
        let places = fills.iter().map(|(fill, lease)| self.push_fill(&mut volley, fill, lease)).collect::<Vec<_>>();
        // Not again if the connection breaks: what was stored the first time would be refused the second.
        let answers = volley.send(How::Once, deadline).await;
        fills.iter().zip(places).map(|((fill, _), place)| self.filled(fill, &answers, place?)).collect()
    }

    /// Those whose lease is there in another state, which is the one to go by from now on.
    async fn follow(&self, open: &[usize], fills: &[Fill], leases: &mut [Lease], deadline: Deadline) -> Vec<usize> {
        let mut volley = self.fleet.volley();
        let look = |place: &usize| {
            let (permit, name) = (leases[*place].permit, &fills[*place].names.value);
            volley.push_under(permit, name, Verb::Look("v c"))
        };
        let looks = open.iter().map(look).collect::<Vec<_>>();
        let answers = volley.send(How::Again, deadline).await;
        let mut followed = Vec::new();
        for (&place, look) in open.iter().zip(looks) {
            if let Ok(Some(item)) = answers.looked(look)
                && leases[place].follow(item)
            {
                followed.push(place);
            }
        }
        followed
    }

    fn push_fill(&self, volley: &mut Volley<'_>, fill: &Fill, lease: &Lease) -> Result<Place> {
        if grant::is_too_short(&fill.blob) {
            let message = "a value of less than nine bytes cannot be told from a lease: this is none of a cache's";
            return Err(Error::new(ErrorKind::Encoding, message));
        }
        if self.is_too_large(fill) {
            return Ok(super::lease::push_release(volley, &fill.names, lease));
        }
        // Without the flag that would store it as outdated whatever the state: that would take the lease from others.
        let store = Verb::Store { cas: lease.cas, ttl: fill.ttl, blob: fill.blob.clone() };
        let place = volley.push_under(lease.permit, &fill.names.value, store);
        if lease.place == grant::Place::Apart {
            volley.push(&fill.names.lease, Verb::Delete { cas: None });
        }
        Ok(place)
    }

    fn filled(&self, fill: &Fill, answers: &Answers<'_>, place: Place) -> Result<Option<Filled>> {
        match answers.raw(place)? {
            _ if self.is_too_large(fill) => answers.reply(place).map(|_released| Some(Filled::TooLarge)),
            Some(Reply::Done(_)) => Ok(Some(Filled::Stored)),
            Some(Reply::Exists) => Ok(None),
            Some(Reply::Absent | Reply::NotStored | Reply::Nothing) => Ok(Some(Filled::Lost)),
            // The server takes less than others do, and has deleted what was there.
            Some(Reply::Refused(Refusal::TooLarge)) => Ok(Some(Filled::TooLarge)),
            _ => Err(answers.refusal(place)),
        }
    }

    fn is_too_large(&self, fill: &Fill) -> bool {
        fill.blob.len() > self.max_value
    }
}
