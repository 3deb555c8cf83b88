//! Which node has which slot.

use std::{collections::HashMap, fmt, ops::RangeInclusive, sync::Arc};

use super::slot::SLOTS;
use crate::{config::Address, node::Node, reply::Reply};

/// A range of slots, and the master that has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    slots: RangeInclusive<u16>,
    master: Address,
}

/// What the node at `asked` says to `CLUSTER SLOTS`. What makes no sense in it is left out; none if nothing is left.
pub(super) fn ranges(reply: &Reply, asked: &Address) -> Option<Vec<Range>> {
    let Reply::List(entries) = reply else { return None };
    let ranges = entries.iter().filter_map(|entry| range(entry, asked)).collect::<Vec<_>>();
    (!ranges.is_empty()).then_some(ranges)
}

/// First and last slot, the master, and then the replicas.
fn range(entry: &Reply, asked: &Address) -> Option<Range> {
    let Reply::List(parts) = entry else { return None };
    let [Reply::Int(first), Reply::Int(last), Reply::List(master), ..] = &parts[..] else { return None };
    let (first, last) = (u16::try_from(*first).ok()?, u16::try_from(*last).ok()?);
    (first <= last && last < SLOTS).then_some(())?;
    let [host, Reply::Int(port), ..] = &master[..] else { return None };
    let port = u16::try_from(*port).ok().filter(|port| *port != 0)?;
    Some(Range { slots: first..=last, master: Address::new(self::host(host, &master[2..], asked)?, port) })
}

/// The host of a node. One that is not known is the one that was asked; one whose name is not known has a number
/// among what is told of it in `more`: its id, and pairs of names and values.
fn host<'a>(host: &'a Reply, more: &'a [Reply], asked: &'a Address) -> Option<&'a str> {
    match host {
        Reply::Nil => Some(asked.host()),
        other => match other.text()? {
            "" => Some(asked.host()),
            "?" => {
                let Some(Reply::List(pairs)) = more.get(1) else { return Some(asked.host()) };
                let ip = pairs.chunks_exact(2).find(|pair| pair[0].text() == Some("ip"));
                Some(ip.and_then(|pair| pair[1].text()).filter(|ip| !ip.is_empty()).unwrap_or_else(|| asked.host()))
            }
            host => Some(host),
        },
    }
}

/// No node.
const NONE: u16 = u16::MAX;

/// The masters of all slots, as one of the nodes has told.
#[derive(Clone)]
pub(super) struct Map {
    /// How often the nodes had been asked when it was made.
    pub(super) edition: u64,
    masters: Vec<Arc<Node>>,
    /// The place in `masters` of the master of each slot.
    owners: Box<[u16]>,
}

impl Map {
    /// A map without nodes.
    pub(super) fn empty() -> Self {
        Self { edition: 0, masters: Vec::new(), owners: vec![NONE; SLOTS.into()].into() }
    }

    pub(super) fn new(edition: u64, ranges: &[Range], mut node: impl FnMut(&Address) -> Arc<Node>) -> Self {
        let mut map = Self { edition, ..Self::empty() };
        let mut places = HashMap::new();
        for Range { slots, master } in ranges {
            let place = *places.entry(master).or_insert_with(|| map.admit(node(master)));
            map.owners[usize::from(*slots.start())..=usize::from(*slots.end())].fill(place);
        }
        map
    }

    /// The same map, but for that slot.
    pub(super) fn with(&self, slot: u16, master: Arc<Node>) -> Self {
        let mut map = self.clone();
        let place = map.masters.iter().position(|there| Arc::ptr_eq(there, &master));
        let place = place.map_or_else(|| map.admit(master), |place| u16::try_from(place).unwrap_or(NONE));
        map.owners[usize::from(slot)] = place;
        map
    }

    /// Its place; none if there are more masters than slots, which is nonsense.
    fn admit(&mut self, master: Arc<Node>) -> u16 {
        let place = u16::try_from(self.masters.len()).unwrap_or(NONE);
        if place >= SLOTS {
            return NONE;
        }
        self.masters.push(master);
        place
    }

    /// The master of that slot, if it has one.
    pub(super) fn owner(&self, slot: u16) -> Option<&Arc<Node>> {
        self.masters.get(usize::from(self.owners[usize::from(slot)]))
    }

