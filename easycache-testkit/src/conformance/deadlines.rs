//! Deadline.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use easycache_core::{Acquire, Backend, Deadline, ErrorKind, Grant, NameScan, On, Read, Result, Token, Version};

use super::{
    stopwatch::Stopwatch,
    subject::{FULL, LONG, Subject, fill, value},
};

/// What a busy machine needs to notice that a deadline has passed.
const NOTICE: Duration = Duration::from_secs(2);

/// What is done may be done; what is not is unavailable.
fn in_time<T>(answers: &[Result<T>]) -> usize {
    let errors = answers.iter().filter_map(|answer| answer.as_ref().err());
    errors.clone().for_each(|error| assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"));
    assert_eq!(answers.len(), 1);
    errors.count()
}

pub async fn a_deadline_that_has_passed_is_answered_at_once(it: Subject) {
    each_method(&it, Duration::ZERO).await;
}

/// Checks that each step of the protocol answers by its deadline, with an error of kind `Unavailable`: for a server that has been
/// stopped, or is held by a proxy, after `backend` has connected to it.
pub async fn answers_by_the_deadline(backend: Arc<dyn Backend>, within: Duration) {
    let methods = each_method(&Subject::new(Arc::clone(&backend)), within).await;
    assert_eq!(methods, 6, "the server does not answer, and neither can the backend");
}

/// Checks that a backend tells of such a server by the deadline that it does not answer.
pub async fn tells_by_the_deadline(backend: Arc<dyn Backend>, within: Duration) {
    let stopwatch = Stopwatch::start();
    let nodes = backend.status(Deadline::after(within)).await;
    assert!(stopwatch.elapsed() < within + NOTICE, "status has taken {:?}", stopwatch.elapsed());
    assert!(nodes.is_empty() || nodes.iter().any(|node| !node.is_up()), "{nodes:?}");
    let stopwatch = Stopwatch::start();
    let error = backend.scan(&NameScan::new("", 10), Deadline::after(within)).await.expect_err("nobody has answered");
    assert!(stopwatch.elapsed() < within + NOTICE, "scan has taken {:?}", stopwatch.elapsed());
    assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Unsupported), "{error}");
}

/// How many methods have answered an error.
async fn each_method(it: &Subject, within: Duration) -> usize {
    let backend = it.backend();
    let names = it.names("k", &["a"]);
    let mut grant = Grant {
        token: Token::mint(),
        versions: vec![Version::mint()],
        origin: Version::NONE,
        leads: true,
        lease: LONG,
        state: Bytes::new(),
    };
    let (read, acquire) = (
        Read { names: names.clone(), want: FULL, left: false },
        Acquire { names: names.clone(), on: On::Miss(None), lease: LONG, keep: LONG },
    );
    let filled = fill(&names, grant.clone(), b"v");
    let mut errors = 0;
    let mut stopwatch = Stopwatch::start();
    let mut check = |method: &str, failed: usize| {
        errors += failed;
        assert!(stopwatch.elapsed() < within + NOTICE, "{method} has taken {:?}", stopwatch.elapsed());
        stopwatch = Stopwatch::start();
    };
    let deadline = || Deadline::after(within);
    check("read", in_time(&backend.read(&[read], deadline()).await));
    check("acquire", in_time(&backend.acquire(&[acquire], deadline()).await));
    check("fill", in_time(&backend.fill(&[filled], deadline()).await));
    check("renew", in_time(&[backend.renew(&names, &mut grant, deadline()).await]));
    check("release", in_time(&[backend.release(&names, &grant, deadline()).await]));
    check("invalidate", in_time(&backend.invalidate(&[value(&names)], deadline()).await));
    errors
}
