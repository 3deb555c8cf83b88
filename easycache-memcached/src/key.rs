//! Names, as memcached takes them.

use blake3::Hasher;

/// The longest key, in bytes.
const LONGEST: usize = 250;

/// A name that memcached takes: without blanks and control characters, and not too long.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(Box<str>);

impl Key {
    /// What is kept under that name. A name that would be two words, or none, is hashed; two that have the same hash are
    /// told apart by what the values say of themselves.
    pub(crate) fn of(name: &str) -> Self {
        let fits = |byte: u8| byte > b' ' && byte != 0x7f;
        if !name.is_empty() && name.len() <= LONGEST && name.bytes().all(fits) {
            return Self(name.into());
        }
        let hash = Hasher::new().update(name.as_bytes()).finalize().to_hex();
        Self(format!("#{}", &hash[..32]).into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> String {
        Key::of(name).0.into()
    }

    #[test]
    fn names_that_memcached_takes_stay_as_they_are() {
        for name in ["ec:v:{user%3A1}", "ü", "日本", "#", &"x".repeat(250)] {
            assert_eq!(key(name), name);
        }
    }

    #[test]
    fn names_that_it_does_not_take_are_hashed() {
        let (spaced, long) = (key("ec:v:{user 42}"), key(&"x".repeat(251)));
        for key in [&spaced, &long, &key(""), &key("a\r\nflush_all"), &key("a\u{7f}"), &key("a\tb")] {
            assert!(key.len() == 33 && key.starts_with('#') && key[1..].bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
        assert_ne!(spaced, key("ec:v:{user  42}"));
        assert_eq!(spaced, key("ec:v:{user 42}"));
    }
}
