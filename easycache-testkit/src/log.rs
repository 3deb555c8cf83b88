//! [`Log`].

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::DefaultGuard,
};

/// Keeps what is logged, for tests to look at. Clones are handles to the same log.
///
/// ```
/// use easycache_testkit::Log;
///
/// let log = Log::default();
/// let listening = log.listen();
/// tracing::warn!(key = "k", "it is damaged");
/// drop(listening);
/// assert_eq!(log.lines(), ["WARN message=it is damaged key=\"k\""]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

/// As long as this is there, a [`Log`] hears what its thread says.
#[derive(Debug)]
pub struct Listening {
    _heard: DefaultGuard,
    _another: Dispatch,
}

impl Log {
    /// Listens to what this thread logs, until what this returns is dropped.
    #[must_use]
    pub fn listen(&self) -> Listening {
        // While there is just one, whichever thread comes first by the place of an event is asked whether anybody wants
        // it, and a no, from one that has none, is remembered for all threads.
        let another = Dispatch::new(Self::default());
        Listening { _heard: tracing::subscriber::set_default(self.clone()), _another: another }
    }

    /// What was logged so far: a line for each event, with its level and its fields.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").expect("text can be written to");
    }
}
