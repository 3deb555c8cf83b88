//! The clauses of [`Store`].

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use easycache_core::{Deadline, ErrorKind, Store};
use tokio::task::JoinSet;

use super::{
    on_a_runtime,
    stopwatch::{Stopwatch, short},
};
use crate::server::skip;

/// A store that is tested, and names in it that nobody else uses.
#[derive(Clone, Debug)]
pub struct Shelf {
    store: Arc<dyn Store>,
    prefix: Arc<str>,
}

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

/// Stores may count in whole seconds.
const GRAIN: Duration = Duration::from_secs(1);

/// Connects, and tests one clause on a runtime of its own.
#[doc(hidden)]
pub fn run<S: Store>(connect: impl Future<Output = Option<S>>, clause: impl AsyncFnOnce(Shelf)) {
    on_a_runtime(async {
        match connect.await {
            Some(store) => {
                let prefix = format!("conformance-{:016x}:", fastrand::u64(..)).into();
                clause(Shelf { store: Arc::new(store), prefix }).await;
            }
            None => skip("there is nothing to connect to"),
        }
    });
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

/// The values that were found, as texts.
fn texts(found: &[Option<Bytes>]) -> Vec<Option<&str>> {
    found.iter().map(|found| found.as_deref().map(|bytes| std::str::from_utf8(bytes).expect("a text"))).collect()
}

impl Shelf {
    fn name(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    async fn get_many(&self, keys: &[&str]) -> Vec<Option<Bytes>> {
        let names = keys.iter().map(|key| self.name(key)).collect::<Vec<_>>();
        let names = names.iter().map(String::as_str).collect::<Vec<_>>();
        self.store.get_many(&names, deadline()).await.expect("the store answers")
    }

    async fn get(&self, key: &str) -> Option<Bytes> {
        let mut found = self.get_many(&[key]).await;
        assert_eq!(found.len(), 1, "one name has one answer");
        found.remove(0)
    }

    async fn set(&self, key: &str, value: impl Into<Bytes>, ttl: Duration) {
        let entry = (&*self.name(key), value.into(), ttl);
        self.store.set_many(&[entry], deadline()).await.expect("the store answers");
    }

    async fn delete(&self, key: &str) {
        self.store.delete_many(&[&self.name(key)], deadline()).await.expect("the store answers");
    }

    async fn add(&self, key: &str, value: impl Into<Bytes>, ttl: Duration) -> Bytes {
        self.store.add(&self.name(key), value.into(), ttl, deadline()).await.expect("the store answers")
    }
}

pub async fn what_was_set_is_read_back_byte_by_byte(it: Shelf) {
    let every_byte = (0..=u8::MAX).collect::<Vec<_>>();
    let large = (0..300_000).map(|_| fastrand::u8(..)).collect::<Vec<_>>();
    for value in [Vec::new(), b"\r\nEND\r\n".to_vec(), every_byte, large] {
        it.set("k", value.clone(), LONG).await;
        assert!(it.get("k").await.as_deref() == Some(&value[..]), "a value of {} bytes", value.len());
    }
}

pub async fn what_was_never_set_is_absent(it: Shelf) {
    assert_eq!(it.get("k").await, None);
}

pub async fn setting_takes_the_place_of_what_is_there(it: Shelf) {
    it.set("k", "old and longer", LONG).await;
    it.set("k", "new", LONG).await;
    assert_eq!(it.get("k").await.unwrap_or_default(), "new");
}

pub async fn answers_come_in_the_order_of_the_names(it: Shelf) {
    for key in ["a", "b", "c"] {
        it.set(key, key, LONG).await;
    }
    let found = it.get_many(&["c", "absent", "a", "b", "a"]).await;
    assert_eq!(texts(&found), [Some("c"), None, Some("a"), Some("b"), Some("a")]);
}

pub async fn several_items_are_all_done(it: Shelf) {
    let names = (0..300).map(|number| it.name(&number.to_string())).collect::<Vec<_>>();
    let keys = names.iter().map(String::as_str).collect::<Vec<_>>();
    let entries = keys.iter().map(|key| (*key, Bytes::copy_from_slice(key.as_bytes()), LONG)).collect::<Vec<_>>();
    it.store.set_many(&entries, deadline()).await.expect("the store answers");
    let found = it.store.get_many(&keys, deadline()).await.expect("the store answers");
    assert!(found.iter().map(Option::as_deref).eq(keys.iter().map(|key| Some(key.as_bytes()))));
    it.store.delete_many(&keys, deadline()).await.expect("the store answers");
    let found = it.store.get_many(&keys, deadline()).await.expect("the store answers");
    assert_eq!(found, vec![None; 300]);
}

pub async fn nothing_to_do_is_a_success(it: Shelf) {
    assert!(it.get_many(&[]).await.is_empty());
    it.store.set_many(&[], deadline()).await.expect("nothing is set");
    it.store.delete_many(&[], deadline()).await.expect("nothing is deleted");
}

pub async fn what_was_deleted_is_gone_and_stays_away(it: Shelf) {
    it.set("k", "v", LONG).await;
    it.delete("k").await;
    for _ in 0..10 {
        assert_eq!(it.get("k").await, None);
        it.set("other", "v", LONG).await;
    }
}

pub async fn deleting_what_is_not_there_is_a_success(it: Shelf) {
    it.delete("k").await;
    it.set("k", "v", LONG).await;
    it.delete("k").await;
    it.delete("k").await;
    assert_eq!(it.get("k").await, None);
}

pub async fn what_was_not_deleted_stays(it: Shelf) {
    for key in ["a", "b"] {
        it.set(key, key, LONG).await;
    }
    it.delete("a").await;
    assert_eq!(texts(&it.get_many(&["a", "b"]).await), [None, Some("b")]);
}

pub async fn adding_stores_where_nothing_is(it: Shelf) {
    assert_eq!(it.add("k", "v", LONG).await, "v");
    assert_eq!(it.get("k").await.unwrap_or_default(), "v");
}

pub async fn adding_keeps_and_returns_what_is_there(it: Shelf) {
    it.set("k", "old", LONG).await;
    assert_eq!(it.add("k", "new", LONG).await, "old");
    assert_eq!(it.get("k").await.unwrap_or_default(), "old");
    // Nothing is not the same as absent.
    it.set("empty", "", LONG).await;
    assert_eq!(it.add("empty", "new", LONG).await, "");
}

pub async fn adding_stores_again_what_was_deleted(it: Shelf) {
    it.add("k", "old", LONG).await;
    it.delete("k").await;
    assert_eq!(it.add("k", "new", LONG).await, "new");
    assert_eq!(it.get("k").await.unwrap_or_default(), "new");
}

pub async fn adding_stores_again_when_the_time_is_over(it: Shelf) {
    let stopwatch = Stopwatch::start();
    it.set("k", "old", short(GRAIN)).await;
    let gone = async || it.add("k", "new", LONG).await == "new";
    stopwatch.gone_after(short(GRAIN), GRAIN, gone).await;
    assert_eq!(it.get("k").await.unwrap_or_default(), "new");
}

pub async fn what_was_added_is_gone_when_its_time_is_over(it: Shelf) {
    let stopwatch = Stopwatch::start();
    it.add("k", "v", short(GRAIN)).await;
    stopwatch.gone_after(short(GRAIN), GRAIN, async || it.get("k").await.is_none()).await;
}

pub async fn what_was_set_is_gone_when_its_time_is_over(it: Shelf) {
    let stopwatch = Stopwatch::start();
    it.set("k", "v", short(GRAIN)).await;
    stopwatch.gone_after(short(GRAIN), GRAIN, async || it.get("k").await.is_none()).await;
}

pub async fn setting_again_sets_the_time_again(it: Shelf) {
    it.set("shorter", "v", LONG).await;
    let stopwatch = Stopwatch::start();
    it.set("longer", "v", short(GRAIN)).await;
    it.set("longer", "v", LONG).await;
    it.set("shorter", "v", short(GRAIN)).await;
    stopwatch.gone_after(short(GRAIN), GRAIN, async || it.get("shorter").await.is_none()).await;
    assert_eq!(it.get("longer").await.unwrap_or_default(), "v");
}

pub async fn of_several_who_add_at_once_one_stores(it: Shelf) {
    for round in 0..20 {
        let mut tasks = JoinSet::new();
        for number in 0..16 {
            let (it, key) = (it.clone(), format!("k{round}"));
            tasks.spawn(async move { it.add(&key, number.to_string(), LONG).await });
        }
        let returned = tasks.join_all().await;
        let there = it.get(&format!("k{round}")).await.expect("one has stored");
        assert!(returned.iter().all(|value| *value == there), "{returned:?}");
    }
}

pub async fn an_operation_that_has_returned_is_seen_by_all(it: Shelf) {
    for round in 0..50 {
        let value = Bytes::from(round.to_string());
        it.set("k", value.clone(), LONG).await;
        let (reader, expected) = (it.clone(), Some(value));
        let seen = tokio::spawn(async move { reader.get("k").await }).await.expect("the reader does not panic");
        assert_eq!(seen, expected);
        it.delete("k").await;
        let reader = it.clone();
        let seen = tokio::spawn(async move { reader.get("k").await }).await.expect("the reader does not panic");
        assert_eq!(seen, None);
    }
}

pub async fn the_longest_names_are_told_apart(it: Shelf) {
    let stem = "x".repeat(it.store.max_key() - it.name("").len() - 1);
    let (one, other) = (format!("{stem}1"), format!("{stem}2"));
    it.set(&one, "1", LONG).await;
    assert_eq!(it.add(&other, "2", LONG).await, "2");
    assert_eq!(texts(&it.get_many(&[&one, &other]).await), [Some("1"), Some("2")]);
    it.delete(&one).await;
    assert_eq!(texts(&it.get_many(&[&one, &other]).await), [None, Some("2")]);
}

pub async fn unusual_characters_are_part_of_names(it: Shelf) {
    let keys =
        ["ü", "日本", "🦀", "a*b?[c]", "\"q'`", "$1", "\\x00", "a%20b", "{a}", "A", "a", "a:b", "../a", "-a", "#"];
    for key in keys {
        it.set(key, key, LONG).await;
    }
    assert!(it.get_many(&keys).await.iter().map(Option::as_deref).eq(keys.iter().map(|key| Some(key.as_bytes()))));
    it.delete(keys[3]).await;
    for key in keys {
        assert_eq!(it.get(key).await.is_none(), key == keys[3], "{key}: a name is no pattern");
    }
}

pub async fn a_deadline_that_has_passed_is_answered_at_once(it: Shelf) {
    let (name, past) = (it.name("k"), Deadline::after(Duration::ZERO));
    let value = Bytes::from_static(b"v");
    let stopwatch = Stopwatch::start();
    let answers = [
        it.store.get_many(&[&name], past).await.map(drop),
        it.store.set_many(&[(&name, value.clone(), LONG)], past).await,
        it.store.delete_many(&[&name], past).await,
        it.store.add(&name, value, LONG, past).await.map(drop),
    ];
    assert!(stopwatch.elapsed() < Duration::from_secs(5), "{:?}", stopwatch.elapsed());
    for error in answers.into_iter().filter_map(Result::err) {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    }
}
