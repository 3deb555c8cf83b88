//! Runs the checker on a configuration, and says what it came to.

use std::{io::Write as _, num::NonZero, thread};

use stateright::{Checker, HasDiscoveries, Model};

use crate::{config::Config, driver::Protocol, model::Action, state::State};

/// Far more than any configuration has. One that reaches it has a state that grows without end.
const TOO_MANY: usize = 20_000_000;

fn explore(config: Config) -> impl Checker<Protocol> {
    // Half of what there is: the tests run side by side.
    let threads = thread::available_parallelism().map_or(1, |there_are| there_are.get().div_ceil(2));
    Protocol::new(config)
        .checker()
        .threads(threads)
        .target_state_count(NonZero::new(TOO_MANY).expect("not zero").get())
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join()
}

/// The configuration keeps its promises in every state, and everything that must happen happens.
#[track_caller]
pub(crate) fn keeps_its_promises(config: Config) {
    let checker = explore(config);
    say(&config, &checker, "holds");
    assert!(checker.state_count() < TOO_MANY, "{}: not all states were seen", config.name);
    checker.assert_properties();
}

/// Some sequence of steps breaks this promise.
#[track_caller]
#[expect(clippy::print_stdout, reason = "the steps, for whoever wants to see them: `-- --nocapture`")]
pub(crate) fn breaks(config: Config, promise: &'static str) {
    let checker = explore(config);
    let Some(path) = checker.discovery(promise) else {
        panic!("{}: {} states, and {promise:?} holds in all of them", config.name, checker.unique_state_count());
    };
    let trace: Vec<Action> = path.into_actions();
    say(&config, &checker, &format!("broken in {} steps", trace.len()));
    println!("{promise}\n  {trace:?}");
}

/// Past the test harness, which keeps what a passing test prints to itself.
fn say(config: &Config, checker: &impl Checker<Protocol>, outcome: &str) {
    let broken = config.broken.map_or_else(String::new, |rule| format!(" but {rule:?}"));
    let states = checker.unique_state_count();
    let bytes = size_of::<State>();
    let line = format!("{}{broken}: {states} states of {bytes} bytes, {outcome}\n", config.name);
    std::io::stderr().write_all(line.as_bytes()).expect("standard error can be written");
}

/// One test for each configuration: it keeps its promises.
macro_rules! promises {
    ($($(#[$doc:meta])* $name:ident: $world:ident;)+) => {
        $(
            $(#[$doc])*
            #[test]
            fn $name() {
                crate::run::keeps_its_promises(crate::worlds::$world);
            }
        )+
    };
}

/// One test for each rule: the configuration, the rule, and the promise that does not survive it.
macro_rules! counterexamples {
    ($($name:ident: $world:ident, $rule:ident, $promise:ident;)+) => {
        $(
            #[test]
            fn $name() {
                crate::run::breaks(crate::worlds::$world.breaking(crate::variants::Broken::$rule), $promise);
            }
        )+
    };
}

pub(crate) use {counterexamples, promises};
