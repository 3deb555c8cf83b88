//! Invalidating wherever things are.

use easycache_core::{Deadline, Error, Result, Target};

use super::{APART, Cluster, is_apart, route::Manner, slot::slot};
use crate::steps;

/// In one wave. Each target has an answer of its own: those on a node that is down are not known to be invalidated, the
/// others are.
pub(super) async fn invalidate(cluster: &Cluster, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
    if let Some(error) = targets.iter().find_map(steps::cannot_invalidate) {
        return targets.iter().map(|_| Err(error.clone())).collect();
    }
    let slots = targets.iter().map(|target| slot(key(target))).collect::<Vec<_>>();
    let make = |place: usize| steps::invalidate(&targets[place]).expect("those that cannot be invalidated are refused");
    let manner = Manner { wait: cluster.wait, ..APART };
    let told = cluster.send(&slots, &make, manner, deadline).await;
    let mut apart = Vec::new();
    let mut done = Vec::with_capacity(targets.len());
    for (place, (target, told)) in targets.iter().zip(told).enumerate() {
        // One that was to be expired goes as well: there is no marking it where its lease is not.
        if let (Target::Value { value, lease } | Target::Expire { value, lease }, Ok(told)) = (target, &told)
            && is_apart(told)
        {
            apart.push((place, &**value, &**lease));
        }
        done.push(told.and_then(|told| steps::invalidated(&told.address, &told.reply)));
    }
    if !apart.is_empty() {
        one_by_one(cluster, &apart, &mut done, manner, deadline).await;
    }
    done
}

/// Values whose slot is on its way, and whose lease is not where the value is.
///
/// The lease first, and the value when that is known to have ended: the other way round, what was computed before could
/// be stored in between.
async fn one_by_one(
    cluster: &Cluster,
    apart: &[(usize, &str, &str)],
    done: &mut [Result<bool>],
    manner: Manner,
    deadline: Deadline,
) {
    let slots = apart.iter().map(|(_, value, _)| slot(value)).collect::<Vec<_>>();
    let ended = cluster.send(&slots, &|at| steps::unlink(&[apart[at].2]), manner, deadline).await;
    let gone = cluster.send(&slots, &|at| steps::unlink(&[apart[at].1]), manner, deadline).await;
    for ((&(place, ..), ended), gone) in apart.iter().zip(ended).zip(gone) {
        let there = |told: Result<super::Told>| {
            let told = told?;
            steps::invalidated(&told.address, &told.reply)
        };
        done[place] = there(ended).and_then(|ended| Ok::<_, Error>(ended | there(gone)?));
    }
}

/// What a target is placed by.
fn key(target: &Target) -> &str {
    match target {
        Target::Stamp(stamp) | Target::Hold { stamp, .. } => stamp,
        Target::Value { value, .. } | Target::Expire { value, .. } => value,
        _ => "",
    }
}
