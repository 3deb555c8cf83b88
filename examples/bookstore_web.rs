//! The bookstore as a web service: `cargo run --example bookstore_web`.
//!
//! Values are kept in this process, until the environment says otherwise; that is the one line `init_from_env`:
//!
//! ```sh
//! export EASYCACHE_URL='redis://127.0.0.1:6379?namespace=bookstore&near=10000'
//! cargo run --example bookstore_web --features redis -- --port 8081
//! cargo run --example bookstore_web --features redis -- --port 8082     # in another terminal
//! ```
//!
//! Both use the same `SQLite` file and the same Redis. What one process has computed is a hit in the other (see the header
//! `x-cache`), and what is changed through one is seen by the other as soon as Redis has told it: each keeps what it reads in
//! a near tier, and answers from there. With `freshness=strict` it is seen at once, and every hit asks Redis. Without Redis
//! they answer all the same, and compute; when Redis comes back, so do the hits.
//!
//! The queries are those of the bookstore, word for word (`bookstore/shop.rs`). Every request remembers what it has read
//! (see `front`), and a page at `/admin/cache` shows what the caches do.

#![expect(clippy::print_stdout, reason = "examples print")]

#[path = "bookstore/database.rs"]
mod database;
#[path = "bookstore/shop.rs"]
mod shop;
#[path = "bookstore/warnings.rs"]
mod warnings;

