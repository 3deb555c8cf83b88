//! A value that is computed from a cached one: it takes over the names of that one, and the versions that were valid.

use easycache_core::Policy;

use crate::{
    calls::{Answer, Call, in_every_style},
    process::Process,
};

fn inner() -> Call {
    Call::new("inner").tags(&["users"]).prefix("tenant:1")
}

/// Reads the outer value in that process; `then` is done when it has the inner one, and before it is stored.
fn outer(process: &Process, computes: u64, then: impl FnOnce()) -> u64 {
    let compute = || {
        // On this thread: what another one calls is not called inside.
        let policy = Policy::new().tags(["users"]).prefix("tenant:1");
        let value = process.cache.blocking().get_or_compute("inner", policy, || computes).unwrap();
        then();
        value
    };
    process.cache.blocking().get_or_compute("outer", Policy::new().inherit(true), compute).unwrap()
}

fn stored(process: &Process) -> Option<u64> {
    process.cache.blocking().get("outer").unwrap()
}

#[test]
fn a_value_is_gone_in_every_process_with_what_it_was_made_of() {
    in_every_style(|_, [one, other], style| {
        for (commit, from_a_hit) in [(1, false), (2, true)] {
            if from_a_hit {
                assert_eq!(inner().read(style, other, commit), Answer::Computed(commit));
            }
            assert_eq!(outer(one, commit, || ()), commit);
            assert_eq!(stored(other), Some(commit));
            other.cache.blocking().invalidate_tags(["users"]).unwrap();
            assert_eq!((stored(one), stored(other)), (None, None));
        }
        assert_eq!(outer(other, 3, || ()), 3);
        one.cache.blocking().invalidate_prefix("tenant:1").unwrap();
        assert_eq!(stored(other), None);
    });
}

#[test]
fn a_hit_that_is_invalidated_while_the_outer_value_is_computed_does_not_live_on_in_it() {
    in_every_style(|_, [one, other], style| {
        // The second time its names are guessed.
        for commit in [1, 3] {
            assert_eq!(inner().read(style, other, commit), Answer::Computed(commit));
            let invalidate = || {
                other.cache.blocking().invalidate_tags(["users"]).unwrap();
            };
            assert_eq!(outer(one, 0, invalidate), commit, "it asked before");
            assert_eq!((stored(one), stored(other)), (None, None));
            assert_eq!(outer(other, commit + 1, || ()), commit + 1);
            assert_eq!(outer(one, 0, || ()), commit + 1, "and is a hit");
            one.cache.blocking().invalidate_prefix("tenant:1").unwrap();
        }
    });
}

#[test]
fn a_hit_that_was_invalidated_and_computed_anew_meanwhile_does_not_live_on_in_the_outer_value() {
    in_every_style(|_, [one, other], style| {
        assert_eq!(inner().read(style, other, 1), Answer::Computed(1));
        let anew = || {
            other.cache.blocking().invalidate_tags(["users"]).unwrap();
            assert_eq!(inner().read(style, other, 2), Answer::Computed(2));
        };
        assert_eq!(outer(one, 0, anew), 1);
        assert_eq!((stored(one), stored(other)), (None, None));
        assert_eq!(outer(one, 3, || ()), 2);
    });
}
