//! The judge of histories: what breaks a promise is found, and nothing else.

use std::{fs, process, time::Duration};

use easycache_testkit::history::{History, Kind, Promise, Recorder, Verdict, now};

/// What is in a record: lines of process, begin, end, what it was, commit, key and scopes.
fn history(record: &str) -> History {
    let mut history = History::new(7);
    let lines = record.lines().map(|line| format!("{}\n", line.trim()));
    history.parse(&lines.filter(|line| line.len() > 1).collect::<String>()).expect("every line is one");
    history
}

#[track_caller]
fn broken(record: &str, counts: [usize; 3]) -> Verdict {
    let verdict = history(record).check();
    assert_eq!(Promise::ALL.map(|promise| verdict.count(promise)), counts, "{verdict}");
    verdict
}

#[test]
fn a_read_that_heeds_what_returned_before_it_breaks_nothing() {
    let record = "
        0 10 20 committed 2 - row:k
        0 21 30 invalidated 2 - tag:a
        1 31 40 computed 2 k key:k tag:a
        2 41 50 hit 2 k key:k tag:a
    ";
    broken(record, [0; 3]).assert_kept();
}

#[test]
fn a_read_that_was_called_before_the_invalidation_returned_may_see_either() {
    broken("0 10 30 invalidated 2 - tag:a\n 1 30 40 hit 1 k tag:a", [0; 3]);
    broken("0 10 30 invalidated 2 - tag:a\n 1 29 90 hit 1 k tag:a", [0; 3]);
}

#[test]
fn a_stale_read_is_found_through_every_scope_that_it_names() {
    for scope in ["key:k", "tag:a", "prefix:p", "all"] {
        let record = format!("0 10 30 invalidated 2 - {scope}\n 1 31 40 hit 1 k key:k tag:a prefix:p all");
        broken(&record, [1, 0, 0]);
    }
    broken("0 10 30 invalidated 2 - tag:b\n 1 31 40 hit 1 k key:k tag:a", [0; 3]);
}

#[test]
fn a_computation_can_be_stale_too() {
    broken("0 10 30 invalidated 2 - tag:a\n 1 31 40 computed 1 k tag:a", [1, 0, 0]);
}

#[test]
fn what_was_invalidated_long_ago_is_still_due_after_older_invalidations_that_return_later() {
    let record = "
        0 10 30 invalidated 5 - tag:a
        1 11 60 invalidated 3 - tag:a
        2 70 80 hit 4 k tag:a
    ";
    broken(record, [1, 0, 0]);
}

#[test]
fn an_invalidation_that_failed_binds_its_own_process_alone() {
    broken("0 10 30 failed 2 - tag:a\n 1 31 40 hit 1 k tag:a", [0; 3]);
    broken("0 10 30 failed 2 - tag:a\n 0 31 40 hit 1 k tag:a", [0, 0, 1]);
    broken("0 10 30 invalidated 2 - tag:a\n 0 31 40 hit 1 k tag:a", [1, 0, 1]);
}

#[test]
fn a_hit_that_goes_back_in_time_is_found() {
    broken("0 10 20 hit 2 k tag:a\n 1 21 30 hit 1 k tag:a", [0, 1, 0]);
    broken("0 10 20 hit 2 k tag:a\n 1 20 30 hit 1 k tag:a", [0; 3]);
    broken("0 10 20 hit 2 k tag:a\n 1 21 30 hit 1 l tag:a", [0; 3]);
    broken("0 10 20 hit 2 k tag:a\n 1 21 30 computed 1 k tag:a", [0; 3]);
    broken("0 10 20 computed 2 k tag:a\n 1 21 30 hit 1 k tag:a", [0; 3]);
}

