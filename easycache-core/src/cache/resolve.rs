//! The path of a miss: join, or compute and store.

use std::{any::TypeId, future::poll_fn, pin::pin, slice, sync::Arc};

use crate::{
    batch::{Place, place},
    call::{Kept, Outcome, Shape},
    clock::Moment,
    flight::{Caller, Flight, Landing, Plan, Role, Wait},
    identity::{Identity, Space, StampName, check_tag},
    inside::{self, Inherited, Loss, Polled},
    local::EntryRef,
    policy::{Coalesce, OnError},
    remote::Trip,
    stamp::Stamps,
    stats::Reason,
    value::LocalValue,
    wire::Form,
};

use super::{
    Call, Core,
    behind::Left,
    late::Spare,
    permit::{Boarded, Permit, Ticket},
};

impl Core {
    /// Answers a call that has missed in this process: from the backend, with the result of a flight that it may join, or
    /// by computing.
    ///
    /// `keep` says of the value whether and how it is stored. The body runs at most once.
    pub(crate) async fn resolve<O, Fut, K>(
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
        Fut: Future<Output = O::Returned>,
        K: FnOnce(&O::Stored) -> Kept,
    {
        self.resolve_or_leave(call, caller, shape, body, keep, None::<fn(Left<O::Stored, K>, Fut)>).await
    }

    /// The same. With `leave`, a body that may run while the caller goes on with another value is left to it.
    pub(crate) async fn resolve_or_leave<O, Fut, K>(
        self: &Arc<Self>,
        call: Call,
        caller: Caller,
        shape: Shape<O>,
        body: Fut,
        keep: K,
        leave: Option<impl FnOnce(Left<O::Stored, K>, Fut)>,
    ) -> O::Returned
    where
        O: Outcome,
        O::Stored: LocalValue,
        Fut: Future<Output = O::Returned>,
        K: FnOnce(&O::Stored) -> Kept,
    {
        self.advise_on(&call);
        let _replacing = call.refresh.then(|| self.replacing(&call));
        let turn = self.turn_to_lead(&call).await;
        let boarded = self.board_any(&call, caller, shape, leave.is_some()).await;
        let (permit, spare) = match (boarded, shape.fail) {
            (Boarded::Value(value), _) if call.audit => {
                return Box::pin(self.audit(&call, caller, shape, value, body)).await;
            }
            (Boarded::Value(value), _) => return shape.outcome.wrap(value),
            (Boarded::Refresh(value, due), _) => {
                if let Some(leave) = leave {
                    leave(Left { call, due, keep }, body);
                }
                return shape.outcome.wrap(value);
            }
            (Boarded::Failed(error), Some(fail)) => return fail(error),
            (Boarded::Failed(_), None) => (Permit::None, None),
            (Boarded::Compute(permit, spare), _) => (permit, spare),
        };
        let turn = self.turn_to_compute(turn, &call).await;
        self.compute((permit, turn), &call, spare, shape, body, keep).await
    }

    /// Gets a value, whatever scopes there are around the call, or the right to compute.
    pub(super) async fn board_any<O: Outcome>(
        self: &Arc<Self>,
        call: &Call,
        caller: Caller,
        shape: Shape<O>,
        behind: bool,
    ) -> Boarded<O::Stored>
    where
        O::Stored: LocalValue,
    {
        let sampled = if call.audit && self.remote.is_none() { self.look_up(call) } else { None };
        if let Some(value) = sampled {
            return Boarded::Value(value);
        }
        let fails = shape.fail.is_some();
        if inside::stores_nothing() {
            return self.board_alone(call, caller, shape.form, fails).await;
        }
        self.board(call, caller, (shape.form, fails), behind).await
    }

    /// The place of one of a batch among those who compute. In process nobody leads who cannot compute yet: others would wait
    /// for it.
    pub(super) async fn turn_to_lead(&self, call: &Call) -> Option<Place> {
        place(call.batch.as_ref().filter(|_| self.remote.is_none())).await
    }

    /// The same, after a backend was asked for all leases at once.
    pub(super) async fn turn_to_compute(&self, turn: Option<Place>, call: &Call) -> Option<Place> {
        match turn {
            None => place(call.batch.as_ref()).await,
            turn => turn,
        }
    }

    /// Runs the body, and stores what comes of it.
    pub(super) async fn compute<O, Fut, K>(
        self: &Arc<Self>,
        (mut permit, turn): (Permit<O::Stored>, Option<Place>),
        call: &Call,
        spare: Option<Box<Spare<O::Stored>>>,
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
        permit.begin(call, self);
        let since = self.now();
        let (span, computing) = self.computing(call.who());
        let inherited = call.rules.inherit.then(|| Inherited::new(self.home()));
        let (returned, notes) = Polled::new(permit.flight().cloned(), inherited, body).inside_of(span).await;
        self.computed(call.who(), computing);
        drop(turn);
        // Before anybody waits: an error need not be `Send`.
        let value = match shape.outcome.split(returned) {
            Ok(value) => value,
            Err(returned) => {
                self.hand_up(&permit, call, notes.inherited.as_deref());
                if !shape.outcome.is_error(&returned) {
                    return returned;
                }
                permit.fail();
                return self.rescue(call, spare).map_or(returned, |value| shape.outcome.wrap(value));
            }
        };
        let failed = shape.outcome.failed(&value);
        let kept = Kept { took: self.now().since(since), failed, ..keep(&value).noted(notes) };
        if failed || kept.withheld {
            // Kept or not, it is an error, in the place of which the last value may be served.
            if let Some(last) = self.rescue(call, spare) {
                permit.fail();
                return shape.outcome.wrap(last);
            }
        }
        if kept.withheld {
            self.hand_up(&permit, call, kept.inherited.as_deref());
            return shape.outcome.wrap(value);
        }
        self.finish(permit, call, &value, kept).await;
        shape.outcome.wrap(value)
    }

    /// Hands what a computation depends on up to the computation around, where nothing is stored of it.
    fn hand_up<V: LocalValue>(&self, permit: &Permit<V>, call: &Call, inherited: Option<&Inherited>) {
        match permit {
            Permit::Remote(ticket) => ticket.hand_up(call, inherited),
            Permit::None | Permit::Local(_) => inside::hand_up(|around| {
                match self.remote {
                    Some(_) => around.lose(Loss::Unversioned),
                    // Those of before the computation: the one around has noted even earlier where the sequence stood.
                    None => around.stamps(self.home(), &self.stamps_of(&call.identity)),
                }
                if let Some(inherited) = inherited {
                    around.join(inherited);
                }
            }),
        }
    }

    /// Stores what was computed. Refused or not, and counted: the caller has its value, which was current when it asked.
    async fn finish<V: LocalValue>(self: &Arc<Self>, permit: Permit<V>, call: &Call, value: &V, kept: Kept) {
        match permit {
            Permit::None => {
                let tags = kept.tags.iter().filter(|tag| check_tag(tag).is_ok());
                let tags = tags.map(|name| self.stamps.get(StampName { space: Space::Tag, name }));
                let tags = tags.collect::<Vec<_>>();
                inside::hand_up(|around| around.stamps(self.home(), &tags));
                self.hand_up(&permit, call, kept.inherited.as_deref());
            }
            Permit::Local(ticket) => {
                let _refusal = self.fill(&ticket, call, value, &kept);
            }
            Permit::Remote(ticket) => {
                let _refusal = Box::pin(ticket.fill(call, value, kept)).await;
            }
        }
    }

    /// Gets a value that is there, or leave to compute without storing: for callers in scopes that store nothing. What
    /// they compute is nobody else's, so that they neither lead a flight nor join one.
    async fn board_alone<V: LocalValue>(
        self: &Arc<Self>,
        call: &Call,
        caller: Caller,
        form: Option<Form<V>>,
        fails: bool,
    ) -> Boarded<V> {
        let Some(remote) = &self.remote else { return Boarded::unkept() };
        if call.refresh || form.is_none() {
            return Boarded::unkept();
        }
        if inside::bypasses() {
            self.missed(call.who(), Reason::Bypass);
            return Boarded::unkept();
        }
        match Box::pin(remote.peek(self, slice::from_ref(call), caller, form)).await {
            Ok(mut looked) => match looked.pop().map(|looked| self.count_looked(call.who(), looked)) {
                Some(Some(value)) => Boarded::Value(value),
                _ => Boarded::unkept(),
            },
            Err(error) if fails && call.rules.on_error == OnError::Fail => Boarded::Failed(error),
            Err(_) => {
                self.missed(call.who(), Reason::Unreachable);
                Boarded::unkept()
            }
        }
    }

    /// Gets a value from the backend or from others, or the right to compute.
    pub(super) async fn board<V: LocalValue>(
        self: &Arc<Self>,
        call: &Call,
        caller: Caller,
        (form, fails): (Option<Form<V>>, bool),
        behind: bool,
    ) -> Boarded<V> {
        match &self.remote {
            Some(remote) => match form {
                // In a box: all steps of the way there would make the future of every cached call that much larger.
                Some(form) => Box::pin(Trip::new(self, remote, call, caller, form, fails).board(behind)).await,
                None => remote.refuse_local(call, fails),
            },
            None => self.board_here(call, caller, behind).await,
        }
    }

    async fn board_here<V: LocalValue>(self: &Arc<Self>, call: &Call, caller: Caller, behind: bool) -> Boarded<V> {
        let lenient = call.rules.grace.minds_age() && !call.refresh;
        if lenient && let Some(boarded) = self.board_late(call, caller, behind) {
            return boarded;
        }
        let until = self.now().after(self.settings.coalesce_wait);
        loop {
            let flight = match self.role::<V>(call, caller) {
                Role::Hit(entry) => return Boarded::Value(self.taken(call, &entry)),
                Role::Lead(flight, _) => {
                    return Boarded::Compute(Permit::Local(Ticket::leader(self, flight)), self.spare_here(call));
                }
                Role::Share(flight, own) => return self.share(call, flight, own),
                Role::Alone | Role::Compare => return Boarded::Compute(Permit::None, self.spare_here(call)),
                Role::Join(flight) => flight,
            };
            match self.wait(&flight, until).await {
                Landing::Value(entry) => return Boarded::Value(self.taken(call, &entry)),
                Landing::TimedOut => return self.share(call, flight, None),
                // The leader came to nothing: the next in turn tries. Not where an error would be answered with the last value.
                Landing::Nothing => {
                    if flight.has_failed()
                        && let Some(value) = self.rescue(call, self.spare_here(call))
                    {
                        return Boarded::Value(value);
                    }
                }
            }
        }
    }

    fn share<V: LocalValue>(self: &Arc<Self>, call: &Call, flight: Arc<Flight>, own: Option<Plan>) -> Boarded<V> {
        Boarded::Compute(Permit::Local(Ticket::sharer(self, flight, own)), self.spare_here(call))
    }

    fn role<V: LocalValue>(&self, call: &Call, caller: Caller) -> Role {
        let plan = self.plan::<V>(call, caller);
        if call.refresh {
            return Role::Lead(self.flights.replace(plan), None);
        }
        self.flights.enter(plan, || self.find::<V>(call).ok())
    }

    /// What the call is about to do. Reads the stamps, then the sequence: in this order, and before any computation.
    pub(crate) fn plan<V: LocalValue>(&self, call: &Call, caller: Caller) -> Plan {
        let stamps = self.stamps_of(&call.identity);
        if stamps.len() > 1 {
            // Whether a value comes of it or not, they are to be collected.
            self.rouse();
        }
        Plan {
            identity: Arc::clone(&call.identity),
            schema: call.rules.schema,
            value: TypeId::of::<V>(),
            stamps,
            born: self.stamps.now(),
            coalesce: call.rules.coalesce != Coalesce::Off,
            caller,
        }
    }

    fn stamps_of(&self, identity: &Identity) -> Stamps {
        identity.stamps().map(|name| self.stamps.get(name)).collect()
    }

    /// Waits for a flight, until then at most.
    pub(crate) async fn wait(self: &Arc<Self>, flight: &Arc<Flight>, until: Moment) -> Landing {
        self.flights.watch(flight);
        let mut wait = pin!(Wait::new(flight, self.clock.clock(), until));
        let landing = poll_fn(|context| {
            let landing = wait.as_mut().poll(context);
            if landing.is_pending() {
                // Not before there is somebody to wake: a housekeeper that has found nobody may be about to sleep.
                self.rouse();
            }
            landing
        });
        landing.await
    }

    /// The same, with what it depends on.
    fn taken<V: LocalValue>(&self, call: &Call, entry: &EntryRef) -> V {
        inside::hand_up(|around| around.stamps(self.home(), entry.stamps()));
        self.shared(call, entry)
    }

    /// A value that another caller has computed.
    pub(crate) fn shared<V: LocalValue>(&self, call: &Call, entry: &EntryRef) -> V {
        self.joined(call.who());
        let value = entry.value().expect("only callers that want the same type share");
        match &call.visit {
            Some(visit) => visit.yielding(self.finding(call), value),
            None => value,
        }
    }
}
