//! One cache, with all that is known.

use easycache_core::{NodeRole, NodeStatus, Recent, TargetKind};
use maud::{Markup, html};

use super::{Frame, Page, chart, overview, parts};
use crate::{
    human,
    report::{Detail, State},
};

impl Page for Detail {
    fn title(&self) -> String {
        format!("Cache {}", self.summary.alias)
    }

    fn path(&self) -> &'static str {
        "/cache"
    }

    fn content(&self, frame: &Frame<'_>) -> Markup {
        let alias = self.summary.alias.as_str();
        let to = |path: &str| frame.base.query(path, &[("cache", alias)]);
        html! {
            p.note { (parts::place(&self.summary)) }
            ul.buttons {
                li { a href=(to("/lookup")) { "Look up a key" } }
                li { a href=(to("/keys")) { "Browse keys" } }
                @if frame.access.may_write() { li { a href=(to("/invalidate")) { "Invalidate" } } }
            }
            section aria-labelledby="hour" {
                h2 id="hour" { "The last hour" }
                (chart::chart(&self.summary.minutes))
            }
            @if let Some(state) = &self.summary.cache {
                @if !state.is_in_process { (servers(state)) }
                (counts(state))
                (recent(frame, alias, &self.recent))
            } @else {
                p.empty { "No cache is registered under this alias at the moment." }
            }
        }
    }
}

fn counts(state: &State) -> Markup {
    let counted = &state.stats;
    let figure = |name: &str, count: u64| overview::figure(name, &human::count(count));
    html! {
        section aria-labelledby="counts" {
            h2 id="counts" { "Since it was built" }
            (parts::hit_rate(counted))
            div.columns {
                div {
                    h3 { "Misses by reason" }
                    (misses(state))
                }
                div {
                    h3 { "Counts" }
                    dl.figures { @for (name, count) in counted.counts() { (figure(&label(name, state), count)) } }
                }
                @if counted.refused.total() > 0 {
                    div {
                        h3 { "Computed and not stored" }
                        dl.figures {
                            @for (cause, count) in counted.refused.by_cause().filter(|(_, count)| *count > 0) {
                                (figure(&cause.replace('_', " "), count))
                            }
                        }
                    }
                }
                @if let Some(near) = &counted.near {
                    div {
                        h3 { "Near tier" }
                        dl.figures {
                            @for (name, count) in near.counts() { (figure(&name.replace('_', " "), count)) }
                            @let fresh = near.since_fresh.map(|since| format!("{} ago", human::span(since)));
                            (overview::figure("fresh", fresh.as_deref().unwrap_or("no")))
                        }
                    }
                }
            }
        }
    }
}

/// What a count is called. Those of what is held are of this process, wherever the values of the cache are.
fn label(name: &str, state: &State) -> String {
    let plain = name.replace('_', " ");
    match name {
        "entries" | "elements" | "weight" | "stamps" if !state.is_in_process => format!("{plain} in this process"),
        _ => plain,
    }
}

fn misses(state: &State) -> Markup {
    let misses = parts::misses(&state.stats);
    if misses.is_empty() {
        return html! { p.empty { "There was no miss." } };
    }
    html! {
        dl.reasons {
            @for (reason, count) in misses {
                div { dt { (reason.name()) } dd { (human::count(count)) } dd.note { (parts::why(reason)) } }
            }
        }
    }
}

fn servers(state: &State) -> Markup {
    html! {
        section aria-labelledby="servers" {
            h2 id="servers" { "Servers" }
            @if let Some(trouble) = &state.error { (parts::trouble(trouble)) }
            @if state.nodes.is_empty() {
                p.empty { "This backend does not tell of its servers." }
            } @else {
                p.note { "Entries and memory are those of the whole server, whoever's they are." }
                div.scroll tabindex="0" role="region" aria-labelledby="servers" {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Server" } th scope="col" { "State" } th scope="col" { "Version" }
                                th.number scope="col" { "Entries" } th.number scope="col" { "Memory" }
                            }
                        }
                        tbody { @for node in &state.nodes { (server(node)) } }
                    }
                }
            }
        }
    }
}

fn server(node: &NodeStatus) -> Markup {
    html! {
        tr {
            th scope="row" {
                (node.name)
                @if let Some(role) = node.role.map(NodeRole::name) { " " span.note { (role) } }
            }
            td.text { (parts::node_state(node)) }
            td { (node.version.as_deref().unwrap_or("–")) }
            td.number { (node.entries.map_or_else(|| "–".to_owned(), human::count)) }
            td.number { (node.bytes.map_or_else(|| "–".to_owned(), human::bytes)) }
        }
    }
}

fn recent(frame: &Frame<'_>, alias: &str, recent: &[Recent]) -> Markup {
    html! {
        section aria-labelledby="recent" {
            h2 id="recent" { "Recent invalidations" }
            @if recent.is_empty() {
                p.empty { "This process has invalidated nothing in this cache." }
            } @else {
                p.note {
                    "The last " (recent.len())
                    " that this process has called, whether in its code or through this page."
                }
                ul.events { @for one in recent { (event(frame, alias, one)) } }
            }
        }
    }
}

fn event(frame: &Frame<'_>, alias: &str, recent: &Recent) -> Markup {
    html! {
        li {
            ul.names {
                li.note { (parts::past(recent.verb.name())) }
                @for name in &recent.names {
                    li {
                        @match name.kind {
                            TargetKind::Everything => { "everything" }
                            TargetKind::Key if name.bytes == name.name.len() => { "key " (parts::key(frame, alias, &name.name)) }
                            kind => { (kind.name()) " " (parts::beginning(&name.name, name.bytes)) }
                        }
                    }
                }
                @if recent.more > 0 { li.note { "and " (human::count(recent.more as u64)) " more" } }
                @if let Some(error) = &recent.error { li { span.state.bad { "not confirmed" } " " (error) } }
            }
            p.note { (parts::ago(recent.at)) }
        }
    }
}
