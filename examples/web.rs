//! The bookstore as a web service on Redis: `cargo run --example web --features redis -- --port 8081`.
//!
//! Start it twice, on two ports: both use the same `SQLite` file and the same Redis. What one process has computed is a hit in
//! the other (see the header `x-cache`), and what is changed through one is seen by the other as soon as Redis has told it:
//! each process keeps what it reads in a near tier, and answers from there without asking Redis. The queries are those of the
//! bookstore, word for word (`bookstore/shop.rs`); all that says where values are kept is `connect` in here.
//!
//! Without Redis it answers all the same, and computes; when Redis comes back, so do the hits.

#![expect(clippy::print_stdout, reason = "examples print")]

#[path = "bookstore/database.rs"]
mod database;
#[path = "bookstore/shop.rs"]
mod shop;

use std::{
    env,
    error::Error,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use database::Database;
use easycache::{Cache, ErrorKind};
use serde::Serialize;
use shop::{Shop, User, bestsellers};
use tokio::net::TcpListener;

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// Where Redis is, and how much each process keeps of it, unless `REDIS_URL` says otherwise. With `freshness=strict` what is
/// changed through one process is seen by the other at once, and every hit asks Redis.
const REDIS: &str = "redis://127.0.0.1:6379?namespace=bookstore&near=10000&freshness=tracked";

const HELP: &str = "\
GET  /shops/1/shelf/1            books of a shop, by pages
GET  /users/1/favourites         what a user likes
GET  /users/1/favourites/count
GET  /bestsellers/10
PUT  /shops/1/books/5/price/999  changes the price of a book, in cents
POST /shops/1/stock              takes stock of a shop: all its pages are computed anew
GET  /stats                      what this process has got from the cache, and asked of the database
";

#[tokio::main]
async fn main() -> Result {
    run(env::args().skip(1)).await
}

/// Serves until it is ended.
pub(crate) async fn run(arguments: impl IntoIterator<Item = String>) -> Result {
    let options = Options::read(arguments)?;
    let cache = connect().await?;
    let database = Database::open(Some(&options.database))?;
    println!("{database}");
    if database.is_new() {
        // What is cached is from another file of the same name.
        if let Err(error) = cache.clear().await {
            eprintln!("{error}; nothing is taken from the cache before it is cleared");
        }
    }
    // From here on, the functions of the bookstore use Redis.
    easycache::register("default", cache);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router(database)).await?;
    Ok(())
}

/// A cache on Redis, also where Redis is not there yet.
async fn connect() -> Result<Cache> {
    let url = env::var("REDIS_URL").unwrap_or_else(|_| REDIS.to_owned());
    match easycache::connect(&url).await {
        Err(error) if error.kind() == ErrorKind::Unavailable => {
            eprintln!("{error}; computing until it is there");
            Ok(easycache::connect_lazy(&url)?)
        }
        connected => Ok(connected?),
    }
}

struct Options {
    port: u16,
    database: PathBuf,
}

impl Options {
    fn read(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut options = Self { port: 8080, database: env::temp_dir().join("bookstore-web.sqlite") };
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            match (name.as_str(), arguments.next()) {
                ("--port", Some(port)) => options.port = port.parse()?,
                ("--database", Some(file)) => options.database = file.into(),
                _ => return Err("usage: web [--port 8080] [--database FILE]; port 0 is any that is free".into()),
            }
        }
        Ok(options)
    }
}

/// What every request has at hand.
struct Store {
    database: Database,
    queries: AtomicU64,
}

fn router(database: Database) -> Router {
    let page = async |State(store): State<Arc<Store>>, Path((shop, page)): Path<(i64, i64)>| {
        answer(store, move |database| Shop::new(database, shop).shelf(page)).await
    };
    let favourites = async |State(store): State<Arc<Store>>, Path(user): Path<i64>| {
        answer(store, move |database| User::new(database, user).favourites()).await
    };
    let count = async |State(store): State<Arc<Store>>, Path(user): Path<i64>| {
        answer(store, move |database| User::new(database, user).favourite_count()).await
    };
    let best = async |State(store): State<Arc<Store>>, Path(count): Path<i64>| {
        answer(store, move |database| bestsellers(database, count)).await
    };
    let price = async |State(store): State<Arc<Store>>, Path((shop, book, cents)): Path<(i64, i64, u32)>| {
        answer(store, move |database| Shop::new(database, shop).set_price(book, cents.into())).await
    };
    let stock = async |State(store): State<Arc<Store>>, Path(shop): Path<i64>| {
        answer(store, move |database| Shop::new(database, shop).take_stock()).await
    };
    Router::new()
        .route("/", get(HELP))
        .route("/shops/{shop}/shelf/{page}", get(page))
        .route("/shops/{shop}/books/{book}/price/{cents}", put(price))
        .route("/shops/{shop}/stock", post(stock))
        .route("/users/{user}/favourites", get(favourites))
        .route("/users/{user}/favourites/count", get(count))
        .route("/bestsellers/{count}", get(best))
        .route("/stats", get(stats))
        .with_state(Arc::new(Store { database, queries: AtomicU64::new(0) }))
}

/// Does the work where it may block, and says in a header whether the database was asked.
async fn answer<T: Serialize + Send + 'static>(
    store: Arc<Store>,
    work: impl FnOnce(&Database) -> Result<T> + Send + 'static,
) -> Response {
    let work = move || {
        let before = Database::queries_of_this_thread();
        let answer = work(&store.database);
        let queries = Database::queries_of_this_thread() - before;
        store.queries.fetch_add(queries, Ordering::Relaxed);
        answer.map(|value| (value, queries))
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok((value, queries))) => {
            let from = if queries == 0 { "hit" } else { "computed" };
            ([("x-cache", from)], Json(value)).into_response()
        }
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        Err(panic) => (StatusCode::INTERNAL_SERVER_ERROR, panic.to_string()).into_response(),
    }
}

async fn stats(State(store): State<Arc<Store>>) -> String {
    format!("{}\n{} queries and changes\n", easycache::stats(), store.queries.load(Ordering::Relaxed))
}
