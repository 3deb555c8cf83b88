//! What is printed.

use std::io::{self, BufWriter, StdoutLock, Write};

use easycache::visible;

use crate::failure::Failure;

/// The output, and how it is to be.
///
/// That whoever reads it has gone is no failure: a command has come to what it has come to, and its exit code says so.
pub(crate) struct Out {
    to: BufWriter<StdoutLock<'static>>,
    json: bool,
    unread: bool,
}

impl Out {
    pub(crate) fn new(json: bool) -> Self {
        Self { to: BufWriter::new(io::stdout().lock()), json, unread: false }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether nobody is there to read any more, as far as that was noticed.
    pub(crate) fn is_unread(&self) -> bool {
        self.unread
    }

    /// Text with names in it, for people: a line each, in which nothing is invisible.
    pub(crate) fn told(&mut self, text: impl std::fmt::Display) -> Result<(), Failure> {
        self.line(readable(&text.to_string()))
    }

    /// A line, as it is.
    pub(crate) fn line(&mut self, text: impl std::fmt::Display) -> Result<(), Failure> {
        self.write(|to| writeln!(to, "{text}"))
    }

    /// The same without an end.
    pub(crate) fn text(&mut self, text: impl std::fmt::Display) -> Result<(), Failure> {
        self.write(|to| write!(to, "{text}"))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.write(Write::flush)
    }

    fn write(
        &mut self,
        write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>,
    ) -> Result<(), Failure> {
        match write(&mut self.to) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.unread = true,
            written => written?,
        }
        Ok(())
    }
}

/// The text with all that nobody would see in it written out, but for the lines that it has.
fn readable(text: &str) -> String {
    text.split('\n').map(in_line).collect::<Vec<_>>().join("\n")
}

/// One line of it; a margin stays one.
fn in_line(line: &str) -> String {
    let rest = line.trim_start_matches(' ');
    let margin = &line[..line.len() - rest.len()];
    [margin, &visible(rest)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_margins_stay_and_what_is_invisible_does_not() {
        assert_eq!(readable("key: a\n\n  tags: b\u{202e}, c "), "key: a\n\n  tags: b\\u{202e}, c\\u{20}");
    }
}
