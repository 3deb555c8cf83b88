//! What a batch takes and gives: elements, and a map from them to values.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{BuildHasher, Hash},
};

/// A map from elements to values, which a function of many elements returns: `HashMap` or `BTreeMap`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no map from elements to values",
    label = "no `HashMap` or `BTreeMap`",
    note = "what computes many elements together returns a `HashMap<K, V>` or a `BTreeMap<K, V>`, or a `Result` of one: it tells which value is whose"
)]
pub trait Keyed: Default {
    /// What a value is found by.
    type Key;
    /// What is stored for each.
    type Value;

    /// Takes the value of that key out.
    fn take(&mut self, key: &Self::Key) -> Option<Self::Value>;

    /// Puts a value in.
    fn put(&mut self, key: Self::Key, value: Self::Value);
}

impl<K: Eq + Hash, V, S: BuildHasher + Default> Keyed for HashMap<K, V, S> {
    type Key = K;
    type Value = V;

    fn take(&mut self, key: &K) -> Option<V> {
        self.remove(key)
    }

    fn put(&mut self, key: K, value: V) {
        self.insert(key, value);
    }
}

impl<K: Ord, V> Keyed for BTreeMap<K, V> {
    type Key = K;
    type Value = V;

    fn take(&mut self, key: &K) -> Option<V> {
        self.remove(key)
    }

    fn put(&mut self, key: K, value: V) {
        self.insert(key, value);
    }
}

/// What a function takes many elements in, for generated code.
pub trait Elements {
    /// One of them.
    type Element;

    /// One after the other.
    fn elements(self) -> Vec<Self::Element>;
}

impl<K> Elements for Vec<K> {
    type Element = K;

    fn elements(self) -> Self {
        self
    }
}

impl<K: Clone> Elements for &[K] {
    type Element = K;

    fn elements(self) -> Vec<K> {
        self.to_vec()
    }
}

impl<K, S> Elements for HashSet<K, S> {
    type Element = K;

    fn elements(self) -> Vec<K> {
        self.into_iter().collect()
    }
}

impl<K> Elements for BTreeSet<K> {
    type Element = K;

    fn elements(self) -> Vec<K> {
        self.into_iter().collect()
    }
}
