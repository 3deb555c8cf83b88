//! READ: what a call asks for, and what it makes of the answers.

use super::{
    fill, flight, grant,
    messages::{self, Part},
};
use crate::{
    config::{Config, G, Kind, M, RYI, Role},
    driver::Step,
    event::Event,
    model::Action,
    state::{Blob, OWN, Reader, SLOTS, Stage, State, TWIN, Versions},
    variants::Broken,
};

pub(crate) fn actions(config: &Config, state: &State, actions: &mut Vec<Action>) {
    for (at, &(role, home)) in config.readers.iter().enumerate() {
        let reader = &state.readers[at];
        match reader.stage {
            Stage::Idle if reader.left == 0 => {}
            Stage::Idle if state.quarantined(config, home) && !config.breaks(Broken::NoQuarantine) => {
                actions.push(Action::Bypass(at));
            }
            Stage::Idle if role == Role::Refresher => grant::actions(config, at, reader, actions),
            Stage::Idle => read_actions(config, at, messages::of_read(config), actions),
            Stage::Reading => read_actions(config, at, reader.todo, actions),
            Stage::Missed => {
                grant::actions(config, at, reader, actions);
                flight::actions(config, state, at, actions);
            }
            Stage::Acquiring => grant::actions(config, at, reader, actions),
            Stage::Found => actions.push(Action::Serve(at)),
            Stage::Granted => actions.push(Action::Compute(at)),
            Stage::Checking => fill::check_actions(config, at, reader.todo, actions),
            Stage::Computed => actions.push(Action::Fill(at)),
            Stage::Joined => {}
        }
        if state.crashes > 0 && matches!(reader.stage, Stage::Granted | Stage::Checking | Stage::Computed) {
            actions.push(Action::Crash(at));
        }
    }
}

fn read_actions(config: &Config, at: usize, todo: u8, actions: &mut Vec<Action>) {
    messages::next_of_read(config, todo, |part| actions.push(Action::Read(at, Part(part))));
}

/// Whether a value is valid under these versions.
pub(crate) fn is_valid(config: &Config, blob: Blob, versions: Versions) -> bool {
    let missing_is_valid = config.breaks(Broken::MissingIsValid);
    blob.id != 0
        && (0..SLOTS).all(|slot| {
            !config.is_fresh_by(slot)
                || (blob.versions[slot] == versions[slot] && (versions[slot] != 0 || missing_is_valid))
        })
}

/// Whether a value may be served that is not fresh: nothing was invalidated since it was computed.
fn is_servable(config: &Config, blob: Blob, versions: Versions) -> bool {
    let has_not_moved = versions[TWIN] != 0 && blob.versions[TWIN] == versions[TWIN];
    config.window && blob.id != 0 && (has_not_moved || config.breaks(Broken::TwinUnchecked))
}

