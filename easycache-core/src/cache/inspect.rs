//! How a cache is, besides what it counts: where it keeps its values, how the servers are, what was invalidated lately.

use std::sync::Arc;

use crate::{
    backend::{Deadline, NodeStatus},
    error::{Error, ErrorKind, Result},
    flight::{Caller, block_on},
    observe::Recent,
    remote::{self, Remote},
};

use super::{Blocking, Cache, Core};

/// Where a cache keeps its values, from [`Cache::place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CachePlace {
    /// In this process.
    InProcess,
    /// In a backend.
    Backend {
        /// What kind of backend it is; see [`Backend::kind`](crate::Backend::kind).
        kind: &'static str,
        /// Whether some of them are kept near as well.
        near: bool,
    },
}

impl CachePlace {
    /// What it is called: `in process`, or the kind of the backend.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InProcess => "in process",
            Self::Backend { kind, .. } => kind,
        }
    }
}

impl Cache {
    /// Where it keeps its values. Tells no address and no password.
    #[must_use]
    pub fn place(&self) -> CachePlace {
        match &self.core().remote {
            None => CachePlace::InProcess,
            Some(remote) => CachePlace::Backend { kind: remote.backend().kind(), near: remote.near.is_some() },
        }
    }

    /// Whether it keeps its values in this process alone.
    #[must_use]
    pub fn is_in_process(&self) -> bool {
        self.core().remote.is_none()
    }

    /// How the servers of its backend are, each asked within the cache's deadline. One that is down is an entry that says
    /// so. Empty for a cache in process, and where a backend [does not tell](crate::Backend::status).
    ///
    /// # Errors
    ///
    /// If there is no thread to ask on.
    pub async fn status(&self) -> Result<Vec<NodeStatus>> {
        self.core().status(Caller::Async).await
    }

    /// Whether every server of its backend answers; always `Ok` for a cache in process. A backend that does not tell of its
    /// servers is asked for something.
    ///
    /// # Errors
    ///
    /// Of kind [`Unavailable`](ErrorKind::Unavailable), with the name of each server that is not up; and what the server
    /// refuses.
    pub async fn ping(&self) -> Result<()> {
        self.core().ping(Caller::Async).await
    }

    /// The last 64 invalidations and expiries that this process has called on this cache, the latest first. What other
    /// processes have invalidated is not among them.
    ///
    /// ```
    /// # use easycache_core::{Cache, TargetKind, Verb};
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// cache.invalidate_tags(["users"]).await?;
    ///
    /// let [recent] = &cache.recent_invalidations()[..] else { panic!() };
    /// assert_eq!((recent.verb, recent.names[0].kind), (Verb::Invalidate, TargetKind::Tag));
    /// assert_eq!(&*recent.names[0].name, "users");
    /// # Ok::<_, easycache_core::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn recent_invalidations(&self) -> Vec<Recent> {
        self.core().history.read()
    }
}

impl Blocking<'_> {
    /// See [`Cache::status`].
    pub fn status(&self) -> Result<Vec<NodeStatus>> {
        block_on(self.cache().core().status(Caller::Sync))
    }

    /// See [`Cache::ping`].
    pub fn ping(&self) -> Result<()> {
        block_on(self.cache().core().ping(Caller::Sync))
    }
}

impl Core {
    async fn status(&self, caller: Caller) -> Result<Vec<NodeStatus>> {
        match &self.remote {
            None => Ok(Vec::new()),
            Some(remote) => remote.status(caller).await,
        }
    }

    async fn ping(&self, caller: Caller) -> Result<()> {
        let Some(remote) = &self.remote else { return Ok(()) };
        let nodes = remote.status(caller).await?;
        if nodes.is_empty() {
            return remote.probe(caller).await;
        }
        let down = nodes.iter().filter_map(|node| Some((node, node.state.error()?))).collect::<Vec<_>>();
        let Some((_, first)) = down.first() else { return Ok(()) };
        // What every one of them refuses is refused.
        let refused = down.iter().all(|(_, error)| error.kind() == ErrorKind::Refused);
        let kind = if refused { ErrorKind::Refused } else { ErrorKind::Unavailable };
        let names = down.iter().map(|(node, error)| format!("{} ({error})", node.name)).collect::<Vec<_>>();
        let message = format!("{} of {} servers do not answer: {}", down.len(), nodes.len(), names.join("; "));
        Err(Error::new(kind, message).with_source((*first).clone()))
    }
}

impl Remote {
    async fn status(&self, caller: Caller) -> Result<Vec<NodeStatus>> {
        let (backend, deadline) = (Arc::clone(self.backend()), Deadline::after(self.settings().deadline));
        remote::run(caller, async move { backend.status(deadline).await }).await
    }
}
