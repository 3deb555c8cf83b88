//! Many elements in one piece of memory.

use std::{fmt, iter, mem, ops::Range};

use bytes::Bytes;

use crate::error::Result;

/// About how many bytes are sent beside each element.
const OVERHEAD: usize = 16;

/// Keys, values or members that are sent away together, in one piece of memory: for each of its own takes as long to get as
/// the element to write.
///
/// ```
/// use easycache_core::collections::Elements;
///
/// let elements = Elements::from_iter(["tea", "", "coffee"]);
/// assert_eq!(elements.len(), 3);
/// assert!(elements.iter().eq([&b"tea"[..], b"", b"coffee"]));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Elements {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Elements {
    /// None so far, with room for about that many.
    pub(super) fn with_capacity(elements: usize) -> Self {
        // What an iterator says of its length need not be so.
        let elements = elements.min(1 << 16);
        Self { bytes: Vec::with_capacity(16 * elements), ends: Vec::with_capacity(elements) }
    }

    /// Appends one, which `write` appends to the bytes before.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        write(&mut self.bytes)?;
        self.ends.push(self.bytes.len());
        Ok(())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each of them, in their order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        let mut from = 0;
        self.ends.iter().map(move |&end| &self.bytes[mem::replace(&mut from, end)..end])
    }

    /// Where those end that begin there, come `step` by `step`, and take about so many bytes where they are sent: `step` of
    /// them at least. Also how many bytes that are. None: there are none.
    pub(super) fn fitting(&self, from: usize, step: usize, bytes: usize) -> Option<(usize, usize)> {
        let before = self.start(from);
        let size = |to: usize| self.ends[to - 1] - before + OVERHEAD * (to - from);
        let mut ends = (from + step..=self.len()).step_by(step);
        let least = ends.next()?;
        let end = ends.take_while(|&to| size(to) <= bytes).last().unwrap_or(least);
        Some((end, size(end)))
    }

    /// Where the bytes of that one begin.
    fn start(&self, place: usize) -> usize {
        place.checked_sub(1).map_or(0, |last| self.ends[last])
    }

    /// Some of them.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let before = self.start(range.start);
        let ends = self.ends[range].iter().map(|end| end - before).collect::<Vec<_>>();
        let bytes = &self.bytes[before..before + ends.last().copied().unwrap_or_default()];
        Self { bytes: bytes.to_vec(), ends }
    }

    /// Two by two: keys with their values. One that is left over is left out.
    pub fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut each = self.iter();
        iter::from_fn(move || Some((each.next()?, each.next()?)))
    }
}

/// As text, each.
impl fmt::Debug for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Bytes::copy_from_slice)).finish()
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Elements {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut all = Self::default();
        for element in elements {
            all.bytes.extend_from_slice(element.as_ref());
            all.ends.push(all.bytes.len());
        }
        all
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn they_are_shown_as_text() {
        assert_eq!(format!("{:?}", Elements::from_iter(["tea", "\0\""])), r#"[b"tea", b"\0\""]"#);
    }

    proptest! {
        #[test]
        fn they_come_back_one_by_one_and_two_by_two(each: Vec<Vec<u8>>) {
            let elements = Elements::from_iter(&each);
            prop_assert_eq!(elements.len(), each.len());
            prop_assert!(elements.iter().eq(each.iter().map(Vec::as_slice)));
            let pairs = elements.pairs().map(|(one, other)| [one.to_vec(), other.to_vec()]);
            prop_assert!(pairs.eq(each.as_chunks::<2>().0.iter().cloned()));
        }

        #[test]
        fn portions_are_all_of_them_in_their_order(each: Vec<Vec<u8>>, step in 1_usize..=2, bytes in 0_usize..500) {
            let each = &each[..each.len() / step * step];
            let (elements, mut from, mut all) = (Elements::from_iter(each), 0, Vec::new());
            while let Some((to, size)) = elements.fitting(from, step, bytes) {
                let portion = elements.slice(from..to);
                prop_assert_eq!(portion.len() % step, 0);
                prop_assert_eq!(size, portion.bytes.len() + OVERHEAD * portion.len());
                prop_assert!(size <= bytes || portion.len() == step);
                all.extend(portion.iter().map(<[u8]>::to_vec));
                from = to;
            }
            prop_assert_eq!(all, each);
        }
    }
}
