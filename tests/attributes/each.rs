//! `each = ids`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex},
};

use easycache::{Cache, Error, ErrorKind, ecached, scope};
use easycache_testkit::{CountingBackend, FailingBackend, MemoryBackend, Method, Side};

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct User(u64);

#[derive(Debug, PartialEq, Eq)]
enum Failure {
    Gone,
    Cache(ErrorKind),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Cache(error.kind())
    }
}

/// What bodies were given, run by run.
#[derive(Default)]
struct Given(Mutex<Vec<Vec<u64>>>);

impl Given {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn note(&self, ids: impl IntoIterator<Item = u64>) {
        let mut ids = ids.into_iter().collect::<Vec<_>>();
        ids.sort_unstable();
        self.0.lock().unwrap().push(ids);
    }

    fn take(&self) -> Vec<Vec<u64>> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn users(ids: impl IntoIterator<Item = u64>) -> HashMap<u64, User> {
    ids.into_iter().map(|id| (id, User(id))).collect()
}

#[tokio::test]
async fn the_body_is_given_what_is_missing_and_not_run_when_nothing_is() {
    static GIVEN: Given = Given::new();
    #[ecached("each-user:{id}", each = id in ids, tags = ["each-users", "each-user:{id}"])]
    async fn load(ids: Vec<u64>) -> HashMap<u64, User> {
        GIVEN.note(ids.clone());
        users(ids.into_iter().filter(|id| *id != 9))
    }
    assert_eq!(load(vec![1, 2, 3]).await, users([1, 2, 3]));
    assert_eq!(load(vec![3, 4, 4, 1, 9]).await, users([1, 3, 4]), "what the body does not return is absent");
    assert_eq!(load(vec![4, 3, 2, 1]).await, users([1, 2, 3, 4]));
    assert_eq!(load(vec![]).await, users([]));
    assert_eq!(GIVEN.take(), [vec![1, 2, 3], vec![4, 9]]);

    load::invalidate_by_key(2).await.unwrap();
    load::invalidate_by_tags(3).await.unwrap();
    assert_eq!(load(vec![1, 2, 3, 4]).await, users([1, 2, 3, 4]));
    assert_eq!(GIVEN.take(), [vec![1, 2, 3, 4]], "a tag that all have");
    load::invalidate_by_key(2).await.unwrap();
    load(vec![1, 2, 9]).await;
    assert_eq!(GIVEN.take(), [vec![2, 9]]);

    assert_eq!(load::refresh(vec![1, 1, 2]).await, users([1, 2]));
    assert_eq!(GIVEN.take(), [vec![1, 2]]);
    let entry = load::entry(2);
    assert_eq!((entry.key(), entry.peek().await.unwrap()), ("each-user:2", Some(User(2))));
    entry.put(&User(22)).await.unwrap();
    assert_eq!(load(vec![2]).await[&2], User(22));
}

#[tokio::test]
async fn an_element_may_go_by_the_name_of_all_of_them_and_other_parameters_belong_to_each() {
    static GIVEN: Given = Given::new();
    #[ecached("each-own:{tenant}:{ids}", each = ids, prefix = "each-tenant:{tenant}")]
    async fn load(tenant: u32, ids: &[u64], name: &str, suffix: String) -> Result<BTreeMap<u64, String>, Failure> {
        GIVEN.note(ids.iter().copied());
        if ids.contains(&0) {
            return Err(Failure::Gone);
        }
        Ok(ids.iter().map(|id| (*id, format!("{tenant}{name}{id}{suffix}"))).collect())
    }
    let values = load(1, &[5, 6], "n", "s".to_owned()).await.unwrap();
    assert_eq!(values.into_iter().collect::<Vec<_>>(), [(5, "1n5s".to_owned()), (6, "1n6s".to_owned())]);
    assert_eq!(load(2, &[5], "n", "s".to_owned()).await.unwrap()[&5], "2n5s");
    assert_eq!(load(1, &[6, 0], "n", "s".to_owned()).await, Err(Failure::Gone));
    assert_eq!(load(1, &[6], "n", "s".to_owned()).await.unwrap().len(), 1);
    assert_eq!(GIVEN.take(), [vec![5, 6], vec![5], vec![0]]);
    load::invalidate_by_key(1, 5).await.unwrap();
    load(1, &[5, 6], "n", "s".to_owned()).await.unwrap();
    load::invalidate_by_prefix(1).await.unwrap();
    load(1, &[5, 6], "n", "s".to_owned()).await.unwrap();
    assert_eq!(GIVEN.take(), [vec![5], vec![5, 6]]);
}

#[test]
fn functions_that_are_not_async_and_sets_of_elements_will_do() {
    static GIVEN: Given = Given::new();
    #[ecached(each = id in ids)]
    fn hashed(factor: u64, ids: HashSet<u64>) -> HashMap<u64, u64> {
        GIVEN.note(ids.iter().copied());
        ids.into_iter().map(|id| (id, factor * id)).collect()
    }
    #[ecached([id], each = id in ids)]
    fn sorted(mut ids: BTreeSet<u64>) -> BTreeMap<u64, u64> {
        GIVEN.note(ids.iter().copied());
        ids.remove(&1);
        ids.into_iter().map(|id| (id, id)).collect()
    }
    assert_eq!(hashed(2, HashSet::from([1, 2])), HashMap::from([(1, 2), (2, 4)]));
    assert_eq!(hashed(2, HashSet::from([2, 3])), HashMap::from([(2, 4), (3, 6)]));
    assert_eq!(hashed(3, HashSet::from([2])), HashMap::from([(2, 6)]));
    assert_eq!(sorted(BTreeSet::from([1, 2])), BTreeMap::from([(2, 2)]));
    assert_eq!(sorted(BTreeSet::from([1, 2])), BTreeMap::from([(2, 2)]));
    assert_eq!(GIVEN.take(), [vec![1, 2], vec![3], vec![2], vec![1, 2], vec![1]]);
    assert_eq!(sorted::entry(2).peek().unwrap(), Some(2));
}

struct Shop {
    id: u32,
    given: Given,
}

impl Shop {
    #[ecached("each-goods:{self.id}:{id}", each = id in ids, ttl = |id| 60 + *id)]
    async fn goods(&self, ids: Vec<u64>) -> Result<HashMap<u64, User>, Failure> {
        self.given.note(ids.iter().copied());
        Ok(users(ids))
    }
}

#[tokio::test]
async fn methods_have_elements_too() {
    let shop = Shop { id: 1, given: Given::default() };
    assert_eq!(shop.goods(vec![1, 2]).await, Ok(users([1, 2])));
    assert_eq!(shop.goods(vec![2, 3]).await, Ok(users([2, 3])));
    shop.goods_invalidate_by_key(2).await.unwrap();
    assert_eq!(shop.goods_refresh(vec![3]).await, Ok(users([3])));
    assert_eq!(shop.goods(vec![1, 2, 3]).await, Ok(users([1, 2, 3])));
    assert_eq!(shop.given.take(), [vec![1, 2], vec![3], vec![3], vec![2]]);
    assert_eq!(shop.goods_entry(3).key(), "each-goods:1:3");
}

#[tokio::test]
async fn what_is_stored_is_said_of_each_value() {
    static GIVEN: Given = Given::new();
    #[ecached(
        "each-kept:{id}",
        each = id in ids,
        cache_if = |value, id| value.is_none_or(|value| value < 100 && *id > 0),
        cache_none = false,
        tags_from = |value| value.map(|value| format!("each-kept:{value}"))
    )]
    async fn load(ids: Vec<u64>) -> HashMap<u64, Option<u64>> {
        GIVEN.note(ids.iter().copied());
        ids.into_iter().map(|id| (id, (id != 5).then_some(10 * id))).collect()
    }
    let all = HashMap::from([(1, Some(10)), (5, None), (50, Some(500))]);
    assert_eq!(load(vec![1, 5, 50]).await, all);
    assert_eq!(load(vec![1, 5, 50]).await, all);
    easycache::invalidate_tags(["each-kept:10"]).await.unwrap();
    load(vec![1]).await;
    assert_eq!(GIVEN.take(), [vec![1, 5, 50], vec![5, 50], vec![1]]);
}

