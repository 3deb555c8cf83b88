//! The form, the question whether it is meant so, and the result.

use axum::http::StatusCode;
use easycache_core::TargetKind;
use maud::{Markup, html};

use super::{Frame, Page, parts};
use crate::{
    human,
    report::{Confirmation, Deed, Done, Question},
    trouble::Trouble,
};

/// How many names are shown before they are invalidated.
const SHOWN: usize = 50;

impl Page for Question {
    fn title(&self) -> String {
        "Invalidate".to_owned()
    }

    fn path(&self) -> &'static str {
        "/invalidate"
    }

    fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    fn content(&self, frame: &Frame<'_>) -> Markup {
        html! {
            @if let Some(trouble) = &self.trouble { (parts::trouble(trouble)) }
            form method="post" action=(frame.base.to("/invalidate")) {
                (parts::cache_field(&self.aliases, &self.cache))
                fieldset {
                    legend { "By" }
                    @let hint = "one entry each, in full: key or prefix|key";
                    (radio("kind", "key", "Key", hint, self.kind == TargetKind::Key))
                    (radio("kind", "tag", "Tag", "every entry that has it", self.kind == TargetKind::Tag))
                    (radio("kind", "prefix", "Prefix", "every entry below it", self.kind == TargetKind::Prefix))
                }
                p.field {
                    label for="names" { "Names" }
                    textarea.wide id="names" name="names" rows="4" required spellcheck="false" autocapitalize="none"
                        autocomplete="off" aria-describedby="names-hint" { (self.names) }
                    span.note id="names-hint" { "one in each line, as it is: a blank at an end is part of it" }
                }
                fieldset {
                    legend { "How" }
                    @let hint = "what was stored before is never served again";
                    (radio("verb", "invalidate", "Invalidate", hint, self.verb == Deed::Invalidate))
                    @let hint = "it is served while it is computed anew, where a policy allows that";
                    (radio("verb", "expire", "Expire", hint, self.verb == Deed::Expire))
                }
                p { button type="submit" { "Continue" } " " span.note { "you are asked once more" } }
            }
        }
    }
}

fn radio(name: &str, value: &str, label: &str, hint: &str, is_chosen: bool) -> Markup {
    let id = format!("{name}-{value}");
    html! {
        p.choice {
            input type="radio" id=(id) name=(name) value=(value) checked[is_chosen] aria-describedby={ (id) "-hint" };
            label for=(id) { (label) }
            span.note id={ (id) "-hint" } { (hint) }
        }
    }
}

impl Page for Confirmation {
    fn title(&self) -> String {
        match self.wish.verb {
            Deed::Invalidate => "Invalidate this?".to_owned(),
            Deed::Expire => "Expire this?".to_owned(),
        }
    }

    fn path(&self) -> &'static str {
        "/invalidate"
    }

    fn status(&self) -> StatusCode {
        if self.is_stale { StatusCode::FORBIDDEN } else { StatusCode::OK }
    }

    fn content(&self, frame: &Frame<'_>) -> Markup {
        let (wish, count) = (&self.wish, self.wish.len());
        let names = wish.names().map(|(_, name)| name).collect::<Vec<_>>().join("\n");
        let (verb, consequence) = match wish.verb {
            Deed::Invalidate => ("Invalidate", "What was stored before is never served again."),
            Deed::Expire => ("Expire", "It is not fresh any more, and served only where a policy allows that."),
        };
        let deed = format!("{verb} {}", human::counted(count, self.kind.name(), plural(self.kind)));
        html! {
            @if self.is_stale {
                p.trouble role="alert" {
                    "Nothing was done: the form was too old, or of another process. Please confirm once more."
                }
            }
            form method="post" action=(frame.base.to("/invalidate/confirmed")) {
                p.question {
                    strong { (deed) } " in the cache " strong { (wish.cache) } ". "
                    (reach(self.kind, count)) " " (consequence)
                }
                ul.names {
                    @for (_, name) in wish.names().take(SHOWN) { li { (parts::name(name)) } }
                    @if count > SHOWN { li.note { "and " (human::count((count - SHOWN) as u64)) " more" } }
                }
                input type="hidden" name="token" value=(self.token);
                input type="hidden" name="cache" value=(wish.cache);
                input type="hidden" name="verb" value=(wish.verb.verb().name());
                input type="hidden" name="kind" value=(self.kind.name());
                input type="hidden" name="names" value=(names);
                p.actions {
                    button.danger type="submit" { (deed) } " "
                    a.button href=(frame.base.query("/invalidate", &[("cache", &wish.cache)])) { "Cancel" }
                }
            }
        }
    }
}

const fn plural(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Key => "keys",
        TargetKind::Prefix => "prefixes",
        _ => "tags",
    }
}

/// What it is about.
const fn reach(kind: TargetKind, count: usize) -> &'static str {
    match (kind, count) {
        (TargetKind::Key, 1) => "That is one entry.",
        (TargetKind::Key, _) => "That is one entry each.",
        (TargetKind::Prefix, 1) => "That is every entry below it.",
        (TargetKind::Prefix, _) => "That is every entry below one of them.",
        (_, 1) => "That is every entry with this tag.",
        _ => "That is every entry with one of these tags.",
    }
}

impl Page for Done {
    fn title(&self) -> String {
        let verb = if self.verb == "expire" { "Expired" } else { "Invalidated" };
        if self.trouble.is_some() { "Not confirmed".to_owned() } else { verb.to_owned() }
    }

    fn path(&self) -> &'static str {
        "/invalidate"
    }

    fn content(&self, frame: &Frame<'_>) -> Markup {
        html! {
            @match &self.trouble {
                None => p role="status" {
                    span.state.good { "done" } " " (parts::counted(self)) " in the cache " strong { (self.cache) } ", "
                    (human::count(self.known as u64)) " of them known."
                    @if self.known < self.count {
                        " An unknown name is as invalid as a known one: there was only nothing to lose."
                    }
                },
                Some(trouble) => (parts::trouble(trouble)),
            }
            (parts::names(self))
            p.note { "By " (self.who) ", " (parts::ago(self.at)) "." }
            ul.buttons {
                li { a href=(frame.base.query("/invalidate", &[("cache", &self.cache)])) { "Invalidate more" } }
                li { a href=(frame.base.query("/cache", &[("cache", &self.cache)])) { "To the cache" } }
            }
        }
    }
}
