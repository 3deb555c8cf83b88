//! Many members of collections at once, beside a pipeline that one writes by hand: the same commands, each with thousands of
//! members, and the time to live.

use std::{future::IntoFuture as _, hint::black_box};

use easycache::{
    Cache,
    collections::{CacheMap, CacheSet, CacheSortedSet},
};
use tokio::runtime::Runtime;

use crate::{
    by_hand::Hand,
    compare::{compare, now, since},
    table::{Mark, Table},
};

/// How many members are written at once.
const MEMBERS: u64 = 20_000;
/// How many are walked through.
const MANY: u64 = 1_000_000;
/// How many of them are in one command.
const CHUNK: usize = 5_000;

/// What is written, and its number in text, which is what a server keeps of it.
fn pairs() -> Vec<(String, u64)> {
    (0..MEMBERS).map(|id| (format!("member:{id}"), id)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
fn scored() -> Vec<(String, f64)> {
    (0..MEMBERS).map(|id| (format!("member:{id}"), id as f64)).collect()
}

/// Nanoseconds per member of `extend`, and of the same by hand.
pub(crate) fn rows(table: &mut Table, cache: &Cache, hand: &Hand, runtime: &Runtime) {
    let map = CacheMap::<String, u64>::new(cache, "bulk");
    let set = CacheSet::<String>::new(cache, "bulk");
    let sorted = CacheSortedSet::<String>::new(cache, "bulk");
    row(
        table,
        "a map",
        || timed(runtime, pairs(), async |pairs| map.extend(pairs).await.expect("the server answers"), map.clear()),
        || by_hand(runtime, hand, "HSET", pairs(), |command, (key, value)| _ = command.arg(key).arg(value)),
    );
    let members = || pairs().into_iter().map(|(member, _)| member).collect::<Vec<_>>();
    row(
        table,
        "a set",
        || {
            timed(
                runtime,
                members(),
                async |members| set.extend(members).await.expect("the server answers"),
                set.clear(),
            )
        },
        || by_hand(runtime, hand, "SADD", members(), |command, member| _ = command.arg(member)),
    );
    row(
        table,
        "a sorted set",
        || timed(runtime, scored(), async |all| sorted.extend(all).await.expect("the server answers"), sorted.clear()),
        || by_hand(runtime, hand, "ZADD", scored(), |command, (member, score)| _ = command.arg(score).arg(member)),
    );
}

fn row(table: &mut Table, what: &str, ours: impl FnMut() -> f64, hand: impl FnMut() -> f64) {
    let what =
        format!("20 000 members of {what} at once (`extend`), for each | hand-written pipeline of the same commands");
    table.row(&what, Mark::AtMost(1.2), compare(ours, hand));
}

/// A walk through a million members, which holds a page of them.
pub(crate) fn walk(table: &mut Table, cache: &Cache, hand: &Hand, runtime: &Runtime) {
    let set = CacheSet::<u64>::new(cache, "walk");
    for at in (0..MANY).step_by(100_000) {
        runtime.block_on(async { set.extend(at..at + 100_000).await.expect("the server answers") });
    }
    let ours = || {
        runtime.block_on(async {
            let (before, mut most) = (memory(), 0);
            let (start, mut walk, mut members) = (now(), set.stream(), 0);
            while let Some(member) = walk.next().await {
                black_box(member.expect("the server answers"));
                members += 1;
                if members % 100_000 == 0 {
                    most = memory().max(most);
                }
            }
            let took = since(start, MANY);
            assert!(members >= MANY);
            assert!(most.saturating_sub(before) < 16 << 20, "more than a page of it was held: {most} - {before} bytes");
            took
        })
    };
    let by_hand = || runtime.block_on(walk_by_hand(hand));
    let what = "walk through a set of 1 000 000 members, for each, 16 MB at most | hand-written `SSCAN`";
    table.row(what, Mark::None, compare(ours, by_hand));
    assert!(runtime.block_on(set.clear().into_future()).expect("the server answers"));
}

async fn walk_by_hand(hand: &Hand) -> f64 {
    let mut connection = hand.connection();
    let (start, mut cursor, mut members) = (now(), 0_u64, 0);
    loop {
        let mut scan = redis::cmd("SSCAN");
        scan.arg("ec:set:{walk}").arg(cursor).arg("COUNT").arg(1000);
        let (next, page): (u64, Vec<u64>) = scan.query_async(&mut connection).await.expect("the server answers");
        members += black_box(page).len() as u64;
        cursor = next;
        if cursor == 0 {
            assert!(members >= MANY);
            return since(start, MANY);
        }
    }
}

/// How much memory this process has, in bytes; 0 where nobody tells.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
    kilobytes.map_or(0, |kilobytes: u64| kilobytes * 1024)
}

/// The time that it takes ours; what was written is removed.
fn timed<T>(
    runtime: &Runtime,
    members: Vec<T>,
    extend: impl AsyncFnOnce(Vec<T>) -> u64,
    clear: easycache::collections::Request<bool>,
) -> f64 {
    runtime.block_on(async {
        let start = now();
        let new = extend(members).await;
        let took = since(start, MEMBERS);
        assert_eq!(new, MEMBERS);
        assert!(clear.await.expect("the server answers"));
        took
    })
}

/// Takes the members as they are given, as ours does: to free them is part of the work.
fn by_hand<T>(runtime: &Runtime, hand: &Hand, verb: &str, members: Vec<T>, add: impl Fn(&mut redis::Cmd, &T)) -> f64 {
    runtime.block_on(async {
        let mut connection = hand.connection();
        let start = now();
        let mut pipeline = redis::pipe();
        for chunk in members.chunks(CHUNK) {
            let mut command = redis::cmd(verb);
            command.arg("hand:bulk");
            for member in chunk {
                add(&mut command, member);
            }
            pipeline.add_command(command);
        }
        drop(members);
        pipeline.cmd("PEXPIRE").arg("hand:bulk").arg(3_600_000).arg("NX");
        let answers: Vec<u64> = pipeline.query_async(&mut connection).await.expect("the server answers");
        let took = since(start, MEMBERS);
        assert_eq!(answers.iter().sum::<u64>(), MEMBERS + 1);
        let _: u64 =
            redis::cmd("UNLINK").arg("hand:bulk").query_async(&mut connection).await.expect("the server answers");
        took
    })
}
