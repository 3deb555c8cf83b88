//! What of a URL is about the cache itself.

use std::{str::FromStr, time::Duration};

use crate::{
    cache::{Cache, CacheBuilder},
    error::{Error, Result},
    near::{Freshness, Near},
    net::url::{Secrets, span, ttl},
    wire::{Codec, Compression},
};

use super::{
    scheme::Scheme,
    url::{Pair, Url, invalid},
};

/// From how many bytes on values are compressed, where the URL does not say.
const ABOVE: usize = 1024;

/// Options of every cache.
const EVERYWHERE: [&str; 4] = ["namespace", "default_ttl", "jitter", "coalesce_wait"];
/// Of those in this process.
const IN_MEMORY: [&str; 1] = ["max_entries"];
/// Of those on a backend.
const ON_BACKENDS: [&str; 5] = ["deadline", "codec", "compression", "near", "freshness"];

/// What some options are called elsewhere.
const ELSEWHERE: [(&str, &str); 7] = [
    ("ttl", "default_ttl"),
    ("timeout", "deadline"),
    ("prefix", "namespace"),
    ("key_prefix", "namespace"),
    ("capacity", "max_entries"),
    ("username", "user"),
    ("pass", "password"),
];

/// Where the values of a cache are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Memory,
    Backend { scheme: Scheme },
}

/// What was said about the cache itself.
#[derive(Clone, Debug, Default)]
pub(super) struct CacheOptions {
    namespace: Option<String>,
    default_ttl: Option<Duration>,
    jitter: Option<f64>,
    coalesce_wait: Option<Duration>,
    max_entries: Option<usize>,
    deadline: Option<Duration>,
    codec: Option<Codec>,
    compression: Option<Compression>,
    near: Option<usize>,
    freshness: Option<Freshness>,
}

impl CacheOptions {
    /// Takes them out of a URL; the rest is for the backend.
    pub(super) fn split<'a>(url: &Url<'a>, place: Place) -> Result<(Self, Vec<Pair<'a>>)> {
        let (mut options, mut rest, mut seen) = (Self::default(), Vec::new(), Vec::new());
        let mut secrets = Secrets::default();
        for pair in url.options() {
            let name = pair.as_ref().map_or("", |pair| pair.name);
            let taken = pair.and_then(|pair| {
                if seen.contains(&name) {
                    return Err(invalid(format!("the option {name} is given twice: keep one")));
                }
                Ok((!options.take(pair, place, url.fields)?).then_some(pair))
            });
            rest.extend(secrets.guard(name, taken)?);
            seen.push(name);
        }
        if options.freshness.is_some() && options.near.is_none() {
            return Err(invalid("freshness is about a near tier: say how much it holds, like near=10000"));
        }
        Ok((options, rest))
    }

    /// Whether the option was about the cache itself.
    fn take(&mut self, pair: Pair<'_>, place: Place, fields: &[&'static str]) -> Result<bool> {
        if place.owns(pair.name) {
            self.set(pair)?;
            return Ok(true);
        }
        match place {
            Place::Backend { scheme } if scheme.known_options().is_none_or(|known| known.contains(&pair.name)) => {
                Ok(false)
            }
            _ => Err(place.unknown(pair.name, fields)),
        }
    }

    fn set(&mut self, pair: Pair<'_>) -> Result<()> {
        let (name, value) = (pair.name, &*pair.value()?);
        match name {
            "namespace" => self.namespace = Some(value.to_owned()),
            "default_ttl" => self.default_ttl = Some(ttl(name, value)?),
            "jitter" => self.jitter = Some(number(name, value, "0.1")?),
            "coalesce_wait" => self.coalesce_wait = Some(span(name, value)?),
            "max_entries" => self.max_entries = Some(number(name, value, "10000")?),
            "deadline" => self.deadline = Some(span(name, value)?),
            "codec" => self.codec = Some(codec(value)?),
            "compression" => self.compression = Some(compression(value)?),
            "near" => self.near = Some(number(name, value, "10000")?),
            "freshness" => self.freshness = Some(freshness(value)?),
            _ => unreachable!("`Place::owns` lists what is known here"),
        }
        Ok(())
    }

    /// A cache with these settings.
    pub(super) fn builder(self) -> CacheBuilder {
        let mut builder = Cache::builder();
        macro_rules! set {
            ($($name:ident)*) => {$(
                if let Some(value) = self.$name {
                    builder = builder.$name(value);
                }
            )*};
        }
        set!(namespace default_ttl jitter coalesce_wait max_entries deadline codec compression);
        match self.near {
            Some(entries) => builder.near(Near::bounded(entries).freshness(self.freshness.unwrap_or_default())),
            None => builder,
        }
    }
}

