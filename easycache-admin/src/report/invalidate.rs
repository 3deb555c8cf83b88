//! Invalidating: the question, what is to be confirmed, and what was done.

use std::{collections::HashSet, time::SystemTime};

use axum::{body::Body, http::StatusCode};
use easycache_core::{Error, ErrorKind, Invalidated, Result as Outcomes, TargetKind, Targets, Verb};
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    ask::{Ask, Fields},
    human,
    trouble::{Trouble, as_message},
};

/// How many names may be invalidated at a time.
const MOST: usize = 10_000;
/// How many names of an action are remembered, and how much of each.
const TOLD: usize = 8;
const LONGEST: usize = 256;
/// What a browser cannot send to us from a page of somebody else without asking, which it is never allowed.
const HEADER: &str = "x-easycache-admin";

/// What somebody wishes to be invalidated.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    pub(crate) cache: String,
    #[serde(default)]
    pub(crate) verb: Deed,
    #[serde(default)]
    pub(crate) keys: Vec<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) prefixes: Vec<String>,
}

/// What is done to names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Deed {
    #[default]
    Invalidate,
    Expire,
}

/// The form.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) aliases: Vec<String>,
    pub(crate) cache: String,
    pub(crate) verb: Deed,
    pub(crate) kind: TargetKind,
    pub(crate) names: String,
    /// What is wrong with what was sent.
    pub(crate) trouble: Option<Trouble>,
}

/// A wish that is shown once more before it is fulfilled.
#[derive(Debug)]
pub(crate) struct Confirmation {
    pub(crate) wish: Wish,
    pub(crate) kind: TargetKind,
    pub(crate) token: String,
    /// Whether it was confirmed before, with a token that is not good any more.
    pub(crate) is_stale: bool,
}

/// Something that was done through this page.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Done {
    pub(crate) id: u64,
    #[serde(serialize_with = "as_timestamp")]
    pub(crate) at: SystemTime,
    pub(crate) who: String,
    pub(crate) cache: String,
    pub(crate) verb: &'static str,
    /// The first of them; of those that are long, the beginning.
    pub(crate) names: Vec<Named>,
    /// How many there were in all.
    pub(crate) count: usize,
    /// How many of them were known.
    pub(crate) known: usize,
    /// Why it may not be done.
    #[serde(rename = "error", serialize_with = "as_message")]
    pub(crate) trouble: Option<Trouble>,
}

/// A name, and what it is the name of.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Named {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// How long the whole name is: of one that is longer than what is remembered there is the beginning.
    pub(crate) bytes: usize,
}

/// How it ended.
pub(crate) type Outcome = Outcomes<Invalidated>;

impl Deed {
    pub(crate) const fn verb(self) -> Verb {
        match self {
            Self::Invalidate => Verb::Invalidate,
            Self::Expire => Verb::Expire,
        }
    }

    /// Of an invalidation the cache itself says what becomes of it. An expiry that fails breaks no promise: it is over.
    fn not_done(self, error: Error) -> Trouble {
        let kind = error.kind();
        let trouble = Trouble::from(error);
        let may_be_sent_again = matches!(kind, ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::Refused);
        if self == Self::Invalidate || !may_be_sent_again {
            return trouble;
        }
        let message =
            format!("the expiry is not known to be done: {}; it is not repeated, send it again", trouble.message);
        Trouble::new(trouble.status, message)
    }
}

impl Wish {
    /// From the fields of a form.
    pub(crate) fn sent_as_form(ask: &Ask<'_>, fields: &Fields) -> Result<Self, Trouble> {
        let (cache, verb, kind) = (ask.alias(fields)?, deed(fields)?, kind(fields)?);
        let mut seen = HashSet::new();
        // As they are: a blank at an end makes another name.
        let names = fields.get("names").lines().filter(|name| !name.is_empty());
        let names = names.filter(|name| seen.insert(*name)).map(str::to_owned).collect::<Vec<_>>();
        let mut wish = Self { cache, verb, keys: Vec::new(), tags: Vec::new(), prefixes: Vec::new() };
        match kind {
            TargetKind::Key => wish.keys = names,
            TargetKind::Prefix => wish.prefixes = names,
            _ => wish.tags = names,
        }
        wish.checked()
    }

    /// From the body of a program's request, which says by a header that it is none.
    pub(crate) async fn sent_as_json(ask: &Ask<'_>, body: Body) -> Result<Self, Trouble> {
        if ask.parts.headers.get(HEADER).is_none_or(|given| given != "1") {
            let message = format!("send the header `{HEADER}: 1`, which no page of another site can send");
            return Err(Trouble::new(StatusCode::FORBIDDEN, message));
        }
        let body = ask.body(body, "application/json").await?;
        let wish = serde_json::from_slice::<Self>(&body).map_err(|error| {
            Trouble::bad(format!(
                r#"this is not {{"cache": "default", "verb": "invalidate", "keys": [], "tags": [], "prefixes": []}}: {error}"#
            ))
        })?;
        if !ask.shared.selection.has(&wish.cache) {
            return Err(Trouble::no_cache(&wish.cache));
        }
        wish.checked()
    }

