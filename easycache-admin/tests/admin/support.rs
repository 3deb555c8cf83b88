//! A page, and who asks for it.

use std::{future::ready, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header, request::Parts},
};
use easycache_admin::{Access, Admin, Refusal};
use easycache_core::{Backend, Cache, Deadline, Scope, scope};
use easycache_testkit::ManualClock;
use serde_json::Value;
use tower::ServiceExt as _;

/// Who asks says so in a header; without it nobody is let in.
pub(crate) const WHO: &str = "x-who";

/// Ann may do everything, Bob may look, and anybody else is known and may not.
pub(crate) fn authorizer(request: &Parts) -> std::future::Ready<Result<Access, Refusal>> {
    ready(match request.headers.get(WHO).map(|who| who.to_str().unwrap()) {
        None => Err(Refusal::unauthenticated()),
        Some("ann") => Ok(Access::write("ann")),
        Some("bob") => Ok(Access::read("bob")),
        Some(_) => Err(Refusal::forbidden()),
    })
}

/// A page with a cache of its own under `default`, which no other test sees.
pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) cache: Cache,
    pub(crate) scope: Scope,
    pub(crate) clock: Arc<ManualClock>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        let clock = Arc::<ManualClock>::default();
        let cache = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).build().unwrap();
        Self::at(clock, cache)
    }

    /// On that backend.
    pub(crate) fn on(backend: impl Backend) -> Self {
        Self::within(Duration::from_secs(20), backend)
    }

    /// On that backend, which nobody waits for longer than that.
    pub(crate) fn within(deadline: Duration, backend: impl Backend) -> Self {
        Self::of(Cache::builder().backend(backend).deadline(deadline).build().unwrap())
    }

    /// Of that cache.
    pub(crate) fn of(cache: Cache) -> Self {
        Self::at(Arc::default(), cache)
    }

    fn at(clock: Arc<ManualClock>, cache: Cache) -> Self {
        let scope = scope("default", cache.clone());
        let site = Self { router: Router::new(), cache, scope, clock };
        site.with(Admin::new(authorizer).caches(["default"]).title("shop"))
    }

    /// With that page in the place of its own.
    pub(crate) fn with(self, admin: Admin) -> Self {
        let clock = Arc::<ManualClock>::clone(&self.clock);
        // The first sample is taken in here.
        let router = self.scope.run(|| admin.clock(clock).router());
        Self { router, ..self }
    }

    /// Asks as somebody.
    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        self.ask_of(&self.router, request).await
    }

    /// The same of an application that has the page in it.
    pub(crate) async fn ask_of(&self, router: &Router, request: Request<Body>) -> Answer {
        let response = self.scope.run_async(router.clone().oneshot(request)).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.into()).unwrap() }
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Answer {
        self.ask(Request::get(path).header(WHO, who).body(Body::empty()).unwrap()).await
    }

    /// Asks until the answer has that text.
    pub(crate) async fn until(&self, path: &str, text: &str) {
        let deadline = Deadline::after(Duration::from_secs(30));
        loop {
            let answer = self.get("bob", path).await;
            if answer.body.contains(text) {
                return;
            }
            assert!(!deadline.left().is_zero(), "no {text:?} in {}", answer.body);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends a form.
    pub(crate) async fn post(&self, who: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask(form(who, path).body(encode(fields)).unwrap()).await
    }

    /// Sends JSON, with the header that this takes.
    pub(crate) async fn post_json(&self, who: &str, path: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header(WHO, who)
            .header("x-easycache-admin", "1")
            .header(header::CONTENT_TYPE, "application/json");
        self.ask(request.body(body.to_string().into()).unwrap()).await
    }

    /// Moves the clock, and does what is due for the page meanwhile.
    pub(crate) fn advance(&self, span: Duration) {
        self.scope.run(|| self.clock.advance(span));
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn has(&self, text: &str) -> &Self {
        assert!(self.body.contains(text), "no {text:?} in {}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    /// The value of a hidden field.
    #[track_caller]
    pub(crate) fn hidden(&self, name: &str) -> String {
        let field = format!(r#"name="{name}" value=""#);
        let value = self.body.split_once(&field).unwrap_or_else(|| panic!("no {name} in {}", self.body)).1;
        let value = value.split_once('"').unwrap().0;
        value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }
}

/// A form that is sent, without what is in it.
pub(crate) fn form(who: &str, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(WHO, who)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

pub(crate) fn encode(fields: &[(&str, &str)]) -> Body {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into()
}
