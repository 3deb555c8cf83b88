//! [`CacheKey`] for the types of std.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    num::NonZero,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use super::{CacheKey, KeyWriter, Plain, words::Kind};

macro_rules! numbers {
    ($($kind:ident: $number:ty as |$value:ident| $words:expr),* $(,)?) => { $(
        impl CacheKey for $number {
            #[inline]
            fn cache_key(&self, key: &mut KeyWriter) {
                let $value = *self;
                key.number(Kind::$kind, $words, self);
            }
        }
        impl Plain for $number {}

        impl CacheKey for NonZero<$number> {
            #[inline]
            fn cache_key(&self, key: &mut KeyWriter) {
                self.get().cache_key(key);
            }
        }
        impl Plain for NonZero<$number> {}
    )* };
}
numbers! {
    Unsigned: u8 as |n| [n.into()],
    Unsigned: u16 as |n| [n.into()],
    Unsigned: u32 as |n| [n.into()],
    Unsigned: u64 as |n| [n],
    Unsigned: usize as |n| [n as u64],
    Signed: i8 as |n| [i64::from(n).cast_unsigned()],
    Signed: i16 as |n| [i64::from(n).cast_unsigned()],
    Signed: i32 as |n| [i64::from(n).cast_unsigned()],
    Signed: i64 as |n| [n.cast_unsigned()],
    Signed: isize as |n| [(n as i64).cast_unsigned()],
    WideUnsigned: u128 as |n| halves(n),
    WideSigned: i128 as |n| halves(n.cast_unsigned()),
}

#[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
const fn halves(wide: u128) -> [u64; 2] {
    [(wide >> 64) as u64, wide as u64]
}

macro_rules! floats {
    ($($kind:ident: $float:ty),*) => { $(
        impl CacheKey for $float {
            #[inline]
            fn cache_key(&self, key: &mut KeyWriter) {
                // `{:?}` keeps the decimal point: `1.0` is not `1`.
                key.number(Kind::$kind, [self.to_bits().into()], format_args!("{self:?}"));
            }
        }
        impl Plain for $float {}
    )* };
}
floats!(Single: f32, Double: f64);

macro_rules! told_by_their_text {
    ($($type:ty),*) => { $(
        impl CacheKey for $type {
            fn cache_key(&self, key: &mut KeyWriter) {
                key.quoted(format_args!("{self}"));
            }
        }
        impl Plain for $type {}
    )* };
}
told_by_their_text!(IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6);

impl CacheKey for bool {
    fn cache_key(&self, key: &mut KeyWriter) {
        key.word(if *self { "true" } else { "false" });
    }
}
impl Plain for bool {}

impl CacheKey for char {
    fn cache_key(&self, key: &mut KeyWriter) {
        key.string(self.encode_utf8(&mut [0; 4]));
    }
}
impl Plain for char {}

impl CacheKey for str {
    #[inline]
    fn cache_key(&self, key: &mut KeyWriter) {
        key.string(self);
    }
}
impl Plain for str {}

impl CacheKey for String {
    #[inline]
    fn cache_key(&self, key: &mut KeyWriter) {
        key.string(self);
    }
}
impl Plain for String {}

impl CacheKey for () {
    fn cache_key(&self, key: &mut KeyWriter) {
        key.word("()");
    }
}

impl CacheKey for Duration {
    fn cache_key(&self, key: &mut KeyWriter) {
        key.number(Kind::Duration, halves(self.as_nanos()), format_args!("{self:?}"));
    }
}

/// By the bytes of the path, whether they are text or not.
impl CacheKey for Path {
    fn cache_key(&self, key: &mut KeyWriter) {
        match self.to_str() {
            Some(text) => one(key, "Path", text),
            None => one(key, "RawPath", self.as_os_str().as_encoded_bytes()),
        }
    }
}

impl CacheKey for PathBuf {
    fn cache_key(&self, key: &mut KeyWriter) {
        self.as_path().cache_key(key);
    }
}

impl<T: CacheKey> CacheKey for Option<T> {
    fn cache_key(&self, key: &mut KeyWriter) {
        match self {
            None => key.word("None"),
            Some(value) => one(key, "Some", value),
        }
    }
}

impl<T: CacheKey, E: CacheKey> CacheKey for Result<T, E> {
    fn cache_key(&self, key: &mut KeyWriter) {
        match self {
            Ok(value) => one(key, "Ok", value),
            Err(error) => one(key, "Err", error),
        }
    }
}

fn one<T: CacheKey + ?Sized>(key: &mut KeyWriter, name: &'static str, value: &T) {
    key.begin(name);
    key.field(value);
    key.end();
}

macro_rules! pointers {
    ($($pointer:ty),*) => { $(
        impl<T: CacheKey + ?Sized> CacheKey for $pointer {
            #[inline]
            fn cache_key(&self, key: &mut KeyWriter) {
                (**self).cache_key(key);
            }
        }
        impl<T: Plain + ?Sized> Plain for $pointer {}
    )* };
}
pointers!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: CacheKey + ToOwned + ?Sized> CacheKey for Cow<'_, T> {
    #[inline]
    fn cache_key(&self, key: &mut KeyWriter) {
        (**self).cache_key(key);
    }
}
impl<T: Plain + ToOwned + ?Sized> Plain for Cow<'_, T> {}

macro_rules! lists {
    ($([$($generic:tt)*] $list:ty),*) => { $(
        impl<T: CacheKey, $($generic)*> CacheKey for $list {
            fn cache_key(&self, key: &mut KeyWriter) {
                key.list(self.iter());
            }
        }
    )* };
}
lists!([] [T], [] Vec<T>, [] VecDeque<T>, [] BTreeSet<T>, [const N: usize] [T; N]);

impl<K: CacheKey, V: CacheKey> CacheKey for BTreeMap<K, V> {
    fn cache_key(&self, key: &mut KeyWriter) {
        key.list(self.iter());
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: CacheKey),+> CacheKey for ($($name,)+) {
            fn cache_key(&self, key: &mut KeyWriter) {
                #[expect(non_snake_case, reason = "one name for the type and its value")]
                let ($($name,)+) = self;
                key.begin("");
                $(key.field($name);)+
                key.end();
            }
        }
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
