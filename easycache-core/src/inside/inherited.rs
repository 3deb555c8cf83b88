//! What a computation inherits from the cached functions called in it: names, and the versions they had.

use std::{collections::BTreeMap, sync::Arc};

use crate::{backend::Version, stamp::Stamp, stats::Refusal, wire::Extra};

/// What was handed up to a computation.
#[derive(Clone, Debug)]
pub(crate) struct Inherited {
    /// The cache that the computation is of: what others hand up means nothing there.
    home: usize,
    /// Of a cache in process, by address. They have not moved since they were looked at, or else they show it.
    pub(crate) stamps: BTreeMap<usize, Arc<Stamp>>,
    /// Of a cache on a backend.
    pub(crate) versions: BTreeMap<Extra, Version>,
    /// Why it is not all that the result depends on.
    pub(crate) loss: Option<Loss>,
}

/// Why something could not be handed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It is of another cache.
    Foreign,
    /// It was computed without versions: beside the backend, or where nothing is cached.
    Unversioned,
    /// It has moved while the computation ran.
    Moved,
}

impl Loss {
    /// Why the result is not stored then.
    pub(crate) const fn refusal(self) -> Refusal {
        match self {
            Self::Foreign | Self::Unversioned => Refusal::Inherited,
            Self::Moved => Refusal::Doomed,
        }
    }
}

impl Inherited {
    pub(crate) fn new(home: usize) -> Self {
        Self { home, stamps: BTreeMap::new(), versions: BTreeMap::new(), loss: None }
    }

    pub(crate) fn home(&self) -> usize {
        self.home
    }

    /// Takes over what depends on such stamps of that cache.
    pub(crate) fn stamps<'a>(&mut self, home: usize, stamps: impl IntoIterator<Item = &'a Arc<Stamp>>) {
        if home != self.home {
            return self.lose(Loss::Foreign);
        }
        let stamps = stamps.into_iter().map(|stamp| (Arc::as_ptr(stamp).addr(), Arc::clone(stamp)));
        self.stamps.extend(stamps);
    }

    /// Takes over what was valid under such versions of that cache.
    pub(crate) fn versions(&mut self, home: usize, versions: impl IntoIterator<Item = (Extra, Version)>) {
        if home != self.home {
            return self.lose(Loss::Foreign);
        }
        for (extra, version) in versions {
            if *self.versions.entry(extra).or_insert(version) != version {
                self.lose(Loss::Moved);
            }
        }
    }

    /// Notes that something is missing.
    pub(crate) fn lose(&mut self, loss: Loss) {
        self.loss.get_or_insert(loss);
    }

    /// Takes over all that another computation has inherited.
    pub(crate) fn join(&mut self, other: &Self) {
        self.stamps(other.home, other.stamps.values());
        self.versions(other.home, other.versions.iter().map(|(extra, version)| (extra.clone(), *version)));
        if let Some(loss) = other.loss {
            self.lose(loss);
        }
    }
}
