//! Which caches are shown.

use easycache_core::Cache;

/// The aliases that are shown; no other cache can be reached through the page.
#[derive(Clone, Debug)]
pub(crate) enum Selection {
    /// All that are registered.
    Registered,
    /// These, whether or not they are registered.
    Named(Vec<String>),
}

impl Selection {
    pub(crate) fn aliases(&self) -> Vec<String> {
        match self {
            Self::Registered => easycache_core::aliases(),
            Self::Named(aliases) => aliases.clone(),
        }
    }

    pub(crate) fn has(&self, alias: &str) -> bool {
        match self {
            Self::Registered => easycache_core::aliases().iter().any(|other| other == alias),
            Self::Named(aliases) => aliases.iter().any(|other| other == alias),
        }
    }

    /// The cache that an alias stands for now.
    pub(crate) fn registered(&self, alias: &str) -> Option<Cache> {
        if self.has(alias) { easycache_core::cache(alias) } else { None }
    }
}
