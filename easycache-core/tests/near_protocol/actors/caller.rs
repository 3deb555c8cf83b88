//! Callers: a hit, or a read that is watched; then what it has shown is kept, or a computation is stored.

use crate::{
    config::{Config, Fills, G, PATIENCE, RYI},
    driver::Step,
    event::Event,
    model::Action,
    state::{ALL, CallId, Caller, Request, Stage, State, Stored},
    variants::Broken,
};

pub(crate) fn actions(config: &Config, state: &State, actions: &mut Vec<Action>) {
    for (at, caller) in state.callers.iter().enumerate().take(config.callers) {
        match caller.stage {
            // A call in quarantine computes, and has nothing to do with what is near.
            Stage::Idle if caller.left == 0 || state.quarantine => {}
            Stage::Idle if may_hit(config, state) => actions.push(Action::Hit(at)),
            Stage::Idle => actions.push(Action::Ask(at)),
            Stage::Answered | Stage::Filled => actions.push(Action::Wake(at)),
            Stage::Missed => actions.push(Action::Acquire(at)),
            Stage::Granted => actions.push(Action::Compute(at)),
            Stage::Computed => actions.push(Action::Fill(at)),
            Stage::Asking | Stage::Filling => {}
        }
    }
}

/// Something is near, and every server that would tell of its end has been heard of in time.
fn may_hit(config: &Config, state: &State) -> bool {
    let heard_of = if config.breaks(Broken::OneNodeFresh) { 1 } else { config.nodes };
    let in_time = |fresh: Option<u8>| fresh.is_some_and(|fresh| state.now - fresh <= PATIENCE);
    state.near.is_some() && state.links[..heard_of].iter().all(|link| in_time(link.fresh))
}

impl Step<'_> {
    pub(crate) fn hit(&mut self, at: usize) {
        let Some(near) = self.state.near else { return };
        for (promise, floor) in self.state.floors() {
            if near < floor {
                self.breach(promise);
            }
        }
        self.state.callers[at].left -= 1;
        self.note(Event::NearHit);
    }

    /// The tickets are taken, and then the reads are sent.
    pub(crate) fn ask(&mut self, at: usize) {
        if self.state.near.is_some() {
            self.note(Event::NotFresh);
        }
        let (floor, own) = (self.state.acknowledged(), self.state.own);
        let caller = &mut self.state.callers[at];
        let (left, waits) = (caller.left - 1, (1 << self.config.nodes) - 1);
        *caller = Caller { stage: Stage::Asking, left, waits, ticket: ALL, floor, own, ..Caller::default() };
        let call = self.call(at);
        for node in 0..self.config.nodes {
            self.send(node, Request::Read(call));
        }
    }

    fn call(&self, at: usize) -> CallId {
        CallId { caller: at.try_into().expect("there are few"), left: self.state.callers[at].left }
    }

    /// The caller gets to see what has come.
    pub(crate) fn wake(&mut self, at: usize) {
        let caller = self.state.callers[at];
        for (promise, floor) in [(G, caller.floor), (RYI, caller.own)] {
            if caller.seen.commit < floor {
                self.breach(promise);
            }
        }
        if !self.keep(caller.seen.commit, caller.ticket) {
            self.note(Event::TicketGone);
        } else if caller.stage == Stage::Filled {
            self.note(Event::OwnFillKept);
        }
        self.end_call(at);
    }

    pub(crate) fn acquire(&mut self, at: usize) {
        self.grant(at);
        self.state.callers[at].stage = Stage::Granted;
    }

    pub(crate) fn compute(&mut self, at: usize) {
        let db = self.state.db;
        let caller = &mut self.state.callers[at];
        (caller.seen.commit, caller.stage) = (db, Stage::Computed);
    }

    pub(crate) fn fill(&mut self, at: usize) {
        match self.config.fills {
            Fills::Apart => {
                self.store(at);
                self.end_call(at);
            }
            Fills::Watched => {
                (self.state.callers[at].ticket, self.state.callers[at].stage) = (ALL, Stage::Filling);
                let call = self.call(at);
                self.send(0, Request::Fill(call));
            }
        }
    }

    /// Nothing of it matters any more.
    pub(crate) fn end_call(&mut self, at: usize) {
        let left = self.state.callers[at].left;
        self.state.callers[at] = Caller { stage: Stage::Idle, left, seen: Stored::default(), ..Caller::default() };
    }
}
