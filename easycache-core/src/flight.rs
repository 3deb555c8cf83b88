//! Single flight: one computation for each key at a time, whose result all who may have it share.
//!
//! A flight is also the lease of its key: a value is stored only by a flight that is still in the table. An
//! invalidation of the key takes the flight out, and so does the first fill; whoever comes too late is refused.

mod wait;

use std::{
    any::{Any, TypeId},
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicU64 as Numbers, Ordering::Relaxed},
    },
};

use crate::{
    backend::{self, Token},
    identity::{ByKey, Identity},
    inside,
    local::{EntryRef, Schema, section},
    stamp::{Stamps, Version, moved},
    stats::Refusal,
    sync::{AtomicU64, Map, Mutex, Ordering, Sharded, lock, thread},
};

use self::wait::State;
pub(crate) use self::wait::{Landing, Wait, block_on};

/// What a caller is about to compute, and what it has read of the stamps *before* that.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) identity: Arc<Identity>,
    pub(crate) schema: Schema,
    pub(crate) value: TypeId,
    pub(crate) stamps: Stamps,
    pub(crate) born: Version,
    /// Whether callers may share the result.
    pub(crate) coalesce: bool,
    pub(crate) caller: Caller,
}

/// How a caller waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// By blocking its thread.
    Sync,
    /// By yielding to its executor.
    Async,
    /// By blocking its thread, together with others of the same batch: the thread drives all of them.
    Batch(u64),
}

impl Caller {
    /// For the calls of a batch whose thread blocks.
    pub(crate) fn batch() -> Self {
        static NUMBERS: Numbers = Numbers::new(0);
        Self::Batch(NUMBERS.fetch_add(1, Relaxed))
    }
}

/// A computation under way.
#[derive(Debug)]
pub(crate) struct Flight {
    plan: Plan,
    thread: thread::ThreadId,
    state: Mutex<State>,
    /// 1 when it is among those that are awaited.
    watched: AtomicU64,
    /// Set when a computation beside a backend begins.
    began: OnceLock<Began>,
    /// 1 when its computation has come to an error.
    failed: AtomicU64,
    /// What somebody who waits has left for whoever computes.
    left: Mutex<Option<Box<dyn Any + Send>>>,
}

/// What a computation beside a backend is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Began {
    /// On a lease, and the versions of its stamps.
    Under(Grounds),
    /// On nothing that another caller could compare with what it has read itself.
    Unfounded,
}

/// What a caller has read in a backend, at some instant since it called: it may share a computation that is based on
/// just that, for nothing it depends on has been invalidated in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grounds {
    pub(crate) lease: Token,
    pub(crate) origin: backend::Version,
    pub(crate) versions: Vec<backend::Version>,
}

/// What a caller can tell of what it would compute on, beside a backend.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Basis<'a> {
    Known(&'a Grounds),
    /// It has to ask for a lease to know.
    Unknown,
    /// Nothing that could be compared.
    None,
}

/// All computations under way in a cache.
#[derive(Debug)]
pub(crate) struct FlightTable {
    flights: Sharded<Map<ByKey, Arc<Flight>>>,
    /// Those that somebody waits or has waited for. Not all are in the table: one whose key was invalidated is out of
    /// it, and those who wait for it lose their patience all the same.
    awaited: Mutex<Vec<Weak<Flight>>>,
}

/// What a caller that has missed is to do.
#[derive(Debug)]
pub(crate) enum Role {
    /// Take this: somebody stored it meanwhile.
    Hit(EntryRef),
    /// Compute, and let others have the result. The flight whose place it takes is under way still; it is told if its
    /// result is one for this caller.
    Lead(Arc<Flight>, Option<Arc<Flight>>),
    /// Wait for the result of another caller.
    Join(Arc<Flight>),
    /// Compute for yourself; whoever is first may store. With a plan of your own, if the flight's is not yours as well.
    Share(Arc<Flight>, Option<Plan>),
    /// Find out what you would compute on: somebody else may be computing just that.
    Compare,
    /// Compute for yourself, and do not store: the leader of this very flight is waiting for you.
    Alone,
}

impl FlightTable {
    pub(crate) fn new() -> Self {
        Self { flights: Sharded::new(64), awaited: Mutex::new(Vec::new()) }
    }

