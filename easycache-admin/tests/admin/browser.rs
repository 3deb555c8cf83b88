//! The page in a browser.
//!
//! With `EASYCACHE_SCREENSHOTS=DIR` there are pictures of every page in that directory afterwards.

use std::{
    env,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use axum::{Router, routing::get};
use easycache_admin::{Admin, BasicAuth};
use easycache_core::{Cache, MemoryStore, Policy, Stamped, register};
use easycache_testkit::{ManualClock, MemoryBackend, server::Shared};
use tokio::sync::oneshot;

use crate::webdriver::{Browser, ENTER};

/// Of one browser for all of these tests, which take turns.
static BROWSER: Shared<Mutex<Browser>> = Shared::new(|| Browser::start().map(Mutex::new));

/// A service with a page, on a port of its own. Ends when it is dropped.
struct Service {
    address: SocketAddr,
    clock: Arc<ManualClock>,
    end: Option<oneshot::Sender<()>>,
}

impl Service {
    /// Answers at `/` with what a cached function computes: how often it was.
    fn start(alias: &'static str, others: &[&'static str]) -> Self {
        let clock = Arc::<ManualClock>::default();
        let accounts = BasicAuth::new("ops", "s3cret").unwrap().viewer("eve", "looking").unwrap();
        let aliases = [alias].into_iter().chain(others.iter().copied());
        let admin = Admin::new(accounts).caches(aliases).title("Bookstore").clock(Arc::<ManualClock>::clone(&clock));
        let app = Router::new().route("/", get(move || count(alias))).nest_service("/admin/cache", admin.router());
        let (listening, address) = std::sync::mpsc::channel();
        let (end, ended) = oneshot::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
                listener.set_nonblocking(true).unwrap();
                listening.send(listener.local_addr().unwrap()).unwrap();
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let serve = axum::serve(listener, app).with_graceful_shutdown(async {
                    let _ = ended.await;
                });
                serve.await.unwrap();
            });
        });
        Self { address: address.recv().unwrap(), clock, end: Some(end) }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Of the page, for who has logged in.
    fn page(&self, path: &str) -> String {
        format!("http://ops:s3cret@{}/admin/cache{path}", self.address)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.end.take());
    }
}

/// Cached under a tag; each computation counts one more.
async fn count(alias: &'static str) -> String {
    static COMPUTED: Mutex<u32> = Mutex::new(0);
    let cache = easycache_core::cache(alias).unwrap();
    let policy = Policy::ttl("1h").tags(["greetings"]).prefix("tenant:7");
    let compute = || async {
        let mut computed = COMPUTED.lock().unwrap();
        *computed += 1;
        format!("computed {computed} times")
    };
    cache.get_or_compute("greeting", policy, compute).await.unwrap()
}

fn lock(browser: &Mutex<Browser>) -> MutexGuard<'_, Browser> {
    let browser = browser.lock().unwrap_or_else(PoisonError::into_inner);
    browser.screen(1100, 800, "light");
    browser
}

#[test]
fn nobody_gets_in_without_the_password_and_who_has_it_looks_things_up() {
    let Some(shared) = BROWSER.get() else { return };
    let browser = lock(&shared);
    register("browsed", Cache::builder().build().unwrap());
    let service = Service::start("browsed", &[]);
    browser.go(&service.url("/"));
    browser.shows("computed ");

    // The browser asks for the password, and has nothing to show before it is given.
    browser.go(&service.url("/admin/cache"));
    assert!(!browser.text().contains("Overview"), "{}", browser.text());
    browser.go(&service.url("/"));
    let refused = browser.fetch("/admin/cache", "Basic b3BzOmd1ZXNzZWQ=");
    assert!(refused.starts_with("401 ") && refused.contains("for those who are logged in"), "{refused}");
    assert!(!refused.contains("Bookstore"), "{refused}");

    // Without a slash behind it: the style sheet and the links are found all the same.
    browser.go(&service.page(""));
    browser.shows("Overview");
    assert_ne!(browser.run("return getComputedStyle(document.querySelector('.card')).borderRadius"), "0px");
    browser.run("document.querySelector('.card a').click()");
    browser.shows("Cache browsed");
    browser.run("[...document.querySelectorAll('main a')].find(a => a.text == 'Browse keys').click()");
    browser.shows("1 key on this page");
    browser.run("document.querySelector('.keys a').click()");
    browser.shows("It would be served now.");
    let page = browser.text();
    for text in ["tenant:7|greeting", "greetings", "everything", "in this process", "1h"] {
        assert!(page.contains(text), "no {text} in {page}");
    }
}

