//! [`Queue`].

/// A few things in their order, without memory of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Queue<T, const N: usize> {
    /// Those that are not there are the default.
    items: [T; N],
    len: u8,
}

impl<T: Copy + Default, const N: usize> Default for Queue<T, N> {
    fn default() -> Self {
        Self { items: [T::default(); N], len: 0 }
    }
}

impl<T: Copy + Default, const N: usize> Queue<T, N> {
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn push(&mut self, item: T) {
        assert!(usize::from(self.len) < N, "no configuration has that much under way");
        self.items[usize::from(self.len)] = item;
        self.len += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        let first = self.items[0];
        self.items.copy_within(1.., 0);
        self.items[N - 1] = T::default();
        Some(first)
    }
}
