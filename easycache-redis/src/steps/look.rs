//! Reading on a connection that tells of changes: values with the time that they have left.

use std::{collections::HashSet, time::Duration};

use easycache_core::Version;

use super::{
    left,
    read::{Found, get, got},
    value_left,
};
use crate::{config::Address, lane::Wave, reply::Reply};

/// What to ask one server for.
pub(crate) struct Look<'a> {
    names: &'a [&'a str],
    /// The places of names that one command may ask for.
    groups: Vec<Vec<usize>>,
    /// The places of those whose time is asked for, after they have been read: when they change in between, that is told.
    timed: Vec<usize>,
}

/// What is under a name.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    pub(crate) found: Found,
    /// How much longer it is there, if that was asked for.
    pub(crate) left: Option<Duration>,
}

impl<'a> Look<'a> {
    pub(crate) fn new(names: &'a [&'a str], groups: Vec<Vec<usize>>, timed: &HashSet<&str>) -> Self {
        let all = groups.iter().flatten().copied();
        let timed = all.filter(|&place| timed.contains(names[place])).collect();
        Self { names, groups, timed }
    }

    pub(crate) fn wave(&self) -> Wave {
        let mut wave = Wave::new(self.groups.len() + self.timed.len());
        for group in &self.groups {
            wave.push(get(&group.iter().map(|&place| self.names[place]).collect::<Vec<_>>()));
        }
        for &place in &self.timed {
            wave.push(left(self.names[place]));
        }
        wave
    }

    /// The answers that are errors, each with a name that was asked for.
    pub(crate) fn refused<'b>(&'b self, replies: &'b [Reply]) -> impl Iterator<Item = (&'a str, &'b Reply)> {
        let asked = self.groups.iter().zip(replies).filter(|(_, reply)| reply.error().is_some());
        asked.filter_map(|(group, reply)| Some((self.names[*group.first()?], reply)))
    }

    /// What was there, by the places of the names; not those that the server has refused to tell. It was asked so long ago.
    pub(crate) fn looked(
        &self,
        address: &Address,
        replies: Vec<Reply>,
        epoch: Version,
        ago: Duration,
    ) -> Vec<(usize, Looked)> {
        let mut replies = replies.into_iter();
        let mut looked = Vec::with_capacity(self.names.len());
        for (group, reply) in self.groups.iter().zip(&mut replies) {
            if let Ok(found) = got(address, group.len(), reply, epoch) {
                let found = group.iter().zip(found);
                looked.extend(found.map(|(&place, found)| (place, Looked { found, left: None })));
            }
        }
        for (place, reply) in self.timed.iter().zip(replies) {
            if let Some((_, looked)) = looked.iter_mut().find(|(at, _)| at == place) {
                // Where it is refused the value was, too.
                let left = value_left(address, &reply).ok().flatten();
                looked.left = left.map(|left| left.saturating_sub(ago));
            }
        }
        looked
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::reply::ServerError;

    fn bytes(text: &str) -> Reply {
        Reply::Bytes(Bytes::copy_from_slice(text.as_bytes()))
    }

    fn looked(look: &Look<'_>, replies: Vec<Reply>) -> Vec<(usize, Option<Bytes>, Option<Duration>)> {
        let looked = look.looked(&Address::new("h", 1), replies, Version::NONE, Duration::from_millis(3));
        looked.into_iter().map(|(place, looked)| (place, looked.found.bytes, looked.left)).collect()
    }

    #[test]
    fn values_come_with_the_time_that_they_have_left_and_stamps_without() {
        let names = ["v", "s", "w"];
        let look = Look::new(&names, vec![vec![0, 1], vec![2]], &HashSet::from(["v", "w"]));
        assert_eq!(look.wave().len(), 4);
        let replies = vec![
            Reply::List(vec![bytes("V"), Reply::Nil]),
            Reply::List(vec![bytes("W")]),
            Reply::Int(10),
            Reply::Int(20),
        ];
        let some = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
        let seven = Some(Duration::from_millis(7));
        assert_eq!(
            looked(&look, replies),
            [(0, some("V"), seven), (1, None, None), (2, some("W"), Some(Duration::from_millis(17)))]
        );
    }

    #[test]
    fn what_is_refused_is_not_told_and_what_has_ended_meanwhile_has_no_time() {
        let names = ["v", "w"];
        let look = Look::new(&names, vec![vec![0], vec![1]], &HashSet::from(["v", "w"]));
        let refused = || Reply::Error(ServerError { code: "MOVED".into(), detail: "7 h:2".into() });
        let replies = || vec![refused(), Reply::List(vec![bytes("W")]), refused(), Reply::Int(-2)];
        assert_eq!(looked(&look, replies()), [(1, Some(Bytes::from_static(b"W")), None)]);
        let all = replies();
        assert_eq!(look.refused(&all).map(|(name, _)| name).collect::<Vec<_>>(), ["v"]);
    }
}
