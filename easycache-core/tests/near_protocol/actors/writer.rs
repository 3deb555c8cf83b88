//! Writers: a commit, then an invalidation. What this process invalidates itself it applies before and after.

use crate::{
    config::{Config, Covers, Origin},
    driver::Step,
    event::Event,
    model::Action,
    state::{Grounds, Phase, State, TAG, VALUE},
    variants::Broken,
};

pub(crate) fn actions(config: &Config, state: &State, actions: &mut Vec<Action>) {
    for (at, writer) in state.writers.iter().enumerate().take(config.writers.len()) {
        match writer.phase {
            Phase::Start => actions.push(Action::Commit(at)),
            Phase::Sent => actions.push(Action::Invalidate(at)),
            Phase::Answered => actions.push(Action::Acknowledge(at)),
            Phase::Failed { arrived } => {
                actions.push(Action::Retry(at));
                if !arrived {
                    actions.push(Action::Invalidate(at));
                }
            }
            Phase::Done => {}
        }
        let is_own = config.writers[at].0 == Origin::Here;
        if is_own && state.failures > 0 && matches!(writer.phase, Phase::Sent | Phase::Answered) {
            actions.push(Action::Fail(at));
        }
    }
}

impl Step<'_> {
    pub(crate) fn commit(&mut self, at: usize) {
        self.state.db += 1;
        self.state.writers[at].commit = self.state.db;
        self.retry(at);
    }

    /// Sends the invalidation.
    pub(crate) fn retry(&mut self, at: usize) {
        if self.is_own(at) && !self.config.breaks(Broken::NotAppliedBefore) {
            self.bump(self.grounds(at));
        }
        self.state.writers[at].phase = Phase::Sent;
    }

    fn is_own(&self, at: usize) -> bool {
        self.config.writers[at].0 == Origin::Here
    }

    fn grounds(&self, at: usize) -> Grounds {
        match self.config.writers[at].1 {
            Covers::Key => VALUE,
            Covers::Tag => TAG,
        }
    }

    /// It arrives at the server.
    pub(crate) fn invalidate(&mut self, at: usize) {
        match self.config.writers[at].1 {
            Covers::Key => self.drop_value(),
            // Absent, nothing can be valid.
            Covers::Tag if self.state.stored.tag == 0 => {}
            Covers::Tag => self.move_tag(),
        }
        let writer = &mut self.state.writers[at];
        writer.phase = match writer.phase {
            Phase::Failed { .. } => Phase::Failed { arrived: true },
            _ => Phase::Answered,
        };
        // That the answer comes at once is hardest on the promises. Here it matters what is read before it comes.
        if writer.phase == Phase::Answered && !self.is_own(at) {
            self.acknowledge(at);
        }
    }

    pub(crate) fn acknowledge(&mut self, at: usize) {
        let commit = self.state.writers[at].commit;
        let acked = &mut self.state.acked[usize::from(self.state.now)];
        *acked = commit.max(*acked);
        if self.is_own(at) {
            if !self.config.breaks(Broken::NotAppliedAfter) {
                self.bump(self.grounds(at));
            }
            self.state.own = self.state.own.max(commit);
            if std::mem::take(&mut self.state.quarantine) {
                self.note(Event::Healed);
            }
        }
        self.state.writers[at].phase = Phase::Done;
    }

    /// The call returns an error.
    pub(crate) fn fail(&mut self, at: usize) {
        self.state.failures -= 1;
        let writer = &mut self.state.writers[at];
        writer.phase = Phase::Failed { arrived: writer.phase == Phase::Answered };
        self.state.own = self.state.own.max(writer.commit);
        self.state.quarantine = !self.config.breaks(Broken::NoQuarantine);
    }
}
