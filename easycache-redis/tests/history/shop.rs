//! What is under test: cached functions, as users write them, on the backend.

use std::{sync::Arc, time::Duration};

use easycache::{Cache, Coalesce, Hold, Policy, ecached};
use easycache_core::CacheBuilder;
use serde::{Deserialize, Serialize};

use crate::{
    database::Database,
    pace::Pace,
    policies::{Seat, failing, failing_sync, made, made_sync, together, together_sync},
    rows::{Manner, Row, Scope, mark},
};

pub(crate) const TTL: Duration = Duration::from_secs(2);

/// A process's cache, and the source behind it.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) cache: Cache,
    pub(crate) database: Arc<Database>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) commit: u64,
    text: String,
    /// Whether it was stored, and not just computed: it has come through the codec.
    #[serde(skip_serializing, default = "yes")]
    pub(crate) stored: bool,
}

const fn yes() -> bool {
    true
}

impl Record {
    pub(crate) fn of(commit: u64) -> Self {
        // Of several lengths, and more than a packet's worth now and then.
        let text = "x".repeat(usize::try_from(commit % 7 * 300).unwrap_or_default());
        Self { commit, text, stored: false }
    }
}

impl Shop {
    pub(crate) fn on(cache: CacheBuilder, database: Database) -> Self {
        let cache = cache.deadline("200ms").coalesce_wait("1s");
        Self { cache: cache.build().expect("the settings are in range"), database: Arc::new(database) }
    }

    #[ecached("row:{row}", ttl = TTL, prefix = "tenant:{tenant}/team:{team}", tags = ["team:{team}"], cache = &self.cache, shared)]
    async fn plain(&self, row: u32, tenant: u32, team: u32, pace: Pace) -> Record {
        pace.record(&self.database, Row(row)).await
    }

    #[ecached("row:{row}", ttl = TTL, prefix = "tenant:{tenant}/team:{team}", tags = ["team:{team}"], cache = &self.cache, shared)]
    fn plain_sync(&self, row: u32, tenant: u32, team: u32, pace: Pace) -> Record {
        pace.record_sync(&self.database, Row(row))
    }

    #[ecached("row:{row}", ttl = TTL, prefix = "tenant:{tenant}/team:{team}", tags = ["team:{team}"],
              tags_from = |value| [format!("mark:{}", mark(value.commit))], cache = &self.cache, shared)]
    async fn marked(&self, row: u32, tenant: u32, team: u32, pace: Pace) -> Record {
        pace.record(&self.database, Row(row)).await
    }

    #[ecached("row:{row}", ttl = TTL, prefix = "tenant:{tenant}/team:{team}", tags = ["team:{team}"],
              tags_from = |value| [format!("mark:{}", mark(value.commit))], cache = &self.cache, shared)]
    fn marked_sync(&self, row: u32, tenant: u32, team: u32, pace: Pace) -> Record {
        pace.record_sync(&self.database, Row(row))
    }

    fn policy(row: Row) -> Policy {
        Policy::ttl(TTL).prefix(row.prefix()).tags([format!("team:{}", row.team())]).coalesce(Coalesce::Cluster)
    }

    /// With everything that may serve what is not fresh: what was invalidated never is.
    fn lenient(row: Row) -> Policy {
        let policy = Self::policy(row).stale_while_revalidate("2s").stale_if_error("4s");
        policy.early_refresh(1.0).soft_timeout("2ms")
    }

    /// None: it has failed, or was not there in time.
    pub(crate) async fn read(self: &Arc<Self>, row: Row, pace: Pace) -> Option<Record> {
        let (tenant, team, shop) = (row.tenant(), row.team(), Arc::clone(self));
        Some(match row.manner() {
            Manner::Plain => self.plain(row.0, tenant, team, pace).await,
            Manner::Marked => self.marked(row.0, tenant, team, pace).await,
            Manner::Shared => {
                let (key, database) = (format!("row:{}", row.0), Arc::clone(&self.database));
                let compute = move || async move { pace.record(&database, row).await };
                self.cache.get_or_refresh(&key, Self::lenient(row), compute).await.expect("it computes in trouble")
            }
            Manner::Inherited => made(shop, row.into(), pace).await.ok()?,
            Manner::Together => {
                let seats = row.alike().map(Seat::from).collect();
                together(shop, seats, pace).await.ok()?.remove(&row.into())?
            }
            Manner::Failing => failing(shop, row.into(), pace).await.ok()?,
        })
    }

    pub(crate) fn read_sync(self: &Arc<Self>, row: Row, pace: Pace) -> Option<Record> {
        let (tenant, team, shop) = (row.tenant(), row.team(), Arc::clone(self));
        Some(match row.manner() {
            Manner::Plain => self.plain_sync(row.0, tenant, team, pace),
            Manner::Marked => self.marked_sync(row.0, tenant, team, pace),
            Manner::Shared => {
                let (key, compute) = (format!("row:{}", row.0), || pace.record_sync(&self.database, row));
                let cache = self.cache.blocking();
                cache.get_or_compute(&key, Self::lenient(row), compute).expect("it computes in trouble")
            }
            Manner::Inherited => made_sync(shop, row.into(), pace).ok()?,
            Manner::Together => {
                let seats = row.alike().map(Seat::from).collect();
                together_sync(shop, seats, pace).ok()?.remove(&row.into())?
            }
            Manner::Failing => failing_sync(shop, row.into(), pace).ok()?,
        })
    }

    /// Computes, whatever is cached.
    pub(crate) async fn refresh(&self, row: Row, pace: Pace) {
        let (tenant, team) = (row.tenant(), row.team());
        match row.manner() {
            Manner::Plain => drop(self.plain_refresh(row.0, tenant, team, pace).await),
            Manner::Marked => drop(self.marked_refresh(row.0, tenant, team, pace).await),
            // What was expired may be served, and what was invalidated since must not.
            Manner::Shared | Manner::Inherited | Manner::Together | Manner::Failing => {
                drop(self.cache.expire_key(&row.key()).await);
            }
        }
    }

    /// Stores what a commit has made of a row. Nobody else may change the row meanwhile.
    pub(crate) async fn set(&self, row: Row, commit: u64) {
        // What is not stored is computed when it is asked for.
        let _trouble = self.cache.set(&format!("row:{}", row.0), Record::of(commit), Self::lenient(row)).await;
    }

    /// What is cached, if anything.
    pub(crate) async fn get(&self, row: Row) -> Option<Record> {
        self.cache.get(&row.key()).await.ok().flatten()
    }

    /// Keeps what the scope reaches from being stored, while it is about to change. None: what is to be invalidated is not
    /// known yet, or cannot be held.
    pub(crate) async fn hold(&self, scope: Scope) -> Option<Hold> {
        match scope {
            Scope::Team(_) | Scope::Tenant(_) | Scope::Branch(..) => {
                self.cache.hold(scope.targets()?, Duration::from_secs(2)).await.ok()
            }
            Scope::Key(_) | Scope::Mark(..) | Scope::Everything => None,
        }
    }

    /// Whether it is known to be done.
    pub(crate) async fn invalidate(&self, scope: Scope) -> bool {
        match scope.targets() {
            Some(targets) => self.cache.invalidate(targets).await.is_ok(),
            None => self.cache.clear().await.is_ok(),
        }
    }

    pub(crate) fn invalidate_sync(&self, scope: Scope) -> bool {
        let cache = self.cache.blocking();
        match scope.targets() {
            Some(targets) => cache.invalidate(targets).is_ok(),
            None => cache.clear().is_ok(),
        }
    }
}
