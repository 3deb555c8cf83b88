//! What lies under our names and is not what we have written: a miss, counted, that heals.

use std::ops::Range;

use easycache_core::{Cache, Misses};
use easycache_testkit::{
    Log,
    server::{RedisServer, Reply},
};
use fastrand::Rng;

use crate::endures::{patient_cache, policy, value};

const VALUE: &str = "ec:v:{p|key}";
const LEASE: &str = "ec:l:{p|key}";
const STAMPS: [&str; 3] = ["ec:t:a", "ec:p:p", "ec:n"];
/// Where the flags are, which may change where a blob lies: its checksum leaves them out.
const FLAGS: usize = 2;

/// A cache with a value in it, and what that is on the server.
struct Subject {
    server: RedisServer,
    cache: Cache,
    blob: Vec<u8>,
    computes: i32,
}

impl Subject {
    async fn new() -> Option<Self> {
        let server = RedisServer::start()?;
        let cache = patient_cache(&server.url());
        assert_eq!(value(&cache, 7).await, 7);
        let blob = server.command(&["GET", VALUE]).bytes().expect("it was stored");
        Some(Self { server, cache, blob, computes: 100 })
    }

    fn put(&self, bytes: &[u8]) {
        self.server.command(&[b"SET", VALUE.as_bytes(), bytes]);
    }

    /// That what is there now is a miss, for those who compute and for those who look, and that the next call finds what
    /// was computed. What the miss was counted as.
    async fn heals(&mut self, what: &str) -> Misses {
        self.computes += 2;
        let before = self.cache.stats().misses;
        let looked = self.cache.get::<i32>("p|key").await;
        assert_eq!(looked.unwrap(), None, "{what} is taken for a value");
        let middle = self.cache.stats().misses;
        assert_eq!(middle.total(), before.total() + 1, "{what}");
        assert_eq!(value(&self.cache, self.computes).await, self.computes, "{what} is taken for a value");
        let after = self.cache.stats().misses;
        assert_eq!(after.total(), middle.total() + 1, "{what}");
        assert_eq!(value(&self.cache, self.computes + 1).await, self.computes, "{what} does not heal");
        after
    }

    async fn heals_as_damage(&mut self, what: &str) {
        let before = self.cache.stats().misses.damaged;
        let after = self.heals(what).await;
        assert_eq!(after.damaged, before + 2, "{what} is counted as damage, by both calls: {after:?}");
    }
}

#[tokio::test]
async fn garbage_is_a_miss_that_heals() {
    let Some(mut it) = Subject::new().await else { return };
    let mut rng = Rng::with_seed(7);
    let mut garbage = |len: usize| (0..len).map(|_| rng.u8(..)).collect::<Vec<_>>();
    let pieces = [0, 1, 7, 8, 15, 16, 17, 63, 64, 65, 200, 1 << 20].map(&mut garbage);
    for piece in pieces {
        it.put(&piece);
        it.heals_as_damage(&format!("garbage of {} bytes", piece.len())).await;
    }
    for text in ["42", "{\"json\": true}", "\u{0}\u{0}\u{0}\u{0}"] {
        it.put(text.as_bytes());
        it.heals_as_damage(text).await;
    }
}

#[tokio::test]
async fn damage_is_logged_aloud_once() {
    let Some(it) = Subject::new().await else { return };
    let log = Log::default();
    // Of this thread, on which all of this test runs.
    let listening = log.listen();
    for computes in [8, 9, 10] {
        it.put(b"garbage");
        assert_eq!(value(&it.cache, computes).await, computes);
    }
    drop(listening);
    let lines =
        log.lines().into_iter().filter(|line| line.contains("message=what is stored is damaged")).collect::<Vec<_>>();
    let levels = lines.iter().map(|line| line.split(' ').next().unwrap_or_default()).collect::<Vec<_>>();
    assert_eq!(levels, ["WARN", "DEBUG", "DEBUG"], "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("key=\"p|key\"")), "{lines:?}");
}

#[tokio::test]
async fn a_value_that_was_cut_off_anywhere_is_a_miss_that_heals() {
    let Some(mut it) = Subject::new().await else { return };
    for len in 0..it.blob.len() {
        it.put(&it.blob[..len]);
        it.heals_as_damage(&format!("a value cut off after {len} bytes")).await;
    }
    it.put(&[&*it.blob, b"x"].concat());
    it.heals_as_damage("a value with something behind it").await;
}

