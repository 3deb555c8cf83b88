//! [`require`].

use std::{
    env,
    io::{self, Write},
    path::PathBuf,
    thread,
};

/// Where that program is on the path. If it is not: says on stderr, uncaptured, which test is skipped, and returns none.
///
/// # Panics
///
/// If it is not there and `EASYCACHE_REQUIRE_BACKENDS=1`.
#[must_use]
pub fn require(program: &str) -> Option<PathBuf> {
    let found = find(program);
    if found.is_none() {
        skip(&format!("{program} is not installed (apt-get install, brew install)"));
    }
    found
}

/// Says, uncaptured, that the test of this thread is skipped and why; panics if backends are required.
pub(crate) fn skip(why: &str) {
    let required = env::var_os("EASYCACHE_REQUIRE_BACKENDS").is_some_and(|value| value == "1");
    assert!(!required, "{why}, and EASYCACHE_REQUIRE_BACKENDS=1");
    let test = thread::current().name().unwrap_or("a test").to_owned();
    // Not `eprintln`, which the test harness captures and throws away when the test passes, as a skipped one does.
    let _ = writeln!(io::stderr(), "\nSKIPPED {test}: {why}");
}

pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}
