//! What all decorators share: `Backend`, each method of which goes through one function of theirs.

use easycache_core::{Acquire, Fill, Names, Read, Target};

/// Implements `Backend` for a decorator: each method is `self.around(call, work)`, where `work` is the same method of
/// `self.inner`.
macro_rules! decorate {
    ($decorator:ident<$($param:ident),*> where $($bounds:tt)+) => {
        #[deny(clippy::missing_trait_methods)]
        #[async_trait::async_trait]
        impl<$($param),*> easycache_core::Backend for $decorator<$($param),*>
        where
            $($bounds)+
        {
            fn caps(&self) -> easycache_core::Caps {
                self.inner.caps()
            }

            async fn read(
                &self,
                reads: &[easycache_core::Read],
                deadline: easycache_core::Deadline,
            ) -> Vec<easycache_core::Result<easycache_core::Seen>> {
                let call = $crate::doubles::decorate::call($crate::Method::Read, reads, deadline);
                self.around(call, self.inner.read(reads, deadline)).await
            }

            async fn acquire(
                &self,
                acquires: &[easycache_core::Acquire],
                deadline: easycache_core::Deadline,
            ) -> Vec<easycache_core::Result<easycache_core::Acquired>> {
                let call = $crate::doubles::decorate::call($crate::Method::Acquire, acquires, deadline);
                self.around(call, self.inner.acquire(acquires, deadline)).await
            }

            async fn fill(
                &self,
                fills: &[easycache_core::Fill],
                deadline: easycache_core::Deadline,
            ) -> Vec<easycache_core::Result<easycache_core::Filled>> {
                let call = $crate::doubles::decorate::call($crate::Method::Fill, fills, deadline);
                self.around(call, self.inner.fill(fills, deadline)).await
            }

            async fn renew(
                &self,
                names: &easycache_core::Names,
                grant: &mut easycache_core::Grant,
                deadline: easycache_core::Deadline,
            ) -> easycache_core::Result<bool> {
                let call = $crate::doubles::decorate::call($crate::Method::Renew, std::slice::from_ref(names), deadline);
                let work = async { vec![self.inner.renew(names, grant, deadline).await] };
                self.around(call, work).await.pop().expect("one item has one answer")
            }

            async fn release(
                &self,
                names: &easycache_core::Names,
                grant: &easycache_core::Grant,
                deadline: easycache_core::Deadline,
            ) -> easycache_core::Result<()> {
                let call =
                    $crate::doubles::decorate::call($crate::Method::Release, std::slice::from_ref(names), deadline);
                let work = async { vec![self.inner.release(names, grant, deadline).await] };
                self.around(call, work).await.pop().expect("one item has one answer")
            }

            async fn invalidate(
                &self,
                targets: &[easycache_core::Target],
                deadline: easycache_core::Deadline,
            ) -> Vec<easycache_core::Result<bool>> {
                let call = $crate::doubles::decorate::call($crate::Method::Invalidate, targets, deadline);
                self.around(call, self.inner.invalidate(targets, deadline)).await
            }

            fn kind(&self) -> &'static str {
                self.inner.kind()
            }

            // What is looked at from outside does not come by the decorator: it is no step of the protocol.
            async fn status(&self, deadline: easycache_core::Deadline) -> Vec<easycache_core::NodeStatus> {
                self.inner.status(deadline).await
            }

            async fn scan(
                &self,
                scan: &easycache_core::NameScan,
                deadline: easycache_core::Deadline,
            ) -> easycache_core::Result<easycache_core::NamePage> {
                self.inner.scan(scan, deadline).await
            }

            // Nor do the collections, which are no part of the protocol.
            fn collections(&self) -> Option<&dyn easycache_core::collections::Collections> {
                self.inner.collections()
            }

            // What is read through a watch does not come by here: who decorates reads decorates a cache without one.
            fn watch(
                &self,
                watching: easycache_core::Watching,
            ) -> easycache_core::Result<std::sync::Arc<dyn easycache_core::Watch>> {
                self.inner.watch(watching)
            }
        }
    };
}

pub(super) use decorate;

use super::{Call, Method};

pub(super) fn call<T: Named>(method: Method, items: &[T], deadline: easycache_core::Deadline) -> Call {
    Call { method, items: items.len(), names: items.iter().flat_map(Named::names).collect(), deadline }
}

/// What has wire names.
pub(super) trait Named {
    fn names(&self) -> Vec<Box<str>>;
}

impl Named for Names {
    fn names(&self) -> Vec<Box<str>> {
        [&self.value, &self.lease].into_iter().chain(&self.stamps).cloned().collect()
    }
}

impl Named for Read {
    fn names(&self) -> Vec<Box<str>> {
        self.names.names()
    }
}

impl Named for Acquire {
    fn names(&self) -> Vec<Box<str>> {
        self.names.names()
    }
}

impl Named for Fill {
    fn names(&self) -> Vec<Box<str>> {
        self.names.names()
    }
}

impl Named for Target {
    fn names(&self) -> Vec<Box<str>> {
        match self {
            Self::Value { value, lease } | Self::Expire { value, lease } => vec![value.clone(), lease.clone()],
            Self::Stamp(name) | Self::Hold { stamp: name, .. } => vec![name.clone()],
            _ => unreachable!("a target of a kind that came after this was written"),
        }
    }
}
