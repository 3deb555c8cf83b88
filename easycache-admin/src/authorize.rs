//! Who may look, and who may change something.

mod basic;

use std::{fmt, future::Future, pin::Pin};

use axum::http::{HeaderValue, request::Parts};

pub use self::basic::BasicAuth;

/// Decides on every request, before anything else is done with it.
///
/// Closures that return a future are authorizers. What they need of the request they take out of it before their future
/// begins:
///
/// ```
/// use axum::http::request::Parts;
/// use easycache_admin::{Access, Admin, Refusal};
///
/// // Behind a proxy that logs people in, and lets nobody else set this header.
/// let admin = Admin::new(|request: &Parts| {
///     let user = request.headers.get("x-forwarded-user").and_then(|user| user.to_str().ok()).map(str::to_owned);
///     async move {
///         match user.as_deref() {
///             None => Err(Refusal::unauthenticated()),
///             Some("ann") => Ok(Access::write("ann")),
///             Some("bob") => Ok(Access::read("bob")),
///             Some(_) => Err(Refusal::forbidden()),
///         }
///     }
/// });
/// ```
///
/// With sessions, the layer of the session crate has put the session into the extensions of the request, if the router of
/// this page is nested inside of it:
///
/// ```
/// use std::future::ready;
///
/// use axum::http::request::Parts;
/// use easycache_admin::{Access, Admin, Refusal};
///
/// #[derive(Clone)]
/// struct User {
///     name: String,
///     is_operator: bool,
/// }
///
/// let admin = Admin::new(|request: &Parts| {
///     ready(match request.extensions.get::<User>() {
///         None => Err(Refusal::unauthenticated().sign_in_at("/login")),
///         Some(user) if user.is_operator => Ok(Access::write(&user.name)),
///         Some(_) => Err(Refusal::forbidden()),
///     })
/// });
/// ```
pub trait Authorize: Send + Sync + 'static {
    /// Who asks, and what they may do; or why they may not.
    fn authorize(&self, request: &Parts) -> impl Future<Output = Result<Access, Refusal>> + Send;
}

impl<F, Fut> Authorize for F
where
    F: Fn(&Parts) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Access, Refusal>> + Send,
{
    fn authorize(&self, request: &Parts) -> impl Future<Output = Result<Access, Refusal>> + Send {
        self(request)
    }
}

/// What somebody may do here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    who: String,
    writes: bool,
}

impl Access {
    /// May look at everything. The name is shown on the page, and stands in the log of what was done.
    pub fn read(who: impl Into<String>) -> Self {
        Self { who: who.into(), writes: false }
    }

    /// May invalidate as well.
    pub fn write(who: impl Into<String>) -> Self {
        Self { who: who.into(), writes: true }
    }

    /// The name.
    #[must_use]
    pub fn who(&self) -> &str {
        &self.who
    }

    /// Whether it is more than looking.
    #[must_use]
    pub const fn may_write(&self) -> bool {
        self.writes
    }

    /// The same person, who may only look.
    pub(crate) fn reading(self) -> Self {
        Self { writes: false, ..self }
    }
}

/// Why somebody may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whether it would help to say who one is.
    pub(crate) is_anonymous: bool,
    pub(crate) challenge: Option<HeaderValue>,
    pub(crate) sign_in: Option<String>,
}

impl Refusal {
    /// 401: it is not known who asks.
    #[must_use]
    pub const fn unauthenticated() -> Self {
        Self { is_anonymous: true, challenge: None, sign_in: None }
    }

    /// 403: it is known, and they may not.
    #[must_use]
    pub const fn forbidden() -> Self {
        Self { is_anonymous: false, challenge: None, sign_in: None }
    }

    /// Says in the header `WWW-Authenticate` how to log in.
    #[must_use]
    pub fn challenge(mut self, challenge: HeaderValue) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// Shows a link to a page where one can log in.
    #[must_use]
    pub fn sign_in_at(mut self, address: impl Into<String>) -> Self {
        self.sign_in = Some(address.into());
        self
    }
}

/// An authorizer behind a pointer.
pub(crate) trait Guard: Send + Sync {
    fn check<'a>(&'a self, request: &'a Parts) -> Pin<Box<dyn Future<Output = Result<Access, Refusal>> + Send + 'a>>;
}

impl<A: Authorize> Guard for A {
    fn check<'a>(&'a self, request: &'a Parts) -> Pin<Box<dyn Future<Output = Result<Access, Refusal>> + Send + 'a>> {
        Box::pin(self.authorize(request))
    }
}

impl fmt::Debug for dyn Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whatever it holds may be secret.
        f.write_str("Guard")
    }
}
