//! What objects are called.

use easycache::{CacheKey, CachedObject, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::support::cache;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, CacheKey)]
enum Code {
    Short(u8),
    Long(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, CachedObject)]
struct Automatic {
    #[cached_object(id)]
    code: Code,
    #[cached_object(id)]
    r#type: Option<u8>,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object(prefix = "names-tenant:{tenant}", key = "user:{name}", tags = ["names-users:{tenant}"])]
struct User {
    #[cached_object(id)]
    tenant: u32,
    #[cached_object(id)]
    name: String,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("post:{number:04}", parent = User, parent_id = (tenant, author))]
struct Post {
    #[cached_object(id)]
    tenant: u32,
    #[cached_object(id)]
    author: String,
    #[cached_object(id)]
    number: u32,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
struct Boxed<T> {
    id: u64,
    value: T,
}

/// Without serde, and with a cache of their own.
#[derive(Clone, CachedObject)]
#[cached_object("session:{id}", cache = own(), local)]
struct Session {
    id: String,
    open: std::sync::Arc<std::sync::Mutex<bool>>,
}

fn own() -> &'static easycache::Cache {
    static OWN: std::sync::LazyLock<easycache::Cache> = std::sync::LazyLock::new(cache);
    &OWN
}

mod twin {
    use super::{CachedObject, Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, CachedObject)]
    pub struct Automatic {
        pub id: u64,
    }
}

#[test]
fn an_object_lies_below_a_prefix_that_is_its_own() {
    let ann = (7, "a/b:c".to_owned());
    assert_eq!(User::cache_prefix(&ann), "names-tenant:7/user:a%2Fb%3Ac");
    let entry = User::blocking().cache_entry(&ann);
    assert_eq!((entry.key(), entry.tags()), ("names-tenant:7/user:a%2Fb%3Ac|object", vec!["names-users:7"]));
    let post = (7, "a/b:c".to_owned(), 3);
    assert_eq!(Post::cache_prefix(&post), "names-tenant:7/user:a%2Fb%3Ac/post:0003");
    let post = Post { tenant: 7, author: "a/b:c".to_owned(), number: 3 };
    assert_eq!(post.cache_id(), (7, "a/b:c".to_owned(), 3));
}

#[test]
fn without_a_key_of_its_own_it_is_called_by_its_type_and_its_typed_id() {
    let prefix = |code, r#type| Automatic::cache_prefix(&(code, r#type));
    assert_eq!(prefix(Code::Short(1), None), "attributes::object::names::Automatic:Short(1):None");
    assert_eq!(prefix(Code::Long("1".into()), Some(0)), "attributes::object::names::Automatic:Long(\"1\"):Some(0)");
    assert_eq!(twin::Automatic::cache_prefix(&1), "attributes::object::names::twin::Automatic:1");
    assert_ne!(Boxed::<u8>::cache_prefix(&1), Boxed::<u16>::cache_prefix(&1));
    let boxed = Boxed::blocking();
    boxed.cache_set(&Boxed { id: 1, value: 1_u8 }).unwrap();
    assert!(Boxed::<u16>::blocking().cache_get(&1).unwrap().is_none());
    assert_eq!(boxed.cache_get(&1).unwrap().unwrap().value, 1);
}

#[test]
fn a_local_object_needs_no_serde_and_a_cache_may_be_given() {
    let session = Session { id: "x".to_owned(), open: std::sync::Arc::default() };
    let sessions = Session::blocking();
    sessions.cache_set(&session).unwrap();
    *session.open.lock().unwrap() = true;
    assert!(*sessions.cache_get(&session.id).unwrap().unwrap().open.lock().unwrap());
    assert_eq!(own().stats().hits, 1);
}

#[test]
fn a_name_that_cannot_be_used_is_an_error_except_for_those_who_load() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CachedObject)]
    #[cached_object("{id}")]
    struct Raw {
        id: String,
    }
    let raws = Raw::blocking();
    let empty = Raw { id: String::new() };
    for error in [raws.cache_get(&empty.id).unwrap_err(), raws.cache_delete(&empty).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::InvalidName);
    }
    assert_eq!(raws.cache_set(&empty).unwrap_err().kind(), ErrorKind::InvalidName);
    assert_eq!(raws.find_or_load(String::new(), |id| Ok::<_, String>(Some(Raw { id }))), Ok(Some(empty)));
}
