//! [`Admin`].

use std::{fmt, sync::Arc};

use axum::{Router, extract::Request, routing::any};
use easycache_core::{Clock, SystemClock};

use crate::{
    actions::Actions,
    authorize::{Authorize, Guard},
    gate,
    history::History,
    selection::Selection,
    token::{Secret, Tokens},
};

/// A page on the caches of this process; see the [crate](crate).
///
/// There is none without an [authorizer](Authorize), which decides on every request to it.
#[must_use = "there is no page before `router`"]
pub struct Admin {
    guard: Arc<dyn Guard>,
    selection: Selection,
    title: String,
    read_only: bool,
    clock: Arc<dyn Clock>,
}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) guard: Arc<dyn Guard>,
    pub(crate) selection: Selection,
    pub(crate) title: String,
    pub(crate) read_only: bool,
    pub(crate) tokens: Tokens,
    pub(crate) actions: Actions,
    pub(crate) history: Arc<History>,
}

impl Admin {
    /// A page that those see whom this authorizer lets in: [`BasicAuth`](crate::BasicAuth), a closure, or a type of your
    /// own.
    pub fn new(authorizer: impl Authorize) -> Self {
        Self {
            guard: Arc::new(authorizer),
            selection: Selection::Registered,
            title: "easycache".to_owned(),
            read_only: false,
            clock: Arc::new(SystemClock),
        }
    }

    /// Shows the caches with these aliases, in this order, and no other can be reached through the page. Default: all
    /// that are [registered](easycache_core::register) when somebody looks.
    pub fn caches<I>(mut self, aliases: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.selection = Selection::Named(aliases.into_iter().map(Into::into).collect());
        self
    }

    /// What the page is called, such as the name of the service. Default: `easycache`.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Lets nobody invalidate anything here, whatever the authorizer says.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Takes the time from that clock: when samples are due, and how old a form may be. Default:
    /// [`SystemClock`](easycache_core::SystemClock).
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The page, to be nested by [`Router::nest_service`] at any path, or served by itself. From now on the counters of the
    /// caches are sampled every ten seconds, until the last copy of the router is dropped.
    pub fn router(self) -> Router {
        let shared = Arc::new(Shared {
            guard: self.guard,
            title: self.title,
            read_only: self.read_only,
            tokens: Tokens::new(Secret::random(), Arc::clone(&self.clock)),
            actions: Actions::default(),
            history: History::start(self.selection.clone(), &self.clock),
            selection: self.selection,
        });
        let answer = move |request: Request| {
            let shared = Arc::clone(&shared);
            async move { gate::answer(&shared, request).await }
        };
        // One entrance for whatever is asked: there is no route that the authorizer could be forgotten at. Routes of axum
        // besides the fallback, because those of the router it is nested in come before fallbacks.
        let everything = any(answer.clone());
        Router::new().route("/", everything.clone()).route("/{*rest}", everything).fallback(answer)
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("selection", &self.selection)
            .field("title", &self.title)
            .field("read_only", &self.read_only)
            .finish_non_exhaustive()
    }
}
