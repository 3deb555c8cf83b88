//! What could not be answered.

use std::borrow::Cow;

use axum::http::StatusCode;
use easycache_core::{Error, ErrorKind};
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// Why something could not be answered: a status, and a sentence for people. Never a password: errors of caches have none.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) status: StatusCode,
    pub(crate) message: Cow<'static, str>,
}

impl Trouble {
    pub(crate) fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into() }
    }

    /// What was sent cannot be used.
    pub(crate) fn bad(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn no_cache(alias: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("this page shows no cache with the alias {alias:?}"))
    }

    pub(crate) fn not_registered(alias: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no cache is registered under the alias {alias:?} at the moment"))
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::InvalidName | ErrorKind::InvalidConfig | ErrorKind::InvalidDuration => StatusCode::BAD_REQUEST,
            ErrorKind::Unsupported => StatusCode::NOT_IMPLEMENTED,
            ErrorKind::Unavailable | ErrorKind::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Refused => StatusCode::BAD_GATEWAY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl Serialize for Trouble {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("Trouble", 2)?;
        map.serialize_field("status", &self.status.as_u16())?;
        map.serialize_field("error", &self.message)?;
        map.end()
    }
}

/// Within something else: the sentence alone.
#[expect(clippy::ref_option, reason = "serde calls it")]
pub(crate) fn as_message<S: Serializer>(trouble: &Option<Trouble>, serializer: S) -> Result<S::Ok, S::Error> {
    trouble.as_ref().map(|trouble| &trouble.message).serialize(serializer)
}