#[test]
fn an_invalidation_by_keyboard_alone_is_seen_by_the_application() {
    let Some(shared) = BROWSER.get() else { return };
    let browser = lock(&shared);
    register("by-keyboard", Cache::builder().build().unwrap());
    let service = Service::start("by-keyboard", &[]);
    browser.go(&service.url("/"));
    let before = browser.text();
    browser.go(&service.url("/"));
    assert_eq!(browser.text(), before, "a hit");

    browser.go(&service.page(""));
    browser.shows("Overview");
    browser.tab_to(".skip");
    browser.tab_to("nav li:last-child a");
    browser.press(ENTER);
    browser.shows("By");
    browser.tab_to("textarea");
    browser.press("greetings");
    browser.tab_to("button");
    browser.press(ENTER);
    browser.shows("Invalidate 1 tag in the cache by-keyboard.");
    browser.tab_to("button.danger");
    browser.press(ENTER);
    browser.shows("1 name in the cache by-keyboard, 1 of them known.");
    assert!(browser.url().contains("/admin/cache/done?id=1"), "{}", browser.url());
    browser.run("location.reload()");
    browser.shows("1 of them known");

    browser.go(&service.url("/"));
    let after = browser.text();
    assert_ne!(after, before, "computed anew");
    browser.go(&service.url("/"));
    assert_eq!(browser.text(), after, "and a hit again: to look at the result does nothing");
}

#[test]
fn the_entry_that_is_clicked_on_is_the_one_that_goes_whatever_is_invisible_in_its_key() {
    let Some(shared) = BROWSER.get() else { return };
    let browser = lock(&shared);
    let cache = Cache::builder().build().unwrap();
    register("spoofed", cache.clone());
    let service = Service::start("spoofed", &[]);
    let keys = ["user", " user", "user ", "us\u{200b}er", "\u{202e}resu"];
    for key in keys {
        for other in keys {
            cache.blocking().set(other, 1, Policy::new()).unwrap();
        }
        browser.go(&service.page("/keys"));
        browser.shows("5 keys on this page");
        let shown = easycache_core::visible(key).replace('\\', r"\\");
        browser.run(&format!("[...document.querySelectorAll('.keys a')].find(a => a.text == '{shown}').click()"));
        browser.shows("It would be served now.");
        browser.run("document.querySelector('a.button').click()");
        browser.shows("you are asked once more");
        browser.run("document.querySelector('button').click()");
        browser.shows("Invalidate 1 key in the cache spoofed.");
        browser.run("document.querySelector('button.danger').click()");
        browser.shows("1 name in the cache spoofed, 1 of them known.");
        for other in keys {
            let is_there = cache.blocking().get::<i32>(other).unwrap().is_some();
            assert_eq!(is_there, other != key, "{other:?} after {key:?}");
        }
    }
    assert_eq!(browser.run("return getComputedStyle(document.querySelector('code')).unicodeBidi"), "isolate");
}

/// What is wrong with how a page looks: text that is too pale, what is wider than the screen, forms without labels.
const CRITIQUE: &str = include_str!("critique.js");

/// Makes a page look bad.
const SPOILED: &str = "
    const main = document.querySelector('main');
    const add = (name, properties) => main.appendChild(Object.assign(document.createElement(name), properties));
    const pale = add('p', { textContent: 'pale' });
    pale.style.color = '#ddd';
    pale.style.width = '2000px';
    document.querySelector('polyline.rate').style.stroke = '#ddd';
    add('input', { name: 'nameless' });
    add('h4', { textContent: 'too deep' });
    add('nav', {});
";

/// Name, width, height, and what the system prefers.
const SCREENS: [(&str, u32, u32, &str); 3] =
    [("wide", 1100, 800, "light"), ("dark", 1100, 800, "dark"), ("narrow", 360, 740, "light")];

