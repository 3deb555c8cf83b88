//! A URL in its parts. No message of an error repeats what may hold a password.

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{
    error::{Error, ErrorKind, Result},
    net::url::check,
};

/// `scheme://place?name=value&…`
#[derive(Clone)]
pub(super) struct Url<'a> {
    pub(super) scheme: &'a str,
    place: &'a str,
    query: &'a str,
    /// What may be said beside its options, where it was made of a table.
    pub(super) fields: &'static [&'static str],
}

impl<'a> Url<'a> {
    pub(super) fn read(url: &'a str) -> Result<Self> {
        let no_scheme = || invalid("the URL has no scheme: begin with one, like redis://127.0.0.1:6379 or memory://");
        let (scheme, rest) = url.split_once("://").ok_or_else(no_scheme)?;
        // What is not a scheme may be the beginning of anything: it is not repeated.
        if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
            return Err(no_scheme());
        }
        check(rest)?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        Ok(Self { scheme, place, query, fields: &[] })
    }

    /// The same as a text, with a login and with more options: these are not encoded yet.
    pub(super) fn extended(&self, login: Option<(&str, &str)>, options: &[(String, String)]) -> Result<String> {
        let Self { scheme, place, query, .. } = self;
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let login = match login {
            Some(_) if place.contains('@') => {
                return Err(invalid("user and password are given twice, in the URL and beside it: keep one"));
            }
            Some((user, password)) => format!("{}:{}@", encode(user), encode(password)),
            None => String::new(),
        };
        let options = options.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>();
        Ok(format!("{scheme}://{login}{place}?{query}&{}", options.join("&")))
    }

    /// The options, as they are written.
    pub(super) fn options(&self) -> impl Iterator<Item = Result<Pair<'a>>> {
        self.query.split('&').filter(|pair| !pair.is_empty()).map(Pair::read)
    }

    /// The same with these options instead.
    pub(super) fn with(&self, options: &[Pair<'_>]) -> String {
        let Self { scheme, place, .. } = self;
        let query = options.iter().map(|pair| pair.written).collect::<Vec<_>>().join("&");
        let separator = if query.is_empty() { "" } else { "?" };
        format!("{scheme}://{place}{separator}{query}")
    }

    /// Whether the URL names no place and no option but those that were taken.
    pub(super) fn nothing_but_options(&self, rest: &[Pair<'_>]) -> Result<()> {
        if self.place.is_empty() && rest.is_empty() {
            return Ok(());
        }
        let message = format!(
            "{0}:// is in this process, and has no host, user or password: write {0}://?max_entries=10000",
            self.scheme
        );
        Err(invalid(message))
    }
}

/// `name=value`
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub(super) name: &'a str,
    value: &'a str,
    written: &'a str,
}

impl<'a> Pair<'a> {
    fn read(written: &'a str) -> Result<Self> {
        let (name, value) = written.split_once('=').unwrap_or((written, ""));
        // A `?` in a password ends up here.
        if !is_name(name) {
            let message = "after the ? of the URL there are options, like namespace=shop&deadline=200ms: write a ? that \
                           belongs to a password as %3F";
            return Err(invalid(message));
        }
        Ok(Self { name, value, written })
    }

    /// Its value, decoded.
    pub(super) fn value(&self) -> Result<Cow<'a, str>> {
        let decoded = percent_decode_str(self.value).decode_utf8();
        decoded.map_err(|source| {
            let message = format!("what is percent-encoded in the option {} is not UTF-8", self.name);
            invalid(message).with_source(source)
        })
    }
}

/// Whether an option may be called that.
pub(super) fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}