impl Place {
    /// The options of the cache itself.
    fn own(self) -> impl Iterator<Item = &'static str> {
        let special: &[&str] = if matches!(self, Self::Memory) { &IN_MEMORY } else { &ON_BACKENDS };
        EVERYWHERE.into_iter().chain(special.iter().copied())
    }

    fn owns(self, name: &str) -> bool {
        self.own().any(|own| own == name)
    }

    /// No such option; `fields` may be said as well.
    fn unknown(self, name: &str, fields: &[&'static str]) -> Error {
        let (of, backend) = match self {
            Self::Memory => ("memory", [].as_slice()),
            Self::Backend { scheme } => (scheme.name(), scheme.known_options().unwrap_or_default()),
        };
        if matches!(self, Self::Memory) && ON_BACKENDS.contains(&name) {
            return invalid(format!("{name} is about a backend, and {of}:// has none: leave it out"));
        }
        if matches!(self, Self::Backend { .. }) && IN_MEMORY.contains(&name) {
            return invalid(format!(
                "{name} bounds what is kept in this process, and {of}:// keeps all in its server: leave it out"
            ));
        }
        let all = fields.iter().copied().chain(self.own()).chain(backend.iter().copied()).collect::<Vec<_>>();
        let meant = ELSEWHERE.iter().find(|(elsewhere, here)| *elsewhere == name && all.contains(here));
        let advice = meant.map_or_else(String::new, |(_, here)| format!(" (did you mean {here}?)"));
        invalid(format!("there is no option {name:?} for {of}://{advice}: there are {}", all.join(", ")))
    }
}

fn number<N: FromStr>(name: &str, value: &str, example: &str) -> Result<N> {
    value
        .parse()
        .map_err(|_wrong| invalid(format!("{name}={value} is not a number in range: write one, like {name}={example}")))
}

fn codec(name: &str) -> Result<Codec> {
    match name {
        "msgpack" => Ok(Codec::MessagePack),
        #[cfg(feature = "json")]
        "json" => Ok(Codec::Json),
        #[cfg(feature = "postcard")]
        "postcard" => Ok(Codec::Postcard),
        #[cfg(not(feature = "json"))]
        "json" => Err(not_built_in("codec", name)),
        #[cfg(not(feature = "postcard"))]
        "postcard" => Err(not_built_in("codec", name)),
        _ => Err(invalid(format!("codec={name} is not known: write codec=msgpack, codec=json or codec=postcard"))),
    }
}

/// `off`, `lz4`, or `lz4:4096`: from so many bytes on.
fn compression(value: &str) -> Result<Compression> {
    let (method, bytes) = value.split_once(':').map_or((value, None), |(method, bytes)| (method, Some(bytes)));
    let above = || bytes.map_or(Ok(ABOVE), |bytes| number("compression", bytes, "lz4:4096"));
    match method {
        "off" if bytes.is_none() => Ok(Compression::Off),
        #[cfg(feature = "lz4")]
        "lz4" => Ok(Compression::Lz4 { above: above()? }),
        #[cfg(feature = "zstd")]
        "zstd" => Ok(Compression::Zstd { above: above()? }),
        #[cfg(not(feature = "lz4"))]
        "lz4" => above().and_then(|_bytes: usize| Err(not_built_in("compression", method))),
        #[cfg(not(feature = "zstd"))]
        "zstd" => above().and_then(|_bytes: usize| Err(not_built_in("compression", method))),
        _ => Err(invalid(format!(
            "compression={value} is not known: write compression=lz4, compression=zstd or compression=off; \
             compression=lz4:4096 is for values of 4096 bytes at least"
        ))),
    }
}

/// `tracked`, `strict`, or `ttl:5s`: kept for so long.
fn freshness(value: &str) -> Result<Freshness> {
    match value.split_once(':') {
        None if value == "tracked" => Ok(Freshness::Tracked),
        None if value == "strict" => Ok(Freshness::Strict),
        Some(("ttl", kept)) => span("freshness", kept).map(Freshness::Ttl),
        _ => Err(invalid(format!(
            "freshness={value} is not known: write freshness=tracked, freshness=strict or, to keep values for 5 seconds, freshness=ttl:5s"
        ))),
    }
}

