//! The clauses of the contracts, each a test: for [`Backend`], [`Store`](easycache_core::Store) and
//! [collections](easycache_core::collections).
//!
//! A backend's whole test file is one call of [`backend_conformance!`](crate::backend_conformance). The names of the
//! tests are the promises. They use names under a random prefix and never empty the server, so that they run in parallel
//! and on a server that others use as well. What a backend cannot do it says in its
//! [`caps`](Backend::caps), and the clauses ask for what the contract says about such a backend instead.
#![expect(missing_docs, reason = "the name of a clause is what it promises")]

mod batches;
pub mod caches;
#[doc(hidden)]
pub mod collections;
mod concurrency;
mod deadlines;
mod expiring;
mod expiry;
mod filling;
mod history;
mod inspecting;
mod invalidation;
mod leases;
mod names;
mod reading;
mod stamps;
mod stopwatch;
pub mod store;
mod subject;
mod versions;
mod watching;

use std::sync::Arc;

use easycache_core::Backend;

pub use self::{
    deadlines::{answers_by_the_deadline, tells_by_the_deadline},
    subject::Subject,
};
use crate::server::skip;

/// The clauses themselves, for the macro.
#[doc(hidden)]
pub mod clauses {
    pub use super::{
        batches::*, concurrency::*, deadlines::*, expiring::*, expiry::*, filling::*, history::*, inspecting::*,
        invalidation::*, leases::*, names::*, reading::*, stamps::*, versions::*, watching::*,
    };
}

/// Tests a [`Backend`] against every clause of its contract: expands to one test for each, in the module where it is
/// called.
///
/// The argument is a future that connects, made anew for each test. None means that there is nothing to connect to: the
/// test is skipped and says so, or fails with `EASYCACHE_REQUIRE_BACKENDS=1`. A server that is just for the test comes
/// with the backend in an [`OwningBackend`](crate::OwningBackend).
///
/// ```
/// mod conformance {
///     use easycache_testkit::{MemoryBackend, backend_conformance};
///
///     backend_conformance!(async { Some(MemoryBackend::new()) });
/// }
/// ```
#[macro_export]
macro_rules! backend_conformance {
    ($connect:expr) => {
        $crate::__clauses! { $connect, backend:
            // Answers.
            answers_come_in_the_order_of_the_items
            nothing_is_answered_where_nothing_is_asked
            the_same_item_twice_is_answered_twice
            hundreds_of_items_are_answered_at_once
            one_that_fails_fails_alone
            // Read.
            what_was_filled_is_read_back_byte_by_byte
            what_is_absent_is_absent
            stamps_are_seen_in_the_order_of_their_names
            a_read_of_stamps_alone_has_no_value
            a_read_of_a_header_tells_all_that_a_full_read_does_but_the_body
            a_peek_takes_no_lease
            a_full_read_tells_the_lease_that_there_is
            a_lease_that_a_read_grants_is_a_lease
            // Acquire.
            every_stamp_is_there_after_an_acquisition
            stamps_that_are_there_keep_their_versions
            what_is_granted_is_what_reads_see
            there_is_one_lease_of_a_value_at_a_time
            values_have_leases_of_their_own
            who_replaces_takes_the_lease_over
            nothing_is_granted_for_another_value_than_the_one_seen
            who_wants_versions_alone_leaves_the_lease_alone
            who_has_versions_alone_stores_nothing
            versions_alone_are_told_whatever_is_stored
            versions_alone_are_minted_where_they_are_missing
            versions_alone_are_told_and_minted_at_one_instant
            // Renew, release.
            a_value_that_is_due_stays_while_one_computes_it_anew
            only_the_lease_with_that_token_is_renewed
            only_the_lease_with_that_token_is_ended
            after_a_release_another_leads
            // Fill.
            a_fill_ends_its_lease
            a_fill_without_its_lease_stores_nothing
            who_fills_first_wins
            a_fill_takes_the_place_of_what_was_there
            a_fill_after_an_invalidation_of_its_value_is_never_served
            a_fill_after_an_invalidation_of_a_stamp_is_never_served
            a_value_that_is_too_large_is_refused
            a_value_of_the_largest_size_is_stored
            // Invalidate.
            an_invalidated_value_is_gone_with_its_lease
            an_invalidated_stamp_has_a_new_version_or_none
            an_invalidated_stamp_takes_every_value_with_it
            what_was_there_is_told
            invalidating_what_is_not_there_succeeds
            what_was_not_invalidated_stays
            several_targets_are_all_invalidated
            an_invalidation_can_be_repeated
            // Expire.
            an_expired_value_stays_and_is_marked
            an_expired_value_has_lost_its_lease
            an_expired_value_lives_no_longer_for_it
            what_takes_the_place_of_an_expired_value_is_fresh
            expiring_what_is_not_there_makes_nothing
            // Versions never return.
            versions_never_return
            many_stamps_get_new_versions_at_once
            a_held_stamp_says_so_until_it_is_invalidated
            a_held_stamp_ends_by_itself_and_is_not_prolonged
            // Time.
            a_value_is_gone_when_its_time_is_over
            a_value_is_there_until_its_time_is_over
            the_time_that_is_left_is_told_to_who_asks
            a_lease_ends_by_itself
            a_renewed_lease_lives_on
            a_stamp_lives_as_long_as_is_asked_for
            a_stamp_lives_on_when_it_is_acquired_again
            an_acquisition_shortens_no_stamps_life
            a_deadline_that_has_passed_is_answered_at_once
            // Names.
            the_longest_names_are_told_apart
            unusual_characters_are_part_of_names
            // Status, scan.
            servers_tell_how_they_are
            how_servers_are_is_answered_by_the_deadline
            names_are_listed_by_what_they_begin_with
            a_walk_sees_every_name_that_is_there_all_the_time
            a_name_that_was_invalidated_is_not_listed_any_more
            // At once.
            of_those_who_acquire_at_once_one_leads
            of_those_who_fill_at_once_one_stores
            those_who_mint_a_stamp_at_once_get_the_same_version
            ordered_targets_are_invalidated_in_their_order
            no_interleaving_serves_what_was_invalidated
        }
    };
}

