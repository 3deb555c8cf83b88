//! Sets put together.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

/// How sets are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algebra {
    /// What is in any of them.
    Union,
    /// What is in all of them.
    Intersection,
    /// What is in the first and in none of the others.
    Difference,
    /// What is in one of two and not in the other. Of more: what is in an odd number of them.
    SymmetricDifference,
}

impl Algebra {
    /// What comes of these sets, in each of which every member is once: for backends whose server cannot do it.
    #[must_use]
    pub fn of<'a, S>(self, sets: &[S]) -> BTreeSet<Bytes>
    where
        S: Copy + IntoIterator<Item = &'a Bytes>,
    {
        let mut found = BTreeMap::<&Bytes, Found>::new();
        for (number, set) in sets.iter().enumerate() {
            for member in *set {
                let found = found.entry(member).or_default();
                found.times += 1;
                found.first |= number == 0;
            }
        }
        let belongs = |found: &Found| match self {
            Self::Union => true,
            Self::Intersection => found.times == sets.len(),
            Self::Difference => found.first && found.times == 1,
            Self::SymmetricDifference => found.times % 2 == 1,
        };
        found.into_iter().filter(|(_, found)| belongs(found)).map(|(member, _)| member.clone()).collect()
    }
}

/// Where a member was found.
#[derive(Debug, Default)]
struct Found {
    times: usize,
    /// In the first set, too.
    first: bool,
}
