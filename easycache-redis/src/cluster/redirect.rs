//! Where a node says that a command belongs.

use crate::{config::Address, reply::Reply};

/// What is to be done about an answer that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// The slot has another master.
    Moved(Address),
    /// The slot is on its way to another master, and so is the key: that one is asked this once.
    Ask(Address),
    /// The slot is on its way, and some keys of the command are already there.
    TryAgain,
    /// The slot has no master, the node does not know what to make of the cluster, or it has just been started.
    Down,
}

/// What `reply` of the node at `asked` redirects to, if it does.
pub(super) fn of(reply: &Reply, asked: &Address) -> Option<Redirect> {
    let error = reply.error()?;
    match &*error.code {
        "MOVED" => target(&error.detail, asked).map(Redirect::Moved),
        "ASK" => target(&error.detail, asked).map(Redirect::Ask),
        "TRYAGAIN" => Some(Redirect::TryAgain),
        "CLUSTERDOWN" | "MASTERDOWN" | "LOADING" => Some(Redirect::Down),
        _ => None,
    }
}

/// The address in `3999 127.0.0.1:6381`. Without a host it is the one that was asked, at another port.
fn target(detail: &str, asked: &Address) -> Option<Address> {
    let (_slot, address) = detail.trim_end().rsplit_once(' ')?;
    // Not in brackets, even where it is of version 6.
    let (host, port) = address.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let host = if host.is_empty() || host == "?" { asked.host() } else { host };
    Some(Address::new(host, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::ServerError;

    fn of(code: &str, detail: &str) -> Option<Redirect> {
        let error = ServerError { code: code.into(), detail: detail.into() };
        super::of(&Reply::Error(error), &Address::new("asked", 1))
    }

    #[test]
    fn moved_and_ask_name_the_node() {
        assert_eq!(of("MOVED", "3999 127.0.0.1:6381"), Some(Redirect::Moved(Address::new("127.0.0.1", 6381))));
        assert_eq!(of("ASK", "0 cache-2.internal:6381"), Some(Redirect::Ask(Address::new("cache-2.internal", 6381))));
        assert_eq!(of("MOVED", "1 fe80::1:6381"), Some(Redirect::Moved(Address::new("fe80::1", 6381))));
    }

    #[test]
    fn without_a_host_it_is_the_one_that_was_asked() {
        assert_eq!(of("MOVED", "3999 :6381"), Some(Redirect::Moved(Address::new("asked", 6381))));
        assert_eq!(of("MOVED", "3999 ?:6381"), Some(Redirect::Moved(Address::new("asked", 6381))));
    }

    #[test]
    fn what_names_no_node_is_an_error_like_others() {
        for detail in ["", "3999", "3999 host", "3999 host:", "3999 host:0", "3999 host:99999", "3999 host:x"] {
            assert_eq!(of("MOVED", detail), None, "{detail:?}");
        }
        assert_eq!(of("ERR", "3999 127.0.0.1:6381"), None);
        assert_eq!(super::of(&Reply::Nil, &Address::new("asked", 1)), None);
    }

    #[test]
    fn the_rest_passes_by_itself() {
        assert_eq!(of("TRYAGAIN", "Multiple keys request during rehashing of slot"), Some(Redirect::TryAgain));
        assert_eq!(of("CLUSTERDOWN", "Hash slot not served"), Some(Redirect::Down));
        assert_eq!(of("LOADING", "Redis is loading the dataset in memory"), Some(Redirect::Down));
    }
}
