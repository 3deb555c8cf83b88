//! [`BasicAuth`].

use std::{
    fmt,
    future::{Future, ready},
};

use axum::http::{HeaderValue, header::AUTHORIZATION, request::Parts};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use blake3::Hash;
use easycache_core::{Error, ErrorKind, Result};

use super::{Access, Authorize, Refusal};
use crate::token::Secret;

/// A user and a password, which the browser asks for. For use over HTTPS: a browser sends the password with each request.
///
/// ```
/// use easycache_admin::{Admin, BasicAuth};
///
/// # let password = "correct horse";
/// let admin = Admin::new(BasicAuth::new("ops", password)?);
/// assert!(BasicAuth::new("ops", "").is_err(), "a page that anybody can open is none of its uses");
/// # Ok::<_, easycache_core::Error>(())
/// ```
///
/// Passwords are compared in constant time, and not kept: only their digests are, under a secret of this process. There is no
/// lock after wrong attempts; choose passwords that are not found by trying.
#[derive(Clone)]
pub struct BasicAuth {
    secret: Secret,
    accounts: Vec<(Hash, Access)>,
}

/// What the browser is told.
const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="easycache", charset="UTF-8""#);

impl BasicAuth {
    /// One user, who may do everything. Fails if the password is empty, or the user has a `:` in it.
    pub fn new(user: &str, password: &str) -> Result<Self> {
        Self { secret: Secret::random(), accounts: Vec::new() }.with(user, password, Access::write(user))
    }

    /// One more user, who may look and not invalidate.
    pub fn viewer(self, user: &str, password: &str) -> Result<Self> {
        self.with(user, password, Access::read(user))
    }

    fn with(mut self, user: &str, password: &str, access: Access) -> Result<Self> {
        let invalid = |message: &'static str| Err(Error::new(ErrorKind::InvalidConfig, message));
        if password.is_empty() {
            return invalid("the password of the admin page is empty: anybody could open it, choose one");
        }
        if user.is_empty() || user.contains(':') {
            return invalid("the user of the admin page is empty or has a `:` in it: a browser cannot send that");
        }
        if self.accounts.iter().any(|(_, other)| other.who() == user) {
            return invalid("two passwords for one user of the admin page: give each its own name");
        }
        let digest = self.digest(format!("{user}:{password}").as_bytes());
        self.accounts.push((digest, access));
        Ok(self)
    }

    fn digest(&self, credentials: &[u8]) -> Hash {
        self.secret.digest(&[b"basic", credentials])
    }

    fn find(&self, request: &Parts) -> Option<&Access> {
        let given = request.headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, credentials) = given.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let digest = self.digest(&STANDARD.decode(credentials.trim()).ok()?);
        // All of them are looked at; `Hash` compares in constant time.
        self.accounts.iter().fold(None, |found, (known, access)| if *known == digest { Some(access) } else { found })
    }
}

impl Authorize for BasicAuth {
    fn authorize(&self, request: &Parts) -> impl Future<Output = Result<Access, Refusal>> + Send {
        let refusal = || Refusal::unauthenticated().challenge(CHALLENGE);
        ready(self.find(request).cloned().ok_or_else(refusal))
    }
}

impl fmt::Debug for BasicAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let users = self.accounts.iter().map(|(_, access)| access.who()).collect::<Vec<_>>();
        f.debug_struct("BasicAuth").field("users", &users).finish_non_exhaustive()
    }
}
