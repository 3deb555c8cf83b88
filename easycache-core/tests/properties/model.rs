//! The cache against a small model of it, on any sequence of operations.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use easycache_core::{
    Cache, Policy, Targets,
    private::{Found, Keep, Miss, Mode, Names, Site, compute_blocking, find, lasting, outcome},
};
use easycache_testkit::ManualClock;
use proptest::prelude::*;

const KEYS: usize = 3;
const TAGS: [&str; 3] = ["t0", "t1", "t2"];
const PREFIXES: [&str; 3] = ["p", "p/q", "r"];
const TTL: u64 = 10;

/// One lookup: which key, under which of the prefixes, with which tags.
#[derive(Clone, Debug, PartialEq)]
struct Lookup {
    key: usize,
    prefix: Option<usize>,
    tags: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
enum Op {
    Read(Lookup),
    Refresh(Lookup),
    /// A computation under way while the others happen, whose result has these tags of its own.
    Across(Lookup, BTreeSet<usize>, Vec<Self>),
    Set(Lookup),
    Key(usize, Option<usize>),
    Tag(usize),
    Prefix(usize),
    Clear,
    Advance(u64),
    Sweep,
}

fn lookup() -> impl Strategy<Value = Lookup> {
    let tags = prop::collection::btree_set(0..TAGS.len(), 0..2);
    (0..KEYS, prop::option::of(0..PREFIXES.len()), tags).prop_map(|(key, prefix, tags)| Lookup { key, prefix, tags })
}

fn op() -> impl Strategy<Value = Op> {
    let simple = prop_oneof![
        8 => lookup().prop_map(Op::Read),
        2 => lookup().prop_map(Op::Refresh),
        2 => lookup().prop_map(Op::Set),
        2 => (0..KEYS, prop::option::of(0..PREFIXES.len())).prop_map(|(key, prefix)| Op::Key(key, prefix)),
        2 => (0..TAGS.len()).prop_map(Op::Tag),
        2 => (0..PREFIXES.len()).prop_map(Op::Prefix),
        1 => Just(Op::Clear),
        2 => (1..TTL + 2).prop_map(Op::Advance),
        2 => Just(Op::Sweep),
    ];
    simple.prop_recursive(2, 8, 4, |inner| {
        let of_result = prop::collection::btree_set(0..TAGS.len(), 0..2);
        (lookup(), of_result, prop::collection::vec(inner, 0..4))
            .prop_map(|(lookup, tags, during)| Op::Across(lookup, tags, during))
    })
}

/// What must be found: by full key, the value, the tags of its lookup, those it depends on besides, and its end.
#[derive(Clone, Debug)]
struct Kept {
    lookup: Lookup,
    of_result: BTreeSet<usize>,
    value: u64,
    until: u64,
}

/// The model: a list of entries and a list of leases. An invalidation removes from both.
#[derive(Debug, Default)]
struct Model {
    now: u64,
    entries: Vec<Kept>,
    /// Computations under way that may store: they hold the only lease of their key.
    leases: Vec<(u64, Lookup)>,
    /// Tags invalidated since each of the computations under way began.
    lost_tags: Vec<(u64, BTreeSet<usize>)>,
}

fn same_key(one: &Lookup, two: &Lookup) -> bool {
    (one.key, one.prefix) == (two.key, two.prefix)
}

impl Model {
    fn hit(&self, lookup: &Lookup) -> Option<u64> {
        self.entries.iter().find(|kept| kept.lookup == *lookup && kept.until > self.now).map(|kept| kept.value)
    }

    fn store(&mut self, lookup: &Lookup, of_result: BTreeSet<usize>, value: u64) {
        self.leases.retain(|(_, other)| !same_key(other, lookup));
        self.entries.retain(|kept| !same_key(&kept.lookup, lookup));
        self.entries.push(Kept { lookup: lookup.clone(), of_result, value, until: self.now + TTL });
    }

    fn lose(&mut self, is_lost: impl Fn(&Lookup, &BTreeSet<usize>) -> bool) {
        self.entries.retain(|kept| !is_lost(&kept.lookup, &kept.of_result));
        self.leases.retain(|(_, lookup)| !is_lost(lookup, &BTreeSet::new()));
    }

    fn lose_tag(&mut self, tag: usize) {
        self.lost_tags.iter_mut().for_each(|(_, lost)| lost.extend([tag]));
        self.lose(|lookup, of_result| lookup.tags.contains(&tag) || of_result.contains(&tag));
    }

