//! What a backend can do.

use std::time::Duration;

/// What a [`Backend`](crate::Backend) can do, and its limits.
///
/// ```
/// use easycache_core::Caps;
///
/// let caps = Caps::new().without_leases().max_key(250);
/// assert!(!caps.lease);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caps {
    /// Whether a fill is refused when its lease is gone. Without that, reads may go back in time, and nothing is computed
    /// just once across processes; the promise on invalidations holds all the same.
    pub lease: bool,
    /// Whether the stamps of one [`Read`](crate::Read) are read at one instant, and the targets of one `invalidate`
    /// are invalidated in their order. Then tags that only the result tells can be checked after the computation.
    pub ordered: bool,
    /// Whether it can mark a value as expired ([`Target::Expire`](crate::Target::Expire)), and tell how much longer a value
    /// is kept ([`Read::left`](crate::Read::left)). Without that nothing expired is served: to expire a key is to invalidate
    /// it, and policies that serve expired values have no effect.
    pub soft: bool,
    /// The longest wire name, in bytes. The cache hashes what is longer.
    pub max_key: usize,
    /// The largest value, in bytes. The cache does not store what is larger.
    pub max_value: usize,
    /// In how many copies the stamps are kept that many values share (prefixes, and that of everything), so that they
    /// spread over the nodes of a cluster. At least 1.
    pub stripes: u16,
    /// What a time to live is rounded up to.
    pub ttl_grain: Duration,
}

impl Caps {
    /// A backend with leases, ordered, without limits to speak of.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            lease: true,
            ordered: true,
            soft: false,
            max_key: 1 << 16,
            max_value: 1 << 29,
            stripes: 1,
            ttl_grain: Duration::from_millis(1),
        }
    }

    /// It has no leases.
    #[must_use]
    pub const fn without_leases(mut self) -> Self {
        self.lease = false;
        self
    }

    /// Its reads and invalidations of several names are spread over time.
    #[must_use]
    pub const fn unordered(mut self) -> Self {
        self.ordered = false;
        self
    }

    /// It marks values as expired, and tells how much longer they are kept.
    #[must_use]
    pub const fn soft(mut self) -> Self {
        self.soft = true;
        self
    }

    /// Names are at most that many bytes long. At least 64, for the hash of a name must fit.
    #[must_use]
    pub const fn max_key(mut self, bytes: usize) -> Self {
        self.max_key = bytes;
        self
    }

    /// Values are at most that many bytes long.
    #[must_use]
    pub const fn max_value(mut self, bytes: usize) -> Self {
        self.max_value = bytes;
        self
    }

    /// Keeps that many copies of stamps that many values share.
    #[must_use]
    pub const fn stripes(mut self, copies: u16) -> Self {
        self.stripes = copies;
        self
    }

    /// Rounds times to live up to multiples of that.
    #[must_use]
    pub const fn ttl_grain(mut self, grain: Duration) -> Self {
        self.ttl_grain = grain;
        self
    }
}

impl Default for Caps {
    fn default() -> Self {
        Self::new()
    }
}
