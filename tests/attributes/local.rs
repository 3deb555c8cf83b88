use std::{rc::Rc, sync::Arc};

use easycache::ecached;

/// Neither serde nor equality: what a `Clone` alone can do.
#[derive(Clone)]
struct Opaque(Arc<dyn Fn() -> u32 + Send + Sync>);

#[ecached("local:{id}", local)]
fn opaque(id: u32) -> Opaque {
    Opaque(Arc::new(move || id))
}

#[test]
fn a_local_value_needs_no_serde_and_is_shared() {
    let (one, two) = (opaque(1), opaque(1));
    assert!(Arc::ptr_eq(&one.0, &two.0), "the same, not another one like it");
    assert_eq!((one.0)(), 1);
}

#[ecached("local-not-send:{id}", local)]
fn measured(id: u32) -> usize {
    // What is not `Send` may be used by a function that is not async.
    Rc::new(id.to_string()).len()
}

#[test]
fn only_the_value_has_to_be_send() {
    assert_eq!(measured(100), 3);
}
