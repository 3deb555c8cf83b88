//! Writing a history down.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Write as _},
    path::Path,
    sync::{Mutex, PoisonError},
};

use super::{Kind, now};

/// Writes down what one process does, each call when it has ended: in a file, where that of a process that is killed is
/// found, or in memory.
#[derive(Debug)]
pub struct Recorder {
    process: u32,
    record: Record,
}

#[derive(Debug)]
enum Record {
    File(File),
    Memory(Mutex<String>),
}

/// A call that has begun.
#[derive(Debug)]
#[must_use = "what does not end is not recorded"]
pub struct Call<'a> {
    recorder: &'a Recorder,
    called: u64,
}

impl Recorder {
    /// A new file for the process of that number. An error on systems other than Unix, where processes have no clock in
    /// common.
    pub fn create(path: impl AsRef<Path>, process: u32) -> io::Result<Self> {
        if cfg!(not(unix)) {
            let message = "processes have no clock in common here: record what one process does in memory";
            return Err(io::Error::new(io::ErrorKind::Unsupported, message));
        }
        // Appended to, so that lines of several threads do not overwrite each other.
        let file = File::options().create_new(true).append(true).open(path)?;
        Ok(Self { process, record: Record::File(file) })
    }

    /// In memory, for one process that is all there is.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { process: 0, record: Record::Memory(Mutex::default()) }
    }

    /// What was recorded in memory so far; nothing, if it is in a file.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.record {
            Record::File(_) => String::new(),
            Record::Memory(text) => text.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// A call begins now.
    pub fn begin(&self) -> Call<'_> {
        Call { recorder: self, called: now() }
    }
}

impl Call<'_> {
    /// It ends now. For a read: what of it, `key` and the scopes that its value depends on; for an invalidation: the
    /// scopes that it reaches.
    ///
    /// # Panics
    ///
    /// If a name has blanks in it, or nothing can be written.
    pub fn end(self, kind: Kind, commit: u64, key: &str, scopes: &[impl AsRef<str>]) {
        let returned = now();
        let Self { recorder: Recorder { process, record }, called } = self;
        let mut line = format!("{process} {called} {returned} {} {commit}", kind.word());
        for word in std::iter::once(key).chain(scopes.iter().map(AsRef::as_ref)) {
            assert!(!word.is_empty() && !word.contains(char::is_whitespace), "{word:?} is no name for a history");
            write!(line, " {word}").expect("text can be written to");
        }
        line.push('\n');
        match record {
            Record::File(file) => {
                let mut file = file;
                file.write_all(line.as_bytes()).expect("the history can be written");
            }
            Record::Memory(text) => text.lock().unwrap_or_else(PoisonError::into_inner).push_str(&line),
        }
    }
}
