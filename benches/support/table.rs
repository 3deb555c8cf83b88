//! The table that comes out.

use std::{env, fmt::Write, fs, path::Path, thread};

use crate::compare::Comparison;

/// What a row is to reach.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    AtMost(f64),
    AtLeast(f64),
    /// For comparison.
    None,
}

/// Rows of both sides and their ratio.
pub(crate) struct Table {
    name: &'static str,
    text: String,
}

impl Table {
    /// A table of that name, which tells the versions of these crates, and what else it is against.
    pub(crate) fn new(name: &'static str, crates: &[&str], others: &[String]) -> Self {
        let versions = crates.iter().map(|peer| format!("{peer} {}", version(peer)));
        let versions = versions.chain(others.iter().cloned()).collect::<Vec<_>>().join(", ");
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut table = Self { name, text: String::new() };
        table.line(&format!(
            "easycache {} against {versions}; {} {}, {cores} cores; median of rounds\n",
            env!("CARGO_PKG_VERSION"),
            env::consts::OS,
            env::consts::ARCH
        ));
        table.line("| work | peer | ours, ns | peer, ns | ratio | mark | reached |");
        table.line("|---|---|---:|---:|---:|---:|---|");
        table
    }

    /// One row; `what` is the work and the peer, with a bar between them.
    pub(crate) fn row(&mut self, what: &str, mark: Mark, Comparison { ours, peer, ratio }: Comparison) {
        let verdict = |reached: bool| if reached { "yes" } else { "**no**" };
        let (text, reached) = match mark {
            Mark::AtMost(most) => (format!("≤ {most}"), verdict(ratio <= most)),
            Mark::AtLeast(least) => (format!("≥ {least}"), verdict(ratio >= least)),
            Mark::None => (String::new(), ""),
        };
        self.line(&format!("| {what} | {ours:.1} | {peer:.1} | {ratio:.2} | {text} | {reached} |"));
    }

    /// Leaves the table in a file, too.
    pub(crate) fn finish(self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        let written = fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join(self.name).with_extension("md"), self.text));
        if let Err(error) = written {
            eprintln!("the table was not written to {}: {error}", folder.display());
        }
    }

    #[expect(clippy::print_stdout, reason = "the table is what a benchmark is run for")]
    fn line(&mut self, line: &str) {
        println!("{line}");
        writeln!(self.text, "{line}").expect("writing to memory does not fail");
    }
}

/// The version of a crate in our lock file.
fn version(name: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{name}\"\n")));
    entry.and_then(|entry| entry.split("version = \"").nth(1)?.split('"').next()).unwrap_or("?")
}
