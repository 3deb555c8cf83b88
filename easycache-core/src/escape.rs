//! The one escaping function: text that goes between the separators of a key never looks like one.

use std::fmt::{self, Write};

/// Writes `text` with every character percent-escaped (as UTF-8 bytes) that means something in a key, a tag or a
/// prefix: `%`, `:`, `/`, `|`, `{`, `}`, space and control characters; inside the quotes of a typed key also `"`.
pub(crate) fn escape(text: &str, quoted: bool, out: &mut impl Extend<u8>) {
    let mut rest = text;
    while let Some(at) = rest.find(|c| is_special(c, quoted)) {
        let special = rest[at..].chars().next().map_or(0, char::len_utf8);
        out.extend(rest[..at].bytes());
        for byte in rest[at..at + special].bytes() {
            out.extend([b'%', hex(byte >> 4), hex(byte & 15)]);
        }
        rest = &rest[at + special..];
    }
    out.extend(rest.bytes());
}

fn is_special(c: char, quoted: bool) -> bool {
    matches!(c, '%' | ':' | '/' | '|' | '{' | '}' | ' ') || (quoted && c == '"') || c.is_control()
}

const fn hex(digit: u8) -> u8 {
    match digit {
        0..=9 => b'0' + digit,
        _ => b'A' + digit - 10,
    }
}

/// A formatter's sink that escapes what is written to it.
#[derive(Debug)]
pub(crate) struct Escaped<'a, O> {
    pub(crate) out: &'a mut O,
    pub(crate) quoted: bool,
}

impl<O: Extend<u8>> Write for Escaped<'_, O> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(text, self.quoted, self.out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        escape(text, false, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in ["", "user", "ünï-cødé", "a.b,c\"d"] {
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn what_means_something_in_a_key_is_escaped() {
        assert_eq!(escaped("a:b/c|d{e}f g%h\n"), "a%3Ab%2Fc%7Cd%7Be%7Df%20g%25h%0A");
        assert_eq!(escaped("\u{85}"), "%C2%85", "control characters beyond ASCII as well");
    }

    #[test]
    fn quotes_are_escaped_only_between_quotes() {
        let mut out = Vec::new();
        escape("a\"b", true, &mut out);
        assert_eq!(out, b"a%22b");
    }
}
