//! Tags that only the result tells: there is no clock of tags here, for nothing is read or invalidated at one instant in
//! several places. What a result was the last time is the guess for the next.

use easycache_core::Targets;

use crate::{
    calls::{Answer, Call, in_every_style},
    process::Process,
};

fn tagged() -> Call {
    Call::new("user:1").of_result(&["book:1"])
}

fn invalidate(process: &Process) {
    process.cache.blocking().invalidate(Targets::new().tags(["book:1"])).unwrap();
}

#[test]
fn a_value_is_stored_when_the_tags_of_its_result_are_known() {
    in_every_style(|_, [one, other], style| {
        assert_eq!(tagged().read(style, one, 1), Answer::Computed(1));
        assert_eq!(tagged().read(style, one, 2), Answer::Computed(2), "the first time they were not known");
        assert_eq!(tagged().read(style, one, 3), Answer::Hit(2));
        assert_eq!(tagged().read(style, other, 3), Answer::Hit(2));
        invalidate(other);
        assert_eq!(tagged().read(style, one, 4), Answer::Computed(4));
        assert_eq!(tagged().read(style, other, 5), Answer::Hit(4));
    });
}

#[test]
fn a_result_computed_across_an_invalidation_of_its_tag_is_not_served() {
    in_every_style(|_, [one, other], style| {
        // Known or not.
        for known in [false, true] {
            invalidate(one);
            let late = tagged().begin(style, one, 1);
            invalidate(other);
            assert_eq!(late.finish(), 1);
            assert_eq!(tagged().read(style, other, 2), Answer::Computed(2), "{known}");
            tagged().read(style, other, 3);
        }
    });
}
