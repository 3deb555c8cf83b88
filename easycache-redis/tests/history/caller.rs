//! One caller of a process: what it does next is left to chance.

use std::sync::Arc;

use easycache_core::{Deadline, blocking, no_store_scope};
use easycache_testkit::history::{Kind, Recorder, now};
use fastrand::Rng;

use crate::{
    database::Database,
    naive::Naive,
    pace::Pace,
    rows::{Manner, Row, Scope, mark},
    shop::{Record, Shop},
};

/// What callers of one process share.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) recorder: Recorder,
    pub(crate) until: Deadline,
}

/// What is answered within this many nanoseconds has not been asked of anybody.
const AT_ONCE: u64 = 50_000;

impl Desk {
    fn is_open(&self) -> bool {
        !self.until.left().is_zero()
    }

    /// Whether to read the same once more, which costs nothing where nobody is asked. Not for ever, or histories would be
    /// too long to be judged.
    fn again(begun: u64, rng: &mut Rng) -> bool {
        now() - begun < AT_ONCE && rng.u32(..20) > 0
    }

    /// Commits a change of what the scope reaches, and tells what is to be invalidated then. None: it is locked.
    fn commit(&self, database: &Database, scope: Scope, owner: &str) -> Option<(u64, Scope)> {
        let (call, rows) = (self.recorder.begin(), scope.rows());
        let committed = database.commit(&rows, owner)?;
        let names = rows.iter().map(|row| format!("row:{}", row.0)).collect::<Vec<_>>();
        call.end(Kind::Committed, committed.number, "-", &names);
        let scope = match scope {
            Scope::Mark(row, _) => Scope::Mark(row, mark(committed.replaced)),
            other => other,
        };
        Some((committed.number, scope))
    }
}

fn kind(done: bool) -> Kind {
    if done { Kind::Invalidated } else { Kind::Failed }
}

fn kind_of_read(read: &Record) -> Kind {
    if read.stored { Kind::Hit } else { Kind::Computed }
}

/// A caller with a runtime.
pub(crate) async fn call(desk: &Desk, shop: &Arc<Shop>, mut rng: Rng) {
    while desk.is_open() {
        let (row, pace) = (Row::any(&mut rng), Pace::any(&mut rng));
        match rng.u32(..100) {
            0..=75 => loop {
                let (call, begun) = (desk.recorder.begin(), now());
                let Some(read) = shop.read(row, pace).await else { break };
                Pace::assert_committed(&read);
                let again = Desk::again(begun, &mut rng);
                call.end(kind_of_read(&read), read.commit, &row.key(), &row.scopes(read.commit));
                if !again {
                    break;
                }
                tokio::task::yield_now().await;
            },
            // What it sees is nobody else's business.
            76..=79 => drop(no_store_scope(shop.read(row, pace.in_transaction())).await),
            80..=89 => {
                let call = desk.recorder.begin();
                if let Some(read) = shop.get(row).await {
                    Pace::assert_committed(&read);
                    call.end(Kind::Hit, read.commit, &row.key(), &row.scopes(read.commit));
                }
            }
            90..=91 => shop.refresh(row, pace).await,
            92..=93 => set(desk, shop, row, &rng.u64(..).to_string()).await,
            _ => change(desk, shop, Scope::any(&mut rng), rng.bool()).await,
        }
    }
}

/// Changes what the scope reaches, and invalidates it; with a hold that is there before.
async fn change(desk: &Desk, shop: &Arc<Shop>, scope: Scope, holds: bool) {
    let hold = if holds { shop.hold(scope).await } else { None };
    let committed = desk.commit(&shop.database, scope, "");
    let call = desk.recorder.begin();
    let done = match (hold, &committed) {
        (Some(hold), _) => hold.release().await.is_ok(),
        (None, Some((_, scope))) => shop.invalidate(*scope).await,
        (None, None) => return,
    };
    if let Some((number, scope)) = committed {
        call.end(kind(done), number, "-", &[scope.word()]);
    }
}

/// A value that was read before it is stored could be old by then: the row is locked from the commit on.
async fn set(desk: &Desk, shop: &Arc<Shop>, row: Row, owner: &str) {
    if row.manner() == Manner::Shared && shop.database.lock(row, owner) {
        if let Some((number, _)) = desk.commit(&shop.database, Scope::Key(row), owner) {
            shop.set(row, number).await;
        }
        shop.database.unlock(row);
    }
}

/// A caller without one, or in the middle of one.
pub(crate) fn call_sync(desk: &Desk, shop: &Arc<Shop>, mut rng: Rng) {
    while desk.is_open() {
        step_sync(desk, shop, &mut rng);
    }
}

/// One step of it.
pub(crate) fn step_sync(desk: &Desk, shop: &Arc<Shop>, rng: &mut Rng) {
    let (row, pace) = (Row::any(rng), Pace::any(rng));
    let chance = rng.u32(..100);
    if chance < 4 {
        drop(blocking::no_store_scope(|| shop.read_sync(row, pace.in_transaction())));
    } else if chance < 94 {
        loop {
            let (call, begun) = (desk.recorder.begin(), now());
            let Some(read) = shop.read_sync(row, pace) else { break };
            Pace::assert_committed(&read);
            let again = Desk::again(begun, rng);
            call.end(kind_of_read(&read), read.commit, &row.key(), &row.scopes(read.commit));
            if !again {
                break;
            }
        }
    } else {
        let Some((number, scope)) = desk.commit(&shop.database, Scope::any(rng), "") else { return };
        let call = desk.recorder.begin();
        let done = shop.invalidate_sync(scope);
        call.end(kind(done), number, "-", &[scope.word()]);
    }
}

/// A caller of the cache that reads versions too late.
pub(crate) fn call_naive(desk: &Desk, naive: &Naive, mut rng: Rng) {
    while desk.is_open() {
        let (row, pace) = (Row::any(&mut rng), Pace::any(&mut rng));
        if rng.u32(..100) < 94 {
            let call = desk.recorder.begin();
            let (commit, computed) = naive.read(row, pace);
            let kind = if computed { Kind::Computed } else { Kind::Hit };
            call.end(kind, commit, &row.key(), &row.scopes(commit));
        } else {
            let Some((number, scope)) = desk.commit(&naive.database, Scope::any(&mut rng), "") else { continue };
            let call = desk.recorder.begin();
            naive.invalidate(scope);
            call.end(Kind::Invalidated, number, "-", &[scope.word()]);
        }
    }
}
