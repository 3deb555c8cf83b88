//! A server process: its directory, its log, its signals, its end.

use std::{
    env,
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
};

use super::{
    port,
    require::find,
    wait::{PATIENCE, poll},
};

/// A process that is killed, and whose directory is removed, when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    program: PathBuf,
    args: Vec<OsString>,
    dir: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Process {
    /// Starts `program` in `dir`, which is removed in the end.
    pub(super) fn start(program: &Path, args: Vec<OsString>, dir: PathBuf) -> Self {
        let process = Self { program: program.to_owned(), args, dir, child: Mutex::new(None) };
        process.launch();
        process
    }

    /// Starts it again, with the same arguments in the same directory.
    pub(super) fn launch(&self) {
        let mut child = self.child();
        assert!(child.is_none(), "{} runs already", self.program.display());
        let started = nursery(self.command()).unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        *child = Some(started);
    }

    fn command(&self) -> Command {
        // `setpriv` becomes the server, which keeps its process id. Without unsafe code there is no other way to ask the
        // kernel for the server's end at ours.
        let mut command = if let Some(setpriv) = find("setpriv") {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL", "--"]).arg(&self.program);
            command
        } else {
            Command::new(&self.program)
        };
        let log = || Stdio::from(self.open_log());
        command.args(&self.args).current_dir(&self.dir).stdin(Stdio::null()).stdout(log()).stderr(log());
        command
    }

    fn open_log(&self) -> File {
        let path = self.dir.join("log");
        OpenOptions::new().create(true).append(true).open(path).expect("a log can be written in a fresh directory")
    }

    /// What it has written so far.
    pub(super) fn log(&self) -> String {
        fs::read(self.dir.join("log")).map(|log| String::from_utf8_lossy(&log).into_owned()).unwrap_or_default()
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The process id; none if it has been killed.
    pub(super) fn id(&self) -> Option<u32> {
        self.child().as_ref().map(Child::id)
    }

    /// Whether it has ended by itself, or has been killed.
    pub(super) fn has_ended(&self) -> bool {
        self.child().as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// Kills it (SIGKILL) and waits for its end. Nothing, if it has been.
    pub(super) fn kill(&self) {
        if let Some(mut child) = self.child().take() {
            // An error means that it has ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Kills it, if that has not been done, starts it again, and waits until it is ready.
    pub(super) fn restart(&self, is_ready: impl Fn() -> io::Result<bool>) {
        // The port may still be taken for a moment.
        let back = poll(PATIENCE, || {
            self.kill();
            self.launch();
            self.wait_until(&is_ready).then_some(())
        });
        assert!(back.is_some(), "{} does not start again; its log:\n{}", self.name(), self.log());
    }

    /// Waits until it is ready. False if it has ended instead.
    fn wait_until(&self, is_ready: impl Fn() -> io::Result<bool>) -> bool {
        let ready = poll(PATIENCE, || {
            let ended = self.has_ended();
            (ended || is_ready().unwrap_or(false)).then_some(!ended)
        });
        ready.unwrap_or_else(|| panic!("{} does not answer after {PATIENCE:?}; its log:\n{}", self.name(), self.log()))
    }

    fn name(&self) -> String {
        self.program.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Sends it a signal, by its name without SIG.
    pub(super) fn signal(&self, name: &str) {
        send_signal(name, self.id().expect("it runs"));
    }

    /// Stops it (SIGSTOP), and waits until each of its threads has stopped, where the system tells (Linux): the signal
    /// has been sent by then, and not all of them may have noticed.
    pub(super) fn stop(&self) {
        self.signal("STOP");
        let tasks = format!("/proc/{}/task", self.id().expect("it runs"));
        let all = || fs::read_dir(&tasks).into_iter().flatten().filter_map(io::Result::ok);
        let stopped = |stat: &str| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T'));
        let at_rest =
            || all().all(|task| fs::read_to_string(task.path().join("stat")).is_ok_and(|stat| stopped(&stat)));
        assert!(poll(PATIENCE, || at_rest().then_some(())).is_some(), "{} does not stop", self.name());
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A server that is ready, on the port that is given or on any that is free. `launch` starts it there.
pub(super) fn start<S>(
    port: Option<u16>,
    launch: impl Fn(u16) -> S,
    process: impl Fn(&S) -> &Process,
    is_ready: impl Fn(&S) -> io::Result<bool>,
) -> S {
    let mut tries = if port.is_some() { 1 } else { 10 };
    loop {
        let server = launch(port.unwrap_or_else(port::free));
        let process = process(&server);
        if process.wait_until(|| is_ready(&server)) {
            return server;
        }
        tries -= 1;
        let log = process.log();
        // Somebody else was quicker to take the port. Anything else happens again on another.
        let again = tries > 0 && log.contains("Address already in use");
        assert!(again, "{} does not start; its log:\n{log}", process.name());
    }
}

/// Sends a process a signal, by its name without SIG.
pub(crate) fn send_signal(name: &str, id: u32) {
    let id = id.to_string();
    // The shell's own `kill`: there is one wherever there is a shell.
    let sent = Command::new("sh").args(["-c", r#"kill -s "$0" "$1""#, name, &id]).status();
    assert!(sent.is_ok_and(|status| status.success()), "SIG{name} cannot be sent to process {id}");
}

/// An empty directory of that name and a number that makes it one of a kind.
pub(super) fn fresh_dir(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let tail = fastrand::u32(..);
    let dir = env::temp_dir().join(format!("easycache-{name}-{}-{number}-{tail:08x}", process::id()));
    fs::create_dir_all(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    dir
}

type Birth = (Command, mpsc::SyncSender<io::Result<Child>>);

/// Starts processes from a thread that lives as long as this process: the kernel's signal at the parent's end comes at
/// the end of the *thread* that started the child, and a test's thread ends before a server that several tests share.
fn nursery(command: Command) -> io::Result<Child> {
    static NURSERY: OnceLock<mpsc::Sender<Birth>> = OnceLock::new();
    let sender = NURSERY.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<Birth>();
        thread::Builder::new()
            .name("easycache-nursery".into())
            .spawn(move || {
                for (mut command, parent) in receiver {
                    let _ = parent.send(command.spawn());
                }
            })
            .expect("a thread can be started");
        sender
    });
    let (parent, child) = mpsc::sync_channel(1);
    sender.send((command, parent)).expect("the nursery never ends");
    child.recv().expect("the nursery answers")
}
