//! Times to live. These wait for real time to pass: a server has no other.

use std::time::Duration;

use easycache_core::{Filled, Grant, Names, On};

use super::{
    stopwatch::{COARSE, Stopwatch, short},
    subject::{LONG, Subject, fill, granted},
};

pub async fn a_value_is_gone_when_its_time_is_over(it: Subject) {
    let (names, span) = (it.names("k", &["a"]), short(it.caps().ttl_grain));
    let mut brief = fill(&names, it.lead(&names).await, b"v");
    brief.ttl = span;
    let stopwatch = Stopwatch::start();
    assert_eq!(it.fill(&brief).await, Filled::Stored);
    let gone = async || it.peek(&names).await.blob.is_none();
    stopwatch.gone_after(span, it.caps().ttl_grain, gone).await;
    assert!(it.lead(&names).await.leads);
}

pub async fn a_value_is_there_until_its_time_is_over(it: Subject) {
    // A second fill sets the time anew, longer than the first.
    let (names, span) = (it.names("k", &["a"]), short(it.caps().ttl_grain));
    let mut brief = fill(&names, it.lead(&names).await, b"v");
    brief.ttl = span;
    let stopwatch = Stopwatch::start();
    assert_eq!(it.fill(&brief).await, Filled::Stored);
    let grant = granted(it.acquire(&names, On::Replace).await);
    assert_eq!(it.fill(&fill(&names, grant, b"w")).await, Filled::Stored);
    stopwatch.wait(span + it.caps().ttl_grain + Duration::from_millis(200)).await;
    assert_eq!(it.served(&names).await.as_deref(), Some(&b"w"[..]));
}

pub async fn the_time_that_is_left_is_told_to_who_asks(it: Subject) {
    if !it.caps().soft {
        return;
    }
    let (names, absent) = (it.names("k", &["a"]), it.names("absent", &["a"]));
    let (grain, life) = (it.caps().ttl_grain + COARSE, LONG / 2);
    let mut fill = fill(&names, it.lead(&names).await, b"v");
    fill.ttl = life;
    let stopwatch = Stopwatch::start();
    assert_eq!(it.fill(&fill).await, Filled::Stored);
    let seen = it.see_left(&names).await;
    let left = seen.left.expect("it has an end");
    assert_eq!(seen.blob, Some(fill.blob), "and the value is read as ever");
    assert!(left <= life + grain && left + stopwatch.elapsed() + grain >= life, "{left:?}");
    assert_eq!(it.see_left(&absent).await.left, None);
    let reads = [&names, &absent, &names].map(|names| easycache_core::Read {
        names: names.clone(),
        want: easycache_core::Want::Peek,
        left: true,
    });
    let told = super::subject::all(it.backend().read(&reads, Subject::deadline()).await);
    assert_eq!(told.iter().map(|seen| seen.left.is_some()).collect::<Vec<_>>(), [true, false, true]);
    assert!(it.peek(&names).await.left.is_none(), "nobody has asked");
}

pub async fn a_lease_ends_by_itself(it: Subject) {
    if !it.caps().lease {
        it.lead(&it.names("k", &["a"])).await;
        return;
    }
    let (names, span) = (it.names("k", &["a"]), short(it.caps().ttl_grain));
    let stopwatch = Stopwatch::start();
    let first = granted(it.acquire_for(&names, On::Miss(None), span, LONG).await);
    assert!(first.leads);
    let mut second = None;
    let gone = async || {
        let grant = it.grant(&names).await;
        let leads = grant.leads;
        second = leads.then_some(grant);
        leads
    };
    stopwatch.gone_after(span, it.caps().ttl_grain, gone).await;
    assert!(!it.renew(&names, &first).await);
    assert_eq!(it.fill(&fill(&names, first, b"late")).await, Filled::Lost);
    let second = second.expect("somebody leads at last");
    assert_eq!(it.fill(&fill(&names, second, b"v")).await, Filled::Stored);
}

pub async fn a_renewed_lease_lives_on(it: Subject) {
    for round in 0..10 {
        let names = it.names(&format!("k{round}"), &["a"]);
        if let Some(grant) = kept_alive(&it, &names).await {
            assert_eq!(it.fill(&fill(&names, grant, b"v")).await, Filled::Stored);
            return;
        }
    }
    panic!("this machine is too busy to renew anything in time");
}

/// A lease that was renewed for longer than it would have lived. None: one renewal was late.
async fn kept_alive(it: &Subject, names: &Names) -> Option<Grant> {
    let span = short(it.caps().ttl_grain);
    let (stopwatch, mut asked) = (Stopwatch::start(), Stopwatch::start());
    let mut grant = granted(it.acquire_for(names, On::Miss(None), span, LONG).await);
    while stopwatch.elapsed() < span + span {
        let now = Stopwatch::start();
        let renewed = it.backend().renew(names, &mut grant, Subject::deadline()).await;
        if !renewed.expect("the backend answers") {
            let since = asked.elapsed();
            assert!(since >= span, "it lives for {span:?}, and could not be renewed after {since:?}");
            return None;
        }
        asked = now;
        tokio::time::sleep(span / 4).await;
    }
    // It has to live a moment longer, to be filled.
    (asked.elapsed() < span / 2).then_some(grant)
}

pub async fn a_stamp_lives_as_long_as_is_asked_for(it: Subject) {
    let (names, span) = (it.names("k", &["a"]), short(it.caps().ttl_grain));
    let stopwatch = Stopwatch::start();
    let grant = granted(it.acquire_for(&names, On::Miss(None), LONG, 3 * span).await);
    stopwatch.wait(span + it.caps().ttl_grain).await;
    assert_eq!(it.peek(&names).await.stamps, [Some(grant.versions[0])]);
}

pub async fn a_stamp_lives_on_when_it_is_acquired_again(it: Subject) {
    let (names, span) = (it.names("k", &["a"]), short(it.caps().ttl_grain));
    let stopwatch = Stopwatch::start();
    let first = granted(it.acquire_for(&names, On::Replace, LONG, span).await);
    let second = granted(it.acquire_for(&names, On::Replace, LONG, LONG).await);
    assert_eq!(first.versions, second.versions);
    stopwatch.wait(span + it.caps().ttl_grain + Duration::from_millis(200)).await;
    let after = it.peek(&names).await.stamps[0];
    // Without leases it need not be prolonged; then it is a miss, and never another version.
    assert!(after == Some(first.versions[0]) || (after.is_none() && !it.caps().lease));
}

pub async fn an_acquisition_shortens_no_stamps_life(it: Subject) {
    let (names, span) = (it.names("k", &["a"]), short(it.caps().ttl_grain));
    let first = granted(it.acquire_for(&names, On::Replace, LONG, LONG).await);
    let stopwatch = Stopwatch::start();
    it.acquire_for(&names, On::Replace, LONG, span).await;
    it.invalidate_stamp("b").await;
    stopwatch.wait(span + it.caps().ttl_grain + Duration::from_millis(200)).await;
    assert_eq!(it.peek(&names).await.stamps, [Some(first.versions[0])]);
}
