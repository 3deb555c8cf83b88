//! [`Sibling`].

use std::{
    env,
    io::Read,
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use crate::server::{self, until};

/// This test program once more, in a process of its own: for tests of what several processes do. Killed when dropped.
///
/// What it does is a test of the same program, which is `#[ignore]`d so that nobody else runs it:
///
/// ```
/// use easycache_testkit::Sibling;
///
/// // A test.
/// fn two_processes_add_up() {
///     let siblings = ["1", "2"].map(|orders| Sibling::start("child", orders));
///     for sibling in siblings {
///         sibling.join();
///     }
/// }
///
/// // An ignored test.
/// fn child() {
///     let number = Sibling::orders().parse::<u32>().unwrap();
///     // …
/// }
/// ```
#[derive(Debug)]
pub struct Sibling {
    child: Mutex<Child>,
    /// What it has said, when it has ended.
    said: Option<JoinHandle<String>>,
}

/// What a sibling finds its orders in.
const ORDERS: &str = "EASYCACHE_TEST_ORDERS";

impl Sibling {
    /// Starts a process that runs the ignored test of that name, with its modules, and finds the orders there.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(test: &str, orders: &str) -> Self {
        Self::start_with(test, orders, [])
    }

    /// The same with these variables in its environment.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start_with<'a>(test: &str, orders: &str, variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut command = Command::new(env::current_exe().expect("this program has a path"));
        command.args([test, "--exact", "--ignored", "--nocapture", "--test-threads", "1"]).env(ORDERS, orders);
        // Those of whoever runs the tests name caches of theirs.
        env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("EASYCACHE_URL")).for_each(|(name, _)| {
            command.env_remove(name);
        });
        command.envs(variables);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("this program can be started once more");
        let mut stderr = child.stderr.take().expect("it is a pipe");
        let said = thread::spawn(move || {
            let mut said = Vec::new();
            let _ = stderr.read_to_end(&mut said);
            String::from_utf8_lossy(&said).into_owned()
        });
        Self { child: Mutex::new(child), said: Some(said) }
    }

    /// In a sibling: what it was started with.
    ///
    /// # Panics
    ///
    /// If this process is none.
    #[must_use]
    pub fn orders() -> String {
        env::var(ORDERS).unwrap_or_else(|_| panic!("this test is a process of other tests, which start it"))
    }

    /// Whether it has ended, for whatever reason.
    pub fn has_ended(&self) -> bool {
        !matches!(self.child().try_wait(), Ok(None))
    }

    /// Waits for its end, which must come within 30 s, and be a success. Returns what it has said on stderr.
    ///
    /// # Panics
    ///
    /// If it has failed, with what it has said.
    pub fn join(mut self) -> String {
        until("another process has ended", || self.has_ended().then_some(()));
        let status = self.child().wait().expect("it has ended");
        let said = self.said.take().map(|said| said.join().unwrap_or_default()).unwrap_or_default();
        assert!(status.success(), "another process has failed, {status}:\n{said}");
        said
    }

    /// Kills it (SIGKILL).
    pub fn kill(&self) {
        // An error means that it has ended by itself.
        let _ = self.child().kill();
        let _ = self.child().wait();
    }

    /// Stops it (SIGSTOP): it does nothing until it is told to go on.
    pub fn stop(&self) {
        server::send_signal("STOP", self.child().id());
    }

    /// Lets it go on (SIGCONT).
    pub fn cont(&self) {
        server::send_signal("CONT", self.child().id());
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sibling {
    fn drop(&mut self) {
        self.kill();
    }
}
