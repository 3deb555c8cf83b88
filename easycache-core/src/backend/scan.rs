//! Walking through the names that a backend has.

use bytes::Bytes;

/// One step of a walk through wire names, for [`Backend::scan`](crate::Backend::scan).
///
/// ```
/// use easycache_core::NameScan;
///
/// let first = NameScan::new("shop:v:{", 100);
/// assert_eq!(first.from, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameScan {
    /// What the names begin with, byte by byte: no pattern.
    pub prefix: Box<str>,
    /// Where to go on: [`NamePage::next`] of the step before. None: at the beginning.
    pub from: Option<Bytes>,
    /// About how many names to look at.
    pub count: u32,
}

/// What a step of a walk has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamePage {
    /// Names that begin so, in no order. A step may find none, and more may come.
    pub names: Vec<Box<str>>,
    /// Where the next step goes on; none at the end.
    pub next: Option<Bytes>,
}

impl NameScan {
    /// From the beginning, through the names that begin with that, about so many at a time.
    #[must_use]
    pub fn new(prefix: impl Into<Box<str>>, count: u32) -> Self {
        Self { prefix: prefix.into(), from: None, count }
    }

    /// From there on.
    #[must_use]
    pub fn from(mut self, from: Bytes) -> Self {
        self.from = Some(from);
        self
    }
}

impl NamePage {
    /// These names, and where it goes on.
    #[must_use]
    pub fn new(names: Vec<Box<str>>, next: Option<Bytes>) -> Self {
        Self { names, next }
    }
}
