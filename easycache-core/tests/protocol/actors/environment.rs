//! What nobody in the protocol does: losses, and the replica's catching up.

use crate::{
    config::Config,
    driver::Step,
    model::Action,
    state::{Blob, SLOTS, Server, State},
    variants::Broken,
};

pub(crate) fn actions(config: &Config, state: &State, actions: &mut Vec<Action>) {
    if config.has_replica() && state.replica != replicated(config, &state.server) {
        actions.push(Action::Replicate);
    }
    if state.losses == 0 {
        return;
    }
    let server = &state.server;
    if server.value.id != 0 {
        actions.push(Action::LoseValue);
    }
    if server.lease != 0 {
        actions.push(Action::LoseLease);
    }
    for slot in config.slots(Config::uses) {
        if server.stamps[slot] != 0 {
            actions.push(Action::LoseStamp(slot));
        }
    }
    if *server != Server::default() {
        actions.push(Action::LoseAll);
    }
}

/// Of the server, what anyone reads at the replica. It has all of it; the rest would only make states differ.
fn replicated(config: &Config, server: &Server) -> Server {
    let stamps = if config.breaks(Broken::AllFromReplica) { server.stamps } else { [0; SLOTS] };
    Server { value: server.value, lease: 0, stamps, held: 0 }
}

impl Step<'_> {
    /// Whatever is between two of these steps the replica has skipped: it may be at any moment of the past.
    pub(crate) fn replicate(&mut self) {
        self.state.replica = replicated(self.config, &self.state.server);
    }

    pub(crate) fn lose(&mut self, loss: Action) {
        self.state.losses -= 1;
        let server = &mut self.state.server;
        match loss {
            Action::LoseValue => server.value = Blob::default(),
            Action::LoseLease => server.lease = 0,
            Action::LoseStamp(slot) => {
                server.stamps[slot] = 0;
                server.held &= !(1 << slot);
            }
            _ => *server = Server::default(),
        }
    }
}
