//! ACQUIRE: the lease, and the versions that what is computed from now on depends on.

use super::messages::{self, Part};
use crate::{
    config::{Config, Kind, Role},
    driver::Step,
    event::Event,
    model::Action,
    state::{Blob, Nonce, OWN, RESULT, Reader, SLOTS, Stage},
    variants::Broken,
};

pub(crate) fn actions(config: &Config, at: usize, reader: &Reader, actions: &mut Vec<Action>) {
    if config.is_spread() {
        let todo = if reader.stage == Stage::Acquiring { reader.todo } else { outstanding(config, reader) };
        for message in messages::bits(todo) {
            actions.push(Action::Acquire(at, Part(message)));
        }
    } else {
        actions.push(Action::Acquire(at, Part(messages::VALUE | stamps(config))));
    }
}

/// The messages of an ACQUIRE on one server, which are one step.
fn stamps(config: &Config) -> u8 {
    config.slots(Config::acquires).fold(0, |mask, slot| mask | messages::stamp(slot))
}

/// The messages of an ACQUIRE that is spread over nodes: a lease, and the stamps of which no version is known yet.
fn outstanding(config: &Config, reader: &Reader) -> u8 {
    let mut todo = if config.has_leases() { messages::VALUE } else { 0 };
    for slot in config.slots(Config::acquires) {
        if config.kind == Kind::Stamped || reader.stage == Stage::Idle || reader.versions[slot] == 0 {
            todo |= messages::stamp(slot);
        }
    }
    todo
}

impl Step<'_> {
    pub(crate) fn acquire(&mut self, at: usize, message: u8) {
        if self.state.readers[at].stage != Stage::Acquiring {
            let reader = &self.state.readers[at];
            let spread = self.config.is_spread();
            let todo = if spread { outstanding(self.config, reader) } else { message };
            self.state.readers[at].stage = Stage::Acquiring;
            self.state.readers[at].todo = todo;
        }
        let refreshes = self.config.readers[at].0 == Role::Refresher;
        if message & messages::VALUE != 0 {
            if !refreshes && self.state.readers[at].seen.id != self.state.server.value.id {
                self.changed(at);
                return;
            }
            self.lease(at, refreshes);
        }
        for slot in self.config.slots(Config::acquires) {
            if message & messages::stamp(slot) != 0 {
                self.state.readers[at].versions[slot] = self.version_for(at, slot);
                self.note_hold(at, slot);
            }
        }
        self.state.readers[at].todo &= !message;
        if self.state.readers[at].todo == 0 {
            self.granted(at);
        }
    }

    /// Somebody has stored since the READ: nothing is granted.
    fn changed(&mut self, at: usize) {
        self.note(Event::Changed);
        if self.config.kind != Kind::Single {
            // The stamps are elsewhere, or the body is.
            self.restart(at);
            return;
        }
        let server = self.state.server;
        let asked = messages::of_read(self.config);
        let reader = &mut self.state.readers[at];
        (reader.seen, reader.token) = (server.value, server.lease);
        for slot in messages::slots(asked) {
            reader.versions[slot] = server.stamps[slot];
        }
        reader.held = server.held;
        if self.config.result_tags.is_some() && server.value.id != 0 {
            // The tags that are named in that value are still to be read.
            reader.versions[RESULT] = 0;
            reader.stage = Stage::Reading;
            reader.todo = messages::stamp(RESULT);
            return;
        }
        self.found(at);
    }

    fn lease(&mut self, at: usize, refreshes: bool) {
        if refreshes && self.config.breaks(Broken::RefreshWithoutLease) {
            return;
        }
        if self.state.server.lease == 0 || refreshes {
            if self.state.server.lease != 0 {
                self.note(Event::TakenOver);
            }
            self.state.server.lease = self.nonce();
        } else {
            self.note(Event::Follows);
        }
        let token = self.state.server.lease;
        let reader = &mut self.state.readers[at];
        reader.token = token;
        // Nothing that is stored will be served to this call any more: what it computes is new enough for any call that
        // began before.
        reader.seen = Blob::default();
        (reader.floor, reader.own, reader.hit_floor) = (0, 0, 0);
    }

    fn granted(&mut self, at: usize) {
        let Reader { left, token, mut versions, held, made_up, .. } = self.state.readers[at];
        if self.config.breaks(Broken::StampsAfter) {
            versions = [0; SLOTS];
        }
        // Without leases the stamp of the value stands for one.
        let token = if self.config.has_leases() {
            token
        } else if self.config.coalesce {
            versions[OWN]
        } else {
            0
        };
        let stage = Stage::Granted;
        self.state.readers[at] = Reader { stage, left, token, versions, held, made_up, ..Reader::default() };
    }

    fn version_for(&mut self, at: usize, slot: usize) -> Nonce {
        if self.config.breaks(Broken::MissingIsValid) {
            self.state.server.stamps[slot]
        } else if self.config.breaks(Broken::MintedAtFill) && self.state.server.stamps[slot] == 0 {
            self.state.readers[at].made_up |= messages::stamp(slot);
            self.nonce()
        } else {
            self.version_or_mint(slot)
        }
    }

    /// Whether the version that a reader has just got is one of a hold.
    pub(crate) fn note_hold(&mut self, at: usize, slot: usize) {
        let held = self.state.server.held & (1 << slot);
        let reader = &mut self.state.readers[at];
        reader.held = reader.held & !(1 << slot) | held;
    }

    /// The version of a stamp; a fresh one if there was none.
    pub(crate) fn version_or_mint(&mut self, slot: usize) -> Nonce {
        if self.state.server.stamps[slot] == 0 {
            self.state.server.stamps[slot] = if self.config.breaks(Broken::Counters) { 1 } else { self.nonce() };
        }
        self.state.server.stamps[slot]
    }
}
