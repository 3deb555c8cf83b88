//! Which cache it is about.

use std::{
    borrow::Cow,
    env,
    ffi::{OsStr, OsString},
};

use easycache::{Cache, CachesConfig};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{args::Place, failure::Failure};

/// Who waits for a command is more patient than a service is.
const DEADLINE: &str = "2s";

/// What the variables begin with that name caches.
const VARIABLES: &str = "EASYCACHE_URL";

/// The cache that is meant. It connects when it is first asked.
pub(crate) fn cache(place: &Place) -> Result<Cache, Failure> {
    let cache = match &place.url {
        Some(url) => easycache::connect_lazy(&place.edit(url))?,
        None => named(place)?,
    };
    if cache.is_in_process() {
        let message = "a cache in process is in the memory of each process that uses it, and that of this one is empty: there \
                       is nothing to look at from here. The page of easycache-admin is part of the process";
        return Err(Failure::usage(message));
    }
    Ok(cache)
}

/// The cache of that name, as the environment has it.
fn named(place: &Place) -> Result<Cache, Failure> {
    let ours = env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(VARIABLES));
    let edited = ours.map(|(name, url)| (name, edit_os(place, url)));
    let caches = CachesConfig::default().with_vars(edited)?.connect_lazy()?;
    if let Some(cache) = caches.get(&place.alias) {
        return Ok(cache.clone());
    }
    let names = caches.register().join(", ");
    let there = if names.is_empty() { String::new() } else { format!(" (there are: {names})") };
    Err(Failure::usage(match &*place.alias {
        "default" => format!(
            "no cache is named: set {VARIABLES}, like {VARIABLES}=redis://127.0.0.1:6379?namespace=shop, or give --url or \
             --alias{there}"
        ),
        alias => format!(
            "no variable names the cache {alias:?}{there}: set {VARIABLES}_ and its name in upper case, with __ for -"
        ),
    }))
}

fn edit_os(place: &Place, url: OsString) -> OsString {
    match url.to_str() {
        Some(text) => OsStr::new(&*place.edit(text)).to_owned(),
        // What is wrong with it is said by who reads it.
        None => url,
    }
}

impl Place {
    /// The URL with what the arguments say, and without a near tier: nothing is kept near between two commands.
    fn edit<'a>(&self, url: &'a str) -> Cow<'a, str> {
        // A cache in process has other options, and is refused; what is no URL is complained about as it is.
        if url.is_empty() || !url.contains("://") || url.starts_with("memory:") || url.contains('#') {
            return url.into();
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut options = query.split('&').filter(|option| !option.is_empty()).collect::<Vec<_>>();
        let name = |option: &str| option.split('=').next().unwrap_or_default().to_owned();
        options.retain(|option| !matches!(&*name(option), "near" | "freshness"));
        let has_deadline = options.iter().any(|option| name(option) == "deadline");
        let deadline = self.deadline.as_deref().or_else(|| (!has_deadline).then_some(DEADLINE));
        let mut set = Vec::new();
        for (option, value) in [("namespace", self.namespace.as_deref()), ("deadline", deadline)] {
            if let Some(value) = value {
                options.retain(|other| name(other) != option);
                set.push(format!("{option}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
            }
        }
        let all = options.into_iter().map(ToOwned::to_owned).chain(set).collect::<Vec<_>>();
        [base, "?", &all.join("&")].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(url: &str, namespace: Option<&str>, deadline: Option<&str>) -> String {
        let text = |text: Option<&str>| text.map(ToOwned::to_owned);
        let place = Place { url: None, alias: "default".into(), namespace: text(namespace), deadline: text(deadline) };
        place.edit(url).into_owned()
    }

    #[test]
    fn arguments_take_the_place_of_options() {
        assert_eq!(edited("redis://h", None, None), "redis://h?deadline=2s");
        assert_eq!(edited("redis://h?deadline=1s&epoch=on", None, None), "redis://h?deadline=1s&epoch=on");
        assert_eq!(edited("redis://h?deadline=1s", None, Some("5s")), "redis://h?deadline=5s");
        let url = "redis://me:p%3Fw@h/1?namespace=a&near=10&freshness=ttl:5s&wait=1";
        assert_eq!(edited(url, Some("b&c"), Some("1s")), "redis://me:p%3Fw@h/1?wait=1&namespace=b%26c&deadline=1s");
    }

    #[test]
    fn what_is_none_of_a_servers_stays_as_it_is() {
        for url in ["memory://?namespace=a", "localhost:6379", "", "redis://me:pass#word@h"] {
            assert_eq!(edited(url, Some("b"), Some("1s")), url);
        }
    }
}