/// Tests a backend that tells of changes against every clause about [watches](easycache_core::Watch), as
/// [`backend_conformance!`](crate::backend_conformance) does with all others.
///
/// ```
/// mod watching {
///     use easycache_testkit::{MemoryBackend, watch_conformance};
///
///     watch_conformance!(async { Some(MemoryBackend::new()) });
/// }
/// ```
#[macro_export]
macro_rules! watch_conformance {
    ($connect:expr) => {
        $crate::__clauses! { $connect, backend:
            a_watched_read_sees_what_a_read_sees
            a_watched_read_tells_how_long_a_value_is_kept
            a_watched_read_grants_no_lease
            a_watched_read_names_each_node_once
            an_invalidated_value_is_told
            an_invalidated_stamp_is_told
            a_stored_value_is_told
            a_minted_stamp_is_told
            of_many_names_each_is_told
            signs_of_life_are_told_while_nobody_reads
            a_watched_read_answers_by_its_deadline
        }
    };
}

/// Tests a [`Store`](easycache_core::Store) against every clause of its contract, as
/// [`backend_conformance!`](crate::backend_conformance) does a backend.
///
/// ```
/// mod conformance {
///     use easycache_core::MemoryStore;
///     use easycache_testkit::store_conformance;
///
///     store_conformance!(async { Some(MemoryStore::new()) });
/// }
/// ```
#[macro_export]
macro_rules! store_conformance {
    ($connect:expr) => {
        $crate::__clauses! { $connect, store:
            what_was_set_is_read_back_byte_by_byte
            what_was_never_set_is_absent
            setting_takes_the_place_of_what_is_there
            answers_come_in_the_order_of_the_names
            several_items_are_all_done
            nothing_to_do_is_a_success
            what_was_deleted_is_gone_and_stays_away
            deleting_what_is_not_there_is_a_success
            what_was_not_deleted_stays
            adding_stores_where_nothing_is
            adding_keeps_and_returns_what_is_there
            adding_stores_again_what_was_deleted
            adding_stores_again_when_the_time_is_over
            what_was_added_is_gone_when_its_time_is_over
            what_was_set_is_gone_when_its_time_is_over
            setting_again_sets_the_time_again
            of_several_who_add_at_once_one_stores
            an_operation_that_has_returned_is_seen_by_all
            the_longest_names_are_told_apart
            unusual_characters_are_part_of_names
            a_deadline_that_has_passed_is_answered_at_once
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __clauses {
    ($connect:expr, backend: $($clause:ident)*) => {$(
        #[test]
        fn $clause() {
            $crate::conformance::run($connect, $crate::conformance::clauses::$clause);
        }
    )*};
    ($connect:expr, collections: $($clause:ident)*) => {$(
        #[test]
        fn $clause() {
            $crate::conformance::collections::run($connect, $crate::conformance::collections::$clause);
        }
    )*};
    ($connect:expr, store: $($clause:ident)*) => {$(
        #[test]
        fn $clause() {
            $crate::conformance::store::run($connect, $crate::conformance::store::$clause);
        }
    )*};
}

/// Connects, and tests one clause on a runtime of its own: users of the macros need none.
#[doc(hidden)]
pub fn run<B: Backend>(connect: impl Future<Output = Option<B>>, clause: impl AsyncFnOnce(Subject)) {
    on_a_runtime(async {
        match connect.await {
            Some(backend) => clause(Subject::new(Arc::new(backend))).await,
            None => skip("there is nothing to connect to"),
        }
    });
}

fn on_a_runtime(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().expect("a runtime can be started").block_on(test);
}

#[cfg(test)]
mod tests {
    /// A clause that nobody calls would be a promise that nobody tests.
    #[test]
    fn every_clause_is_in_its_macro() {
        let here = include_str!("conformance.rs");
        let (backend, store) = here.split_once("macro_rules! store_conformance").unwrap();
        let groups = [
            include_str!("conformance/batches.rs"),
            include_str!("conformance/concurrency.rs"),
            include_str!("conformance/deadlines.rs"),
            include_str!("conformance/expiring.rs"),
            include_str!("conformance/expiry.rs"),
            include_str!("conformance/filling.rs"),
            include_str!("conformance/history.rs"),
            include_str!("conformance/inspecting.rs"),
            include_str!("conformance/invalidation.rs"),
            include_str!("conformance/leases.rs"),
            include_str!("conformance/names.rs"),
            include_str!("conformance/reading.rs"),
            include_str!("conformance/stamps.rs"),
            include_str!("conformance/versions.rs"),
            include_str!("conformance/watching.rs"),
        ];
        let mut clauses = groups.iter().flat_map(|group| clauses(group, "(it: Subject)")).peekable();
        assert!(clauses.peek().is_some());
        for clause in clauses {
            assert!(backend.lines().any(|line| line.trim() == clause), "{clause}");
        }
        let collections = include_str!("conformance/collections.rs");
        let groups = [
            include_str!("conformance/collections/common.rs"),
            include_str!("conformance/collections/map.rs"),
            include_str!("conformance/collections/sentinel.rs"),
            include_str!("conformance/collections/set.rs"),
            include_str!("conformance/collections/sorted_set.rs"),
            include_str!("conformance/collections/value.rs"),
        ];
        let mut clauses = groups.iter().flat_map(|group| self::clauses(group, "(it: Drawer)")).peekable();
        assert!(clauses.peek().is_some());
        for clause in clauses {
            assert!(collections.lines().any(|line| line.trim() == clause), "{clause}");
        }
        let mut clauses = self::clauses(include_str!("conformance/store.rs"), "(it: Shelf)").peekable();
        assert!(clauses.peek().is_some());
        for clause in clauses {
            assert!(store.lines().any(|line| line.trim() == clause), "{clause}");
        }
    }

    fn clauses<'a>(source: &'a str, arguments: &'a str) -> impl Iterator<Item = &'a str> {
        source.lines().filter_map(move |line| line.strip_prefix("pub async fn ")?.split_once(arguments).map(|it| it.0))
    }
}
