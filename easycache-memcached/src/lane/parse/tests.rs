use proptest::prelude::*;

use super::*;

const LIMIT: usize = 1000;

fn all(bytes: &[u8]) -> Result<Vec<Reply>, Garbled> {
    let mut buffer = BytesMut::from(bytes);
    let mut replies = Vec::new();
    while let Parsed::Reply(one) = reply(&mut buffer, LIMIT)? {
        replies.push(one);
    }
    Ok(replies)
}

fn done(item: Item) -> Reply {
    Reply::Done(item)
}

#[test]
fn what_a_server_tells_of_itself_is_one_answer_of_several_lines() {
    let bytes = b"STAT version 1.6.18\r\nSTAT empty \r\nEND\r\nEN\r\n";
    let stats = [("version", "1.6.18"), ("empty", "")].map(|(name, value)| (name.into(), value.into()));
    assert_eq!(all(bytes).unwrap(), [Reply::Stats(stats.to_vec()), Reply::Absent]);
    assert_eq!(all(&bytes[..30]).unwrap(), []);
    assert_eq!(all(b"END\r\n").unwrap(), [Reply::Stats(Vec::new())]);
    assert!(all(b"STAT a b\r\nEN\r\n").is_err());
    assert!(all(&b"STAT a b\r\n".repeat(10_000)).is_err());
}

#[test]
fn every_answer_is_understood() {
    let bytes = b"VA 3 c7 t-1 W\r\na\r\n\r\nHD c8 t30 f9 s5 X Z\r\nEN\r\nNF\r\nNS\r\nEX\r\nMN\r\nHD\r\nVA 0\r\n\r\n";
    let value = Item { value: Some("a\r\n".into()), cas: 7, size: 3, won: true, ..Item::default() };
    let header = Item { cas: 8, left: Some(30), note: 9, size: 5, stale: true, taken: true, ..Item::default() };
    let empty = Item { value: Some(Bytes::new()), ..Item::default() };
    let expected = [
        done(value),
        done(header),
        Reply::Absent,
        Reply::Absent,
        Reply::NotStored,
        Reply::Exists,
        Reply::Nothing,
        done(Item::default()),
        done(empty),
    ];
    assert_eq!(all(bytes).unwrap(), expected);
}

#[test]
fn refusals_are_told_apart() {
    let of = |text: &str| match &all(format!("SERVER_ERROR {text}\r\n").as_bytes()).unwrap()[..] {
        [Reply::Refused(refusal)] => refusal.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(of("object too large for cache"), Refusal::TooLarge);
    assert_eq!(of("out of memory storing object"), Refusal::OutOfMemory);
    assert_eq!(of("busy"), Refusal::Other("busy".into()));
}

#[test]
fn what_memcached_would_not_say_is_garbled() {
    for bytes in [
        &b"HTTP/1.1 400 Bad Request\r\n"[..],
        b"ERROR\r\n",
        b"CLIENT_ERROR bad data chunk\r\n",
        b"\r\n",
        b"\n",
        b"HD\n",
        b"VA\r\n",
        b"VA x\r\n",
        b"VA -1\r\n",
        b"VA 1001\r\n",
        b"VA 99999999999999999999\r\n",
        b"VA 1\r\nabc\r\n",
        b"HD cx\r\n",
        b"HD t-2\r\n",
        &[b'H'; LINE],
    ] {
        assert!(all(bytes).is_err(), "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn how_much_is_missing_is_told() {
    for (bytes, missing) in [(&b""[..], 1), (b"H", 1), (b"VA 100 c1\r\n", 102), (b"VA 4\r\nab", 4), (b"VA 0\r\n\r", 1)]
    {
        let mut buffer = BytesMut::from(bytes);
        assert_eq!(reply(&mut buffer, LIMIT), Ok(Parsed::Incomplete(missing)));
        assert_eq!(buffer, bytes, "nothing is taken");
    }
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    const KNOWN: [&str; 10] =
        ["VA 3 c7\r\nabc\r\n", "HD", " c18446744073709551615", " t-1", "VA ", "\r\n", "EN\r\n", " W", "9", "NS\r\n"];
    prop_oneof![
        3 => prop::sample::select(KNOWN.as_slice()).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

proptest! {
    /// It never panics, takes nothing that is incomplete, and comes to the same result wherever the bytes are cut.
    #[test]
    fn any_bytes_in_any_pieces_have_one_meaning(pieces in prop::collection::vec(piece(), 0..20)) {
        let whole = all(&pieces.concat());
        let (mut buffer, mut replies, mut broken) = (BytesMut::new(), Vec::new(), false);
        'pieces: for piece in &pieces {
            buffer.extend_from_slice(piece);
            loop {
                let before = buffer.len();
                match reply(&mut buffer, LIMIT) {
                    Ok(Parsed::Reply(one)) => replies.push(one),
                    Ok(Parsed::Incomplete(missing)) => {
                        prop_assert!(missing > 0 && missing <= LIMIT + LINE + 4);
                        prop_assert_eq!(buffer.len(), before);
                        break;
                    }
                    Err(_) => {
                        broken = true;
                        break 'pieces;
                    }
                }
            }
        }
        match whole {
            Ok(expected) => prop_assert!(!broken && replies == expected),
            Err(_) => prop_assert!(broken),
        }
    }
}
