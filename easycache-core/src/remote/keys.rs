//! The keys of entries in a backend.

use std::sync::Arc;

use bytes::Bytes;

use super::{Remote, runtime};
use crate::{
    backend::{Deadline, NameScan, Read, Want},
    cache::ListedKey,
    error::Result,
    flight::Caller,
};

impl Remote {
    /// About so many keys that begin with that, and where it goes on.
    pub(crate) async fn keys(
        &self,
        beginning: &str,
        from: Option<Bytes>,
        count: u32,
        caller: Caller,
    ) -> Result<(Vec<ListedKey>, Option<Bytes>)> {
        let (backend, deadline) = (Arc::clone(&self.backend), Deadline::after(self.settings.deadline));
        let patience = self.settings.deadline / 2;
        let mut scan = NameScan { from, ..NameScan::new(self.layout.values(beginning), count) };
        let (names, next) = runtime::run(caller, async move {
            let mut names = Vec::new();
            loop {
                let page = backend.scan(&scan, deadline).await?;
                names.extend(page.names);
                // One step more of that size is as much as a page may have.
                let full = names.len() >= count as usize;
                if page.next.is_none() || full || deadline.left() < patience {
                    return Ok((names, page.next));
                }
                scan.from = page.next;
            }
        })
        .await??;
        Ok((names.iter().filter_map(|name| self.layout.key_of(name)).collect(), next))
    }

    /// Whether the backend answers: an error if not.
    pub(crate) async fn probe(&self, caller: Caller) -> Result<()> {
        let read = Read { names: self.layout.of_key("ping"), want: Want::Peek, left: false };
        self.read(&mut self.asker(caller), &mut None, read).await.map(drop)
    }
}
