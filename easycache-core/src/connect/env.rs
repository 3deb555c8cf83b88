//! Which variables of the environment name caches, and how these are called.

use std::ffi::OsString;

use super::url::invalid;
use crate::{error::Result, registry::DEFAULT};

/// The variable of the default cache; those of others have `_` and their name behind it.
const URL: &str = "EASYCACHE_URL";

/// A variable that names a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) alias: String,
    pub(super) url: String,
}

/// Those of them that are ours.
pub(super) fn read<N: Into<OsString>, V: Into<OsString>>(
    variables: impl IntoIterator<Item = (N, V)>,
) -> Result<Vec<Variable>> {
    let mut found = variables
        .into_iter()
        .filter_map(|(name, value)| Some((ours(name.into())?, value.into())))
        .map(|(name, value)| variable(name, value))
        .collect::<Result<Vec<_>>>()?;
    found.sort_unstable_by(|one, other| (&one.alias, &one.name).cmp(&(&other.alias, &other.name)));
    for pair in found.windows(2) {
        if let [one, other] = pair
            && one.alias == other.alias
        {
            let (one, other, alias) = (&one.name, &other.name, &one.alias);
            return Err(invalid(format!("{one} and {other} both name the cache {alias:?}: unset one of them")));
        }
    }
    Ok(found)
}

/// The name, if it begins as those of ours do.
fn ours(name: OsString) -> Option<String> {
    // Whatever is not text is shown as it can be; that it names no cache is found out later.
    let name = name.into_string().unwrap_or_else(|name| name.to_string_lossy().into_owned());
    name.starts_with(URL).then_some(name)
}

fn variable(name: String, value: OsString) -> Result<Variable> {
    let alias = alias(&name)?;
    let Ok(url) = value.into_string() else {
        return Err(invalid(format!("{name} is not UTF-8: write what is special in a URL percent-encoded")));
    };
    if url.is_empty() {
        let message = "is set, and empty: unset it, or give it a URL like redis://127.0.0.1:6379 or memory://";
        return Err(invalid(format!("{name} {message}")));
    }
    if url.starts_with(['"', '\'']) {
        return Err(invalid(format!(
            "{name} begins with a quotation mark, which belongs to the value here: leave it out"
        )));
    }
    Ok(Variable { name, alias, url })
}

/// `SESSIONS` is `sessions`, `USER_DATA` is `user_data`, `USER__DATA` is `user-data`. No two names are the same alias.
fn alias(name: &str) -> Result<String> {
    let rest = &name[URL.len()..];
    if rest.is_empty() {
        return Ok(DEFAULT.to_owned());
    }
    match rest.strip_prefix('_') {
        Some("") => {
            Err(invalid(format!("{name} names no cache: write {URL} for the default one, {URL}_SESSIONS for another")))
        }
        Some(alias) if alias.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_')) => {
            Ok(alias.to_ascii_lowercase().replace("__", "-"))
        }
        _ => {
            let message = format!(
                "{name} names no cache: write {URL}_ and the name in A to Z, 0 to 9 and _, like {URL}_SESSIONS for the \
                 cache \"sessions\""
            );
            Err(invalid(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(name: &str, value: &str) -> String {
        read([(name, value)]).unwrap_err().to_string()
    }

    #[test]
    fn every_name_is_another_cache() {
        let names = [
            ("EASYCACHE_URL", "default"),
            ("EASYCACHE_URL_SESSIONS", "sessions"),
            ("EASYCACHE_URL_2", "2"),
            ("EASYCACHE_URL_USER_DATA", "user_data"),
            ("EASYCACHE_URL_USER__DATA", "user-data"),
            ("EASYCACHE_URL_USER___DATA", "user-_data"),
            ("EASYCACHE_URL__", "_"),
        ];
        let found = read(names.map(|(name, _)| (name, "memory://"))).unwrap();
        assert_eq!(found.len(), names.len());
        for (name, alias) in names {
            assert!(found.iter().any(|variable| variable.name == name && variable.alias == alias), "{name}");
        }
    }

    #[test]
    fn other_variables_are_left_alone() {
        let others =
            [("PATH", "/bin"), ("EASYCACHE_REQUIRE_BACKENDS", "1"), ("MY_EASYCACHE_URL", ""), ("REDIS_URL", "x")];
        assert_eq!(read(others).unwrap(), []);
    }

    #[test]
    fn what_looks_like_ours_and_is_none_is_named() {
        for name in
            ["EASYCACHE_URLS", "EASYCACHE_URL2", "EASYCACHE_URL_sessions", "EASYCACHE_URL_USER-DATA", "EASYCACHE_URL-A"]
        {
            let expected = format!(
                "{name} names no cache: write EASYCACHE_URL_ and the name in A to Z, 0 to 9 and _, like \
                 EASYCACHE_URL_SESSIONS for the cache \"sessions\""
            );
            assert_eq!(complaint(name, "memory://"), expected);
        }
        assert_eq!(
            complaint("EASYCACHE_URL_", "memory://"),
            "EASYCACHE_URL_ names no cache: write EASYCACHE_URL for the default one, EASYCACHE_URL_SESSIONS for another"
        );
        let both =
            [("EASYCACHE_URL_DEFAULT", "memory://"), ("EASYCACHE_URL_A", "memory://"), ("EASYCACHE_URL", "memory://")];
        assert_eq!(
            read(both).unwrap_err().to_string(),
            "EASYCACHE_URL and EASYCACHE_URL_DEFAULT both name the cache \"default\": unset one of them"
        );
    }

    #[test]
    fn values_that_are_no_urls_are_told_with_what_to_do() {
        assert_eq!(
            complaint("EASYCACHE_URL", ""),
            "EASYCACHE_URL is set, and empty: unset it, or give it a URL like redis://127.0.0.1:6379 or memory://"
        );
        assert_eq!(
            complaint("EASYCACHE_URL_A", "'redis://:s3cret@host'"),
            "EASYCACHE_URL_A begins with a quotation mark, which belongs to the value here: leave it out"
        );
    }

    #[cfg(unix)]
    #[test]
    fn names_and_values_that_are_not_text_are_told() {
        use std::os::unix::ffi::OsStringExt as _;

        let bytes = |text: &[u8]| OsString::from_vec(text.to_vec());
        let value = read([(bytes(b"EASYCACHE_URL"), bytes(b"redis://:s3cret\xff@host"))]).unwrap_err().to_string();
        assert_eq!(value, "EASYCACHE_URL is not UTF-8: write what is special in a URL percent-encoded");
        let name = read([(bytes(b"EASYCACHE_URL_\xff"), bytes(b"memory://"))]).unwrap_err().to_string();
        assert!(name.starts_with("EASYCACHE_URL_\u{fffd} names no cache"), "{name}");
        assert_eq!(read([(bytes(b"\xff"), bytes(b"\xff"))]).unwrap(), []);
    }
}
