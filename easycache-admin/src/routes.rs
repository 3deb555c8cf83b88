//! All that can be asked for, in one table.

use axum::http::{HeaderValue, Method, StatusCode};

use crate::{answer::Action, trouble::Trouble};

/// What answers a path.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) action: Action,
    /// Whether it is for those who may invalidate.
    pub(crate) writes: bool,
}

/// Below it everything is JSON.
const JSON: &str = "/api";

const TABLE: &[Route] = &[
    get("/", Action::Overview),
    // The same: an address that leads there from everywhere, however the router is nested.
    get("/overview", Action::Overview),
    get("/style.css", Action::Style),
    get("/cache", Action::Cache),
    get("/lookup", Action::LookUp),
    get("/keys", Action::Keys),
    get("/done", Action::Done),
    writing(Method::GET, "/invalidate", Action::Ask),
    writing(Method::POST, "/invalidate", Action::Confirm),
    writing(Method::POST, "/invalidate/confirmed", Action::Commit),
    get("/api", Action::Overview),
    get("/api/cache", Action::Cache),
    get("/api/lookup", Action::LookUp),
    get("/api/keys", Action::Keys),
    get("/api/done", Action::Done),
    writing(Method::POST, "/api/invalidate", Action::Commit),
];

const fn get(path: &'static str, action: Action) -> Route {
    Route { method: Method::GET, path, action, writes: false }
}

const fn writing(method: Method, path: &'static str, action: Action) -> Route {
    Route { method, path, action, writes: true }
}

/// Every route of the page, by method and path: so that a test of yours can ask for each of them without authorization.
///
/// ```
/// use axum::http::Method;
///
/// assert!(easycache_admin::routes().any(|route| route == (Method::POST, "/api/invalidate")));
/// ```
pub fn routes() -> impl Iterator<Item = (Method, &'static str)> {
    TABLE.iter().map(|route| (route.method.clone(), route.path))
}

pub(crate) fn is_json(path: &str) -> bool {
    path.strip_prefix(JSON).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The route of a request. `HEAD` is answered as `GET`, and a path with a `/` behind it as the one without.
pub(crate) fn find(method: &Method, path: &str) -> Result<&'static Route, Trouble> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let mut of_path = at(path).peekable();
    if of_path.peek().is_none() {
        return Err(Trouble::new(StatusCode::NOT_FOUND, "there is no such page"));
    }
    let not_allowed = || Trouble::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not answer that method");
    of_path.find(|route| route.method == method).ok_or_else(not_allowed)
}

/// The methods that a path answers, as the header `Allow` has them.
pub(crate) fn allowed(path: &str) -> HeaderValue {
    let both = |method: &Method| if method == Method::GET { "GET, HEAD".to_owned() } else { method.to_string() };
    let methods = at(path).map(|route| both(&route.method)).collect::<Vec<_>>().join(", ");
    HeaderValue::try_from(methods).expect("methods are made of what a header may hold")
}

fn at(path: &str) -> impl Iterator<Item = &'static Route> {
    let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
    TABLE.iter().filter(move |route| route.path == path)
}