    fn lose_prefix(&mut self, prefix: usize) {
        // `p/q` is below `p`.
        self.lose(|lookup, _| lookup.prefix == Some(prefix) || (prefix == 0 && lookup.prefix == Some(1)));
    }
}

/// The cache and the model, side by side.
struct Both {
    cache: Cache,
    clock: Arc<ManualClock>,
    model: Model,
    /// Every value is another, and newer.
    next: u64,
}

static SITE: Site = Site::new("tests::modelled");

impl Both {
    fn value(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn find(&self, lookup: &Lookup, mode: Mode) -> Found<u64> {
        let tags = lookup.tags.iter().map(|&tag| TAGS[tag]);
        let names = |names: &mut Names| {
            if let Some(prefix) = lookup.prefix {
                names.prefix(|text| text.literal(PREFIXES[prefix]));
            }
            names.key(|text| text.value(&lookup.key));
            names.tags(tags.clone());
        };
        let args = |args: &mut easycache_core::private::Args| {
            args.arg(&(lookup.key, lookup.prefix, lookup.tags.clone()));
        };
        find(&SITE, mode, Some(&self.cache), &easycache_core::private::unportable(outcome!(u64)), args, names)
    }

    fn compute(miss: Miss, of_result: &BTreeSet<usize>, body: impl FnOnce() -> u64) -> u64 {
        let keep = |_: &u64, keep: &mut Keep| keep.tags(of_result.iter().map(|&tag| TAGS[tag]));
        compute_blocking(miss.ttl(lasting(TTL)), easycache_core::private::unportable(outcome!(u64)), body, keep)
    }

    fn full_key(key: usize, prefix: Option<usize>) -> String {
        prefix.map_or_else(|| key.to_string(), |prefix| format!("{}|{key}", PREFIXES[prefix]))
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Read(lookup) => self.read(lookup),
            Op::Refresh(lookup) => {
                let value = self.value();
                let Found::Miss(miss) = self.find(lookup, Mode::Refresh) else { panic!("a refresh computes") };
                assert_eq!(Self::compute(miss, &BTreeSet::new(), || value), value);
                self.model.store(lookup, BTreeSet::new(), value);
            }
            Op::Across(lookup, of_result, during) => self.across(lookup, of_result, during),
            Op::Set(lookup) => {
                let value = self.value();
                let policy = Policy::ttl(TTL).tags(lookup.tags.iter().map(|&tag| TAGS[tag]));
                let key = Self::full_key(lookup.key, lookup.prefix);
                self.cache.blocking().set(&key, value, policy).unwrap();
                self.model.store(lookup, BTreeSet::new(), value);
            }
            Op::Key(key, prefix) => {
                self.cache.blocking().invalidate_key(&Self::full_key(*key, *prefix)).unwrap();
                self.model.lose(|lookup, _| (lookup.key, lookup.prefix) == (*key, *prefix));
            }
            Op::Tag(tag) => {
                self.cache.blocking().invalidate_tags([TAGS[*tag]]).unwrap();
                self.model.lose_tag(*tag);
            }
            Op::Prefix(prefix) => {
                self.cache.blocking().invalidate(Targets::new().prefix(PREFIXES[*prefix])).unwrap();
                self.model.lose_prefix(*prefix);
            }
            Op::Clear => {
                self.cache.blocking().clear().unwrap();
                self.model.lose(|_, _| true);
            }
            Op::Advance(seconds) => {
                self.clock.advance(Duration::from_secs(*seconds));
                self.model.now += seconds;
            }
            Op::Sweep => drop(self.cache.sweep()),
        }
        self.compare();
    }

    fn read(&mut self, lookup: &Lookup) {
        let (value, expected) = (self.value(), self.model.hit(lookup));
        match (self.find(lookup, Mode::Read), expected) {
            (Found::Hit(value), expected) => assert_eq!(Some(value), expected),
            (Found::Miss(_), Some(expected)) => panic!("{expected} was to be found"),
            (Found::Miss(miss), None) => {
                // Where a computation of this key is under way further up the stack, this one is not stored.
                let alone = self.model.leases.iter().any(|(_, other)| same_key(other, lookup));
                assert_eq!(Self::compute(miss, &BTreeSet::new(), || value), value);
                if !alone {
                    self.model.store(lookup, BTreeSet::new(), value);
                }
            }
        }
    }

    /// A computation that takes so long that other things happen meanwhile. It begins anew whatever is stored.
    fn across(&mut self, lookup: &Lookup, of_result: &BTreeSet<usize>, during: &[Op]) {
        let (value, cache) = (self.value(), self.cache.clone());
        let Found::Miss(miss) = self.find(lookup, Mode::Refresh) else { panic!("a refresh computes") };
        self.model.leases.retain(|(_, other)| !same_key(other, lookup));
        self.model.leases.push((value, lookup.clone()));
        self.model.lost_tags.push((value, BTreeSet::new()));
        let mut body = || {
            for op in during {
                self.apply(op);
            }
            value
        };
        let mut refused = 0;
        let body = || {
            let value = body();
            refused = cache.stats().refused.unknown_tag;
            value
        };
        assert_eq!(Self::compute(miss, of_result, body), value);
        let (_, lost) = self.model.lost_tags.pop().unwrap();
        if self.model.leases.iter().any(|(lease, _)| *lease == value) {
            self.model.leases.retain(|(lease, _)| *lease != value);
            // A tag that nobody knew may have been invalidated meanwhile, for all the cache can tell: then it refuses.
            let refused = self.cache.stats().refused.unknown_tag > refused;
            assert!(!refused || !(of_result.is_empty() || during.is_empty()), "nothing was unknown");
            assert!(refused || lost.is_disjoint(of_result), "it depends on what was invalidated meanwhile");
            if !refused {
                self.model.store(lookup, of_result.clone(), value);
            }
        }
    }

    /// Everything that is stored is found by its key, and nothing else is.
    fn compare(&self) {
        for key in 0..KEYS {
            for prefix in [None, Some(0), Some(1), Some(2)] {
                let kept =
                    self.model.entries.iter().find(|kept| {
                        (kept.lookup.key, kept.lookup.prefix) == (key, prefix) && kept.until > self.model.now
                    });
                let found = self.cache.blocking().get::<u64>(&Self::full_key(key, prefix)).unwrap();
                assert_eq!(found, kept.map(|kept| kept.value), "{}", Self::full_key(key, prefix));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cache_does_what_the_model_does(ops in prop::collection::vec(op(), 1..25)) {
        let clock = Arc::new(ManualClock::new());
        let cache = Cache::builder().clock(clock.clone()).build().unwrap();
        let mut both = Both { cache, clock, model: Model::default(), next: 0 };
        for op in &ops {
both.apply(op);
}
        both.clock.advance(Duration::from_secs(TTL + 1));
        let stats = both.cache.stats();
        prop_assert_eq!((stats.entries, stats.stamps, stats.in_flight), (0, 0, 0));
    }
}
