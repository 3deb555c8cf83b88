//! Reads whose changes are told.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use easycache_core::{
    Clock, Deadline, Moment, Names, NearSink, NodeId, On, Read, SystemClock, Target, Want, Watch, Watched, Watching,
};

use super::subject::{FULL, LONG, Subject, fill, one, value};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes down what it is told, in that order.
#[derive(Debug, Default)]
struct Ear(Mutex<Vec<Told>>);

#[derive(Clone, Debug, PartialEq)]
enum Told {
    Lost(Box<str>),
    Flush(NodeId),
    Fresh(NodeId, Moment),
}

impl Ear {
    fn hear(&self, told: Told) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(told);
    }

    fn told(&self) -> Vec<Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl NearSink for Ear {
    fn lost(&self, name: &str) {
        self.hear(Told::Lost(name.into()));
    }

    fn flush(&self, node: NodeId) {
        self.hear(Told::Flush(node));
    }

    fn now(&self) -> Moment {
        SystemClock.now()
    }

    fn fresh(&self, node: NodeId, asked: Moment) {
        self.hear(Told::Fresh(node, asked));
    }
}

/// A watch, and who is told.
struct Eyes {
    ear: Arc<Ear>,
    watch: Arc<dyn Watch>,
}

impl Eyes {
    fn on(it: &Subject) -> Self {
        let ear = Arc::new(Ear::default());
        let sink = Arc::<Ear>::downgrade(&ear);
        let watching = Watching { sink, heartbeat: Duration::from_millis(50), patience: PATIENCE };
        let watch = it.backend().watch(watching).expect("who is tested like this can tell of changes");
        Self { ear, watch }
    }

    async fn see(&self, names: &Names, want: Want) -> Watched {
        let reads = [Read { names: names.clone(), want, left: true }];
        one(self.watch.read(&reads, Deadline::after(PATIENCE)).await)
    }

