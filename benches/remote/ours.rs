//! Our side.

use easycache::ecached;

use crate::measure::User;

/// Two tags, a prefix, a ttl and a key template.
#[ecached("async_user:{id}", ttl = "1h", tags = ["users", "team:{team}"], prefix = "tenant:{tenant}")]
pub(crate) async fn load_async(tenant: u32, team: u32, id: u64) -> User {
    User { id, team: team + tenant }
}

/// The same, not async.
#[ecached("user:{id}", ttl = "1h", tags = ["users", "team:{team}"], prefix = "tenant:{tenant}")]
pub(crate) fn load(tenant: u32, team: u32, id: u64) -> User {
    User { id, team: team + tenant }
}
