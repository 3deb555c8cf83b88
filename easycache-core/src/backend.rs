//! [`Backend`]: where values are kept outside of this process, and the rules that whoever keeps them must follow.

mod caps;
mod deadline;
mod fill;
mod forward;
mod lease;
mod names;
mod read;
mod scan;
mod status;
mod watch;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::{
    collections::Collections,
    error::{Error, ErrorKind, Result},
};

pub use self::{
    caps::Caps,
    deadline::Deadline,
    fill::{Fill, Filled},
    lease::{Acquire, Acquired, Grant, On, Token},
    names::{Names, Target},
    read::{Read, Seen, Version, Want},
    scan::{NamePage, NameScan},
    status::{NodeRole, NodeState, NodeStatus},
    watch::{NearSink, NodeId, Watch, Watched, Watching},
};

/// A place outside of this process that keeps values, leases and stamps: the contract between the cache and a server.
///
/// The cache does the rest: it lays out keys, encodes values, decides whether what was read may be served, and computes.
/// A backend sees wire names, which mean nothing to it, and bytes. Whoever has a store that can read, write, delete and
/// add gets a backend from [`Stamped`](crate::Stamped), and need not implement this trait.
///
/// # What is kept
///
/// | | under | is |
/// |---|---|---|
/// | value | [`Names::value`] | bytes, written by [`fill`](Self::fill) alone |
/// | lease | [`Names::lease`] | a [`Token`], the right to fill that value once; it ends by itself after a time |
/// | stamp | [`Names::stamps`] | a [`Version`], 16 random bytes from the operating system; never a counter, never a time |
///
/// # The clauses
///
/// Each is a test of that name in `easycache-testkit`, which runs them all against any backend.
///
/// **Answers.** A method on several items answers each of them, in their order; one that fails fails alone.
///
/// **Read.** What is seen was there at some instant during the call: the blob byte by byte as it was filled, and each
/// stamp. What is absent, or is not what the backend itself would have written, is absent.
///
/// **Acquire.** Afterwards every stamp is there: those that were keep their version, those that were not get a fresh
/// one. Of two who mint a stamp at the same time, both get the same version. A stamp lives on for [`Acquire::keep`] at
/// least. There is one lease of a value at a time: who finds none gets one with its own token and leads; who finds one
/// gets its token and does not. [`On::Replace`] takes the lease over, [`On::Never`] leaves it alone; a backend that is
/// [ordered](Caps::ordered) tells and mints the stamps at one instant then. If the value is not the one that the caller
/// has seen, nothing is granted, and the caller sees the value that is there ([`Acquired::Changed`]). A value that is
/// [due](On::Due) stays until its successor is stored, for as long as it would have.
///
/// **Fill.** A compare-and-set: it stores if, at that instant, the lease has the grant's token, and it ends that lease.
/// Otherwise it stores nothing and says [`Filled::Lost`]. A backend that can look at the stamps at that same instant, as
/// one that is [ordered](Caps::ordered) can, does, and says [`Filled::Doomed`] if one has another version. The value is
/// gone after [`Fill::ttl`].
///
/// **Renew, release.** Only the lease with that token is prolonged, or ended.
///
/// **Invalidate.** When it has answered `Ok`, a value target is gone, together with its lease; and a stamp target has a
/// version that it never had before, or is absent. `true` says that something was there. Invalidating what is not there
/// succeeds. An error means that it is not known whether it was done: the cache repeats it.
///
/// **Expire.** A value that is expired stays, byte by byte but for [one bit](crate::BLOB_EXPIRED), and for as long as it
/// would have stayed. Its lease is ended: what is being computed for it is not stored. What is not there is not made.
///
/// **Deadline.** Every method answers by its [`Deadline`], with an error of kind
/// [`Unavailable`](crate::ErrorKind::Unavailable) if the server has not. A server that is known to be down is an error
/// at once.
///
/// **Versions never return.** Nothing that was once read as a version is ever written again by anyone.
///
/// **Status.** It answers by its deadline with one entry for each server, however these are. A server that does not answer
/// is an entry that says so; what it does not tell, or not to this user, is left out. No password is in it.
///
/// **Scan.** Walked to its end, it has shown every name with that beginning that was there all the time; what came or went
/// meanwhile may be among them, and a name may come twice. A step looks at a bounded number of names.
///
/// A backend without leases ([`Caps::lease`] is false) grants to everyone, fills whenever it is asked to, and keeps the
/// promise on keys by a stamp for each value, whose version it reports as the [origin](Seen::origin). It need not prolong
/// the life of a stamp that is there already, which is then a miss when its time is over; and it may say that something
/// was there when it cannot tell.
#[async_trait]
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// What it can do, and its limits. The same each time.
    fn caps(&self) -> Caps;

    /// Reads values and stamps, all of them in one round trip.
    async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>>;

    /// Gets leases, and the versions that values computed from now on depend on.
    async fn acquire(&self, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>>;

    /// Stores values under their leases.
    async fn fill(&self, fills: &[Fill], deadline: Deadline) -> Vec<Result<Filled>>;

    /// Prolongs a lease to [`Acquire::lease`] from now. False: it is not there any more, the fill will be refused.
    async fn renew(&self, names: &Names, grant: &mut Grant, deadline: Deadline) -> Result<bool>;

    /// Ends a lease without storing, so that others need not wait for it.
    async fn release(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<()>;

    /// Invalidates values and stamps, all of them in one round trip.
    async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>>;

    /// What kind it is, in a word that is the same for all of a kind, such as `redis`. Tells nothing of where it is.
    fn kind(&self) -> &'static str {
        "backend"
    }

    /// How its servers are, as they say themselves. Unless it says otherwise nothing is known of any.
    async fn status(&self, deadline: Deadline) -> Vec<NodeStatus> {
        let _nobody = deadline;
        Vec::new()
    }

    /// One step of a walk through the names that begin with a text, by a cursor, of which each step shows where the next
    /// goes on.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](ErrorKind::Unsupported) if the backend cannot list names: unless it says otherwise, it cannot.
    async fn scan(&self, scan: &NameScan, deadline: Deadline) -> Result<NamePage> {
        let _nobody = (scan, deadline);
        let message = "this backend cannot list what it keeps: look up one key at a time";
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// Its own data types, for [collections](crate::collections); none, unless it says otherwise.
    fn collections(&self) -> Option<&dyn Collections> {
        None
    }

    /// Begins to watch: reads through the answer are followed by what becomes of what they have shown. It connects to
    /// nothing before the first read, and may be called outside of any runtime.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](ErrorKind::Unsupported) if the backend cannot tell of changes: unless it says otherwise, it cannot.
    fn watch(&self, watching: Watching) -> Result<Arc<dyn Watch>> {
        let _nobody = watching;
        let message = "this backend does not tell when values change: use `Freshness::Strict` or `Freshness::Ttl`";
        Err(Error::new(ErrorKind::Unsupported, message))
    }
}
