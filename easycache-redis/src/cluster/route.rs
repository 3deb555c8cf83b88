//! Sending each command to the node that has its slot.

use std::{sync::Arc, time::Duration};

use easycache_core::{Deadline, Error, Result, Version};
use futures_util::future::join_all;

use super::{
    map::Map,
    redirect::{self, Redirect},
    view::View,
};
use crate::{
    config::{Address, Wait},
    durable, error,
    lane::{Command, Wave},
    node::{Answer, How, Node},
    reply::Reply,
};

/// How often a command is sent in all, while nodes say that it belongs elsewhere.
const HOPS: u32 = 6;

/// How long is waited before a command is sent again whose keys are on their way. Doubles each time.
const PAUSE: Duration = Duration::from_millis(2);

/// What a node has answered to one command.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) reply: Reply,
    /// What versions read there are folded with.
    pub(super) epoch: Version,
    /// Who has answered.
    pub(super) address: Address,
}

/// How commands are sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// On a connection, and if that breaks. What is not repeated there is not sent to another node either: it may have
    /// been done.
    pub(super) how: How,
    /// For which replicas each node waits.
    pub(super) wait: Option<Wait>,
    /// Whether to send a command again whose keys are not all in one place, because their slot is on its way. Otherwise the
    /// caller is told, and takes it apart.
    pub(super) patient: bool,
}

/// Makes the command of each place, anew for each attempt.
pub(super) type Make<'a> = &'a (dyn Fn(usize) -> Command + Send + Sync);

/// A command that has no answer yet.
#[derive(Debug)]
struct Open {
    place: usize,
    to: To,
}

#[derive(Clone, Debug)]
enum To {
    /// Who has its slot, as far as is known.
    Owner,
    /// Who has it, as somebody has said.
    Told(Arc<Node>),
    /// Who is to get it: that node does not know yet, and has to be told to answer all the same.
    Next(Arc<Node>),
}

/// Commands for the same node.
struct Group {
    node: Arc<Node>,
    open: Vec<Open>,
}

/// Commands on their way, one for each slot in `slots`; the same slot may be there more than once.
struct Journey<'a> {
    view: &'a Arc<View>,
    slots: &'a [u16],
    make: Make<'a>,
    manner: Manner,
    deadline: Deadline,
    map: Arc<Map>,
    told: Vec<Option<Result<Told>>>,
}

/// Sends a command for each of `slots`: one wave, in which each node gets its commands in their order. What belongs
/// elsewhere follows in further waves. A node that is down is an error for its commands alone.
pub(super) async fn send(
    view: &Arc<View>,
    slots: &[u16],
    make: Make<'_>,
    manner: Manner,
    deadline: Deadline,
) -> Vec<Result<Told>> {
    let told = slots.iter().map(|_| None).collect();
    let mut journey = Journey { view, slots, make, manner, deadline, map: view.map(), told };
    journey.travel().await;
    let unanswered = || Err(error::restless());
    journey.told.into_iter().map(|told| told.unwrap_or_else(unanswered)).collect()
}

