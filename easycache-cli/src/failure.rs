//! What can go wrong, and how it is told.

use std::{
    error::Error as _,
    io::{self, Write},
    process::ExitCode,
};

use easycache::{Error, ErrorKind};
use serde_json::json;

use crate::args;

/// The arguments, the configuration or a name are wrong.
pub(crate) const USAGE: u8 = 2;
/// The servers cannot be reached, or refuse.
pub(crate) const UNREACHABLE: u8 = 3;

/// Why it is not done.
#[derive(Debug)]
pub(crate) enum Failure {
    Usage(String),
    Cache(Error),
    Output(io::Error),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// Of an invalidation: what a cache says of it is meant for services, which live on and repeat it.
    pub(crate) fn not_done(error: Error) -> Self {
        let reason = error.source().and_then(|source| source.downcast_ref::<Error>()).unwrap_or(&error);
        match error.kind() {
            ErrorKind::Unavailable | ErrorKind::Refused => {
                let message = format!("the invalidation is not known to be done: {reason}; run it again");
                Self::Cache(Error::new(error.kind(), message))
            }
            _ => Self::Cache(error),
        }
    }

    /// Tells of it, and how the program ends.
    pub(crate) fn report(self, json: bool) -> ExitCode {
        let (kind, message, code) = match self {
            Self::Usage(message) => ("usage", message, USAGE),
            Self::Output(error) => ("output", format!("the output cannot be written: {error}"), UNREACHABLE),
            Self::Cache(error) => (error.kind().name(), error.to_string(), code(error.kind())),
        };
        let message = args::without_secrets(message, &args::given());
        let text = if json {
            json!({ "error": { "kind": kind, "message": message, "exit": code } }).to_string()
        } else {
            format!("error: {message}")
        };
        // Nobody is there to be told.
        let _unread = writeln!(io::stderr().lock(), "{text}");
        ExitCode::from(code)
    }
}

fn code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::InvalidName | ErrorKind::InvalidDuration | ErrorKind::InvalidConfig | ErrorKind::Unsupported => {
            USAGE
        }
        _ => UNREACHABLE,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Cache(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}
