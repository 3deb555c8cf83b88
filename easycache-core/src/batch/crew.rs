//! Many futures in one: each is polled when it was woken, not whenever one of them was.

use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use crate::sync::{AtomicBool, Mutex, Ordering, lock};

/// Futures that are driven together.
pub(super) struct Crew<F> {
    members: Vec<Member<F>>,
    under_way: usize,
    woken: Arc<Mutex<Woken>>,
    /// Whose turn it is; kept for its allocation.
    turn: Vec<usize>,
}

struct Member<F> {
    /// None: it has ended.
    future: Option<Pin<Box<F>>>,
    bell: Arc<Bell>,
    waker: Waker,
}

/// Who was woken since the last round.
#[derive(Default)]
struct Woken {
    members: Vec<usize>,
    /// Whoever drives the crew, while it waits.
    driver: Option<Waker>,
}

/// Wakes one member.
struct Bell {
    at: usize,
    has_rung: AtomicBool,
    woken: Arc<Mutex<Woken>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.has_rung.swap(true, Ordering::AcqRel) {
            return;
        }
        let driver = {
            let mut woken = lock(&self.woken);
            woken.members.push(self.at);
            woken.driver.take()
        };
        // Outside the lock: a waker is code of the executor's.
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

impl<F: Future> Crew<F> {
    pub(super) fn new() -> Self {
        Self { members: Vec::new(), under_way: 0, woken: Arc::default(), turn: Vec::new() }
    }

    /// Adds one, which is polled in the next round.
    pub(super) fn push(&mut self, future: F) {
        let at = self.members.len();
        let bell = Arc::new(Bell { at, has_rung: AtomicBool::new(false), woken: Arc::clone(&self.woken) });
        bell.wake_by_ref();
        let waker = Waker::from(Arc::clone(&bell));
        self.members.push(Member { future: Some(Box::pin(future)), bell, waker });
        self.under_way += 1;
    }

    /// Those that have not ended.
    pub(super) fn disband(&mut self) -> impl Iterator<Item = Pin<Box<F>>> {
        self.under_way = 0;
        mem::take(&mut self.members).into_iter().filter_map(|member| member.future)
    }

    /// Whether all have ended.
    pub(super) fn is_done(&self) -> bool {
        self.under_way == 0
    }

    /// Polls everyone who was woken, once; returns whether anyone was.
    pub(super) fn round(&mut self, mut done: impl FnMut(usize, F::Output)) -> bool {
        let mut turn = mem::take(&mut self.turn);
        mem::swap(&mut turn, &mut lock(&self.woken).members);
        for &at in &turn {
            let Member { future, bell, waker } = &mut self.members[at];
            let Some(polled) = future else { continue };
            // Before it is polled: what wakes it meanwhile is for the next round.
            bell.has_rung.store(false, Ordering::Release);
            if let Poll::Ready(output) = polled.as_mut().poll(&mut Context::from_waker(waker)) {
                *future = None;
                self.under_way -= 1;
                done(at, output);
            }
        }
        let anyone = !turn.is_empty();
        turn.clear();
        self.turn = turn;
        anyone
    }

    /// Lets the driver know when somebody is woken; false: somebody was already.
    pub(super) fn watch(&self, driver: &Waker) -> bool {
        let mut driver = Some(driver.clone());
        let mut woken = lock(&self.woken);
        // The old one is dropped behind the lock.
        mem::swap(&mut woken.driver, &mut driver);
        woken.members.is_empty()
    }
}
