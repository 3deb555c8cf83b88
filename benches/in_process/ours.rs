//! Our side.

use easycache::ecached;

use crate::User;

/// Two tags, a prefix, a ttl and a key template.
pub(crate) fn tagged(id: u64) -> User {
    load(1, 2, id)
}

#[ecached("user:{id}", ttl = "10m", tags = ["users", "team:{team}"], prefix = "tenant:{tenant}")]
fn load(tenant: u32, team: u32, id: u64) -> User {
    User { id, team: team + tenant }
}

/// The same, async.
pub(crate) async fn tagged_async(id: u64) -> User {
    load_async(1, 2, id).await
}

#[ecached("async_user:{id}", ttl = "10m", tags = ["users", "team:{team}"], prefix = "tenant:{tenant}")]
async fn load_async(tenant: u32, team: u32, id: u64) -> User {
    User { id, team: team + tenant }
}

/// Eight tags, half of them with arguments.
pub(crate) fn eight_tags(id: u64) -> User {
    load_with_eight_tags(1, 2, id)
}

#[ecached(
    "eight:{tenant}:{id}",
    ttl = "10m",
    tags = ["a", "b", "c", "d", "tenant:{tenant}", "team:{team}", "team:{team}:of:{tenant}", "user:{id}"]
)]
fn load_with_eight_tags(tenant: u32, team: u32, id: u64) -> User {
    User { id, team: team + tenant }
}

/// The same without tags.
pub(crate) fn untagged(id: u64) -> User {
    load_without_tags(1, 2, id)
}

#[ecached("untagged:{tenant}:{team}:{id}", ttl = "10m")]
fn load_without_tags(tenant: u32, team: u32, id: u64) -> User {
    User { id, team: team + tenant }
}

/// A key made of the argument itself.
#[ecached([id], ttl = "10m")]
pub(crate) fn typed(id: u64) -> User {
    User { id, team: 2 }
}
