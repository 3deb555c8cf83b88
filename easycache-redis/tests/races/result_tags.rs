//! Tags that are known only when the value is: their versions have to be those of before the computation all the same.

use easycache_testkit::{Method, Side};

use crate::{
    calls::{Answer, Call, Style, in_every_style},
    process::Process,
    world::one_by_one,
};

fn list() -> Call {
    Call::new("books").of_result(&["book:1", "book:2"])
}

#[track_caller]
fn invalidate(style: Style, process: &Process, tag: &str) {
    if style.is_async {
        process.runtime.block_on(process.cache.invalidate_tags([tag])).unwrap();
    } else {
        process.cache.blocking().invalidate_tags([tag]).unwrap();
    }
}

#[test]
fn a_tag_of_the_result_invalidates_it_in_every_process() {
    in_every_style(|_, [one, other], style| {
        assert_eq!(list().read(style, one, 1), Answer::Computed(1));
        assert_eq!(list().read(style, other, 2), Answer::Hit(1));
        assert_eq!(list().read(style, one, 2), Answer::Hit(1));
        invalidate(style, other, "book:2");
        assert_eq!(one.cache.blocking().get::<u64>("books").unwrap(), None);
        assert_eq!(list().read(style, one, 2), Answer::Computed(2));
        assert_eq!(list().read(style, other, 3), Answer::Hit(2));
    });
}

/// Whether the tag had a stamp before or not.
#[test]
fn a_result_whose_own_tag_was_invalidated_meanwhile_is_not_stored() {
    in_every_style(|_, [one, other], style| {
        for known in [false, true] {
            if known {
                Call::new("other").tags(&["book:1"]).read(style, other, 0);
            }
            let late = list().begin(style, one, 1);
            invalidate(style, other, "book:1");
            assert_eq!(late.finish(), 1);
            assert_eq!(one.refused(), 1 + u64::from(known));
            assert_eq!(list().read(style, other, 2), Answer::Computed(2));
            assert_eq!(list().read(style, one, 3), Answer::Hit(2));
            invalidate(style, other, "book:2");
        }
    });
}

/// The second time its tags are guessed, and read before.
#[test]
fn a_result_whose_guessed_tag_was_invalidated_meanwhile_is_not_stored() {
    in_every_style(|_, [one, other], style| {
        list().read(style, one, 1);
        invalidate(style, other, "book:1");
        let late = list().begin(style, one, 1);
        invalidate(style, other, "book:2");
        assert_eq!(late.finish(), 1);
        assert_eq!(list().read(style, other, 2), Answer::Computed(2));
        assert_eq!(list().read(style, one, 3), Answer::Hit(2));
    });
}

/// It moved, and is gone: nobody can tell by the stamp that it did.
#[test]
fn a_result_whose_own_tag_was_invalidated_and_lost_meanwhile_is_not_stored() {
    in_every_style(|world, [one, other], style| {
        Call::new("other").tags(&["book:1"]).read(style, other, 0);
        let late = list().begin(style, one, 1);
        invalidate(style, other, "book:1");
        world.lose(&one.name("t:book:1"));
        assert_eq!(late.finish(), 1);
        assert_eq!(list().read(style, other, 2), Answer::Computed(2));
    });
}

/// The clock of tags tells whether any tag was invalidated since; it may be lost as everything else.
#[test]
fn a_result_is_not_stored_when_nobody_can_tell_whether_its_tags_were_invalidated() {
    in_every_style(|world, [one, other], style| {
        for again in [false, true] {
            let late = list().begin(style, one, 1);
            world.lose(&one.name("c"));
            invalidate(style, other, "book:1");
            if again {
                Call::new("more").of_result(&["x"]).read(style, other, 0);
                assert!(world.exists(&one.name("c")));
            }
            assert_eq!(late.finish(), 1);
            assert_eq!(list().read(style, other, 2), Answer::Computed(2));
            other.cache.blocking().invalidate_key("books").unwrap();
        }
    });
}

