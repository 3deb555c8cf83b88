//! A cache as they are commonly written: a value is stored with the versions of its tags as they are when it has been
//! computed, and a key is deleted without regard to who is computing it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{
    database::Database,
    pace::Pace,
    plain::Plain,
    rows::{Row, Scope},
};

#[derive(Debug)]
pub(crate) struct Naive {
    server: Mutex<Plain>,
    pub(crate) database: Database,
}

impl Naive {
    pub(crate) fn on(server: Plain, database: Database) -> Self {
        Self { server: Mutex::new(server), database }
    }

    /// What is cached or else computed, and whether it was computed.
    pub(crate) fn read(&self, row: Row, pace: Pace) -> (u64, bool) {
        let (key, tags) = names(row);
        let cached = self.server().get_many(&[&key]).remove(0);
        let versions = self.versions(&tags);
        if let Some(cached) = cached {
            let (commit, of_value) = cached.split_once(' ').expect("it was stored with its versions");
            if of_value == versions {
                return (commit.parse().expect("it was stored as a number"), false);
            }
        }
        let commit = pace.compute(&self.database, row);
        let value = format!("{commit} {}", self.versions(&tags));
        self.server().set(&key, &value);
        (commit, true)
    }

    pub(crate) fn invalidate(&self, scope: Scope) {
        match scope {
            // It has no tags that come with the result.
            Scope::Key(row) | Scope::Mark(row, _) => self.server().delete(&names(row).0),
            other => self.server().increment(&other.word()),
        }
    }

    fn versions(&self, tags: &[String]) -> String {
        let versions = self.server().get_many(&tags.iter().map(String::as_str).collect::<Vec<_>>());
        versions.into_iter().map(|version| version.unwrap_or_else(|| "0".to_owned()) + ",").collect()
    }

    fn server(&self) -> MutexGuard<'_, Plain> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a row's value, and what it is invalidated by.
fn names(row: Row) -> (String, Vec<String>) {
    let (tenant, team) = (row.tenant(), row.team());
    let scopes = [Scope::Team(team), Scope::Tenant(tenant), Scope::Branch(tenant, team), Scope::Everything];
    (row.key(), scopes.map(Scope::word).into())
}
