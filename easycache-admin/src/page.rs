//! Pages: HTML made of reports. What is put into it is escaped, all of it in one place: `html!`.

mod cache;
mod chart;
mod invalidate;
mod lookup;
mod overview;
mod parts;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use crate::{
    admin::Shared,
    authorize::{Access, Refusal},
    base::Base,
    human,
    trouble::Trouble,
};

/// What can be shown.
pub(crate) trait Page {
    /// The heading.
    fn title(&self) -> String;

    /// Which part of the navigation it belongs to.
    fn path(&self) -> &'static str;

    /// What is below the heading.
    fn content(&self, frame: &Frame<'_>) -> Markup;

    /// Why it is not what was asked for.
    fn trouble(&self) -> Option<&Trouble> {
        None
    }

    fn status(&self) -> StatusCode {
        self.trouble().map_or(StatusCode::OK, |trouble| trouble.status)
    }
}

/// What is around every page.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    service: &'a str,
    pub(crate) base: &'a Base,
    pub(crate) access: &'a Access,
}

/// The parts of the page: path, name, whether it is for those who may invalidate.
const PARTS: [(&str, &str, bool); 4] = [
    ("/overview", "Overview", false),
    ("/lookup", "Look up", false),
    ("/keys", "Keys", false),
    ("/invalidate", "Invalidate", true),
];

impl<'a> Frame<'a> {
    pub(crate) fn new(shared: &'a Shared, base: &'a Base, access: &'a Access) -> Self {
        Self { service: &shared.title, base, access }
    }

    fn around(&self, title: &str, path: &str, content: &Markup) -> Markup {
        let now = human::timestamp(human::wall_time());
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    (head())
                    title { (title) " · " (self.service) }
                    link rel="stylesheet" href=(self.base.to("/style.css"));
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    header {
                        p.service { (self.service) " " span { "caches" } }
                        nav aria-label="Pages" {
                            ul {
                                @for (part, name, writes) in PARTS {
                                    @if !writes || self.access.may_write() {
                                        @let current = (part == path).then_some("page");
                                        li { a href=(self.base.to(part)) aria-current=[current] { (name) } }
                                    }
                                }
                            }
                        }
                    }
                    main id="content" tabindex="-1" {
                        h1 { (title) }
                        (content)
                    }
                    footer {
                        p {
                            "As of " time datetime=(now) { (now.replace('T', " ").replace('Z', " UTC")) }
                            ". You are " strong { (self.access.who()) }
                            @if self.access.may_write() { ", and may invalidate." } @else { ", and may look." }
                        }
                        p { "One process is shown: the one that has answered. " a href=(self.base.to("/api")) { "JSON" } }
                    }
                }
            }
        }
    }
}

pub(crate) fn show(frame: &Frame<'_>, page: &impl Page) -> Response {
    let markup = frame.around(&page.title(), page.path(), &page.content(frame));
    (page.status(), Html(markup.into_string())).into_response()
}

/// What could not be answered.
pub(crate) fn trouble(frame: &Frame<'_>, trouble: &Trouble, is_json: bool) -> Response {
    if is_json {
        return (trouble.status, Json(trouble)).into_response();
    }
    let title = trouble.status.canonical_reason().unwrap_or("Error");
    let content = html! { (parts::trouble(trouble)) p { a href=(frame.base.to("/overview")) { "To the overview" } } };
    (trouble.status, Html(frame.around(title, "", &content).into_string())).into_response()
}

/// For somebody who may see nothing: no name of the service, and no style sheet, which is behind the same door.
pub(crate) fn refusal(refusal: &Refusal, status: StatusCode, is_json: bool) -> Response {
    let (title, said) = if refusal.is_anonymous {
        ("Who are you?", "This page is for those who are logged in.")
    } else {
        ("Not for you", "You are logged in, and may not see this page.")
    };
    if is_json {
        return Json(Trouble::new(status, said)).into_response();
    }
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head { (head()) title { (title) } }
            body {
                main {
                    h1 { (title) }
                    p { (said) }
                    @if let Some(address) = &refusal.sign_in {
                        p { a href=(address) { "Log in" } }
                    }
                }
            }
        }
    };
    Html(markup.into_string()).into_response()
}

/// Leads a browser to another page, which it asks for by `GET`.
pub(crate) fn see_other(address: &str) -> Response {
    let location = HeaderValue::from_str(address).expect("addresses are made of what a header may hold");
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

fn head() -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        meta name="robots" content="noindex, nofollow";
    }
}
