//! What stands in files, in TOML and in JSON.

use easycache_core::{Error, ErrorKind, Scheme, register_scheme};
use serde::Deserialize;

use super::CachesConfig;

/// As an application has it.
#[derive(Debug, Deserialize)]
struct Settings {
    #[serde(default)]
    caches: CachesConfig,
}

fn toml(text: &str) -> CachesConfig {
    toml::from_str::<Settings>(text).unwrap().caches
}

fn json(text: &str) -> CachesConfig {
    serde_json::from_str::<Settings>(text).unwrap().caches
}

fn complaint(config: &CachesConfig) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let all = [config.connect_lazy(), config.connect_blocking(), runtime.block_on(config.connect())];
    let [lazy, blocking, now] = all.map(|caches| caches.unwrap_err().to_string());
    assert_eq!((&lazy, &blocking), (&now, &now), "however they are connected");
    now
}

/// What reaches a backend of files that say the same.
fn heard(configs: [CachesConfig; 2]) -> [String; 2] {
    let echo = |url: &str| Err(Error::new(ErrorKind::Refused, url.to_owned()));
    register_scheme(Scheme::new("echo", echo));
    configs.map(|config| complaint(&config))
}

#[test]
fn options_are_texts_numbers_and_switches() {
    let url = "the cache \"one\": echo://me:a%2Fb%3Fc%23d%40@host?wait=3&x=a%20b&y=90&z=0%2E25&on=on&off=off";
    let in_toml = toml(
        r#"[caches.one]
           url = "echo://host?wait=3"
           near = 10000
           default_ttl = 300
           deadline = "200ms"
           user = "me"
           password = "a/b?c#d@"
           x = "a b"
           y = 90
           z = 0.25
           on = true
           off = false"#,
    );
    let in_json = json(
        r#"{ "caches": { "one": { "url": "echo://host?wait=3", "near": 10000, "default_ttl": 300, "deadline": "200ms",
             "user": "me", "password": "a/b?c#d@", "x": "a b", "y": 90, "z": 0.25, "on": true, "off": false,
             "coalesce_wait": null } } }"#,
    );
    let mut heard = heard([in_toml, in_json]);
    // Tables of TOML are sorted by name.
    for heard in &mut heard {
        let (place, options) = heard.split_once('?').unwrap();
        let mut options = options.split('&').collect::<Vec<_>>();
        options.sort_unstable_by_key(|option| url.find(option));
        *heard = format!("{place}?{}", options.join("&"));
    }
    assert_eq!(heard, [url, url]);
}

