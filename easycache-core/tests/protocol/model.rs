//! The model as the checker sees it: which steps are possible in a state, where each leads, what must hold.

use stateright::{Model, Property};

use crate::{
    actors::{self, messages::Part},
    config::{G, M, RYI},
    driver::{Protocol, Step},
    state::State,
};

/// One step of one participant. Readers and writers are told apart by their place in the configuration; since
/// interchangeable readers change places in a [canonical](State::canonical) state, the number of one may change from
/// step to step of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A writer holds its tag.
    Hold(usize),
    /// A writer ends: before its commit, or after it.
    Abandon(usize),
    /// A writer commits to the database.
    Commit(usize),
    /// One message of an invalidation arrives at the server: the bit of its place.
    Invalidate(usize, u8),
    /// The answer arrives: the invalidation returns.
    Acknowledge(usize),
    /// There is no answer in time: the invalidation returns an error.
    Fail(usize),
    /// What was sent in vain is sent again.
    Retry(usize),
    /// Messages of a READ are answered. The first one begins a call.
    Read(usize, Part),
    /// A whole call in quarantine, which does not touch the cache.
    Bypass(usize),
    /// A reader joins the flight of another one.
    Join(usize, usize),
    /// A message of an ACQUIRE is answered.
    Acquire(usize, Part),
    /// A caller is given what its ACQUIRE has found.
    Serve(usize),
    /// The computation reads the database.
    Compute(usize),
    /// A message about the tags of the result is answered.
    Check(usize, Part),
    /// FILL, and the caller is given its value.
    Fill(usize),
    /// A caller ends in the middle of its call, its lease stays.
    Crash(usize),
    /// The value is evicted, or its time is over.
    LoseValue,
    /// The lease's time is over.
    LoseLease,
    /// A stamp is evicted.
    LoseStamp(usize),
    /// Everything is lost at once.
    LoseAll,
    /// The replica catches up.
    Replicate,
}

impl Step<'_> {
    /// Something that was never there before.
    pub(crate) fn nonce(&mut self) -> u8 {
        let nonce = self.state.fresh;
        self.state.fresh += 1;
        nonce
    }
}

pub(crate) const HOLDS_G: &str = "G: no read after an invalidation is older than that";
pub(crate) const HOLDS_M: &str = "M: hits do not go back in time";
pub(crate) const HOLDS_RYI: &str = "RYI: no read is older than what its own process has tried to invalidate";

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::first(&self.config)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.broken != 0 {
            return;
        }
        actors::writer::actions(&self.config, state, actions);
        actors::reader::actions(&self.config, state, actions);
        actors::environment::actions(&self.config, state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut step = self.step(last);
        match action {
            Action::Hold(writer) => step.hold(writer),
            Action::Abandon(writer) => step.abandon(writer),
            Action::Commit(writer) => step.commit(writer),
            Action::Invalidate(writer, message) => step.invalidate(writer, message),
            Action::Acknowledge(writer) => step.acknowledge(writer),
            Action::Fail(writer) => step.fail(writer),
            Action::Retry(writer) => step.retry(writer),
            Action::Read(reader, Part(messages)) => step.read(reader, messages),
            Action::Bypass(reader) => step.bypass(reader),
            Action::Join(reader, leader) => step.join(reader, leader),
            Action::Acquire(reader, Part(message)) => step.acquire(reader, message),
            Action::Serve(reader) => step.serve(reader),
            Action::Compute(reader) => step.compute(reader),
            Action::Check(reader, Part(message)) => step.check(reader, message),
            Action::Fill(reader) => step.fill(reader),
            Action::Crash(reader) => step.crash(reader),
            Action::LoseValue | Action::LoseLease | Action::LoseStamp(_) | Action::LoseAll => step.lose(action),
            Action::Replicate => step.replicate(),
        }
        Some(step.state.canonical(&self.config))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        self.checked([
            (G, Property::always(HOLDS_G, |_, state: &State| state.broken & G == 0)),
            (M, Property::always(HOLDS_M, |_, state: &State| state.broken & M == 0)),
            (RYI, Property::always(HOLDS_RYI, |_, state: &State| state.broken & RYI == 0)),
        ])
    }
}
