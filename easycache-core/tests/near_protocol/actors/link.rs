//! This process's end of the connections that tell of changes: what comes is seen to in its order.

use crate::{
    config::Config,
    driver::Step,
    event::Event,
    model::Action,
    state::{CALLERS, CallId, Link, Message, Request, Stage, State, Stored},
    variants::Broken,
};

pub(crate) fn actions(config: &Config, state: &State, actions: &mut Vec<Action>) {
    for (node, link) in state.links.iter().enumerate().take(config.nodes) {
        if !link.to.is_empty() {
            actions.push(Action::Serve(node));
        }
        if !link.from.is_empty() {
            actions.push(Action::Deliver(node));
        }
        if !link.later.is_empty() {
            actions.push(Action::SeeTo(node));
        }
        if link.pings > 0 && link.ping.is_none() {
            actions.push(Action::Ping(node));
        }
        if link.broken {
            actions.push(Action::Reconnect(node));
        }
    }
}

impl Step<'_> {
    pub(crate) fn send(&mut self, node: usize, request: Request) {
        let link = &mut self.state.links[node];
        if !link.broken {
            link.to.push(request);
        }
    }

    pub(crate) fn ping(&mut self, node: usize) {
        let now = self.state.now;
        self.state.links[node].pings -= 1;
        if self.config.breaks(Broken::HeartbeatElsewhere) {
            self.state.links[node].fresh = Some(now);
            return;
        }
        self.state.links[node].ping = Some(now);
        self.send(node, Request::Ping);
    }

    /// The next message is taken from the connection.
    pub(crate) fn deliver(&mut self, node: usize) {
        let Some(message) = self.state.links[node].from.pop() else { return };
        match message {
            Message::Answer(call, seen) => self.answered(call, node, seen),
            Message::Filled(call, stored) => self.filled(call, stored),
            Message::Pong => {
                let now = self.state.now;
                let link = &mut self.state.links[node];
                let sent = link.ping.take();
                link.fresh = if self.config.breaks(Broken::FreshFromAnswer) { Some(now) } else { sent };
            }
            told if self.config.breaks(Broken::ToldLater) => self.state.links[node].later.push(told),
            told => self.told(node, told),
        }
    }

    /// What a task sees to that was not asked in time.
    pub(crate) fn see_to(&mut self, node: usize) {
        if let Some(message) = self.state.links[node].later.pop() {
            self.told(node, message);
        }
    }

    fn told(&mut self, node: usize, message: Message) {
        match message {
            Message::Changed(name) => self.bump(name),
            Message::Emptied if !self.config.breaks(Broken::EmptiedUnheard) => self.flush(node),
            _ => {}
        }
    }

    fn answered(&mut self, call: CallId, node: usize, seen: Stored) {
        let caller = &mut self.state.callers[usize::from(call.caller)];
        if caller.stage != Stage::Asking || caller.left != call.left {
            return;
        }
        // Each server has shown what it has.
        caller.seen.commit |= seen.commit;
        caller.seen.of |= seen.of;
        caller.seen.tag |= seen.tag;
        caller.waits &= !(1 << node);
        if caller.waits == 0 {
            caller.stage = if caller.seen.is_valid() { Stage::Answered } else { Stage::Missed };
        }
    }

    fn filled(&mut self, call: CallId, stored: bool) {
        let caller = &mut self.state.callers[usize::from(call.caller)];
        if caller.stage == Stage::Filling && caller.left == call.left {
            caller.stage = if stored { Stage::Filled } else { Stage::Idle };
        }
    }

    /// It is noticed that a connection is broken: another takes its place. Who waits for an answer asks elsewhere.
    pub(crate) fn reconnect(&mut self, node: usize) {
        if !self.config.breaks(Broken::FlushForgotten) {
            self.flush(node);
        }
        let fresh = Some(self.state.now);
        self.state.links[node] = Link { fresh, pings: self.state.links[node].pings, ..Link::default() };
        for at in 0..CALLERS {
            let caller = self.state.callers[at];
            let waits = match caller.stage {
                Stage::Asking => caller.waits & (1 << node) != 0,
                Stage::Filling => node == 0,
                _ => false,
            };
            if waits {
                self.end_call(at);
            }
        }
        self.note(Event::Flushed);
    }
}
