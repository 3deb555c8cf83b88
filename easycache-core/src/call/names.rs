//! The names of a call as text: its key, its prefix, its tags.

use std::{
    fmt::{self, Display},
    sync::Arc,
};

use super::{KeyText, TagList, part};
use crate::{
    error::Result,
    identity::{Identity, join},
    key::{CacheKey, KeyWriter},
};

/// A value that can stand in a template: anything that is `Display`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a template: it does not implement `Display`",
    label = "not `Display`",
    note = "interpolate something that tells two of them apart, such as `{{user.id}}`; a list key (`#[ecached([user])]`) takes any `CacheKey`"
)]
pub trait Interpolate: Display {}

impl<T: Display + ?Sized> Interpolate for T {}

/// The key of an object below the prefix that is its own. The derive knows it as well: it is part of the template.
const OBJECT: &str = "object";

/// Takes down the names of a call.
#[derive(Debug, Default)]
pub struct Names {
    prefix: Option<String>,
    key: Option<String>,
    tags: Vec<Box<str>>,
}

impl Names {
    /// The prefix.
    pub fn prefix(&mut self, write: impl FnOnce(&mut Text)) {
        self.prefix = Some(Text::of(write));
    }

    /// The key.
    pub fn key(&mut self, write: impl FnOnce(&mut Text)) {
        self.key = Some(Text::of(write));
    }

    /// One tag.
    pub fn tag(&mut self, write: impl FnOnce(&mut Text)) {
        self.tags.push(Text::of(write).into());
    }

    /// Tags that are text already.
    pub fn tags(&mut self, tags: impl TagList) {
        tags.each_tag(|tag| self.tags.push(tag.into()));
    }

    /// Of an object: its key becomes the last level of its prefix. Below that it lies itself, and whatever else is gone
    /// with it.
    pub(super) fn nest(&mut self) {
        let level = self.key.replace(OBJECT.to_owned());
        self.prefix = match (self.prefix.take(), level) {
            (Some(prefix), Some(level)) => Some([prefix, level].join("/")),
            (prefix, level) => prefix.or(level),
        };
    }

    pub(super) fn collect(write: impl FnOnce(&mut Self)) -> Self {
        let mut names = Self::default();
        write(&mut names);
        names
    }

    pub(super) fn identity(self) -> Result<Arc<Identity>> {
        Identity::new(self.full_key(), self.tags)
    }

    pub(super) fn full_key(&self) -> String {
        join(self.prefix.as_deref(), self.key.as_deref().unwrap_or_default())
    }

    pub(super) fn tag_list(&self) -> Vec<Box<str>> {
        self.tags.clone()
    }

    pub(super) fn into_prefix(self) -> Option<String> {
        self.prefix
    }

    pub(super) fn into_tags(self) -> Vec<Box<str>> {
        self.tags
    }
}

/// One name while it is written.
#[derive(Debug)]
pub struct Text {
    out: KeyWriter,
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

impl Text {
    /// An empty text.
    #[must_use]
    pub fn new() -> Self {
        Self { out: KeyWriter::text() }
    }

    pub(super) fn of(write: impl FnOnce(&mut Self)) -> String {
        let mut text = Self::new();
        write(&mut text);
        text.finish()
    }

    /// The text so far.
    #[must_use]
    pub fn finish(self) -> String {
        self.out.into_string()
    }

    /// Text of the template's own, checked when it was compiled.
    pub fn literal(&mut self, text: &'static str) {
        self.raw(text);
    }

    /// A placeholder.
    pub fn value<T: Interpolate + ?Sized>(&mut self, value: &T) {
        self.formatted(format_args!("{value}"));
    }

    /// A placeholder with a format of its own.
    pub fn formatted(&mut self, text: fmt::Arguments<'_>) {
        self.out.escaped(text, false);
    }

    /// Text that is escaped already.
    pub fn raw(&mut self, text: impl KeyText) {
        text.with_text(|text| self.out.bare(format_args!("{text}")));
    }

    /// The path of a function, from the name of a type that only it has. Unlike `module_path!` this knows the types,
    /// traits and functions around it, so that two functions of one name inside of others do not share their keys.
    pub fn function<T: ?Sized>(&mut self) {
        let segments = std::any::type_name::<T>().split("::");
        // `{{closure}}` is what the compiler calls the body of an async function.
        let segments = segments.filter(|segment| !segment.starts_with('{') && *segment != "__EasycacheHere");
        for (at, segment) in segments.enumerate() {
            if at > 0 {
                self.literal("::");
            }
            self.value(segment);
        }
    }

    /// An argument of a typed key.
    pub fn typed<T: CacheKey + ?Sized>(&mut self, value: &T) {
        self.part(part(value));
    }

    /// The same, as [`part`] writes it.
    pub fn part(&mut self, write: impl Fn(&mut KeyWriter)) {
        self.literal(":");
        write(&mut self.out);
    }

    /// A type parameter in a template.
    pub fn type_name<T: ?Sized>(&mut self) {
        self.value(std::any::type_name::<T>());
    }

    /// A type parameter in a typed key.
    pub fn typed_name<T: ?Sized>(&mut self) {
        self.literal(":");
        self.type_name::<T>();
    }

    /// The type of an `impl Trait` argument in a typed key.
    pub fn typed_name_of<T: ?Sized>(&mut self, value: &T) {
        self.literal(":");
        self.value(std::any::type_name_of_val(value));
    }
}
