//! Values, keys and members as bytes.

use std::{
    any::{Any, TypeId, type_name},
    fmt::Display,
    io::Write as _,
    str::FromStr,
};

use bytes::Bytes;

use crate::{
    error::{Error, ErrorKind, Result},
    value::CacheValue,
    wire::{Codec, Form},
};

/// What is kept of a value: the text of what is plain, else what the codec makes of it.
pub(super) fn encode<T: CacheValue>(codec: Codec, value: &T) -> Result<Bytes> {
    let mut bytes = Vec::new();
    append(codec, value, &mut bytes)?;
    Ok(bytes.into())
}

/// The same behind what is there already.
pub(super) fn append<T: CacheValue>(codec: Codec, value: &T, bytes: &mut Vec<u8>) -> Result<()> {
    if !append_plain(value, bytes) {
        bytes.extend_from_slice(&Form::new().encode(codec, value)?.bytes);
    }
    Ok(())
}

/// The value that was kept so.
pub(super) fn decode<T: CacheValue>(codec: Codec, bytes: &[u8]) -> Result<T> {
    match of_plain(bytes) {
        Some(value) => value.ok_or_else(|| foreign::<T>(bytes)),
        None => Form::new().decode(codec, bytes, false),
    }
}

fn foreign<T>(bytes: &[u8]) -> Error {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]);
    let message = format!(
        "{start:?} lies where a value of type {} was expected: the collection has another type elsewhere, or somebody else writes to it",
        type_name::<T>()
    );
    Error::new(ErrorKind::Encoding, message)
}

/// Calls a macro with the types whose values are kept as the text that they print. No two values of one of them print alike,
/// and all are read from what they print.
macro_rules! with_plain_types {
    ($macro:ident) => {
        $macro!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 bool char String)
    };
}

/// The same with integers, which are among them.
macro_rules! with_integers {
    ($macro:ident) => {
        $macro!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize)
    };
}

/// Whether it was appended: it is of a plain type then.
fn append_plain<T: Any>(value: &T, to: &mut Vec<u8>) -> bool {
    fn text<P: Any + Display>(value: &dyn Any, to: &mut Vec<u8>) -> bool {
        let text = value.downcast_ref::<P>();
        text.is_some_and(|text| write!(to, "{text}").is_ok())
    }
    /// Numbers are not printed by the formatter, either: there may be thousands of them.
    fn digits<P: Any + Copy + itoa::Integer>(value: &dyn Any, to: &mut Vec<u8>) -> bool {
        let Some(number) = value.downcast_ref::<P>() else { return false };
        to.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes());
        true
    }
    macro_rules! first_number {
        ($($plain:ty)*) => { false$( || digits::<$plain>(value, to))* };
    }
    macro_rules! first {
        ($($plain:ty)*) => { false$( || text::<$plain>(value, to))* };
    }
    let value = value as &dyn Any;
    let bytes = value.downcast_ref::<Vec<u8>>().map(Vec::as_slice);
    // Text is not printed, but there: that is a good deal quicker.
    match bytes.or_else(|| value.downcast_ref::<String>().map(String::as_bytes)) {
        Some(bytes) => {
            to.extend_from_slice(bytes);
            true
        }
        None => with_integers!(first_number) || with_plain_types!(first),
    }
}

/// What bytes may be, of a plain type: none where they are no value of it.
type Parsed<T> = Option<T>;

/// None: not of a plain type.
fn of_plain<T: Any>(bytes: &[u8]) -> Option<Parsed<T>> {
    fn parsed<P: Any + FromStr, T: Any>(bytes: &[u8]) -> Option<Parsed<T>> {
        if TypeId::of::<P>() != TypeId::of::<T>() {
            return None;
        }
        cast(str::from_utf8(bytes).ok().and_then(|text| text.parse::<P>().ok()))
    }
    if TypeId::of::<T>() == TypeId::of::<Vec<u8>>() {
        return cast(Some(bytes.to_vec()));
    }
    macro_rules! first {
        ($($plain:ty)*) => { None$(.or_else(|| parsed::<$plain, T>(bytes)))* };
    }
    with_plain_types!(first)
}

/// The same option, under the name that its type has elsewhere.
fn cast<P: Any, T: Any>(mut value: Parsed<P>) -> Option<Parsed<T>> {
    (&mut value as &mut dyn Any).downcast_mut::<Parsed<T>>().map(Option::take)
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::fmt::Debug;

    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;

    fn comes_back<T: CacheValue + PartialEq + Debug>(value: &T) -> Result<(), TestCaseError> {
        let bytes = encode(Codec::MessagePack, value).expect("the codec takes it");
        prop_assert_eq!(&decode::<T>(Codec::MessagePack, &bytes).expect("it was written so"), value);
        Ok(())
    }

    proptest! {
        #[test]
        fn every_value_comes_back(
            integer: i64, unsigned: u128, float: f64, flag: bool, letter: char, text: String, bytes: Vec<u8>,
            list: Vec<String>, option: Option<String>,
        ) {
            comes_back(&integer)?;
            comes_back(&unsigned)?;
            if !float.is_nan() {
                comes_back(&float)?;
            }
            comes_back(&flag)?;
            comes_back(&letter)?;
            comes_back(&text)?;
            comes_back(&bytes)?;
            comes_back(&list)?;
            comes_back(&option)?;
        }

        #[test]
        fn lists_that_differ_are_kept_as_bytes_that_differ(one: Vec<String>, other: Vec<String>) {
            let [a, b] = [&one, &other].map(|list| encode(Codec::MessagePack, list).unwrap());
            prop_assert_eq!(a == b, one == other);
        }
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Price {
        cents: u32,
    }

    #[test]
    fn what_is_plain_is_kept_as_text_and_the_rest_by_the_codec() {
        let codec = Codec::MessagePack;
        assert_eq!(encode(codec, &-42).unwrap(), "-42");
        assert_eq!(encode(codec, &1.5).unwrap(), "1.5");
        assert_eq!(encode(codec, &true).unwrap(), "true");
        assert_eq!(encode(codec, &"tea".to_owned()).unwrap(), "tea");
        assert_eq!(encode(codec, &vec![0_u8, 255]).unwrap(), &[0, 255][..]);
        assert_ne!(encode(codec, &Price { cents: 5 }).unwrap(), "5");
    }

    #[test]
    fn nothing_zero_and_empty_are_three_things() {
        let codec = Codec::MessagePack;
        let kept =
            [encode(codec, &None::<String>), encode(codec, &Some(String::new())), encode(codec, &Some("0".to_owned()))];
        let kept = kept.map(Result::unwrap);
        assert!(kept[0] != kept[1] && kept[1] != kept[2] && kept[0] != kept[2]);
        assert_eq!(encode(codec, &vec!["a.b".to_owned()]).unwrap(), encode(codec, &["a.b".to_owned()]).unwrap());
        assert_ne!(
            encode(codec, &vec!["a.b".to_owned()]).unwrap(),
            encode(codec, &vec!["a".to_owned(), "b".to_owned()]).unwrap()
        );
    }

    #[test]
    fn what_somebody_else_wrote_is_an_error_that_shows_it() {
        let error = decode::<i64>(Codec::MessagePack, b"tea").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encoding);
        assert!(error.to_string().contains("\"tea\"") && error.to_string().contains("i64"), "{error}");
        assert!(decode::<Price>(Codec::MessagePack, b"tea").is_err());
    }
}
