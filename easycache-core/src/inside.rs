//! What a call is made inside of: computations of cached functions, scopes without caching, and requests.
//!
//! It is known by polling: whoever is polled on this thread further up the stack. What is awaited inside is inside, on
//! whichever thread; what is spawned is not.

mod around;
mod inherited;
mod leader;
mod polled;
pub(crate) mod requests;
pub(crate) mod scopes;

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use crate::{flight::Flight, request::Memory, sync::thread_local};

pub(crate) use self::{
    around::Around,
    inherited::{Inherited, Loss},
    leader::{Leader, poll_for, take_over},
    polled::Polled,
};
pub use self::{
    requests::{InRequest, RequestScope, in_this_request, request_scope},
    scopes::{bypass, no_store, no_store_scope},
};

thread_local! {
    /// What is being polled on this thread, innermost last.
    static LEVELS: RefCell<Vec<Level>> = const { RefCell::new(Vec::new()) };
    /// What of it a call has to mind.
    static MINDED: Cell<Minded> = const { Cell::new(Minded(0)) };
}

/// One thing that a call can be inside of.
#[derive(Debug)]
enum Level {
    /// A computation; of the flight at that address, if it has one.
    Computation {
        flight: usize,
        notes: Notes,
    },
    /// The leader of the flight at that address, who waits for what is computed in its name.
    Leader(usize),
    Scope,
    /// A request, and what it remembers.
    Request(Arc<Memory>),
}

/// What is noted of a computation while it runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    /// It has said itself that its result is not to be stored.
    pub(crate) no_store: bool,
    /// What was handed up to it, if it inherits.
    pub(crate) inherited: Option<Box<Inherited>>,
}

impl Notes {
    /// Takes over what was noted of a computation that was done for this one among others.
    fn join(&mut self, other: &Self) {
        self.no_store |= other.no_store;
        if let (Some(mine), Some(theirs)) = (&mut self.inherited, &other.inherited) {
            mine.join(theirs);
        }
    }
}

/// What a call has to mind, in bits: none of them, almost always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Minded(u8);

/// The innermost computation inherits.
const COLLECTS: u8 = 1;
/// Neither read nor store.
const BYPASSES: u8 = 2;
/// Do not store.
const STORES_NOTHING: u8 = 4;
/// The request around remembers what is read. Never in a computation: what that stores is for others, who have a right to
/// newer data.
const REMEMBERS: u8 = 8;

impl Minded {
    fn has(self, bits: u8) -> bool {
        self.0 & bits != 0
    }
}

/// Whether a hit has nothing to do but to be served. The one question that every hit asks.
#[inline]
pub(crate) fn is_plain() -> bool {
    !minded().has(COLLECTS | BYPASSES | REMEMBERS)
}

/// Whether a near tier may answer. What a near entry depends on says nothing to a computation that inherits: the backend
/// tells.
pub(crate) fn reads_near() -> bool {
    !minded().has(COLLECTS | BYPASSES)
}

/// Whether nothing may be read.
pub(crate) fn bypasses() -> bool {
    minded().has(BYPASSES)
}

/// Whether nothing may be stored.
pub(crate) fn stores_nothing() -> bool {
    minded().has(BYPASSES | STORES_NOTHING)
}

/// Whether the computation around inherits what is called in it.
pub(crate) fn collects() -> bool {
    minded().has(COLLECTS)
}

#[inline]
fn minded() -> Minded {
    MINDED.with(Cell::get)
}

/// What the request around remembers, for a call that may read.
pub(crate) fn memory() -> Option<Arc<Memory>> {
    if bypasses() { None } else { request() }
}

/// What the request around remembers, if there is one, and no computation in between.
fn request() -> Option<Arc<Memory>> {
    if !minded().has(REMEMBERS) {
        return None;
    }
    LEVELS.with(|levels| {
        levels.borrow().iter().rev().find_map(|level| match level {
            Level::Request(memory) => Some(Arc::clone(memory)),
            Level::Computation { .. } | Level::Leader(_) | Level::Scope => None,
        })
    })
}

/// Whether `flight`'s leader is further up this thread's stack.
pub(crate) fn is_polling(flight: &Flight) -> bool {
    let address = address(flight);
    LEVELS.with(|levels| levels.borrow().iter().any(|level| level.is_of(address)))
}

/// Hands up to the computation around, if it inherits.
pub(crate) fn hand_up(hand: impl FnOnce(&mut Inherited)) {
    if collects() {
        with_notes(|notes| notes.inherited.as_deref_mut().map(hand));
    }
}

/// Calls `f` with the notes of the innermost computation, if there is one.
fn with_notes<R>(f: impl FnOnce(&mut Notes) -> R) -> Option<R> {
    LEVELS.with(|levels| {
        let mut levels = levels.borrow_mut();
        let notes = levels.iter_mut().rev().find_map(|level| match level {
            Level::Computation { notes, .. } => Some(notes),
            Level::Leader(_) | Level::Scope | Level::Request(_) => None,
        });
        notes.map(f)
    })
}

fn address(flight: &Flight) -> usize {
    std::ptr::from_ref(flight).addr()
}

impl Level {
    fn is_of(&self, address: usize) -> bool {
        matches!(self, Self::Computation { flight, .. } | Self::Leader(flight) if *flight == address)
    }
}

/// One level, entered; left even if what runs inside panics.
#[derive(Debug)]
struct Frame<'a> {
    around: Minded,
    /// Where the notes of a computation are kept while it is not polled.
    notes: Option<&'a mut Notes>,
}

impl<'a> Frame<'a> {
    /// Enters a computation.
    fn computation(flight: usize, notes: &'a mut Notes) -> Self {
        let collects = if notes.inherited.is_some() { COLLECTS } else { 0 };
        let level = Level::Computation { flight, notes: std::mem::take(notes) };
        Self::enter(level, minded().0 & !(COLLECTS | REMEMBERS) | collects, Some(notes))
    }

    /// Enters what a leader waits for.
    fn leader(flight: usize) -> Self {
        Self::enter(Level::Leader(flight), minded().0, None)
    }

    /// Enters a scope.
    fn scope(bits: u8) -> Self {
        Self::enter(Level::Scope, minded().0 | bits, None)
    }

    /// Enters a request. In a computation there is none.
    fn request(memory: &Arc<Memory>) -> Self {
        let computes = |level: &Level| matches!(level, Level::Computation { .. });
        let remembers = if LEVELS.with(|levels| levels.borrow().iter().any(computes)) { 0 } else { REMEMBERS };
        Self::enter(Level::Request(Arc::clone(memory)), minded().0 | remembers, None)
    }

    fn enter(level: Level, bits: u8, notes: Option<&'a mut Notes>) -> Self {
        LEVELS.with(|levels| levels.borrow_mut().push(level));
        Self { around: MINDED.with(|now| now.replace(Minded(bits))), notes }
    }
}

impl Drop for Frame<'_> {
    fn drop(&mut self) {
        MINDED.with(|now| now.set(self.around));
        let left = LEVELS.with(|levels| levels.borrow_mut().pop());
        if let (Some(Level::Computation { notes, .. }), Some(kept)) = (left, &mut self.notes) {
            **kept = notes;
        }
    }
}
