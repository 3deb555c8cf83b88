//! M: a read that starts after a hit never hits an older value. Row 6, and what a key's second set of tags can do.

use easycache_core::{Cache, Policy};

use crate::calls::{Answer, Call, STYLES, Style, Task, dependent};

fn cache() -> Cache {
    super::builder().build().unwrap()
}

/// Row 6.
#[test]
fn refreshes_that_end_out_of_order_leave_the_newest() {
    for style in STYLES {
        let (cache, call) = (cache(), dependent());
        call.read(style, &cache, 1);
        let first = call.clone().refresh().begin(style, &cache, 2);
        let second = call.clone().refresh().begin(style, &cache, 3);
        assert_eq!(second.finish(), 3);
        assert_eq!(call.read(style, &cache, 9), Answer::Hit(3));
        assert_eq!(first.finish(), 2, "the caller gets what it has computed");
        assert_eq!(call.read(style, &cache, 9), Answer::Hit(3), "nobody else does");
        assert_eq!(cache.stats().refused.lost, 1);
    }
}

#[test]
fn a_refresh_is_not_answered_by_a_computation_that_began_before_it() {
    for style in STYLES {
        for other in STYLES {
            let (cache, call) = (cache(), dependent());
            let old = call.begin(style, &cache, 1);
            let refresh = call.clone().refresh().begin(other, &cache, 2);
            assert_eq!(old.finish(), 1);
            assert_eq!(refresh.finish(), 2);
            assert_eq!(call.read(style, &cache, 9), Answer::Hit(2));
        }
    }
}

#[test]
fn a_computation_that_a_refresh_has_overtaken_stores_nothing() {
    for style in STYLES {
        let (cache, call) = (cache(), dependent());
        let old = call.begin(style, &cache, 1);
        let refresh = call.clone().refresh().begin(style, &cache, 2);
        assert_eq!(refresh.finish(), 2);
        assert_eq!(old.finish(), 1);
        assert_eq!(call.read(style, &cache, 9), Answer::Hit(2));
    }
}

#[test]
fn an_evicted_value_is_not_followed_by_an_older_one() {
    for style in STYLES {
        let cache = Cache::builder().max_entries(1).build().unwrap();
        let call = Call::new("a");
        let late = call.begin(style, &cache, 1);
        call.clone().refresh().read(style, &cache, 2);
        Call::new("b").read(style, &cache, 0);
        assert_eq!(cache.blocking().get::<u64>("a").unwrap(), None, "evicted");
        late.finish();
        assert_eq!(cache.blocking().get::<u64>("a").unwrap(), None);
    }
}

#[test]
fn what_is_set_while_it_is_computed_stays() {
    for style in STYLES {
        let (cache, call) = (cache(), Call::new("user:1"));
        let late = call.begin(style, &cache, 1);
        cache.blocking().set("user:1", 2_u64, Policy::new()).unwrap();
        assert_eq!(late.finish(), 1);
        assert_eq!(call.read(style, &cache, 9), Answer::Hit(2));
    }
}

fn of_team(team: u64) -> Call {
    let tags: &[&[&str]] = &[&["team:0"], &["team:1"]];
    Call::new("user:1").tags(tags[usize::try_from(team).unwrap()])
}

/// Whoever stores under tags that are not the ones its value was computed under lies about what it depends on.
#[test]
fn computations_of_one_key_under_different_tags_do_not_mix() {
    for (style, other) in pairs() {
        for order in [[0, 1], [1, 0]] {
            let cache = cache();
            // The value of team 0 is 100 and that of team 1 is 101.
            let mut begun = [Some(of_team(0).begin(style, &cache, 100)), Some(of_team(1).begin(other, &cache, 101))];
            for team in order {
                assert_eq!(begun[team].take().unwrap().finish(), 100 + team as u64);
            }
            for team in [0, 1] {
                let answer = of_team(team).read(style, &cache, 100 + team);
                assert!(matches!(answer, Answer::Hit(value) | Answer::Computed(value) if value == 100 + team));
            }
            cache.blocking().invalidate_tags(["team:1"]).unwrap();
            assert_ne!(cache.blocking().get::<u64>("user:1").unwrap(), Some(101), "it depends on team:1");
        }
    }
}

#[test]
fn who_waits_for_a_computation_gets_no_result_of_another_ones_tags() {
    for style in STYLES {
        let cache = cache();
        let leader = of_team(0).begin(Style { is_async: true, ..style }, &cache, 100);
        let mut waiter = Task::new(of_team(0).run_async(style.as_function, cache.clone(), async { 100 }));
        assert_eq!(waiter.poll(), None);
        assert_eq!(of_team(1).read(style, &cache, 101), Answer::Computed(101));
        assert_ne!(waiter.poll(), Some(101));
        assert_eq!(leader.finish(), 100);
    }
}

#[test]
fn who_waits_for_a_computation_gets_no_result_of_another_type() {
    let cache = cache();
    let leader = Call::new("user:1").begin(STYLES[1], &cache, 1);
    let mut waiter = Task::new(Call::new("user:1").run_async(false, cache.clone(), async { 1 }));
    assert_eq!(waiter.poll(), None);
    let text = cache.blocking().get_or_compute("user:1", Policy::new(), || "text".to_owned()).unwrap();
    assert_eq!(text, "text");
    // Either it is still waiting, or it computes: what it may not do is to panic over the text.
    let answer = waiter.poll();
    assert_eq!(leader.finish(), 1);
    assert_eq!(answer.unwrap_or_else(|| waiter.now()), 1);
}

#[test]
fn computations_of_one_key_under_different_tags_do_not_go_back_in_time() {
    for (style, other) in pairs() {
        let cache = cache();
        let first = of_team(0).begin(style, &cache, 1);
        let second = of_team(1).begin(other, &cache, 2);
        assert_eq!(second.finish(), 2);
        let hit = cache.blocking().get::<u64>("user:1").unwrap();
        assert_eq!(first.finish(), 1);
        assert!(cache.blocking().get::<u64>("user:1").unwrap() >= hit);
    }
}

fn pairs() -> impl Iterator<Item = (Style, Style)> {
    STYLES.into_iter().flat_map(|style| STYLES.into_iter().map(move |other| (style, other)))
}
