#![doc = include_str!("../README.md")]

mod args;
mod commands;
mod failure;
mod open;
mod out;

use std::process::ExitCode;

use self::{
    args::{Args, Command},
    failure::Failure,
    out::Out,
};

fn main() -> ExitCode {
    let args = match args::parse() {
        Ok(args) => args,
        Err(code) => return code,
    };
    let mut out = Out::new(args.json);
    match run(&args, &mut out) {
        Ok(code) => code.into(),
        Err(failure) => failure.report(args.json),
    }
}

fn run(args: &Args, out: &mut Out) -> Result<Exit, Failure> {
    args.check()?;
    let cache = open::cache(&args.place)?;
    let exit = match &args.command {
        Command::Ping => commands::ping(&cache, out)?,
        Command::Stats => commands::stats(&cache, out)?,
        Command::Explain { key } => commands::explain(&cache, key, out)?,
        Command::Invalidate(what) => commands::invalidate(&cache, what, out)?,
        Command::Keys(which) => commands::keys(&cache, which, out)?,
    };
    out.flush()?;
    Ok(exit)
}

/// How it ends, where nothing has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// It was done; a key would be served; every server is up.
    Yes,
    /// A key would be a miss; some servers are down.
    No,
    /// No server is up.
    Unreachable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Yes => 0,
            Exit::No => 1,
            Exit::Unreachable => failure::UNREACHABLE,
        })
    }
}
