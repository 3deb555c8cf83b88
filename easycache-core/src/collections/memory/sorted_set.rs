//! Sorted sets.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use bytes::Bytes;

use super::{
    count, misplaced,
    table::{Content, Table, behind, page},
};
use crate::{
    clock::Moment,
    collections::{
        Insert,
        command::{Command, Op, Page, Range, Reply},
    },
    error::{Error, ErrorKind, Result},
};

/// Members by name and by score.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    scores: BTreeMap<Bytes, Score>,
    order: BTreeSet<(Score, Bytes)>,
}

/// A number that is one, and has one zero.
#[derive(Clone, Copy, Debug)]
struct Score(f64);

impl Score {
    fn new(score: f64) -> Self {
        Self(score + 0.0)
    }

    /// The lowest that is higher. Behind the infinite one there is one that no member has.
    fn next(self) -> Self {
        Self(if self.0 == f64::INFINITY { f64::NAN.copysign(1.0) } else { self.0.next_up() })
    }
}

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Content for Sorted {
    fn len(&self) -> usize {
        self.scores.len()
    }
}

impl Sorted {
    /// Returns whether anything changed.
    fn insert(&mut self, member: &[u8], score: f64, which: Insert) -> bool {
        let (new, old) = (Score::new(score), self.scores.get(member).copied());
        let wanted = match (which, old) {
            (Insert::Always, _)
            | (Insert::New | Insert::Greater | Insert::Less, None)
            | (Insert::Existing, Some(_)) => true,
            (Insert::Greater, Some(old)) => new > old,
            (Insert::Less, Some(old)) => new < old,
            (Insert::New, Some(_)) | (Insert::Existing, None) => false,
        };
        if !wanted || old == Some(new) {
            return false;
        }
        // Copied where it is new.
        let member = self.take(member).unwrap_or_else(|| Bytes::copy_from_slice(member));
        self.scores.insert(member.clone(), new);
        self.order.insert((new, member));
        true
    }

    fn take(&mut self, member: &[u8]) -> Option<Bytes> {
        let (member, score) = self.scores.remove_entry(member)?;
        self.order.take(&(score, member)).map(|(_, member)| member)
    }

    fn add(&mut self, member: &[u8], by: f64) -> Result<f64> {
        let sum = self.scores.get(member).map_or(0.0, |score| score.0) + by;
        if sum.is_nan() {
            return Err(Error::new(ErrorKind::Encoding, "the sum is not a number (NaN), and has no place in an order"));
        }
        self.insert(member, sum, Insert::Always);
        Ok(sum)
    }

    fn pop(&mut self, count: u32, highest: bool) -> Page {
        let mut items = Vec::new();
        for _ in 0..count {
            let Some((score, member)) = (if highest { self.order.pop_last() } else { self.order.pop_first() }) else {
                break;
            };
            self.scores.remove(&member);
            items.push((member, text(score)));
        }
        Page { items, next: None }
    }

    fn rank(&self, member: &Bytes, descending: bool) -> Option<u64> {
        let place = (*self.scores.get(member)?, member.clone());
        let before = if descending {
            self.order.range((Bound::Excluded(place), Bound::Unbounded)).count()
        } else {
            self.order.range(..place).count()
        };
        u64::try_from(before).ok()
    }

    fn range(&self, range: Range, descending: bool) -> Page {
        let (low, high, skip, count) = match range {
            Range::Rank { from, count } => (Bound::Unbounded, Bound::Unbounded, from, count),
            Range::Score { low, high, skip, count } => (low, high, skip, count),
        };
        let within = self.within(low, high);
        let cut = |all: &mut dyn Iterator<Item = &(Score, Bytes)>| {
            let all = all.skip(clamp(skip)).take(clamp(count));
            all.map(|(score, member)| (member.clone(), text(*score))).collect::<Vec<_>>()
        };
        let items = if descending { cut(&mut within.rev()) } else { cut(&mut within.into_iter()) };
        Page { items, next: None }
    }

