//! Entries: one by its key, and the keys of all.

use axum::http::StatusCode;
use easycache_core::{Dependency, EntryPlace, Explanation, KeyPage};
use maud::{Markup, html};

use super::{Frame, Page, overview, parts};
use crate::{
    human,
    report::{Listing, LookUp},
    trouble::Trouble,
};

/// How many things that an entry depends on are shown; programs get all of them.
const SHOWN: usize = 200;

impl Page for LookUp {
    fn title(&self) -> String {
        "Look up a key".to_owned()
    }

    fn path(&self) -> &'static str {
        "/lookup"
    }

    fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    fn content(&self, frame: &Frame<'_>) -> Markup {
        html! {
            form method="get" action=(frame.base.to("/lookup")) {
                (parts::cache_field(&self.aliases, &self.cache))
                p.field {
                    label for="key" { "Key" }
                    input.wide id="key" name="key" value=(self.key) required spellcheck="false" autocapitalize="none"
                        autocomplete="off" aria-describedby="key-hint";
                    span.note id="key-hint" {
                        "in full: " code { "key" } " or " code { "prefix|key" }
                        ", as " code { "f::entry(…).key()" } " prints it"
                    }
                }
                p { button type="submit" { "Look up" } }
            }
            @if let Some(trouble) = &self.trouble { (parts::trouble(trouble)) }
            @if let Some(explanation) = &self.explanation { (explained(frame, &self.cache, explanation)) }
        }
    }
}

fn explained(frame: &Frame<'_>, cache: &str, explanation: &Explanation) -> Markup {
    let span = |span: Option<std::time::Duration>| span.map_or_else(|| "not known".to_owned(), human::span);
    let is_there = explanation.place != EntryPlace::Nowhere;
    html! {
        section aria-labelledby="answer" {
            h2 id="answer" { "What there is to say" }
            p.verdict {
                @match explanation.misses {
                    None => { span.state.good { "hit" } " It would be served now." }
                    Some(reason) => { span.state.bad { "miss" } " It would be a miss: " (parts::why(reason)) "." }
                }
            }
            dl.facts {
                div { dt { "Key" } dd { (parts::whole(&explanation.key)) } }
                @if let Some(prefix) = &explanation.prefix { div { dt { "Prefix" } dd { (parts::whole(prefix)) } } }
                div { dt { "Where" } dd { (place(&explanation.place)) } }
                @if is_there {
                    (overview::figure("Age", &span(explanation.age)))
                    (overview::figure("Time to live", &span(explanation.ttl)))
                    (overview::figure("Left", &span(explanation.left)))
                }
                div { dt { "Tags" } dd { (tags(frame, cache, &explanation.tags)) } }
            }
            @if !explanation.depends_on.is_empty() { (dependencies(&explanation.depends_on)) }
            @if frame.access.may_write() {
                @let fields = [("cache", cache), ("kind", "key"), ("names", &explanation.key)];
                p { a.button href=(frame.base.query("/invalidate", &fields)) { "Invalidate this key" } }
            }
        }
    }
}

fn place(place: &EntryPlace) -> Markup {
    match place {
        EntryPlace::Nowhere => html! { "nowhere" },
        EntryPlace::Here => html! { "in this process" },
        EntryPlace::Backend { name, near, .. } => html! {
            "on the backend, as " (parts::whole(name)) @if *near { ", and in the near tier" }
        },
        other => html! { (other.name()) },
    }
}

fn tags(frame: &Frame<'_>, cache: &str, tags: &[String]) -> Markup {
    if tags.is_empty() {
        return html! { "none" };
    }
    html! {
        ul.tags {
            @for tag in tags.iter().take(SHOWN) {
                li {
                    @if frame.access.may_write() && tag.len() <= 1024 {
                        @let fields = [("cache", cache), ("kind", "tag"), ("names", tag)];
                        a href=(frame.base.query("/invalidate", &fields)) title="invalidate this tag" { (parts::name(tag)) }
                    } @else { (parts::name(tag)) }
                }
            }
        }
        @if tags.len() > SHOWN { p.note { "and " (human::count((tags.len() - SHOWN) as u64)) " more" } }
    }
}

fn dependencies(all: &[Dependency]) -> Markup {
    html! {
        h3 id="depends" { "What can invalidate it" }
        div.scroll tabindex="0" role="region" aria-labelledby="depends" {
            table {
                thead {
                    tr { @for name in ["Name", "Kind", "Version", "Invalidated since"] { th scope="col" { (name) } } }
                }
                tbody {
                    @for one in all.iter().take(SHOWN) {
                        tr {
                            th scope="row" { @if one.name.is_empty() { "–" } @else { (parts::name(&one.name)) } }
                            td { (one.kind.name()) }
                            td { @match &one.version { Some(version) => code { (version) }, None => "none" } }
                            td {
                                @match one.moved {
                                    Some(true) => span.state.bad { "yes" },
                                    Some(false) => "no",
                                    None => "not told",
                                }
                            }
                        }
                    }
                }
            }
        }
        @if all.len() > SHOWN {
            p.note { "and " (human::count((all.len() - SHOWN) as u64)) " more; the JSON has all of them" }
        }
    }
}

impl Page for Listing {
    fn title(&self) -> String {
        "Keys".to_owned()
    }

    fn path(&self) -> &'static str {
        "/keys"
    }

    fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    fn content(&self, frame: &Frame<'_>) -> Markup {
        html! {
            form method="get" action=(frame.base.to("/keys")) {
                (parts::cache_field(&self.aliases, &self.cache))
                p.field {
                    label for="beginning" { "Begins with" }
                    input.wide id="beginning" name="beginning" value=(self.beginning) spellcheck="false"
                        autocapitalize="none" autocomplete="off" aria-describedby="beginning-hint";
                    span.note id="beginning-hint" {
                        "such as " code { "user:" } " or " code { "tenant:7|" } "; empty for all"
                    }
                }
                p { button type="submit" { "List" } }
            }
            @if let Some(trouble) = &self.trouble { (unlisted(trouble)) }
            @if let Some(page) = &self.page { (listed(frame, self, page)) }
        }
    }
}

fn unlisted(trouble: &Trouble) -> Markup {
    if trouble.status == StatusCode::NOT_IMPLEMENTED {
        return html! { p.empty { "The keys of this cache cannot be listed: " (trouble.message) "." } };
    }
    parts::trouble(trouble)
}

fn listed(frame: &Frame<'_>, listing: &Listing, page: &KeyPage) -> Markup {
    let (cache, beginning) = (listing.cache.as_str(), listing.beginning.as_str());
    let to = |next: &str| frame.base.query("/keys", &[("cache", cache), ("beginning", beginning), ("next", next)]);
    html! {
        section aria-labelledby="listed" {
            h2 id="listed" { (human::counted(page.keys.len(), "key", "keys")) " on this page" }
            @if page.keys.is_empty() {
                p.empty {
                    @if page.next.is_some() { "None here; more may come on the next page." }
                    @else if listing.is_later { "That was all." }
                    @else { "There is none." }
                }
            }
            ul.keys {
                @for listed in &page.keys {
                    li {
                        @if listed.hashed {
                            (parts::whole(&listed.key)) " " span.note { "the hash of a key that is too long for the backend" }
                        } @else { (parts::key(frame, cache, &listed.key)) }
                    }
                }
            }
            ul.buttons {
                @if listing.is_later { li { a href=(to("")) { "First page" } } }
                @if let Some(next) = &page.next { li { a href=(to(next)) rel="next" { "Next page" } } }
            }
        }
    }
}
