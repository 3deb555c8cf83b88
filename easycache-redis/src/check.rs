//! What is looked at once, when a service starts.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use easycache_core::{Deadline, ErrorKind, Result};
use futures_util::future::join_all;

use crate::{
    config::{Address, Wait},
    lane::{Command, Wave, field},
    node::{Answer, How, Node},
    reply::Reply,
};

/// How long looking may take, once the connection is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is asked of the configuration.
const PARAMETERS: [&str; 9] = [
    "maxmemory",
    "maxmemory-policy",
    "save",
    "appendonly",
    "min-replicas-to-write",
    "proto-max-bulk-len",
    "cluster-enabled",
    "cluster-allow-reads-when-down",
    "cluster-require-full-coverage",
];

/// Connects, and logs what will surprise somebody. What the servers do not tell is not known, and not said. Of several
/// servers some may be down, but not all of them.
///
/// Returns the largest value that all of them take, as far as they tell.
pub(crate) async fn look_at(nodes: &[Arc<Node>], wait: Option<Wait>) -> Result<Option<usize>> {
    let mut surprises = BTreeMap::<_, Vec<_>>::new();
    let mut unreachable = Vec::new();
    let mut largest = None;
    for looked in join_all(nodes.iter().map(|node| look(node, wait))).await {
        match looked {
            Ok(look) => {
                largest = [largest, look.largest].into_iter().flatten().min();
                look.surprises
                    .into_iter()
                    .for_each(|told| surprises.entry(told).or_default().push(look.address.to_string()));
            }
            Err(error) if error.kind() == ErrorKind::Unavailable => unreachable.push(error),
            Err(error) => return Err(error),
        }
    }
    if unreachable.len() == nodes.len()
        && let Some(error) = unreachable.pop()
    {
        return Err(error);
    }
    for (surprise, servers) in surprises {
        tracing::warn!(servers = servers.join(", "), "{surprise}");
    }
    for error in &unreachable {
        tracing::warn!(%error, "one of the servers is not there");
    }
    Ok(largest)
}

/// What a look at one server has shown.
struct Look {
    address: Address,
    largest: Option<usize>,
    surprises: Vec<&'static str>,
}

async fn look(node: &Node, wait: Option<Wait>) -> Result<Look> {
    let wave = || {
        Wave::new(2)
            .with(Command::new("INFO").arg("replication"))
            .with(Command::new("CONFIG").arg("GET").args(PARAMETERS))
    };
    let deadline = Deadline::after(node.settings().connect_timeout + PATIENCE);
    let Answer { replies, address, .. } = node.ask(wave, How::Again, deadline).await?;
    let facts = Facts::of(&address, &replies);
    let largest = facts.config.get("proto-max-bulk-len").and_then(|bytes| bytes.parse().ok());
    let surprises = facts.surprises(node.settings().epoch, wait.map_or(0, |wait| wait.replicas));
    Ok(Look { address, largest, surprises })
}

/// What is known of a server.
#[derive(Debug, Default)]
struct Facts<'a> {
    config: HashMap<&'a str, &'a str>,
    replicas: u32,
}

impl<'a> Facts<'a> {
    fn of(address: &Address, replies: &'a [Reply]) -> Self {
        let mut facts = Self::default();
        if let Some(info) = replies.first().and_then(Reply::text) {
            let replicas = field(info, "connected_slaves").and_then(|count| count.parse().ok());
            facts.replicas = replicas.unwrap_or_default();
        }
        match replies.get(1) {
            Some(Reply::List(parts)) => {
                let pairs = parts.chunks_exact(2).filter_map(|pair| Some((pair[0].text()?, pair[1].text()?)));
                facts.config = pairs.collect();
            }
            Some(Reply::Error(denied)) => {
                tracing::debug!(server = %address, code = %denied.code, "the server does not tell its settings");
            }
            _ => {}
        }
        facts
    }

    fn is(&self, parameter: &str, wanted: impl Fn(&str) -> bool) -> bool {
        self.config.get(parameter).is_some_and(|value| wanted(value))
    }

