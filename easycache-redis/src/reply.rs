//! What a server answers.

use bytes::Bytes;

/// The answer to one command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    Nil,
    Okay,
    Int(i64),
    Bytes(Bytes),
    List(Vec<Self>),
    /// The server refuses that command. The others of the same wave have answers of their own.
    Error(ServerError),
}

/// What a server says when it refuses: `WRONGTYPE Operation against …` has the code `WRONGTYPE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerError {
    pub(crate) code: Box<str>,
    pub(crate) detail: Box<str>,
}

impl Reply {
    /// Its bytes; none if it is anything else.
    pub(crate) fn bytes(self) -> Option<Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Its text; none if it is anything else.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// Its error, if it is one.
    pub(crate) fn error(&self) -> Option<&ServerError> {
        match self {
            Self::Error(error) => Some(error),
            _ => None,
        }
    }
}
