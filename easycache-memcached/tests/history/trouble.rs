//! What happens to servers of memcached, and to the ways to them.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use easycache_testkit::{Proxy, server::Memcached};
use fastrand::Rng;

use crate::torment::Tormentor;

/// A server, and the way that all its clients take.
#[derive(Debug)]
pub(crate) struct Linked {
    pub(crate) server: Memcached,
    link: Proxy,
}

impl Linked {
    /// So many. None if there is no `memcached` here.
    pub(crate) fn start(count: usize) -> Option<Vec<Self>> {
        Self::start_with(count, "")
    }

    /// So many, with these arguments.
    pub(crate) fn start_with(count: usize, args: &str) -> Option<Vec<Self>> {
        let one = || {
            let server = Memcached::builder().arg(args).start()?;
            Some(Self { link: Proxy::to(server.address()), server })
        };
        (0..count).map(|_| one()).collect()
    }
}

/// What caches on these servers are connected to.
pub(crate) fn url(servers: &[Linked]) -> String {
    let addresses = servers.iter().map(|server| server.link.address().to_string());
    format!("memcached://{}", addresses.collect::<Vec<_>>().join(","))
}

fn any<'a>(servers: &'a [Linked], rng: &mut Rng) -> &'a Linked {
    &servers[rng.usize(..servers.len())]
}

/// What happens to servers; one of them is killed and comes back empty each time after so many turns.
pub(crate) fn on(servers: &[Linked], turns: usize) -> Tormentor<'_> {
    Tormentor::default()
        .often(20, |rng| any(servers, rng).link.cut())
        .often(30, |rng| lose(&any(servers, rng).server, rng))
        .often(3, |rng| drop(any(servers, rng).server.command("flush_all")))
        .often(5, |rng| hold(&any(servers, rng).link, rng))
        .each(50, |rng| {
            let Linked { server, .. } = any(servers, rng);
            server.stop();
            thread::sleep(Duration::from_millis(rng.u64(5..400)));
            server.cont();
        })
        .each(turns, |rng| {
            let Linked { server, .. } = any(servers, rng);
            server.kill();
            thread::sleep(Duration::from_millis(rng.u64(..100)));
            server.restart();
        })
}

/// Nothing passes for a moment, or requests alone do; then it does, or everything that was on its way is lost.
fn hold(link: &Proxy, rng: &mut Rng) {
    if rng.bool() {
        link.hold();
    } else {
        link.hold_replies();
    }
    thread::sleep(Duration::from_millis(rng.u64(..300)));
    if rng.bool() {
        link.cut();
    }
    link.resume();
}

/// Loses some values, leases or stamps, as a server does that is short of memory.
fn lose(server: &Memcached, rng: &mut Rng) {
    let mut keys = keys(server);
    rng.shuffle(&mut keys);
    for key in keys.iter().take(rng.usize(1..6)) {
        server.command(&format!("md {key}"));
    }
}

/// All that there is.
fn keys(server: &Memcached) -> Vec<String> {
    let classes = server.command("stats items");
    let classes = classes.iter().filter_map(|line| line.strip_prefix("STAT items:")?.split_once(":number "));
    let dumps = classes.flat_map(|(class, _)| server.command(&format!("stats cachedump {class} 0")));
    dumps.filter_map(|line| Some(line.strip_prefix("ITEM ")?.split_once(' ')?.0.to_owned())).collect()
}

/// Stores so much that is of no use that most of what there is has to go, whatever its size.
pub(crate) fn flood(server: &Memcached, rng: &mut Rng) {
    // The first is what stamps and leases are next to.
    let size = [16, 16, 300, 700, 1000, 1500, 2000][rng.usize(..7)];
    let mut stream = BufReader::new(TcpStream::connect(server.address()).expect("the server is there"));
    let (first, value) = (rng.u32(..), "x".repeat(size));
    let count = (3 << 20) / (size + 80);
    // They are stored without a word.
    let junk = (0..count).map(|number| format!("ms junk:{first}:{number} {size} q\r\n{value}\r\n"));
    let junk = junk.chain(["mn\r\n".to_owned()]).collect::<String>();
    stream.get_mut().write_all(junk.as_bytes()).expect("the server listens");
    for answer in stream.lines().map(|line| line.expect("the server answers")) {
        if answer == "MN" {
            return;
        }
        // Where all that is next in line to go is being read there is no room just then.
        assert_eq!(answer, "SERVER_ERROR out of memory storing object");
    }
    panic!("the server hangs up");
}

/// How often it had to make room.
pub(crate) fn evictions(server: &Memcached) -> u64 {
    server.stat("evictions").parse().expect("it is a number")
}
