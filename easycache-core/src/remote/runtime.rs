//! Where work on a backend runs: in its caller's runtime, or in ours.

use std::{future::pending, sync::OnceLock, thread, time::Duration};

use tokio::runtime::{Builder, Handle};

use crate::{
    error::{Error, ErrorKind, Result},
    flight::Caller,
};

/// Does work on a backend, and waits for it. A connection belongs to the runtime that uses it: an async caller's own,
/// where there is one; for everybody else ours, which blocks nobody but who waits.
pub(crate) async fn run<T: Send + 'static>(
    caller: Caller,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    if caller == Caller::Async && Handle::try_current().is_ok() {
        return Ok(work.await);
    }
    background()?.spawn(work).await.map_err(|broken| {
        Error::new(ErrorKind::Unavailable, "the work on the backend was broken off by a panic").with_source(broken)
    })
}

/// Does work on a backend that nobody waits for. Without a thread to do it on, it is not done: says so in the log.
pub(crate) fn detach(work: impl Future<Output = ()> + Send + 'static) -> Option<Detached> {
    match background() {
        Ok(runtime) => Some(Detached(runtime.spawn(work))),
        Err(error) => {
            tracing::error!(%error, "work on a backend was left undone");
            None
        }
    }
}

/// Goes on with work on a backend whose caller has gone, where that had it done.
pub(crate) fn carry_on(caller: Caller, work: impl Future<Output = ()> + Send + 'static) {
    match Handle::try_current() {
        Ok(runtime) if caller == Caller::Async => drop(runtime.spawn(work)),
        _ => drop(detach(work)),
    }
}

/// Waits, wherever the caller is.
pub(crate) async fn sleep(caller: Caller, span: Duration) {
    // The timer is made where it runs: the caller may have no runtime. Without a thread to wait on there is nothing to wait
    // for.
    let _no_thread = run(caller, async move { tokio::time::sleep(span).await }).await;
}

/// Work that goes on by itself, until this is told to stop it.
#[derive(Debug)]
pub(crate) struct Detached(tokio::task::JoinHandle<()>);

impl Detached {
    pub(super) fn stop(&self) {
        self.0.abort();
    }
}

/// Our own runtime: one thread, started by the first who needs it. For what goes on by itself, whoever has begun it:
/// nothing that runs there may block.
///
/// # Errors
///
/// [`Unavailable`](ErrorKind::Unavailable) if no thread can be started.
pub fn background() -> Result<&'static Handle> {
    static RUNTIME: OnceLock<Result<Handle>> = OnceLock::new();
    RUNTIME.get_or_init(start).as_ref().map_err(Clone::clone)
}

fn start() -> Result<Handle> {
    let failed = |source| {
        Error::new(ErrorKind::Unavailable, "no thread for work on backends can be started").with_source(source)
    };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let handle = runtime.handle().clone();
    let drive = move || runtime.block_on(pending::<()>());
    thread::Builder::new().name("easycache-io".to_owned()).spawn(drive).map_err(failed)?;
    Ok(handle)
}
