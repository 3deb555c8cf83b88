//! Whether what is served is what the function computes now: a sample of the hits is computed once more.

use std::sync::Arc;

use crate::{
    call::{Outcome, Shape},
    flight::Caller,
    inside::Polled,
    observe::Advice,
    value::LocalValue,
    wire::Codec,
};

use super::{Call, Core};

impl Core {
    /// Whether there is a sample at all.
    pub(crate) fn is_audited(&self) -> bool {
        self.settings.audit > 0.0
    }

    /// Whether the next hit is in the sample.
    pub(crate) fn is_sampled(&self) -> bool {
        self.is_audited() && fastrand::f64() < self.settings.audit
    }

    /// Computes beside a hit, and tells whether the two agree. The caller gets the hit either way.
    ///
    /// They are compared as the codec writes them; so a value that stays in this process, and has no such form, is not
    /// audited. What was invalidated, replaced or has expired meanwhile says nothing.
    pub(super) async fn audit<O, Fut>(
        self: &Arc<Self>,
        call: &Call,
        caller: Caller,
        shape: Shape<O>,
        hit: O::Stored,
        body: Fut,
    ) -> O::Returned
    where
        O: Outcome,
        O::Stored: LocalValue,
        Fut: Future<Output = O::Returned>,
    {
        let Some(form) = shape.form else {
            self.advise(call.who(), Advice::NotAudited);
            return shape.outcome.wrap(hit);
        };
        // As the cache has it, whatever the request remembers.
        let call = &Call { visit: None, ..call.clone() };
        let (returned, _) = Polled::new(None, None, body).await;
        // An error says nothing of the value, nor does what the computation itself would not have stored.
        if let Ok(computed) = shape.outcome.split(returned) {
            let written = |value: &O::Stored| form.encode(Codec::default(), value).ok();
            let (before, computed) = (written(&hit), written(&computed));
            let after = Box::pin(self.peek(call, caller, shape.form)).await.ok().flatten();
            let stands = before.is_some() && after.and_then(|after| written(&after)) == before;
            if stands && computed.is_some() {
                self.audited(call.who(), computed == before);
            }
        }
        shape.outcome.wrap(hit)
    }
}