impl Journey<'_> {
    async fn travel(&mut self) {
        let mut open = (0..self.slots.len()).map(|place| Open { place, to: To::Owner }).collect::<Vec<_>>();
        for hop in 0..HOPS {
            let groups = self.group(open).await;
            let answers = join_all(groups.iter().map(|group| self.ask(group))).await;
            let mut next = Next::default();
            for (group, answer) in groups.into_iter().zip(answers) {
                match answer {
                    Ok(answer) => self.sort(group, answer, &mut next),
                    Err(error) => self.lose(group, &error, &mut next),
                }
            }
            open = next.open;
            if !next.lost.is_empty() {
                open.extend(self.look_for_others(next.lost).await);
            }
            if open.is_empty() {
                return;
            }
            if next.waits {
                tokio::time::sleep((PAUSE * 2_u32.pow(hop)).min(self.deadline.left())).await;
            }
        }
    }

    /// By the node that they go to. What has nowhere to go has its answer.
    async fn group(&mut self, open: Vec<Open>) -> Vec<Group> {
        let mut unknown = None;
        if open.iter().any(|open| matches!(open.to, To::Owner) && self.map.owner(self.slots[open.place]).is_none()) {
            match self.view.refresh(self.map.edition, Vec::new(), self.deadline).await {
                Ok(map) => self.map = map,
                Err(error) => unknown = Some(error),
            }
        }
        let mut groups = Vec::<Group>::new();
        for open in open {
            let slot = self.slots[open.place];
            let node = match &open.to {
                To::Told(node) | To::Next(node) => Some(node),
                To::Owner => self.map.owner(slot),
            };
            match node {
                None => self.told[open.place] = Some(Err(unknown.clone().unwrap_or_else(|| error::unowned(slot)))),
                Some(node) => match groups.iter_mut().find(|group| Arc::ptr_eq(&group.node, node)) {
                    Some(group) => group.open.push(open),
                    None => groups.push(Group { node: Arc::clone(node), open: vec![open] }),
                },
            }
        }
        groups
    }

    async fn ask(&self, group: &Group) -> Result<Answer> {
        let wave = || {
            let mut wave = Wave::new(group.open.len());
            for open in &group.open {
                if let To::Next(_) = open.to {
                    wave.push(Command::new("ASKING"));
                }
                wave.push((self.make)(open.place));
            }
            wave
        };
        match self.manner.wait {
            None => group.node.ask(wave, self.manner.how, self.deadline).await,
            Some(wait) => durable::ask(&group.node, wave, wait, self.deadline).await,
        }
    }

    /// What a node has answered, and what it has sent elsewhere.
    fn sort(&mut self, group: Group, answer: Answer, next: &mut Next) {
        let Answer { replies, epoch, address } = answer;
        let mut replies = replies.into_iter();
        for Open { place, to } in group.open {
            if let To::Next(_) = to {
                replies.next();
            }
            let Some(reply) = replies.next() else { continue };
            let to = match redirect::of(&reply, &address) {
                Some(Redirect::Moved(to_node)) => {
                    // There are others that have moved along, most likely.
                    self.view.refresh_later(self.map.edition);
                    // Sent on a second time: they have yet to agree.
                    next.waits |= matches!(to, To::Told(_));
                    To::Told(self.view.moved(self.slots[place], &to_node))
                }
                Some(Redirect::Ask(to_node)) => To::Next(self.view.node(&to_node)),
                Some(Redirect::TryAgain) if self.manner.patient => {
                    next.waits = true;
                    to
                }
                Some(Redirect::Down) => {
                    let error = reply.error().map(|down| error::replied(&address, down));
                    next.lost.extend(error.map(|error| (place, Arc::clone(&group.node), error)));
                    continue;
                }
                _ => {
                    self.told[place] = Some(Ok(Told { reply, epoch, address: address.clone() }));
                    continue;
                }
            };
            next.open.push(Open { place, to });
        }
    }

    /// A node has not answered.
    fn lose(&mut self, group: Group, error: &Error, next: &mut Next) {
        for open in group.open {
            if self.manner.how.repeats() {
                next.lost.push((open.place, Arc::clone(&group.node), error.clone()));
            } else {
                // It may have been done.
                self.told[open.place] = Some(Err(error.clone()));
                self.view.refresh_later(self.map.edition);
            }
        }
    }

    /// Whether those slots have other masters by now. If not, the error stands.
    async fn look_for_others(&mut self, lost: Vec<(usize, Arc<Node>, Error)>) -> Vec<Open> {
        let mut suspects = Vec::<Arc<Node>>::new();
        for (_, node, _) in &lost {
            if !suspects.iter().any(|suspect| Arc::ptr_eq(suspect, node)) {
                suspects.push(Arc::clone(node));
            }
        }
        // Who cannot be asked tells nothing new.
        if let Ok(map) = self.view.refresh(self.map.edition, suspects, self.deadline).await {
            self.map = map;
        }
        let mut open = Vec::new();
        for (place, node, error) in lost {
            match self.map.owner(self.slots[place]) {
                Some(other) if !Arc::ptr_eq(other, &node) => open.push(Open { place, to: To::Owner }),
                _ => self.told[place] = Some(Err(error)),
            }
        }
        open
    }
}

/// What is left to do after a wave.
#[derive(Default)]
struct Next {
    open: Vec<Open>,
    /// Commands of nodes that cannot answer them.
    lost: Vec<(usize, Arc<Node>, Error)>,
    /// Whether it is better to wait for a moment before.
    waits: bool,
}
