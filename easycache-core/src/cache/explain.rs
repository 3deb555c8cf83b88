//! What there is to say about one entry.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    clock::Moment,
    error::Result,
    flight::{Caller, block_on},
    identity::{Space, check_key, prefix_of},
    local::EntryRef,
    stats::{Reason, whole_millis},
};

use super::{Blocking, Cache, Call, Core};

/// What there is to say about one entry, from [`Entry::explain`](crate::Entry::explain) and [`Cache::explain`]: what it
/// depends on, where it lies, and whether it would be served now. For people who wonder; its `Display` is for them.
///
/// As data for other programs it is a map of `key`, `prefix`, `tags`, `depends_on` (maps of `kind`, `name`, `version` and
/// `moved`), `place` (`nowhere`, `here` or `backend`), `name` and `near` of a backend, `age_ms`, `ttl_ms`, `left_ms` and
/// `misses`, which is null for what would be served; what is not known is null, too.
///
/// ```
/// use easycache_core::{Cache, Policy, Reason};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// cache.set("user:42", "Ann".to_owned(), Policy::ttl("10m").tags(["users"]).prefix("tenant:1")).await?;
/// let explained = cache.explain("tenant:1|user:42").await?;
/// assert_eq!(explained.misses, None);
/// assert_eq!(explained.tags, ["users"]);
///
/// cache.invalidate_tags(["users"]).await?;
/// let explained = cache.explain("tenant:1|user:42").await?;
/// assert_eq!(explained.misses, Some(Reason::Tag));
/// assert!(explained.to_string().contains("tag users: version 1, moved"));
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The full key.
    pub key: String,
    /// The prefix in it.
    pub prefix: Option<String>,
    /// The tags that the entry has; of an entry that is not there, those of the call.
    pub tags: Vec<String>,
    /// Everything that can invalidate it, besides its key, as the entry knows it: tags, levels of the prefix, what it has
    /// inherited, and the stamp of everything.
    pub depends_on: Vec<Dependency>,
    /// Where it lies.
    pub place: EntryPlace,
    /// How long it has been there; none if that is not known.
    pub age: Option<Duration>,
    /// How long it was to be fresh when it was stored, the time not counted in which it may be served expired.
    pub ttl: Option<Duration>,
    /// How much longer it is fresh; none if that is not known.
    pub left: Option<Duration>,
    /// Why it would not be served now; none if it would.
    pub misses: Option<Reason>,
}

/// Where an entry lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryPlace {
    /// Nowhere.
    #[default]
    Nowhere,
    /// In this process.
    Here,
    /// In a backend.
    Backend {
        /// The name of its value there.
        name: String,
        /// Whether the near tier has it as well.
        near: bool,
    },
}

/// One thing that can invalidate an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dependency {
    /// Whether it is a tag, a level of a prefix, or everything.
    pub kind: DependencyKind,
    /// Its name; empty for everything.
    pub name: String,
    /// Its version now: a number in process, the first digits of a random one in a backend. None: it has none there.
    pub version: Option<String>,
    /// Whether it was invalidated since the value was computed. None: a backend does not tell of which.
    pub moved: Option<bool>,
}

/// What kind of thing invalidates an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DependencyKind {
    /// A tag.
    Tag,
    /// A prefix, or a level of one.
    Prefix,
    /// The whole cache.
    Everything,
}

impl From<Space> for DependencyKind {
    fn from(space: Space) -> Self {
        match space {
            Space::All => Self::Everything,
            Space::Tag => Self::Tag,
            Space::Prefix => Self::Prefix,
        }
    }
}

impl Cache {
    /// What there is to say about the entry under a full key, whatever function it is of. Counts neither as a hit nor as a
    /// miss. On a backend it takes two round trips.
    pub async fn explain(&self, key: &str) -> Result<Explanation> {
        self.core().explain_key(key, Caller::Async).await
    }
}

impl Blocking<'_> {
    /// See [`Cache::explain`].
    pub fn explain(&self, key: &str) -> Result<Explanation> {
        block_on(self.cache().core().explain_key(key, Caller::Sync))
    }
}

impl Core {
    async fn explain_key(self: &Arc<Self>, key: &str, caller: Caller) -> Result<Explanation> {
        check_key(key)?;
        match &self.remote {
            Some(remote) => remote.explain(self, key, None, caller).await,
            None => Ok(self.explain_here(key, |_| Ok(()))),
        }
    }

    /// What there is to say about the entry of a call in this process, if it `fits`.
    pub(crate) fn explain_call(&self, call: &Call, is_of_type: impl Fn(&EntryRef) -> bool) -> Explanation {
        let mut explained = self.explain_here(call.identity.key(), |entry| {
            entry.answers(&call.identity, call.rules.schema)?;
            if is_of_type(entry) { Ok(()) } else { Err(Reason::Schema) }
        });
        if explained.place == EntryPlace::Nowhere {
            explained.tags = call.identity.tags().iter().map(ToString::to_string).collect();
        }
        explained
    }