    fn surprises(&self, epoch: bool, wait: u32) -> Vec<&'static str> {
        let clustered = self.is("cluster-enabled", |enabled| enabled == "yes");
        let bounded = self.is("maxmemory", |bytes| bytes != "0");
        let persistent = self.is("appendonly", |on| on == "yes") || self.is("save", |when| !when.is_empty());
        let all = [
            (
                bounded && self.is("maxmemory-policy", |policy| policy.starts_with("allkeys-")),
                "maxmemory-policy is allkeys-*: when memory is full, stamps go as others do, and with each of them \
                 everything that depends on it; volatile-ttl drops values first",
            ),
            (
                bounded && self.is("maxmemory-policy", |policy| policy == "noeviction"),
                "maxmemory-policy is noeviction: when memory is full, nothing more is cached; volatile-ttl makes room",
            ),
            (
                persistent && !epoch,
                "the server is persistent: after a crash it may restore what was invalidated; switch persistence off, \
                 or add epoch=on",
            ),
            (
                self.replicas > 0 && self.is("min-replicas-to-write", |least| least == "0"),
                "there are replicas, and min-replicas-to-write is 0: a master that is cut off goes on to acknowledge \
                 invalidations that the next one has not seen; set it to 1",
            ),
            (
                clustered && self.is("cluster-allow-reads-when-down", |allowed| allowed == "yes"),
                "cluster-allow-reads-when-down is yes: a node that is cut off goes on to answer with what was \
                 invalidated elsewhere; set it to no",
            ),
            (
                clustered && self.is("cluster-require-full-coverage", |required| required == "yes"),
                "cluster-require-full-coverage is yes: when one range of slots has no master, nothing is cached at all; \
                 set it to no",
            ),
            (
                wait > 0 && self.replicas < wait,
                "there are fewer replicas than wait says: each invalidation is an error; make wait less, or start more",
            ),
            (
                wait > 0 && wait < self.replicas,
                "there are more replicas than wait says: one that has not got an invalidation may be the next master; \
                 make wait as many as there are",
            ),
        ];
        all.into_iter().filter_map(|(holds, surprise)| holds.then_some(surprise)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surprises(config: &[(&str, &str)], replicas: u32, epoch: bool) -> Vec<&'static str> {
        surprises_if_waiting(config, replicas, epoch, 0)
    }

    fn surprises_if_waiting(config: &[(&str, &str)], replicas: u32, epoch: bool, wait: u32) -> Vec<&'static str> {
        let text = |text: &str| Reply::Bytes(text.to_owned().into());
        let info = text(&format!("# Replication\r\nrole:master\r\nconnected_slaves:{replicas}\r\n"));
        let config = config.iter().flat_map(|(name, value)| [text(name), text(value)]).collect();
        Facts::of(&Address::new("h", 1), &[info, Reply::List(config)]).surprises(epoch, wait)
    }

    #[test]
    fn a_server_that_is_set_up_as_a_cache_is_no_surprise() {
        let config = [("maxmemory", "100"), ("maxmemory-policy", "volatile-ttl"), ("save", ""), ("appendonly", "no")];
        assert_eq!(surprises(&config, 0, false), [""; 0]);
    }

    #[test]
    fn each_surprise_is_told() {
        let told = |config: &[(&str, &str)], replicas, epoch| surprises(config, replicas, epoch).join("\n");
        assert!(told(&[("maxmemory", "9"), ("maxmemory-policy", "allkeys-lru")], 0, false).contains("allkeys"));
        assert!(told(&[("maxmemory", "9"), ("maxmemory-policy", "noeviction")], 0, false).contains("noeviction"));
        assert_eq!(told(&[("maxmemory", "0"), ("maxmemory-policy", "allkeys-lru")], 0, false), "");
        assert!(told(&[("save", "3600 1")], 0, false).contains("epoch=on"));
        assert!(told(&[("appendonly", "yes")], 0, false).contains("epoch=on"));
        assert_eq!(told(&[("appendonly", "yes")], 0, true), "");
        assert!(told(&[("min-replicas-to-write", "0")], 1, false).contains("min-replicas"));
        assert_eq!(told(&[("min-replicas-to-write", "0")], 0, false), "");
        for (parameter, hint) in
            [("cluster-allow-reads-when-down", "cut off"), ("cluster-require-full-coverage", "no master")]
        {
            assert!(told(&[("cluster-enabled", "yes"), (parameter, "yes")], 0, false).contains(hint));
            assert_eq!(told(&[("cluster-enabled", "yes"), (parameter, "no")], 0, false), "");
            assert_eq!(told(&[("cluster-enabled", "no"), (parameter, "yes")], 0, false), "");
        }
    }

    #[test]
    fn an_invalidation_should_wait_for_just_as_many_replicas_as_there_are() {
        let told = |replicas, wait| surprises_if_waiting(&[], replicas, false, wait).join("\n");
        assert!(told(1, 2).contains("fewer replicas"));
        assert!(told(2, 1).contains("more replicas"));
        assert_eq!(told(2, 2), "");
    }

    #[test]
    fn a_server_that_does_not_tell_its_settings_is_no_surprise() {
        let denied = crate::reply::ServerError { code: "NOPERM".into(), detail: "".into() };
        let replies = [Reply::Error(denied.clone()), Reply::Error(denied)];
        assert_eq!(Facts::of(&Address::new("h", 1), &replies).surprises(false, 0), [""; 0]);
    }
}
