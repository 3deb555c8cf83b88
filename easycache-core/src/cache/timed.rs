//! Callers that wait for so long and no longer.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use crate::{
    batch::Batch,
    call::{Kept, Outcome, Shape},
    clock::Moment,
    error::{Error, ErrorKind},
    flight::Caller,
    policy::Grace,
    remote::sleep,
    sync::{Mutex, lock},
    value::LocalValue,
    wire::Form,
};

use super::{
    Call, Core, Time,
    apart::{Work, apart},
    behind::go_on,
};

/// Who waits for a moment on a clock that is not the system's: looked after with the other chores.
#[derive(Debug, Default)]
pub(crate) struct Alarms(Mutex<Vec<Waker>>);

impl Alarms {
    /// Lets everyone look at the time; returns whether there is anyone.
    pub(super) fn ring(&self) -> bool {
        let waiting = std::mem::take(&mut *lock(&self.0));
        let anyone = !waiting.is_empty();
        // Outside the lock: a waker is code of the executor's.
        waiting.into_iter().for_each(Waker::wake);
        anyone
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }

    fn set(&self, waker: &Waker) {
        let mut waiting = lock(&self.0);
        if !waiting.iter().any(|other| other.will_wake(waker)) {
            waiting.push(waker.clone());
        }
    }
}

/// That part of a hard limit the backend has to tell what there was last, when the time is over.
const LOOK: u32 = 10;

/// What there was last, as an answer.
pub(crate) type LastValue<'a, R> = Pin<Box<dyn Future<Output = Option<R>> + Send + 'a>>;

impl Core {
    /// As [`resolve_behind`](Self::resolve_behind), for a caller whose patience has an end. What is computed then goes on,
    /// and is stored if it may be.
    pub(crate) async fn resolve_timed<O, Fut, K>(
        self: &Arc<Self>,
        call: Call,
        caller: Caller,
        shape: Shape<O>,
        body: Fut,
        keep: K,
    ) -> O::Returned
    where
        O: Outcome,
        O::Returned: Send,
        O::Stored: LocalValue,
        Fut: Future<Output = O::Returned> + Send + 'static,
        K: FnOnce(&O::Stored) -> Kept + Send + 'static,
    {
        if !call.rules.grace.is_timed() {
            return self.resolve_behind(call, caller, shape, body, keep).await;
        }
        let (core, began, asked) = (Arc::clone(self), self.began(&call), call.clone());
        let work: Work<_> = Box::pin(async move { core.resolve_behind(call, caller, shape, body, keep).await });
        let mut work = if caller == Caller::Sync { apart(work) } else { work };
        let last = || self.last_of(&asked, caller, shape);
        match self.in_time(asked.rules.grace, caller, began, &mut work, &last, shape.fail).await {
            Ok(returned) => returned,
            Err(instead) => {
                // One of many whose thread blocks has not begun to compute: its turn does not come any more.
                if caller == Caller::Async {
                    let surviving = asked.batch.as_ref().map(Batch::survive);
                    let work = async move {
                        drop(work.await);
                        drop(surviving);
                    };
                    go_on(caller, Box::pin(work));
                }
                instead
            }
        }
    }

    /// As [`resolve`](Self::resolve), for a caller whose patience has an end. What it has begun to compute ends with it: it
    /// may have borrowed something.
    pub(crate) async fn resolve_within<O, Fut, K>(
        self: &Arc<Self>,
        call: Call,
        shape: Shape<O>,
        body: Fut,
        keep: K,
    ) -> O::Returned
    where
        O: Outcome,
        O::Stored: LocalValue,
        Fut: Future<Output = O::Returned>,
        K: FnOnce(&O::Stored) -> Kept,
    {
        let (began, asked) = (self.began(&call), call.clone());
        let mut work = Box::pin(self.resolve(call, Caller::Async, shape, body, keep));
        let last = || self.last_of(&asked, Caller::Async, shape);
        match self.in_time(asked.rules.grace, Caller::Async, began, &mut work, &last, shape.fail).await {
            Ok(returned) | Err(returned) => returned,
        }
    }

