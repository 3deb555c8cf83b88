//! Every clause of collections, in this process.
#![cfg(not(shuttle))]

use easycache_core::Cache;
use easycache_testkit::collections_conformance;

collections_conformance!(async { Cache::builder().build().ok() });
