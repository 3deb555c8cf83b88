//! The memory of one request under the model checker: several tasks read, one changes what they read, the ledger is
//! collected, in every order.

use std::sync::{
    Arc,
    atomic::{AtomicU64 as Plain, Ordering::SeqCst},
};

use super::{Finding, Ledger, Memory, Visit};
use crate::{
    clock::Moment,
    identity::Identity,
    local::Schema,
    sync::{AtomicU64, thread},
};

struct World {
    identity: Arc<Identity>,
    memory: Arc<Memory>,
    ledger: Arc<Ledger>,
    /// What a read of the cache finds.
    cache: AtomicU64,
    /// The newest change that has returned. Not seen by the checker.
    changed: Plain,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            identity: Identity::new("user:42".to_owned(), vec!["users".into()]).unwrap(),
            memory: Arc::new(Memory::new(10)),
            ledger: Ledger::here(),
            cache: AtomicU64::new(0),
            changed: Plain::new(0),
        })
    }

    /// One read, as a call does it. Its value may tell of another name.
    fn read(&self) -> u64 {
        let at = (self.identity.key(), Moment::ORIGIN);
        if let Some(value) = Visit::recall(&self.memory, &self.ledger, at, |_| true) {
            return value;
        }
        let visit = Visit::new(Arc::clone(&self.memory), Arc::clone(&self.ledger), &self.identity);
        let value = self.cache.load(SeqCst);
        let schema = Some(Schema::default());
        let finding = Finding { identity: &self.identity, schema, value_of: None, now: Moment::ORIGIN };
        visit.settle(finding, [self.of_result()], value)
    }

    fn of_result(&self) -> Box<str> {
        "ec:t:of_result".into()
    }

    /// A change by this process, of one of the names that the value depends on.
    fn change(&self, to: u64, name: &str) {
        self.cache.store(to, SeqCst);
        self.ledger.lose(name);
        self.changed.store(to, SeqCst);
    }
}

/// Reads twice: what has changed when a read begins, it sees, and the second one is no older than the first.
fn reader(world: &Arc<World>) -> impl FnOnce() + Send + 'static + use<> {
    let world = Arc::clone(world);
    move || {
        let mut last = 0;
        for _ in 0..2 {
            let changed = world.changed.load(SeqCst);
            let value = world.read();
            assert!(value >= changed, "the change had returned when the read began");
            assert!(value >= last, "reads do not go back");
            last = value;
        }
    }
}

fn play(name: &'static str) {
    let world = World::new();
    let writer = {
        let world = Arc::clone(&world);
        move || {
            world.change(1, name);
            world.change(2, name);
        }
    };
    let collector = {
        let world = Arc::clone(&world);
        move || {
            world.ledger.collect();
        }
    };
    let threads =
        [thread::spawn(reader(&world)), thread::spawn(reader(&world)), thread::spawn(writer), thread::spawn(collector)];
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(world.read(), 2);
}

#[test]
fn what_this_process_has_changed_is_seen_by_every_read_that_begins_later() {
    for name in ["ec:v:{user:42}", "ec:t:users", "ec:t:of_result", "ec:n"] {
        shuttle::check_random(move || play(name), 2_000);
        shuttle::check_pct(move || play(name), 2_000, 3);
    }
}
