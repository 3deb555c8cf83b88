//! [`Line`]: a connection that a cache watches a [`MemoryBackend`](super::MemoryBackend) through.

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use easycache_core::{Deadline, Error, ErrorKind, Moment, NearSink, NodeId, Read, Result, Watch, Watched, Watching};
use tokio::sync::oneshot;

use super::Server;

/// There is just one.
const NODE: NodeId = NodeId(0);

/// A connection that a cache watches a [`MemoryBackend`](super::MemoryBackend) through, from
/// [`MemoryBackend::lines`](super::MemoryBackend::lines): for tests that decide when it carries what. Clones are handles to
/// the same.
///
/// What the server sends arrives in its order, and unless a test says otherwise at once: when an operation has returned,
/// everybody has been told of it.
#[derive(Clone)]
pub struct Line(Arc<Inner>);

struct Inner {
    watching: Watching,
    state: Mutex<State>,
    /// Held by who takes what arrives to the cache: one at a time, or it would come in another order.
    postman: Mutex<()>,
    reads: AtomicUsize,
    beats: AtomicBool,
}

#[derive(Default)]
struct State {
    /// What the server is to tell of, once.
    tracked: HashSet<Box<str>>,
    under_way: VecDeque<Message>,
    is_held: bool,
    cannot_tell: bool,
    /// Answers that have arrived and whose callers do not get to run; none while they do.
    kept_waiting: Option<Vec<Answer>>,
}

enum Message {
    Lost(Box<str>),
    Flush,
    Answer(Answer, Moment),
    Pong(Moment),
}

struct Answer {
    to: oneshot::Sender<Vec<Watched>>,
    seen: Vec<Watched>,
}

impl Line {
    pub(super) fn new(watching: Watching) -> Self {
        Self(Arc::new(Inner {
            watching,
            state: Mutex::default(),
            postman: Mutex::default(),
            reads: AtomicUsize::new(0),
            beats: AtomicBool::new(false),
        }))
    }

    /// From now on nothing arrives that the server sends: the line is silent.
    pub fn hold(&self) {
        self.state().is_held = true;
    }

    /// What the server has sent arrives after all.
    pub fn release(&self) {
        self.state().is_held = false;
        self.deliver();
    }

    /// From now on whoever has read does not get to run when the answer arrives: what the server sends next is told
    /// before.
    pub fn hold_answers(&self) {
        self.state().kept_waiting.get_or_insert_default();
    }

    /// Those who have read get to run.
    pub fn release_answers(&self) {
        let answers = self.state().kept_waiting.take();
        answers.into_iter().flatten().for_each(Answer::give);
    }

    /// The connection is lost, with all that is under way on it, and there is a new one at once.
    pub fn cut(&self) {
        {
            let mut state = self.state();
            state.tracked.clear();
            // Who waits for an answer gets none.
            state.under_way.clear();
        }
        self.tell(Message::Flush);
        self.deliver();
    }

    /// From now on the server answers, and can tell of no changes to what is read; or it can again.
    pub fn can_tell(&self, can: bool) {
        self.state().cannot_tell = !can;
    }

    /// The server forgets what it was to tell of, and says nothing.
    pub fn forget(&self) {
        self.state().tracked.clear();
    }

    /// The server is asked whether it is still there, as it is from time to time.
    pub fn beat(&self) {
        let Some(sink) = self.sink() else { return };
        self.tell(Message::Pong(sink.now()));
        self.deliver();
    }

