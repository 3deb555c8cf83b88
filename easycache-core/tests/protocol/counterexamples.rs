//! Each rule is needed: without it, the checker finds a promise broken.
//!
//! The same configurations hold as they are ([`crate::promises`]), so it is the rule that makes the difference.

use crate::{
    model::{HOLDS_G, HOLDS_M, HOLDS_RYI},
    run::{breaks, counterexamples},
    worlds,
};

counterexamples! {
    stamps_read_after_the_computation_are_too_new: ONE_SERVER, StampsAfter, HOLDS_G;
    counters_return_after_an_eviction: LOSSES_OF_STAMPS, Counters, HOLDS_G;
    a_missing_stamp_must_not_be_valid: ONE_SERVER, MissingIsValid, HOLDS_G;
    a_version_written_with_the_value_undoes_an_invalidation: ONE_SERVER, MintedAtFill, HOLDS_G;
    a_fill_must_look_at_its_lease: ONE_SERVER, FillWithoutToken, HOLDS_G;
    a_fill_must_look_at_its_lease_in_a_cluster: CLUSTER, FillWithoutToken, HOLDS_G;
    absence_of_a_value_is_no_lease: ONE_SERVER, FillIfAbsent, HOLDS_G;
    absence_of_a_lease_is_no_lease: ONE_SERVER, FillAfterExpiry, HOLDS_G;
    a_paused_holder_must_not_store_after_its_time: LOSSES_OF_STAMPS, FillAfterExpiry, HOLDS_M;
    an_invalidation_must_end_the_lease: ONE_SERVER, LeaseSurvivesDelete, HOLDS_G;
    a_refresh_needs_a_lease: REFRESH, RefreshWithoutLease, HOLDS_G;
    a_refresh_without_a_lease_goes_back_in_time: REFRESH_BY_TAG, RefreshWithoutLease, HOLDS_M;
    joining_needs_equal_versions: FLIGHTS, JoinWithoutVersions, HOLDS_G;
    joining_needs_an_equal_token: FLIGHTS, JoinWithoutToken, HOLDS_G;
    a_running_computation_is_not_for_everyone: FLIGHTS, JoinRunning, HOLDS_G;
    a_running_computation_is_not_for_everyone_without_leases: FLIGHTS_OVER_STORE, JoinRunning, HOLDS_G;
    joining_needs_an_equal_clock_of_tags: RESULT_TAGS_FLIGHTS, JoinWithoutClock, HOLDS_G;
    what_a_leader_finds_stored_is_not_for_those_who_joined: FLIGHTS, JoinersTakeFound, HOLDS_G;
    a_body_needs_the_header_of_the_master: REPLICA, BodyUnchecked, HOLDS_G;
    stamps_of_a_replica_prove_nothing: REPLICA_BY_TAG, AllFromReplica, HOLDS_G;
    the_clock_must_move_before_the_tags: RESULT_TAGS, ClockAfterTags, HOLDS_G;
    the_clock_must_be_looked_at: RESULT_TAGS, ClockUnchecked, HOLDS_G;
    stamps_must_not_be_minted_after_the_clock_was_read: RESULT_TAGS, MintedAfterClock, HOLDS_G;
    an_error_is_not_a_success: QUARANTINE, ErrorSwallowed, HOLDS_G;
    a_failed_invalidation_puts_its_names_in_quarantine: QUARANTINE, NoQuarantine, HOLDS_RYI;
    quarantine_ends_by_what_was_sent_after_the_failure: QUARANTINE, LiftedTooEarly, HOLDS_RYI;
    what_was_invalidated_is_told_by_the_hard_twin_alone: EXPIRED, TwinUnchecked, HOLDS_G;
    what_was_invalidated_is_told_by_the_hard_twin_in_a_cluster: EXPIRED_IN_CLUSTER, TwinUnchecked, HOLDS_G;
    the_hard_twin_is_read_before_the_computation: EXPIRED_IN_CLUSTER, TwinAfter, HOLDS_G;
    an_invalidation_moves_the_hard_twin: EXPIRED, TwinStays, HOLDS_G;
}

/// Why a backend that is not ordered uses only names that are known before the computation.
#[test]
fn the_clock_proves_nothing_where_messages_are_not_ordered() {
    breaks(worlds::RESULT_TAGS_IN_CLUSTER, HOLDS_G);
}
