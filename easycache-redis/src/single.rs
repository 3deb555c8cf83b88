//! One server that has everything, and maybe replicas that have copies of it.

use std::{pin::pin, sync::Arc};

use easycache_core::{
    Acquire, Acquired, Deadline, Error, Fill, Filled, Grant, NamePage, NameScan, Names, NodeStatus, Read, Result, Seen,
    Target, Token, Want,
};
use futures_util::future::{Either, select};

use crate::{
    abandon::Attempts,
    check,
    config::{Address, Layout, RedisConfig, Role, Settings, Wait},
    durable, inspect,
    lane::{Command, Wave},
    node::{Answer, How, Node, Whereabouts},
    replicas::{Replica, Replicas},
    reply::Reply,
    sentinel::Sentinels,
    steps,
    watch::Part,
};

/// What part of the time that is left a replica may take. The master is asked for what it has not told by then.
const SHARE: u32 = 4;

/// The steps of the protocol on one server.
#[derive(Clone, Debug)]
pub(crate) struct Single {
    node: Arc<Node>,
    /// Where values are read, if that is not the master.
    replicas: Option<Arc<Replicas>>,
    wait: Option<Wait>,
    max_value: usize,
}

impl Single {
    pub(crate) fn new(config: &RedisConfig) -> Result<Self> {
        let settings = config.settings()?;
        let replicas = config.read_from_replicas.then(|| {
            let settings = Settings { role: Role::Replica, epoch: false, ..settings.clone() };
            Arc::new(Replicas::new(&config.replicas, settings))
        });
        let node = match &config.layout {
            Layout::Sentinel { master } => {
                let sentinels = Sentinels::new(master, config.hosts.clone(), config.sentinel_settings(&settings));
                Node::new(sentinels, Settings { role: Role::Elected, ..settings }.into())
            }
            Layout::Single | Layout::Cluster => Node::new(config.hosts[0].clone(), settings.into()),
        };
        Ok(Self { node: node.into(), replicas, wait: config.wait, max_value: steps::MAX_VALUE })
    }

    /// The largest value that the server takes.
    pub(crate) fn max_value(&self) -> usize {
        self.max_value
    }

    /// How connections to the master are made.
    pub(crate) fn settings(&self) -> &Settings {
        self.node.settings()
    }

    /// The master has all names.
    pub(crate) fn parts(&self, names: &[&str]) -> Vec<Part> {
        let places = (0..names.len()).collect::<Vec<_>>();
        let groups = places.chunks(steps::PORTION).map(<[_]>::to_vec).collect();
        vec![Part { server: self.node.whereabouts().clone(), groups }]
    }

    /// Looks at the server.
    pub(crate) async fn check(&mut self) -> Result<()> {
        if let Some(largest) = check::look_at(std::slice::from_ref(&self.node), self.wait).await? {
            self.max_value = self.max_value.min(largest);
        }
        if let Some(replicas) = &self.replicas {
            replicas.check(&self.node).await?;
        }
        Ok(())
    }

