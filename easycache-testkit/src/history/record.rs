//! Writing a history down.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Write as _},
    path::Path,
};

use super::{Kind, now};

/// Writes what one process does to a file, each call when it has ended: what a process did that is killed is there.
#[derive(Debug)]
pub struct Recorder {
    process: u32,
    file: File,
}

/// A call that has begun.
#[derive(Debug)]
#[must_use = "what does not end is not recorded"]
pub struct Call<'a> {
    recorder: &'a Recorder,
    called: u64,
}

impl Recorder {
    /// A new file for the process of that number.
    pub fn create(path: impl AsRef<Path>, process: u32) -> io::Result<Self> {
        // Appended to, so that lines of several threads do not overwrite each other.
        let file = File::options().create_new(true).append(true).open(path)?;
        Ok(Self { process, file })
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
        let Self { recorder: Recorder { process, file }, called } = self;
        let mut line = format!("{process} {called} {returned} {} {commit}", kind.word());
        for word in std::iter::once(key).chain(scopes.iter().map(AsRef::as_ref)) {
            assert!(!word.is_empty() && !word.contains(char::is_whitespace), "{word:?} is no name for a history");
            write!(line, " {word}").expect("text can be written to");
        }
        line.push('\n');
        let mut file = file;
        file.write_all(line.as_bytes()).expect("the history can be written");
    }
}
