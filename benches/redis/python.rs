//! Python's `easy_cache`, in a process of its own that measures when it is asked to.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// Ended when it is dropped: its input ends.
pub(crate) struct Python {
    child: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    version: String,
}

impl Python {
    /// `$PYTHON`, or `python3`, with the packages of `benches/python/requirements.txt`. Otherwise says what is missing.
    pub(crate) fn start(port: u16) -> Result<Self, String> {
        let program = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/python/easy_cache_hit.py");
        let mut child = Command::new(&program)
            .arg(script)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        let asks = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut python = Self { child, asks, answers, version: String::new() };
        let first = python.line();
        match first.strip_prefix("ready: ") {
            Some(version) => version.clone_into(&mut python.version),
            None if first.is_empty() => return Err(format!("{program} has ended: see above")),
            None => return Err(first),
        }
        Ok(python)
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Nanoseconds per call, over so many calls.
    pub(crate) fn per_call(&mut self, calls: u64) -> f64 {
        writeln!(self.asks.as_mut().expect("it is open"), "{calls}").expect("Python listens");
        self.line().parse().expect("Python answers with a number")
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python writes text");
        line.trim().to_owned()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.asks.take());
        let _ = self.child.wait();
    }
}
