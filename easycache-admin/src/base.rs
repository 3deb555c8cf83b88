//! Where this page is, seen from where a browser is.

use axum::{extract::OriginalUri, http::request::Parts};

/// What leads from the address of a request to that of the page as a whole, relatively: so it holds wherever the router is
/// nested, and behind proxies that take off the beginning of a path. Ends in `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base(String);

impl Base {
    pub(crate) fn of(request: &Parts) -> Self {
        let path = request.uri.path();
        let original = request.extensions.get::<OriginalUri>().map_or(path, |original| original.path());
        Self::new(path, original)
    }

    /// `path` is that within the router, `original` that of the request.
    fn new(path: &str, original: &str) -> Self {
        let depth = path.matches('/').count().saturating_sub(1);
        let last = original.rsplit('/').next().unwrap_or_default();
        Self(match depth {
            // Nested at `/admin/cache` and asked for just that: the last part is no directory to the browser.
            0 if path.len() <= 1 && !last.is_empty() => format!("./{last}/"),
            0 => "./".to_owned(),
            depth => "../".repeat(depth),
        })
    }

    /// The address of one of our paths, which begins with `/`.
    pub(crate) fn to(&self, path: &str) -> String {
        format!("{}{}", self.0, path.trim_start_matches('/'))
    }

    /// The same with a query.
    pub(crate) fn query(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        format!("{}?{query}", self.to(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_back_to_the_page_from_wherever_it_is() {
        for (path, original, base) in [
            ("/", "/", "./"),
            ("/", "/admin/cache", "./cache/"),
            ("/", "/admin/cache/", "./"),
            ("/lookup", "/lookup", "./"),
            ("/lookup", "/admin/cache/lookup", "./"),
            ("/lookup/", "/admin/cache/lookup/", "../"),
            ("/api/lookup", "/admin/cache/api/lookup", "../"),
            ("/", "/a:b", "./a:b/"),
        ] {
            assert_eq!(Base::new(path, original), Base(base.to_owned()), "{original}");
        }
        let base = Base("../".to_owned());
        assert_eq!(base.to("/"), "../");
        assert_eq!(base.query("/lookup", &[("key", "a b&c|d")]), "../lookup?key=a+b%26c%7Cd");
    }
}
