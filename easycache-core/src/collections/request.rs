//! What a method of a collection returns: something to await, to send at once, or to send together with others.

use std::{fmt, future::IntoFuture, pin::Pin, sync::Arc, vec};

use crate::{
    cache::Core,
    error::{Error, ErrorKind, Result},
    flight::{Caller, block_on},
};

use super::{command::Reply, place::Place, waves::Order};

/// An operation on a collection, not sent yet: await it, or call [`blocking`](Self::blocking).
///
/// What is to be written was encoded already: the request borrows nothing, and an argument that cannot be used is an error
/// when it is sent.
///
/// It becomes a future where it is awaited, and is none before. What takes futures, such as `tokio::spawn` or `join_all`, gets
/// what [`into_future`](IntoFuture::into_future) makes of it; for several requests at once [`together`] is better, which sends
/// them in one round trip.
///
/// ```
/// use std::future::IntoFuture as _;
/// use easycache_core::{Cache, collections::CacheValue};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let cache = Cache::builder().build()?;
/// let visits = CacheValue::<i64>::new(&cache, "visits");
/// let counting = tokio::spawn(visits.increment(1).into_future());
/// assert_eq!(counting.await.expect("it does not panic")?, 1);
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
#[must_use = "a request does nothing until it is awaited, or sent by `blocking`"]
pub struct Request<T> {
    asked: Asked,
    read: Read<T>,
}

/// What is asked of a cache. None: nothing is, of none.
struct Asked {
    core: Option<Arc<Core>>,
    commands: Result<Vec<Order>>,
}

/// Makes the answer of the replies to the commands.
type Read<T> = Box<dyn FnOnce(&mut Replies) -> Result<T> + Send>;

/// What has come back.
struct Replies {
    /// In the order of the commands. Each is read by whoever has asked for it, whatever has become of the others.
    left: vec::IntoIter<Result<Reply>>,
    /// What was taken away, and is put back where the caller does not get it.
    taken: Vec<Taken>,
}

/// Makes the command that puts back what was taken; none if it was nothing.
type Taken = Box<dyn FnOnce() -> Option<Order> + Send>;

impl<T: Send + 'static> Request<T> {
    /// A request of one command.
    pub(super) fn new(
        place: &Place,
        op: Result<super::Op>,
        read: impl FnOnce(Reply) -> Result<T> + Send + 'static,
    ) -> Self {
        let commands = op.and_then(|op| Ok(vec![place.order(op)?]));
        let asked = Asked { core: Some(Arc::clone(&place.core)), commands };
        Self { asked, read: Box::new(move |replies| read(next(replies)?)) }
    }

    /// A request of one command that takes away what it answers. Where the caller gets an error instead, for what was taken
    /// cannot be read or something else that was sent with it has failed, `back` puts it back.
    pub(super) fn taking<R: Send + 'static>(
        place: &Place,
        op: Result<super::Op>,
        reply: fn(Reply) -> Result<R>,
        read: impl FnOnce(&R) -> Result<T> + Send + 'static,
        back: impl FnOnce(R) -> Option<super::Op> + Send + 'static,
    ) -> Self {
        let (request, place) = (Request::new(place, op, reply), place.clone());
        let read_reply = request.read;
        let read = move |replies: &mut Replies| {
            let taken = read_reply(replies)?;
            let answer = read(&taken);
            replies.taken.push(Box::new(move || place.order(back(taken)?).ok()));
            answer
        };
        Self { asked: request.asked, read: Box::new(read) }
    }

    /// Another answer made of this one.
    pub(super) fn map<U: Send + 'static>(self, f: impl FnOnce(T) -> Result<U> + Send + 'static) -> Request<U> {
        let Self { asked, read } = self;
        Request { asked, read: Box::new(move |replies| f(read(replies)?)) }
    }

    /// Sends it, and blocks the thread until it is answered. For callers that are not async: it needs no runtime, and
    /// minds none.
    pub fn blocking(self) -> Result<T> {
        block_on(self.send(Caller::Sync))
    }

    pub(super) async fn send(self, caller: Caller) -> Result<T> {
        let Self { asked: Asked { core, commands }, read } = self;
        let answers = match &core {
            Some(core) => core.run(commands?, caller).await,
            None => Vec::new(),
        };
        let mut replies = Replies { left: answers.into_iter(), taken: Vec::new() };
        match (read(&mut replies), core) {
            (Err(error), Some(core)) => Err(replies.put_back(&core, error, caller).await),
            (answer, _) => answer,
        }
    }
}

impl Replies {
    /// Returns the error that the caller gets in the place of what was taken.
    async fn put_back(self, core: &Arc<Core>, error: Error, caller: Caller) -> Error {
        let commands = self.taken.into_iter().filter_map(|taken| taken()).collect::<Vec<_>>();
        if commands.is_empty() {
            return error;
        }
        match core.run(commands, caller).await.into_iter().find_map(Result::err) {
            Some(failed) => lost(&error, failed),
            None => error,
        }
    }
}