    /// Finds the role of a caller that has missed. `recheck` looks once more, now that nobody can store.
    pub(crate) fn enter(&self, plan: Plan, recheck: impl FnOnce() -> Option<EntryRef>) -> Role {
        let _section = section();
        let mut flights = self.flights.of(plan.identity.key());
        if let Some(flight) = flights.get(plan.identity.key()).filter(|flight| flight.stands()) {
            return flight.role_for(plan);
        }
        // A flight that left no trace may have stored between this caller's miss and the lock.
        match recheck() {
            Some(entry) => Role::Hit(entry),
            None => Role::Lead(take_off(&mut flights, plan), None),
        }
    }

    /// Finds the role of a caller that has missed in a backend.
    pub(crate) fn enter_beside(&self, plan: Plan, basis: Basis<'_>) -> Role {
        let _section = section();
        let mut flights = self.flights.of(plan.identity.key());
        let under_way = flights.get(plan.identity.key()).cloned();
        if let Some(flight) = &under_way {
            if inside::is_polling(flight) || flight.can_be_shared_on(basis) {
                return flight.role_for(plan);
            }
            if matches!(basis, Basis::Unknown) && flight.is_for(&plan) && flight.grounds().is_some() {
                return Role::Compare;
            }
        }
        let before = under_way.filter(|flight| flight.is_for(&plan));
        Role::Lead(take_off(&mut flights, plan), before)
    }

    /// Begins a flight, unless one is under way, on which a caller could land that has not missed.
    pub(crate) fn take_off_alone(&self, plan: Plan) -> Option<Arc<Flight>> {
        let _section = section();
        let mut flights = self.flights.of(plan.identity.key());
        let is_taken = flights.get(plan.identity.key()).is_some_and(|flight| flight.stands());
        (!is_taken).then(|| take_off(&mut flights, plan))
    }

    /// Begins a flight in the place of whatever is under way: its result is newer.
    pub(crate) fn replace(&self, plan: Plan) -> Arc<Flight> {
        let _section = section();
        take_off(&mut self.flights.of(plan.identity.key()), plan)
    }

    /// The store routine's gate: `put` stores, if the flight still has the lease of its key. It has it no longer then.
    pub(crate) fn fill(&self, flight: &Arc<Flight>, put: impl FnOnce() -> Result<(), Refusal>) -> Result<(), Refusal> {
        let _section = section();
        let mut flights = self.flights.of(flight.key());
        if !take_out(&mut flights, flight) {
            return Err(Refusal::Lost);
        }
        put()
    }

    /// Ends the flight without storing.
    pub(crate) fn abandon(&self, flight: &Arc<Flight>) {
        let _section = section();
        take_out(&mut self.flights.of(flight.key()), flight);
    }

    /// Takes the lease of `key` from whoever computes it, and does `also` before anyone can get a new one.
    pub(crate) fn revoke<R>(&self, key: &str, also: impl FnOnce() -> R) -> R {
        let _section = section();
        let mut flights = self.flights.of(key);
        flights.remove(key);
        also()
    }

    /// Does something to what is kept under `key`, under the lock of its flights.
    pub(crate) fn hold<R>(&self, key: &str, f: impl FnOnce() -> R) -> R {
        let _section = section();
        let _flights = self.flights.of(key);
        f()
    }

    /// Lets [`wake_all`](Self::wake_all) know of a flight. To be called before waiting for it.
    pub(crate) fn watch(&self, flight: &Arc<Flight>) {
        if flight.watched.swap(1, Ordering::AcqRel) != 0 {
            return;
        }
        let mut awaited = lock(&self.awaited);
        if awaited.len() == awaited.capacity() {
            awaited.retain(|flight| flight.strong_count() > 0);
        }
        awaited.push(Arc::downgrade(flight));
    }

    /// Wakes everyone who waits for a flight, to look at the time. Returns whether anyone does.
    pub(crate) fn wake_all(&self) -> bool {
        let flights = {
            let mut awaited = lock(&self.awaited);
            awaited.retain(|flight| flight.strong_count() > 0);
            awaited.iter().filter_map(Weak::upgrade).collect::<Vec<_>>()
        };
        flights.iter().fold(false, |anyone, flight| flight.wake_waiting() | anyone)
    }
}

