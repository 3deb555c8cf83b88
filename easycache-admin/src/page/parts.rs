//! What several pages have.

use std::time::{Duration, SystemTime};

use easycache_core::{NodeState, NodeStatus, Reason, Stats, visible};
use maud::{Markup, html};

use super::Frame;
use crate::{
    human,
    report::{Done, Summary},
    trouble::Trouble,
};

/// How much of a long name is shown in the middle of something else, in characters.
const SHORT: usize = 120;
/// Longer names have no links: an address has to fit into what servers take.
const LINKED: usize = 4096;

/// Why something could not be done.
pub(super) fn trouble(trouble: &Trouble) -> Markup {
    html! { p.trouble role="alert" { (trouble.message) } }
}

/// A name in full, or its beginning.
pub(super) fn name(name: &str) -> Markup {
    beginning(name, name.len())
}

/// The same of a name that has so many bytes, of which there may be just the beginning.
pub(super) fn beginning(name: &str, bytes: usize) -> Markup {
    let end = name.char_indices().nth(SHORT).map_or(name.len(), |(end, _)| end);
    if end == bytes {
        return html! { code { (visible(name)) } };
    }
    let beginning = format!("{}…", &name[..end]);
    html! { code { (visible(&beginning)) } " " span.note { "(" (human::count(bytes as u64)) " bytes)" } }
}

/// A name in full, however long.
pub(super) fn whole(name: &str) -> Markup {
    html! { code { (visible(name)) } }
}

/// A key that leads to what there is to say about it.
pub(super) fn key(frame: &Frame<'_>, cache: &str, key: &str) -> Markup {
    if key.len() > LINKED {
        return name(key);
    }
    html! { a href=(frame.base.query("/lookup", &[("cache", cache), ("key", key)])) { (name(key)) } }
}

/// The choice of a cache, where there is one.
pub(super) fn cache_field(aliases: &[String], chosen: &str) -> Markup {
    if let [only] = aliases {
        return html! { input type="hidden" name="cache" value=(only); };
    }
    html! {
        p.field {
            label for="cache" { "Cache" }
            select id="cache" name="cache" {
                @for alias in aliases {
                    option value=(alias) selected[alias == chosen] { (alias) }
                }
            }
        }
    }
}

/// How long ago something was, to be read; when exactly, to be looked up.
pub(super) fn ago(at: SystemTime) -> Markup {
    let now = human::wall_time();
    let passed = now.duration_since(at).unwrap_or(Duration::ZERO);
    let exactly = human::timestamp(at);
    let said = match passed.as_secs() {
        0 => "just now".to_owned(),
        seconds => format!("{} ago", human::span(Duration::from_secs(seconds))),
    };
    html! { time datetime=(exactly) title=(exactly) { (said) } }
}

/// What a cache is called, and where its values are.
pub(super) fn place(summary: &Summary) -> String {
    let Some(state) = &summary.cache else { return "not registered at the moment".to_owned() };
    let near = if state.stats.near.is_some() { ", with a near tier" } else { "" };
    let namespace = if state.namespace.is_empty() { String::new() } else { format!(", namespace {}", state.namespace) };
    format!("{}{near}{namespace}", state.place)
}

/// Hits since the cache was built: their rate, or that there was nothing to tell of.
pub(super) fn hit_rate(stats: &Stats) -> Markup {
    match stats.hits + stats.misses.total() {
        0 => html! { p.rate { span.large { "–" } " " span.note { "no lookups yet" } } },
        lookups => html! {
            p.rate {
                span.large { (human::percent(stats.hit_rate())) } " "
                span.note { "of " (human::count(lookups)) " lookups were hits" }
            }
        },
    }
}

/// The reasons that there were, the most frequent first.
pub(super) fn misses(stats: &Stats) -> Vec<(Reason, u64)> {
    let mut misses = stats.misses.by_reason().filter(|(_, count)| *count > 0).collect::<Vec<_>>();
    misses.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    misses
}

/// A reason in a sentence.
pub(super) fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Absent => "nothing is stored under that key: never, not any more, or it was invalidated by key",
        Reason::Expired => "its time to live is over",
        Reason::Tag => "one of its tags was invalidated",
        Reason::Prefix => "a level of its prefix was invalidated",
        Reason::Cleared => "the cache was cleared",
        Reason::Names => "it was stored with other tags than it was looked up with",
        Reason::Schema => "it has another type, version or schema than what was looked up",
        Reason::Invalidated => "one of its tags or levels of its prefix was invalidated, or the cache was cleared",
        Reason::Damaged => "what is stored is damaged, or nothing that this version has written",
        Reason::Unreachable => "the backend was not asked, or has not answered",
        Reason::Bypass => "the call was made inside of a bypass",
        other => other.name(),
    }
}

/// In how few words a server's state can be said.
pub(super) fn node_state(node: &NodeStatus) -> Markup {
    match &node.state {
        NodeState::Up { round_trip } => html! { span.state.good { "up" } " " (human::span(*round_trip)) },
        NodeState::Down { error } => html! { span.state.bad { "down" } " " (error) },
        NodeState::Resting { error, left, .. } => html! {
            span.state.bad { "breaker open" } " for " (human::span(*left)) ": " (error)
        },
        other => html! { span.state { (other.name()) } },
    }
}

/// What was done through this page.
pub(super) fn done(frame: &Frame<'_>, all: &[Done]) -> Markup {
    html! {
        ul.events {
            @for done in all {
                li {
                    p {
                        strong { (done.who) } " " (past(done.verb)) " " (counted(done)) " in " (done.cache) ", "
                        (ago(done.at))
                        @if done.trouble.is_some() { " " span.state.bad { "not confirmed" } }
                        " " a href=(frame.base.query("/done", &[("id", &done.id.to_string())])) { "result" }
                    }
                    (names(done))
                }
            }
        }
    }
}

/// The names of an action that are remembered.
pub(super) fn names(done: &Done) -> Markup {
    html! {
        ul.names {
            @for named in &done.names { li { (named.kind) " " (beginning(&named.name, named.bytes)) } }
            @let more = done.count.saturating_sub(done.names.len());
            @if more > 0 { li.note { "and " (human::count(more as u64)) " more" } }
        }
    }
}

/// How many names an action was about.
pub(super) fn counted(done: &Done) -> String {
    human::counted(done.count, "name", "names")
}

/// What has been done, to a verb.
pub(super) fn past(verb: &str) -> &'static str {
    if verb == "expire" { "expired" } else { "invalidated" }
}
