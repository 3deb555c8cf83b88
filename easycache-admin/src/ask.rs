//! What somebody asks for: the fields of a query or a form, within bounds.

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{StatusCode, header::CONTENT_TYPE, request::Parts},
};
use easycache_core::Cache;

use crate::{admin::Shared, page::Frame, trouble::Trouble};

/// How long a value of a query may be, in bytes.
const LONGEST: usize = 16 * 1024;
/// How large the body of a request may be.
const LARGEST: usize = 1 << 20;

/// A request of somebody who may make it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) frame: &'a Frame<'a>,
    pub(crate) parts: &'a Parts,
}

/// Names and values, as a browser sends them.
#[derive(Debug)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// A value; empty if it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }
}

impl Ask<'_> {
    pub(crate) fn query(&self) -> Result<Fields, Trouble> {
        let fields = Fields::parse(self.parts.uri.query().unwrap_or_default().as_bytes());
        match fields.0.iter().find(|(_, value)| value.len() > LONGEST) {
            None => Ok(fields),
            Some((name, _)) => {
                Err(Trouble::bad(format!("{name} is longer than the {LONGEST} bytes that this page takes")))
            }
        }
    }

    pub(crate) async fn form(&self, body: Body) -> Result<Fields, Trouble> {
        Ok(Fields::parse(&self.body(body, "application/x-www-form-urlencoded").await?))
    }

    /// The body, if it is of that type and not too large.
    pub(crate) async fn body(&self, body: Body, expected: &str) -> Result<Bytes, Trouble> {
        let given = self.parts.headers.get(CONTENT_TYPE).and_then(|given| given.to_str().ok()).unwrap_or_default();
        let given = given.split(';').next().unwrap_or_default().trim();
        if !given.eq_ignore_ascii_case(expected) {
            return Err(Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("send this as {expected}")));
        }
        to_bytes(body, LARGEST).await.map_err(|_too_large_or_broken| {
            let message =
                format!("this is larger than the {LARGEST} bytes that this page takes: send fewer names at a time");
            Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, message)
        })
    }

    /// Which of the caches is meant: the one that is named, else the default one, else the first.
    pub(crate) fn alias(&self, fields: &Fields) -> Result<String, Trouble> {
        let selection = &self.shared.selection;
        let named = fields.get("cache");
        if !named.is_empty() {
            return if selection.has(named) { Ok(named.to_owned()) } else { Err(Trouble::no_cache(named)) };
        }
        let mut aliases = selection.aliases();
        let chosen = aliases.iter().position(|alias| alias == "default").unwrap_or_default();
        if aliases.is_empty() { Ok("default".to_owned()) } else { Ok(aliases.swap_remove(chosen)) }
    }

    /// The cache that an alias stands for now.
    pub(crate) fn cache(&self, alias: &str) -> Result<Cache, Trouble> {
        if !self.shared.selection.has(alias) {
            return Err(Trouble::no_cache(alias));
        }
        self.shared.selection.registered(alias).ok_or_else(|| Trouble::not_registered(alias))
    }
}
