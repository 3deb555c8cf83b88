use easycache::{CacheKey, ecached_property};

use crate::support::Calls;

static CALLS: Calls = Calls::new();

#[derive(CacheKey)]
struct User {
    id: u32,
    #[cache_key(skip)]
    name: &'static str,
}

impl User {
    #[ecached_property("property-followers:{self.id}", ttl = 3600)]
    async fn followers(&self) -> Result<u32, String> {
        Ok(CALLS.count())
    }

    #[ecached_property]
    fn length(&self) -> usize {
        CALLS.count();
        self.name.len()
    }

    #[ecached_property("property-constant")]
    fn constant(&self) -> u32 {
        CALLS.count() + self.id
    }
}

#[tokio::test]
async fn a_property_is_a_method_without_parameters() {
    let (ann, bob) = (User { id: 1, name: "ann" }, User { id: 2, name: "bob!" });
    let first = ann.followers().await.unwrap();
    assert_eq!(ann.followers().await.unwrap(), first);
    assert_ne!(bob.followers().await.unwrap(), first);
    ann.followers_invalidate_by_key().await.unwrap();
    assert_ne!(ann.followers().await.unwrap(), first);
    assert_eq!((ann.length(), bob.length()), (3, 4), "without a key the object is the key");
    assert_eq!(User { id: 1, name: "anna" }.length(), 3, "a skipped field is not part of it");
    assert_eq!(ann.constant(), bob.constant(), "a key without `self` is shared by all");
    User::constant_invalidate_by_key().unwrap();
}
