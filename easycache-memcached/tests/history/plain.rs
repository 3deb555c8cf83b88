//! The commands of memcached that a cache needs which is written by hand.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

#[derive(Debug)]
pub(crate) struct Plain(BufReader<TcpStream>);

impl Plain {
    pub(crate) fn connect(url: &str) -> Self {
        let stream = TcpStream::connect(url.trim_start_matches("memcached://")).expect("the server is there");
        stream.set_nodelay(true).expect("it is a connection");
        Self(BufReader::new(stream))
    }

    pub(crate) fn get_many(&mut self, keys: &[&str]) -> Vec<Option<String>> {
        self.send(&format!("get {}", keys.join(" ")));
        let mut found = HashMap::new();
        loop {
            let line = self.line();
            let Some(item) = line.strip_prefix("VALUE ") else { break };
            let (key, _) = item.split_once(' ').expect("an item has a key");
            found.insert(key.to_owned(), self.line());
        }
        keys.iter().map(|key| found.remove(*key)).collect()
    }

    /// For two seconds.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.ask(&format!("set {key} 0 2 {}\r\n{value}", value.len()));
    }

    pub(crate) fn delete(&mut self, key: &str) {
        self.ask(&format!("delete {key}"));
    }

    pub(crate) fn increment(&mut self, key: &str) {
        self.ask(&format!("ma {key} N0 J1"));
    }

    fn ask(&mut self, command: &str) -> String {
        self.send(command);
        self.line()
    }

    fn send(&mut self, command: &str) {
        self.0.get_mut().write_all(format!("{command}\r\n").as_bytes()).expect("the server listens");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the server answers");
        assert!(!line.contains("ERROR"), "{line}");
        line.trim_end().to_owned()
    }
}
