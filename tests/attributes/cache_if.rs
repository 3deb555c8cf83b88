use easycache::ecached;

use crate::support::Calls;

#[tokio::test]
async fn only_what_is_worth_it_is_kept() {
    static CALLS: Calls = Calls::new();
    #[ecached("cache-if:{id}", cache_if = |value, id| *value > 1 && *id != 9)]
    async fn load(id: u32) -> Result<u32, String> {
        let _ = id;
        Ok(CALLS.count())
    }
    assert_eq!(load(1).await, Ok(1));
    assert_eq!(load(1).await, Ok(2));
    assert_eq!(load(1).await, Ok(2));
    assert_eq!(load(9).await, Ok(3));
    assert_eq!(load(9).await, Ok(4));
}