    /// How often something was read through it.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.0.reads.load(Ordering::SeqCst)
    }

    /// Whether there is still a cache that it belongs to.
    pub(super) fn is_watched(&self) -> bool {
        self.0.watching.sink.strong_count() > 0
    }

    /// Whether somebody waits for what was read.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        let state = self.state();
        let under_way = state.under_way.iter().any(|message| matches!(message, Message::Answer(..)));
        under_way || state.kept_waiting.as_ref().is_some_and(|answers| !answers.is_empty())
    }

    /// What is under that name has changed. To be called while nobody else changes anything.
    pub(super) fn lose(&self, name: &str) {
        let mut state = self.state();
        if state.tracked.remove(name) {
            state.under_way.push_back(Message::Lost(name.into()));
        }
    }

    /// Everything is gone. To be called while nobody else changes anything.
    pub(super) fn flush(&self) {
        self.state().tracked.clear();
        self.tell(Message::Flush);
    }

    /// Takes to the cache what has arrived.
    pub(super) fn deliver(&self) {
        let _no_other = self.0.postman.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(message) = self.next() {
            // The cache may be gone.
            let Some(sink) = self.sink() else { continue };
            match message {
                Message::Lost(name) => sink.lost(&name),
                Message::Flush => sink.flush(NODE),
                Message::Pong(asked) => sink.fresh(NODE, asked),
                Message::Answer(answer, asked) => {
                    sink.fresh(NODE, asked);
                    self.hand_over(answer);
                }
            }
        }
    }

    fn next(&self) -> Option<Message> {
        let mut state = self.state();
        if state.is_held { None } else { state.under_way.pop_front() }
    }

    fn hand_over(&self, answer: Answer) {
        let mut state = self.state();
        match &mut state.kept_waiting {
            Some(waiting) => waiting.push(answer),
            None => answer.give(),
        }
    }

    fn tell(&self, message: Message) {
        self.state().under_way.push_back(message);
    }

    fn sink(&self) -> Option<Arc<dyn NearSink>> {
        self.0.watching.sink.upgrade()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for signs of life as long as anybody watches.
    fn keep_beating(&self) {
        if self.0.beats.swap(true, Ordering::SeqCst) {
            return;
        }
        let (line, pause) = (Arc::downgrade(&self.0), self.0.watching.heartbeat);
        tokio::spawn(async move {
            while let Some(line) = Weak::upgrade(&line) {
                Self(line).beat();
                tokio::time::sleep(pause).await;
            }
        });
    }
}

impl Answer {
    fn give(self) {
        // Whoever has asked may have lost patience.
        let _gone = self.to.send(self.seen);
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("reads", &self.reads()).finish_non_exhaustive()
    }
}

/// The cache's end of a line.
pub(super) struct MemoryWatch {
    pub(super) server: Arc<Server>,
    pub(super) line: Line,
}

impl fmt::Debug for MemoryWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryWatch").field("line", &self.line).finish_non_exhaustive()
    }
}

impl MemoryWatch {
    /// Sends the question; the answer comes by the line.
    fn ask(&self, reads: &[Read]) -> oneshot::Receiver<Vec<Watched>> {
        let (to, answered) = oneshot::channel();
        let Some(sink) = self.line.sink() else { return answered };
        let asked = sink.now();
        self.server.with(|kept, now| {
            let mut state = self.line.state();
            let nodes = if state.cannot_tell { None } else { Some(vec![NODE]) };
            let watched =
                |read: &Read| Watched { seen: kept.see(&read.names, read.want, true, now), nodes: nodes.clone() };
            let seen = reads.iter().map(watched).collect();
            if nodes.is_some() {
                state.tracked.extend(reads.iter().flat_map(names).cloned());
            }
            state.under_way.push_back(Message::Answer(Answer { to, seen }, asked));
        });
        self.line.0.reads.fetch_add(1, Ordering::SeqCst);
        self.line.deliver();
        answered
    }
}

/// What the server is asked for.
fn names(read: &Read) -> impl Iterator<Item = &Box<str>> {
    let value = read.want.has_value().then_some(&read.names.value);
    let lease = read.want.lease().map(|_| &read.names.lease);
    value.into_iter().chain(lease).chain(&read.names.stamps)
}

#[async_trait]
impl Watch for MemoryWatch {
    async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Watched>> {
        self.line.keep_beating();
        let answered = self.ask(reads);
        let lost = || Error::new(ErrorKind::Unavailable, "the connection is lost");
        match deadline.bound(async { answered.await.map_err(|source| lost().with_source(source)) }).await {
            Ok(seen) => seen.into_iter().map(Ok).collect(),
            Err(error) => reads.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}