    /// What kind of backend it is.
    pub(crate) fn kind(&self) -> &'static str {
        match self.node.whereabouts() {
            Whereabouts::Known(_) => "redis",
            Whereabouts::Told(_) => "redis+sentinel",
        }
    }

    /// How it is, and its replicas.
    pub(crate) async fn status(&self, deadline: Deadline) -> Vec<NodeStatus> {
        let mut nodes = vec![Arc::clone(&self.node)];
        if let Some(replicas) = &self.replicas {
            nodes.extend(replicas.nodes_now(&self.node, deadline).await);
        }
        inspect::status(&nodes, deadline).await
    }

    /// Some of its names.
    pub(crate) async fn scan(&self, scan: &NameScan, deadline: Deadline) -> Result<NamePage> {
        let (names, next) = inspect::scan(&self.node, scan, scan.from.as_deref(), deadline).await?;
        Ok(NamePage::new(names, next))
    }

    pub(crate) async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        match self.replica(reads) {
            None => self.read_here(reads, deadline).await,
            Some(replica) => Box::pin(self.read_there(&replica, reads, deadline)).await,
        }
    }

    /// The replica to read values from, if there is one and there are values to read.
    fn replica(&self, reads: &[Read]) -> Option<Arc<Replica>> {
        let replicas = self.replicas.as_ref()?;
        replicas.look_after(&self.node);
        // The head of a value is told by the master alone.
        let asks_for_values = |read: &Read| matches!(read.want, Want::Peek | Want::Full { .. });
        if reads.iter().any(asks_for_values) { replicas.next() } else { None }
    }

    /// Everything from the master.
    async fn read_here(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        let (plan, lefts) = (steps::Plan::new(reads), steps::Lefts::of(reads));
        let answered = self.node.ask(|| plan.wave(&lefts), How::Again, deadline).await;
        let found = answered.and_then(|Answer { mut replies, epoch, address }| {
            let lefts = lefts.take(&address, &mut replies)?;
            Ok((plan.found(&address, replies, epoch)?, lefts))
        });
        match found {
            Ok((found, lefts)) => {
                let mut found = found.into_iter();
                let mut seen = reads.iter().map(|read| steps::seen(read, &mut found)).collect::<Vec<_>>();
                if !lefts.is_empty() {
                    steps::with_left(reads.iter(), seen.iter_mut(), lefts);
                }
                seen.into_iter().map(Ok).collect()
            }
            Err(error) => fail(reads, &error),
        }
    }

    /// Values from a replica, their heads and everything else from the master, at the same time. What the replica does
    /// not tell, or has another version of, is read from the master as ever.
    async fn read_there(&self, replica: &Replica, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        let split = steps::Split::new(reads);
        let bodies = pin!(replica.values(split.values(), deadline.min(deadline.left() / SHARE)));
        let heads = pin!(self.node.ask(|| split.wave(), How::Again, deadline));
        let (answered, told, untold) = match select(heads, bodies).await {
            Either::Left((answered, bodies)) => (answered, None, Some(bodies)),
            Either::Right((told, heads)) => (heads.await, told, None),
        };
        let heads = answered.and_then(|Answer { replies, epoch, address }| split.heads(&address, replies, epoch));
        let heads = match heads {
            Ok(heads) => heads,
            Err(error) => return fail(reads, &error),
        };
        let bodies = match untold {
            Some(bodies) if heads.any() => bodies.await,
            // It has told, or there is nothing to wait for.
            _ => told,
        };
        let compared = bodies.is_some() && heads.any();
        let seen = split.seen(heads, bodies);
        if compared {
            replica.judge(seen.iter().flatten().any(|seen| seen.blob.is_some()));
        }
        self.complete(reads, seen, deadline).await
    }

    /// Reads from the master what has not been seen.
    async fn complete(&self, reads: &[Read], seen: Vec<Option<Seen>>, deadline: Deadline) -> Vec<Result<Seen>> {
        let open = reads.iter().zip(&seen).filter(|(_, seen)| seen.is_none()).map(|(read, _)| read.clone());
        let open = open.collect::<Vec<_>>();
        let rest = if open.is_empty() { Vec::new() } else { self.read_here(&open, deadline).await };
        let mut rest = rest.into_iter();
        let seen = seen.into_iter().map(|seen| seen.map(Ok).or_else(|| rest.next()));
        seen.map(|seen| seen.expect("each read that is open has an answer")).collect()
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
            Ok(Answer { replies, epoch, address }) => {
                let outcomes = acquires.iter().zip(replies).enumerate().map(|(place, (acquire, reply))| {
                    // Not those of the other items: two may ask for the same lease, and one of them leads.
                    let tokens = attempts.answered(place);
                    let is_mine = |token: &Token| tokens.contains(token);
                    let stamps = acquire.names.stamps.len();
                    steps::acquired(&address, acquire, stamps, is_mine, reply, epoch)
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
            Ok(Answer { replies, address, .. }) => {
                let filled = |(fill, reply)| steps::filled(&address, fill, self.max_value, reply);
                fills.iter().zip(&replies).map(filled).collect()
            }
            Err(error) => fail(fills, &error),
        }
    }

    pub(crate) async fn renew(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<bool> {
        let wave = || Wave::of(steps::renew(&names.lease, &grant.token, grant.lease));
        let answer = self.node.ask(wave, How::Again, deadline).await?;
        steps::renewed(&answer.address, &answer.replies[0])
    }

    pub(crate) async fn release(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<()> {
        let wave = || Wave::of(steps::release(&names.lease, &grant.token));
        let answer = self.node.ask(wave, How::Again, deadline).await?;
        steps::released(&answer.address, &answer.replies[0])
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
            None => self.node.ask(wave, How::Again, deadline).await,
            Some(wait) => durable::ask(&self.node, wave, wait, deadline).await,
        };
        match answered {
            Ok(Answer { replies, address, .. }) => {
                replies.iter().map(|reply| steps::invalidated(&address, reply)).collect()
            }
            Err(error) => fail(targets, &error),
        }
    }
}

impl Single {
    /// Sends commands that are no step of the protocol.
    pub(crate) async fn carry_out(
        &self,
        count: usize,
        mut make: impl FnMut() -> Vec<Command> + Send,
        how: How,
        deadline: Deadline,
    ) -> Vec<Result<(Address, Reply)>> {
        let wave = || make().into_iter().fold(Wave::new(count), Wave::with);
        match self.node.ask(wave, how, deadline).await {
            Ok(Answer { replies, address, .. }) => {
                replies.into_iter().map(|reply| Ok((address.clone(), reply))).collect()
            }
            Err(error) => (0..count).map(|_| Err(error.clone())).collect(),
        }
    }
}

/// The same error for each item.
fn fail<T, R>(items: &[T], error: &Error) -> Vec<Result<R>> {
    items.iter().map(|_| Err(error.clone())).collect()
}
