//! The commands of Redis that a cache needs which is written by hand.

use std::net::SocketAddr;

use easycache_testkit::server::{Reply, RespClient};

#[derive(Debug)]
pub(crate) struct Plain(RespClient);

impl Plain {
    pub(crate) fn connect(url: &str) -> Self {
        let server = url.trim_start_matches("redis://").parse::<SocketAddr>().expect("the URL is an address");
        Self(RespClient::connect(server).expect("the server is there"))
    }

    pub(crate) fn get_many(&mut self, keys: &[&str]) -> Vec<Option<String>> {
        let values = self.ask(&[&["MGET"], keys].concat()).array().into_iter();
        values.map(|value| (value != Reply::Nil).then(|| value.text())).collect()
    }

    /// For two seconds.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.ask(&["SET", key, value, "PX", "2000"]);
    }

    pub(crate) fn delete(&mut self, key: &str) {
        self.ask(&["DEL", key]);
    }

    pub(crate) fn increment(&mut self, key: &str) {
        self.ask(&["INCR", key]);
    }

    fn ask(&mut self, command: &[&str]) -> Reply {
        self.0.command(command).expect("the server answers")
    }
}
