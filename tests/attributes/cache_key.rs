use easycache::{CacheKey, cache_key, ecached, tag};

#[derive(CacheKey)]
struct Filter<'a, T> {
    name: &'a str,
    value: T,
    #[cache_key(skip)]
    trace: fn(),
}

#[derive(CacheKey)]
enum Order {
    Newest,
    ByPrice(bool),
    By { column: String },
}

#[derive(CacheKey)]
struct Everything;

#[ecached]
fn find(filter: &Filter<'_, u32>, order: &Order, all: Everything) -> String {
    let Everything = all;
    let order = match order {
        Order::Newest => "newest".to_owned(),
        Order::ByPrice(up) => format!("price {up}"),
        Order::By { column } => column.clone(),
    };
    (filter.trace)();
    format!("{}={} {order}", filter.name, filter.value)
}

fn nothing() {}

#[test]
fn derived_keys_tell_fields_and_variants_apart() {
    let filter = |name, value| Filter { name, value, trace: nothing };
    let mut keys = std::collections::HashSet::new();
    for name in ["a", "b", "a,1"] {
        for value in [1, 2] {
            for order in [Order::Newest, Order::ByPrice(true), Order::ByPrice(false), Order::By { column: "x".into() }]
            {
                let filter = filter(name, value);
                assert!(keys.insert(find::entry(&filter, &order, Everything).key().to_owned()));
            }
        }
    }
    assert_eq!(find(&filter("a", 1), &Order::Newest, Everything), "a=1 newest");
}

#[test]
fn hand_written_keys_and_tags_are_escaped_like_templates() {
    struct User {
        id: u32,
    }
    let (name, user) = ("a:b|c", User { id: 7 });
    assert_eq!(cache_key!("user:{name}"), "user:a%3Ab%7Cc");
    assert_eq!(cache_key!("tenant:{}|user:{user.id:03}:{x}", 1 + 1, x = name.len()), "tenant:2|user:007:5");
    assert_eq!(tag!("team:{name}"), "team:a%3Ab%7Cc");
    assert_eq!(tag!("users"), "users");
}
