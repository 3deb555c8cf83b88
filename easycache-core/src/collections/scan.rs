//! Walking through a collection, a page at a time.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;

use crate::{
    error::Result,
    flight::{Caller, block_on},
};

use super::{
    command::{Op, Page, Reply},
    place::Place,
    request::Request,
};

/// How many members are asked for at a time.
const PAGE: u32 = 1000;

/// Walks through a collection: a [`Stream`], or [`next`](Self::next) until there is nothing more; for callers that are not
/// async an iterator, by [`blocking`](Self::blocking).
///
/// It holds one page, however large the collection is. An error ends it.
///
/// What is there all the while is told at least once, and may be told twice; what comes or goes meanwhile may be told or not.
/// On Redis that holds as long as one server is asked. Where it goes on has a meaning to that server alone: where another one
/// takes its place meanwhile, as a failover or a move of slots does, the walk goes on and may miss what is there.
#[must_use = "nothing is read before it is asked for"]
pub struct Scan<T> {
    place: Place,
    read: Read<T>,
    page: VecDeque<(Bytes, Bytes)>,
    next: Next,
}

/// Makes a member of what a page has.
type Read<T> = Box<dyn Fn(&(Bytes, Bytes)) -> Result<T> + Send + Sync>;

/// What comes behind the page.
enum Next {
    /// More, from there on.
    From(Option<Bytes>),
    /// It is under way, from there on.
    Asked(Option<Bytes>, Asked),
    Nothing,
}

type Asked = Pin<Box<dyn Future<Output = Result<Page>> + Send>>;

impl<T: Send + 'static> Scan<T> {
    pub(super) fn new(place: &Place, read: impl Fn(&(Bytes, Bytes)) -> Result<T> + Send + Sync + 'static) -> Self {
        Self { place: place.clone(), read: Box::new(read), page: VecDeque::new(), next: Next::From(None) }
    }

    /// The next one; none at the end.
    pub async fn next(&mut self) -> Option<Result<T>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// All of the rest. For collections that are known to be small.
    pub async fn collect<C: Default + Extend<T>>(mut self) -> Result<C> {
        let mut all = C::default();
        while let Some(item) = self.next().await {
            all.extend([item?]);
        }
        Ok(all)
    }

    /// The same for callers that are not async, from where it is on: also where an async one has begun.
    pub fn blocking(self) -> Blocking<T> {
        Blocking { scan: self }
    }

    /// What is left of the page. None: another has to be asked for; an error ends the walk.
    fn take_from_page(&mut self) -> Option<Result<T>> {
        let item = (self.read)(&self.page.pop_front()?);
        if item.is_err() {
            (self.page, self.next) = (VecDeque::new(), Next::Nothing);
        }
        Some(item)
    }

    fn ask(&self, from: Option<Bytes>) -> Request<Page> {
        Request::new(&self.place, Ok(Op::Scan { from, count: PAGE }), Reply::page)
    }

    /// Takes what was answered. An error ends the walk.
    fn turn(&mut self, answered: Result<Page>) -> Result<()> {
        self.next = Next::Nothing;
        let page = answered?;
        self.page = page.items.into();
        if page.next.is_some() {
            self.next = Next::From(page.next);
        }
        Ok(())
    }
}

impl<T: Send + 'static> Stream for Scan<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        loop {
            if let Some(item) = self.take_from_page() {
                return Poll::Ready(Some(item));
            }
            match &mut self.next {
                Next::Nothing => return Poll::Ready(None),
                Next::From(from) => {
                    let from = from.take();
                    self.next = Next::Asked(from.clone(), self.ask(from).into_future());
                }
                Next::Asked(_, page) => {
                    let answered = ready!(page.as_mut().poll(context));
                    if let Err(error) = self.turn(answered) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
        }
    }
}

impl<T> Unpin for Scan<T> {}

impl<T> fmt::Debug for Scan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Walks through a collection for callers that are not async. From [`Scan::blocking`].
#[derive(Debug)]
pub struct Blocking<T> {
    scan: Scan<T>,
}

impl<T: Send + 'static> Iterator for Blocking<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        loop {
            if let Some(item) = self.scan.take_from_page() {
                return Some(item);
            }
            let answered = match std::mem::replace(&mut self.scan.next, Next::Nothing) {
                Next::Nothing => return None,
                // What is under way is asked for once more: it goes on in a runtime that may be on this very thread.
                Next::From(from) | Next::Asked(from, _) => block_on(self.scan.ask(from).send(Caller::Sync)),
            };
            if let Err(error) = self.scan.turn(answered) {
                return Some(Err(error));
            }
        }
    }
}
