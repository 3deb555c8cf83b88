//! What can go wrong with a server, in sentences that say what to do.

use std::fmt::Display;

use easycache_core::{Error, ErrorKind};

use crate::{config::Address, reply::Refusal};

/// It cannot be reached, or the connection is gone.
pub(crate) fn unreachable(address: &Address, why: impl Display) -> Error {
    Error::new(ErrorKind::Unavailable, format!("memcached at {address} cannot be reached: {why}"))
}

/// It has not answered in time.
pub(crate) fn late(address: &Address) -> Error {
    Error::new(ErrorKind::Unavailable, format!("memcached at {address} has not answered by the deadline"))
}

/// It answers what memcached would not.
pub(crate) fn garbled(address: &Address, what: impl Display) -> Error {
    let message = format!("{address} does not answer as memcached does ({what}): check host and port");
    Error::new(ErrorKind::Refused, message)
}

/// It refuses.
pub(crate) fn refused(address: &Address, what: impl Display) -> Error {
    Error::new(ErrorKind::Refused, format!("memcached at {address} {what}"))
}

/// It has answered with an error.
pub(crate) fn replied(address: &Address, refusal: &Refusal) -> Error {
    let (kind, advice) = match refusal {
        // Others go, or their time is over, and there is room again.
        Refusal::OutOfMemory => (ErrorKind::Unavailable, MORE),
        Refusal::TooLarge => (ErrorKind::Refused, "let it take larger items (-I)"),
        Refusal::Other(_) => (ErrorKind::Refused, "see the server's log"),
    };
    Error::new(kind, format!("memcached at {address} says {refusal}: {advice}"))
}

/// What can be done when it is full.
const MORE: &str = "give it more (-m), or let it evict (no -M)";

/// It has made nothing where it was to make an empty item.
pub(crate) fn full(address: &Address) -> Error {
    Error::new(ErrorKind::Unavailable, format!("memcached at {address} is out of memory: {MORE}"))
}

/// Somebody else changes the same thing all the time.
pub(crate) fn contended(address: &Address, name: &str) -> Error {
    let message = format!("memcached at {address}: what is called {name:?} changes all the time; try again later");
    Error::new(ErrorKind::Unavailable, message)
}

/// The settings are wrong.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidConfig, message.into())
}
