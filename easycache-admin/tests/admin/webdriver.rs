//! As much of the `WebDriver` protocol as these tests need: it is JSON over HTTP.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    thread,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use easycache_core::Deadline;
use easycache_testkit::server::ChromeDriver;
use serde_json::{Value, json};

/// A browser, and the driver that it is told by.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: ChromeDriver,
    session: String,
}

/// How long a page is waited for. It takes milliseconds; a busy machine may need much longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Keys that are no characters.
pub(crate) const TAB: &str = "\u{E004}";
pub(crate) const ENTER: &str = "\u{E007}";

impl Browser {
    /// None if it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let mut browser = Self { driver: ChromeDriver::start()?, session: String::new() };
        let options = json!({"binary": browser.driver.browser(), "args": browser.driver.arguments()});
        let wish = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}});
        let session = browser.ask("POST", "/session", &wish);
        browser.session = format!("/session/{}", session["sessionId"].as_str().unwrap());
        Some(browser)
    }

    pub(crate) fn go(&self, url: &str) {
        self.tell("url", &json!({ "url": url }));
    }

    pub(crate) fn url(&self) -> String {
        self.ask("GET", &format!("{}/url", self.session), &Value::Null).as_str().unwrap().to_owned()
    }

    /// All text that is to be seen.
    pub(crate) fn text(&self) -> String {
        self.run("return document.body.innerText").as_str().unwrap().to_owned()
    }

    /// Waits until the page has that text.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        let deadline = Deadline::after(PATIENCE);
        loop {
            let shown = self.text();
            if shown.contains(text) {
                return;
            }
            assert!(!deadline.left().is_zero(), "no {text:?} after {PATIENCE:?} at {}, but: {shown}", self.url());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What a script in the page returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.tell("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Status and text of what a script in the page gets with these credentials and no others.
    pub(crate) fn fetch(&self, path: &str, authorization: &str) -> String {
        let script = "const [path, authorization, done] = arguments;
            fetch(path, { credentials: 'omit', headers: { authorization } })
                .then(async answer => done(`${answer.status} ${await answer.text()}`), error => done(`${error}`));";
        let answer = self.tell("execute/async", &json!({ "script": script, "args": [path, authorization] }));
        answer.as_str().unwrap().to_owned()
    }

    /// Presses these keys one after another, wherever the focus is.
    pub(crate) fn press(&self, keys: &str) {
        let strokes = keys.chars().flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})));
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes.collect::<Vec<_>>()});
        self.tell("actions", &json!({ "actions": [keyboard] }));
    }

    /// Goes on by tab until what has the focus is that.
    #[track_caller]
    pub(crate) fn tab_to(&self, selector: &str) {
        let is_there = format!("return document.activeElement.matches({selector:?})");
        for _ in 0..40 {
            self.press(TAB);
            if self.run(&is_there) == true {
                let outline = self.run("return getComputedStyle(document.activeElement).outlineStyle");
                assert_ne!(outline, "none", "one sees where the focus is: {selector}");
                return;
            }
        }
        panic!("the tab key does not lead to {selector} in 40 steps");
    }

    /// As wide and as high, in pixels of the page; dark or light.
    pub(crate) fn screen(&self, width: u32, height: u32, scheme: &str) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &features);
    }

    /// A picture of the whole page.
    pub(crate) fn picture(&self, file: &Path) {
        let wish = json!({"format": "png", "captureBeyondViewport": true});
        let picture = self.devtools("Page.captureScreenshot", &wish);
        fs::write(file, STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()).unwrap();
    }

    fn devtools(&self, command: &str, params: &Value) -> Value {
        self.tell("goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    fn tell(&self, what: &str, body: &Value) -> Value {
        self.ask("POST", &format!("{}/{what}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut stream = TcpStream::connect(self.driver.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let answer = read(BufReader::new(stream));
        let answer = serde_json::from_slice::<Value>(&answer).unwrap();
        assert!(answer["value"]["error"].is_null(), "{method} {path}: {answer:#}");
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium closes its files before the driver's directory is removed. If it does not, it is killed all the same.
        if let Ok(mut stream) = TcpStream::connect(self.driver.address()) {
            let head = format!("DELETE {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", self.session);
            let _ = stream.set_read_timeout(Some(PATIENCE));
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.read(&mut [0]));
        }
    }
}

/// The body of an answer.
fn read(mut stream: BufReader<TcpStream>) -> Vec<u8> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    body
}
