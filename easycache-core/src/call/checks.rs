//! What generated code asks of the user's types, in one place each: the compiler then says it once, in these words.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    cache::Cache,
    error::Result,
    key::{CacheKey, KeyWriter},
    ttl::IntoTtl,
};

/// A part of a typed key: writes it.
#[inline]
pub fn part<T: CacheKey + ?Sized>(value: &T) -> impl Fn(&mut KeyWriter) + '_ {
    move |key| value.cache_key(key)
}

/// A time to live.
#[inline]
pub fn lasting(ttl: impl IntoTtl) -> Result<Duration> {
    ttl.into_ttl()
}

/// A value that can be kept outside of this process.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached outside of this process: it must be `Serialize + DeserializeOwned`",
    label = "not `Serialize + DeserializeOwned`",
    note = "derive `serde::Serialize` and `serde::Deserialize`, or say `#[ecached(local)]` to keep the value in this process only, without serde"
)]
pub trait Portable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Portable for T {}

/// An error that an in-process cache can keep.
#[diagnostic::on_unimplemented(
    message = "`cache_err` cannot keep `{Self}`: it must be `Clone + Send + Sync + 'static`",
    label = "every hit gives out a clone, to any thread",
    note = "derive `Clone`, hold what cannot be cloned in an `Arc`, or leave `cache_err` out"
)]
pub trait KeptError: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Clone + Send + Sync + 'static> KeptError for E {}

/// An error that can be kept outside of this process.
#[diagnostic::on_unimplemented(
    message = "`cache_err` cannot keep `{Self}` outside of this process: it must be `Serialize + DeserializeOwned`",
    label = "not `Serialize + DeserializeOwned`",
    note = "derive `serde::Serialize` and `serde::Deserialize` for the error, say `#[ecached(local)]` to keep it in this process only, or leave `cache_err` out"
)]
pub trait PortableError: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<E: Serialize + DeserializeOwned> PortableError for E {}

/// The cache that `cache = …` asks for.
#[inline]
#[must_use]
pub const fn chosen(cache: &Cache) -> Option<&Cache> {
    Some(cache)
}

/// A value that may be missing: what `cache_none` is about.
#[diagnostic::on_unimplemented(
    message = "`cache_none` is for functions that return an `Option`, or a `Result` of one",
    label = "this function returns `{Self}`"
)]
pub trait Optional {
    /// Is it missing?
    fn is_none(&self) -> bool;

    /// Is it there?
    fn is_some(&self) -> bool {
        !self.is_none()
    }
}

impl<T> Optional for Option<T> {
    #[inline]
    fn is_none(&self) -> bool {
        self.is_none()
    }
}

/// What a closure gives for a key or prefix.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text",
    label = "a closure or function for a key gives text",
    note = "give a `String` or `&str`, as in `|id| format!(\"user:{{id}}\")`, or a list of parameters: `[id]`"
)]
pub trait KeyText {
    /// Calls `write` with the text.
    fn with_text(self, write: impl FnOnce(&str));
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<str>> KeyText for T {
    #[inline]
    fn with_text(self, write: impl FnOnce(&str)) {
        write(self.as_ref());
    }
}

/// What a closure gives for tags.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of tags",
    label = "a closure for tags gives a list of text",
    note = "give an array, a `Vec` or an iterator of `String` or `&str`, as in `|team| [format!(\"team:{{team}}\")]`"
)]
pub trait TagList {
    /// Calls `each` with every tag.
    fn each_tag(self, each: impl FnMut(&str));
}

#[diagnostic::do_not_recommend]
impl<I> TagList for I
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    #[inline]
    fn each_tag(self, mut each: impl FnMut(&str)) {
        self.into_iter().for_each(|tag| each(tag.as_ref()));
    }
}

/// The type that holds the companions of a free function. Where none can be, or one is already, the
/// compiler names the macro that tried, and thereby the remedy.
#[doc(hidden)]
#[macro_export]
macro_rules! __companions_need_a_free_name_and_in_an_impl_block_the_argument_assoc {
    ($(#[$attr:meta])* $vis:vis $name:ident { $($item:tt)* }) => {
        $(#[$attr])*
        #[doc(hidden)]
        #[allow(
            dead_code,
            non_camel_case_types,
            missing_debug_implementations,
            missing_copy_implementations,
            unreachable_pub,
            clippy::all,
            clippy::pedantic,
            clippy::nursery
        )]
        $vis enum $name {}
        $(#[$attr])*
        impl $name {
            $($item)*
        }
    };
}
