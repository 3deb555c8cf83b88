//! Figures, as a recorder gets them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use easycache_core::{
    Cache, Policy,
    private::{Found, Mode, Names, Shape, Site, Whole, compute_blocking, find, outcome, portable},
};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};

/// Adds up what it is told, by name and labels.
#[derive(Clone, Debug, Default)]
struct Sums(Arc<Mutex<BTreeMap<String, u64>>>);

#[derive(Debug)]
struct One(Sums, String);

impl One {
    fn add(&self, count: u64) {
        *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += count;
    }
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.add(value);
    }

    fn absolute(&self, value: u64) {
        self.add(value);
    }
}

impl HistogramFn for One {
    fn record(&self, seconds: f64) {
        assert!((0.0..60.0).contains(&seconds));
        self.add(1);
    }
}

impl Sums {
    fn one(&self, key: &Key) -> Arc<One> {
        let labels = key.labels().map(|label| [" ", label.key(), "=", label.value()].concat());
        Arc::new(One(self.clone(), std::iter::once(key.name().to_owned()).chain(labels).collect()))
    }
}

impl Recorder for Sums {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

static SITE: Site = Site::new("shop::price");

fn price(cache: &Cache) -> u32 {
    let shape: Shape<Whole<u32>> = portable(outcome!(u32));
    let names = |names: &mut Names| names.key(|text| text.literal("price"));
    match find(&SITE, Mode::Read, Some(cache), &shape, |_| {}, names) {
        Found::Hit(hit) => hit,
        Found::Miss(miss) => compute_blocking(miss, shape, || 1, |_, _| {}),
    }
}

#[test]
fn a_recorder_gets_what_is_documented() {
    let sums = Sums::default();
    with_local_recorder(&sums, || {
        let cache = Cache::builder().namespace("eu").build().unwrap();
        (0..3).for_each(|_| assert_eq!(price(&cache), 1));
        cache.blocking().get_or_compute("key", Policy::ttl(0), || 1).unwrap();
    });
    let sums = sums.0.lock().unwrap().clone();
    let expected = [
        ("easycache.computation.duration cache=default function=shop::price", 1),
        ("easycache.computation.duration cache=eu function=", 1),
        ("easycache.hits cache=default function=shop::price", 2),
        ("easycache.misses cache=default function=shop::price reason=absent", 1),
        ("easycache.misses cache=eu function= reason=absent", 1),
        ("easycache.refusals cache=eu function= reason=policy", 1),
        ("easycache.stores cache=default function=shop::price", 1),
    ];
    assert_eq!(sums, expected.map(|(name, count)| (name.to_owned(), count)).into());
}
