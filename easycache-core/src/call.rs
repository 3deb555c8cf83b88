//! What the attributes expand to: they collect, this decides.
//!
//! Everything public in here is for generated code, except what the crate root re-exports.

mod args;
mod checks;
mod each;
mod entry;
mod invalidation;
mod keep;
mod many;
mod meta;
mod names;
pub(crate) mod object;
mod outcome;
mod run;
mod site;

pub(crate) use self::keep::Kept;
pub use self::{
    args::{Arg, Args, MemoFallback},
    checks::{KeptError, KeyText, Optional, Portable, PortableError, TagList, chosen, lasting, part},
    each::{
        Each, EachReturned, compute_each, compute_each_behind, compute_each_blocking, compute_each_blocking_behind,
        compute_each_within, each_computes, each_fails, each_times_out, each_value, each_waits,
    },
    entry::{BlockingEntry, Entry, entry, entry_as},
    invalidation::{Armed, Blamable, What, arm, or_fail, outdate, outdate_blocking},
    keep::{Keep, Ttl},
    many::{many, many_blocking},
    meta::{CallMeta, argument},
    names::{Interpolate, Names, Text},
    object::{FailsInTrouble, LoadsInTrouble, Model, PortableObject, portable_object},
    outcome::{
        Catches, CatchesAnywhere, Caught, Fails, Fallible, NeverFails, Outcome, Probe, ProbeWhole, Returned, Shape,
        Timely, Whole, failing, portable, portable_with_errors, timely, unportable, unportable_with_errors,
    },
    run::{
        Found, Miss, Mode, compute, compute_behind, compute_blocking, compute_blocking_behind, compute_within, find,
    },
    site::Site,
};
