//! What is asked for.
#![expect(clippy::doc_markdown, reason = "it is shown as help, as it stands here")]

use std::{env, process::ExitCode};

use clap::{Parser, Subcommand, error::ErrorKind};

use crate::failure::{self, Failure};

/// Looks at a cache of easycache on Redis or memcached, and invalidates what is in it.
#[derive(Debug, Parser)]
#[command(name = "easycache", version, after_help = AFTER, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) place: Place,

    /// Print JSON, one document on stdout; errors as JSON on stderr
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which cache it is about.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Which cache")]
pub(crate) struct Place {
    /// Where the cache is, like redis://host:6379?namespace=shop. Whoever may list the processes of this machine sees it,
    /// with the password in it: the variable EASYCACHE_URL is not seen
    #[arg(long, global = true, value_name = "URL", conflicts_with = "alias")]
    pub(crate) url: Option<String>,

    /// The cache of that name, whose URL is in EASYCACHE_URL_<NAME>
    #[arg(long, global = true, value_name = "NAME", default_value = "default")]
    pub(crate) alias: String,

    /// The namespace of the cache, in the place of the one in the URL
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) namespace: Option<String>,

    /// How long to wait for the servers, like 500ms; if neither this nor the URL says, 2s
    #[arg(long, global = true, value_name = "DURATION")]
    pub(crate) deadline: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ask every server whether it is up: how long it takes, and which version it is
    ///
    /// Exit code 0: all are up. 1: some are. 3: none is.
    Ping,
    /// Show what the servers tell: versions, roles, entries, memory
    ///
    /// Entries and memory are those of the whole servers, whoever's they are. Hits and misses are counted by each process that
    /// uses the cache, and are not on the servers: see `Cache::stats`, the figures of the feature `metrics`, or the page of
    /// easycache-admin. Exit codes are those of `ping`.
    Stats,
    /// Say of one entry what it depends on, how old it is, and why it would be a miss
    ///
    /// Exit code 0: it would be served. 1: it would be a miss.
    Explain {
        /// The full key, escaped, as `entry(..).key()` prints it: `user:42`, or `tenant:7|user:42` with a prefix
        key: String,
    },
    /// Invalidate entries by key, tag or prefix, all of them in one round trip
    ///
    /// Once it has ended with 0, no process is served what was there before, but for near tiers, which see it as their freshness
    /// says. With any other exit code it is not known to be done: run it again.
    Invalidate(What),
    /// List the keys that there are, by a cursor, a page at a time
    ///
    /// A key is listed until its value goes, also if a tag or a prefix of it was invalidated: `explain` tells. What comes or
    /// goes meanwhile may be among them, and a key may come twice: pipe through `sort -u`. Of a key that is too long for the
    /// server there is just `#` and a hash. Collections are not listed. memcached cannot list keys.
    Keys(Which),
}

#[derive(Debug, clap::Args)]
pub(crate) struct What {
    /// An entry by its full key, escaped, as `entry(..).key()` prints it
    #[arg(long = "key", value_name = "KEY")]
    pub(crate) keys: Vec<String>,

    /// Every entry with this tag, escaped as `tag!` does it
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,

    /// Every entry below this prefix, or one level of it: `tenant:7`
    #[arg(long = "prefix", value_name = "PREFIX")]
    pub(crate) prefixes: Vec<String>,

    /// Everything in the namespace; takes --yes as well
    #[arg(long, conflicts_with_all = ["keys", "tags", "prefixes"])]
    pub(crate) all: bool,

    /// Yes, everything
    #[arg(long, requires = "all")]
    pub(crate) yes: bool,

    /// Expire instead: what is there may be served while the next is computed, where a function says so
    #[arg(long)]
    pub(crate) expire: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Those below this prefix, as `invalidate --prefix` takes it
    #[arg(long, value_name = "PREFIX", conflicts_with = "begin")]
    pub(crate) prefix: Option<String>,

    /// Those that begin with this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) begin: Option<String>,

    /// At most so many
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
}

const AFTER: &str = "\
The cache is the one in the variable EASYCACHE_URL, if neither --url nor --alias names another.

Exit codes:
  0  it is done; the key would be served; every server is up
  1  the key would be a miss; some of the servers are down
  2  it cannot be done: the arguments, the configuration or a name are wrong, or the server has no such thing
  3  it is not done: the servers cannot be reached, or refuse";

impl Args {
    /// What the parser cannot tell.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let Command::Invalidate(what) = &self.command else { return Ok(()) };
        let named = what.keys.len() + what.tags.len() + what.prefixes.len();
        if named == 0 && !what.all {
            return Err(Failure::usage("nothing to invalidate: give --key, --tag or --prefix, or --all"));
        }
        if what.all && !what.yes {
            return Err(Failure::usage(
                "--all takes everything that is cached in the namespace: add --yes if you mean it",
            ));
        }
        Ok(())
    }
}

/// What is asked for; or how the program ends without doing anything.
pub(crate) fn parse() -> Result<Args, ExitCode> {
    Args::try_parse().map_err(|error| {
        if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            // Asked for, or as good as that. Nobody may be there to read it.
            let _nobody = error.print();
            return ExitCode::from(if error.use_stderr() { failure::USAGE } else { 0 });
        }
        let message = error.to_string().trim().trim_start_matches("error: ").to_owned();
        Failure::usage(message).report(given().iter().any(|argument| argument == "--json"))
    })
}

/// All that was given, as far as it is text.
pub(crate) fn given() -> Vec<String> {
    env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// The message without the URLs that were given: one that is in the wrong place is repeated by whoever refuses it, with its
/// password.
pub(crate) fn without_secrets(mut message: String, given: &[String]) -> String {
    for argument in given.iter().filter(|argument| argument.contains("://") || argument.contains('@')) {
        let value = argument.split_once('=').map_or(
            &**argument,
            |(name, value)| {
                if name.starts_with('-') { value } else { argument }
            },
        );
        for secret in [argument, value].into_iter().filter(|secret| !secret.is_empty()) {
            message = message.replace(secret, "<URL>").replace(&secret.escape_debug().to_string(), "<URL>");
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Args::command().debug_assert();
    }

    #[test]
    fn no_message_repeats_a_url() {
        let given = ["--ulr=redis://:s3cret@h?a=b", "redis://me:s3cret@h", "s3cret@h"].map(str::to_owned);
        let message = format!("unexpected argument '{}' found, tip: '{}', {}", given[0], given[1], given[2]);
        let message = without_secrets(message, &given);
        assert_eq!(message, "unexpected argument '<URL>' found, tip: '<URL>', <URL>");
        let message = without_secrets(format!("no cache {:?}", "redis://\"s3cret"), &["redis://\"s3cret".to_owned()]);
        assert_eq!(message, "no cache \"<URL>\"");
    }

    #[test]
    fn an_argument_with_nothing_behind_its_name_leaves_the_message_as_it_is() {
        let message = "unexpected argument '--frob@' found";
        assert_eq!(without_secrets(message.to_owned(), &["--frob@=".to_owned()]), message);
    }
}
