use easycache::{CallMeta, ecached};

use crate::support::Calls;

#[tokio::test]
async fn without_a_key_function_and_all_arguments_are_the_key() {
    static CALLS: Calls = Calls::new();
    #[ecached]
    async fn automatic(a: u32, b: &str, c: Option<u8>) -> u32 {
        let _ = (a, b, c);
        CALLS.count()
    }
    assert_eq!(automatic(1, "x", None).await, 1);
    assert_eq!(automatic(1, "x", None).await, 1);
    assert_eq!(automatic(2, "x", None).await, 2);
    assert_eq!(automatic(1, "y", None).await, 3);
    assert_eq!(automatic(1, "x", Some(0)).await, 4);
}

#[tokio::test]
async fn a_template_takes_what_it_mentions_and_nothing_else() {
    static CALLS: Calls = Calls::new();
    #[ecached("key-template:{id}")]
    async fn load(id: u64, trace: &str) -> u32 {
        let _ = trace;
        CALLS.count()
    }
    assert_eq!(load(1, "a").await, 1);
    assert_eq!(load(1, "unrelated").await, 1, "an unrelated parameter changed: a hit");
    assert_eq!(load(2, "a").await, 2);
    assert_eq!(load::entry(1, "a").key(), "key-template:1");
}

#[tokio::test]
async fn a_list_takes_the_parameters_it_lists() {
    static CALLS: Calls = Calls::new();
    #[ecached([id, name])]
    async fn load(id: u64, name: &str, trace: u8) -> u32 {
        let _ = (id, name, trace);
        CALLS.count()
    }
    assert_eq!(load(1, "a", 0).await, 1);
    assert_eq!(load(1, "a", 9).await, 1);
    assert_eq!(load(1, "b", 0).await, 2);
}

#[tokio::test]
async fn a_closure_makes_the_key_from_parameters_by_name() {
    #[ecached(|name, id| format!("key-closure:{name}:{id}"))]
    async fn load(id: u64, name: &str, _trace: u8) -> u64 {
        id + name.len() as u64
    }
    assert_eq!(load(1, "abc", 0).await, 4);
    assert_eq!(load::entry(1, "abc", 5).key(), "key-closure:abc:1");
    assert_eq!(load::entry(1, "abc", 5).peek().await.unwrap(), Some(4));
    load::invalidate_by_key(1, "abc").await.unwrap();
    assert_eq!(load::entry(1, "abc", 5).peek().await.unwrap(), None);
}

#[test]
fn a_closure_may_return_early() {
    #[ecached(|id| { if *id == 0 { return "key-none".to_owned(); } format!("key-some:{id}") })]
    fn load(id: u64) -> u64 {
        id
    }
    assert_eq!(load::entry(0).key(), "key-none");
    assert_eq!(load::entry(7).key(), "key-some:7");
}

fn describe(meta: &CallMeta<'_>) -> String {
    let arguments: Vec<String> = meta.arguments().iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}({})", meta.function().rsplit("::").next().unwrap(), arguments.join(","))
}

#[tokio::test]
async fn a_closure_may_ask_for_the_call_itself() {
    #[ecached(|meta| describe(meta))]
    async fn key_meta(id: u64, flag: bool) -> u64 {
        id + u64::from(flag)
    }
    assert_eq!(key_meta::entry(3, true).key(), "key_meta(id=3,flag=true)");
    assert_eq!(key_meta(3, true).await, 4);
    key_meta::invalidate_by_key(3, true).await.unwrap();
}

#[tokio::test]
async fn a_parameter_called_meta_is_a_parameter() {
    #[ecached(|meta| format!("key-own-meta:{meta}"))]
    async fn load(meta: u8) -> u8 {
        meta
    }
    assert_eq!(load::entry(3).key(), "key-own-meta:3");
}

fn own_key(id: &u64, name: &str) -> String {
    format!("key-path:{name}:{id}")
}

#[tokio::test]
async fn a_path_names_a_function_that_takes_all_parameters_by_reference() {
    #[ecached(own_key)]
    async fn load(id: u64, name: &str) -> u64 {
        id + name.len() as u64
    }
    assert_eq!(load(1, "x").await, 2);
    assert_eq!(load::entry(1, "x").key(), "key-path:x:1");
    load::invalidate_by_key(1, "x").await.unwrap();
}

#[derive(Debug, Clone)]
struct User {
    name: String,
    ids: Vec<u32>,
}

impl User {
    fn initial(&self) -> String {
        self.name[..1].to_owned()
    }
}

#[test]
fn placeholders_reach_into_parameters() {
    #[ecached("key-deep:{user.name}:{user.ids[0]}:{user.initial()}:{menu[\"lunch\"]}:{pair.1}:{1.0}")]
    fn load(user: &User, pair: (u8, u8), menu: &std::collections::HashMap<&'static str, u32>) -> usize {
        user.ids.len() + menu.len() + usize::from(pair.0)
    }
    let user = User { name: "ann".to_owned(), ids: vec![7, 8] };
    let menu = std::collections::HashMap::from([("lunch", 5)]);
    assert_eq!(load::entry(&user, (1, 2), &menu).key(), "key-deep:ann:7:a:5:2:1");
    assert_eq!(load(&user, (1, 2), &menu), 4);
}

#[test]
fn format_specs_are_those_of_format() {
    #[ecached("key-spec:{id:05}:{name:?}:{part:.digits$}")]
    fn load(id: u32, name: &str, part: f64, digits: usize) -> u32 {
        let _ = (name, part, digits);
        id
    }
    assert_eq!(load::entry(42, "x", 1.0 / 3.0, 2).key(), "key-spec:00042:\"x\":0.33");
}

#[test]
fn what_is_filled_in_never_looks_like_another_key() {
    #[ecached("key-escape:{a}:{b}")]
    fn load(a: &str, b: &str) -> String {
        format!("{a} {b}")
    }
    assert_eq!(load("a:b", "c"), "a:b c");
    assert_eq!(load("a", "b:c"), "a b:c");
    assert_ne!(load::entry("a:b", "c").key(), load::entry("a", "b:c").key());
}

#[test]
fn functions_inside_functions_do_not_share_automatic_keys() {
    fn first() -> u32 {
        #[ecached]
        fn inner(_x: u32) -> u32 {
            1
        }
        inner(0)
    }
    fn second() -> u32 {
        #[ecached]
        fn inner(_x: u32) -> u32 {
            2
        }
        inner(0)
    }
    fn third() -> u32 {
        #[ecached(companions = false)]
        fn inner(_x: u32) -> u32 {
            3
        }
        inner(0)
    }
    assert_eq!((first(), second(), third()), (1, 2, 3));
    assert_eq!((first(), second(), third()), (1, 2, 3));
}

#[tokio::test]
async fn falsy_values_are_values() {
    static CALLS: Calls = Calls::new();
    #[ecached("key-none-value")]
    async fn none() -> Option<u32> {
        CALLS.count();
        None
    }
    #[ecached("key-empty-text")]
    async fn text() -> String {
        CALLS.count();
        String::new()
    }
    #[ecached("key-zero")]
    async fn zero() -> u32 {
        CALLS.count();
        0
    }
    #[ecached("key-empty-list")]
    async fn list() -> Vec<u32> {
        CALLS.count();
        Vec::new()
    }
    #[ecached("key-unit")]
    async fn unit() {
        CALLS.count();
    }
    for _ in 0..2 {
        assert_eq!((none().await, text().await, zero().await, list().await), (None, String::new(), 0, vec![]));
        unit().await;
    }
    assert_eq!(CALLS.so_far(), 5);
}
