//! The steps of the protocol.

mod acquire;
mod due;
mod expire;
mod fill;
mod invalidate;
mod lease;
mod read;
mod stamps;

use std::time::Duration;

use easycache_core::{Caps, Result};

use crate::{config::MemcachedConfig, fleet::Fleet, recall::Recall};

/// What a server takes that was not told otherwise: a megabyte.
const USUAL_ITEM: usize = 1 << 20;

/// Room in an item for what is not its value: the key, and what the server needs itself.
const OVERHEAD: usize = 512;

/// A cache asks for no longer leases, but prolongs them.
const LONGEST_LEASE: Duration = Duration::from_secs(30);

/// The longest name. The server would take 250 bytes.
const MAX_NAME: usize = 200;

/// The steps of the protocol on some servers.
#[derive(Debug)]
pub(crate) struct Steps {
    fleet: Fleet,
    recall: Recall,
    /// The largest value that every server takes.
    max_value: usize,
    stripes: u16,
}

impl Steps {
    pub(crate) fn new(config: &MemcachedConfig) -> Self {
        let max_value = USUAL_ITEM - OVERHEAD;
        Self { fleet: Fleet::new(config), recall: Recall::new(), max_value, stripes: config.stripes }
    }

    pub(crate) fn caps(&self) -> Caps {
        let grain = Duration::from_secs(1);
        let caps = Caps::new().unordered().soft().max_key(MAX_NAME).max_value(self.max_value);
        caps.stripes(self.stripes).ttl_grain(grain)
    }

    pub(crate) fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Looks at the servers.
    pub(crate) async fn check(&mut self) -> Result<()> {
        let largest = crate::check::look_at(self.fleet.nodes()).await?;
        self.max_value = largest.saturating_sub(OVERHEAD);
        Ok(())
    }
}
