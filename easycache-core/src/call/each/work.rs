//! The body of a function of many elements at work.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use crate::{
    batch::{Asked, Desk, Keyed, Still},
    inside::{Leader, Notes, poll_for},
    value::LocalValue,
};

use crate::call::Outcome;

pub(super) type DeskOf<M> = Desk<<M as Keyed>::Key, <M as Keyed>::Value>;

/// The body at work: on everything that lies on the desk when nobody asks the backend any more.
pub(super) struct Work<'a, O: Outcome<Stored: Keyed>, Fut> {
    desk: &'a DeskOf<O::Stored>,
    outcome: O,
    under_way: Option<UnderWay<O::Stored, Fut>>,
    /// What the body has returned instead of values.
    pub(super) stopped: Option<O::Returned>,
}

struct UnderWay<M: Keyed, Fut> {
    asked: Vec<Asked<M::Key, M::Value>>,
    leaders: Vec<Leader>,
    notes: Notes,
    body: Pin<Box<Fut>>,
}

impl<'a, O, V, Fut> Work<'a, O, Fut>
where
    O: Outcome<Stored: Keyed<Key: Clone, Value = V>>,
    V: LocalValue,
    Fut: Future<Output = O::Returned>,
{
    pub(super) fn new(desk: &'a DeskOf<O::Stored>, outcome: O) -> Self {
        Self { desk, outcome, under_way: None, stopped: None }
    }

    /// Goes on; returns whether there are values for those who wait.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        still: Still,
        body: &mut impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> Fut,
    ) -> bool {
        if self.stopped.is_some() {
            return false;
        }
        if self.under_way.is_none() && still == Still::Quiet {
            self.begin(body);
        }
        let Some(UnderWay { leaders, notes, body, .. }) = &mut self.under_way else { return false };
        let Poll::Ready(returned) = poll_for(leaders, notes, || body.as_mut().poll(context)) else { return false };
        let Some(UnderWay { asked, notes, .. }) = self.under_way.take() else { return false };
        let notes = Arc::new(notes);
        match self.outcome.split(returned) {
            Err(returned) => {
                self.stopped = Some(returned);
                self.desk.fail(asked, &notes);
            }
            Ok(mut values) => {
                for asked in asked {
                    let value = values.take(&asked.element);
                    self.desk.answer(asked, value.as_ref(), &notes);
                }
            }
        }
        true
    }

    fn begin(&mut self, body: &mut impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> Fut) {
        let asked = self.desk.take();
        if asked.is_empty() {
            return;
        }
        let leaders = asked.iter().filter_map(|asked| asked.leader).collect::<Vec<_>>();
        let elements = asked.iter().map(|asked| asked.element.clone()).collect();
        let mut notes = Leader::notes(&leaders);
        let body = Box::pin(poll_for(&leaders, &mut notes, || body(elements)));
        self.under_way = Some(UnderWay { asked, leaders, notes, body });
    }
}
