//! The web service of `examples/bookstore_web.rs`, as processes of its own: on a real server, and without any.

#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

#[expect(dead_code, reason = "its `main` is for the example")]
#[path = "../examples/bookstore_web.rs"]
mod web;

use std::{
    env,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{self, Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use easycache_testkit::server::{RedisServer, until};
use serde_json::Value;

/// What the process of a service is told by.
const ARGUMENTS: &str = "EASYCACHE_WEB_ARGUMENTS";
/// Who may open the admin page: `admin`, with the password `open sesame`.
const ADMIN: &str = "Authorization: Basic YWRtaW46b3BlbiBzZXNhbWU=\r\n";
const NOBODY: &str = "Authorization: Basic YWRtaW46d3Jvbmc=\r\n";

/// Not a test: what [`Service::start`] starts this program for.
#[tokio::test]
#[ignore = "this is the service itself, which the tests start as a process of its own"]
async fn the_service() {
    let arguments = env::var(ARGUMENTS).expect("it is started by the other tests");
    // Who has started us is gone when this ends.
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(1);
    });
    web::run(arguments.lines().map(str::to_owned)).await.unwrap();
}

/// Whether a process that ends by itself ends well, and all that it has printed.
fn ended(command: &mut Command) -> (bool, String) {
    let mut child = command.spawn().unwrap();
    // While we have this, we are there.
    let _stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    let told = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.success(), told.concat())
}

/// A process of the service. Ended when it is dropped.
struct Service {
    child: Child,
    address: String,
    /// What it has printed on stderr.
    warned: Arc<Mutex<String>>,
}

