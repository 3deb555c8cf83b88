//! One server that has everything.

use std::sync::Arc;

use easycache_core::{
    Acquire, Acquired, Deadline, Error, Fill, Filled, Grant, Names, Read, Result, Seen, Target, Token,
};

use crate::{
    abandon::Attempts,
    check,
    config::Wait,
    durable,
    lane::Wave,
    node::{Answer, How, Node},
    steps,
};

/// The steps of the protocol on one server.
#[derive(Clone, Debug)]
pub(crate) struct Single {
    node: Arc<Node>,
    wait: Option<Wait>,
    max_value: usize,
}

impl Single {
    pub(crate) fn new(node: Arc<Node>, wait: Option<Wait>) -> Self {
        Self { node, wait, max_value: steps::MAX_VALUE }
    }

    /// The largest value that the server takes.
    pub(crate) fn max_value(&self) -> usize {
        self.max_value
    }

    /// Looks at the server.
    pub(crate) async fn check(&mut self) -> Result<()> {
        if let Some(largest) = check::look_at(std::slice::from_ref(&self.node)).await? {
            self.max_value = self.max_value.min(largest);
        }
        Ok(())
    }

    pub(crate) async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        let plan = steps::Plan::new(reads);
        let answered = self.node.ask(|| plan.wave(), How::Again, deadline).await;
        let found = answered.and_then(|Answer { replies, epoch }| plan.found(self.node.address(), replies, epoch));
        match found {
            Ok(found) => {
                let mut found = found.into_iter();
                reads.iter().map(|read| Ok(steps::seen(read, &mut found))).collect()
            }
            Err(error) => fail(reads, &error),
        }
    }

    pub(crate) async fn acquire(&self, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>> {
        let attempts = Attempts::new(&self.node, acquires);
        let wave = || {
            let mut wave = Wave::new(acquires.len());
            for (place, acquire) in acquires.iter().enumerate() {
                wave.push(steps::acquire(acquire, &acquire.names.stamps, &attempts.token(place)));
            }
            wave
        };
        let answered = self.node.ask(wave, How::Again, deadline).await;
        match answered {
            Ok(Answer { replies, epoch }) => {
                let outcomes = acquires.iter().zip(replies).enumerate().map(|(place, (acquire, reply))| {
                    // Not those of the other items: two may ask for the same lease, and one of them leads.
                    let tokens = attempts.answered(place);
                    let is_mine = |token: &Token| tokens.contains(token);
                    let stamps = acquire.names.stamps.len();
                    steps::acquired(self.node.address(), acquire, stamps, is_mine, reply, epoch)
                });
                outcomes.collect()
            }
            Err(error) => fail(acquires, &error),
        }
    }

    pub(crate) async fn fill(&self, fills: &[Fill], deadline: Deadline) -> Vec<Result<Filled>> {
        let wave = || {
            let mut wave = Wave::new(fills.len());
            for fill in fills {
                wave.push(steps::fill(fill, fill.names.stamps.len(), self.max_value));
            }
            wave
        };
        // Not again if the connection breaks: what was stored the first time would be refused the second.
        match self.node.ask(wave, How::Once, deadline).await {
            Ok(answer) => {
                let filled = |(fill, reply)| steps::filled(self.node.address(), fill, self.max_value, reply);
                fills.iter().zip(&answer.replies).map(filled).collect()
            }
            Err(error) => fail(fills, &error),
        }
    }

    pub(crate) async fn renew(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<bool> {
        let wave = || Wave::of(steps::renew(&names.lease, &grant.token, grant.lease));
        let answer = self.node.ask(wave, How::Again, deadline).await?;
        steps::renewed(self.node.address(), &answer.replies[0])
    }

    pub(crate) async fn release(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<()> {
        let wave = || Wave::of(steps::release(&names.lease, &grant.token));
        let answer = self.node.ask(wave, How::Again, deadline).await?;
        steps::released(self.node.address(), &answer.replies[0])
    }

    pub(crate) async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
        if let Some(error) = targets.iter().find_map(steps::cannot_invalidate) {
            return fail(targets, &error);
        }
        let wave = || {
            let mut wave = Wave::new(targets.len() + 1);
            for command in targets.iter().filter_map(steps::invalidate) {
                wave.push(command);
            }
            wave
        };
        let answered = match self.wait {
            None => self.node.ask(wave, How::Again, deadline).await.map(|answer| answer.replies),
            Some(wait) => durable::ask(&self.node, wave, wait, deadline).await,
        };
        match answered {
            Ok(replies) => replies.iter().map(|reply| steps::invalidated(self.node.address(), reply)).collect(),
            Err(error) => fail(targets, &error),
        }
    }
}

/// The same error for each item.
fn fail<T, R>(items: &[T], error: &Error) -> Vec<Result<R>> {
    items.iter().map(|_| Err(error.clone())).collect()
}
