//! The source of truth that all processes share: a server of its own, which nobody torments.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use easycache_testkit::server::{Reply, RespClient};

use crate::rows::Row;

/// Gives these rows the number of a new commit, and tells it and what they had before; nothing where somebody else has
/// locked one of them.
const COMMIT: &str = "
    for i = 1, #KEYS do
        local owner = redis.call('GET', 'lock:' .. KEYS[i])
        if owner and owner ~= ARGV[1] then return {} end
    end
    local answer = {redis.call('INCR', 'commits')}
    for i = 1, #KEYS do
        answer[i + 1] = tonumber(redis.call('GET', KEYS[i]) or 0)
        redis.call('SET', KEYS[i], answer[1])
    end
    return answer
";

/// Connections to it.
#[derive(Debug)]
pub(crate) struct Database {
    address: SocketAddr,
    idle: Mutex<Vec<RespClient>>,
}

/// What a commit has changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Committed {
    pub(crate) number: u64,
    /// What the first row had before.
    pub(crate) replaced: u64,
}

impl Database {
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    /// The number of the last commit that has changed a row.
    pub(crate) fn read(&self, row: Row) -> u64 {
        match self.ask(&["GET", &row.0.to_string()]) {
            Reply::Nil => 0,
            number => number.text().parse().expect("a row is a number"),
        }
    }

    /// Changes rows, as the owner of locks or as nobody. None: somebody else has locked one of them.
    pub(crate) fn commit(&self, rows: &[Row], owner: &str) -> Option<Committed> {
        let count = rows.len().to_string();
        let rows = rows.iter().map(|row| row.0.to_string()).collect::<Vec<_>>();
        let mut command = vec!["EVAL", COMMIT, &count];
        command.extend(rows.iter().map(String::as_str));
        command.push(owner);
        let answer = self.ask(&command).array().into_iter().map(Reply::int);
        let mut answer = answer.map(|number| u64::try_from(number).expect("commits are counted from one"));
        Some(Committed { number: answer.next()?, replaced: answer.next()? })
    }

    /// Keeps everybody else from changing a row until it is unlocked. False if somebody else does.
    pub(crate) fn lock(&self, row: Row, owner: &str) -> bool {
        self.ask(&["SET", &format!("lock:{}", row.0), owner, "NX"]) != Reply::Nil
    }

    pub(crate) fn unlock(&self, row: Row) {
        self.ask(&["DEL", &format!("lock:{}", row.0)]);
    }

    fn ask(&self, command: &[&str]) -> Reply {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let client = idle().pop();
        let mut client = client.unwrap_or_else(|| RespClient::connect(self.address).expect("the database is there"));
        let reply = client.command(command).expect("the database answers");
        assert!(!matches!(reply, Reply::Error(_)), "the database: {reply:?}");
        idle().push(client);
        reply
    }
}
