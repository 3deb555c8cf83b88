//! The two forms of a key: the text that people read, and the raw words that a hit is looked up by.

use std::fmt::{self, Write};

use super::{
    CacheKey,
    words::{Kind, Words},
};
use crate::escape::Escaped;

/// Takes down what identifies a value; see [`CacheKey`].
#[derive(Debug)]
pub struct KeyWriter {
    text: Vec<u8>,
    raw: Words,
    is_raw: bool,
    /// The next field is the first one of its value.
    is_first: bool,
}

/// In raw form, before a field and after the last one.
const MORE: u64 = 1;
const END: u64 = 0;

impl KeyWriter {
    #[inline]
    pub(crate) const fn text() -> Self {
        Self { text: Vec::new(), raw: Words::new(0), is_raw: false, is_first: true }
    }

    /// The raw arguments of the function with that number.
    #[inline]
    pub(crate) const fn raw(function: u32) -> Self {
        Self { text: Vec::new(), raw: Words::new(function), is_raw: true, is_first: true }
    }

    /// The text of one value, as it stands in an automatic key.
    #[must_use]
    pub fn text_of<T: CacheKey + ?Sized>(value: &T) -> String {
        let mut writer = Self::text();
        value.cache_key(&mut writer);
        writer.into_string()
    }

    #[inline]
    pub(crate) fn words(&self) -> &[u64] {
        &self.raw
    }

    pub(crate) fn into_string(self) -> String {
        String::from_utf8(self.text).expect("text is made of whole strings, escaped character by character")
    }

    /// Begins a value that has parts: the name of the type or of the variant, then a [`field`](Self::field) for each
    /// part, then [`end`](Self::end).
    pub fn begin(&mut self, name: &'static str) {
        self.fixed(Kind::Compound, name);
        self.open(b'(');
    }

    /// One part of the value begun last.
    pub fn field<T: CacheKey + ?Sized>(&mut self, value: &T) {
        if self.is_raw {
            self.raw.push(MORE);
        } else if !self.is_first {
            self.text.push(b',');
        }
        self.is_first = true;
        value.cache_key(self);
        self.is_first = false;
    }

    /// Ends the value begun last.
    pub fn end(&mut self) {
        self.close(b')');
    }

    /// A text that can be anything. It stands between quotes.
    #[inline]
    pub fn string(&mut self, text: &str) {
        if self.is_raw {
            self.raw.begin(Kind::Text);
            self.raw.push_text(text);
        } else {
            self.quoted(format_args!("{text}"));
        }
    }

    /// A fixed word of the type's own, such as the name of a variant without parts.
    pub fn word(&mut self, word: &'static str) {
        self.fixed(Kind::Word, word);
    }

    fn fixed(&mut self, kind: Kind, word: &'static str) {
        if self.is_raw {
            self.raw.begin(kind);
            self.raw.push_text(word);
        } else {
            self.text.extend_from_slice(word.as_bytes());
        }
    }

    /// A list: its elements in order.
    pub fn list<T: CacheKey>(&mut self, items: impl IntoIterator<Item = T>) {
        if self.is_raw {
            self.raw.begin(Kind::List);
        }
        self.open(b'[');
        for item in items {
            self.field(&item);
        }
        self.close(b']');
    }

    /// A number: its digits, or its kind and its words.
    #[inline]
    pub(crate) fn number<const N: usize>(&mut self, kind: Kind, words: [u64; N], text: impl fmt::Display) {
        if self.is_raw {
            self.raw.begin(kind);
            for word in words {
                self.raw.push(word);
            }
        } else {
            self.bare(format_args!("{text}"));
        }
    }

    /// Something that is told by its text, between quotes.
    pub(crate) fn quoted(&mut self, text: fmt::Arguments<'_>) {
        if self.is_raw {
            self.raw.begin(Kind::Text);
            self.raw.push_text(&text.to_string());
        } else {
            self.text.push(b'"');
            self.escaped(text, true);
            self.text.push(b'"');
        }
    }

    /// Text that needs no escaping.
    pub(crate) fn bare(&mut self, text: fmt::Arguments<'_>) {
        Bare(&mut self.text).write_fmt(text).expect(INFALLIBLE);
    }

    /// Text between the separators of a template.
    pub(crate) fn escaped(&mut self, text: fmt::Arguments<'_>, quoted: bool) {
        Escaped { out: &mut self.text, quoted }.write_fmt(text).expect(INFALLIBLE);
    }

    fn open(&mut self, bracket: u8) {
        if !self.is_raw {
            self.text.push(bracket);
        }
        self.is_first = true;
    }

    fn close(&mut self, bracket: u8) {
        if self.is_raw {
            self.raw.push(END);
        } else {
            self.text.push(bracket);
        }
        self.is_first = false;
    }
}

const INFALLIBLE: &str = "writing to memory does not fail; a `Display` that reports an error of its own is broken";

struct Bare<'a>(&'a mut Vec<u8>);

impl Write for Bare<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
