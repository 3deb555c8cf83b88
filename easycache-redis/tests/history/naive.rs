//! A cache as they are commonly written: a value is stored with the versions of its tags as they are when it has been
//! computed, and a key is deleted without regard to who is computing it.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use easycache_testkit::server::{Reply, RespClient};

use crate::{
    database::Database,
    rows::{Row, Scope},
    shop::Pace,
};

#[derive(Debug)]
pub(crate) struct Naive {
    server: Mutex<RespClient>,
    pub(crate) database: Database,
}

impl Naive {
    pub(crate) fn on(server: SocketAddr, database: Database) -> Self {
        Self { server: Mutex::new(RespClient::connect(server).expect("the server is there")), database }
    }

    /// What is cached or else computed, and whether it was computed.
    pub(crate) fn read(&self, row: Row, pace: Pace) -> (u64, bool) {
        let (key, tags) = names(row);
        let (cached, versions) = (self.ask(&["GET", &key]), self.versions(&tags));
        if let Reply::Bulk(cached) = cached {
            let cached = String::from_utf8(cached).expect("it was stored as text");
            let (commit, of_value) = cached.split_once(' ').expect("it was stored with its versions");
            if of_value == versions {
                return (commit.parse().expect("it was stored as a number"), false);
            }
        }
        let commit = pace.compute(&self.database, row);
        let value = format!("{commit} {}", self.versions(&tags));
        self.ask(&["SET", &key, &value, "PX", "2000"]);
        (commit, true)
    }

    pub(crate) fn invalidate(&self, scope: Scope) {
        match scope {
            // It has no tags that come with the result.
            Scope::Key(row) | Scope::Mark(row, _) => self.ask(&["DEL", &names(row).0]),
            other => self.ask(&["INCR", &other.word()]),
        };
    }

    fn versions(&self, tags: &[String]) -> String {
        let command = std::iter::once("MGET").chain(tags.iter().map(String::as_str)).collect::<Vec<_>>();
        let versions = self.ask(&command).array().into_iter();
        versions.map(|version| if version == Reply::Nil { "0".to_owned() } else { version.text() } + ",").collect()
    }

    fn ask(&self, command: &[&str]) -> Reply {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.command(command).expect("the server answers")
    }
}

/// The name of a row's value, and what it is invalidated by.
fn names(row: Row) -> (String, Vec<String>) {
    let (tenant, team) = (row.tenant(), row.team());
    let scopes = [Scope::Team(team), Scope::Tenant(tenant), Scope::Branch(tenant, team), Scope::Everything];
    (row.key(), scopes.map(Scope::word).into())
}
