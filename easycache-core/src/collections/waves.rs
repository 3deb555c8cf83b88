//! Sending: what is too much for one round trip is sent in several.

use std::{iter, ops::Range, sync::Arc, time::Duration};

use crate::{
    backend::{Backend, Deadline},
    cache::Core,
    error::{Error, ErrorKind, Result},
    flight::Caller,
    remote,
};

use super::{
    command::{Collections, Command, Op, Reply},
    elements::Elements,
};

/// About how many bytes of elements are sent in one round trip: tens of thousands of small ones, which is little enough for
/// the usual deadline, and so much that the way there and back does not count.
const WAVE: usize = 1 << 20;

/// A command, and how long a round trip with it may take.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) command: Command,
    pub(super) deadline: Duration,
}

/// What is sent in one round trip: of which command which elements.
type Wave = Vec<(usize, Range<usize>)>;

impl Core {
    /// Carries out commands, wherever the collections are.
    pub(super) async fn run(&self, orders: Vec<Order>, caller: Caller) -> Vec<Result<Reply>> {
        let deadline = orders.iter().map(|order| order.deadline).max().unwrap_or_default();
        let commands = orders.into_iter().map(|order| order.command).collect::<Vec<_>>();
        let Some(remote) = &self.remote else {
            let replies = self.collections.run(&commands, self.now());
            self.rouse();
            return replies;
        };
        let (backend, count) = (Arc::clone(remote.backend()), commands.len());
        let work = async move { send(&*backend, &commands, deadline).await };
        match remote::run(caller, work).await.and_then(|replies| replies) {
            Ok(replies) => replies,
            Err(error) => (0..count).map(|_| Err(error.clone())).collect(),
        }
    }
}

/// Sends commands in as many round trips as it takes, one after the other, each of which may take that long.
async fn send(backend: &dyn Backend, commands: &[Command], deadline: Duration) -> Result<Vec<Result<Reply>>> {
    let collections = backend.collections().ok_or_else(unsupported)?;
    let waves = waves(commands);
    if waves.len() <= 1 {
        return Ok(collections.run(commands, Deadline::after(deadline)).await);
    }
    let mut replies = commands.iter().map(|_| None).collect::<Vec<_>>();
    for wave in waves {
        go_on(collections, commands, wave, deadline, &mut replies).await;
    }
    Ok(replies.into_iter().map(|reply| reply.unwrap_or_else(|| Err(unanswered()))).collect())
}

/// Sends one wave, without those whose commands have failed.
async fn go_on(
    collections: &dyn Collections,
    commands: &[Command],
    mut wave: Wave,
    deadline: Duration,
    replies: &mut [Option<Result<Reply>>],
) {
    wave.retain(|(place, _)| !matches!(replies[*place], Some(Err(_))));
    if wave.is_empty() {
        return;
    }
    let portion = |(place, range): &(usize, Range<usize>)| {
        let command = &commands[*place];
        Command { op: command.op.portion(range.clone()), name: command.name.clone(), ..*command }
    };
    let portions = wave.iter().map(portion).collect::<Vec<_>>();
    let told = collections.run(&portions, Deadline::after(deadline)).await;
    for ((place, _), reply) in wave.into_iter().zip(told) {
        let before = replies[place].take();
        replies[place] = Some(match before {
            Some(before) => before.and_then(|before| before.and(reply?)),
            None => reply,
        });
    }
}

/// All commands in their order, cut where they are too much for one round trip.
fn waves(commands: &[Command]) -> Vec<Wave> {
    let (mut waves, mut filled) = (vec![Wave::new()], 0);
    for (place, command) in commands.iter().enumerate() {
        for (range, bytes) in command.op.portions() {
            if filled > 0 && filled + bytes > WAVE {
                waves.push(Wave::new());
                filled = 0;
            }
            filled += bytes;
            waves.last_mut().expect("there is one from the beginning").push((place, range));
        }
    }
    waves
}

impl Op {
    /// What it is about, if that can be any number of elements; and how many of them belong together.
    fn elements(&self) -> Option<(&Elements, usize)> {
        match self {
            Self::MapInsert(pairs) => Some((pairs, 2)),
            Self::MapGet(elements)
            | Self::MapRemove(elements)
            | Self::SetInsert(elements)
            | Self::SetRemove(elements)
            | Self::SetContains(elements)
            | Self::SortedInsert { members: elements, .. }
            | Self::SortedRemove(elements)
            | Self::SortedScore(elements) => Some((elements, 1)),
            _ => None,
        }
    }

    /// Which elements are sent at once, and about how many bytes those are. One that has none is one portion.
    fn portions(&self) -> Vec<(Range<usize>, usize)> {
        let Some((elements, step)) = self.elements().filter(|(elements, _)| !elements.is_empty()) else {
            return vec![(0..0, 0)];
        };
        let mut from = 0;
        let next = || {
            let (to, bytes) = elements.fitting(from, step, WAVE)?;
            Some((std::mem::replace(&mut from, to)..to, bytes))
        };
        iter::from_fn(next).collect()
    }

