//! How servers are, and which names they have.

use std::{collections::BTreeSet, time::Duration};

use easycache_core::{Deadline, ErrorKind, NameScan, Result};

use super::{stopwatch::Stopwatch, subject::Subject};

/// About how many names a step looks at.
const STEP: u32 = 50;

/// Every name that begins so, or why they cannot be listed. Something is done between the steps.
async fn walk(it: &Subject, prefix: &str, mut between: impl AsyncFnMut(u32)) -> Result<BTreeSet<Box<str>>> {
    let (mut seen, mut scan) = (BTreeSet::new(), NameScan::new(prefix, STEP));
    for step in 0.. {
        let page = it.backend().scan(&scan, Subject::deadline()).await?;
        seen.extend(page.names);
        let Some(next) = page.next else { break };
        scan.from = Some(next);
        between(step).await;
    }
    Ok(seen)
}

/// None: they cannot be listed, and the backend says so as it should.
async fn listed(it: &Subject, prefix: &str, between: impl AsyncFnMut(u32)) -> Option<BTreeSet<Box<str>>> {
    match walk(it, prefix, between).await {
        Ok(seen) => Some(seen),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            None
        }
    }
}

pub async fn servers_tell_how_they_are(it: Subject) {
    it.store(&it.names("a", &["t"]), "1").await;
    let nodes = it.backend().status(Subject::deadline()).await;
    for node in &nodes {
        assert!(node.is_up(), "{node}");
        assert!(!node.name.is_empty() && !node.name.contains('@'), "{node}");
    }
    let entries = nodes.iter().filter_map(|node| node.entries).sum::<u64>();
    assert!(nodes.is_empty() || entries > 0, "{nodes:?}");
}

pub async fn how_servers_are_is_answered_by_the_deadline(it: Subject) {
    let stopwatch = Stopwatch::start();
    let _nodes = it.backend().status(Deadline::after(Duration::ZERO)).await;
    assert!(stopwatch.elapsed() < Duration::from_secs(1), "{:?}", stopwatch.elapsed());
}

pub async fn names_are_listed_by_what_they_begin_with(it: Subject) {
    for key in ["a", "ab", "b", "a*b?[c]\\", "ü"] {
        it.store(&it.names(key, &["t"]), key).await;
    }
    let values = |beginning: &str| it.names(beginning, &[]).value.trim_end_matches('}').to_owned();
    let named = |keys: &[&str]| keys.iter().map(|key| it.names(key, &[]).value).collect::<BTreeSet<_>>();
    for (beginning, keys) in [
        ("a", &["a", "ab", "a*b?[c]\\"][..]),
        ("", &["a", "ab", "b", "a*b?[c]\\", "ü"]),
        ("a*", &["a*b?[c]\\"]),
        ("a*b?[c]\\", &["a*b?[c]\\"]),
        ("?", &[]),
        ("ü", &["ü"]),
    ] {
        let Some(seen) = listed(&it, &values(beginning), async |_| {}).await else { return };
        assert_eq!(seen, named(keys), "{beginning}");
    }
}

pub async fn a_walk_sees_every_name_that_is_there_all_the_time(it: Subject) {
    for key in 0..200 {
        it.store(&it.names(&format!("stays-{key}"), &["t"]), "1").await;
    }
    let comes_and_goes = async |step: u32| {
        it.store(&it.names(&format!("other-{}", step % 32), &["t"]), "1").await;
        it.invalidate_value(&it.names(&format!("other-{}", (step + 7) % 32), &[])).await;
    };
    let beginning = it.names("stays-", &[]).value.trim_end_matches('}').to_owned();
    let Some(seen) = listed(&it, &beginning, comes_and_goes).await else { return };
    assert_eq!(seen.len(), 200);
}

pub async fn a_name_that_was_invalidated_is_not_listed_any_more(it: Subject) {
    let names = it.names("a", &["t"]);
    it.store(&names, "1").await;
    let Some(seen) = listed(&it, &names.value, async |_| {}).await else { return };
    assert_eq!(seen.len(), 1);
    it.invalidate_value(&names).await;
    assert_eq!(listed(&it, &names.value, async |_| {}).await, Some(BTreeSet::new()));
}
