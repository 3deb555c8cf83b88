//! A page on the caches of a service, to nest in an [`axum`] router: what they do, what is in them, and why.
//!
//! - for each alias: hits, misses by reason, the hit rate of the last hour, entries and memory where they are known, the
//!   servers with the state of their breakers, recent invalidations;
//! - one entry by its key: what it depends on, how old it is, where it lies, and why it would be a miss now;
//! - the keys, a page at a time by cursor, where the backend can list them;
//! - invalidating by key, tag or prefix, after a question.
//!
//! Plain HTML made by the server, with one small style sheet, without scripts and without anything from elsewhere; usable
//! on a phone, by keyboard, and with a screen reader. The same as JSON for programs.
//!
//! ```
//! use axum::{Router, routing::get};
//! use easycache_admin::{Admin, BasicAuth};
//! use easycache_core::Cache;
//!
//! fn app(password: &str) -> easycache_core::Result<Router> {
//!     easycache_core::register("sessions", Cache::builder().max_entries(10_000).build()?);
//!     let admin = Admin::new(BasicAuth::new("ops", password)?).title("shop").router();
//!     Ok(Router::new().route("/", get("the shop")).nest_service("/admin/cache", admin))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! # use axum::{body::Body, http::{Request, StatusCode}};
//! # use tower::ServiceExt as _;
//! let app = app("correct horse").unwrap();
//! let request = Request::get("/admin/cache").body(Body::empty()).unwrap();
//! assert_eq!(app.oneshot(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
//! # }
//! ```
//!
//! [`Router::nest_service`](axum::Router::nest_service) answers at `/admin/cache` and `/admin/cache/`;
//! [`Router::nest`](axum::Router::nest) at the first alone. All addresses in the pages are relative, so that the router may
//! be nested anywhere, be a service of its own on another port, and stand behind a proxy that takes off the beginning of
//! the path.
//!
//! # Who may
//!
//! There is no page without an [authorizer](Authorize), which decides on every request before anything else is done with
//! it, also on those for pages that do not exist: there is one entrance, and it is there. Who is not known gets a 401, who
//! may not a 403. [`BasicAuth`] is one; [`Authorize`] shows how to follow a proxy, or the sessions of the application.
//!
//! [`Access::read`] is for looking, [`Access::write`] for invalidating as well; [`Admin::read_only`] lets nobody invalidate.
//! What is done is an event of `tracing` with the name of who did it, and listed on the page.
//!
//! Values are never shown: keys, tags and prefixes are. Nothing here knows a password of a backend; servers go by host and
//! port.
//!
//! # What no page of another site can do
//!
//! Forms are sent by `POST`, and what they ask for is shown once more. What is done then needs a token that was made for
//! this person, for exactly these names, in this process, and one to two hours ago at most: a digest under a secret, so that
//! there is no state and no cookie. Besides, a request that a browser marks as from another site (`Sec-Fetch-Site`,
//! `Origin`) is refused. JSON has no token and asks for the header `x-easycache-admin: 1`, which a page of another site
//! could send only with a permission that this page never gives.
//!
//! The answers forbid scripts, frames and everything from elsewhere (`Content-Security-Policy`), to be used elsewhere
//! (`Cross-Origin-Resource-Policy`, `Cross-Origin-Opener-Policy`), and to be kept.
//!
//! Each process has counters of its own, and tokens: where several are behind one balancer, give the page of each an address
//! of its own. A form that comes to another process than it is from is shown once more, and nothing is done.
//!
//! # JSON
//!
//! | path | what it tells |
//! |---|---|
//! | `GET api` | all caches; what was done through the page |
//! | `GET api/cache?cache=default` | one cache, with the last hour and recent invalidations |
//! | `GET api/lookup?cache=default&key=user:42` | [what there is to say](easycache_core::Explanation) about one key |
//! | `GET api/keys?cache=default&beginning=user:` | some of the keys; `next` is to be sent as `next` for more |
//! | `POST api/invalidate` | invalidates, or expires if `verb` says so |
//! | `GET api/done?id=1` | what was done |
//!
//! ```sh
//! curl --user ops https://shop.example/admin/cache/api/invalidate --header 'x-easycache-admin: 1' \
//!     --json '{"cache": "default", "verb": "invalidate", "keys": [], "tags": ["users"], "prefixes": []}'
//! ```
//!
//! What fails has a status of its own, and says it in `status`, and why in `error`. Of an entry `api/lookup` tells all tags and
//! dependencies, however many: with 5 000 long tags these are megabytes, where the page shows 200 of them.
//!
//! Names are as they are in JSON; on the pages what nobody would see in them is [written out](easycache_core::visible). Of an
//! action the first eight names are kept, and of each 256 characters at most: `bytes` is how long it was.

mod actions;
mod admin;
mod answer;
mod ask;
mod authorize;
mod base;
mod gate;
mod history;
mod human;
mod page;
mod report;
mod routes;
mod selection;
mod token;
mod trouble;

pub use self::{
    admin::Admin,
    authorize::{Access, Authorize, BasicAuth, Refusal},
    routes::routes,
};