    /// The same operation with these elements alone.
    fn portion(&self, range: Range<usize>) -> Self {
        match self {
            Self::MapInsert(pairs) => Self::MapInsert(pairs.slice(range)),
            Self::MapGet(keys) => Self::MapGet(keys.slice(range)),
            Self::MapRemove(keys) => Self::MapRemove(keys.slice(range)),
            Self::SetInsert(members) => Self::SetInsert(members.slice(range)),
            Self::SetRemove(members) => Self::SetRemove(members.slice(range)),
            Self::SetContains(members) => Self::SetContains(members.slice(range)),
            Self::SortedInsert { members, scores, which } => {
                let (members, scores) = (members.slice(range.clone()), scores[range].to_vec());
                Self::SortedInsert { members, scores, which: *which }
            }
            Self::SortedRemove(members) => Self::SortedRemove(members.slice(range)),
            Self::SortedScore(members) => Self::SortedScore(members.slice(range)),
            whole => whole.clone(),
        }
    }
}

impl Reply {
    /// The answer to one portion, and that to the next.
    fn and(self, next: Self) -> Result<Self> {
        Ok(match (self, next) {
            (Self::Int(one), Self::Int(other)) => Self::Int(one.saturating_add(other)),
            (Self::Flags(one), Self::Flags(other)) => Self::Flags([one, other].concat()),
            (Self::Many(one), Self::Many(other)) => Self::Many([one, other].concat()),
            (Self::Scores(one), Self::Scores(other)) => Self::Scores([one, other].concat()),
            _ => return Err(unanswered()),
        })
    }
}

fn unsupported() -> Error {
    let message = "the backend of this cache has no collections: keep them in a cache in process, or on Redis";
    Error::new(ErrorKind::Unsupported, message)
}

fn unanswered() -> Error {
    let message = "the backend does not answer each thing that it was asked: it breaks its contract";
    Error::new(ErrorKind::Refused, message)
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;
    use crate::collections::{Insert, Kind, Lifetime};

    fn command(op: Op) -> Command {
        let lifetime = Lifetime { ttl: Duration::from_secs(60), renew: false };
        Command { name: "n".into(), kind: Kind::Set, op, lifetime }
    }

    fn members(count: usize) -> Elements {
        (0..count).map(|number| format!("{number:06}")).collect()
    }

    #[test]
    fn what_is_small_is_sent_at_once() {
        let commands = [Op::Len, Op::SetInsert(members(20_000)), Op::SetInsert(members(0)), Op::Get].map(command);
        assert_eq!(waves(&commands), [vec![(0, 0..0), (1, 0..20_000), (2, 0..0), (3, 0..0)]]);
    }

    #[test]
    fn what_is_large_is_cut_and_all_stays_in_its_order() {
        let commands = [Op::Len, Op::SetRemove(members(100_000)), Op::Get, Op::SetInsert(members(10))].map(command);
        let waves = waves(&commands);
        // Of 6 and 16 bytes for each member.
        let each = WAVE / 22;
        assert_eq!(waves[0], [(0, 0..0), (1, 0..each)]);
        assert_eq!(waves[1], [(1, each..2 * each)]);
        assert_eq!(waves[2..], [vec![(1, 2 * each..100_000), (2, 0..0), (3, 0..10)]]);
    }

    #[test]
    fn a_key_stays_with_its_value_and_a_member_with_its_score() {
        let large = "x".repeat(WAVE);
        let op = Op::MapInsert(["a", &large, "b", "2"].into_iter().collect());
        let portions = op.portions().into_iter().map(|(range, _)| range).collect::<Vec<_>>();
        assert_eq!(portions, [0..2, 2..4]);
        assert_eq!(op.portion(2..4), Op::MapInsert(["b", "2"].into_iter().collect()));

        let sorted = |members: &[&str], scores: &[f64]| Op::SortedInsert {
            members: members.iter().collect(),
            scores: scores.to_vec(),
            which: Insert::New,
        };
        assert_eq!(sorted(&["a", "b", "c"], &[1.0, 2.0, 3.0]).portion(1..3), sorted(&["b", "c"], &[2.0, 3.0]));
    }

    #[test]
    fn answers_to_portions_are_one() {
        assert_eq!(Reply::Int(3).and(Reply::Int(4)).unwrap(), Reply::Int(7));
        let flags = Reply::Flags(vec![true]).and(Reply::Flags(vec![false, true]));
        assert_eq!(flags.unwrap(), Reply::Flags(vec![true, false, true]));
        let scores = Reply::Scores(vec![None]).and(Reply::Scores(vec![Some(1.0)]));
        assert_eq!(scores.unwrap(), Reply::Scores(vec![None, Some(1.0)]));
        assert!(Reply::Int(3).and(Reply::Flag(true)).is_err());
    }
}
