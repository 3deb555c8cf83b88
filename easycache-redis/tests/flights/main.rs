//! One computation for all processes: `coalesce = "cluster"` with real processes, which are killed and stopped on the way.

mod board;
mod caller;

use easycache_testkit::{
    Sibling,
    server::{RedisServer, until},
};

use self::{
    board::Board,
    caller::{Act, CALLERS, LEASE, Orders},
};

/// A server, the board, and the processes that were started with these orders. None if there is no `redis-server` here.
fn started<const N: usize>(acts: [Act; N]) -> Option<(RedisServer, Board, [Sibling; N])> {
    let (server, board) = (RedisServer::start()?, Board::start()?);
    let mut number = 0;
    let siblings = acts.map(|act| {
        number += 1;
        let orders = Orders { number, act, server: server.address(), board: board.address() };
        let sibling = Sibling::start("child", &orders.to_string());
        if act != Act::Join {
            // It computes before the next one is there.
            board.wait_for("begun", number);
        }
        sibling
    });
    Some((server, board, siblings))
}

/// Lets all of a process's callers go, and waits until they wait for whoever has the lease.
fn let_them_wait(server: &RedisServer, board: &Board) {
    board.wait_for("ready", 1);
    board.put("go");
    until("every caller has looked, and some have looked again", || {
        let stats = server.command(&["INFO", "commandstats"]).text();
        let reads = stats.lines().find_map(|line| line.strip_prefix("cmdstat_mget:calls="))?;
        let reads = reads.split(',').next()?.parse::<usize>().ok()?;
        (reads > 1 + CALLERS + 3).then_some(())
    });
}

/// Whether the server has thrown away anything because its time was over: a lease that nobody has released.
fn a_lease_has_expired(server: &RedisServer) -> bool {
    server.info("expired_keys") != "0"
}

/// Repeats what is only so where a lease is prolonged in time, which a machine that is very busy does not do: until none
/// has expired. Each attempt has a server of its own; none: there is no `redis-server` here.
fn unless_a_lease_expires(attempt: impl Fn() -> Option<(RedisServer, Board)>, assert: impl Fn(&Board)) {
    for _ in 0..5 {
        let Some((server, board)) = attempt() else { return };
        if !a_lease_has_expired(&server) {
            return assert(&board);
        }
    }
    panic!("each time a lease has expired");
}

#[test]
fn one_computation_serves_the_callers_of_all_processes() {
    let computed_by_four = || {
        let (server, board, siblings) = started([Act::Join; 4])?;
        board.wait_for("ready", 4);
        board.put("go");
        for sibling in siblings {
            sibling.join();
        }
        Some((server, board))
    };
    unless_a_lease_expires(computed_by_four, |board| {
        assert_eq!(board.number("begun"), 1);
        assert_eq!(board.values(), vec!["1"; 4 * CALLERS]);
    });
}

#[test]
fn when_the_process_that_computes_is_killed_another_takes_over_after_the_lease() {
    let Some((server, board, [holder, other])) = started([Act::Wait, Act::Join]) else { return };
    let_them_wait(&server, &board);
    holder.kill();
    other.join();
    assert_eq!(board.number("begun"), 2);
    assert_eq!(board.values(), vec!["2"; CALLERS]);
    assert!(a_lease_has_expired(&server));
}

#[test]
fn when_a_computation_fails_another_process_begins_at_once() {
    another_begins_at_once_after(Act::Fail);
}

#[test]
fn when_the_caller_that_computes_is_given_up_another_process_begins_at_once() {
    another_begins_at_once_after(Act::GiveUp);
}

fn another_begins_at_once_after(act: Act) {
    let Some((server, board, [holder, other])) = started([act, Act::Join]) else { return };
    let_them_wait(&server, &board);
    board.put("end");
    holder.join();
    other.join();
    assert_eq!(board.number("begun"), 2);
    assert_eq!(board.values(), vec!["2"; CALLERS]);
    assert!(!a_lease_has_expired(&server), "it was released");
}

#[test]
fn a_process_that_was_stopped_comes_back_too_late_to_store() {
    let Some((server, board, [holder, other])) = started([Act::Wait, Act::Join]) else { return };
    let_them_wait(&server, &board);
    holder.stop();
    other.join();
    assert_eq!(board.values(), vec!["2"; CALLERS]);
    board.put("end");
    holder.cont();
    let said = holder.join();
    assert!(said.contains("got 1, refused as lost 1, found 2"), "{said}");
}

#[test]
fn a_computation_that_takes_longer_than_the_lease_keeps_it() {
    let outlived = || {
        let (server, board, [holder, other]) = started([Act::Wait, Act::Join])?;
        let_them_wait(&server, &board);
        let lease = || server.command(&["PTTL", "ec:l:{cold}"]).int();
        let mut renewed = 0;
        let mut last = lease();
        until("the lease was renewed as often as it takes to outlive it, or is gone", || {
            let left = lease();
            renewed += u32::from(left > last);
            last = left;
            (left <= 0 || renewed * LEASE / 3 > LEASE).then_some(())
        });
        board.put("end");
        holder.join();
        other.join();
        Some((server, board))
    };
    unless_a_lease_expires(outlived, |board| {
        assert_eq!(board.number("begun"), 1);
        assert_eq!(board.values(), vec!["1"; CALLERS]);
    });
}

#[test]
#[ignore = "a process of the other tests, which start it"]
fn child() {
    caller::run(&Sibling::orders().parse().unwrap());
}