/// Caches that have something to show.
fn populate(service: &Service) {
    let backend = Cache::builder().namespace("shop").backend(MemoryBackend::new()).build().unwrap();
    let store = Cache::builder().backend(Stamped::new(MemoryStore::new())).build().unwrap();
    register("pictured-sessions", backend.clone());
    register("pictured-store", store);
    let cache = easycache_core::cache("pictured").unwrap();
    let (cache, backend) = (cache.blocking(), backend.blocking());
    for id in 0..240_u64 {
        let policy =
            Policy::ttl("45m").tags(["users".to_owned(), format!("team:{}", id % 7)]).prefix("tenant:7/shop:3");
        cache.set(&format!("user:{id}"), id, policy).unwrap();
        backend.set(&format!("session:{id:032x}"), id, Policy::ttl("20m")).unwrap();
    }
    cache.set(&format!("tenant:7|{}", "a-key-without-any-place-to-break-it".repeat(8)), 1, Policy::new()).unwrap();
    cache.set(&"<b>&amp;".repeat(20), 1, Policy::new().tags(["<script>alert(1)</script>"])).unwrap();
    for sample in 0..372_u64 {
        for hit in 0..(20 + 17 * ((sample / 20) % 5)) {
            cache.get::<u64>(&format!("tenant:7/shop:3|user:{}", hit % 240)).unwrap();
        }
        for miss in 0..(3 + (sample / 7) % 9) {
            cache.get::<u64>(&format!("nobody:{miss}")).unwrap();
        }
        backend.get::<u64>(&format!("session:{sample:032x}")).unwrap();
        if sample % 90 == 0 {
            cache.invalidate_tags([format!("team:{}", sample / 90)]).unwrap();
        }
        service.clock.advance(Duration::from_secs(10));
    }
    for id in 0..60_u64 {
        let policy =
            Policy::ttl("45m").tags(["users".to_owned(), format!("team:{}", id % 7)]).prefix("tenant:7/shop:3");
        cache.set(&format!("user:{id}"), id, policy).unwrap();
    }
    cache.set("tenant:8|user:9", 9, Policy::ttl("1h").tags(["goods"])).unwrap();
    cache.invalidate_tags(["goods"]).unwrap();
    cache.invalidate_tags((0..30).map(|n| format!("tag:{n}"))).unwrap();
    cache.expire_prefix("tenant:9/shop:3").unwrap();
    cache.invalidate_key("tenant:7/shop:3|user:1").unwrap();
}

#[test]
fn every_page_is_readable_on_wide_and_narrow_screens_in_light_and_dark() {
    let Some(shared) = BROWSER.get() else { return };
    let browser = lock(&shared);
    register("pictured", Cache::builder().build().unwrap());
    let service = Service::start("pictured", &["pictured-sessions", "pictured-store", "pictured-not-registered"]);
    populate(&service);
    let pages = [
        ("overview", ""),
        ("cache", "/cache?cache=pictured"),
        ("backend", "/cache?cache=pictured-sessions"),
        ("lookup", "/lookup?cache=pictured&key=tenant:7/shop:3|user:40"),
        ("miss", "/lookup?cache=pictured&key=tenant:8|user:9"),
        ("mistake", "/lookup?cache=pictured&key=a|b|c"),
        ("keys", "/keys?cache=pictured"),
        ("hashes", "/keys?cache=pictured-sessions&beginning=session:"),
        ("unlisted", "/keys?cache=pictured-store"),
        ("invalidate", "/invalidate?cache=pictured&kind=tag&names=users%0Ateam:2"),
        ("confirm", ""),
        ("done", ""),
        ("nothing", "/nothing"),
    ];
    let pictures = env::var_os("EASYCACHE_SCREENSHOTS").map(PathBuf::from);
    for (page, path) in pages {
        match page {
            "confirm" => {
                browser.go(&service.page("/invalidate?cache=pictured&kind=tag&names=users%0Ateam:2"));
                browser.run("document.querySelector('button').click()");
                browser.shows("Invalidate this?");
            }
            "done" => {
                browser.run("document.querySelector('button').click()");
                browser.shows("of them known");
            }
            _ => browser.go(&service.page(path)),
        }
        for (screen, width, height, scheme) in SCREENS {
            browser.screen(width, height, scheme);
            let critique = browser.run(CRITIQUE);
            assert_eq!(critique.as_array().map(Vec::len), Some(0), "{page}, {screen}: {critique:#}");
            if let Some(pictures) = &pictures {
                browser.picture(&pictures.join(format!("{page}-{screen}.png")));
            }
        }
    }
    browser.go(&service.page(""));
    browser.shows("ops invalidated 2 names in pictured");
    // What looks bad is noticed.
    browser.run(SPOILED);
    let critique = browser.run(CRITIQUE).to_string();
    for flaw in
        ["contrast 1.", "picture 1.", "wider than the screen", "no label: nameless", "headings: ", "not one nav"]
    {
        assert!(critique.contains(flaw), "{flaw} is not in {critique}");
    }
}
