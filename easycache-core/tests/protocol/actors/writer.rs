//! Writers: a commit, then INVALIDATE; and what a process does when that fails.

use super::messages;
use crate::{
    config::{Config, Covers, Kind},
    driver::Step,
    event::Event,
    model::Action,
    state::{Blob, CLOCK, OWN, PREFIX, Phase, RESULT, State, TAG, TWIN},
    variants::Broken,
};

/// What one message does at the server.
#[derive(Clone, Copy)]
enum Effect {
    /// Deletes the value, with its lease if there are leases.
    DropValue,
    /// Gives a stamp a version it never had, or deletes it.
    Move(usize),
}

/// The messages of an invalidation, in their order.
fn effects(config: &Config, covers: Covers) -> &'static [Effect] {
    use Effect::{DropValue, Move};
    match covers {
        Covers::Key if config.kind == Kind::Stamped => &[Move(OWN), DropValue],
        Covers::Key => &[DropValue],
        Covers::Tag if config.window && !config.breaks(Broken::TwinStays) => &[Move(TAG), Move(TWIN)],
        Covers::Tag | Covers::Expiry => &[Move(TAG)],
        Covers::TagAndPrefix => &[Move(TAG), Move(PREFIX)],
        Covers::ResultTag if config.breaks(Broken::ClockAfterTags) => &[Move(RESULT), Move(CLOCK)],
        Covers::ResultTag => &[Move(CLOCK), Move(RESULT)],
    }
}

pub(crate) fn actions(config: &Config, state: &State, actions: &mut Vec<Action>) {
    for at in 0..config.writers.len() {
        let writer = &state.writers[at];
        match writer.phase {
            Phase::Start if config.holds => actions.push(Action::Hold(at)),
            Phase::Start | Phase::Holding => actions.push(Action::Commit(at)),
            Phase::Sending if config.is_spread() => {
                actions.extend(messages::bits(writer.todo).map(|message| Action::Invalidate(at, message)));
            }
            Phase::Sending => {
                actions.extend(messages::bits(writer.todo).take(1).map(|message| Action::Invalidate(at, message)));
            }
            Phase::Answered => actions.push(Action::Acknowledge(at)),
            Phase::Failed => {
                actions.push(Action::Retry(at));
                // What was sent may still arrive.
                actions.extend(messages::bits(writer.todo).take(1).map(|message| Action::Invalidate(at, message)));
            }
            Phase::Done => {}
        }
        if config.holds && state.crashes > 0 && matches!(writer.phase, Phase::Holding | Phase::Sending) {
            actions.push(Action::Abandon(at));
        }
        if state.failures > 0 && matches!(writer.phase, Phase::Sending | Phase::Answered) {
            actions.push(Action::Fail(at));
        }
    }
}

impl Step<'_> {
    pub(crate) fn commit(&mut self, at: usize) {
        self.state.db += 1;
        self.state.writers[at].commit = self.state.db;
        // As good as invalidated from now on, whether its writer lives on or not; if the hold is still there.
        let hold = std::mem::take(&mut self.state.writers[at].hold);
        // Who was told that a tag is held which has no stamp relies on that.
        let believed = self.config.breaks(Broken::OnlyKnownTagsHeld) && self.config.holds && hold == 0;
        if believed || hold != 0 && self.state.server.stamps[TAG] == hold {
            self.state.acked = self.state.acked.max(self.state.db);
        }
        self.send(at);
    }

    /// Gives the tag a version that says that it is held, whether it has one or not.
    pub(crate) fn hold(&mut self, at: usize) {
        self.state.writers[at].phase = Phase::Holding;
        if self.state.server.stamps[TAG] == 0 && self.config.breaks(Broken::OnlyKnownTagsHeld) {
            return;
        }
        let hold = self.nonce();
        (self.state.server.stamps[TAG], self.state.writers[at].hold) = (hold, hold);
        self.state.server.held |= 1 << TAG;
    }

    /// Nobody ends the hold: it ends when the stamp is lost.
    pub(crate) fn abandon(&mut self, at: usize) {
        self.state.crashes -= 1;
        let writer = &mut self.state.writers[at];
        (writer.phase, writer.hold, writer.todo) = (Phase::Done, 0, 0);
        self.note(Event::Abandoned);
    }

    fn send(&mut self, at: usize) {
        let (covers, home) = self.config.writers[at];
        let mut heals = 0;
        for other in 0..self.config.writers.len() {
            let quarantined = self.state.writers[other].quarantined || self.config.breaks(Broken::LiftedTooEarly);
            if quarantined && self.config.writers[other] == (covers, home) {
                heals |= 1 << other;
            }
        }
        let writer = &mut self.state.writers[at];
        writer.phase = Phase::Sending;
        writer.todo = (1 << effects(self.config, covers).len()) - 1;
        writer.heals = heals;
    }

    pub(crate) fn invalidate(&mut self, at: usize, message: u8) {
        let effects = effects(self.config, self.config.writers[at].0);
        match effects[usize::try_from(message.trailing_zeros()).expect("a place")] {
            Effect::DropValue => self.drop_value(),
            Effect::Move(slot) => self.move_stamp(slot),
        }
        let writer = &mut self.state.writers[at];
        writer.todo &= !message;
        if writer.todo == 0 && writer.phase == Phase::Sending {
            writer.phase = Phase::Answered;
            // When the answer arrives matters only where it may be lost.
            if self.config.failures == 0 {
                self.acknowledge(at);
            }
        }
    }

    fn drop_value(&mut self) {
        self.state.server.value = Blob::default();
        if !self.config.breaks(Broken::LeaseSurvivesDelete) {
            self.state.server.lease = 0;
        }
    }

    fn move_stamp(&mut self, slot: usize) {
        let version = self.state.server.stamps[slot];
        if version == 0 {
            return;
        }
        self.state.server.held &= !(1 << slot);
        self.state.server.stamps[slot] = if self.config.kind == Kind::Stamped {
            0
        } else if self.config.breaks(Broken::Counters) {
            version + 1
        } else {
            self.nonce()
        };
    }

    pub(crate) fn acknowledge(&mut self, at: usize) {
        let writer = self.state.writers[at];
        if self.config.writers[at].0 != Covers::Expiry {
            self.state.acked = self.state.acked.max(writer.commit);
        }
        for other in 0..self.config.writers.len() {
            let healed = &mut self.state.writers[other];
            if other != at && writer.heals & (1 << other) != 0 && healed.phase == Phase::Failed {
                (healed.phase, healed.quarantined, healed.todo) = (Phase::Done, false, 0);
                self.note(Event::Healed);
            }
        }
        if writer.quarantined {
            self.note(Event::Healed);
        }
        let done = &mut self.state.writers[at];
        (done.phase, done.quarantined, done.todo, done.heals) = (Phase::Done, false, 0, 0);
    }

    /// The call returns an error. Some of what was sent is done, the rest may be.
    pub(crate) fn fail(&mut self, at: usize) {
        self.state.failures -= 1;
        if self.config.breaks(Broken::ErrorSwallowed) {
            self.acknowledge(at);
            return;
        }
        let writer = &mut self.state.writers[at];
        (writer.phase, writer.failed, writer.quarantined, writer.heals) = (Phase::Failed, true, true, 0);
    }

    pub(crate) fn retry(&mut self, at: usize) {
        self.send(at);
    }
}
