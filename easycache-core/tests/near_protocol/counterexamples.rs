//! Each rule is needed: without it, the checker finds a promise broken.
//!
//! The same configurations hold as they are ([`crate::promises`]), so it is the rule that makes the difference.

use crate::{
    model::{HOLDS_AT_REST, HOLDS_B, HOLDS_RYI},
    run::{counterexamples, keeps_its_promises},
    variants::Broken,
    worlds,
};

counterexamples! {
    what_is_kept_needs_a_ticket: ONE_SERVER, NoTicket, HOLDS_AT_REST;
    a_ticket_is_of_every_name: ONE_SERVER, TagForgotten, HOLDS_AT_REST;
    without_a_ticket_there_is_no_bound: TIME_ALONE, NoTicket, HOLDS_B;
    a_connection_that_is_made_anew_tells_nothing_of_before: BREAKS, FlushForgotten, HOLDS_AT_REST;
    a_flush_is_for_reads_under_way_as_well: BREAKS, FlushSparesTickets, HOLDS_AT_REST;
    a_server_that_was_emptied_tells_of_nothing_by_name: LOSSES, EmptiedUnheard, HOLDS_AT_REST;
    what_is_told_is_seen_to_before_the_next_answer: TIME, ToldLater, HOLDS_B;
    a_heartbeat_counts_from_its_sending: TIME, FreshFromAnswer, HOLDS_B;
    a_heartbeat_comes_behind_what_is_told: TIME, HeartbeatElsewhere, HOLDS_B;
    a_heartbeat_counts_from_its_sending_on_a_dead_connection: HALF_OPEN, FreshFromAnswer, HOLDS_B;
    every_server_has_to_be_fresh: TWO_SERVERS_TIME, OneNodeFresh, HOLDS_B;
    a_script_that_stores_has_to_read: FILLS_WATCHED, NoTrailingRead, HOLDS_AT_REST;
    an_own_invalidation_ends_what_was_read_before_it_arrived: OWN, NotAppliedAfter, HOLDS_RYI;
    an_own_invalidation_of_a_key_ends_what_was_read_before: OWN_OF_KEY, NotAppliedAfter, HOLDS_RYI;
    a_failed_invalidation_keeps_its_process_from_what_is_near: OWN_FAILS, NoQuarantine, HOLDS_RYI;
}

/// What is read before the answer, and kept, is thrown away with the rest by then. It spares callers of this process what
/// somebody is about to invalidate.
#[test]
fn no_promise_needs_what_is_done_before_an_own_invalidation_is_sent() {
    for world in [worlds::OWN_OF_KEY, worlds::OWN_FAILS] {
        keeps_its_promises(world.breaking(Broken::NotAppliedBefore));
    }
}
