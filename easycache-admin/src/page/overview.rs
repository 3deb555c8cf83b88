//! All caches on one page.

use maud::{Markup, html};

use super::{Frame, Page, chart, parts};
use crate::{
    human,
    report::{Overview, State, Summary},
};

impl Page for Overview {
    fn title(&self) -> String {
        "Overview".to_owned()
    }

    fn path(&self) -> &'static str {
        "/overview"
    }

    fn content(&self, frame: &Frame<'_>) -> Markup {
        html! {
            @if self.caches.is_empty() {
                p.empty {
                    "No cache is registered in this process yet. A cache appears here when "
                    code { "easycache::register" } " gives it a name, and the default one when it is used first."
                }
            }
            div.cards {
                @for summary in &self.caches { (card(frame, summary)) }
            }
            section aria-labelledby="actions" {
                h2 id="actions" { "Done through this page" }
                @if self.done.is_empty() {
                    p.empty { "Nothing, since this process began." }
                } @else {
                    (parts::done(frame, &self.done))
                }
            }
        }
    }
}

fn card(frame: &Frame<'_>, summary: &Summary) -> Markup {
    let address = frame.base.query("/cache", &[("cache", &summary.alias)]);
    html! {
        article.card {
            h2 { a href=(address) { (summary.alias) } }
            p.note { (parts::place(summary)) }
            @match &summary.cache {
                None => p.empty { "Functions that ask for it panic until it is registered." },
                Some(state) => (figures(summary, state)),
            }
        }
    }
}

fn figures(summary: &Summary, state: &State) -> Markup {
    let counted = &state.stats;
    html! {
        (parts::hit_rate(counted))
        (chart::spark(&summary.minutes))
        dl.figures {
            (figure("Hits", &human::count(counted.hits)))
            (figure("Misses", &human::count(counted.misses.total())))
            @if state.is_in_process {
                (figure("Entries", &entries(state)))
                (figure("Memory", &memory(state)))
            } @else {
                (figure("Entries of the servers", &entries(state)))
                (figure("Memory of the servers", &memory(state)))
            }
            (figure("Computing now", &human::count(counted.in_flight)))
        }
        @let misses = parts::misses(counted);
        @if !misses.is_empty() {
            h3 { "Misses by reason" }
            dl.figures {
                @for (reason, count) in misses { (figure(reason.name(), &human::count(count))) }
            }
        }
        (warnings(state))
    }
}

/// What somebody should look at; nothing if all is well, except that servers answer.
fn warnings(state: &State) -> Markup {
    let (up, all) = (state.up(), state.nodes.len());
    html! {
        ul.states {
            @if all > 0 {
                li {
                    span.state.good[up == all].bad[up < all] {
                        (up) " of " (human::counted(all, "server", "servers")) " up"
                    }
                }
            }
            @if let Some(trouble) = &state.error { li { span.state.bad { "no answer" } " " (trouble.message) } }
            @if state.stats.unconfirmed > 0 {
                li {
                    span.state.bad { (human::count(state.stats.unconfirmed)) " not confirmed" }
                    " names on the backend, of which a tag or a prefix has several: the invalidation is repeated, and "
                    "meanwhile what depends on them is computed"
                }
            }
            @if state.stats.disagreements > 0 {
                li {
                    span.state.bad { (human::count(state.stats.disagreements)) " wrong" }
                    " of the hits that were audited"
                }
            }
        }
    }
}

pub(super) fn figure(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// In this process if that is where they are, else on the servers, whoever's they are there.
pub(super) fn entries(state: &State) -> String {
    if state.is_in_process {
        return human::count(state.stats.entries);
    }
    sum(state.nodes.iter().map(|node| node.entries)).map_or_else(|| "not known".to_owned(), human::count)
}

pub(super) fn memory(state: &State) -> String {
    if state.is_in_process {
        let weight = state.stats.weight;
        return if weight == 0 { "not known".to_owned() } else { format!("weight {}", human::count(weight)) };
    }
    sum(state.nodes.iter().map(|node| node.bytes)).map_or_else(|| "not known".to_owned(), human::bytes)
}

/// The sum of those that are known, if any is.
fn sum(numbers: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    numbers.flatten().reduce(u64::saturating_add)
}
