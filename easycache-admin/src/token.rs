//! What this page has shown to somebody, and they send back: nobody else can have made it.

use std::{fmt, sync::Arc, time::Duration};

use blake3::Hash;
use easycache_core::{Clock, Moment};

/// A token is good until the end of the slot after its own.
const SLOT: Duration = Duration::from_secs(60 * 60);

/// Random bytes of this process.
#[derive(Clone)]
pub(crate) struct Secret([u8; 32]);

impl Secret {
    pub(crate) fn random() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        Self(bytes)
    }

    /// The digest of all these parts under the secret. Parts cannot be exchanged for others that look the same when they
    /// are joined.
    pub(crate) fn digest(&self, parts: &[&[u8]]) -> Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        hasher.finalize()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Makes tokens and knows them again. There is nothing to remember: a token is the digest of whom it was shown to, what it is
/// for, and the hour.
#[derive(Debug)]
pub(crate) struct Tokens {
    secret: Secret,
    clock: Arc<dyn Clock>,
}

impl Tokens {
    pub(crate) fn new(secret: Secret, clock: Arc<dyn Clock>) -> Self {
        Self { secret, clock }
    }

    /// The token of somebody for exactly this.
    pub(crate) fn token(&self, who: &str, content: &[u8]) -> String {
        self.of_slot(self.slot(), who, content).to_hex().to_string()
    }

    /// Whether it is theirs, for exactly this, and not too old.
    pub(crate) fn knows(&self, token: &str, who: &str, content: &[u8]) -> bool {
        let slot = self.slot();
        // `Hash` compares in constant time.
        Hash::from_hex(token).is_ok_and(|token| {
            [slot, slot.saturating_sub(1)].into_iter().any(|slot| self.of_slot(slot, who, content) == token)
        })
    }

    fn of_slot(&self, slot: u64, who: &str, content: &[u8]) -> Hash {
        self.secret.digest(&[b"token", &slot.to_le_bytes(), who.as_bytes(), content])
    }

    fn slot(&self) -> u64 {
        self.clock.now().since(Moment::ORIGIN).as_secs() / SLOT.as_secs()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use easycache_core::Chores;

    use super::*;

    #[derive(Debug)]
    struct Fixed(Moment);

    impl Clock for Fixed {
        fn now(&self) -> Moment {
            self.0
        }

        fn attend(&self, _chores: Weak<dyn Chores>) {}
    }

    fn tokens(secret: &Secret, hours: u64) -> Tokens {
        let now = Moment::ORIGIN.after(SLOT * u32::try_from(hours).unwrap());
        Tokens::new(secret.clone(), Arc::new(Fixed(now)))
    }

    #[test]
    fn a_token_is_of_one_person_for_one_purpose_and_for_one_to_two_hours() {
        let secret = Secret::random();
        let token = tokens(&secret, 5).token("ann", b"tag users");
        assert!(tokens(&secret, 5).knows(&token, "ann", b"tag users"));
        assert!(tokens(&secret, 6).knows(&token, "ann", b"tag users"));
        assert!(!tokens(&secret, 7).knows(&token, "ann", b"tag users"), "too old");
        assert!(!tokens(&secret, 4).knows(&token, "ann", b"tag users"), "not yet");
        assert!(!tokens(&secret, 5).knows(&token, "bob", b"tag users"));
        assert!(!tokens(&secret, 5).knows(&token, "ann", b"tag goods"));
        assert!(!tokens(&Secret::random(), 5).knows(&token, "ann", b"tag users"), "of another process");
        for wrong in ["", "x", &token[1..]] {
            assert!(!tokens(&secret, 5).knows(wrong, "ann", b"tag users"), "{wrong}");
        }
    }

    #[test]
    fn parts_of_a_digest_are_kept_apart() {
        let secret = Secret::random();
        assert_ne!(secret.digest(&[b"ab", b"c"]), secret.digest(&[b"a", b"bc"]));
    }
}