    /// As it is, if it can be fulfilled.
    fn checked(self) -> Result<Self, Trouble> {
        match self.len() {
            0 => Err(Trouble::bad("give at least one name")),
            1..=MOST => {
                self.targets().check()?;
                Ok(self)
            }
            more => Err(Trouble::bad(format!("{more} names are more than the {MOST} that this page takes at a time"))),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len() + self.tags.len() + self.prefixes.len()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = (TargetKind, &str)> {
        let all = [(TargetKind::Key, &self.keys), (TargetKind::Tag, &self.tags), (TargetKind::Prefix, &self.prefixes)];
        all.into_iter().flat_map(|(kind, names)| names.iter().map(move |name| (kind, name.as_str())))
    }

    fn targets(&self) -> Targets {
        let targets = self.keys.iter().fold(Targets::new().tags(&self.tags), Targets::key);
        self.prefixes.iter().fold(targets, Targets::prefix)
    }

    /// The token of somebody for exactly this.
    pub(crate) fn token(&self, ask: &Ask<'_>) -> String {
        ask.shared.tokens.token(ask.frame.access.who(), &self.content())
    }

    pub(crate) fn is_confirmed(&self, ask: &Ask<'_>, token: &str) -> bool {
        ask.shared.tokens.knows(token, ask.frame.access.who(), &self.content())
    }

    /// All of it in bytes; those of another wish are others.
    fn content(&self) -> Vec<u8> {
        format!("{self:?}").into_bytes()
    }

    /// Does it. What the backend does not confirm is done as far as this process goes, and tells so.
    pub(crate) async fn fulfil(self, ask: &Ask<'_>) -> Result<Done, Trouble> {
        let cache = ask.cache(&self.cache)?;
        let (who, at) = (ask.frame.access.who(), human::wall_time());
        let outcome = match self.verb {
            Deed::Invalidate => cache.invalidate(self.targets()).await,
            Deed::Expire => cache.expire(self.targets()).await,
        };
        let done = ask.shared.actions.add(who, at, &self, outcome);
        done.tell();
        Ok(done)
    }
}

impl Question {
    /// Empty, or with what the address says.
    pub(crate) fn of(ask: &Ask<'_>) -> Result<Self, Trouble> {
        let fields = ask.query()?;
        let cache = ask.alias(&fields)?;
        Ok(Self::with(ask, cache, &fields, None))
    }

    /// What was sent, and what is wrong with it.
    pub(crate) fn again(ask: &Ask<'_>, fields: &Fields, trouble: Trouble) -> Self {
        Self::with(ask, fields.get("cache").to_owned(), fields, Some(trouble))
    }

    fn with(ask: &Ask<'_>, cache: String, fields: &Fields, trouble: Option<Trouble>) -> Self {
        Self {
            aliases: ask.shared.selection.aliases(),
            cache,
            verb: deed(fields).unwrap_or_default(),
            kind: kind(fields).unwrap_or(TargetKind::Tag),
            names: fields.get("names").to_owned(),
            trouble,
        }
    }
}

impl Confirmation {
    pub(crate) fn of(ask: &Ask<'_>, wish: Wish, is_stale: bool) -> Self {
        let kind = wish.names().next().map_or(TargetKind::Tag, |(kind, _)| kind);
        Self { kind, token: wish.token(ask), wish, is_stale }
    }
}

impl Done {
    /// What was done under the number that the address says.
    pub(crate) fn of(ask: &Ask<'_>) -> Result<Self, Trouble> {
        let id =
            ask.query()?.get("id").parse().map_err(|_not_a_number| Trouble::bad("give the number of an action"))?;
        let gone = || Trouble::new(StatusCode::NOT_FOUND, "this is not among the last actions of this process");
        ask.shared.actions.find(id).ok_or_else(gone)
    }

    /// To the log, which remembers it for longer.
    fn tell(&self) {
        let Self { who, cache, verb, count, trouble, .. } = self;
        let names = self.names.iter().map(Named::in_the_log).collect::<Vec<_>>();
        let error = trouble.as_ref().map(|trouble| &*trouble.message);
        tracing::info!(target: "easycache", cache, who, verb, count, ?names, error, "done through the admin page");
    }

    pub(crate) fn new(id: u64, who: &str, at: SystemTime, wish: &Wish, outcome: Outcome) -> Self {
        let names = wish.names().take(TOLD).map(|(kind, name)| Named::new(kind, name));
        let (known, trouble) = match outcome {
            Ok(invalidated) => (invalidated.known, None),
            Err(error) => (0, Some(wish.verb.not_done(error))),
        };
        Self {
            id,
            at,
            who: who.to_owned(),
            cache: wish.cache.clone(),
            verb: wish.verb.verb().name(),
            names: names.collect(),
            count: wish.len(),
            known,
            trouble,
        }
    }
}

impl Named {
    fn new(kind: TargetKind, name: &str) -> Self {
        let kept = name.char_indices().nth(LONGEST).map_or(name, |(end, _)| &name[..end]);
        Self { kind: kind.name(), name: kept.to_owned(), bytes: name.len() }
    }

    fn in_the_log(&self) -> String {
        let Self { kind, name, bytes } = self;
        if *bytes > name.len() { format!("{kind} {name}… ({bytes} bytes)") } else { format!("{kind} {name}") }
    }
}

fn deed(fields: &Fields) -> Result<Deed, Trouble> {
    match fields.get("verb") {
        "" | "invalidate" => Ok(Deed::Invalidate),
        "expire" => Ok(Deed::Expire),
        other => Err(Trouble::bad(format!("{other:?} is neither `invalidate` nor `expire`"))),
    }
}

fn kind(fields: &Fields) -> Result<TargetKind, Trouble> {
    match fields.get("kind") {
        "" | "tag" => Ok(TargetKind::Tag),
        "key" => Ok(TargetKind::Key),
        "prefix" => Ok(TargetKind::Prefix),
        other => Err(Trouble::bad(format!("{other:?} is none of `key`, `tag` and `prefix`"))),
    }
}

fn as_timestamp<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&human::timestamp(*at))
}
