//! The computation, the tags that it has brought, and FILL.

use super::messages::{self, Part};
use crate::{
    config::{Config, Kind, Recheck, Role},
    driver::Step,
    event::Event,
    model::Action,
    state::{Blob, CLOCK, RESULT, SLOTS, Stage, TWIN},
    variants::Broken,
};

const CLOCK_READ: u8 = messages::stamp(CLOCK);
const TAGS_READ: u8 = messages::stamp(RESULT);

pub(crate) fn check_actions(config: &Config, at: usize, todo: u8, actions: &mut Vec<Action>) {
    if config.is_spread() {
        for message in messages::bits(todo) {
            actions.push(Action::Check(at, Part(message)));
        }
    } else {
        actions.push(Action::Check(at, Part(todo)));
    }
}

impl Step<'_> {
    pub(crate) fn compute(&mut self, at: usize) {
        let config = self.config;
        let reader = &mut self.state.readers[at];
        reader.commit = self.state.db;
        match config.result_tags {
            None => reader.stage = Stage::Computed,
            Some(recheck) => {
                reader.stage = Stage::Checking;
                reader.todo = match recheck {
                    Recheck::MintThenRead => TAGS_READ,
                    Recheck::AtOnce if config.breaks(Broken::MintedAfterClock) => CLOCK_READ,
                    Recheck::AtOnce => TAGS_READ | CLOCK_READ,
                };
            }
        }
    }

    /// Whether what was true of the clock before the computation is still true.
    fn clock_stands(&self, at: usize) -> bool {
        let clock = self.state.server.stamps[CLOCK];
        (clock != 0 && clock == self.state.readers[at].versions[CLOCK]) || self.config.breaks(Broken::ClockUnchecked)
    }

    /// Reads the clock, the stamps of the result's tags, or both.
    pub(crate) fn check(&mut self, at: usize, message: u8) {
        if message & CLOCK_READ != 0 && !self.clock_stands(at) {
            self.note(Event::ClockMoved);
            self.give_up(at);
            return;
        }
        self.state.readers[at].todo &= !message;
        let minted = self.config.result_tags == Some(Recheck::MintThenRead);
        if minted && message == TAGS_READ {
            self.version_or_mint(RESULT);
            self.state.readers[at].todo = CLOCK_READ;
            return;
        }
        if minted || message == CLOCK_READ && self.config.breaks(Broken::MintedAfterClock) {
            let version = self.state.server.stamps[RESULT];
            self.state.readers[at].versions[RESULT] = version;
            if version == 0 && minted {
                self.give_up(at);
                return;
            }
            if version == 0 {
                self.state.readers[at].todo = TAGS_READ;
            }
        } else if message & TAGS_READ != 0 {
            self.state.readers[at].versions[RESULT] = self.version_or_mint(RESULT);
        }
        if self.state.readers[at].todo == 0 {
            self.state.readers[at].stage = Stage::Computed;
        }
    }

    /// The value is returned and not stored; the lease is released.
    fn give_up(&mut self, at: usize) {
        let reader = self.state.readers[at];
        if self.state.server.lease == reader.token {
            self.state.server.lease = 0;
        }
        self.publish(at, reader.commit);
    }

    pub(crate) fn fill(&mut self, at: usize) {
        if self.config.breaks(Broken::TwinAfter) {
            self.state.readers[at].versions[TWIN] = self.version_or_mint(TWIN);
        }
        if self.config.breaks(Broken::StampsAfter) {
            for slot in self.config.slots(Config::known) {
                self.state.readers[at].versions[slot] = self.version_or_mint(slot);
            }
        }
        for slot in messages::slots(self.state.readers[at].made_up) {
            self.state.server.stamps[slot] = self.state.readers[at].versions[slot];
        }
        if self.state.readers[at].held != 0 && !self.config.breaks(Broken::HoldIgnored) {
            self.note(Event::Held);
            self.give_up(at);
            return;
        }
        if !self.lease_allows(at) {
            self.note(Event::Lost);
        } else if self.sees_stamps_moved(at) {
            self.note(Event::Doomed);
            self.state.server.lease = 0;
        } else {
            self.store(at);
        }
        let commit = self.state.readers[at].commit;
        self.publish(at, commit);
    }

    fn lease_allows(&self, at: usize) -> bool {
        let (server, reader) = (&self.state.server, &self.state.readers[at]);
        let refreshes = self.config.readers[at].0 == Role::Refresher;
        if !self.config.has_leases()
            || self.config.breaks(Broken::FillWithoutToken)
            || (refreshes && self.config.breaks(Broken::RefreshWithoutLease))
        {
            return true;
        }
        if self.config.breaks(Broken::FillIfAbsent) {
            return server.value.id == 0;
        }
        let nobody = server.lease == 0 && self.config.breaks(Broken::FillAfterExpiry);
        nobody || (server.lease != 0 && server.lease == reader.token)
    }

    /// On one server the fill can see that its value would be dead. Elsewhere such a value is stored, and dead.
    fn sees_stamps_moved(&self, at: usize) -> bool {
        let (now, then) = (&self.state.server.stamps, &self.state.readers[at].versions);
        matches!(self.config.kind, Kind::Single | Kind::Replicated)
            && self.config.slots(Config::is_fresh_by).any(|slot| now[slot] != then[slot])
    }

    fn store(&mut self, at: usize) {
        self.note(Event::Stored);
        let id = self.nonce();
        let reader = &self.state.readers[at];
        let mut versions = [0; SLOTS];
        for slot in self.config.slots(Config::depends) {
            versions[slot] = reader.versions[slot];
        }
        self.state.server.value = Blob { id, commit: reader.commit, versions };
        self.state.server.lease = 0;
    }
}
