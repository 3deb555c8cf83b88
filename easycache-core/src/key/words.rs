//! The raw form of a key: machine words, on the stack while they are few.

use std::{
    hash::{Hash, Hasher},
    ops::Deref,
    sync::Arc,
};

use papaya::Equivalent;

/// What fits on the stack.
const INLINE: usize = 7;

/// How many parts have a place in the first word; further ones have a word of their own.
const PARTS: u32 = 8;

/// What a part is. Two kinds may have the same words behind them, and never the same text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Unsigned = 1,
    Signed,
    WideUnsigned,
    WideSigned,
    Single,
    Double,
    Duration,
    Text,
    Word,
    Compound,
    List,
}

/// Words that are on the stack while they are few. Written for the raw arguments of a hit: a general vector of bytes,
/// its hash and its comparison cost more than the rest of the lookup.
///
/// The upper half of the first word says whose arguments they are. The lower half is the shape: four bits for each of
/// the first eight parts, which say what it is. Where the type of an argument says that already it costs next to nothing,
/// and some do not: an `enum` that is told by its values alone can hold a number or a text.
#[derive(Debug)]
pub(crate) struct Words {
    inline: [u64; INLINE],
    len: usize,
    /// How many parts there are.
    parts: u32,
    /// Takes over when the stack is full.
    heap: Vec<u64>,
}

impl Words {
    #[inline]
    pub(super) const fn new(owner: u32) -> Self {
        let mut inline = [0; INLINE];
        inline[0] = (owner as u64) << 32;
        Self { inline, len: 1, parts: 0, heap: Vec::new() }
    }

    /// Begins a part.
    #[inline]
    pub(super) fn begin(&mut self, kind: Kind) {
        if self.parts < PARTS {
            let shape = if self.heap.is_empty() { &mut self.inline[0] } else { &mut self.heap[0] };
            *shape |= (kind as u64) << (4 * self.parts);
            self.parts += 1;
        } else {
            self.push(kind as u64);
        }
    }

    #[inline]
    pub(super) fn push(&mut self, word: u64) {
        match self.inline.get_mut(self.len) {
            Some(place) => {
                *place = word;
                self.len += 1;
            }
            None => self.spill(word),
        }
    }

    /// Text, so that no other text and nothing behind it looks like it: its length, then its bytes.
    #[inline]
    pub(super) fn push_text(&mut self, text: &str) {
        self.push(text.len() as u64);
        let (words, rest) = text.as_bytes().as_chunks();
        for word in words {
            self.push(u64::from_ne_bytes(*word));
        }
        if !rest.is_empty() {
            self.push(padded(rest));
        }
    }

    #[cold]
    fn spill(&mut self, word: u64) {
        if self.heap.is_empty() {
            self.heap.extend_from_slice(&self.inline);
        }
        self.heap.push(word);
    }
}

/// Up to eight bytes as a word.
#[inline]
fn padded(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_ne_bytes(word)
}

impl Deref for Words {
    type Target = [u64];

    #[inline]
    fn deref(&self) -> &[u64] {
        if self.heap.is_empty() { &self.inline[..self.len] } else { &self.heap }
    }
}

/// Words as the key of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Short(pub(crate) Arc<[u64]>);

/// Words to look a [`Short`] up by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShortRef<'a>(pub(crate) &'a [u64]);

impl Hash for Short {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        ShortRef(&self.0).hash(state);
    }
}

impl Hash for ShortRef<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As numbers, which a hasher mixes in registers; the words tell their number.
        let (pairs, rest) = self.0.as_chunks::<2>();
        for [high, low] in pairs {
            state.write_u128(u128::from(*high) << 64 | u128::from(*low));
        }
        for word in rest {
            state.write_u64(*word);
        }
    }
}

impl Equivalent<Short> for ShortRef<'_> {
    #[inline]
    fn equivalent(&self, key: &Short) -> bool {
        // Not by `==` on slices, which calls `memcmp` for three words.
        self.0.len() == key.0.len() && self.0.iter().zip(&*key.0).all(|(a, b)| a == b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_in_order_on_the_stack_and_beyond() {
        for count in [0, 1, 7, 8, 9, 30] {
            let mut words = Words::new(0);
            (0..count).for_each(|word| words.push(word));
            assert_eq!(words[1..], *(0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_a_part_is_counts_wherever_it_stands() {
        let words = |kinds: &[Kind]| {
            let mut words = Words::new(0);
            for kind in kinds {
                words.begin(*kind);
                words.push(0);
            }
            words.to_vec()
        };
        for at in [0, 1, 4, 5, 6, 15, 16, 20] {
            let mut kinds = [Kind::Unsigned; 30];
            kinds[at] = Kind::Text;
            assert_ne!(words(&kinds), words(&[Kind::Unsigned; 30]), "{at}");
        }
    }

    #[test]
    fn no_text_looks_like_another() {
        let words = |texts: &[&str]| {
            let mut words = Words::new(0);
            for text in texts {
                words.push_text(text);
            }
            words.to_vec()
        };
        assert_ne!(words(&["a", "b"]), words(&["ab"]));
        assert_ne!(words(&["a\0"]), words(&["a"]), "padding is not text");
        assert_ne!(words(&["", "a"]), words(&["a", ""]));
    }
}
