//! Flights: computations that calls of one process share.

use super::reader;
use crate::{
    config::{Config, Role},
    driver::Step,
    event::Event,
    model::Action,
    state::{CLOCK, Reader, Stage, State, index},
    variants::Broken,
};

/// Who may be joined by a reader that has missed.
pub(crate) fn actions(config: &Config, state: &State, at: usize, actions: &mut Vec<Action>) {
    // A call that is joined leads its flight, and cannot join another.
    if !config.coalesce || state.has_joiners(at) {
        return;
    }
    for leader in 0..config.readers.len() {
        if leader != at && config.readers[leader].1 == config.readers[at].1 && may_join(config, state, at, leader) {
            actions.push(Action::Join(at, leader));
        }
    }
}

fn may_join(config: &Config, state: &State, at: usize, leader: usize) -> bool {
    let (me, flight) = (&state.readers[at], &state.readers[leader]);
    match flight.stage {
        // What has not begun will read what was committed before.
        Stage::Missed | Stage::Acquiring | Stage::Found | Stage::Granted => true,
        Stage::Checking | Stage::Computed => {
            // Under a hold nobody can tell whether the commit was made since.
            let held = me.held != 0 && !config.breaks(Broken::JoinUnderHold);
            config.breaks(Broken::JoinRunning)
                || (!held && same_token(config, me, flight) && same_versions(config, me, flight))
        }
        Stage::Idle | Stage::Reading | Stage::Joined => false,
    }
}

fn same_token(config: &Config, me: &Reader, flight: &Reader) -> bool {
    config.breaks(Broken::JoinWithoutToken) || (me.token != 0 && me.token == flight.token)
}

fn same_versions(config: &Config, me: &Reader, flight: &Reader) -> bool {
    config.breaks(Broken::JoinWithoutVersions)
        || config.slots(Config::acquires).all(|slot| {
            let equal = me.versions[slot] != 0 && me.versions[slot] == flight.versions[slot];
            equal || (slot == CLOCK && config.breaks(Broken::JoinWithoutClock))
        })
}

impl Step<'_> {
    pub(crate) fn join(&mut self, at: usize, leader: usize) {
        let running = matches!(self.state.readers[leader].stage, Stage::Checking | Stage::Computed);
        self.note(if running { Event::JoinedRunning } else { Event::JoinedEarly });
        let reader = &mut self.state.readers[at];
        *reader = Reader {
            stage: Stage::Joined,
            left: reader.left,
            floor: reader.floor,
            own: reader.own,
            hit_floor: reader.hit_floor,
            leader: index(leader),
            ..Reader::default()
        };
    }

    /// The answer of an ACQUIRE that found a valid value instead of granting anything.
    pub(crate) fn found(&mut self, at: usize) {
        let reader = self.state.readers[at];
        if !reader::is_valid(self.config, reader.seen, reader.versions) {
            self.miss(at);
        } else if self.config.coalesce {
            // Others may join until this is known.
            self.state.readers[at] = Reader {
                stage: Stage::Found,
                left: reader.left,
                floor: reader.floor,
                own: reader.own,
                hit_floor: reader.hit_floor,
                commit: reader.seen.commit,
                ..Reader::default()
            };
        } else {
            self.hit(at, reader.seen.commit);
        }
    }

    pub(crate) fn serve(&mut self, at: usize) {
        self.hit(at, self.state.readers[at].commit);
    }

    /// A flight ends with a value that was stored, not computed: it may have been read before somebody joined. Those
    /// read for themselves.
    pub(crate) fn send_joiners_back(&mut self, leader: usize, commit: u8) {
        for at in 0..self.config.readers.len() {
            if !self.waits_for(at, leader) {
                continue;
            }
            if self.config.breaks(Broken::JoinersTakeFound) {
                self.check_promises(at, commit);
                self.end(at);
            } else {
                self.note(Event::SentBack);
                self.restart(at);
            }
        }
    }

    /// A flight ends with what was computed: everyone who has joined gets it.
    pub(crate) fn publish(&mut self, leader: usize, commit: u8) {
        for at in 0..self.config.readers.len() {
            if self.waits_for(at, leader) {
                self.check_promises(at, commit);
                self.end(at);
            }
        }
        self.end(leader);
    }

    /// The caller is gone. Its lease stays until its time is over.
    pub(crate) fn crash(&mut self, leader: usize) {
        self.state.crashes -= 1;
        for at in 0..self.config.readers.len() {
            if self.waits_for(at, leader) {
                self.note(Event::SentBack);
                self.restart(at);
            }
        }
        self.end(leader);
    }

    fn waits_for(&self, at: usize, leader: usize) -> bool {
        let reader = &self.state.readers[at];
        debug_assert!(reader.stage != Stage::Joined || self.config.readers[at].0 == Role::Reader);
        reader.stage == Stage::Joined && usize::from(reader.leader) == leader
    }
}