#[cfg(any(not(feature = "json"), not(feature = "postcard"), not(feature = "lz4"), not(feature = "zstd")))]
fn not_built_in(option: &str, feature: &str) -> Error {
    invalid(format!("{option}={feature} is not built in: enable the feature `{feature}` of easycache"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(query: &str, place: Place) -> Result<(String, String)> {
        let url = format!("x://?{query}");
        let url = Url::read(&url)?;
        let (options, rest) = CacheOptions::split(&url, place)?;
        Ok((format!("{:?}", options.builder()), url.with(&rest)))
    }

    fn backend() -> Place {
        let scheme = Scheme::new("x", |_| Err(invalid("nobody connects here"))).options(&["epoch", "wait"]);
        Place::Backend { scheme }
    }

    #[test]
    fn every_option_has_its_counterpart_in_types() {
        let ms = Duration::from_millis;
        for (query, builder) in [
            ("", Cache::builder()),
            ("namespace=my%20shop", Cache::builder().namespace("my shop")),
            ("default_ttl=5m", Cache::builder().default_ttl(ms(300_000))),
            ("jitter=0.25", Cache::builder().jitter(0.25)),
            ("coalesce_wait=2s", Cache::builder().coalesce_wait(ms(2_000))),
            ("deadline=200ms&codec=msgpack", Cache::builder().deadline(ms(200)).codec(Codec::MessagePack)),
            ("compression=off", Cache::builder().compression(Compression::Off)),
            ("near=100", Cache::builder().near(Near::bounded(100))),
            ("near=9&freshness=tracked", Cache::builder().near(Near::bounded(9).freshness(Freshness::Tracked))),
            ("near=9&freshness=strict", Cache::builder().near(Near::bounded(9).freshness(Freshness::Strict))),
            ("freshness=ttl:5s&near=9", Cache::builder().near(Near::bounded(9).freshness(Freshness::Ttl(ms(5_000))))),
            #[cfg(feature = "json")]
            ("codec=json", Cache::builder().codec(Codec::Json)),
            #[cfg(feature = "postcard")]
            ("codec=postcard", Cache::builder().codec(Codec::Postcard)),
            #[cfg(feature = "lz4")]
            ("compression=lz4", Cache::builder().compression(Compression::Lz4 { above: ABOVE })),
            #[cfg(feature = "zstd")]
            ("compression=zstd:10", Cache::builder().compression(Compression::Zstd { above: 10 })),
        ] {
            assert_eq!(built(query, backend()).unwrap().0, format!("{builder:?}"), "{query}");
        }
        let bounded = Cache::builder().max_entries(7);
        assert_eq!(built("max_entries=7", Place::Memory).unwrap().0, format!("{bounded:?}"));
    }

    #[test]
    fn the_backend_gets_what_is_not_about_the_cache() {
        let (_, url) = built("epoch=on&namespace=shop&wait=a%26b", backend()).unwrap();
        assert_eq!(url, "x://?epoch=on&wait=a%26b");
        assert_eq!(built("namespace=shop", backend()).unwrap().1, "x://");
        let anything = Place::Backend { scheme: Scheme::new("x", |_| Err(invalid("nobody connects here"))) };
        assert_eq!(built("colour=red&jitter=0", anything).unwrap().1, "x://?colour=red");
    }

    #[test]
    fn mistakes_name_the_option_and_the_remedy() {
        for (query, words) in [
            (
                "namspace=shop",
                "there is no option \"namspace\" for x://: there are namespace, default_ttl, jitter, coalesce_wait, deadline, codec, compression, near, freshness, epoch, wait",
            ),
            ("default_ttl=soon", "default_ttl=soon is not a duration: write a number and a unit, like 500ms or 10m"),
            ("ttl=5m", "there is no option \"ttl\" for x:// (did you mean default_ttl?): there are namespace, "),
            ("timeout=5s", "there is no option \"timeout\" for x:// (did you mean deadline?): there are namespace, "),
            ("username=me", "there is no option \"username\" for x://: there are namespace, "),
            ("jitter=much", "jitter=much is not a number in range: write one, like jitter=0.1"),
            ("codec=xml", "codec=xml is not known: write codec=msgpack"),
            ("compression=zip", "compression=zip is not known: write compression=lz4"),
            ("compression=off:3", "compression=off:3 is not known"),
            ("compression=lz4:many", "compression=many is not a number in range: write one, like compression=lz4:4096"),
            ("max_entries=7", "max_entries bounds what is kept in this process, and x:// keeps all in its server"),
            ("near=many", "near=many is not a number in range: write one, like near=10000"),
            ("near=9&freshness=new", "freshness=new is not known: write freshness=tracked, freshness=strict or"),
            ("near=9&freshness=ttl", "freshness=ttl is not known"),
            ("near=9&freshness=ttl:soon", "freshness=soon is not a duration"),
            ("freshness=strict", "freshness is about a near tier: say how much it holds, like near=10000"),
            ("jitter=0&jitter=1", "the option jitter is given twice: keep one"),
            ("namespace=%ff", "the option namespace is not UTF-8"),
            ("p@ss@host", "write a ? that belongs to a password as %3F"),
        ] {
            let complaint = built(query, backend()).unwrap_err().to_string();
            assert!(complaint.contains(words), "{query}: {complaint}");
        }
        for option in ["deadline=1s", "near=9"] {
            let complaint = built(option, Place::Memory).unwrap_err().to_string();
            let name = option.split('=').next().unwrap();
            let words = format!("{name} is about a backend, and memory:// has none");
            assert!(complaint.starts_with(&words), "{complaint}");
        }
    }

    #[test]
    #[cfg(not(any(feature = "json", feature = "postcard", feature = "lz4", feature = "zstd")))]
    fn what_is_not_built_in_names_its_feature() {
        for (query, feature) in [
            ("codec=json", "json"),
            ("codec=postcard", "postcard"),
            ("compression=lz4", "lz4"),
            ("compression=zstd:9", "zstd"),
        ] {
            let complaint = built(query, backend()).unwrap_err().to_string();
            assert!(complaint.ends_with(&format!("enable the feature `{feature}` of easycache")), "{complaint}");
        }
    }
}