/// What a process of the service is started by.
fn command(arguments: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "the_service", "--ignored", "--nocapture"])
        .env(ARGUMENTS, arguments)
        .env("BOOKSTORE_ADMIN_PASSWORD", "open sesame")
        .env_remove("EASYCACHE_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Service {
    fn start(redis: &RedisServer, database: &TempFile) -> Self {
        Self::start_with(redis, database, "strict")
    }

    /// With a near tier of that freshness.
    fn start_with(redis: &RedisServer, database: &TempFile, freshness: &str) -> Self {
        let url = format!("{}?namespace=bookstore&deadline=20s&connect_timeout=20s", redis.url());
        Self::launch(database, Some(&format!("{url}&near=10000&freshness={freshness}")))
    }

    /// Where no server is.
    fn start_in_process(database: &TempFile) -> Self {
        Self::launch(database, None)
    }

    fn launch(database: &TempFile, url: Option<&str>) -> Self {
        let mut command = command(&format!("--port\n0\n--database\n{}", database.0.display()));
        let mut child = command.envs(url.map(|url| ("EASYCACHE_URL", url))).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let warned = Arc::<Mutex<String>>::default();
        let heard = Arc::clone(&warned);
        thread::spawn(move || errors.try_for_each(|line| line.map(|line| *heard.lock().unwrap() += &(line + "\n"))));
        let address = lines.find_map(|line| Some(line.unwrap().split_once("listening on http://")?.1.to_owned()));
        // What it prints later must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        let address = address.unwrap_or_else(|| panic!("it says where it listens: {}", warned.lock().unwrap()));
        Self { child, address, warned }
    }

    /// Two processes that begin at the same time.
    fn start_two(redis: &RedisServer, database: &TempFile) -> [Self; 2] {
        thread::scope(|scope| {
            let other = scope.spawn(|| Self::start(redis, database));
            [Self::start(redis, database), other.join().unwrap()]
        })
    }

    fn ask(&self, method: &str, path: &str) -> Answer {
        let (status, answer) = self.send(&format!("{method} {path}"), "", "");
        assert_eq!(status, 200, "{method} {path}: {answer:?}");
        answer
    }

    /// The status, and the answer.
    fn send(&self, what: &str, headers: &str, body: &str) -> (u16, Answer) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let length = body.len();
        write!(stream, "{what} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n")
            .unwrap();
        write!(stream, "{headers}\r\n{body}").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).unwrap();
        let from = head.lines().find_map(|line| line.strip_prefix("x-cache: ")).unwrap_or_default();
        (status, Answer { from: from.to_owned(), body: body.to_owned() })
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug, PartialEq)]
struct Answer {
    from: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Removed when it is dropped.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str) -> Self {
        Self(env::temp_dir().join(format!("easycache-web-{}-{name}.sqlite", process::id())))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn an_update_through_one_process_is_seen_at_once_by_the_other() {
    let Some(redis) = RedisServer::start() else { return };
    let file = TempFile::new("update");
    let services = Service::start_two(&redis, &file);
    let page = "/shops/1/shelf/1";
    let first = services[0].get(page);
    assert_eq!(first.from, "computed");
    assert_eq!(services[1].get(page), Answer { from: "hit".to_owned(), body: first.body.clone() });
    let book = first.json()[0]["id"].as_i64().unwrap();
    for cents in 1000..1020 {
        let (one, other) = if cents % 2 == 0 { (0, 1) } else { (1, 0) };
        services[one].ask("PUT", &format!("/shops/1/books/{book}/price/{cents}"));
        let seen = services[other].get(page);
        assert_eq!((seen.from.as_str(), seen.json()[0]["cents"].as_i64()), ("computed", Some(cents)));
        let again = services[one].get(page);
        assert_eq!((again.from.as_str(), again.json()[0]["cents"].as_i64()), ("hit", Some(cents)));
    }
    assert!(services[0].get("/stats").body.contains("queries and changes"));
}

/// Each answers from what it keeps, until Redis has told it of a change.
#[test]
fn an_update_through_one_process_reaches_what_the_other_keeps() {
    let Some(redis) = RedisServer::start() else { return };
    let file = TempFile::new("near");
    let services = [0, 1].map(|_| Service::start_with(&redis, &file, "tracked"));
    let page = "/shops/1/shelf/1";
    let book = services[0].get(page).json()[0]["id"].as_i64().unwrap();
    for cents in 1000..1005 {
        let (one, other) = if cents % 2 == 0 { (0, 1) } else { (1, 0) };
        services[one].ask("PUT", &format!("/shops/1/books/{book}/price/{cents}"));
        assert_eq!(services[one].get(page).json()[0]["cents"].as_i64(), Some(cents), "it has changed it itself");
        until("the other has heard of it", || (services[other].get(page).json()[0]["cents"] == cents).then_some(()));
    }
    until("it answers from what it keeps", || {
        assert_eq!(services[0].get(page).from, "hit");
        services[0].get("/stats").body.contains("near tier: ").then_some(())
    });
}

#[test]
fn whatever_shows_a_book_is_computed_anew_in_both_and_nothing_else_is() {
    let Some(redis) = RedisServer::start() else { return };
    let file = TempFile::new("lists");
    let services = Service::start_two(&redis, &file);
    let liked = services[0].get("/users/1/favourites").json()[0].clone();
    let (book, shop) = (liked["id"].as_i64().unwrap(), 1 + liked["id"].as_i64().unwrap() % 5);
    let paths = ["/users/1/favourites", "/users/2/favourites", "/users/1/favourites/count", "/bestsellers/3"];
    for path in paths {
        services[0].get(path);
        assert_eq!(services[1].get(path).from, "hit", "{path}");
    }
    services[1].ask("PUT", &format!("/shops/{shop}/books/{book}/price/1"));
    assert_eq!(services[0].get(paths[0]).json()[0]["cents"], 1);
    for path in &paths[1..] {
        assert_eq!(services[0].get(path).from, "hit", "{path}");
    }
    for shelf in ["/shops/3/shelf/1", "/shops/4/shelf/1"] {
        services[0].get(shelf);
    }
    services[0].ask("POST", "/shops/3/stock");
    assert_eq!(services[1].get("/shops/3/shelf/1").from, "computed");
    assert_eq!(services[1].get("/shops/4/shelf/1").from, "hit");
}

#[test]
fn without_redis_the_service_answers_and_when_it_comes_back_so_do_the_hits() {
    let Some(redis) = RedisServer::start() else { return };
    redis.kill();
    let file = TempFile::new("down");
    let service = Service::start(&redis, &file);
    for _ in 0..3 {
        assert_eq!(service.get("/shops/1/shelf/1").from, "computed");
    }
    service.ask("PUT", "/shops/1/books/5/price/77");
    redis.restart();
    until("hits are there", || (service.get("/shops/1/shelf/1").from == "hit").then_some(()));
    redis.kill();
    assert_eq!(service.get("/shops/1/shelf/1").from, "computed");
    until("it warns of that", || service.warned.lock().unwrap().contains("the backend is in trouble").then_some(()));
}

#[cfg(unix)]
#[test]
fn a_password_that_is_no_text_is_refused_and_not_printed() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    let file = TempFile::new("password");
    let mut command = command(&format!("--port\n0\n--database\n{}", file.0.display()));
    let (_, told) = ended(command.env("BOOKSTORE_ADMIN_PASSWORD", OsStr::from_bytes(b"s3cr\xFFet")));
    assert!(told.contains("BOOKSTORE_ADMIN_PASSWORD is no text"), "{told}");
    assert!(!told.contains("s3cr"), "{told}");
}

