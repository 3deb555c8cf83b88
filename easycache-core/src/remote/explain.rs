//! What there is to say about an entry in a backend.

use std::time::Duration;

use super::{Remote, verdict};
use crate::{
    backend::{Read, Version, Want},
    cache::{Core, Dependency, EntryPlace, Explanation},
    error::Result,
    flight::Caller,
    identity::{Identity, Space, StampName},
    stats::Reason,
    wire::{Blob, Head, Schema},
};

impl Remote {
    /// Of the entry under a key, and whether it would be a hit: for that call, or else for whoever has the key.
    pub(crate) async fn explain(
        &self,
        core: &Core,
        key: &str,
        sought: Option<(&Identity, Schema)>,
        caller: Caller,
    ) -> Result<Explanation> {
        let asker = &mut self.asker(caller);
        let names = sought.map_or_else(|| self.layout.of_key(key), |(identity, _)| self.layout.names(identity));
        let tags = sought.iter().flat_map(|(identity, _)| identity.tags()).map(ToString::to_string).collect();
        let mut explained = Explanation { tags, ..Explanation::of(key) };
        if self.quarantine.holds(&names) {
            explained.misses = Some(Reason::Unreachable);
            return Ok(explained);
        }
        let mut seen =
            self.read(asker, &mut None, Read { names: self.layout.of_key(key), want: Want::Peek, left: true }).await?;
        let Some(bytes) = seen.blob.clone() else { return Ok(explained) };
        let near = self.near.is_some() && core.tier.any(key).is_some_and(|entry| entry.check(core.now()).is_ok());
        explained.place = EntryPlace::Backend { name: names.value.into(), near };
        let Some(blob) = Blob::parse(&bytes) else {
            explained.misses = Some(Reason::Damaged);
            return Ok(explained);
        };
        let tags = blob.declared().filter(|stamp| stamp.space == Space::Tag).map(|tag| tag.name.into()).collect();
        let extras = blob.extras().collect();
        let Ok(identity) = Identity::new(key.to_owned(), tags) else {
            explained.misses = Some(Reason::Damaged);
            return Ok(explained);
        };
        let read = Read { names: self.names(&identity, &extras), want: Want::Stamps, left: false };
        seen.stamps = self.read(asker, &mut None, read).await?.stamps;
        explained.misses = verdict::objection((&identity, sought), &blob, &seen, &extras);
        explained.tags = identity.tags().iter().map(ToString::to_string).collect();
        let stamps = identity.stamps().chain(extras.iter().map(crate::wire::Extra::stamp));
        let depends_on = stamps.zip(&seen.stamps).map(|(stamp, version)| dependency(stamp, version.as_ref()));
        explained.depends_on = depends_on.collect();
        explained.tell_times(blob.head(), seen.left);
        Ok(explained)
    }
}

impl Explanation {
    /// What the backend says of the time that is left includes that in which the value may be served expired.
    fn tell_times(&mut self, head: Head<'_>, left: Option<Duration>) {
        let (ttl, fresh) = (head.ttl(), head.fresh());
        self.ttl = Some(fresh);
        self.age = left.map(|left| ttl.saturating_sub(left));
        self.left = left
            .map(|left| if head.is_marked() { Duration::ZERO } else { left.saturating_sub(ttl.saturating_sub(fresh)) });
        if self.left == Some(Duration::ZERO) {
            self.misses = self.misses.or(Some(Reason::Expired));
        }
    }
}

fn dependency(stamp: StampName<'_>, version: Option<&Version>) -> Dependency {
    let digits = |Version([a, b, c, d, ..]): &Version| format!("{a:02x}{b:02x}{c:02x}{d:02x}");
    Dependency {
        kind: stamp.space.into(),
        name: stamp.name.to_owned(),
        version: version.map(digits),
        // All of them stand in one digest.
        moved: None,
    }
}