impl Step<'_> {
    /// Begins a call: what has happened by now, it has to heed.
    fn begin(&mut self, at: usize) {
        let (_, home) = self.config.readers[at];
        let own = self.state.failed_commit(self.config, home);
        let reader = &mut self.state.readers[at];
        *reader = Reader {
            stage: Stage::Reading,
            left: reader.left,
            todo: messages::of_read(self.config),
            floor: self.state.acked,
            own,
            hit_floor: self.state.hit,
            ..Reader::default()
        };
    }

    /// Reads once more, in the same call.
    pub(crate) fn restart(&mut self, at: usize) {
        let reader = &mut self.state.readers[at];
        *reader = Reader {
            stage: Stage::Reading,
            left: reader.left,
            todo: messages::of_read(self.config),
            floor: reader.floor,
            own: reader.own,
            hit_floor: reader.hit_floor,
            ..Reader::default()
        };
    }

    /// A call in quarantine neither reads, joins nor fills. What it computes is read in the database now.
    pub(crate) fn bypass(&mut self, at: usize) {
        self.note(Event::Bypassed);
        self.end(at);
    }

    pub(crate) fn read(&mut self, at: usize, part: u8) {
        if self.state.readers[at].stage == Stage::Idle {
            self.begin(at);
        }
        let State { server, replica, .. } = self.state;
        let stamps = if self.config.breaks(Broken::AllFromReplica) { replica.stamps } else { server.stamps };
        let reader = &mut self.state.readers[at];
        if part & messages::VALUE != 0 {
            reader.seen = server.value;
            reader.header = if self.config.has_replica() { server.value.id } else { 0 };
            reader.token = server.lease;
        }
        if part & messages::BODY != 0 {
            reader.seen = replica.value;
        }
        if part & messages::HEADER != 0 {
            reader.header = server.value.id;
        }
        for slot in messages::slots(part) {
            reader.versions[slot] = stamps[slot];
        }
        for slot in messages::slots(part) {
            self.note_hold(at, slot);
        }
        let reader = &mut self.state.readers[at];
        reader.todo &= !part;
        if reader.seen.id == 0 && self.config.kind == Kind::Single {
            // There is no value that could tell more names.
            reader.todo = 0;
        }
        if reader.todo == 0 {
            self.read_all(at);
        }
    }

    fn read_all(&mut self, at: usize) {
        if messages::of_read(self.config) & messages::HEADER != 0 {
            let reader = &mut self.state.readers[at];
            if reader.header == 0 {
                reader.seen = Blob::default();
            } else if reader.seen.id != reader.header {
                reader.todo = messages::VALUE;
                self.note(Event::ReplicaLags);
                return;
            }
            self.note(Event::BodyOfReplica);
        }
        self.validate(at);
    }

    /// Everything is read: a hit, or a miss.
    pub(crate) fn validate(&mut self, at: usize) {
        let reader = self.state.readers[at];
        if is_valid(self.config, reader.seen, reader.versions) {
            self.hit(at, reader.seen.commit);
        } else if is_servable(self.config, reader.seen, reader.versions) {
            self.note(Event::Stale);
            self.hit(at, reader.seen.commit);
        } else {
            self.miss(at);
        }
    }

    /// Answers a call with a stored value.
    pub(crate) fn hit(&mut self, at: usize, commit: u8) {
        self.note(Event::Hit);
        self.check_promises(at, commit);
        if commit < self.state.readers[at].hit_floor {
            self.breach(M);
        }
        if self.config.promises & M != 0 {
            self.state.hit = self.state.hit.max(commit);
        }
        self.send_joiners_back(at, commit);
        self.end(at);
    }

    /// What is demanded of every value that a call returns.
    pub(crate) fn check_promises(&mut self, at: usize, commit: u8) {
        let Reader { floor, own, .. } = self.state.readers[at];
        if commit < floor {
            self.breach(G);
        }
        if commit < own {
            self.breach(RYI);
        }
    }

    /// Keeps what the next steps need of what was read, so that states which go on alike are alike.
    pub(crate) fn miss(&mut self, at: usize) {
        let config = self.config;
        let reader = &mut self.state.readers[at];
        let (token, seen, versions) = (reader.token, reader.seen.id, reader.versions);
        reader.stage = Stage::Missed;
        reader.todo = 0;
        reader.header = 0;
        reader.seen = Blob { id: if config.has_leases() { seen } else { 0 }, ..Blob::default() };
        reader.token = match (config.coalesce, config.has_leases()) {
            (false, _) => 0,
            (true, true) => token,
            // Who computes under the same stamp of the value computes the same.
            (true, false) => versions[OWN],
        };
        if !config.coalesce && config.kind != Kind::Cluster {
            (reader.versions, reader.held) = ([0; SLOTS], 0);
        }
        if !config.coalesce && !config.has_leases() {
            (reader.floor, reader.own, reader.hit_floor) = (0, 0, 0);
        }
    }

    /// The call has returned.
    pub(crate) fn end(&mut self, at: usize) {
        let reader = &mut self.state.readers[at];
        *reader = Reader { left: reader.left - 1, ..Reader::default() };
    }
}
