//! Computations that go on while nobody waits for them.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::{
    call::{Kept, Outcome, Shape},
    flight::Caller,
    inside::Around,
    value::LocalValue,
    wire::Form,
};

use super::{
    Call, Core,
    apart::{Threads, Work},
    permit::{Due, Permit},
};

/// Threads that compute what nobody waits for. What is due while all are at work is left for the next reader.
static REFRESHES: Threads = Threads::new(16);

/// A value that was served, and is to be computed anew by whoever takes that up.
pub(crate) struct Left<V: LocalValue, K> {
    pub(crate) call: Call,
    pub(crate) due: Due<V>,
    pub(crate) keep: K,
}

impl Core {
    /// As [`resolve`](Self::resolve), of a body that borrows nothing: it may run behind its caller's back.
    pub(crate) async fn resolve_behind<O, Fut, K>(
        self: &Arc<Self>,
        call: Call,
        caller: Caller,
        shape: Shape<O>,
        body: Fut,
        keep: K,
    ) -> O::Returned
    where
        O: Outcome,
        O::Stored: LocalValue,
        Fut: Future<Output = O::Returned> + Send + 'static,
        K: FnOnce(&O::Stored) -> Kept + Send + 'static,
    {
        let core = Arc::clone(self);
        let leave = move |left: Left<O::Stored, K>, body: Fut| {
            // The others of its batch will not wait for it, nor will what the request remembers.
            let left = Left { call: Call { batch: None, visit: None, ..left.call }, ..left };
            let caller = if caller == Caller::Async { caller } else { Caller::Sync };
            go_on(caller, Box::pin(async move { core.take_up(left, caller, shape, body).await }));
        };
        self.resolve_or_leave(call, caller, shape, body, keep, Some(leave)).await
    }

    /// Computes what was left, unless somebody else does.
    pub(crate) async fn take_up<O, Fut, K>(
        self: &Arc<Self>,
        Left { call, due, keep }: Left<O::Stored, K>,
        caller: Caller,
        shape: Shape<O>,
        body: Fut,
    ) where
        O: Outcome,
        O::Stored: LocalValue,
        Fut: Future<Output = O::Returned>,
        K: FnOnce(&O::Stored) -> Kept,
    {
        if let Some(permit) = self.permit(due, &call, caller, shape.form).await {
            self.counters.refreshed.add(1);
            self.compute_unseen(permit, &call, shape, body, keep).await;
        }
    }

    async fn permit<V: LocalValue>(
        self: &Arc<Self>,
        due: Due<V>,
        call: &Call,
        caller: Caller,
        form: Option<Form<V>>,
    ) -> Option<Permit<V>> {
        match due {
            Due::Now(permit) => Some(permit),
            Due::Lease(errand) => errand.permit(self, call, caller, form).await,
        }
    }

    async fn compute_unseen<O, Fut, K>(
        self: &Arc<Self>,
        permit: Permit<O::Stored>,
        call: &Call,
        shape: Shape<O>,
        body: Fut,
        keep: K,
    ) where
        O: Outcome,
        O::Stored: LocalValue,
        Fut: Future<Output = O::Returned>,
        K: FnOnce(&O::Stored) -> Kept,
    {
        // An error that would be kept does not take the place of a value that may be served yet.
        let keep = |value: &O::Stored| {
            let kept = keep(value);
            Kept { withheld: kept.withheld || shape.outcome.failed(value), ..kept }
        };
        let returned = self.compute((permit, None), call, None, shape, body, keep).await;
        let has_failed = match shape.outcome.stored(&returned) {
            Some(stored) => shape.outcome.failed(stored),
            None => shape.outcome.is_error(&returned),
        };
        if has_failed {
            tracing::warn!(
                key = call.identity.key(),
                "a refresh in the background has failed: it is tried again when the value is read",
            );
        }
    }
}

/// Does work that nobody waits for, inside of the scopes that are around: in the caller's runtime, or on a thread of its own,
/// for it may block.
pub(crate) fn go_on(caller: Caller, work: Work) {
    let around = Around::left();
    let work: Work = Box::pin(async move { drop(around.drive(work).await) });
    if let (Caller::Async, Ok(runtime)) = (caller, Handle::try_current()) {
        drop(runtime.spawn(work));
    } else if REFRESHES.run(work).is_some() {
        tracing::debug!("a refresh in the background is left for the next reader: {} are under way", REFRESHES.most());
    }
}
