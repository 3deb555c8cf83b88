#![doc = include_str!("../README.md")]
#![doc(test(attr(deny(warnings))))]

mod connect;
pub mod guide;
#[cfg(feature = "tower")]
mod tower;

pub use crate::connect::{connect, connect_lazy};
#[cfg(feature = "tower")]
pub use crate::tower::{RequestScopeLayer, RequestScopeService};
#[doc(inline)]
pub use easycache_core::collections;
#[doc(inline)]
pub use easycache_core::{
    Backend, Cache, CacheBuilder, CacheErr, CacheKey, CacheValue, CachedObject, CallMeta, Chores, Clock, Coalesce,
    Codec, Compression, Connecting, Deadline, Dependency, DependencyKind, Entry, EntryPlace, Error, ErrorKind,
    Explanation, Freshness, Hold, InRequest, IntoTtl, Invalidated, KeyWriter, Keyed, LoadsWith, LocalValue,
    MemoryStore, Misses, Moment, Near, NearStats, OnError, Policy, Reason, Refused, RequestScope, Result, Scheme,
    Scope, Stamped, Stats, Store, Swept, SystemClock, Targets, aliases, bypass, cache, clear, expire, expire_all,
    expire_key, expire_prefix, expire_tags, get, get_or_compute, get_or_refresh, hold, in_this_request, invalidate,
    invalidate_key, invalidate_prefix, invalidate_tags, no_store, no_store_scope, register, register_scheme,
    request_scope, scope, set, stats, try_get_or_compute, try_get_or_refresh,
};
#[cfg(feature = "memcached")]
#[doc(inline)]
pub use easycache_memcached::{MemcachedBackend, MemcachedConfig};
#[cfg(feature = "redis")]
#[doc(inline)]
pub use easycache_redis::{Address, RedisBackend, RedisConfig};

#[doc(inline)]
pub use easycache_derive::{
    CacheKey, CachedObject, cache_key, ecached, ecached_defaults, ecached_property, invalidates, tag,
};

/// The same for callers that are not async.
pub mod blocking {
    pub use crate::connect::connect_blocking as connect;
    #[doc(inline)]
    pub use easycache_core::blocking::*;
}

/// For generated code only: no part of the public interface.
#[doc(hidden)]
pub use easycache_core::private as __private;
