//! How the servers of a backend are.

use std::{fmt, time::Duration};

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{error::Error, stats::whole_millis};

/// What one server of a backend says of itself, from [`Backend::status`](crate::Backend::status).
///
/// Nothing in it is secret: a server goes by its address, without the user and the password that it is reached with.
///
/// As data for other programs it is a map of `name`, `role`, `state` (`up`, `down` or `resting`), `round_trip_us`, `error`,
/// `resting_ms`, `version`, `entries` and `bytes`; what is not known is null.
///
/// ```
/// use std::time::Duration;
/// use easycache_core::{NodeState, NodeStatus};
///
/// let status = NodeStatus::new("10.0.0.1:6379", NodeState::Up { round_trip: Duration::from_micros(80) }).version("8.0.2");
/// assert!(status.is_up());
/// assert_eq!(status.to_string(), "10.0.0.1:6379: up, 80µs, version 8.0.2");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NodeStatus {
    /// Host and port.
    pub name: String,
    /// What it is to others, where there are others.
    pub role: Option<NodeRole>,
    /// Whether it answers.
    pub state: NodeState,
    /// The version of its software.
    pub version: Option<String>,
    /// How many entries the whole server has, whoever's they are: other caches', stamps and leases included.
    pub entries: Option<u64>,
    /// How much memory the whole server has in use for data, in bytes.
    pub bytes: Option<u64>,
}

/// What a server is to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NodeRole {
    /// It takes writes.
    Master,
    /// It follows a master.
    Replica,
}

/// Whether a server answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NodeState {
    /// It does.
    Up {
        /// How long it took.
        round_trip: Duration,
    },
    /// It does not.
    Down {
        /// Why not.
        error: Error,
    },
    /// It has not answered lately, and is not asked for a while: callers get that error at once.
    Resting {
        /// Why not.
        error: Error,
        /// How much longer it is left alone.
        left: Duration,
    },
}

impl NodeRole {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Replica => "replica",
        }
    }
}

impl NodeState {
    /// What it is called.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Up { .. } => "up",
            Self::Down { .. } => "down",
            Self::Resting { .. } => "resting",
        }
    }

    /// Why it is not up.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Up { .. } => None,
            Self::Down { error } | Self::Resting { error, .. } => Some(error),
        }
    }
}

impl NodeStatus {
    /// Of a server of which nothing else is known.
    #[must_use]
    pub fn new(name: impl Into<String>, state: NodeState) -> Self {
        Self { name: name.into(), role: None, state, version: None, entries: None, bytes: None }
    }

    /// With what it is to others.
    #[must_use]
    pub fn role(mut self, role: NodeRole) -> Self {
        self.role = Some(role);
        self
    }

    /// With its version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// With the number of its entries.
    #[must_use]
    pub const fn entries(mut self, entries: u64) -> Self {
        self.entries = Some(entries);
        self
    }

    /// With the memory that it uses, in bytes.
    #[must_use]
    pub const fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// Whether it answers.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(self.state, NodeState::Up { .. })
    }
}

impl fmt::Display for NodeStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, role, state, version, entries, bytes } = self;
        write!(f, "{name}: ")?;
        role.map_or(Ok(()), |role| write!(f, "{}, ", role.name()))?;
        match state {
            NodeState::Up { round_trip } => write!(f, "up, {round_trip:.0?}")?,
            NodeState::Down { error } => write!(f, "down: {error}")?,
            NodeState::Resting { error, left } => write!(f, "left alone for {left:.0?}: {error}")?,
        }
        version.as_ref().map_or(Ok(()), |version| write!(f, ", version {version}"))?;
        entries.map_or(Ok(()), |entries| write!(f, ", {entries} entries"))?;
        bytes.map_or(Ok(()), |bytes| write!(f, ", {bytes} bytes"))
    }
}

impl Serialize for NodeStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (round_trip, resting) = match self.state {
            NodeState::Up { round_trip } => (Some(round_trip), None),
            NodeState::Down { .. } => (None, None),
            NodeState::Resting { left, .. } => (None, Some(left)),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("role", &self.role.map(NodeRole::name))?;
        map.serialize_entry("state", self.state.name())?;
        map.serialize_entry(
            "round_trip_us",
            &round_trip.map(|span| u64::try_from(span.as_micros()).unwrap_or(u64::MAX)),
        )?;
        map.serialize_entry("error", &self.state.error().map(ToString::to_string))?;
        map.serialize_entry("resting_ms", &resting.map(whole_millis))?;
        map.serialize_entry("version", &self.version)?;
        map.serialize_entry("entries", &self.entries)?;
        map.serialize_entry("bytes", &self.bytes)?;
        map.end()
    }
}