#[tokio::test]
async fn on_a_backend_a_call_is_one_read_and_one_fill() {
    #[ecached("each-wave:{id}", each = id in ids, tags = ["each-wave"], alias = "each-wave", on_error = "fail")]
    async fn load(ids: Vec<u64>) -> Result<HashMap<u64, User>, Failure> {
        Ok(users(ids))
    }
    let backend = Arc::new(FailingBackend::new(CountingBackend::new(MemoryBackend::new())));
    let cache = Cache::builder().backend(Arc::clone(&backend)).build().unwrap();
    let test = async {
        load((0..900).collect()).await.unwrap();
        let _ = backend.inner().take();
        assert_eq!(load((0..1000).collect()).await, Ok(users(0..1000)));
        let calls = backend.inner().take();
        assert_eq!(calls.methods(), [Method::Read, Method::Acquire, Method::Fill]);
        assert_eq!(calls.items(Method::Fill), 100);
        assert_eq!(load((0..1000).collect()).await, Ok(users(0..1000)));
        assert_eq!(backend.inner().take().methods(), [Method::Read]);
        backend.fail(Side::Before);
        assert_eq!(load(vec![1, 2]).await, Err(Failure::Cache(ErrorKind::Unavailable)));
    };
    scope("each-wave", cache).run_async(test).await;
}

#[tokio::test]
async fn its_future_is_send() {
    #[ecached("each-send:{id}", each = id in ids)]
    async fn load(ids: Vec<u64>, name: String) -> HashMap<u64, String> {
        tokio::task::yield_now().await;
        ids.into_iter().map(|id| (id, format!("{id}{name}"))).collect()
    }
    let task = tokio::spawn(async move { load(vec![1], "x".to_owned()).await });
    assert_eq!(task.await.unwrap()[&1], "1x");
}