    fn within(&self, low: Bound<f64>, high: Bound<f64>) -> impl DoubleEndedIterator<Item = &(Score, Bytes)> {
        // Of one score the empty member is the first.
        let first = |score: Score| (score, Bytes::new());
        let from = match low.map(Score::new) {
            Bound::Included(score) => first(score),
            Bound::Excluded(score) => first(score.next()),
            Bound::Unbounded => first(Score(f64::NEG_INFINITY)),
        };
        let to = match high.map(Score::new) {
            Bound::Included(score) => first(score.next()),
            Bound::Excluded(score) => first(score),
            Bound::Unbounded => first(Score(f64::INFINITY).next()),
        };
        // A range must not end before it begins.
        let to = to.max(from.clone());
        self.order.range(from..to)
    }
}

pub(super) fn run(table: &mut Table<Sorted>, command: &Command, now: Moment) -> Result<Reply> {
    match &command.op {
        Op::SortedInsert { .. } | Op::SortedRemove(_) | Op::SortedAdd(..) | Op::SortedPop { .. } => {
            table.write(command, now, |sorted| change(sorted, command))
        }
        _ => {
            let nothing = Sorted::default();
            look(table.get(&command.name, now).unwrap_or(&nothing), command)
        }
    }
}

fn look(sorted: &Sorted, command: &Command) -> Result<Reply> {
    Ok(match &command.op {
        Op::Len => count(sorted.scores.len()),
        Op::SortedScore(members) => {
            Reply::Scores(members.iter().map(|member| sorted.scores.get(member).map(|score| score.0)).collect())
        }
        Op::SortedRank { member, descending } => Reply::Rank(sorted.rank(member, *descending)),
        Op::SortedRange { range, descending } => Reply::Page(sorted.range(*range, *descending)),
        Op::SortedCount(low, high) => count(sorted.within(*low, *high).count()),
        Op::Scan { from, count } => {
            let left = sorted.scores.range::<Bytes, _>(behind(from.as_ref()));
            Reply::Page(page(left.map(|(member, score)| (member.clone(), text(*score))), *count))
        }
        _ => return misplaced(command),
    })
}

fn change(sorted: &mut Sorted, command: &Command) -> Result<Reply> {
    Ok(match &command.op {
        Op::SortedInsert { members, scores, which } => {
            let each = members.iter().zip(scores);
            count(each.filter(|(member, score)| sorted.insert(member, **score, *which)).count())
        }
        Op::SortedRemove(members) => count(members.iter().filter(|member| sorted.take(member).is_some()).count()),
        Op::SortedAdd(member, by) => Reply::Scores(vec![Some(sorted.add(member, *by)?)]),
        Op::SortedPop { count, highest } => Reply::Page(sorted.pop(*count, *highest)),
        _ => return misplaced(command),
    })
}

fn text(score: Score) -> Bytes {
    score.0.to_string().into()
}

fn clamp(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::ops::RangeBounds as _;

    use proptest::{prelude::*, sample::select};

    use super::*;

    const SCORES: [f64; 8] = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, f64::MIN_POSITIVE, 1.0, f64::MAX, f64::INFINITY];

    fn bound() -> impl Strategy<Value = Bound<f64>> {
        let score = || select(&SCORES[..]);
        prop_oneof![score().prop_map(Bound::Included), score().prop_map(Bound::Excluded), Just(Bound::Unbounded)]
    }

    proptest! {
        #[test]
        fn within_bounds_is_what_they_contain(
            members in prop::collection::btree_map("[ab]{0,2}", select(&SCORES[..]), 0..8), low in bound(), high in bound(),
        ) {
            let mut sorted = Sorted::default();
            for (member, score) in &members {
                sorted.insert(member.as_bytes(), *score, Insert::Always);
            }
            let found = sorted.within(low, high).map(|(_, member)| member.clone()).collect::<BTreeSet<_>>();
            let expected = members.iter().filter(|(_, score)| (low, high).contains(*score));
            prop_assert_eq!(found, expected.map(|(member, _)| Bytes::from(member.clone())).collect::<BTreeSet<_>>());
        }
    }
}
