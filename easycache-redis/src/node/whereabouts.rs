//! Where a server is.

use std::{fmt, sync::Arc, time::Duration};

use easycache_core::Result;

use crate::{
    config::{Address, Settings},
    lane::Lane,
    sentinel::Sentinels,
};

/// How often a server is asked whether it still is what it was. One that has become a replica answers those who only read
/// as if nothing had happened.
const LOOK: Duration = Duration::from_secs(5);

/// Where a server is.
#[derive(Clone, Debug)]
pub(crate) enum Whereabouts {
    /// Always there.
    Known(Address),
    /// Where the Sentinels say, asked at each new connection.
    Told(Arc<Sentinels>),
}

impl Whereabouts {
    /// Connects to it.
    pub(crate) async fn connect(&self, settings: &Settings) -> Result<Lane> {
        match self {
            Self::Known(address) => Lane::dial(address, settings).await,
            Self::Told(sentinels) => sentinels.connect(settings).await,
        }
    }

    /// To be called whenever a connection is used: now and then it is made sure, in the background, that it still leads to
    /// a server that will do. It is closed otherwise.
    pub(crate) fn look_after(&self, lane: &Arc<Lane>, settings: &Arc<Settings>) {
        match self {
            Self::Known(_) if lane.is_due(LOOK) => {
                let (lane, settings) = (Arc::clone(lane), Arc::clone(settings));
                tokio::spawn(async move {
                    if !lane.is_unchanged(&settings).await {
                        lane.close();
                    }
                });
            }
            Self::Known(_) => {}
            Self::Told(sentinels) => sentinels.look_after(lane, settings),
        }
    }
}

impl PartialEq for Whereabouts {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(this), Self::Known(other)) => this == other,
            (Self::Told(this), Self::Told(other)) => Arc::ptr_eq(this, other),
            _ => false,
        }
    }
}

impl From<Address> for Whereabouts {
    fn from(address: Address) -> Self {
        Self::Known(address)
    }
}

impl From<Sentinels> for Whereabouts {
    fn from(sentinels: Sentinels) -> Self {
        Self::Told(Arc::new(sentinels))
    }
}

impl fmt::Display for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(address) => address.fmt(f),
            Self::Told(sentinels) => sentinels.fmt(f),
        }
    }
}
