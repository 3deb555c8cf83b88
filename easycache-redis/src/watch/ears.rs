//! What connections that tell of changes are told, and who is told of it.

use std::sync::{
    Arc, Mutex, PoisonError, Weak,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use easycache_core::{Moment, NearSink, NodeId};
use tokio::sync::Notify;

use crate::config::Address;

/// The sink of a watch, and the numbers that its servers have there.
#[derive(Debug)]
pub(crate) struct Ears {
    sink: Weak<dyn NearSink>,
    /// The server of each number. None is ever taken out: there are as many as there have been addresses.
    servers: Mutex<Vec<Address>>,
}

/// What is heard on one connection. It goes with it.
#[derive(Debug)]
pub(crate) struct Ear {
    sink: Weak<dyn NearSink>,
    hearing: Arc<Hearing>,
}

/// What has become of a connection that tells of changes.
#[derive(Debug)]
pub(crate) struct Hearing {
    node: NodeId,
    ended: AtomicBool,
    bell: Notify,
}

impl Ears {
    pub(super) fn new(sink: Weak<dyn NearSink>) -> Self {
        Self { sink, servers: Mutex::default() }
    }

    /// Whether there is somebody to tell.
    pub(super) fn anybody(&self) -> bool {
        self.sink.strong_count() > 0
    }

    /// For a connection to that server.
    pub(crate) fn listen(&self, server: &Address) -> Ear {
        let hearing = Hearing { node: self.number(server), ended: AtomicBool::new(false), bell: Notify::new() };
        Ear { sink: Weak::clone(&self.sink), hearing: Arc::new(hearing) }
    }

    pub(super) fn flush(&self, node: NodeId) {
        if let Some(sink) = self.sink.upgrade() {
            sink.flush(node);
        }
    }

    /// The present moment, as whoever is told reckons. None: nobody is told.
    pub(super) fn now(&self) -> Option<Moment> {
        Some(self.sink.upgrade()?.now())
    }

    pub(super) fn fresh(&self, node: NodeId, asked: Moment) {
        if let Some(sink) = self.sink.upgrade() {
            sink.fresh(node, asked);
        }
    }

    fn number(&self, server: &Address) -> NodeId {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = servers.iter().position(|known| known == server);
        let place = known.unwrap_or_else(|| {
            servers.push(server.clone());
            servers.len() - 1
        });
        NodeId(u32::try_from(place).expect("there are fewer servers than that"))
    }
}

impl Ear {
    pub(crate) fn hearing(&self) -> &Arc<Hearing> {
        &self.hearing
    }

    /// What is under that name has changed.
    pub(crate) fn lost(&self, name: &str) {
        if let Some(sink) = self.sink.upgrade() {
            sink.lost(name);
        }
    }

    /// Everything has changed.
    pub(crate) fn all_lost(&self) {
        if let Some(sink) = self.sink.upgrade() {
            sink.flush(self.hearing.node);
        }
        self.hearing.ring();
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.hearing.ended.store(true, SeqCst);
        self.hearing.ring();
    }
}

impl Hearing {
    /// The number of the server at its other end.
    pub(super) fn node(&self) -> NodeId {
        self.node
    }

    /// Whether nothing will be heard any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(SeqCst)
    }

    /// Whoever keeps the connection up is to look at once whether all is well.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Until somebody has rung, since this was last asked.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }
}
