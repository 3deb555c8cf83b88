//! What each route does.

use axum::{
    Json,
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    ask::Ask,
    page::{self, Page},
    report::{Confirmation, Detail, Done, Listing, LookUp, Overview, Question, Wish},
    trouble::Trouble,
};

/// What a route does; the same for people and for programs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    Style,
    Overview,
    Cache,
    LookUp,
    Keys,
    /// The form.
    Ask,
    /// What the form asks for, to be confirmed.
    Confirm,
    /// What was confirmed is done.
    Commit,
    /// What was done.
    Done,
}

/// The style sheet: all that a page loads.
const STYLE: &str = include_str!("style.css");

impl Action {
    pub(crate) async fn answer(self, ask: Ask<'_>, body: Body, is_json: bool) -> Result<Response, Trouble> {
        Ok(match self {
            Self::Style => ([(header::CONTENT_TYPE, HeaderValue::from_static("text/css"))], STYLE).into_response(),
            Self::Overview => show(&ask, &Overview::of(&ask).await, is_json),
            Self::Cache => show(&ask, &Detail::of(&ask).await?, is_json),
            Self::LookUp => show(&ask, &LookUp::of(&ask).await?, is_json),
            Self::Keys => show(&ask, &Listing::of(&ask).await?, is_json),
            Self::Done => show(&ask, &Done::of(&ask)?, is_json),
            Self::Ask => page::show(ask.frame, &Question::of(&ask)?),
            Self::Confirm => confirm(&ask, body).await?,
            Self::Commit if is_json => {
                let done = Wish::sent_as_json(&ask, body).await?.fulfil(&ask).await?;
                let status = done.trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
                (status, Json(done)).into_response()
            }
            Self::Commit => commit(&ask, body).await?,
        })
    }
}

/// One report, two renderings.
fn show(ask: &Ask<'_>, report: &(impl Page + Serialize), is_json: bool) -> Response {
    match report.trouble() {
        _ if !is_json => page::show(ask.frame, report),
        None => Json(report).into_response(),
        Some(trouble) => page::trouble(ask.frame, trouble, is_json),
    }
}

/// What was asked for is shown once more, or what is wrong with it.
async fn confirm(ask: &Ask<'_>, body: Body) -> Result<Response, Trouble> {
    let fields = ask.form(body).await?;
    Ok(match Wish::sent_as_form(ask, &fields) {
        Ok(wish) => page::show(ask.frame, &Confirmation::of(ask, wish, false)),
        Err(trouble) => page::show(ask.frame, &Question::again(ask, &fields, trouble)),
    })
}

/// Does what was confirmed, and leads to a page that can be loaded again without doing it once more.
async fn commit(ask: &Ask<'_>, body: Body) -> Result<Response, Trouble> {
    let fields = ask.form(body).await?;
    let wish = Wish::sent_as_form(ask, &fields)?;
    if !wish.is_confirmed(ask, fields.get("token")) {
        // Too old, or of another process. It is shown anew, and nothing is lost but a click.
        return Ok(page::show(ask.frame, &Confirmation::of(ask, wish, true)));
    }
    let done = wish.fulfil(ask).await?;
    Ok(page::see_other(&ask.frame.base.query("/done", &[("id", &done.id.to_string())])))
}
