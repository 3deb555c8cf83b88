#![doc = include_str!("../README.md")]
#![doc(test(attr(deny(warnings))))]

#[doc(inline)]
pub use easycache_core::{
    Backend, Cache, CacheBuilder, CacheKey, CacheValue, CallMeta, Chores, Clock, Coalesce, Codec, Compression,
    Deadline, Entry, Error, ErrorKind, IntoTtl, Invalidated, KeyWriter, LocalValue, MemoryStore, Misses, Moment,
    OnError, Policy, Reason, Refused, Result, Scope, Stamped, Stats, Store, Swept, SystemClock, Targets, aliases,
    blocking, cache, clear, get, get_or_compute, invalidate, invalidate_key, invalidate_prefix, invalidate_tags,
    register, scope, set, stats, try_get_or_compute,
};

#[doc(inline)]
pub use easycache_derive::{CacheKey, cache_key, ecached, ecached_defaults, ecached_property, invalidates, tag};

/// For generated code only: no part of the public interface.
#[doc(hidden)]
pub use easycache_core::private as __private;
