//! What the protocol promises, and where: every state of every configuration.

use crate::{
    config::{Config, G, M, RYI},
    model::HOLDS_M,
    run::{breaks, promises},
    worlds,
};

promises! {
    no_read_is_older_than_an_invalidation_and_no_hit_than_a_hit: ONE_SERVER;
    three_readers_disturb_each_other_no_more_than_two: ONE_SERVER_THREE_READERS;
    whatever_is_evicted_or_expires_nothing_old_comes_back: LOSSES;
    stamps_that_are_lost_never_return: LOSSES_OF_STAMPS;
    a_refresh_is_never_older_than_an_invalidation: REFRESH;
    a_refresh_heeds_every_stamp: REFRESH_BY_TAG;
    a_lease_that_is_taken_over_or_expires_stores_nothing: TAKEOVER;
    messages_to_several_nodes_may_arrive_in_any_order: CLUSTER;
    invalidations_of_several_stamps_need_not_be_one_step: CLUSTER_TWO_STAMPS;
    nodes_may_lose_anything: CLUSTER_LOSSES;
    a_refresh_needs_no_order_of_messages: CLUSTER_REFRESH;
    a_plain_store_keeps_the_promise_on_invalidations: STAMPED;
    a_plain_store_may_lose_anything: STAMPED_LOSSES;
    a_refresh_over_a_plain_store_is_never_older_than_an_invalidation: STAMPED_REFRESH;
    a_replica_may_lag_as_it_likes: REPLICA;
    a_replica_may_lag_behind_invalidations_by_tag: REPLICA_BY_TAG;
    who_joins_a_flight_gets_nothing_older: FLIGHTS;
    who_joins_a_flight_again_gets_nothing_older: FLIGHTS_TWICE;
    flights_need_no_order_of_messages: FLIGHTS_IN_CLUSTER;
    flights_need_no_leases: FLIGHTS_OVER_STORE;
    tags_of_the_result_are_as_good_as_those_known_before: RESULT_TAGS;
    the_clock_of_tags_may_be_lost_and_so_may_the_tags: RESULT_TAGS_LOSSES;
    tags_of_the_result_do_not_disturb_the_lease: RESULT_TAGS_AND_KEY;
    tags_of_the_result_may_be_minted_before_they_are_read: RESULT_TAGS_MINTED_FIRST;
    flights_with_tags_of_the_result_get_nothing_older: RESULT_TAGS_FLIGHTS;
    a_process_never_reads_what_it_tried_to_invalidate: QUARANTINE;
    a_process_never_reads_a_key_that_it_tried_to_invalidate: QUARANTINE_OF_KEY;
    a_process_in_quarantine_joins_nothing: QUARANTINE_FLIGHTS;
    an_invalidation_may_fail_in_part: QUARANTINE_IN_CLUSTER;
    what_has_expired_may_be_served_and_what_was_invalidated_not: EXPIRED;
    what_has_expired_and_was_invalidated_by_key_is_not_served: EXPIRED_AND_KEY;
    hard_twins_may_be_lost: EXPIRED_LOSSES;
    a_refresh_of_what_has_expired_heeds_invalidations: EXPIRED_REFRESH;
    hard_twins_need_no_order_of_messages: EXPIRED_IN_CLUSTER;
}

/// What a store without compare-and-set cannot give.
#[test]
fn hits_go_back_in_time_where_there_are_no_leases() {
    let world = worlds::STAMPED.named("plain store, monotonic hits asked for");
    breaks(Config { promises: G | M | RYI, ..world }, HOLDS_M);
}
