//! The binary, and the application that it is about.

use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use easycache::{Cache, Policy};
use serde_json::Value;

/// What a command has come to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The document on stdout.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error on stderr.
    pub(crate) fn error(&self) -> Value {
        let document: Value = serde_json::from_str(&self.err).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        document["error"].clone()
    }

    /// Asserts how it has ended.
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// The binary, with no caches in its environment but those of the test.
pub(crate) fn command(variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_easycache"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("EASYCACHE_URL")) {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).args(arguments).stdin(Stdio::null());
    command
}

pub(crate) fn run_with(variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let output = command(variables, arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// The command on the cache of that URL, which it has from the environment.
pub(crate) fn run(url: &str, arguments: &[&str]) -> Ran {
    run_with(&[("EASYCACHE_URL", url)], arguments)
}

/// A service that caches, in this process.
pub(crate) struct Application {
    cache: Cache,
    computed: AtomicU32,
}

impl Application {
    pub(crate) fn on(url: &str) -> Self {
        Self { cache: easycache::connect_lazy(url).unwrap(), computed: AtomicU32::new(0) }
    }

    /// The value of a key that belongs to a tenant, tagged; and whether it was computed for it.
    pub(crate) fn computes(&self, key: &str) -> bool {
        let before = self.computed.load(Ordering::SeqCst);
        let policy = Policy::ttl(60).tags(["users"]).prefix("tenant:7");
        let compute = || self.computed.fetch_add(1, Ordering::SeqCst) + 1;
        self.cache.blocking().get_or_compute(key, policy, compute).unwrap();
        self.computed.load(Ordering::SeqCst) > before
    }

    /// Computes what is not there, and sees that it is there then.
    pub(crate) fn fills(&self, keys: &[&str]) {
        for key in keys {
            self.computes(key);
            assert!(!self.computes(key), "{key}");
        }
    }
}
