use std::{
    fmt::Write,
    sync::{Arc, Mutex},
};

use easycache::{ecached, scope};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::support;

/// Keeps what was logged as a warning or worse.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        // What takes the log may be cached itself.
        assert_eq!(length(line.0.len()), line.0.len());
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

#[ecached("shared-log:{of}")]
fn length(of: usize) -> usize {
    of
}

/// What is logged while `f` runs.
fn logged(f: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || scope("default", support::cache()).run(f));
    Arc::try_unwrap(log.0).unwrap().into_inner().unwrap()
}

#[test]
fn two_functions_that_fill_one_template_are_named_once() {
    #[ecached("shared-by-mistake:{id}")]
    fn one(id: u32) -> u32 {
        id
    }
    #[ecached("shared-by-mistake:{number}")]
    fn other(number: u32) -> u32 {
        number
    }
    let log = logged(|| {
        for id in 0..3 {
            assert_eq!((one(id), other(id)), (id, id));
        }
    });
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("two functions fill one key template"), "{log:?}");
    assert!(log[0].contains("shared::one") && log[0].contains("shared::other"), "{log:?}");
}

#[test]
fn shared_says_that_it_is_meant() {
    #[ecached("shared-on-purpose:{id}", shared)]
    fn one(id: u32) -> u32 {
        id
    }
    #[ecached("shared-on-purpose:{id}", shared)]
    fn other(id: u32) -> u32 {
        id + 1
    }
    let log = logged(|| assert_eq!((one(1), other(1)), (1, 1), "they share their entries"));
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn names_that_cannot_be_used_are_logged_once_and_the_function_answers() {
    #[ecached(key = |id| format!("{{{id}"))]
    fn odd(id: u32) -> u32 {
        id
    }
    let log = logged(|| {
        for id in 0..3 {
            assert_eq!(odd(id), id);
        }
        assert_eq!(easycache::stats().refused.bad_name, 3);
    });
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("must be percent-escaped") && log[0].contains("shared::odd"), "{log:?}");
}
