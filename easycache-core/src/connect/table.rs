//! One cache in a file: a URL, or a table of a URL, a login and options.

use std::{borrow::Cow, fmt};

use super::{
    given::Given,
    url::{Url, invalid, is_name},
};
use crate::error::Result;

/// What a table may say besides the options that URLs have.
const FIELDS: &[&str] = &["url", "user", "password"];

/// What is said of one cache.
#[derive(Clone)]
pub(super) enum CacheConfig {
    Url(String),
    Table(Table),
    /// It cannot be used, for that reason.
    Wrong(Cow<'static, str>),
}

/// Texts as they are, nothing encoded.
#[derive(Clone, Default)]
pub(super) struct Table {
    url: Option<String>,
    user: Option<String>,
    password: Option<String>,
    options: Vec<(String, String)>,
}

impl CacheConfig {
    /// The whole URL, which may have a password in it.
    fn written(&self) -> Result<String> {
        match self {
            Self::Url(url) => Ok(url.clone()),
            Self::Table(table) => table.written(),
            Self::Wrong(reason) => Err(invalid(reason.clone())),
        }
    }

    /// Does something with the URL.
    pub(super) fn read<R>(&self, then: impl FnOnce(&Url<'_>) -> Result<R>) -> Result<R> {
        let written = self.written()?;
        let mut url = Url::read(&written)?;
        if matches!(self, Self::Table(_)) {
            url.fields = FIELDS;
        }
        then(&url)
    }
}

impl From<Given> for CacheConfig {
    fn from(given: Given) -> Self {
        match given {
            Given::Text(url) => Self::Url(url),
            Given::Table(fields) => Table::read(fields).map_or_else(Self::Wrong, Self::Table),
            Given::List => {
                Self::Wrong("it is a list: write a URL, or a table like { url = \"redis://127.0.0.1:6379\" }".into())
            }
            Given::Nothing => {
                Self::Wrong("it is empty: write a URL, like \"redis://127.0.0.1:6379\" or \"memory://\"".into())
            }
        }
    }
}

impl Table {
    fn read(fields: Vec<(String, Given)>) -> Result<Self, Cow<'static, str>> {
        let mut table = Self::default();
        for (name, value) in fields {
            let value = match value {
                Given::Text(text) => text,
                Given::Nothing => continue,
                Given::List | Given::Table(_) => {
                    return Err(format!("{name} is a list or a table: write a text or a number").into());
                }
            };
            let place = match name.as_str() {
                "url" => &mut table.url,
                "user" => &mut table.user,
                "password" => &mut table.password,
                _ => {
                    table.options.push((name, value));
                    continue;
                }
            };
            if place.replace(value).is_some() {
                return Err(format!("{name} is given twice: keep one").into());
            }
        }
        Ok(table)
    }

    fn written(&self) -> Result<String> {
        let Some(url) = &self.url else {
            return Err(invalid(
                "there is no url: add one, like url = \"redis://127.0.0.1:6379\" or url = \"memory://\"",
            ));
        };
        if let Some((name, _)) = self.options.iter().find(|(name, _)| !is_name(name)) {
            return Err(invalid(format!("{name:?} is no name of an option: these have letters, digits, _ and -")));
        }
        let login = match (&self.user, &self.password) {
            (user, Some(password)) => Some((user.as_deref().unwrap_or_default(), password.as_str())),
            (Some(_), None) => return Err(invalid("there is a user without a password: give both")),
            (None, None) => None,
        };
        Url::read(url)?.extended(login, &self.options)
    }
}

/// No more than the scheme: whatever else there is may be a password.
impl fmt::Debug for CacheConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.read(|url| Ok(format!("{}://…", url.scheme)));
        f.write_str(scheme.as_deref().unwrap_or("wrong"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table<const N: usize>(fields: [(&str, &str); N]) -> CacheConfig {
        let fields = fields.map(|(name, value)| (name.to_owned(), Given::Text(value.to_owned())));
        Given::Table(fields.into()).into()
    }

    fn complaint(config: &CacheConfig) -> String {
        config.read(|_| Ok(())).unwrap_err().to_string()
    }

    #[test]
    fn a_table_is_a_url_with_a_login_and_options() {
        let url = ("url", "redis://host/2?epoch=on");
        for (config, written) in [
            (table([url]), "redis://host/2?epoch=on&"),
            (table([("near", "9"), url]), "redis://host/2?epoch=on&near=9"),
            (table([url, ("password", "p@/?#%&")]), "redis://:p%40%2F%3F%23%25%26@host/2?epoch=on&"),
            (table([("user", "me:"), ("password", ""), ("url", "redis://host")]), "redis://me%3A:@host?&"),
            (
                table([("url", "redis://host"), ("namespace", "a b&c=ü"), ("freshness", "ttl:5s")]),
                "redis://host?&namespace=a%20b%26c%3D%C3%BC&freshness=ttl%3A5s",
            ),
        ] {
            assert_eq!(config.written().unwrap(), written);
            config.read(|url| url.options().try_for_each(|pair| pair?.value().map(drop))).unwrap();
        }
    }

    #[test]
    fn what_is_wrong_with_a_table_is_told_with_what_to_do() {
        for (config, words) in [
            (table([("near", "9")]), "there is no url: add one, like url = "),
            (table([("url", "redis://h"), ("user", "me")]), "there is a user without a password: give both"),
            (
                table([("url", "redis://me:s3cret@h"), ("password", "s3cret")]),
                "user and password are given twice, in the URL and beside it: keep one",
            ),
            (table([("url", "redis://h"), ("url", "redis://:s3cret@h")]), "url is given twice: keep one"),
            (table([("url", "redis://h"), ("a&b", "s3cret")]), "\"a&b\" is no name of an option"),
            (table([("url", "redis://:s3 cret@h")]), "there is white space in the URL"),
            (table([("url", "s3cret")]), "the URL has no scheme"),
            (Given::List.into(), "it is a list: write a URL, or a table like { url = "),
            (Given::Nothing.into(), "it is empty: write a URL, like "),
            (
                Given::Table(vec![("near".to_owned(), Given::List)]).into(),
                "near is a list or a table: write a text or a number",
            ),
        ] {
            let complaint = complaint(&config);
            assert!(complaint.starts_with(words) && !complaint.contains("s3"), "{complaint}");
            assert_eq!(format!("{config:?}"), "wrong");
        }
    }

    #[test]
    fn what_is_not_given_is_left_out() {
        let fields =
            [("url", Given::Text("memory://".to_owned())), ("password", Given::Nothing), ("near", Given::Nothing)];
        let config = CacheConfig::from(Given::Table(fields.map(|(name, given)| (name.to_owned(), given)).into()));
        assert_eq!(config.written().unwrap(), "memory://?&");
        assert_eq!(format!("{config:?}"), "memory://…");
    }
}
