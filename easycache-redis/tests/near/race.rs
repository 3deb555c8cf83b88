//! The answer to a read and the news that what it has shown has changed come in the same breath: the one is handed to who
//! has asked, the other is handled at once, and so the news comes first.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
    thread,
    time::Duration,
};

use easycache_core::Names;
use easycache_testkit::server::RedisServer;

use crate::{
    common::{Elsewhere, builder, near, near_hits, policy},
    naive::Naive,
};

const ROUNDS: u64 = 2000;

/// What is invalidated elsewhere while a value is read.
fn names(namespace: &str, round: u64) -> Names {
    let key = format!("p|{round}");
    let stamp = |kind: &str, name: &str| format!("{namespace}:{kind}:{name}").into();
    Names {
        value: format!("{namespace}:v:{{{key}}}").into(),
        lease: format!("{namespace}:l:{{{key}}}").into(),
        stamps: vec![stamp("t", "a"), stamp("t", "b"), stamp("p", "p")],
    }
}

/// Invalidates something that the value of that round depends on, each time something else.
fn invalidate(elsewhere: &mut Elsewhere, names: &Names, round: u64) {
    match names.stamps.get(usize::try_from(round % 4).expect("it is less than 4")) {
        Some(stamp) => elsewhere.invalidate(stamp),
        None => elsewhere.invalidate_key(&names.value, &names.lease),
    }
}

/// The same at another moment each time, and leaves the news a moment to come.
fn disturb(elsewhere: &mut Elsewhere, names: &Names, round: u64) {
    moment(round);
    invalidate(elsewhere, names, round);
    moment(round / 300);
}

/// A moment of another length each time, up to what an answer takes.
fn moment(round: u64) {
    let span = Duration::from_micros(round * 37 % 300);
    if span > Duration::from_micros(20) {
        thread::sleep(span);
    }
}

/// Lets a read send what it has to send, and does something before it goes on. The connection is another thread's: by then
/// both the answer and the news may be there.
async fn meanwhile<T>(mut read: Pin<&mut impl Future<Output = T>>, what: impl FnOnce()) -> T {
    let begun = poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await;
    what();
    match begun {
        Poll::Pending => read.await,
        // The answer was quicker than this thread.
        Poll::Ready(done) => done,
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "numbers that one may want to see")]
async fn what_changes_while_it_is_read_is_never_kept() {
    let Some(server) = RedisServer::start() else { return };
    let writer = builder(&server.url(), "race").build().unwrap();
    let reader = near(&server.url(), "race").await;
    let mut elsewhere = Elsewhere::of(server.client().unwrap());
    let (mut old, mut stale) = (0, 0);
    for round in 0..ROUNDS {
        let (key, names) = (format!("p|{round}"), names("race", round));
        writer.set(&round.to_string(), round, policy()).await.unwrap();
        let hits = near_hits(&reader);
        let read = meanwhile(pin!(reader.get::<u64>(&key)), || disturb(&mut elsewhere, &names, round)).await;
        old += u64::from(read.unwrap().is_some());
        assert_eq!(near_hits(&reader), hits, "nothing was kept of it yet");
        // What was acknowledged by then is told before this returns.
        reader.get::<u64>("nothing").await.unwrap();
        stale += u64::from(reader.get::<u64>(&key).await.unwrap().is_some());
    }
    println!("{old} of {ROUNDS} reads saw the value before it was invalidated, {stale} of them kept it");
    assert_eq!(stale, 0);
    assert!(old > ROUNDS / 20, "it was no race: {old} came first");
}

/// The same race, which is lost: an insertion without a ticket keeps what nobody will ever tell of again.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "numbers that one may want to see")]
async fn without_tickets_what_changes_while_it_is_read_is_kept() {
    let Some(server) = RedisServer::start() else { return };
    let writer = builder(&server.url(), "naive").build().unwrap();
    let reader = Naive::on(&server.url()).await;
    let mut elsewhere = Elsewhere::of(server.client().unwrap());
    let mut stale = 0;
    for round in 0..ROUNDS {
        writer.set(&round.to_string(), round, policy()).await.unwrap();
        let names = names("naive", round);
        let (before, _) = meanwhile(pin!(reader.read(&names)), || disturb(&mut elsewhere, &names, round)).await;
        let other = Names { value: format!("nothing{round}").into(), ..Names::default() };
        reader.read(&other).await;
        let is_valid = writer.get::<u64>(&format!("p|{round}")).await.unwrap().is_some();
        assert!(!is_valid, "it was invalidated");
        stale += u64::from(before.blob.is_some() && reader.has(&names));
    }
    println!("{stale} of {ROUNDS} values were kept that had been invalidated");
    assert!(stale > 0, "the race is no race");
}
