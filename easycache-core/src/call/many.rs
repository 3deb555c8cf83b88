//! Many calls of one function: `f::many(..)`.

use crate::{
    batch::{Batch, Drive},
    flight::block_on,
};

/// What all of these calls return, in their order.
pub async fn many<F: Future>(batch: Batch, calls: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let drive = Drive::new(batch, calls);
    drive.run().await
}

/// [`many`] for a function that is not async.
pub fn many_blocking<F: Future>(batch: Batch, calls: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    block_on(Drive::new(batch, calls).run())
}
