//! What a near tier promises, and where: every state of every configuration.

use crate::{
    model::IS_STRICT,
    run::{breaks, promises},
    worlds,
};

promises! {
    what_is_near_is_told_of_every_change: ONE_SERVER;
    what_a_server_loses_is_told_as_well: LOSSES;
    a_connection_that_breaks_takes_with_it_what_is_near: BREAKS;
    no_hit_is_older_than_the_bound: TIME;
    no_hit_is_older_than_the_bound_where_nothing_is_told_any_more: HALF_OPEN;
    a_process_never_hits_what_it_has_invalidated: OWN;
    a_process_never_hits_a_key_that_it_has_invalidated: OWN_OF_KEY;
    a_process_never_hits_what_it_has_tried_to_invalidate: OWN_FAILS;
    servers_may_tell_in_any_order: TWO_SERVERS;
    each_server_must_be_heard_of: TWO_SERVERS_TIME;
    each_connection_may_break_alone: TWO_SERVERS_BREAKS;
    what_is_stored_on_the_same_connection_may_be_kept_if_the_script_reads_it: FILLS_WATCHED;
}

/// The price of a hit without a round trip.
#[test]
fn hits_that_ask_nobody_are_older_than_what_others_have_invalidated() {
    breaks(worlds::STRICT_HITS, IS_STRICT);
}
