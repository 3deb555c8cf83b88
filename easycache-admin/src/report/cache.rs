//! Caches: all of them, and one.

use easycache_core::{Cache, NodeStatus, Recent, Stats};
use futures_util::future::join_all;
use serde::Serialize;

use super::Done;
use crate::{
    ask::Ask,
    history::Minute,
    trouble::{Trouble, as_message},
};

/// All caches.
#[derive(Debug, Serialize)]
pub(crate) struct Overview {
    pub(crate) title: String,
    pub(crate) caches: Vec<Summary>,
    /// What was done through this page.
    pub(crate) done: Vec<Done>,
}

/// One alias, and the cache that it stands for now.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) alias: String,
    /// None while none is registered.
    pub(crate) cache: Option<State>,
    /// The last hour, by whichever caches the alias stood for.
    pub(crate) minutes: Vec<Minute>,
}

/// How a cache is.
#[derive(Debug, Serialize)]
pub(crate) struct State {
    pub(crate) namespace: String,
    pub(crate) place: &'static str,
    pub(crate) is_in_process: bool,
    pub(crate) stats: Stats,
    pub(crate) nodes: Vec<NodeStatus>,
    /// Why there are no nodes, if they could not be asked.
    #[serde(serialize_with = "as_message")]
    pub(crate) error: Option<Trouble>,
}

/// One alias, with all that is known.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    #[serde(flatten)]
    pub(crate) summary: Summary,
    pub(crate) recent: Vec<Recent>,
}

impl Overview {
    pub(crate) async fn of(ask: &Ask<'_>) -> Self {
        let aliases = ask.shared.selection.aliases();
        // Together: one that is down does not keep the others waiting.
        let caches = join_all(aliases.into_iter().map(|alias| Summary::of(ask, alias))).await;
        Self { title: ask.shared.title.clone(), caches, done: ask.shared.actions.all() }
    }
}

impl Summary {
    async fn of(ask: &Ask<'_>, alias: String) -> Self {
        let cache = match ask.shared.selection.registered(&alias) {
            Some(cache) => Some(State::of(&cache).await),
            None => None,
        };
        Self { minutes: ask.shared.history.minutes(&alias), cache, alias }
    }
}

impl State {
    async fn of(cache: &Cache) -> Self {
        let (nodes, error) = match cache.status().await {
            Ok(nodes) => (nodes, None),
            Err(error) => (Vec::new(), Some(Trouble::from(error))),
        };
        Self {
            namespace: cache.namespace().to_owned(),
            place: cache.place().name(),
            is_in_process: cache.is_in_process(),
            stats: cache.stats(),
            nodes,
            error,
        }
    }

    /// How many servers answer.
    pub(crate) fn up(&self) -> usize {
        self.nodes.iter().filter(|node| node.is_up()).count()
    }
}

impl Detail {
    pub(crate) async fn of(ask: &Ask<'_>) -> Result<Self, Trouble> {
        let alias = ask.alias(&ask.query()?)?;
        let recent = ask.shared.selection.registered(&alias).map(|cache| cache.recent_invalidations());
        Ok(Self { summary: Summary::of(ask, alias).await, recent: recent.unwrap_or_default() })
    }
}
