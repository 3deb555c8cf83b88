//! Pointers to stores are stores.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use super::Store;
use crate::{backend::Deadline, error::Result};

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<S: Store + ?Sized> Store for $pointer {
            async fn get_many(&self, keys: &[&str], deadline: Deadline) -> Result<Vec<Option<Bytes>>> {
                (**self).get_many(keys, deadline).await
            }

            async fn set_many(&self, entries: &[(&str, Bytes, Duration)], deadline: Deadline) -> Result<()> {
                (**self).set_many(entries, deadline).await
            }

            async fn delete_many(&self, keys: &[&str], deadline: Deadline) -> Result<()> {
                (**self).delete_many(keys, deadline).await
            }

            async fn add(&self, key: &str, value: Bytes, ttl: Duration, deadline: Deadline) -> Result<Bytes> {
                (**self).add(key, value, ttl, deadline).await
            }

            fn max_key(&self) -> usize {
                (**self).max_key()
            }
        }
    )*};
}

forward!(Box<S>, Arc<S>);
