//! [`Shared`].

use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::Duration,
};

/// Something that takes long to start, such as a cluster, and that several tests use, in a `static`. It is started for
/// the first of them, and dropped by the last: one that ends waits for a moment whether another begins.
///
/// ```
/// use easycache_testkit::server::{RedisServer, Shared};
///
/// static SERVER: Shared<RedisServer> = Shared::new(RedisServer::start);
///
/// let Some(server) = SERVER.get() else { return };
/// let other = SERVER.get().unwrap();
/// assert_eq!(server.port(), other.port());
/// ```
#[derive(Debug)]
pub struct Shared<T> {
    start: fn() -> Option<T>,
    there: Mutex<Weak<T>>,
}

/// A share of a [`Shared`].
#[derive(Debug)]
pub struct Share<T: 'static> {
    it: Option<Arc<T>>,
    of: &'static Shared<T>,
}

/// How long the last one waits for another: tests follow each other at once, but for those that run alone.
const LINGER: Duration = Duration::from_millis(100);

impl<T> Shared<T> {
    /// What `start` starts.
    #[must_use]
    pub const fn new(start: fn() -> Option<T>) -> Self {
        Self { start, there: Mutex::new(Weak::new()) }
    }

    /// A share of it; it is started if it is not there. None if it cannot be.
    pub fn get(&'static self) -> Option<Share<T>> {
        let mut there = self.there();
        if there.strong_count() == 0 {
            let it = Arc::new((self.start)()?);
            *there = Arc::downgrade(&it);
            return Some(Share { it: Some(it), of: self });
        }
        Some(Share { it: there.upgrade(), of: self })
    }

    fn there(&self) -> MutexGuard<'_, Weak<T>> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Deref for Share<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.it.as_ref().expect("it is there until it is dropped")
    }
}

impl<T> Drop for Share<T> {
    fn drop(&mut self) {
        let Some(it) = self.it.take() else { return };
        if Arc::strong_count(&it) == 1 {
            thread::sleep(LINGER);
        }
        // Nobody begins to start one while another ends.
        let _there = self.of.there();
        drop(it);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    static STARTED: AtomicUsize = AtomicUsize::new(0);
    static ENDED: AtomicUsize = AtomicUsize::new(0);

    struct Counted;

    impl Drop for Counted {
        fn drop(&mut self) {
            ENDED.fetch_add(1, SeqCst);
        }
    }

    #[test]
    fn the_first_starts_it_and_the_last_drops_it() {
        static IT: Shared<Counted> = Shared::new(|| {
            STARTED.fetch_add(1, SeqCst);
            Some(Counted)
        });
        let counts = || (STARTED.load(SeqCst), ENDED.load(SeqCst));
        let (one, other) = (IT.get(), IT.get());
        drop(one);
        assert_eq!(counts(), (1, 0));
        drop(other);
        assert_eq!(counts(), (1, 1));
        drop(IT.get());
        assert_eq!(counts(), (2, 2));
    }
}
