//! The model as the checker sees it: which steps are possible in a state, where each leads, what must hold.

use stateright::{Model, Property};

use crate::{
    actors,
    config::{AT_REST, B, G, RYI, STRICT},
    driver::Protocol,
    state::{Grounds, State},
};

/// One step of one participant, or of one connection, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A call is answered from near.
    Hit(usize),
    /// Tickets are taken, and a read is sent.
    Ask(usize),
    /// A caller sees what was answered, and keeps it if it may.
    Wake(usize),
    /// A lease is granted.
    Acquire(usize),
    /// The computation reads the database.
    Compute(usize),
    /// What was computed is stored, or sent to be.
    Fill(usize),
    /// A server answers what came first on a connection.
    Serve(usize),
    /// The next message from a server is seen to, or handed on.
    Deliver(usize),
    /// What was handed on is seen to.
    SeeTo(usize),
    /// A heartbeat is sent.
    Ping(usize),
    /// A connection breaks, and nobody notices.
    Break(usize),
    /// It is noticed, and there is another connection.
    Reconnect(usize),
    /// A writer commits, and sends the invalidation.
    Commit(usize),
    /// The invalidation arrives at the server.
    Invalidate(usize),
    /// The answer arrives: the invalidation returns.
    Acknowledge(usize),
    /// There is no answer in time: the invalidation returns an error.
    Fail(usize),
    /// What was sent in vain is sent again.
    Retry(usize),
    /// Something is evicted.
    Lose(Grounds),
    /// A server is emptied.
    LoseAll,
    /// Time passes.
    Tick,
}

pub(crate) const HOLDS_B: &str = "B: no hit is older than an invalidation of more than the bound ago";
pub(crate) const HOLDS_RYI: &str = "RYI: nothing is older than what its own process has tried to invalidate";
pub(crate) const HOLDS_AT_REST: &str = "at rest: nothing is near that is old, and of which nothing will be told";
pub(crate) const HOLDS_G: &str = "G: no read of a server is older than an invalidation that had returned";
pub(crate) const IS_STRICT: &str = "G of hits: none is older than an invalidation that had returned";

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::first(&self.config)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actors::caller::actions(&self.config, state, actions);
        actors::link::actions(&self.config, state, actions);
        actors::writer::actions(&self.config, state, actions);
        actors::environment::actions(&self.config, state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut step = self.step(last);
        match action {
            Action::Hit(caller) => step.hit(caller),
            Action::Ask(caller) => step.ask(caller),
            Action::Wake(caller) => step.wake(caller),
            Action::Acquire(caller) => step.acquire(caller),
            Action::Compute(caller) => step.compute(caller),
            Action::Fill(caller) => step.fill(caller),
            Action::Serve(node) => step.serve(node),
            Action::Deliver(node) => step.deliver(node),
            Action::SeeTo(node) => step.see_to(node),
            Action::Ping(node) => step.ping(node),
            Action::Break(node) => step.sever(node),
            Action::Reconnect(node) => step.reconnect(node),
            Action::Commit(writer) => step.commit(writer),
            Action::Invalidate(writer) => step.invalidate(writer),
            Action::Acknowledge(writer) => step.acknowledge(writer),
            Action::Fail(writer) => step.fail(writer),
            Action::Retry(writer) => step.retry(writer),
            Action::Lose(name) => step.lose(name),
            Action::LoseAll => step.lose_all(),
            Action::Tick => step.tick(),
        }
        Some(step.state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        self.checked([
            (B, Property::always(HOLDS_B, |_, state: &State| state.broken & B == 0)),
            (RYI, Property::always(HOLDS_RYI, |_, state: &State| state.broken & RYI == 0)),
            (AT_REST, Property::always(HOLDS_AT_REST, |_, state: &State| !state.is_stale_at_rest())),
            (G, Property::always(HOLDS_G, |_, state: &State| state.broken & G == 0)),
            (STRICT, Property::always(IS_STRICT, |_, state: &State| state.broken & STRICT == 0)),
        ])
    }
}
