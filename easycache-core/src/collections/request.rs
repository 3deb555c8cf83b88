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
#[must_use = "a request does nothing until it is awaited, or sent by `blocking`"]
pub struct Request<T> {
    core: Arc<Core>,
    commands: Result<Vec<Order>>,
    read: Read<T>,
}

/// Makes the answer of the replies to the commands.
type Read<T> = Box<dyn FnOnce(&mut Replies) -> Result<T> + Send>;

/// Replies, in the order of the commands.
pub(super) type Replies = vec::IntoIter<Result<Reply>>;

impl<T: Send + 'static> Request<T> {
    /// A request of one command.
    pub(super) fn new(
        place: &Place,
        op: Result<super::Op>,
        read: impl FnOnce(Reply) -> Result<T> + Send + 'static,
    ) -> Self {
        Self {
            core: Arc::clone(&place.core),
            commands: op.and_then(|op| Ok(vec![place.order(op)?])),
            read: Box::new(move |replies| read(next(replies)?)),
        }
    }

    /// Another answer made of this one.
    pub(super) fn map<U: Send + 'static>(self, f: impl FnOnce(T) -> Result<U> + Send + 'static) -> Request<U> {
        let Self { core, commands, read } = self;
        Request { core, commands, read: Box::new(move |replies| f(read(replies)?)) }
    }

    /// Sends it, and blocks the thread until it is answered. For callers that are not async: it needs no runtime, and
    /// minds none.
    pub fn blocking(self) -> Result<T> {
        block_on(self.send(Caller::Sync))
    }

    pub(super) async fn send(self, caller: Caller) -> Result<T> {
        let Self { core, commands, read } = self;
        let replies = core.run(commands?, caller).await;
        read(&mut replies.into_iter())
    }
}

fn next(replies: &mut Replies) -> Result<Reply> {
    replies.next().unwrap_or_else(|| {
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
        f.debug_struct("Request").field("commands", &self.commands).finish_non_exhaustive()
    }
}

/// Sends several requests in one round trip: a tuple of them, or a `Vec`. The answer is a tuple or a `Vec` of theirs; the
/// first error among them is an error of all, and does not keep the others from being carried out.
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
        let commands = match (self.commands, other.commands) {
            _ if !Arc::ptr_eq(&self.core, &other.core) => Err(two_caches()),
            (Ok(mut commands), Ok(more)) => {
                commands.extend(more);
                Ok(commands)
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        Request { core: self.core, commands, read: Box::new(move |replies| Ok((first(replies)?, second(replies)?))) }
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

    /// # Panics
    ///
    /// If there is no request.
    fn together(self) -> Request<Vec<T>> {
        let mut requests = self.into_iter();
        let first = requests.next().expect("there is at least one request to send");
        let core = Arc::clone(&first.core);
        let (mut commands, mut reads) = (first.commands, vec![first.read]);
        for request in requests {
            let same = Arc::ptr_eq(&core, &request.core);
            let more = if same { request.commands } else { Err(two_caches()) };
            commands = commands.and_then(|mut commands| {
                commands.extend(more?);
                Ok(commands)
            });
            reads.push(request.read);
        }
        let read = move |replies: &mut Replies| reads.into_iter().map(|read| read(replies)).collect();
        Request { core, commands, read: Box::new(read) }
    }
}