    /// Reads until changes will be told; returns by whom.
    async fn watch(&self, names: &Names) -> Vec<NodeId> {
        let deadline = Deadline::after(PATIENCE);
        loop {
            if let Some(nodes) = self.see(names, FULL).await.nodes {
                return nodes;
            }
            assert!(!deadline.left().is_zero(), "nobody will tell of changes");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What was told until all of these were known to have told everything that has happened so far. The first `heard` are
    /// left out.
    async fn news(&self, nodes: &[NodeId], heard: usize) -> Vec<Told> {
        let (since, deadline) = (self.ear.now(), Deadline::after(PATIENCE));
        loop {
            let told = self.ear.told().split_off(heard);
            let is_fresh = |node: &NodeId| {
                told.iter().any(|told| matches!(told, Told::Fresh(of, asked) if of == node && *asked > since))
            };
            if nodes.iter().all(is_fresh) {
                return told;
            }
            assert!(!deadline.left().is_zero(), "no sign of life of {nodes:?}: {told:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Watches those names; whatever `happens`, that name is told to be lost before their nodes are fresh again.
    async fn is_told(&self, names: &Names, lost: &str, happens: impl AsyncFnOnce()) {
        let nodes = self.watch(names).await;
        let heard = self.ear.told().len();
        happens().await;
        let told = self.news(&nodes, heard).await;
        let is_about = |told: &Told| match told {
            Told::Lost(name) => **name == *lost,
            // Everything is lost then, this included.
            Told::Flush(node) => nodes.contains(node),
            Told::Fresh(..) => false,
        };
        assert!(told.iter().any(is_about), "{lost} has changed, and nobody was told: {told:?}");
    }
}

pub async fn a_watched_read_sees_what_a_read_sees(it: Subject) {
    let eyes = Eyes::on(&it);
    let (names, absent) = (it.names("k", &["a", "b"]), it.names("absent", &["c"]));
    it.store(&names, "v").await;
    let leased = it.names("leased", &["a"]);
    it.lead(&leased).await;
    for names in [&names, &absent, &leased] {
        for want in [Want::Peek, Want::Stamps, FULL] {
            let (watched, seen) = (eyes.see(names, want).await.seen, it.see(names, want).await);
            assert_eq!((watched.blob, watched.stamps), (seen.blob, seen.stamps), "{want:?}");
            assert_eq!((watched.origin, watched.lease), (seen.origin, seen.lease), "{want:?}");
        }
    }
}

pub async fn a_watched_read_tells_how_long_a_value_is_kept(it: Subject) {
    let (eyes, names) = (Eyes::on(&it), it.names("k", &["a"]));
    assert_eq!(eyes.see(&names, Want::Peek).await.seen.left, None);
    it.store(&names, "v").await;
    let left = eyes.see(&names, Want::Peek).await.seen.left.expect("the value is there");
    assert!(left <= LONG && left + 2 * PATIENCE > LONG, "{left:?}");
}

pub async fn a_watched_read_grants_no_lease(it: Subject) {
    let (eyes, names) = (Eyes::on(&it), it.names("k", &["a"]));
    assert_eq!(eyes.see(&names, FULL).await.seen.grant, None);
    it.lead(&names).await;
}

pub async fn a_watched_read_names_each_node_once(it: Subject) {
    let (eyes, names) = (Eyes::on(&it), it.names("k", &["a", "b", "c", "d", "e", "f"]));
    let mut nodes = eyes.watch(&names).await;
    assert!(!nodes.is_empty());
    let count = nodes.len();
    nodes.sort_unstable();
    nodes.dedup();
    assert_eq!(nodes.len(), count);
    assert_eq!(eyes.watch(&names).await.len(), count, "the same each time");
}

pub async fn an_invalidated_value_is_told(it: Subject) {
    let (eyes, names) = (Eyes::on(&it), it.names("k", &["a"]));
    // A read is told of once: what has changed is read again.
    for _ in 0..3 {
        it.store(&names, "v").await;
        eyes.is_told(&names, &names.value, async || {
            it.invalidate_value(&names).await;
        })
        .await;
    }
}

pub async fn an_invalidated_stamp_is_told(it: Subject) {
    let (eyes, names) = (Eyes::on(&it), it.names("k", &["a", "b"]));
    it.store(&names, "v").await;
    for stamp in ["a", "b", "a", "b"] {
        eyes.is_told(&names, &it.stamp(stamp), async || {
            it.invalidate_stamp(stamp).await;
        })
        .await;
    }
}

pub async fn a_stored_value_is_told(it: Subject) {
    let (eyes, names) = (Eyes::on(&it), it.names("k", &["a"]));
    eyes.is_told(&names, &names.value, async || drop(it.store(&names, "first").await)).await;
    let again = async || {
        let grant = super::subject::granted(it.acquire(&names, On::Replace).await);
        it.fill(&fill(&names, grant, b"second")).await;
    };
    eyes.is_told(&names, &names.value, again).await;
}

pub async fn a_minted_stamp_is_told(it: Subject) {
    let (eyes, names) = (Eyes::on(&it), it.names("k", &["a"]));
    eyes.is_told(&names, &names.stamps[0], async || drop(it.grant(&names).await)).await;
}

pub async fn of_many_names_each_is_told(it: Subject) {
    let eyes = Eyes::on(&it);
    let all = (0..40).map(|key| it.names(&format!("k{key}"), &[&format!("t{key}")])).collect::<Vec<_>>();
    let mut nodes = Vec::new();
    for names in &all {
        it.store(names, "v").await;
        nodes.extend(eyes.watch(names).await);
    }
    let heard = eyes.ear.told().len();
    let stamps = all.iter().map(|names| Target::Stamp(names.stamps[0].clone()));
    it.invalidate(&stamps.chain(all.iter().map(value)).collect::<Vec<_>>()).await;
    let told = eyes.news(&nodes, heard).await;
    for name in all.iter().flat_map(|names| [&names.value, &names.stamps[0]]) {
        assert!(told.contains(&Told::Lost(name.clone())), "{name} was not told");
    }
}

pub async fn signs_of_life_are_told_while_nobody_reads(it: Subject) {
    let (eyes, names) = (Eyes::on(&it), it.names("k", &["a"]));
    let nodes = eyes.watch(&names).await;
    for _ in 0..3 {
        let heard = eyes.ear.told().len();
        eyes.news(&nodes, heard).await;
    }
}

pub async fn a_watched_read_answers_by_its_deadline(it: Subject) {
    let (eyes, names) = (Eyes::on(&it), it.names("k", &["a"]));
    let reads = [Read { names: names.clone(), want: Want::Peek, left: true }, Read { names, want: FULL, left: true }];
    let answers = eyes.watch.read(&reads, Deadline::after(Duration::ZERO));
    let answers = tokio::time::timeout(PATIENCE, answers).await.expect("the deadline has passed");
    assert_eq!(answers.len(), 2);
}
