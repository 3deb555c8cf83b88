//! Requests of a web service: what each of them reads from the server, counted at the socket.

use std::{
    convert::Infallible,
    future::poll_fn,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    routing::get,
};
use easycache::{Cache, RequestScope, RequestScopeLayer, bypass, ecached, in_this_request, invalidates};
use easycache_testkit::{Proxy, server::RedisServer};
use tower_service::Service;

use crate::support::{Calls, places};

#[derive(Clone)]
struct Shop {
    cache: Cache,
    calls: Calls,
}

#[ecached("price:{book}", ttl = "1h", tags = ["book:{book}"], cache = &shop.cache)]
async fn price(shop: &Shop, book: u32) -> u32 {
    tokio::task::yield_now().await;
    shop.calls.count()
}

#[ecached("title:{book}", ttl = "1h", tags = ["book:{book}"], cache = &shop.cache)]
fn title(shop: &Shop, book: u32) -> u32 {
    shop.calls.count()
}

#[ecached("page:{book}", ttl = "1h", cache = &shop.cache)]
async fn page(shop: &Shop, book: u32) -> u32 {
    price(shop, book).await
}

#[invalidates(tags = ["book:{book}"], cache = &shop.cache)]
async fn change(shop: &Shop, book: u32) {
    tokio::task::yield_now().await;
}

/// A cache on a server of its own, of which this process has no other cache: its connection is counted.
struct Counted {
    proxy: Proxy,
    shop: Shop,
    server: RedisServer,
}

impl Counted {
    async fn start() -> Option<Self> {
        static NUMBERS: AtomicUsize = AtomicUsize::new(0);
        let server = RedisServer::start()?;
        let proxy = Proxy::to(server.address());
        let number = NUMBERS.fetch_add(1, Ordering::SeqCst);
        let url = format!("{}?deadline=20s&connect_timeout=20s&namespace=request-{number}", proxy.url());
        let cache = easycache::connect(&url).await.unwrap();
        cache.get::<u32>("any").await.unwrap();
        proxy.reset();
        Some(Self { proxy, shop: Shop { cache, calls: Calls::default() }, server })
    }
}

/// What a service answers to a request for that path.
async fn answer(app: &mut Router, path: &str) -> String {
    let request: Request = Request::builder().uri(path).body(Body::empty()).unwrap();
    poll_fn(|context| Service::<Request>::poll_ready(app, context)).await.unwrap();
    let response: Result<_, Infallible> = app.call(request).await;
    let body = to_bytes(response.unwrap().into_body(), 1000).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

async fn read(State(shop): State<Shop>) -> String {
    let mut prices = Vec::new();
    for _ in 0..5 {
        prices.push(price(&shop, 1).await);
    }
    format!("{prices:?}")
}

async fn read_and_change(State(shop): State<Shop>) -> String {
    let before = price(&shop, 1).await;
    change(&shop, 1).await;
    let [after, again] = [price(&shop, 1).await, price(&shop, 1).await];
    format!("{before} {after} {again}")
}

async fn spawn(State(shop): State<Shop>) -> String {
    let read = |shop: Shop| async move { (price(&shop, 1).await, RequestScope::current().is_some()) };
    let first = price(&shop, 1).await;
    let with = tokio::spawn(in_this_request(read(shop.clone())));
    let without = tokio::spawn(read(shop.clone()));
    format!("{first} {:?} {:?}", with.await.unwrap(), without.await.unwrap())
}

/// A service that reads the price of a book several times, and has the layer.
fn service(shop: &Shop) -> Router {
    Router::new()
        .route("/read", get(read))
        .route("/change", get(read_and_change))
        .route("/spawn", get(spawn))
        .with_state(shop.clone())
        // The inner one is a part of the outer: of its own it would remember nothing.
        .layer(RequestScopeLayer::bounded(0))
        .layer(RequestScopeLayer::new())
}

#[tokio::test]
async fn all_reads_of_one_request_are_one_round_trip() {
    let Some(Counted { shop, proxy, .. }) = &Counted::start().await else { return };
    let mut app = service(shop);
    price(shop, 1).await;
    proxy.reset();
    assert_eq!(answer(&mut app, "/read").await, "[1, 1, 1, 1, 1]");
    assert_eq!(proxy.tally().round_trips(), 1);
    assert_eq!(answer(&mut app, "/read").await, "[1, 1, 1, 1, 1]");
    assert_eq!(proxy.tally().round_trips(), 2, "another request reads for itself");
}

#[tokio::test]
async fn a_request_sees_what_it_has_changed_itself() {
    let Some(Counted { shop, .. }) = &Counted::start().await else { return };
    let mut app = service(shop);
    assert_eq!(answer(&mut app, "/change").await, "1 2 2");
    assert_eq!(answer(&mut app, "/read").await, "[2, 2, 2, 2, 2]");
    assert_eq!(answer(&mut app, "/change").await, "2 3 3");
}

#[tokio::test]
async fn what_another_process_has_changed_the_next_request_sees() {
    let Some(Counted { shop, server, .. }) = &Counted::start().await else { return };
    let request = RequestScope::new();
    assert_eq!(request.run(price(shop, 1)).await, 1);
    // As another process does it: nobody in this one hears of it.
    assert_eq!(server.command(&["DEL", &format!("{}:t:book:1", shop.cache.namespace())]).int(), 1);
    assert_eq!(request.run(price(shop, 1)).await, 1);
    assert_eq!(RequestScope::new().run(price(shop, 1)).await, 2);
    assert_eq!(request.run(bypass(price(shop, 1))).await, 3, "it is not asked in a bypass");
}

#[tokio::test]
async fn a_task_that_is_asked_to_be_a_part_of_the_request_reads_nothing_again() {
    let Some(Counted { shop, proxy, .. }) = &Counted::start().await else { return };
    let mut app = service(shop);
    price(shop, 1).await;
    proxy.reset();
    assert_eq!(answer(&mut app, "/spawn").await, "1 (1, true) (1, false)");
    assert_eq!(proxy.tally().round_trips(), 2, "one for the request, one for the task that was not asked");
}

#[tokio::test]
async fn what_a_function_computes_it_reads_from_the_server() {
    let Some(Counted { shop, proxy, .. }) = &Counted::start().await else { return };
    let request = RequestScope::new();
    request.run(price(shop, 1)).await;
    proxy.reset();
    request.run(page(shop, 1)).await;
    let with = proxy.tally().round_trips();
    page::invalidate_by_key(shop, 1).await.unwrap();
    proxy.reset();
    page(shop, 1).await;
    assert_eq!(with, proxy.tally().round_trips(), "as many as outside of a request");
    assert_eq!(request.len(), 2, "its own result is remembered");
}

#[test]
fn refreshed_and_stored_values_are_seen_at_once_on_every_server() {
    for place in places() {
        let shop = Shop { cache: place.cache.clone(), calls: Calls::default() };
        easycache::blocking::request_scope(|| {
            let reads = |expected: u32| {
                assert_eq!(title(&shop, 1), expected, "{}", place.name);
                assert_eq!(title(&shop, 1), expected, "{}", place.name);
            };
            reads(1);
            assert_eq!(title::refresh(&shop, 1), 2, "{}", place.name);
            reads(2);
            title::entry(&shop, 1).put(&7).unwrap();
            reads(7);
            assert_eq!(title::entry(&shop, 1).peek().unwrap(), Some(7), "{}", place.name);
            title::invalidate_by_key(&shop, 1).unwrap();
            reads(3);
        });
    }
}
