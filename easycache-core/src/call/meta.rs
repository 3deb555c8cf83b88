//! What a callable may want to know about the call.

use std::any::Any;

use crate::key::{CacheKey, KeyWriter};

/// A call of a cached function, for closures that have a parameter named `meta`: `key = |meta| …`,
/// `tags_from = |value, meta| …`.
///
/// ```
/// use easycache_core::CallMeta;
///
/// fn tags(meta: &CallMeta<'_>) -> Vec<String> {
///     vec![format!("{}:{}", meta.function(), meta.argument("id").unwrap_or_default())]
/// }
/// ```
#[derive(Debug)]
pub struct CallMeta<'a> {
    function: &'static str,
    arguments: Vec<(&'static str, String)>,
    returned: Option<&'a dyn Any>,
}

impl<'a> CallMeta<'a> {
    /// A call of that function with those arguments.
    #[doc(hidden)]
    #[must_use]
    pub fn new(function: &'static str, arguments: Vec<(&'static str, String)>) -> Self {
        Self { function, arguments, returned: None }
    }

    /// The same call with what it returned.
    #[doc(hidden)]
    #[must_use]
    pub fn returned(mut self, value: &'a dyn Any) -> Self {
        self.returned = Some(value);
        self
    }

    /// The full path of the function.
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.function
    }

    /// The arguments in the function's order: their names and their texts as in an automatic key.
    #[must_use]
    pub fn arguments(&self) -> &[(&'static str, String)] {
        &self.arguments
    }

    /// The text of the argument of that name.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find(|(other, _)| *other == name).map(|(_, text)| text.as_str())
    }

    /// The value that was computed, where there is one already (`tags_from`, `ttl_from`, `cache_if`) and it is a `T`.
    #[must_use]
    pub fn value<T: 'static>(&self) -> Option<&'a T> {
        self.returned?.downcast_ref()
    }
}

/// The text of an argument.
#[must_use]
pub fn argument<T: CacheKey + ?Sized>(value: &T) -> String {
    KeyWriter::text_of(value)
}
