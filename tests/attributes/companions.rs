use easycache::ecached;

use crate::support::Calls;

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct User(u64);

#[derive(Debug, PartialEq, Eq)]
struct Gone;

mod store {
    use super::{Calls, Gone, User};

    pub static CALLS: Calls = Calls::new();

    #[easycache::ecached("companions-user:{id}", ttl = "10m", tags = ["companions-users", "companions-team:{team}"], prefix = "companions-tenant:{tenant}")]
    pub async fn load_user(tenant: u32, team: u32, id: u64) -> Result<User, Gone> {
        let _ = (tenant, team);
        CALLS.count();
        if id == 0 { Err(Gone) } else { Ok(User(id)) }
    }
}

use store::load_user;

#[tokio::test]
async fn one_use_imports_function_and_companions_with_the_fewest_parameters() {
    let calls = || store::CALLS.so_far();
    load_user(1, 2, 42).await.unwrap();
    load_user(1, 2, 42).await.unwrap();
    assert_eq!(calls(), 1);
    load_user::invalidate_by_key(1, 42).await.unwrap();
    load_user(1, 2, 42).await.unwrap();
    load_user::invalidate_by_tags(2).await.unwrap();
    load_user(1, 2, 42).await.unwrap();
    load_user::invalidate_by_prefix(1).await.unwrap();
    load_user(1, 2, 42).await.unwrap();
    assert_eq!(calls(), 4);
    assert_eq!(load_user::refresh(1, 2, 42).await, Ok(User(42)));
    assert_eq!(calls(), 5);
    assert_eq!(load_user(1, 2, 42).await, Ok(User(42)));
    assert_eq!(calls(), 5);
}

#[tokio::test]
async fn errors_are_not_kept() {
    static CALLS: Calls = Calls::new();
    #[ecached("companions-error")]
    async fn load() -> Result<u32, Gone> {
        if CALLS.count() == 1 { Err(Gone) } else { Ok(7) }
    }
    assert_eq!(load().await, Err(Gone));
    assert_eq!(load().await, Ok(7));
    assert_eq!(load().await, Ok(7));
    assert_eq!(CALLS.so_far(), 2);
}

#[tokio::test]
async fn an_entry_can_be_looked_at_and_put() {
    #[ecached("companions-entry:{id}", tags_from = |value, id, name| [format!("companions-entry:{}:{id}:{name}", value.0)])]
    async fn load(id: u64, name: &str) -> Result<User, Gone> {
        let _ = name;
        Ok(User(id))
    }
    let entry = load::entry(5, "x");
    assert_eq!(entry.peek().await.unwrap(), None);
    entry.put(&User(6)).await.unwrap();
    assert_eq!(load(5, "x").await, Ok(User(6)));
    easycache::invalidate_tags(["companions-entry:6:5:x"]).await.unwrap();
    assert_eq!(load(5, "x").await, Ok(User(5)));
}

#[tokio::test]
async fn an_alias_of_a_result_is_still_a_result() {
    type Answer<T> = Result<T, Gone>;
    type Whole = Result<u32, Gone>;
    static CALLS: Calls = Calls::new();
    #[ecached("companions-alias:{id}")]
    async fn load(id: u32) -> Answer<u32> {
        CALLS.count();
        if id == 0 { Err(Gone) } else { Ok(id) }
    }
    #[ecached("companions-whole:{id}")]
    async fn whole(id: u32) -> Whole {
        CALLS.count();
        if id == 0 { Err(Gone) } else { Ok(id) }
    }
    for _ in 0..2 {
        load(0).await.unwrap_err();
        whole(0).await.unwrap_err();
        load(1).await.unwrap();
        whole(1).await.unwrap();
    }
    assert_eq!(CALLS.so_far(), 6);
    assert_eq!(load::entry(1).peek().await.unwrap(), Some(Ok(1)));
    assert_eq!(whole::entry(1).peek().await.unwrap(), Some(Ok(1)));
}

#[tokio::test]
async fn companions_can_have_another_name_or_be_left_away() {
    #[ecached("companions-named:{id}", companions = bool_cache)]
    async fn bool(id: u32) -> u32 {
        id
    }
    #[ecached("companions-off:{id}", companions = false)]
    async fn std(id: u32) -> u32 {
        id
    }
    assert_eq!(bool(1).await, 1);
    bool_cache::invalidate_by_key(1).await.unwrap();
    assert_eq!(std(1).await, 1);
}

#[tokio::test]
async fn patterns_and_mut_stay_in_the_function() {
    #[ecached("companions-pattern:{id}")]
    async fn load((a, b): (u32, u32), mut id: u32) -> u32 {
        id += a + b;
        id
    }
    assert_eq!(load((1, 2), 3).await, 6);
    assert_eq!(load::refresh((1, 1), 3).await, 5);
    load::invalidate_by_key(3).await.unwrap();
}

#[tokio::test]
#[expect(deprecated, reason = "that is the point")]
async fn deprecation_follows_to_companions() {
    #[ecached("companions-deprecated")]
    #[deprecated]
    async fn load() -> u32 {
        1
    }
    assert_eq!(load().await, 1);
    load::invalidate_by_key().await.unwrap();
}

#[tokio::test]
async fn futures_are_send() {
    #[ecached("companions-send:{id}")]
    async fn load(id: u64) -> Result<u64, Gone> {
        Ok(id)
    }
    fn send<T: Send>(future: T) -> T {
        future
    }
    send(load(3)).await.unwrap();
    send(load::refresh(3)).await.unwrap();
    send(load::invalidate_by_key(3)).await.unwrap();
    send(load::entry(3).peek()).await.unwrap();
}
