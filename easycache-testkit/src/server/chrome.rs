//! [`ChromeDriver`].

use std::{
    fs, io,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
};

use super::{
    process::{self, Process, fresh_dir},
    redis::address,
    require::{find, require},
};

/// A `chromedriver` on loopback, which starts Chromium for those who ask it to by the `WebDriver` protocol. Killed when
/// dropped, and Chromium with it.
#[derive(Debug)]
pub struct ChromeDriver {
    process: Process,
    port: u16,
}

impl ChromeDriver {
    /// Starts one. None if `chromedriver` or `chromium` is not installed; see [`require`].
    #[must_use]
    pub fn start() -> Option<Self> {
        let (driver, chromium) = (require("chromedriver")?, chromium()?);
        let launch = |port: u16| {
            let dir = fresh_dir("chrome");
            write_launcher(&dir, &chromium);
            Self { process: Process::start(&driver, vec![format!("--port={port}").into()], dir), port }
        };
        let is_ready = |driver: &Self| TcpStream::connect(driver.address()).map(|_| true);
        Some(process::start(None, launch, |driver| &driver.process, is_ready))
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        address(self.port)
    }

    /// What it has to start in the place of Chromium: ends with the driver, also where that is killed.
    #[must_use]
    pub fn browser(&self) -> PathBuf {
        self.process.dir().join(LAUNCHER)
    }

    /// What Chromium has to be told to run without a screen, as any user, in a profile of its own and with nobody to talk to.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let profile = format!("--user-data-dir={}", self.process.dir().join("profile").display());
        ARGUMENTS.iter().map(ToString::to_string).chain([profile]).collect()
    }
}

const LAUNCHER: &str = "launch";
/// What it may be called; the first is what there is to install.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const ON_A_MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

fn chromium() -> Option<PathBuf> {
    let on_a_mac = || Some(PathBuf::from(ON_A_MAC)).filter(|file| file.is_file());
    BROWSERS.into_iter().find_map(find).or_else(on_a_mac).or_else(|| require(BROWSERS[0]))
}

const ARGUMENTS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// As with the driver itself, there is no other way to ask the kernel for Chromium's end without unsafe code.
fn write_launcher(dir: &Path, chromium: &Path) {
    let launch = match find("setpriv") {
        Some(setpriv) => format!("\"{}\" --pdeathsig KILL -- \"{}\"", setpriv.display(), chromium.display()),
        None => format!("\"{}\"", chromium.display()),
    };
    let path = dir.join(LAUNCHER);
    let written = fs::write(&path, format!("#!/bin/sh\nexec {launch} \"$@\"\n")).and_then(|()| make_executable(&path));
    written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}
