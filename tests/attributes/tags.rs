use easycache::{ecached, invalidate_tags};

use crate::support::Calls;

#[tokio::test]
async fn static_tags_and_tags_from_arguments_invalidate() {
    static CALLS: Calls = Calls::new();
    #[ecached("tags-a:{id}", tags = ["tags-users", "tags-team:{team}"])]
    async fn load(team: u32, id: u64) -> u32 {
        let _ = (team, id);
        CALLS.count()
    }
    assert_eq!((load(1, 1).await, load(2, 2).await), (1, 2));
    load::invalidate_by_tags(2).await.unwrap();
    assert_eq!(load(2, 2).await, 3);
    invalidate_tags(["tags-team:1"]).await.unwrap();
    assert_eq!(load(1, 1).await, 4);
    invalidate_tags(["tags-users"]).await.unwrap();
    assert_eq!((load(1, 1).await, load(2, 2).await), (5, 6));
    assert_eq!(load::entry(3, 1).tags(), ["tags-users", "tags-team:3"]);
}

#[tokio::test]
async fn a_foreign_tag_touches_nothing() {
    static CALLS: Calls = Calls::new();
    #[ecached("tags-foreign", tags = "tags-own")]
    async fn load() -> u32 {
        CALLS.count()
    }
    assert_eq!(load().await, 1);
    invalidate_tags(["tags-somebody-elses"]).await.unwrap();
    assert_eq!(load().await, 1);
    load::invalidate_by_tags().await.unwrap();
    assert_eq!(load().await, 2);
}

#[tokio::test]
async fn no_tags_are_no_tags() {
    #[ecached("tags-empty", tags = [])]
    async fn load() -> u32 {
        1
    }
    assert_eq!(load().await, 1);
    assert!(load::entry().tags().is_empty());
}

#[tokio::test]
async fn a_closure_gives_tags_from_arguments() {
    static CALLS: Calls = Calls::new();
    #[ecached("tags-closure:{ids:?}", tags = |ids| ids.iter().map(|id| format!("tags-id:{id}")))]
    async fn broken_up(ids: &[u32]) -> u32 {
        let _ = ids;
        CALLS.count()
    }
    assert_eq!(broken_up(&[1, 2]).await, 1);
    invalidate_tags(["tags-id:3"]).await.unwrap();
    assert_eq!(broken_up(&[1, 2]).await, 1);
    invalidate_tags(["tags-id:2"]).await.unwrap();
    assert_eq!(broken_up(&[1, 2]).await, 2);
    broken_up::invalidate_by_tags(&[1]).await.unwrap();
    assert_eq!(broken_up(&[1, 2]).await, 3);
}

#[tokio::test]
async fn tags_from_see_the_result_and_the_arguments_they_name() {
    static CALLS: Calls = Calls::new();
    #[ecached("tags-from:{shop}", tags_from = |value, shop| value.iter().map(move |book| format!("tags-book:{shop}:{book}")))]
    async fn books(shop: &str) -> Result<Vec<u32>, std::num::ParseIntError> {
        CALLS.count();
        Ok(vec![shop.parse()?, 2])
    }
    books("1").await.unwrap();
    books("1").await.unwrap();
    assert_eq!(CALLS.so_far(), 1);
    invalidate_tags(["tags-book:1:2"]).await.unwrap();
    books("1").await.unwrap();
    assert_eq!(CALLS.so_far(), 2);
    books("x").await.unwrap_err();
}

#[tokio::test]
async fn tags_from_may_ask_for_the_call_and_what_it_returned() {
    static CALLS: Calls = Calls::new();
    #[ecached("tags-meta:{id}", tags_from = |meta| [format!("tags-meta:{}:{:?}", meta.argument("id").unwrap(), meta.value::<u32>())])]
    async fn load(id: u32) -> u32 {
        CALLS.count();
        id
    }
    load(5).await;
    invalidate_tags(["tags-meta:5:Some(5)"]).await.unwrap();
    load(5).await;
    assert_eq!(CALLS.so_far(), 2);
}

#[tokio::test]
async fn another_tag_is_another_lookup() {
    static CALLS: Calls = Calls::new();
    #[ecached("tags-identity:{id}", tags = ["tags-identity-team:{team}"])]
    async fn load(team: u32, id: u64) -> u32 {
        let _ = (team, id);
        CALLS.count()
    }
    assert_eq!(load(1, 1).await, 1);
    assert_eq!(load(2, 1).await, 2);
}