#[test]
fn who_asks_how_it_is_used_is_told_and_nothing_is_started() {
    let (is_well, told) = ended(&mut command("--help"));
    assert!(is_well, "{told}");
    assert!(told.contains("usage: bookstore_web") && !told.contains("listening"), "{told}");
}

#[test]
fn without_any_server_values_are_kept_in_the_process() {
    let file = TempFile::new("within");
    let service = Service::start_in_process(&file);
    let page = "/shops/1/shelf/1";
    let first = service.get(page);
    assert_eq!((first.from.as_str(), service.get(page).from.as_str()), ("computed", "hit"));
    let book = first.json()[0]["id"].as_i64().unwrap();
    service.ask("PUT", &format!("/shops/1/books/{book}/price/1234"));
    let seen = service.get(page);
    assert_eq!((seen.from.as_str(), seen.json()[0]["cents"].as_i64()), ("computed", Some(1234)));
}

/// The parts of a front page read the same three times.
#[test]
fn a_request_remembers_what_it_has_read() {
    let file = TempFile::new("request");
    let service = Service::start_in_process(&file);
    let front = service.get("/users/1");
    assert_eq!((front.from.as_str(), front.json()["recommended"].as_array().unwrap().len()), ("computed", 5));
    assert_eq!(service.get("/users/1"), Answer { from: "hit".to_owned(), body: front.body });
    let stats = service.get("/stats").body;
    assert!(stats.contains("4 of the hits were remembered by their request"), "{stats}");
}

#[test]
fn the_admin_page_is_for_those_with_the_password() {
    let file = TempFile::new("admin");
    let service = Service::start_in_process(&file);
    let pages = ["", "/", "/api", "/api/keys?cache=default", "/nothing"];
    for what in pages.map(|page| format!("GET /admin/cache{page}")) {
        for headers in ["", NOBODY] {
            assert_eq!(service.send(&what, headers, "").0, 401, "{what}");
        }
    }
    for what in ["POST /admin/cache/api/invalidate", "POST /admin/cache/invalidate", "DELETE /admin/cache"] {
        assert_eq!(service.send(what, "", "{}").0, 401, "{what}");
    }
    let (status, page) = service.send("GET /admin/cache", ADMIN, "");
    assert!(status == 200 && page.body.contains("bookstore"), "{status}: {}", page.body);
}

#[test]
fn an_invalidation_through_the_admin_page_of_one_process_is_seen_by_the_other() {
    let Some(redis) = RedisServer::start() else { return };
    let file = TempFile::new("invalidation");
    let services = Service::start_two(&redis, &file);
    let page = "/users/1/favourites";
    let book = services[0].get(page).json()[0]["id"].as_i64().unwrap();
    assert_eq!(services[1].get(page).from, "hit");
    let json = format!("{ADMIN}Content-Type: application/json\r\nx-easycache-admin: 1\r\n");
    let what =
        format!(r#"{{"cache": "default", "verb": "invalidate", "keys": [], "tags": ["book:{book}"], "prefixes": []}}"#);
    let (status, answer) = services[0].send("POST /admin/cache/api/invalidate", &json, &what);
    assert_eq!(status, 200, "{answer:?}");
    assert_eq!(services[1].get(page).from, "computed");
    let (_, api) = services[0].send("GET /admin/cache/api", ADMIN, "");
    assert!(api.body.contains("\"default\"") && !api.body.contains("open sesame"), "{}", api.body);
}
