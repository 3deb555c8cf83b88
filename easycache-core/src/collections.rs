//! Collections that live where the cache lives: in this process, or on its server.
//!
//! A cached function keeps what can be computed anew. A collection keeps what cannot: a counter, the members of a group, a
//! ranking. Every process that opens the same name on the same backend has the same collection, and each operation is
//! atomic there; except that a server answers others in between where one operation writes, removes or asks for more than 5 000
//! elements: Redis gets them 5 000 at a time.
//!
//! | | holds | on Redis it is |
//! |---|---|---|
//! | [`CacheValue`] | one value, or a counter | a string |
//! | [`CacheMap`] | a value for each key | a hash |
//! | [`CacheSet`] | members, each once | a set |
//! | [`CacheSortedSet`] | members in the order of their scores | a sorted set |
//! | [`Sentinel`] | the answer to "am I the first?" | a string |
//!
//! ```
//! use easycache_core::{Cache, collections::{CacheMap, CacheValue}};
//!
//! # pollster::block_on(async {
//! let cache = Cache::builder().build()?;
//! let visits = CacheValue::<i64>::new(&cache, "visits").ttl("1d");
//! assert_eq!(visits.increment(1).await?, 1);
//!
//! let prices = CacheMap::<String, f64>::new(&cache, "prices");
//! prices.extend([("tea".to_owned(), 3.5), ("coffee".to_owned(), 4.0)]).await?;
//! assert_eq!(prices.get("tea").await?, Some(3.5));
//!
//! // Callers that are not async:
//! assert_eq!(visits.increment(1).blocking()?, 2);
//! # Ok::<_, easycache_core::Error>(()) }).unwrap();
//! ```
//!
//! Each method returns a [`Request`], which is awaited, or sent by [`blocking`](Request::blocking);
//! [`together`] sends several of them in one round trip.
//!
//! # What is kept, and for how long
//!
//! Numbers, booleans, characters and text are kept as the text that they print, which other programs can read and write;
//! everything else goes through the [codec](crate::Codec) of the cache. A collection lives for the cache's default time to
//! live, or its `ttl`, counted from the write that has made it. What changes it leaves it its time, however often; with
//! `renewed_by_writes` the time counts from the last write. A value that is put in the place of another is a new one:
//! `set` and `replace` count from now, `increment`, `set_if_present` and `compare_and_set` do not.
//!
//! In process nothing but that time bounds them: they are no entries, which `max_entries` and `max_weight` count, and nothing is
//! driven out. [`Stats::elements`](crate::Stats::elements) tells how many values, keys and members there are.
//!
//! Collections are data, not answers: invalidating keys, tags or prefixes, and clearing the cache, leaves them alone. What
//! goes wrong with a server is an error here: there is nothing that could be computed instead.
//!
//! # What is taken away
//!
//! What pops members or takes a value removes them in the step that tells them. If the caller gets an error instead of them, for one
//! cannot be read, or something else in the same [`together`] has failed, they are put back before it is returned. In between
//! others do not see them; what others have written under the same key or member meanwhile is left as it is; and a collection
//! that was empty lives for its time anew. A caller who gives up in between, or a server that answers no more, loses them.
//!
//! # Large collections
//!
//! Members that are written, removed or asked for are sent in as many round trips as it takes, tens of thousands in each.
//! Each may take as long as the cache waits for its backend, or what the collection says by its `deadline`. The first that
//! fails ends it: what was written before is there. What answers with all that there is (`union`, `by_rank` without an end)
//! or goes through all of it (`is_subset`, `union_in_place`) is one round trip, and one answer, which is held in memory as a
//! whole: the larger the sets, the longer a `deadline` it takes. `stream` goes through any number of them, a page at a time.
//! A deadline that is missed does not keep the cache from its backend, only collections.
//!
//! # Where they live
//!
//! | cache | what there is |
//! |---|---|
//! | in process | all of them |
//! | on Redis | all of them; in a cluster two sets are combined only where the reader can do it |
//! | on memcached | [`CacheValue`] and [`Sentinel`]; who changes a value by what it was looks at it first |
//! | on a [`Store`](crate::Store) | none |
//!
//! What is not there is an error of kind [`Unsupported`](crate::ErrorKind::Unsupported).

mod algebra;
mod command;
mod element;
mod elements;
mod map;
mod memory;
mod place;
mod request;
mod scan;
mod sentinel;
mod set;
mod sorted_set;
mod value;
mod waves;

pub(crate) use self::memory::MemoryCollections;
pub use self::{
    algebra::Algebra,
    command::{Collections, Command, Kind, Lifetime, Op, Page, Range, Reply, When, add_to},
    elements::Elements,
    map::CacheMap,
    request::{Request, Requests, together},
    scan::{Blocking, Scan},
    sentinel::Sentinel,
    set::CacheSet,
    sorted_set::{CacheSortedSet, Insert},
    value::CacheValue,
};
