//! What identifies an argument: [`CacheKey`].

mod impls;
mod words;
mod writer;

pub(crate) use self::words::{Short, ShortRef};
pub use self::writer::KeyWriter;

/// A value that can be part of an automatic key.
///
/// Two values get the same key text if and only if they are the same: `1`, `"1"` and `None` are told apart, and so
/// are `("a,b",)` and `("a", "b")`. `&str`, `String` and `Cow<str>` encode alike, and so do `&T`, `Box<T>` and
/// `Arc<T>`.
///
/// Derive it (`#[derive(CacheKey)]`, with `#[cache_key(skip)]` on fields that do not matter), or write it by hand out
/// of the parts that do:
///
/// ```
/// use easycache_core::{CacheKey, KeyWriter};
///
/// struct Shop { id: u32, name: String }
///
/// impl CacheKey for Shop {
///     fn cache_key(&self, key: &mut KeyWriter) {
///         key.begin("Shop");
///         key.field(&self.id); // the name can change, the shop stays the same
///         key.end();
///     }
/// }
///
/// assert_eq!(KeyWriter::text_of(&Shop { id: 7, name: "Ann's".into() }), "Shop(7)");
/// assert_eq!(KeyWriter::text_of(&("a b", Some(1.5), [true])), "(\"a%20b\",Some(1.5),[true])");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key: it does not implement `CacheKey`",
    label = "not a `CacheKey`",
    note = "write `#[derive(CacheKey)]` on it, or give a key that names what identifies the result: `#[ecached(\"user:{{id}}\")]`, `#[ecached(\"goods:{{self.id}}\")]`, `#[ecached([id])]`"
)]
pub trait CacheKey {
    /// Writes what identifies this value.
    fn cache_key(&self, key: &mut KeyWriter);
}

/// A type of std whose values print alike if they are equal as keys, so that the raw argument can stand for its text.
#[doc(hidden)]
pub trait Plain: CacheKey {}
