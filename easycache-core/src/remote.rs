//! A cache whose values are kept in a backend: what is read there and when it may be served, what a computation is based
//! on, and what becomes of its result.

mod ask;
mod beyond;
mod bypass;
mod explain;
mod fill;
mod hints;
mod invalidate;
mod keys;
mod late;
mod lease;
mod look;
mod near;
mod peek;
mod put;
mod quarantine;
mod runtime;
mod trip;
mod verdict;
mod wave;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    backend::{Backend, Caps},
    cache::{Boarded, Call, Time},
    error::{Error, ErrorKind, Result},
    local,
    near::Checked,
    policy::OnError,
    sync::{Mutex, lock},
    value::LocalValue,
    wire::{Codec, Compression, Form, Layout, Schema},
};

pub use self::runtime::background;
use self::{hints::Hints, quarantine::Quarantine};
pub(crate) use self::{
    invalidate::Holding,
    late::Deferred,
    lease::RemoteTicket,
    near::{Looked, NearTier, Place, Query, SoughtKey},
    runtime::{carry_on, detach, run, sleep},
    trip::Trip,
    wave::{Errand, Wave},
};

/// A cache's backend, and what is known of it.
#[derive(Debug)]
pub(crate) struct Remote {
    backend: Arc<dyn Backend>,
    caps: Caps,
    layout: Layout,
    settings: RemoteSettings,
    quarantine: Quarantine,
    hints: Hints,
    pub(crate) near: Option<NearTier>,
    /// Whether the last answer was an error.
    in_trouble: AtomicBool,
    /// Whether it was said that a function is for caches in process.
    said_local: AtomicBool,
    /// Whether it was said that the backend has no leases.
    said_leaseless: AtomicBool,
    /// Whether it was said that something in the backend is damaged.
    said_damaged: AtomicBool,
    /// Of what kinds of values it was said that one was too large.
    said_too_large: Mutex<HashSet<Schema>>,
}

/// What was set when the cache was built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RemoteSettings {
    pub(crate) codec: Codec,
    pub(crate) compression: Compression,
    /// How long a call spends on the backend at most, all steps together.
    pub(crate) deadline: Duration,
}

impl Remote {
    pub(crate) fn new(backend: Arc<dyn Backend>, namespace: &str, settings: RemoteSettings) -> Result<Self> {
        let caps = backend.caps();
        Ok(Self {
            layout: Layout::new(namespace, caps)?,
            backend,
            caps,
            settings,
            quarantine: Quarantine::default(),
            hints: Hints::new(),
            near: None,
            in_trouble: AtomicBool::new(false),
            said_local: AtomicBool::new(false),
            said_leaseless: AtomicBool::new(false),
            said_damaged: AtomicBool::new(false),
            said_too_large: Mutex::default(),
        })
    }

    /// The schema of a function's values here.
    pub(crate) fn schema<V>(&self, form: Form<V>, schema: local::Schema) -> Schema {
        Schema::of(form, self.settings.codec, schema)
    }

    /// What tells it from all other caches.
    pub(crate) fn home(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn settings(&self) -> RemoteSettings {
        self.settings
    }

    /// Gives it a near tier, before it is first used.
    pub(crate) fn keep_near(&mut self, near: Checked, clock: &Time) -> Result<()> {
        self.near = Some(NearTier::new(near, self.layout.namespace(), &*self.backend, clock.clone())?);
        Ok(())
    }

    /// How many names wait for an invalidation that is acknowledged.
    pub(crate) fn unconfirmed(&self) -> u64 {
        self.quarantine.len() as u64
    }

    /// A function whose values cannot leave the process is computed each time: says so once. Or it fails, if it `fails`.
    pub(crate) fn refuse_local<V: LocalValue>(&self, call: &Call, fails: bool) -> Boarded<V> {
        if fails && call.rules.on_error == OnError::Fail {
            return Boarded::Failed(unportable());
        }
        if !self.said_local.swap(true, Ordering::Relaxed) {
            tracing::error!(
                key = call.identity.key(),
                "computed without caching: the function says `local`, and its cache has a backend; give it a cache in process by another `alias`",
            );
        }
        Boarded::unkept()
    }

    /// Whether the backend has leases for `coalesce = "cluster"`: says once that it has not.
    fn has_leases(&self) -> bool {
        if !self.caps.lease && !self.said_leaseless.swap(true, Ordering::Relaxed) {
            tracing::warn!("`coalesce = \"cluster\"` is the same as \"process\" here: the backend has no leases");
        }
        self.caps.lease
    }

    /// A value is not stored, and will be computed each time: says so, aloud the first time of each function, or rather of
    /// all whose values have one type and schema.
    fn say_too_large(&self, key: &str, schema: Schema) {
        let max_value = self.caps.max_value;
        if lock(&self.said_too_large).insert(schema) {
            tracing::warn!(
                key,
                max_value,
                "a value is larger than the backend keeps, and is computed each time: compress it, or cache less; more of this kind is logged as debug",
            );
        } else {
            tracing::debug!(key, max_value, "a value is larger than the backend keeps");
        }
    }

    /// What is stored under a key is none of ours: says so, aloud the first time, for there may be many.
    fn say_damaged(&self, key: &str) {
        if self.said_damaged.swap(true, Ordering::Relaxed) {
            tracing::debug!(key, "what is stored is damaged");
        } else {
            tracing::warn!(
                key,
                "what is stored is damaged, or was written by another version of easycache or another program: it is computed anew; more of this is logged as debug",
            );
        }
    }
}

/// A value that cannot leave the process was asked of a cache with a backend.
fn unportable() -> Error {
    Error::new(
        ErrorKind::InvalidConfig,
        "the function says `local`, and its cache has a backend: give it a cache in process by another `alias`",
    )
}
