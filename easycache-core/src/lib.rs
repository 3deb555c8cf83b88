//! The cache, its consistency protocol and the contracts of easycache.
//!
//! Applications use the `easycache` crate, which re-exports what they need and adds the attributes.

mod backend;
mod batch;
mod cache;
mod call;
mod clock;
pub mod collections;
mod connect;
mod default;
mod error;
mod escape;
mod flight;
mod housekeeper;
mod identity;
mod inside;
mod key;
mod local;
mod near;
pub mod net;
mod object;
mod observe;
mod policy;
mod process;
mod registry;
mod remote;
mod request;
mod stamp;
mod stats;
mod store;
mod sync;
mod ttl;
mod value;
mod visible;
mod wire;

pub use backend::{
    Acquire, Acquired, Backend, Caps, Deadline, Fill, Filled, Grant, NamePage, NameScan, Names, NearSink, NodeId,
    NodeRole, NodeState, NodeStatus, On, Read, Seen, Target, Token, Version, Want, Watch, Watched, Watching,
};
pub use batch::Keyed;
pub use cache::{
    BlockingKeys, Cache, CacheBuilder, CacheErr, CachePlace, Dependency, DependencyKind, EntryPlace, Explanation, Hold,
    Invalidated, KeyPage, Keys, ListedKey, Swept, TargetKind, Targets, Verb,
};
pub use call::{CallMeta, Entry};
pub use clock::{Chores, Clock, Moment, SystemClock};
pub use connect::{Caches, CachesConfig, Connecting, Scheme, Schemes, register_scheme};
pub use default::{
    blocking, clear, expire, expire_all, expire_key, expire_prefix, expire_tags, get, get_or_compute, get_or_refresh,
    hold, invalidate, invalidate_key, invalidate_prefix, invalidate_tags, set, stats, try_get_or_compute,
    try_get_or_refresh,
};
pub use error::{Error, ErrorKind, Result};
pub use inside::{InRequest, RequestScope, bypass, in_this_request, no_store, no_store_scope, request_scope};
pub use key::{CacheKey, KeyWriter};
pub use near::{Freshness, Near};
pub use object::{CachedObject, LoadsWith};
pub use observe::{Recent, RecentName};
pub use policy::{Coalesce, OnError, Policy};
pub use registry::{Scope, aliases, cache, register, scope};
pub use stats::{Misses, NearStats, Reason, Refused, Stats};
pub use store::{MemoryStore, Stamped, Store};
pub use ttl::IntoTtl;
pub use value::{CacheValue, LocalValue};
pub use visible::visible;
pub use wire::{BLOB_EXPIRED, BLOB_FLAGS, BLOB_ID, Codec, Compression, HEADER_LEN};

/// For generated code only: no part of the public interface.
#[doc(hidden)]
pub mod private {
    pub use {core, std};

    pub use crate::{
        __companions_need_a_free_name_and_in_an_impl_block_the_argument_assoc as companions_need_a_free_name_and_in_an_impl_block_the_argument_assoc,
        __failed as failed, __memo as memo, __outcome as outcome, Cache, CacheKey, CallMeta, Entry, Error, Invalidated,
        KeyWriter,
        batch::{Batch, Elements},
        blocking::BlockingEntry,
        cache::{Targets, Verb},
        call::{
            Arg, Args, Armed, Blamable, Catches, CatchesAnywhere, Caught, Each, EachReturned, Fails, FailsInTrouble,
            Fallible, Found, Interpolate, Keep, KeptError, KeyText, LoadsInTrouble, MemoFallback, Miss, Mode, Model,
            Names, NeverFails, Optional, Outcome, Portable, PortableError, PortableObject, Probe, ProbeWhole, Returned,
            Shape, Site, TagList, Text, Timely, Ttl, What, Whole, argument, arm, chosen, compute, compute_behind,
            compute_blocking, compute_blocking_behind, compute_each, compute_each_behind, compute_each_blocking,
            compute_each_blocking_behind, compute_each_within, compute_within, each_computes, each_fails,
            each_times_out, each_value, each_waits, entry, entry_as, failing, find, lasting, many, many_blocking,
            or_fail, outdate, outdate_blocking, part, portable, portable_object, portable_with_errors, timely,
            unportable, unportable_with_errors,
        },
        object::CachedObject,
        policy::{Coalesce, OnError},
        value::LocalValue,
    };
}