    /// The masters.
    pub(super) fn masters(&self) -> &[Arc<Node>] {
        &self.masters
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masters = self.masters.iter().map(|node| node.whereabouts().to_string()).collect::<Vec<_>>();
        f.debug_struct("Map").field("edition", &self.edition).field("masters", &masters).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RedisConfig;

    fn text(text: &str) -> Reply {
        Reply::Bytes(text.to_owned().into())
    }

    fn node(host: Reply, port: i64) -> Reply {
        Reply::List(vec![host, Reply::Int(port), text("id"), Reply::List(Vec::new())])
    }

    fn entry(first: i64, last: i64, nodes: impl IntoIterator<Item = Reply>) -> Reply {
        Reply::List([Reply::Int(first), Reply::Int(last)].into_iter().chain(nodes).collect())
    }

    fn parsed(entries: impl IntoIterator<Item = Reply>) -> Vec<(RangeInclusive<u16>, String)> {
        let reply = Reply::List(entries.into_iter().collect());
        let ranges = ranges(&reply, &Address::new("asked", 7000)).unwrap_or_default();
        ranges.into_iter().map(|range| (range.slots, range.master.to_string())).collect()
    }

    #[test]
    fn the_first_node_of_a_range_is_its_master() {
        let parsed = parsed([
            entry(0, 5460, [node(text("10.0.0.1"), 6379), node(text("10.0.0.4"), 6379)]),
            entry(5461, 16383, [node(text("::1"), 6380)]),
        ]);
        assert_eq!(parsed, [(0..=5460, "10.0.0.1:6379".to_owned()), (5461..=16383, "[::1]:6380".to_owned())]);
    }

    #[test]
    fn a_node_that_does_not_know_its_host_is_the_one_that_was_asked() {
        let ip = Reply::List(vec![text("hostname"), text("x"), text("ip"), text("10.0.0.1")]);
        let nameless = Reply::List(vec![text("?"), Reply::Int(3), text("id"), ip]);
        let hosts = [node(Reply::Nil, 1), node(text(""), 2), nameless, node(text("?"), 4)];
        let told = hosts.into_iter().map(|node| parsed([entry(0, 1, [node])]).remove(0).1).collect::<Vec<_>>();
        assert_eq!(told, ["asked:1", "asked:2", "10.0.0.1:3", "asked:4"]);
    }

    #[test]
    fn older_servers_and_proxies_tell_hosts_and_ports_alone() {
        let short = Reply::List(vec![text("10.0.0.1"), Reply::Int(6379)]);
        assert_eq!(parsed([entry(0, 16383, [short])]), [(0..=16383, "10.0.0.1:6379".to_owned())]);
        let unknown = Reply::List(vec![text("?"), Reply::Int(6379)]);
        assert_eq!(parsed([entry(0, 16383, [unknown])]), [(0..=16383, "asked:6379".to_owned())]);
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        let good = || entry(7, 8, [node(text("a"), 1)]);
        let garbage = [
            Reply::Nil,
            Reply::Int(7),
            Reply::List(Vec::new()),
            entry(0, 1, []),
            entry(2, 1, [node(text("a"), 1)]),
            entry(-1, 1, [node(text("a"), 1)]),
            entry(0, 16384, [node(text("a"), 1)]),
            entry(0, 1 << 40, [node(text("a"), 1)]),
            entry(0, 1, [node(text("a"), 0)]),
            entry(0, 1, [node(text("a"), 65536)]),
            entry(0, 1, [node(Reply::Int(1), 1)]),
            entry(0, 1, [Reply::List(Vec::new())]),
            entry(0, 1, [Reply::Bytes(vec![0xFF].into())]),
        ];
        for nonsense in garbage {
            assert_eq!(parsed([nonsense.clone(), good()]), [(7..=8, "a:1".to_owned())], "{nonsense:?}");
            assert_eq!(parsed([nonsense]), []);
        }
        assert_eq!(ranges(&Reply::List(Vec::new()), &Address::new("a", 1)), None);
        assert_eq!(ranges(&Reply::Okay, &Address::new("a", 1)), None);
    }

    fn fresh(address: &Address) -> Arc<Node> {
        let settings = RedisConfig::cluster([address.clone()]).settings().unwrap();
        Node::new(address.clone(), settings.into()).into()
    }

    fn owner(map: &Map, slot: u16) -> Option<u16> {
        map.owner(slot).map(|node| node.whereabouts().to_string().parse::<Address>().unwrap().port())
    }

    fn of(ranges: &[(RangeInclusive<u16>, u16)]) -> Map {
        let ranges =
            ranges.iter().map(|(slots, port)| Range { slots: slots.clone(), master: Address::new("a", *port) });
        Map::new(1, &ranges.collect::<Vec<_>>(), fresh)
    }

    #[test]
    fn every_slot_has_the_owner_that_was_told_or_none() {
        let map = of(&[(0..=99, 1), (100..=16383, 2), (50..=50, 3), (60..=60, 1)]);
        let owners = [0, 49, 50, 51, 60, 99, 100, 16383].map(|slot| owner(&map, slot).unwrap());
        assert_eq!(owners, [1, 1, 3, 1, 1, 1, 2, 2]);
        assert_eq!(map.masters().len(), 3);
        let partial = of(&[(0..=99, 1)]);
        assert_eq!((owner(&partial, 99), owner(&partial, 100)), (Some(1), None));
        assert_eq!(owner(&Map::empty(), 0), None);
    }

    #[test]
    fn one_slot_can_be_given_to_another() {
        let map = of(&[(0..=99, 1), (100..=199, 2)]);
        let other = Arc::clone(map.owner(100).unwrap());
        let moved = map.with(7, other).with(8, fresh(&Address::new("a", 9)));
        assert_eq!([6, 7, 8, 9].map(|slot| owner(&moved, slot).unwrap()), [1, 2, 9, 1]);
        assert_eq!((moved.masters().len(), moved.edition), (3, 1));
        assert_eq!(owner(&map, 7), Some(1));
    }
}
