//! Prolonging and ending leases.

use easycache_core::{Deadline, Grant, Names, Result, net::How};

use super::Steps;
use crate::{
    fleet::{Place, Volley},
    grant::{self, Lease},
    lane::{Verb, lease_seconds},
    reply::Reply,
};

impl Steps {
    /// Prolongs a lease, by storing anew what stands for it; not by touching it, which would shorten the life of a value
    /// that somebody has stored meanwhile. The state of the item changes with that.
    pub(crate) async fn renew(&self, names: &Names, grant: &mut Grant, deadline: Deadline) -> Result<bool> {
        let (mut lease, seconds) = (Lease::of(grant), lease_seconds(grant.lease));
        for _ in 0..2 {
            let mut volley = self.fleet.volley();
            // A value that is valid stays, and its lease lasts as long as it does.
            let is_value_kept = matches!(lease.place, grant::Place::Kept | grant::Place::Apart);
            if lease.place == grant::Place::Apart {
                volley.push(&names.lease, Verb::Prolong { seconds });
            }
            let hold = (!is_value_kept).then(|| {
                let hold = Verb::Hold { cas: lease.cas, seconds, first: lease.first };
                volley.push_under(lease.permit, &names.value, hold)
            });
            let look = volley.push_under(lease.permit, &names.value, Verb::Look("v c"));
            let answers = volley.send(How::Once, deadline).await;
            let prolonged = hold.map(|place| answers.held(place)).transpose()?.flatten();
            if let Some(cas) = prolonged {
                grant.state = Lease { place: grant::Place::Empty, cas, ..lease }.state();
                return Ok(true);
            }
            match answers.looked(look)? {
                Some(item) if item.cas == lease.cas => return Ok(true),
                Some(item) if lease.follow(item) => {}
                _ => return Ok(false),
            }
        }
        Ok(false)
    }

    pub(crate) async fn release(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<()> {
        let mut lease = Lease::of(grant);
        for _ in 0..2 {
            let mut volley = self.fleet.volley();
            let ended = push_release(&mut volley, names, &lease);
            let look = volley.push_under(lease.permit, &names.value, Verb::Look("v c"));
            let answers = volley.send(How::Again, deadline).await;
            let is_another = matches!(answers.reply(ended)?, Reply::Exists);
            match answers.looked(look)? {
                Some(item) if is_another && lease.follow(item) => {}
                _ => break,
            }
        }
        Ok(())
    }
}

/// Ends a lease: what stands for it is deleted. A value that may be valid stays, and the next may refresh it.
pub(super) fn push_release(volley: &mut Volley<'_>, names: &Names, lease: &Lease) -> Place {
    let cas = Some(lease.cas);
    let verb = match lease.place {
        grant::Place::Kept => Verb::Outdate { cas, seconds: None },
        grant::Place::Empty | grant::Place::Outdated => Verb::Delete { cas },
        // The value is as it was. If it is somebody else's lease by now, two may compute.
        grant::Place::Apart => return volley.push(&names.lease, Verb::Delete { cas: None }),
    };
    volley.push_under(lease.permit, &names.value, verb)
}
