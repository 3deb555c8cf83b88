//! One attribute, one call: `cargo run --example quickstart`.

use easycache::ecached;

#[ecached("user:{id}", ttl = "10m", tags = ["users", "team:{team}"])]
async fn load_user(team: u32, id: u64) -> String {
    println!("computing user {id} of team {team}");
    format!("user {id}")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> easycache::Result<()> {
    load_user(2, 42).await; // computed
    load_user(2, 42).await; // from the cache
    load_user::invalidate_by_tags(2).await?; // whatever has one of its tags is gone
    load_user(2, 42).await; // computed again
    Ok(())
}
