//! What several do at once.

use std::collections::HashMap;

use easycache_core::{Filled, Target, Version, Want};
use tokio::task::JoinSet;

use super::subject::{Subject, fill};

/// Lets `count` tasks do the same thing at once.
async fn at_once<T: Send + 'static, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let mut tasks = (0..count).map(task).collect::<JoinSet<_>>();
    let mut done = Vec::with_capacity(count);
    while let Some(result) = tasks.join_next().await {
        done.push(result.expect("a task does not panic"));
    }
    done
}

pub async fn of_those_who_acquire_at_once_one_leads(it: Subject) {
    for round in 0..20 {
        let names = it.names(&format!("k{round}"), &["a"]);
        let grants = at_once(16, |_| {
            let (it, names) = (it.clone(), names.clone());
            async move { it.grant(&names).await }
        })
        .await;
        let leaders = grants.iter().filter(|grant| grant.leads).count();
        if it.caps().lease {
            assert_eq!(leaders, 1);
            assert!(grants.iter().all(|grant| grant.token == grants[0].token));
        } else {
            assert_eq!(leaders, grants.len(), "without leases it is granted to everyone");
        }
    }
}

pub async fn of_those_who_fill_at_once_one_stores(it: Subject) {
    for round in 0..20 {
        let names = it.names(&format!("k{round}"), &["a"]);
        let grant = it.lead(&names).await;
        let filled = at_once(16, |number| {
            let (it, fill) = (it.clone(), fill(&names, grant.clone(), number.to_string().as_bytes()));
            async move { (it.fill(&fill).await, fill.blob) }
        })
        .await;
        let stored = filled.into_iter().filter(|(filled, _)| *filled == Filled::Stored).collect::<Vec<_>>();
        let there = it.peek(&names).await.blob;
        assert!(stored.iter().any(|(_, blob)| Some(blob) == there.as_ref()));
        assert_eq!(stored.len(), if it.caps().lease { 1 } else { 16 });
    }
}

pub async fn those_who_mint_a_stamp_at_once_get_the_same_version(it: Subject) {
    for round in 0..20 {
        let (one, other) = (format!("a{round}"), format!("b{round}"));
        let versions = at_once(16, |number| {
            // In one order and in the other, for values of their own.
            let stamps = if number % 2 == 0 { [&*one, &other] } else { [&*other, &one] };
            let names = it.names(&format!("k{round}-{number}"), &stamps);
            let it = it.clone();
            async move {
                let mut versions = it.lead(&names).await.versions;
                versions.rotate_left(number % 2);
                versions
            }
        })
        .await;
        assert!(versions.iter().all(|seen| *seen == versions[0]), "{versions:?}");
        let there = it.peek(&it.names("k", &[&one, &other])).await.stamps;
        assert_eq!(there, versions[0].iter().copied().map(Some).collect::<Vec<_>>());
    }
}

pub async fn ordered_targets_are_invalidated_in_their_order(it: Subject) {
    let names = it.names("k", &["first", "second"]);
    let history = it.clone();
    let watched = names.clone();
    let mut versions = vec![it.grant(&names).await.versions];
    let targets = ["first", "second"].map(|stamp| Target::Stamp(it.stamp(stamp)));
    let writer = tokio::spawn(async move {
        for _ in 0..100 {
            history.invalidate(&targets).await;
            versions.push(history.grant(&watched).await.versions);
        }
        versions
    });
    let mut snapshots = Vec::new();
    while !writer.is_finished() {
        snapshots.push(it.see(&names, Want::Stamps).await.stamps);
    }
    let versions = writer.await.expect("the writer does not panic");
    if !it.caps().ordered {
        return;
    }
    let place = |stamp: usize| -> HashMap<Version, usize> {
        versions.iter().enumerate().map(|(at, versions)| (versions[stamp], at)).collect()
    };
    let (first, second) = (place(0), place(1));
    for snapshot in snapshots {
        // One that is absent has been invalidated, and was not minted again.
        if let [Some(one), Some(other)] = snapshot[..] {
            assert!(first[&one] >= second[&other], "the second target was invalidated before the first");
        }
    }
}
