//! A layer of `tower`, for services of which every request is a [`RequestScope`].

use std::task::{Context, Poll};

use easycache_core::{InRequest, RequestScope};
use tower_layer::Layer;
use tower_service::Service;

/// Makes each request of a service a [request scope](crate::request_scope): what it reads first, it remembers until it is
/// answered. For `axum`, `hyper`, `tonic` and whatever else is a `tower::Service`.
///
/// ```
/// use axum::{Router, extract::Path, routing::get};
/// use easycache::{RequestScopeLayer, ecached};
///
/// #[ecached("name:{id}", ttl = "10m")]
/// async fn name(id: u32) -> String {
///     format!("user {id}")
/// }
///
/// async fn greet(Path(id): Path<u32>) -> String {
///     let first = name(id).await; // reads it, from Redis say
///     let again = name(id).await; // reads nothing
///     format!("Hello, {first} and {again}")
/// }
///
/// let app: Router = Router::new().route("/greet/{id}", get(greet)).layer(RequestScopeLayer::new());
/// # drop(app);
/// ```
///
/// The request ends with its answer: a body that is streamed afterwards is polled outside of it, and reads as ever. Give the
/// stream a [`RequestScope::run`] of its own where that matters. Of a request that is part of another one already, by a
/// layer further out, this one is a part as well.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a layer does something when a service is given it"]
pub struct RequestScopeLayer {
    values: Option<usize>,
}

impl RequestScopeLayer {
    /// Requests that remember up to 10 000 values each.
    pub const fn new() -> Self {
        Self { values: None }
    }

    /// Requests that remember up to that many values each.
    pub const fn bounded(values: usize) -> Self {
        Self { values: Some(values) }
    }
}

impl<S> Layer<S> for RequestScopeLayer {
    type Service = RequestScopeService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestScopeService { inner, values: self.values }
    }
}

/// A service of which each request is a [request scope](crate::request_scope). Made by a [`RequestScopeLayer`].
#[derive(Clone, Copy, Debug)]
pub struct RequestScopeService<S> {
    inner: S,
    values: Option<usize>,
}

impl<S: Service<R>, R> Service<R> for RequestScopeService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = InRequest<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let own = || self.values.map_or_else(RequestScope::new, RequestScope::bounded);
        let scope = RequestScope::current().unwrap_or_else(own);
        // What the service does before it has a future is a part of the request, too.
        let future = scope.run_blocking(|| self.inner.call(request));
        scope.run(future)
    }
}
