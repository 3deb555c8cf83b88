//! What can go wrong with a server, in sentences that say what to do.

use std::fmt::Display;

use easycache_core::{Error, ErrorKind};

use crate::reply::ServerError;

/// It cannot be reached, or the connection is gone.
pub(crate) fn unreachable(address: &impl Display, why: impl Display) -> Error {
    Error::new(ErrorKind::Unavailable, format!("Redis at {address} cannot be reached: {why}"))
}

/// It has not answered in time.
pub(crate) fn late(address: &impl Display) -> Error {
    Error::new(ErrorKind::Unavailable, format!("Redis at {address} has not answered by the deadline"))
}

/// It has done something, but not all that was asked for.
pub(crate) fn undone(address: &impl Display, what: impl Display) -> Error {
    Error::new(ErrorKind::Unavailable, format!("Redis at {address}: {what}"))
}

/// It answers what Redis would not.
pub(crate) fn garbled(address: &impl Display, what: impl Display) -> Error {
    let message = format!("{address} does not answer as Redis does ({what}): check host and port");
    Error::new(ErrorKind::Refused, message)
}

/// It refuses.
pub(crate) fn refused(address: &impl Display, what: impl Display) -> Error {
    Error::new(ErrorKind::Refused, format!("Redis at {address} {what}"))
}

/// It has answered with an error.
pub(crate) fn replied(address: &impl Display, error: &ServerError) -> Error {
    let ServerError { code, detail } = error;
    let kind = if is_passing(code) { ErrorKind::Unavailable } else { ErrorKind::Refused };
    let separator = if advice(code).is_empty() { "" } else { "; " };
    Error::new(kind, format!("Redis at {address} says {code} {detail}{separator}{}", advice(code)))
}

/// It is not known which node of a cluster has what.
pub(crate) fn uncharted() -> Error {
    let message = "the nodes of the Redis Cluster have not told by the deadline which slots they have";
    Error::new(ErrorKind::Unavailable, message)
}

/// No node of a cluster has that slot.
pub(crate) fn unowned(slot: u16) -> Error {
    let message =
        format!("no node of the Redis Cluster has slot {slot}: see CLUSTER NODES for the one that is missing");
    Error::new(ErrorKind::Unavailable, message)
}

/// The nodes of a cluster send a command from one to the other.
pub(crate) fn restless() -> Error {
    let message = "the nodes of the Redis Cluster do not agree on where a key belongs: its slot is being moved";
    Error::new(ErrorKind::Unavailable, message)
}

/// The settings are wrong.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidConfig, message.into())
}

/// Whether the same command can succeed later, with nobody doing anything about it.
fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "LOADING"
            | "MASTERDOWN"
            | "NOREPLICAS"
            | "CLUSTERDOWN"
            | "READONLY"
            | "TRYAGAIN"
            | "BUSY"
            | "MOVED"
            | "ASK"
            | "UNBLOCKED"
    )
}

/// What can be done about it.
fn advice(code: &str) -> &'static str {
    match code {
        "NOAUTH" => "give a user and a password: redis://user:password@host",
        "WRONGPASS" => "check user and password",
        "NOPERM" => "give the user the permission: ACL SETUSER",
        "OOM" => "raise maxmemory, or choose a maxmemory-policy that makes room",
        "MISCONF" => "see the server's log: it cannot write to its disk",
        "READONLY" => "this is a replica: connect to its master, or through Sentinel or Cluster",
        "NOREPLICAS" => "too few replicas are there for min-replicas-to-write",
        "LOADING" => "it has just been started",
        "BUSY" => "a script runs for too long: SCRIPT KILL ends it",
        "CROSSSLOT" | "MOVED" | "ASK" => "this is a node of a cluster: connect with redis+cluster://",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Address;

    fn said(text: &str) -> Error {
        let (code, detail) = text.split_once(' ').unwrap_or((text, ""));
        let error = ServerError { code: code.into(), detail: detail.into() };
        replied(&Address::new("cache", 6379), &error)
    }

    #[test]
    fn what_passes_by_itself_is_unavailable_and_the_rest_is_refused() {
        for text in ["LOADING x", "MASTERDOWN x", "NOREPLICAS x", "CLUSTERDOWN x", "READONLY x", "TRYAGAIN x", "BUSY x"]
        {
            assert_eq!(said(text).kind(), ErrorKind::Unavailable, "{text}");
        }
        for text in ["NOAUTH x", "WRONGPASS x", "NOPERM x", "OOM x", "MISCONF x", "WRONGTYPE x", "ERR x", "NEW"] {
            assert_eq!(said(text).kind(), ErrorKind::Refused, "{text}");
        }
    }

    #[test]
    fn a_message_names_the_server_and_says_what_to_do() {
        let message = "Redis at cache:6379 says WRONGPASS invalid password; check user and password";
        assert_eq!(said("WRONGPASS invalid password").to_string(), message);
        assert_eq!(said("ERR unknown command").to_string(), "Redis at cache:6379 says ERR unknown command");
    }
}
