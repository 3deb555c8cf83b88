//! Bodies that are one expression on one line, which formatters may leave as they are.
#![deny(warnings)]

use easycache::{ecached, invalidates};

#[rustfmt::skip]
#[ecached("one-line:{id}")]
fn next(id: u64) -> u64 { id + 1 }

#[rustfmt::skip]
#[ecached("one-line-of:{id}", each = id in ids)]
fn all(ids: Vec<u64>) -> std::collections::HashMap<u64, u64> { ids.into_iter().map(|id| (id, id)).collect() }

#[rustfmt::skip]
#[ecached("one-line-async:{id}")]
async fn later(id: u64) -> u64 { id + 1 }

#[rustfmt::skip]
#[invalidates(key = "one-line:{id}")]
fn change(id: u64) -> u64 { id }

#[tokio::test]
async fn they_are_functions_as_any() {
    assert_eq!((next(1), later(1).await, change(1), all(vec![1])[&1]), (2, 2, 1, 1));
}
