//! What happens by itself: time passes, things are lost, connections break.

use crate::{
    config::Config,
    driver::Step,
    model::Action,
    state::{Grounds, State, TAG, VALUE},
};

pub(crate) fn actions(config: &Config, state: &State, actions: &mut Vec<Action>) {
    if state.now < config.ticks {
        actions.push(Action::Tick);
    }
    if state.losses > 0 && state.stored.of != 0 {
        actions.push(Action::Lose(VALUE));
    }
    if state.losses > 0 && state.stored.tag != 0 {
        actions.extend([Action::Lose(TAG), Action::LoseAll]);
    }
    if state.breaks > 0 {
        let whole = (0..config.nodes).filter(|node| !state.links[*node].broken);
        actions.extend(whole.map(Action::Break));
    }
}

impl Step<'_> {
    pub(crate) fn tick(&mut self) {
        let acknowledged = self.state.acknowledged();
        self.state.now += 1;
        self.state.acked[usize::from(self.state.now)] = acknowledged;
    }

    /// Something is evicted, or its time is over.
    pub(crate) fn lose(&mut self, name: Grounds) {
        self.state.losses -= 1;
        if name == VALUE {
            (self.state.stored.commit, self.state.stored.of) = (0, 0);
        } else {
            self.state.stored.tag = 0;
        }
        self.change(name);
    }

    pub(crate) fn lose_all(&mut self) {
        self.state.losses -= 1;
        self.empty();
    }

    /// What is under way to the server is lost, and so is all that it would tell. What has come from it can still be read.
    pub(crate) fn sever(&mut self, node: usize) {
        self.state.breaks -= 1;
        let link = &mut self.state.links[node];
        (link.to, link.tells, link.broken) = (crate::queue::Queue::default(), 0, true);
    }
}
