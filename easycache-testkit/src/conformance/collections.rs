//! The clauses of collections: as a user sees them, wherever they are kept.
#![expect(clippy::unused_async, reason = "every clause has one type")]
#![expect(clippy::unwrap_used, reason = "each clause is a test, whose every request has to succeed")]

mod common;
mod map;
mod sentinel;
mod set;
mod sorted_set;
mod taken;
mod value;

use std::{sync::Arc, time::Duration};

use easycache_core::{
    Cache, Deadline,
    collections::{CacheMap, CacheSet, CacheSortedSet, CacheValue, Sentinel},
};

use super::on_a_runtime;
use crate::server::skip;

#[doc(hidden)]
pub use self::{common::*, map::*, sentinel::*, set::*, sorted_set::*, taken::*, value::*};

/// A cache whose collections are tested, and names in it that nobody else uses.
#[derive(Clone, Debug)]
pub struct Drawer {
    cache: Cache,
    prefix: Arc<str>,
}

/// Connects, and tests one clause on a runtime of its own.
#[doc(hidden)]
pub fn run(connect: impl Future<Output = Option<Cache>>, clause: impl AsyncFnOnce(Drawer)) {
    on_a_runtime(async {
        match connect.await {
            Some(cache) => {
                let prefix = format!("conformance-{:016x}:", fastrand::u64(..)).into();
                clause(Drawer { cache, prefix }).await;
            }
            None => skip("there is nothing to connect to"),
        }
    });
}

/// Asks again and again, every few milliseconds, until it is so.
async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let over = Deadline::after(Duration::from_secs(30));
    while !is_so().await {
        assert!(!over.left().is_zero(), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

impl Drawer {
    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn value<T>(&self, name: &str) -> CacheValue<T> {
        CacheValue::new(&self.cache, &self.name(name))
    }

    fn map<K, V>(&self, name: &str) -> CacheMap<K, V> {
        CacheMap::new(&self.cache, &self.name(name))
    }

    fn set<T>(&self, name: &str) -> CacheSet<T> {
        CacheSet::new(&self.cache, &self.name(name))
    }

    fn sorted<T>(&self, name: &str) -> CacheSortedSet<T> {
        CacheSortedSet::new(&self.cache, &self.name(name))
    }

    fn sentinel(&self, name: &str, closed_for: &str) -> Sentinel {
        Sentinel::new(&self.cache, &self.name(name), closed_for)
    }
}

/// Tests the collections of a cache: expands to one test for each clause, in the module where it is called.
///
/// The argument is a future that makes a cache, anew for each test. None means that there is nothing to connect to: the test is
/// skipped and says so, or fails with `EASYCACHE_REQUIRE_BACKENDS=1`. Behind it, `apart` leaves out what needs all collections in
/// one place, and `values_only` what needs more than values and sentinels.
///
/// ```
/// mod conformance {
///     use easycache_core::Cache;
///     use easycache_testkit::collections_conformance;
///
///     collections_conformance!(async { Cache::builder().build().ok() });
/// }
/// ```
#[macro_export]
macro_rules! collections_conformance {
    ($connect:expr) => {
        $crate::collections_conformance!($connect, apart);
        $crate::__clauses! { $connect, collections:
            sets_are_put_together_in_place
            a_set_put_together_with_nothing_in_place
            a_set_that_others_are_put_into_keeps_its_time
        }
    };
    ($connect:expr, apart) => {
        $crate::collections_conformance!($connect, values_only);
        $crate::__clauses! { $connect, collections:
            // Maps.
            a_map_has_what_was_written_and_nothing_else
            many_keys_are_written_and_read_in_one_request
            of_several_who_write_a_key_that_is_not_there_one_does_and_all_get_its_value
            a_value_is_computed_where_there_is_none
            a_computation_that_fails_leaves_a_map_as_it_was
            values_of_a_map_are_added_to_exactly
            what_is_taken_from_a_map_is_gone
            popping_empties_a_map
            keys_that_look_alike_are_told_apart
            a_walk_through_a_map_tells_all_of_it
            // Sets.
            a_set_has_each_member_once
            of_a_set_it_is_told_which_are_members
            popping_empties_a_set
            sets_are_put_together
            a_set_put_together_with_itself_or_with_nothing
            sets_are_compared
            a_walk_through_a_set_tells_all_of_it
            // Sorted sets.
            members_are_in_the_order_of_their_scores
            members_of_one_score_are_in_the_order_of_their_bytes
            of_a_sorted_set_it_is_told_which_are_members
            a_rank_counts_from_either_end
            ranges_of_ranks_take_all_kinds_of_bounds
            ranges_of_scores_take_all_kinds_of_bounds
            a_chunk_has_no_more_than_its_limit
            who_inserts_says_which_members
            the_lowest_and_the_highest_are_popped
            scores_are_added_to
            infinite_scores_have_their_places_and_no_number_has_none
            a_walk_through_a_sorted_set_tells_all_of_it
            // All of them.
            what_is_empty_is_not_there
            collections_of_different_kinds_share_no_names
            several_requests_are_answered_together
            collections_serve_callers_that_are_not_async
            a_walk_that_was_begun_by_an_async_caller_is_ended_by_one_that_is_not
            a_collection_is_gone_when_its_time_is_over
            a_write_renews_the_time_if_it_was_asked_to
            what_is_popped_and_cannot_be_read_is_put_back
            what_is_taken_together_with_a_failure_is_put_back
        }
    };
    ($connect:expr, values_only) => {
        $crate::__clauses! { $connect, collections:
            // Values.
            a_value_is_what_was_written_last
            what_is_false_zero_or_empty_is_there
            a_value_is_written_only_where_it_is_wanted
            replacing_and_taking_tell_the_value_before
            of_several_who_compare_and_set_one_succeeds
            comparing_with_nothing_and_setting_nothing
            a_counter_counts_exactly
            a_sum_that_is_too_large_changes_nothing
            a_counter_that_is_incremented_all_the_while_is_reset
            a_counter_can_be_read_and_written
            what_is_no_number_is_not_added_to
            a_value_is_gone_when_its_time_is_over
            a_value_that_is_changed_all_the_while_keeps_its_time
            a_value_that_is_put_in_the_place_of_another_begins_anew
            a_value_that_is_changed_begins_anew_if_it_was_asked_to
            names_with_parts_are_told_apart
            structures_come_back
            a_value_that_is_taken_and_cannot_be_read_is_put_back
            // Sentinels.
            of_64_callers_exactly_one_passes
            a_sentinel_opens_when_its_time_is_over
            a_sentinel_can_be_opened
            sentinels_with_parts_are_told_apart
            // All of them.
            a_name_that_cannot_be_used_is_an_error_of_each_request
            a_collection_cannot_live_for_no_time
            invalidations_leave_collections_alone
        }
    };
}
