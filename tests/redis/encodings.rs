//! Codecs and compression.

use easycache::Codec;

use crate::{
    shop::{Book, book, list},
    support::{Calls, Place, patient},
};

const CODECS: &[&str] = &["msgpack", "json", "postcard"];

const COMPRESSIONS: &[&str] = &["lz4:64", "zstd:64"];

/// What the server keeps for a book: all of it, the header included.
fn stored(place: &Place, key: &str) -> Vec<u8> {
    let server = place.server.as_ref().unwrap();
    server.command(&["GET", key]).bytes().unwrap()
}

fn is_in(needle: &[u8], haystack: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn values_go_through_every_codec() {
    for codec in CODECS {
        let Some(place) = Place::on_redis_with(&format!("codec={codec}")) else { return };
        let calls = Calls::default();
        place.run(|| {
            assert_eq!((book(&calls, 1, 2, 3), book(&calls, 1, 2, 3)), (Book::new(6, 1), Book::new(6, 1)), "{codec}");
            assert_eq!((book(&calls, 1, 2, 4), book(&calls, 1, 2, 4)), (Book::new(7, 2), Book::new(7, 2)), "{codec}");
        });
        let blob = stored(&place, "ec:v:{shop:1|sync:3}");
        assert_eq!(is_in(br#""title":"Volume 006""#, &blob), *codec == "json", "{codec}");
        assert_eq!(is_in(b"title", &blob), *codec != "postcard", "{codec}");
    }
}

#[test]
fn caches_with_different_codecs_miss_each_others_values_and_find_their_own() {
    let Some(place) = Place::on_redis() else { return };
    let url = patient(place.server.as_ref().unwrap());
    let json = easycache::blocking::connect(&format!("{url}&codec=json")).unwrap();
    let calls = Calls::default();
    let elsewhere = easycache::scope("shop", json);
    assert_eq!(place.run(|| book(&calls, 1, 2, 3)), Book::new(6, 1));
    assert_eq!(elsewhere.run(|| book(&calls, 1, 2, 3)), Book::new(6, 2), "a miss, and no mistake");
    assert_eq!(elsewhere.run(|| book(&calls, 1, 2, 3)), Book::new(6, 2));
    assert_eq!(Codec::default(), Codec::MessagePack);
}

#[test]
fn large_values_are_compressed_and_read_by_all() {
    for compression in COMPRESSIONS {
        let Some(place) = Place::on_redis_with(&format!("compression={compression}")) else { return };
        let (calls, ids) = (Calls::default(), (0..200).collect::<Vec<_>>());
        let written = place.block_on(list(&calls, &ids));
        assert_eq!(place.block_on(list(&calls, &ids)), written, "{compression}");
        // Whoever reads need not have it switched on.
        let other = easycache::scope("shop", place.another());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(other.run_async(list(&calls, &ids))), written, "{compression}");
        assert_eq!(calls.so_far(), 1);
        let keys = place.server.as_ref().unwrap().command(&["KEYS", "ec:v:*"]).array();
        let blob = stored(&place, &keys[0].clone().text());
        let plain = serde_json::to_vec(&written).unwrap().len();
        assert!(blob.len() < plain / 2, "{compression}: {} of {plain} bytes", blob.len());
    }
}
