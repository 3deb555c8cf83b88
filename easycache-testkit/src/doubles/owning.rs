//! [`OwningBackend`].

use std::fmt;

use easycache_core::{Backend, Result};

use super::{Call, decorate::decorate};

/// A backend together with what it needs, such as the server of a test: both are dropped at once.
///
/// ```
/// use easycache_testkit::{MemoryBackend, OwningBackend, server::RedisServer};
///
/// # fn connect(_url: &str) -> MemoryBackend { MemoryBackend::new() }
/// fn start() -> Option<OwningBackend<MemoryBackend, RedisServer>> {
///     let server = RedisServer::start()?;
///     Some(OwningBackend::new(connect(&server.url()), server))
/// }
/// ```
#[derive(Debug)]
pub struct OwningBackend<B, T> {
    // First, so that it is dropped first.
    inner: B,
    owned: T,
}

impl<B: Backend, T: Send + Sync> OwningBackend<B, T> {
    /// `inner`, which needs `owned`.
    #[must_use]
    pub const fn new(inner: B, owned: T) -> Self {
        Self { inner, owned }
    }

    /// What it needs.
    #[must_use]
    pub const fn owned(&self) -> &T {
        &self.owned
    }

    async fn around<R: Send>(&self, _: Call, work: impl Future<Output = Vec<Result<R>>> + Send) -> Vec<Result<R>> {
        work.await
    }
}

decorate!(OwningBackend<B, T> where B: Backend, T: fmt::Debug + Send + Sync + 'static);