fn lost(error: &Error, failed: Error) -> Error {
    let message = format!("{error}; what was taken away could not be put back ({failed}), and may be lost");
    Error::new(error.kind(), message).with_source(failed)
}

fn next(replies: &mut Replies) -> Result<Reply> {
    replies.left.next().unwrap_or_else(|| {
        Err(Error::new(
            ErrorKind::Refused,
            "the backend answers fewer things than it was asked: it breaks its contract",
        ))
    })
}

impl<T: Send + 'static> IntoFuture for Request<T> {
    type Output = Result<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send(Caller::Async))
    }
}

impl<T> fmt::Debug for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("commands", &self.asked.commands).finish_non_exhaustive()
    }
}

/// Sends several requests in one round trip: a tuple of them, or a `Vec`. The answer is a tuple or a `Vec` of theirs; the
/// first error among them is an error of all, and does not keep the others from being carried out. What they have
/// [taken away](crate::collections#what-is-taken-away) nobody gets then, and it is put back.
///
/// They must be of collections of one cache. Each is atomic; all of them together are not.
///
/// ```
/// use easycache_core::{Cache, collections::{CacheMap, CacheValue, together}};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// let visits = CacheValue::<i64>::new(&cache, "visits");
/// let last = CacheMap::<String, u32>::new(&cache, "last visit");
///
/// let (count, _) = together((visits.increment(1), last.insert("Ann", &20))).await?;
/// assert_eq!(count, 1);
///
/// let names = ["Ann", "Bob"].map(|name| last.get(name));
/// assert_eq!(together(Vec::from(names)).await?, [Some(20), None]);
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
pub fn together<R: Requests>(requests: R) -> Request<R::Answer> {
    requests.together()
}

/// Several requests: a tuple of up to six, or a `Vec`. See [`together`].
pub trait Requests {
    /// Their answers.
    type Answer: Send + 'static;

    /// One request made of them.
    fn together(self) -> Request<Self::Answer>;
}

impl<T: Send + 'static> Request<T> {
    /// This one and another.
    fn and<U: Send + 'static>(self, other: Request<U>) -> Request<(T, U)> {
        let (first, second) = (self.read, other.read);
        let read = move |replies: &mut Replies| {
            let (one, other) = (first(replies), second(replies));
            Ok((one?, other?))
        };
        Request { asked: self.asked.and(other.asked), read: Box::new(read) }
    }
}

impl Asked {
    /// This, and something else behind it.
    fn and(self, other: Self) -> Self {
        let two = matches!((&self.core, &other.core), (Some(one), Some(two)) if !Arc::ptr_eq(one, two));
        let commands = self.commands.and_then(|mut commands| {
            commands.extend(other.commands?);
            if two { Err(two_caches()) } else { Ok(commands) }
        });
        Self { core: self.core.or(other.core), commands }
    }
}

fn two_caches() -> Error {
    let message = "requests of two caches cannot be sent together: await those of each cache by themselves";
    Error::new(ErrorKind::InvalidConfig, message)
}

macro_rules! tuples {
    ($(($first:ident $($rest:ident)*))*) => {$(
        impl<$first: Send + 'static, $($rest: Send + 'static),*> Requests for (Request<$first>, $(Request<$rest>),*) {
            type Answer = ($first, $($rest),*);

            #[expect(non_snake_case, reason = "each request is called like the type of its answer")]
            fn together(self) -> Request<Self::Answer> {
                let ($first, $($rest),*) = self;
                let all = $first$(.and($rest))*;
                all.map(|tuples!(@nested [$first] $($rest)*)| Ok(($first, $($rest),*)))
            }
        }
    )*};
    (@nested [$($done:tt)*]) => { $($done)* };
    (@nested [$($done:tt)*] $next:ident $($rest:ident)*) => { tuples!(@nested [($($done)*, $next)] $($rest)*) };
}

tuples!((A B)(A B C)(A B C D)(A B C D E)(A B C D E F));

impl<T: Send + 'static> Requests for Vec<Request<T>> {
    type Answer = Vec<T>;

    /// Of none, nothing is asked, and the answer is empty.
    fn together(self) -> Request<Vec<T>> {
        let mut asked = Asked { core: None, commands: Ok(Vec::new()) };
        let mut reads = Vec::with_capacity(self.len());
        for request in self {
            asked = asked.and(request.asked);
            reads.push(request.read);
        }
        let read = move |replies: &mut Replies| {
            let answers = reads.into_iter().map(|read| read(replies)).collect::<Vec<_>>();
            answers.into_iter().collect()
        };
        Request { asked, read: Box::new(read) }
    }
}
