//! The two forms of a key: the text that people read, and the raw bytes that a hit is looked up by.

use std::fmt::{self, Write};

use smallvec::SmallVec;

use super::CacheKey;
use crate::escape::Escaped;

/// The raw form of a key, short enough for the stack.
type RawKey = SmallVec<[u8; 64]>;

/// Takes down what identifies a value; see [`CacheKey`].
#[derive(Debug)]
pub struct KeyWriter {
    out: RawKey,
    raw: bool,
    first: bool,
}

/// Before a field, and after the last one, in raw form.
const MORE: u8 = 1;
const END: u8 = 0;
/// Ends a word in raw form: no byte of UTF-8.
const STOP: u8 = 0xFF;

impl KeyWriter {
    pub(crate) fn text() -> Self {
        Self { out: RawKey::new(), raw: false, first: true }
    }

    #[inline]
    pub(crate) fn raw() -> Self {
        Self { out: RawKey::new(), raw: true, first: true }
    }

    /// The text of one value, as it stands in an automatic key.
    #[must_use]
    pub fn text_of<T: CacheKey + ?Sized>(value: &T) -> String {
        let mut writer = Self::text();
        value.cache_key(&mut writer);
        writer.into_string()
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.out
    }

    pub(crate) fn into_string(self) -> String {
        String::from_utf8(self.out.into_vec()).expect("text is made of whole strings, escaped character by character")
    }

    /// Begins a value that has parts: the name of the type or of the variant, then a [`field`](Self::field) for each
    /// part, then [`end`](Self::end).
    pub fn begin(&mut self, name: &'static str) {
        self.word(name);
        self.open(b'(');
    }

    /// One part of the value begun last.
    pub fn field<T: CacheKey + ?Sized>(&mut self, value: &T) {
        if self.raw {
            self.out.push(MORE);
        } else if !self.first {
            self.out.push(b',');
        }
        self.first = true;
        value.cache_key(self);
        self.first = false;
    }

    /// Ends the value begun last.
    pub fn end(&mut self) {
        self.close(b')');
    }

    /// A text that can be anything. It stands between quotes.
    pub fn string(&mut self, text: &str) {
        if self.raw {
            self.out.extend_from_slice(&text.len().to_ne_bytes());
            self.out.extend_from_slice(text.as_bytes());
        } else {
            self.quoted(format_args!("{text}"));
        }
    }

    /// A fixed word of the type's own, such as the name of a variant without parts.
    pub fn word(&mut self, word: &'static str) {
        self.out.extend_from_slice(word.as_bytes());
        if self.raw {
            self.out.push(STOP);
        }
    }

    /// A list: its elements in order.
    pub fn list<T: CacheKey>(&mut self, items: impl IntoIterator<Item = T>) {
        self.open(b'[');
        for item in items {
            self.field(&item);
        }
        self.close(b']');
    }

    /// A number: its digits, or its bytes.
    #[inline]
    pub(crate) fn number<const N: usize>(&mut self, bytes: [u8; N], text: impl fmt::Display) {
        if self.raw {
            self.out.extend_from_slice(&bytes);
        } else {
            self.bare(format_args!("{text}"));
        }
    }

    /// Something that is told by its text, between quotes.
    pub(crate) fn quoted(&mut self, text: fmt::Arguments<'_>) {
        if self.raw {
            self.string(&text.to_string());
        } else {
            self.out.push(b'"');
            self.escaped(text, true);
            self.out.push(b'"');
        }
    }

    /// Text that needs no escaping.
    pub(crate) fn bare(&mut self, text: fmt::Arguments<'_>) {
        Bare(&mut self.out).write_fmt(text).expect(INFALLIBLE);
    }

    /// Text between the separators of a template.
    pub(crate) fn escaped(&mut self, text: fmt::Arguments<'_>, quoted: bool) {
        Escaped { out: &mut self.out, quoted }.write_fmt(text).expect(INFALLIBLE);
    }

    fn open(&mut self, bracket: u8) {
        if !self.raw {
            self.out.push(bracket);
        }
        self.first = true;
    }

    fn close(&mut self, bracket: u8) {
        self.out.push(if self.raw { END } else { bracket });
        self.first = false;
    }
}

const INFALLIBLE: &str = "writing to memory does not fail; a `Display` that reports an error of its own is broken";

struct Bare<'a>(&'a mut RawKey);

impl Write for Bare<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