use std::{
    env::{self, VarError},
    error::Error,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use database::Database;
use easycache::{ErrorKind, blocking::in_this_request, request_scope};
use easycache_admin::{Admin, BasicAuth};
use serde::Serialize;
use shop::{Book, Shop, User, bestsellers};
use tokio::net::TcpListener;

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const USAGE: &str = "usage: bookstore_web [--port 8080] [--database FILE]; port 0 is any that is free";

const HELP: &str = "\
GET  /users/1                    a user's front page: made of parts that read the same
GET  /users/1/favourites         what a user likes
GET  /users/1/favourites/count
GET  /shops/1/shelf/1            books of a shop, by pages
GET  /bestsellers/10
PUT  /shops/1/books/5/price/999  changes the price of a book, in cents
POST /shops/1/stock              takes stock of a shop: all its pages are computed anew
GET  /stats                      what this process has got from the cache, and asked of the database
GET  /admin/cache                what the caches do, for those who have the password
";

#[tokio::main]
async fn main() -> ExitCode {
    match run(env::args().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        // As it is meant to be read: what `main` returns is printed by `Debug`.
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until it is ended.
pub(crate) async fn run(arguments: impl IntoIterator<Item = String>) -> Result {
    let Some(options) = Options::read(arguments)? else {
        println!("{USAGE}\n\n{HELP}");
        return Ok(());
    };
    warnings::print()?;
    let caches = init().await?;
    match caches.as_slice() {
        [] => println!("values are kept in this process: EASYCACHE_URL is not set"),
        names => println!("caches that the environment has named: {}", names.join(", ")),
    }
    let database = Database::open(Some(&options.database))?;
    println!("{database}");
    if database.is_new() {
        // What is cached is from another file of the same name.
        if let Err(error) = easycache::clear().await {
            eprintln!("{error}; nothing is taken from the cache before it is cleared");
        }
    }
    let admin = admin()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    greet(listener.local_addr()?);
    axum::serve(listener, router(database, admin)).await?;
    Ok(())
}

/// The caches that the environment names, also where their servers are not there yet.
async fn init() -> Result<Vec<String>> {
    match easycache::init_from_env().await {
        Err(error) if error.kind() == ErrorKind::Unavailable => {
            eprintln!("{error}; computing until it is there");
            Ok(easycache::init_from_env_lazy()?)
        }
        caches => Ok(caches?),
    }
}

/// The page on the caches, behind a password.
fn admin() -> Result<Router> {
    let password = match env::var("BOOKSTORE_ADMIN_PASSWORD") {
        Err(VarError::NotPresent) => {
            let password = format!("{:016x}", getrandom::u64()?);
            println!("user and password of the admin page: admin, {password} (or set BOOKSTORE_ADMIN_PASSWORD)");
            password
        }
        password => {
            password.map_err(|_with_the_password| "BOOKSTORE_ADMIN_PASSWORD is no text: choose another password")?
        }
    };
    Ok(Admin::new(BasicAuth::new("admin", &password)?).title("bookstore").router())
}

fn greet(address: SocketAddr) {
    println!("listening on http://{address}");
    println!("\n  curl -i {address}/users/1                              # x-cache: computed, and then: hit");
    println!("  curl -X PUT {address}/shops/3/books/32/price/999       # a book on that page: it is computed anew");
    println!("  curl {address}/stats");
    println!("  curl -u admin {address}/admin/cache/api                # or in a browser, without /api\n");
}

struct Options {
    port: u16,
    database: PathBuf,
}

impl Options {
    /// None: how it is used is all that is asked for.
    fn read(arguments: impl IntoIterator<Item = String>) -> Result<Option<Self>> {
        let mut options = Self { port: 8080, database: env::temp_dir().join("bookstore-web.sqlite") };
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            match (name.as_str(), arguments.next()) {
                ("--help" | "-h", _) => return Ok(None),
                ("--port", Some(port)) => options.port = port.parse().map_err(|_no_number| USAGE)?,
                ("--database", Some(file)) => options.database = file.into(),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(Some(options))
    }
}

/// What every request has at hand.
struct Store {
    database: Database,
    queries: AtomicU64,
}

fn router(database: Database, admin: Router) -> Router {
    let front = async |State(store): State<Arc<Store>>, Path(user): Path<i64>| {
        answer(store, move |database| front(database, user)).await
    };
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
        .route("/users/{user}", get(front))
        .route("/users/{user}/favourites", get(favourites))
        .route("/users/{user}/favourites/count", get(count))
        .route("/shops/{shop}/shelf/{page}", get(page))
        .route("/shops/{shop}/books/{book}/price/{cents}", put(price))
        .route("/shops/{shop}/stock", post(stock))
        .route("/bestsellers/{count}", get(best))
        .route("/stats", get(stats))
        .with_state(Arc::new(Store { database, queries: AtomicU64::new(0) }))
        // What a request reads first it remembers. With the feature `tower` this is a layer, `RequestScopeLayer`.
        .layer(middleware::from_fn(async |request: Request, next: Next| request_scope(next.run(request)).await))
        .nest_service("/admin/cache", admin)
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
    // The thread that does it is a part of the request, too.
    match tokio::task::spawn_blocking(in_this_request(work)).await {
        Ok(Ok((value, queries))) => {
            let from = if queries == 0 { "hit" } else { "computed" };
            ([("x-cache", from)], Json(value)).into_response()
        }
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        Err(panic) => (StatusCode::INTERNAL_SERVER_ERROR, panic.to_string()).into_response(),
    }
}

#[derive(Serialize)]
struct Front {
    greeting: String,
    favourites: Vec<Book>,
    /// Bestsellers that are no favourites yet.
    recommended: Vec<Book>,
}

/// None of its parts knows what the others have read; the cache is asked for the favourites once.
fn front(database: &Database, user: i64) -> Result<Front> {
    let user = User::new(database, user);
    Ok(Front { greeting: greeting(&user)?, favourites: user.favourites()?, recommended: recommended(database, &user)? })
}

fn greeting(user: &User<'_>) -> Result<String> {
    let dearest = user.favourites()?.into_iter().max_by_key(|book| book.cents);
    let dearest = dearest.map_or_else(|| "none".to_owned(), |book| book.title);
    Ok(format!("Welcome back! You like {} books, the dearest is: {dearest}", user.favourite_count()?))
}

fn recommended(database: &Database, user: &User<'_>) -> Result<Vec<Book>> {
    let liked = user.favourites()?;
    let is_new = |book: &Book| liked.iter().all(|other| other.id != book.id);
    Ok(bestsellers(database, 20)?.into_iter().filter(is_new).take(5).collect())
}

async fn stats(State(store): State<Arc<Store>>) -> String {
    let (stats, queries) = (easycache::stats(), store.queries.load(Ordering::Relaxed));
    let remembered = stats.remembered;
    format!("{stats}\n{remembered} of the hits were remembered by their request\n{queries} queries and changes\n")
}