#[tokio::test]
async fn a_value_with_any_bit_turned_is_a_miss_that_heals() {
    let Some(mut it) = Subject::new().await else { return };
    let header: Range<usize> = 0..64;
    for at in (0..it.blob.len()).filter(|at| *at != FLAGS) {
        for bit in (0..8).filter(|bit| header.contains(&at) || bit % 4 == 0) {
            let mut blob = it.blob.clone();
            blob[at] ^= 1 << bit;
            it.put(&blob);
            it.heals_as_damage(&format!("bit {bit} of byte {at}")).await;
        }
    }
}

#[tokio::test]
async fn a_value_with_other_flags_is_itself_or_a_miss_that_heals() {
    let Some(it) = Subject::new().await else { return };
    for flags in 0..=u8::MAX {
        let mut blob = it.blob.clone();
        blob[FLAGS] = flags;
        it.put(&blob);
        let found = value(&it.cache, 8).await;
        assert!([7, 8].contains(&found), "flags {flags:#b} make it {found}");
        assert_eq!(value(&it.cache, 9).await, found, "flags {flags:#b}");
    }
}

#[tokio::test]
async fn a_value_of_a_newer_layout_is_a_miss_that_heals() {
    let Some(mut it) = Subject::new().await else { return };
    for layout in [0, 2, 255] {
        let mut blob = it.blob.clone();
        blob[1] = layout;
        it.put(&blob);
        it.heals_as_damage(&format!("layout {layout}")).await;
    }
}

#[tokio::test]
async fn a_value_of_another_key_is_a_miss_that_heals() {
    let Some(mut it) = Subject::new().await else { return };
    it.cache.set("other", 8, policy()).await.unwrap();
    let other = it.server.command(&["GET", "ec:v:{p|other}"]).bytes().unwrap();
    it.put(&other);
    let misses = it.heals("a value of another key").await;
    assert_eq!((misses.damaged, misses.invalidated), (0, 2), "{misses:?}");
}

#[tokio::test]
async fn a_value_of_another_type_or_version_is_a_miss_that_heals() {
    let Some(mut it) = Subject::new().await else { return };
    it.cache.set("key", "text".to_owned(), policy()).await.unwrap();
    assert_eq!(it.heals("a text").await.schema, 2);
    it.cache.set("key", 8, policy().version(2)).await.unwrap();
    // Who asks by key alone gets any version.
    assert_eq!(it.cache.get::<i32>("p|key").await.unwrap(), Some(8));
    assert_eq!(value(&it.cache, 9).await, 9);
    assert_eq!(value(&it.cache, 10).await, 9);
    it.cache.set("key", 8, policy().tags(["b"])).await.unwrap();
    assert_eq!(value(&it.cache, 11).await, 11);
    assert_eq!(it.cache.stats().misses.names, 1);
}

#[tokio::test]
async fn things_of_a_wrong_type_give_way() {
    let Some(mut it) = Subject::new().await else { return };
    for name in [VALUE, LEASE, STAMPS[0], STAMPS[1], STAMPS[2]] {
        for make in
            [&["RPUSH", name, "x"][..], &["HSET", name, "f", "x"], &["SADD", name, "x"], &["XADD", name, "*", "f", "x"]]
        {
            if name == LEASE {
                it.server.command(&["DEL", VALUE]);
            }
            it.server.command(&["DEL", name]);
            it.server.command(make);
            it.heals(&format!("{} {name}", make[0])).await;
        }
    }
}

#[tokio::test]
async fn stamps_that_are_none_are_minted_anew() {
    let Some(mut it) = Subject::new().await else { return };
    for name in STAMPS {
        for bytes in [&b""[..], b"short", b"fifteen bytes..", b"seventeen bytes..", &[b'x'; 5000]] {
            it.server.command(&[b"SET", name.as_bytes(), bytes]);
            it.heals(&format!("{} bytes as {name}", bytes.len())).await;
            assert_eq!(it.server.command(&["STRLEN", name]).int(), 16);
        }
    }
    it.cache.invalidate_tags(["a"]).await.unwrap();
    it.heals("what was invalidated").await;
}

#[tokio::test]
async fn a_lease_that_is_none_keeps_nobody_from_storing() {
    let Some(mut it) = Subject::new().await else { return };
    for bytes in [&b""[..], b"short", &[b'x'; 17]] {
        it.server.command(&["DEL", VALUE]);
        it.server.command(&[b"SET", LEASE.as_bytes(), bytes]);
        it.heals(&format!("a lease of {} bytes", bytes.len())).await;
        assert_eq!(it.server.command(&["GET", LEASE]), Reply::Nil);
    }
}