fn take_off(flights: &mut Map<ByKey, Arc<Flight>>, plan: Plan) -> Arc<Flight> {
    let key = ByKey(Arc::clone(&plan.identity));
    let state = Mutex::new(State::default());
    let flight = Arc::new(Flight {
        plan,
        thread: thread::current().id(),
        state,
        watched: AtomicU64::new(0),
        began: OnceLock::new(),
        failed: AtomicU64::new(0),
        left: Mutex::new(None),
    });
    flights.insert(key, Arc::clone(&flight));
    flight
}

/// Removes just that flight; returns whether it was there.
fn take_out(flights: &mut Map<ByKey, Arc<Flight>>, flight: &Arc<Flight>) -> bool {
    let is_there = flights.get(flight.key()).is_some_and(|other| Arc::ptr_eq(other, flight));
    if is_there {
        flights.remove(flight.key());
    }
    is_there
}

impl Flight {
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    fn key(&self) -> &str {
        self.plan.identity.key()
    }

    /// Whether nothing it depends on has been invalidated since it began.
    fn stands(&self) -> bool {
        moved(&self.plan.stamps, self.plan.born).is_none()
    }

    /// Notes what the computation is based on, just before it begins.
    pub(crate) fn begin(&self, began: Began) {
        // A second time: it was tried under another lease before, and did not begin.
        let _again = self.began.set(began);
    }

    /// The computation has come to an error.
    pub(crate) fn fail(&self) {
        self.failed.store(1, Ordering::Release);
    }

    /// Whether the computation has come to an error, and not just to nothing.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire) == 1
    }

    /// Leaves something for whoever computes: it is there as long as the flight is.
    pub(crate) fn leave(&self, what: impl Any + Send) {
        *lock(&self.left) = Some(Box::new(what));
    }

    /// Takes what was left.
    pub(crate) fn take_left<T: Any>(&self) -> Option<T> {
        let left = lock(&self.left).take()?;
        left.downcast().ok().map(|left| *left)
    }

    /// Whether the computation has begun, on just these grounds.
    pub(crate) fn is_based_on(&self, grounds: Option<&Grounds>) -> bool {
        matches!((self.began.get(), grounds), (Some(Began::Under(mine)), Some(theirs)) if mine == theirs)
    }

    /// Whether a caller may have the result. What has not begun yet is as new as any caller.
    fn can_be_shared_on(&self, basis: Basis<'_>) -> bool {
        match (self.began.get(), basis) {
            (None, _) => true,
            (Some(Began::Under(mine)), Basis::Known(theirs)) => mine == theirs,
            (Some(_), _) => false,
        }
    }

    /// What the computation is based on, if it has begun, and on something that others can compare.
    pub(crate) fn grounds(&self) -> Option<&Grounds> {
        match self.began.get() {
            Some(Began::Under(grounds)) => Some(grounds),
            _ => None,
        }
    }

    /// What a caller with that plan is to do while this flight, which stands, is under way.
    fn role_for(self: &Arc<Self>, plan: Plan) -> Role {
        if inside::is_polling(self) {
            Role::Alone
        } else if !self.is_for(&plan) {
            Role::Share(Arc::clone(self), Some(plan))
        } else if self.can_be_awaited_by(plan.caller) {
            Role::Join(Arc::clone(self))
        } else {
            Role::Share(Arc::clone(self), None)
        }
    }

    /// Whether the result answers a lookup with that plan.
    fn is_for(&self, plan: &Plan) -> bool {
        let mine = &self.plan;
        mine.coalesce
            && plan.coalesce
            && mine.value == plan.value
            && mine.schema == plan.schema
            && mine.identity.tags() == plan.identity.tags()
    }

    /// A blocked thread cannot poll a leader that is a future, and nobody can wait for a leader further up their own
    /// stack.
    pub(crate) fn can_be_awaited_by(&self, caller: Caller) -> bool {
        match (self.plan.caller, caller) {
            (Caller::Async, Caller::Async) => true,
            (Caller::Async, Caller::Sync | Caller::Batch(_)) => false,
            // Its leader is driven by the same thread as whoever waits: by the same loop, or further up the stack.
            (Caller::Batch(mine), Caller::Batch(theirs)) if mine == theirs => true,
            (Caller::Sync | Caller::Batch(_), _) => self.thread != thread::current().id(),
        }
    }
}
