//! Walks through what is large.

use std::io::{self, Write};

use easycache_core::collections::CacheSet;

use crate::connected;

/// How much memory this process has, in bytes. None where nobody tells.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[tokio::test]
async fn a_walk_through_a_large_collection_holds_a_page_of_it() {
    // A million take a debug build three times as long as a test may; the benchmarks walk through as many.
    const MEMBERS: usize = 400_000;
    let Some((server, cache)) = connected().await else { return };
    // Written where it is kept: what is measured is the walk. All members are 60 megabytes.
    let fill = "for at = ARGV[1], ARGV[1] + 9999, 5000 do local some = {} \
                for i = at, at + 4999 do some[#some + 1] = string.rep('0', 144) .. string.format('%06d', i) end \
                redis.call('SADD', KEYS[1], unpack(some)) end return redis.call('SCARD', KEYS[1])";
    for at in (0..MEMBERS).step_by(10_000) {
        let filled = server.command(&["EVAL", fill, "1", "shop:set:{large}", &at.to_string()]).int();
        assert_eq!(usize::try_from(filled), Ok(at + 10_000));
    }

    let set = CacheSet::<String>::new(&cache, "large");
    let mut told = vec![false; MEMBERS];
    let (mut walk, mut read, mut most) = (set.stream(), 0, 0);
    let before = memory();
    while let Some(member) = walk.next().await {
        told[member.unwrap().parse::<usize>().unwrap()] = true;
        if read % 2_000 == 0 {
            most = memory().unwrap_or_default().max(most);
        }
        read += 1;
    }
    assert!(told.into_iter().all(|told| told), "every member is told");
    let Some(before) = before else {
        // Uncaptured, as the test passes.
        let why = "every member was told, but there is no /proc to tell how much memory that takes";
        return writeln!(io::stderr(), "\nSKIPPED in part, the walk through a large collection: {why}").unwrap();
    };
    let grown = most.saturating_sub(before);
    assert!(grown < 24 << 20, "{read} members of 150 bytes, and {grown} bytes more than before");
}