#[test]
fn the_counterexample_is_the_shortest_with_what_lies_between() {
    let record = "
        0 1000 2000 invalidated 2 - tag:a
        1 900000 910000 hit 1 k key:k tag:a
        0 920000 921000 committed 3 - row:k
        0 922000 923000 invalidated 3 - key:k
        2 922500 924000 computed 3 k key:k tag:a
        2 922500 924000 computed 3 elsewhere key:l
        1 925000 926000 hit 2 k key:k tag:a
    ";
    let verdict = broken(record, [2, 0, 0]);
    let [shortest] = verdict.counterexamples() else { panic!("one for the one promise that was broken") };
    assert_eq!((shortest.read, shortest.due), (2, 3));
    let text = verdict.to_string();
    assert!(text.starts_with("seed 7: 2 hit, 2 computed, 2 invalidated, 0 failed, 1 committed; G broken 2 times\n"));
    let story = text.lines().skip(2).map(str::trim).collect::<Vec<_>>();
    assert_eq!(story.len(), 4, "{text}");
    assert!(story[0].contains("committed commit 3"), "{text}");
    assert!(story[1].starts_with("this:") && story[1].contains("process 0 invalidated commit 3 - [key:k]"), "{text}");
    assert!(story[2].contains("computed commit 3 k"), "{text}");
    assert!(story[3].starts_with("READ:") && story[3].contains("process 1 hit commit 2 k"), "{text}");
    let complaint = std::panic::catch_unwind(|| verdict.assert_kept()).unwrap_err();
    assert!(complaint.downcast_ref::<String>().unwrap().contains("READ:"));
}

#[test]
fn a_long_history_is_judged_in_a_moment() {
    let mut record = String::new();
    for n in 1..200_000_u64 {
        let at = 10 * n;
        let line = match n % 3 {
            0 => format!("0 {at} {} invalidated {n} - tag:a\n", at + 1),
            _ => format!("1 {at} {} hit {} k key:k tag:a all\n", at + 1, (n - n % 3).saturating_sub(3)),
        };
        record.push_str(&line);
    }
    let mut history = History::new(1);
    history.parse(&record).unwrap();
    assert!(history.check().count(Promise::Invalidation) > 100_000);
}

#[test]
fn several_processes_write_files_of_their_own_and_lines_that_were_cut_off_are_left_out() {
    let dir = std::env::temp_dir().join(format!("easycache-history-{}-{}", process::id(), now()));
    fs::create_dir(&dir).unwrap();
    let paths = [dir.join("0"), dir.join("1")];
    let [writer, reader] =
        [(0, &paths[0]), (1, &paths[1])].map(|(process, path)| Recorder::create(path, process).unwrap());
    let call = writer.begin();
    call.end(Kind::Invalidated, 2, "-", &["tag:a"]);
    let call = reader.begin();
    call.end(Kind::Hit, 1, "k", &["tag:a"]);
    let mut torn = fs::read_to_string(&paths[1]).unwrap();
    torn.push_str("1 99");
    fs::write(&paths[1], torn).unwrap();
    let history = History::read(3, &paths).unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history.check().count(Promise::Invalidation), 1);
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_line_that_is_none_is_refused() {
    for line in ["0 1 2 hit 1", "0 1 2 missed 1 k", "0 1 x hit 1 k", ""] {
        let error = History::new(0).parse(&format!("{line}\n\n")).unwrap_err();
        assert!(error.to_string().contains("lacks"), "{error}");
    }
}

#[test]
fn a_bound_forgives_what_was_invalidated_a_short_time_before() {
    let record = "
        0 10 30 invalidated 2 - tag:a
        0 40 50 invalidated 4 - tag:a
        1 100 110 hit 3 k tag:a
        1 100 110 hit 1 k tag:a
        2 100 110 hit 4 k tag:a
        2 30 110 hit 1 k tag:a
    ";
    let history = history(record);
    for (bound, count) in [(0, 2), (49, 2), (50, 1), (69, 1), (70, 0)] {
        let verdict = history.check_within(Duration::from_nanos(bound));
        assert_eq!(verdict.count(Promise::Bounded), count, "{bound}");
        assert_eq!(verdict.worst_staleness(), Duration::from_nanos(70));
        assert_eq!(verdict.count(Promise::Invalidation), 0, "it is not judged");
    }
    let verdict = history.check_within(Duration::from_nanos(60));
    let [violation] = verdict.counterexamples() else { panic!("{verdict}") };
    assert_eq!((violation.read, violation.due), (1, 2), "what was invalidated within the bound need not be heeded");
    assert!(verdict.to_string().contains("70.0ns behind at worst"), "{verdict}");
}

#[test]
fn no_bound_forgives_what_a_process_has_invalidated_itself() {
    let history = history("0 10 30 failed 2 - tag:a\n 0 31 40 hit 1 k tag:a");
    assert_eq!(history.check_within(Duration::from_secs(1)).count(Promise::OwnInvalidation), 1);
}