    /// Waits for the work as long as the policy says. `Err` has what the caller is given instead: what there was last, or
    /// the error that its time is over, if it has a place for that.
    pub(crate) async fn in_time<'a, R, Fut>(
        &self,
        grace: Grace,
        caller: Caller,
        began: Moment,
        work: &mut Pin<Box<Fut>>,
        last: &(impl Fn() -> LastValue<'a, R> + Sync),
        fail: Option<fn(Error) -> R>,
    ) -> Result<R, R>
    where
        Fut: Future<Output = R> + ?Sized,
    {
        for (limit, is_last) in [(grace.soft, false), (grace.hard, true)] {
            if limit.is_zero() {
                continue;
            }
            if let Some(returned) = self.until(caller, began.after(limit), work).await {
                return Ok(returned);
            }
            let end = match (is_last, grace.hard) {
                (true, hard) => Some(began.after(hard + hard / LOOK)),
                (false, Duration::ZERO) => None,
                (false, hard) => Some(began.after(hard)),
            };
            if let Some(first) = self.first_of(caller, end, work, last()).await {
                if first.is_err() {
                    tracing::debug!(?limit, "what there was last is served: the next takes too long");
                }
                return first;
            }
            if let (true, Some(fail)) = (is_last, fail) {
                return Err(fail(too_late(limit)));
            }
        }
        Ok(work.as_mut().await)
    }

    /// What comes of the work, if it does by then.
    async fn until<R, Fut>(&self, caller: Caller, moment: Moment, work: &mut Pin<Box<Fut>>) -> Option<R>
    where
        Fut: Future<Output = R> + ?Sized,
    {
        let mut alarm = Box::pin(self.alarm(caller, moment));
        poll_fn(|context| {
            // A body that blocks its thread is not begun any more, and one that was begun is waited for.
            if matches!(caller, Caller::Batch(_)) && self.now() >= moment {
                return Poll::Ready(None);
            }
            match work.as_mut().poll(context) {
                Poll::Ready(returned) => Poll::Ready(Some(returned)),
                Poll::Pending => alarm.as_mut().poll(context).map(|()| None),
            }
        })
        .await
    }

    /// What comes of the work, or what there was last as `Err`: whichever is there first, if one is by then. A backend that
    /// is asked may take its time.
    async fn first_of<R, Fut>(
        &self,
        caller: Caller,
        end: Option<Moment>,
        work: &mut Pin<Box<Fut>>,
        mut last: LastValue<'_, R>,
    ) -> Option<Result<R, R>>
    where
        Fut: Future<Output = R> + ?Sized,
    {
        let mut alarm = end.map(|end| Box::pin(self.alarm(caller, end)));
        poll_fn(|context| {
            // As above: a body that blocks is not begun.
            if !matches!(caller, Caller::Batch(_))
                && let Poll::Ready(returned) = work.as_mut().poll(context)
            {
                return Poll::Ready(Some(Ok(returned)));
            }
            if let Poll::Ready(found) = last.as_mut().poll(context) {
                return Poll::Ready(found.map(Err));
            }
            alarm.as_mut().map_or(Poll::Pending, |alarm| alarm.as_mut().poll(context).map(|()| None))
        })
        .await
    }

    /// Waits for a moment of the cache's clock.
    async fn alarm(&self, caller: Caller, moment: Moment) {
        if let Time::System = self.clock {
            return sleep(caller, moment.since(self.now())).await;
        }
        poll_fn(|context: &mut Context<'_>| {
            // In this order: who moves the clock in between wakes this caller.
            self.alarms.set(context.waker());
            self.rouse();
            if self.now() >= moment { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// When the patience of a call begins to run.
    fn began(&self, call: &Call) -> Moment {
        let now = self.now();
        call.batch.as_ref().map_or(now, |batch| batch.began(now))
    }

    /// What a caller is given whose patience is at an end.
    fn last_of<'a, O>(
        self: &'a Arc<Self>,
        call: &'a Call,
        caller: Caller,
        shape: Shape<O>,
    ) -> LastValue<'a, O::Returned>
    where
        O: Outcome,
        O::Stored: LocalValue,
    {
        Box::pin(async move {
            let (value, is_late) = self.last_value(call, caller, shape.form).await?;
            if is_late {
                self.count_stale();
            }
            Some(shape.outcome.wrap(value))
        })
    }

    /// The value that may be served while the next is computed, if there is one: looked up now, for it may have been
    /// invalidated since the call began. And whether it is expired.
    pub(crate) async fn last_value<V: LocalValue>(
        self: &Arc<Self>,
        call: &Call,
        caller: Caller,
        form: Option<Form<V>>,
    ) -> Option<(V, bool)> {
        if !call.rules.grace.is_lenient() || call.refresh {
            return None;
        }
        match &self.remote {
            Some(remote) => remote.peek_late(call, caller, form).await.ok()?,
            None => match self.find::<V>(call) {
                Ok(entry) => Some((entry.value()?, false)),
                Err(_) => Some((self.spared(call, *self.spare_here(call)?)?, true)),
            },
        }
    }
}

fn too_late(limit: Duration) -> Error {
    let message = format!("the value is not there after {limit:?}: it is still being computed, or waited for");
    Error::new(ErrorKind::TimedOut, message)
}
