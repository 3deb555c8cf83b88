//! Pointers to backends are backends.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Acquire, Acquired, Backend, Caps, Deadline, Fill, Filled, Grant, NamePage, NameScan, Names, NodeStatus, Read, Seen,
    Target, Watch, Watching,
};
use crate::{collections::Collections, error::Result};

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<B: Backend + ?Sized> Backend for $pointer {
            fn caps(&self) -> Caps {
                (**self).caps()
            }

            async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
                (**self).read(reads, deadline).await
            }

            async fn acquire(&self, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>> {
                (**self).acquire(acquires, deadline).await
            }

            async fn fill(&self, fills: &[Fill], deadline: Deadline) -> Vec<Result<Filled>> {
                (**self).fill(fills, deadline).await
            }

            async fn renew(&self, names: &Names, grant: &mut Grant, deadline: Deadline) -> Result<bool> {
                (**self).renew(names, grant, deadline).await
            }

            async fn release(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<()> {
                (**self).release(names, grant, deadline).await
            }

            async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
                (**self).invalidate(targets, deadline).await
            }

            fn kind(&self) -> &'static str {
                (**self).kind()
            }

            async fn status(&self, deadline: Deadline) -> Vec<NodeStatus> {
                (**self).status(deadline).await
            }

            async fn scan(&self, scan: &NameScan, deadline: Deadline) -> Result<NamePage> {
                (**self).scan(scan, deadline).await
            }

            fn collections(&self) -> Option<&dyn Collections> {
                (**self).collections()
            }

            fn watch(&self, watching: Watching) -> Result<Arc<dyn Watch>> {
                (**self).watch(watching)
            }
        }
    )*};
}

forward!(Box<B>, Arc<B>);