    fn explain_here(&self, key: &str, fits: impl FnOnce(&EntryRef) -> std::result::Result<(), Reason>) -> Explanation {
        let explained = Explanation::of(key);
        let Some(entry) = self.tier.any(key) else { return explained };
        let now = self.now();
        let misses = entry.check(now).and_then(|()| fits(&entry)).err();
        if misses == Some(Reason::Absent) {
            return explained;
        }
        let depends_on = entry.stamps().iter().map(|stamp| Dependency {
            kind: stamp.space().into(),
            name: stamp.name().to_owned(),
            version: Some(stamp.version().to_string()),
            moved: Some(stamp.version() > entry.born()),
        });
        Explanation {
            tags: entry.identity().tags().iter().map(ToString::to_string).collect(),
            depends_on: depends_on.collect(),
            place: EntryPlace::Here,
            age: Some(now.since(entry.stored())),
            ttl: ttl(&entry),
            left: Some(left(&entry, now)),
            misses,
            ..explained
        }
    }
}

/// How long an entry was to be fresh; none if that was forgotten when it was expired.
fn ttl(entry: &EntryRef) -> Option<Duration> {
    let ttl = entry.later().map_or_else(|| entry.expires().since(entry.stored()), |later| later.ttl);
    (!ttl.is_zero()).then_some(ttl)
}

/// How much longer it is fresh.
fn left(entry: &EntryRef, now: Moment) -> Duration {
    if entry.check(now) == Err(Reason::Expired) {
        return Duration::ZERO;
    }
    entry.later().map_or_else(|| entry.expires(), |later| later.fresh_until).since(now)
}

impl Explanation {
    /// Of an entry that is not there, as far as that is known.
    pub(crate) fn of(key: &str) -> Self {
        let prefix = prefix_of(key).map(ToOwned::to_owned);
        Self { key: key.to_owned(), prefix, misses: Some(Reason::Absent), ..Self::default() }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "key: {}", self.key)?;
        if let Some(prefix) = &self.prefix {
            writeln!(f, "prefix: {prefix}")?;
        }
        if !self.tags.is_empty() {
            writeln!(f, "tags: {}", self.tags.join(", "))?;
        }
        match &self.place {
            EntryPlace::Nowhere => writeln!(f, "place: nowhere")?,
            EntryPlace::Here => writeln!(f, "place: this process")?,
            EntryPlace::Backend { name, near: false } => writeln!(f, "place: the backend, as {name}")?,
            EntryPlace::Backend { name, near: true } => {
                writeln!(f, "place: the backend, as {name}, and the near tier")?;
            }
        }
        let spans = [("age", self.age), ("ttl", self.ttl), ("left", self.left)];
        for (what, span) in spans.into_iter().filter_map(|(what, span)| Some((what, span?))) {
            writeln!(f, "{what}: {}", humantime::format_duration(Duration::from_millis(whole_millis(span))))?;
        }
        for dependency in &self.depends_on {
            writeln!(f, "{dependency}")?;
        }
        match self.misses {
            None => f.write_str("it would be a hit"),
            Some(reason) => write!(f, "it would be a miss: {}", reason.name()),
        }
    }
}

impl EntryPlace {
    /// What it is called.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Nowhere => "nowhere",
            Self::Here => "here",
            Self::Backend { .. } => "backend",
        }
    }
}

impl DependencyKind {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Prefix => "prefix",
            Self::Everything => "everything",
        }
    }
}

impl Serialize for Explanation {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (name, near) = match &self.place {
            EntryPlace::Nowhere | EntryPlace::Here => (None, None),
            EntryPlace::Backend { name, near } => (Some(name), Some(near)),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("key", &self.key)?;
        map.serialize_entry("prefix", &self.prefix)?;
        map.serialize_entry("tags", &self.tags)?;
        map.serialize_entry("depends_on", &self.depends_on)?;
        map.serialize_entry("place", self.place.name())?;
        map.serialize_entry("name", &name)?;
        map.serialize_entry("near", &near)?;
        for (what, span) in [("age_ms", self.age), ("ttl_ms", self.ttl), ("left_ms", self.left)] {
            map.serialize_entry(what, &span.map(whole_millis))?;
        }
        map.serialize_entry("misses", &self.misses.map(Reason::name))?;
        map.end()
    }
}

impl Serialize for Dependency {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind.name())?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("version", &self.version)?;
        map.serialize_entry("moved", &self.moved)?;
        map.end()
    }
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            DependencyKind::Tag => write!(f, "tag {}: ", self.name)?,
            DependencyKind::Prefix => write!(f, "prefix {}: ", self.name)?,
            DependencyKind::Everything => f.write_str("everything: ")?,
        }
        match &self.version {
            Some(version) => write!(f, "version {version}")?,
            None => f.write_str("no version")?,
        }
        if self.moved == Some(true) { f.write_str(", moved") } else { Ok(()) }
    }
}
