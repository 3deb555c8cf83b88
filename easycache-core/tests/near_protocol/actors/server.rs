//! The servers: they answer in the order of what comes, and tell of changes on the same connection.

use crate::{
    config::{Config, Fills},
    driver::Step,
    event::Event,
    state::{Grounds, Message, Request, Stored, TAG, VALUE},
    variants::Broken,
};

/// Which names that server has.
fn names(config: &Config, node: usize) -> Grounds {
    match (config.nodes, node) {
        (1, _) => VALUE | TAG,
        (_, 0) => VALUE,
        _ => TAG,
    }
}

impl Step<'_> {
    /// What has that name is another now, or is gone: who has read it since the last time is told.
    pub(crate) fn change(&mut self, name: Grounds) {
        for link in &mut self.state.links {
            if link.tells & name != 0 {
                link.tells &= !name;
                link.from.push(Message::Changed(name));
            }
        }
    }

    /// Answers what came first.
    pub(crate) fn serve(&mut self, node: usize) {
        let answer = match self.state.links[node].to.pop() {
            Some(Request::Read(call)) => Message::Answer(call, self.show(node)),
            Some(Request::Fill(call)) => {
                let stored = self.store(usize::from(call.caller));
                if stored {
                    // It was not told of here, and nothing that is not told is known any more.
                    let read = if self.config.breaks(Broken::NoTrailingRead) { 0 } else { VALUE | TAG };
                    let link = &mut self.state.links[node];
                    link.tells = (link.tells & !VALUE) | read;
                }
                Message::Filled(call, stored)
            }
            Some(Request::Ping) => Message::Pong,
            Some(Request::None) | None => return,
        };
        self.state.links[node].from.push(answer);
    }

    /// What that server has. It tells when it changes, also if it is not there.
    fn show(&mut self, node: usize) -> Stored {
        let (names, stored) = (names(self.config, node), self.state.stored);
        self.state.links[node].tells |= names;
        let Stored { commit, of, .. } = if names & VALUE != 0 { stored } else { Stored::default() };
        Stored { commit, of, tag: if names & TAG != 0 { stored.tag } else { 0 } }
    }

    /// Stores what a caller has computed, if it has its lease; and where the server has the tag as well, if that has not
    /// moved.
    pub(crate) fn store(&mut self, caller: usize) -> bool {
        let caller = self.state.callers[caller];
        let stands = self.config.nodes > 1 || self.state.stored.tag == caller.seen.tag;
        if !(caller.leases && stands) {
            return false;
        }
        (self.state.stored.commit, self.state.stored.of) = (caller.seen.commit, caller.seen.tag);
        if self.config.fills == Fills::Apart {
            self.change(VALUE);
        }
        true
    }

    /// Grants a lease, and tells the version of the tag, which is made if there is none.
    pub(crate) fn grant(&mut self, caller: usize) {
        if self.state.stored.tag == 0 {
            self.move_tag();
        }
        let caller = &mut self.state.callers[caller];
        caller.seen = Stored { tag: self.state.stored.tag, ..Stored::default() };
        caller.leases = true;
    }

    /// Gives the tag a version that it never had.
    pub(crate) fn move_tag(&mut self) {
        self.state.nonces += 1;
        self.state.stored.tag = self.state.nonces;
        self.change(TAG);
    }

    /// Takes the value out, and ends the leases.
    pub(crate) fn drop_value(&mut self) {
        for caller in &mut self.state.callers {
            caller.leases = false;
        }
        if self.state.stored.of != 0 {
            (self.state.stored.commit, self.state.stored.of) = (0, 0);
            self.change(VALUE);
        }
    }

    /// Everything is gone at once, and that is told without names.
    pub(crate) fn empty(&mut self) {
        self.state.stored = Stored::default();
        for caller in &mut self.state.callers {
            caller.leases = false;
        }
        for link in self.state.links[..self.config.nodes].iter_mut().filter(|link| !link.broken) {
            link.tells = 0;
            link.from.push(Message::Emptied);
        }
        self.note(Event::Emptied);
    }
}
