//! Redis' own data types.

mod answers;
mod parts;

use std::iter;

use async_trait::async_trait;
use bytes::Bytes;
use easycache_core::{
    Deadline, Error, ErrorKind, Result,
    collections::{Algebra, Collections, Command, Op, Reply},
};

use crate::{
    backend::{RedisBackend, Servers},
    config::Address,
    lane,
    node::How,
    reply,
};

/// What is sent for one command: several parts, the answers to which are one. None: there is nothing to do.
type Parts = Vec<lane::Command>;

/// What a part was answered, and by whom.
pub(crate) type Answered = Result<(Address, reply::Reply)>;

#[async_trait]
impl Collections for RedisBackend {
    async fn run(&self, commands: &[Command], deadline: Deadline) -> Vec<Result<Reply>> {
        let answered = self.carry_out(commands, deadline).await;
        let mut replies = Vec::with_capacity(commands.len());
        for (command, parts) in commands.iter().zip(answered) {
            let reply = match answers::of(command, parts) {
                Err(error) if matches!(command.op, Op::SetCombine(..)) && is_apart(&error) => {
                    self.combine_here(command, deadline).await
                }
                reply => reply,
            };
            replies.push(reply);
        }
        replies
    }
}

impl RedisBackend {
    /// Does what is asked for, and tells of each command what its parts were answered.
    async fn carry_out(&self, commands: &[Command], deadline: Deadline) -> Vec<Vec<Answered>> {
        let (parts, counts) = parts_of(commands);
        let names = commands.iter().zip(&counts).flat_map(|(command, &count)| iter::repeat_n(&*command.name, count));
        let names = names.collect::<Vec<_>>();
        // What is not the same twice is not sent twice.
        let how = How::Data { again: commands.iter().all(|command| is_read(&command.op)) };
        let answered = match self.servers() {
            _ if parts.is_empty() => Vec::new(),
            Servers::Single(single) => {
                // Made once more where they have to be sent again: that is rare, and a copy of thousands of members is not free.
                let (count, mut ready) = (parts.len(), Some(parts));
                let make = || ready.take().unwrap_or_else(|| parts_of(commands).0);
                single.carry_out(count, make, how, deadline).await
            }
            Servers::Cluster(cluster) => cluster.carry_out(&names, &parts, how, deadline).await,
        };
        let mut answered = answered.into_iter();
        counts.into_iter().map(|count| answered.by_ref().take(count).collect()).collect()
    }

    /// Puts sets together that are on several nodes: reads all of them, each at its own instant.
    async fn combine_here(&self, command: &Command, deadline: Deadline) -> Result<Reply> {
        let Op::SetCombine(how, others) = &command.op else { return Err(apart()) };
        let names = iter::once(&command.name).chain(others);
        let reads = names.map(|name| Command { name: name.clone(), op: all_members(), ..command.clone() });
        let reads = reads.collect::<Vec<_>>();
        let answered = self.carry_out(&reads, deadline).await;
        let sets = reads.iter().zip(answered).map(|(read, parts)| match answers::of(read, parts)? {
            Reply::Many(members) => Ok(members.into_iter().flatten().collect::<Vec<Bytes>>()),
            _ => Ok(Vec::new()),
        });
        let sets = sets.collect::<Result<Vec<_>>>()?;
        let all = how.of(&sets.iter().collect::<Vec<_>>());
        Ok(Reply::Many(all.into_iter().map(Some).collect()))
    }
}

/// What is sent for all of them, and how many parts each of them has.
///
/// A script that the server does not know would be carried out behind what follows it, because it is sent once more. So
/// what is not alone is sent with its text.
fn parts_of(commands: &[Command]) -> (Parts, Vec<usize>) {
    let (mut parts, mut counts) = (Parts::new(), Vec::with_capacity(commands.len()));
    for command in commands {
        let before = parts.len();
        parts.append(&mut parts::of(command));
        counts.push(parts.len() - before);
    }
    if parts.len() > 1 {
        parts = parts.into_iter().map(lane::Command::in_full).collect();
    }
    (parts, counts)
}

/// The union with nothing: what there is.
fn all_members() -> Op {
    Op::SetCombine(Algebra::Union, Vec::new())
}

/// Whether it leaves everything as it is.
fn is_read(op: &Op) -> bool {
    matches!(
        op,
        Op::Len
            | Op::Scan { .. }
            | Op::Get
            | Op::MapGet(_)
            | Op::SetContains(_)
            | Op::SetCombine(..)
            | Op::SortedScore(_)
            | Op::SortedRank { .. }
            | Op::SortedRange { .. }
            | Op::SortedCount(..)
    )
}

/// Whether the sets of a command are on several nodes.
fn is_apart(error: &Error) -> bool {
    error.kind() == ErrorKind::Unsupported
}

fn apart() -> Error {
    let message = "the sets are on several nodes of the Redis Cluster, which cannot write what comes of them in one step: \
                   read it, by the method without `_in_place`, and write it";
    Error::new(ErrorKind::Unsupported, message)
}