/// It comes after the versions of its tags were asked for, and before it is stored.
#[test]
fn a_result_whose_own_tag_is_invalidated_as_it_is_stored_is_not_served() {
    in_every_style(|_, [one, other], style| {
        for tag in ["book:1", "book:2"] {
            let stop = one.backend.stop(Method::Fill, Side::Before);
            let late = list().begin(style, one, 1).go();
            stop.reached();
            invalidate(style, other, tag);
            stop.go();
            assert_eq!(late.value(), 1);
            assert_eq!(list().read(style, other, 2), Answer::Computed(2));
            other.cache.blocking().invalidate_key("books").unwrap();
        }
    });
}

/// The invalidation has begun, and not returned: half of it is done.
#[test]
fn a_result_that_is_stored_in_the_middle_of_an_invalidation_of_its_tag_is_not_served_after_it() {
    in_every_style(|_, [one, _], style| {
        let other = one_by_one(one);
        Call::new("other").tags(&["book:1"]).read(style, one, 0);
        for moved in ["t:book:1", "c"] {
            let moved = one.name(moved);
            let late = list().begin(style, one, 1);
            let stop = other.backend.stop_if(Side::After, move |call| {
                call.method == Method::Invalidate && call.names.iter().any(|name| **name == *moved)
            });
            let invalidation = std::thread::spawn({
                let other = other.clone();
                move || invalidate(style, &other, "book:1")
            });
            stop.reached();
            assert_eq!(late.finish(), 1);
            stop.go();
            invalidation.join().unwrap();
            assert_eq!(list().read(style, one, 2), Answer::Computed(2));
            one.cache.blocking().invalidate_key("books").unwrap();
        }
    });
}

#[test]
fn a_result_whose_own_tag_was_invalidated_before_it_was_computed_is_stored() {
    in_every_style(|_, [one, other], style| {
        list().read(style, one, 1);
        invalidate(style, other, "book:1");
        invalidate(style, other, "unheard of");
        assert_eq!(list().read(style, one, 2), Answer::Computed(2));
        assert_eq!(list().read(style, other, 3), Answer::Hit(2));
    });
}

/// The computation that is under way cannot know that one of its tags is invalid.
#[test]
fn a_caller_that_comes_after_a_tag_of_the_result_was_invalidated_does_not_get_that_result() {
    in_every_style(|_, [one, other], style| {
        for known in [true, false] {
            if known {
                Call::new("other").tags(&["book:1"]).read(style, other, 0);
            }
            let old = list().begin(style, one, 1);
            invalidate(style, other, "book:1");
            let late = list().start(style, one, 2);
            assert_eq!(old.finish(), 1);
            assert_eq!(late.answer(), Answer::Computed(2));
            one.cache.blocking().invalidate_key("books").unwrap();
        }
    });
}

#[test]
fn a_refresh_takes_the_tags_of_its_own_result() {
    in_every_style(|_, [one, other], style| {
        let call = |of_result| Call::new("books").of_result(of_result);
        call(&["book:1"]).read(style, one, 1);
        call(&["book:2"]).refresh().read(style, other, 2);
        invalidate(style, one, "book:1");
        assert_eq!(call(&["book:2"]).read(style, one, 9), Answer::Hit(2));
        invalidate(style, one, "book:2");
        assert_eq!(call(&["book:2"]).read(style, other, 3), Answer::Computed(3));
    });
}

#[test]
fn tags_of_the_call_and_of_the_result_both_invalidate() {
    in_every_style(|_, [one, other], style| {
        let call = Call::new("books").tags(&["shop"]).of_result(&["book:1", "shop"]);
        for tag in ["shop", "book:1"] {
            assert_eq!(call.read(style, one, 1), Answer::Computed(1));
            assert_eq!(call.read(style, other, 9), Answer::Hit(1));
            invalidate(style, other, tag);
            let late = call.begin(style, one, 1);
            invalidate(style, one, tag);
            late.finish();
            assert_eq!(call.read(style, other, 2), Answer::Computed(2));
            other.cache.blocking().invalidate_key("books").unwrap();
        }
    });
}