#[test]
fn a_text_is_a_url_and_a_table_is_one_with_options() {
    let in_toml =
        r#"caches = { default = "memory://?namespace=a", "Other-1" = { url = "memory://", namespace = "b" } }"#;
    let in_json =
        r#"{"caches": {"default": "memory://?namespace=a", "Other-1": {"url": "memory://", "namespace": "b"}}}"#;
    for config in [toml(in_toml), json(in_json)] {
        let caches = config.connect_lazy().unwrap();
        let named = ["default", "Other-1"].map(|alias| caches.get(alias).unwrap().namespace().to_owned());
        assert_eq!(named, ["a", "b"]);
        assert_eq!(format!("{config:?}"), r#"CachesConfig({"Other-1": memory://…, "default": memory://…})"#);
    }
    for config in [toml(""), toml("[caches]"), json("{}"), json(r#"{"caches": null}"#)] {
        assert_eq!(config.connect_lazy().unwrap().into_iter().count(), 0);
    }
}

#[test]
fn what_is_wrong_is_told_when_it_is_connected() {
    for (config, words) in [
        (
            toml("caches.one = { url = \"memory://\", ttl = \"5m\" }"),
            "the cache \"one\": there is no option \"ttl\" for memory:// (did you mean default_ttl?): there are url, user, \
             password, namespace, default_ttl, jitter, coalesce_wait, max_entries",
        ),
        (
            toml("caches.one = { url = \"memory://\", default_ttl = \"soon\" }"),
            "the cache \"one\": default_ttl=soon is not a duration: write a number and a unit, like 500ms or 10m",
        ),
        (
            toml("caches.one = { url = \"memory://\", default_ttl = 1979-05-27 }"),
            "the cache \"one\": default_ttl is a list or a table: write a text or a number",
        ),
        (
            toml("caches.one.near = 5"),
            "the cache \"one\": there is no url: add one, like url = \"redis://127.0.0.1:6379\"",
        ),
        (toml("caches.one = 5"), "the cache \"one\": the URL has no scheme: begin with one, like redis://"),
        (
            json(r#"{"caches": {"one": {"url": "memory://", "max_entries": 1, "max_entries": 2}}}"#),
            "the cache \"one\": the option max_entries is given twice: keep one",
        ),
        (
            json(r#"{"caches": {"one": "memory://", "one": "memory://"}}"#),
            "the cache \"one\": it is there twice: keep one",
        ),
        (json(r#"{"caches": {"one": null}}"#), "the cache \"one\": it is empty: write a URL, like "),
    ] {
        let complaint = complaint(&config);
        assert!(complaint.starts_with(words), "{complaint}");
    }
}

/// URLs with a password, each with something wrong.
const WRONG: &[&str] = &[
    "s3cret",
    "me:s3cret@host",
    "://me:s3cret@host",
    "redis:/me:s3cret@host",
    "redis//:s3cret@host",
    "nothing://me:s3cret@host",
    "memory://me:s3cret@host",
    "memcached://me:s3cret@host",
    "redis://me:s3cret",
    "redis://s3cret@host",
    "redis://me:s3cret@",
    "redis://me:s3cret@host:port",
    "redis://me:s3cret@host/x",
    "redis://me:s3cret@one,two",
    "redis://me:s3cret@host?ttl=5m",
    "redis://me:s3cret@host?deadline=soon",
    "redis://me:s3cret@host?master=x",
    "redis://me:s3cret@host?near=0",
    "redis://me:x/s3cret@host",
    "redis://me:x?s3cret@host",
    "redis://me:x?y=s3cret@host",
    "redis://me:x#s3cret@host",
    "redis://me:x s3cret@host",
    "redis://me:s3cret%ff@host",
    "redis://me:s3cret@host\n",
    "redis+sentinel://host?sentinel_password=s3cret",
    "redis+sentinel://h?master=m&sentinel_user=u&sentinel_password=pa&s3cret",
    "redis+sentinel://h?master=m&sentinel_user=u&sentinel_password=pa&deadline=s3cret",
    "redis+sentinel://h?master=m&sentinel_user=u&sentinel_password=pa&wait=s3cret",
    "redis+cluster://me:s3cret@host/1",
    "rediss://me:s3cret@host?ca=/not/there.pem",
    "rediss+valkey://me:s3cret@host",
    "redis://me:s3cret@host?deadline=0s",
    "'redis://me:s3cret@host'",
];

/// Whatever is wrong, whoever says so.
#[test]
fn no_password_is_printed() {
    for &url in WRONG {
        let quoted = format!("{url:?}");
        let password = r#"password = "s3cret", colour = "red""#;
        let tables = [
            format!("caches.one = {quoted}"),
            format!("caches = {quoted}"),
            format!("caches.one = {{ url = {quoted} }}"),
            format!("caches.one = {{ url = {quoted}, {password} }}"),
            format!("caches.one = [{quoted}]"),
            format!("caches.one = {{ url = [{quoted}] }}"),
            format!("caches.one.two.three = {{ url = {quoted} }}"),
        ];
        let files = tables.iter().map(|table| toml(table));
        let variable = CachesConfig::default().with_vars([("EASYCACHE_URL", url)]);
        let complaints = files.chain(variable.as_ref().ok().cloned()).map(|config| {
            let error = config.connect_lazy().unwrap_err();
            assert!(error.to_string().starts_with("the cache ") || error.to_string().starts_with("EASYCACHE_URL"));
            format!("{config:?} {error} {error:?}")
        });
        for complaint in complaints.chain(variable.as_ref().err().map(|error| format!("{error} {error:?}"))) {
            assert!(!complaint.contains("s3cret"), "{url}: {complaint}");
        }
        let by_url = crate::connect_lazy(url).unwrap_err();
        assert!(!format!("{by_url} {by_url:?}").contains("s3cret"), "{url}: {by_url:?}");
    }
}
