#![doc = include_str!("../README.md")]
#![doc(test(attr(deny(warnings))))]

mod caches;
mod connect;
pub mod guide;
#[cfg(feature = "tower")]
mod tower;

#[cfg(feature = "tower")]
pub use crate::tower::{RequestScopeLayer, RequestScopeService};
pub use crate::{
    caches::{CachesConfig, init_from_env, init_from_env_lazy},
    connect::{connect, connect_lazy},
};
#[doc(inline)]
pub use easycache_core::collections;
#[doc(inline)]
pub use easycache_core::{
    Backend, BlockingKeys, Cache, CacheBuilder, CacheErr, CacheKey, CachePlace, CacheValue, CachedObject, Caches,
    CallMeta, Chores, Clock, Coalesce, Codec, Compression, Connecting, Deadline, Dependency, DependencyKind, Entry,
    EntryPlace, Error, ErrorKind, Explanation, Freshness, Hold, InRequest, IntoTtl, Invalidated, KeyPage, KeyWriter,
    Keyed, Keys, ListedKey, LoadsWith, LocalValue, MemoryStore, Misses, Moment, Near, NearStats, NodeRole, NodeState,
    NodeStatus, OnError, Policy, Reason, Recent, RecentName, Refused, RequestScope, Result, Scheme, Scope, Stamped,
    Stats, Store, Swept, SystemClock, TargetKind, Targets, Verb, aliases, bypass, cache, clear, expire, expire_all,
    expire_key, expire_prefix, expire_tags, get, get_or_compute, get_or_refresh, hold, in_this_request, invalidate,
    invalidate_key, invalidate_prefix, invalidate_tags, no_store, no_store_scope, register, register_scheme,
    request_scope, scope, set, stats, try_get_or_compute, try_get_or_refresh, visible,
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
    pub use crate::{caches::init_from_env_blocking as init_from_env, connect::connect_blocking as connect};
    #[doc(inline)]
    pub use easycache_core::blocking::*;
}

/// For generated code only: no part of the public interface.
#[doc(hidden)]
pub use easycache_core::private as __private;
