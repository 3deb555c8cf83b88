//! What a value was computed under, in 16 bytes.

use std::any::type_name;

use blake3::Hasher;

use super::{Codec, Form};
use crate::{
    backend::Version,
    identity::{Space, StampName},
    local,
};

/// Stands in a blob for everything that has to be the same when it is read.
pub(crate) type Digest = [u8; 16];

/// What a value means: the type alone for who asks for any value of it, and together with what the function says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Schema {
    pub(crate) of_type: [u8; 8],
    pub(crate) of_function: [u8; 8],
}

impl Schema {
    /// The numbers that functions have are left out: another process has others.
    pub(crate) fn of<V>(form: Form<V>, codec: Codec, schema: local::Schema) -> Self {
        let of_type = hash("type", form.type_name(), codec, 0);
        let of_function = match schema.name {
            Some(name) => hash("schema", name, codec, schema.version),
            None => hash("type and version", form.type_name(), codec, schema.version),
        };
        Self { of_type, of_function }
    }

    pub(super) fn bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.of_type);
        bytes[8..].copy_from_slice(&self.of_function);
        bytes
    }
}

fn hash(what: &str, name: &str, codec: Codec, version: u32) -> [u8; 8] {
    let mut hasher = Hasher::new();
    text(&mut hasher, what);
    text(&mut hasher, name);
    hasher.update(&[codec.id()]);
    hasher.update(&version.to_le_bytes());
    first(&hasher)
}

/// What tells the type of an error.
pub(super) fn type_mark<E>() -> [u8; 8] {
    let mut hasher = Hasher::new();
    text(&mut hasher, type_name::<E>());
    first(&hasher)
}

/// A stamp that a value depends on, in the version that it was computed under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamped<'a> {
    pub(crate) name: StampName<'a>,
    pub(crate) version: Version,
}

/// The digest of a value: of its schema, its key, and its stamps in their order.
pub(crate) fn digest<'a>(
    schema: Schema,
    key: &str,
    origin: Version,
    stamps: impl Iterator<Item = Stamped<'a>>,
) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[super::blob::LAYOUT]);
    hasher.update(&schema.bytes());
    text(&mut hasher, key);
    hasher.update(&origin.0);
    for Stamped { name, version } in stamps {
        hasher.update(&[space(name.space)]);
        text(&mut hasher, name.name);
        hasher.update(&version.0);
    }
    first(&hasher)
}

fn text(hasher: &mut Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn first<const N: usize>(hasher: &Hasher) -> [u8; N] {
    let mut bytes = [0; N];
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}

/// What stands for the space of a name.
pub(super) const fn space(space: Space) -> u8 {
    match space {
        Space::All => 0,
        Space::Prefix => 1,
        Space::Tag => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: Schema = Schema { of_type: [1; 8], of_function: [2; 8] };

    fn of(schema: Schema, key: &str, origin: u8, stamps: &[(Space, &'static str, u8)]) -> Digest {
        let stamps = stamps
            .iter()
            .map(|&(space, name, version)| Stamped { name: StampName { space, name }, version: of_version(version) });
        digest(schema, key, of_version(origin), stamps)
    }

    fn of_version(byte: u8) -> Version {
        Version([byte; 16])
    }

    #[test]
    fn a_digest_is_of_all_that_a_value_depends_on() {
        let (tag, prefix) = ((Space::Tag, "a", 1), (Space::Prefix, "p", 2));
        let all = of(SCHEMA, "key", 0, &[tag, prefix]);
        assert_eq!(all, of(SCHEMA, "key", 0, &[tag, prefix]));
        let others = [
            of(Schema { of_type: [3; 8], ..SCHEMA }, "key", 0, &[tag, prefix]),
            of(Schema { of_function: [3; 8], ..SCHEMA }, "key", 0, &[tag, prefix]),
            of(SCHEMA, "kez", 0, &[tag, prefix]),
            of(SCHEMA, "key", 9, &[tag, prefix]),
            of(SCHEMA, "key", 0, &[(Space::Tag, "b", 1), prefix]),
            of(SCHEMA, "key", 0, &[(Space::Prefix, "a", 1), prefix]),
            of(SCHEMA, "key", 0, &[(Space::Tag, "a", 9), prefix]),
            of(SCHEMA, "key", 0, &[tag]),
            of(SCHEMA, "key", 0, &[prefix, tag]),
        ];
        assert!(others.iter().all(|other| *other != all));
    }
}
