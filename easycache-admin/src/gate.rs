//! The one entrance: every request comes through here, and is looked at before anything else is done.

use axum::{
    extract::Request,
    http::{
        HeaderValue, Method, StatusCode, Uri,
        header::{self, HeaderName},
        request::Parts,
        uri::Authority,
    },
    response::{IntoResponse, Response},
};

use crate::{
    admin::Shared,
    ask::Ask,
    authorize::{Access, Refusal},
    base::Base,
    page::{self, Frame},
    routes::{self, Route},
    trouble::Trouble,
};

/// In every answer, refusals included.
const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

pub(crate) async fn answer(shared: &Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let is_json = routes::is_json(parts.uri.path());
    let mut response = match shared.guard.check(&parts).await {
        Err(refusal) => refuse(&parts, &refusal, is_json),
        Ok(access) => {
            let access = if shared.read_only { access.reading() } else { access };
            let base = Base::of(&parts);
            let frame = Frame::new(shared, &base, &access);
            let answered = match admit(&parts, &access) {
                Ok(route) => (route.action).answer(Ask { shared, frame: &frame, parts: &parts }, body, is_json).await,
                Err(trouble) => Err(trouble),
            };
            answered.unwrap_or_else(|trouble| page::trouble(&frame, &trouble, is_json))
        }
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, routes::allowed(parts.uri.path()));
    }
    response.headers_mut().extend(HEADERS);
    response
}

/// What is asked for, if it is there and they may have it.
fn admit(parts: &Parts, access: &Access) -> Result<&'static Route, Trouble> {
    let route = routes::find(&parts.method, parts.uri.path())?;
    if route.method == Method::POST {
        check_origin(parts)?;
    }
    if route.writes && !access.may_write() {
        let message = "you may look at these caches, and not invalidate anything in them";
        return Err(Trouble::new(StatusCode::FORBIDDEN, message));
    }
    Ok(route)
}

/// Refuses what a page of somebody else makes a browser send.
///
/// Browsers tell where a request is from, in `Sec-Fetch-Site` where the connection is trustworthy; else in `Origin`, which is
/// `null` from pages that send no referrer, as ours. What does not tell is no browser, or an old one: there the token, or the
/// header that JSON asks for, is all that counts; it always counts.
fn check_origin(parts: &Parts) -> Result<(), Trouble> {
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_ours = match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, None | Some("null")) => true,
        (None, Some(origin)) => {
            let origin = origin.parse::<Uri>().ok();
            let host = header("host").or_else(|| parts.uri.authority().map(Authority::as_str));
            origin.and_then(|origin| origin.into_parts().authority).is_some_and(|from| Some(from.as_str()) == host)
        }
    };
    if is_ours { Ok(()) } else { Err(Trouble::new(StatusCode::FORBIDDEN, "this was sent by a page of another site")) }
}

fn refuse(request: &Parts, refusal: &Refusal, is_json: bool) -> Response {
    let status = if refusal.is_anonymous { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
    tell(request, status);
    let mut response = (status, page::refusal(refusal, status, is_json)).into_response();
    if let Some(challenge) = &refusal.challenge {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.clone());
    }
    response
}

/// To the log. Every browser asks without credentials first; with wrong ones somebody may be trying.
fn tell(request: &Parts, status: StatusCode) {
    let code = status.as_u16();
    if status == StatusCode::FORBIDDEN {
        tracing::info!(target: "easycache", status = code, "the admin page has refused somebody who may not see it");
    } else if request.headers.contains_key(header::AUTHORIZATION) {
        tracing::warn!(target: "easycache", status = code, "the admin page has refused wrong credentials");
    } else {
        tracing::debug!(target: "easycache", status = code, "the admin page has refused somebody");
    }
}
