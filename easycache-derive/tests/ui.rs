//! What users are told when they make a mistake: one file in `ui/` for each, with the compiler's words beside it.
//!
//! `just ui` accepts the present words; the difference is to be read as a stranger would read it.

use std::process::Command;

/// The words are those of one compiler, so that another one says why it does not compare them.
#[test]
fn mistakes_are_answered_with_advice() {
    let (pinned, present) = (pinned(), present());
    if present != pinned {
        eprintln!("skipped: the expected messages are those of Rust {pinned}, and this is {present}");
        return;
    }
    let cases = trybuild::TestCases::new();
    // None that compile among them: then they are all checked in one run of the compiler's driver, and linked never.
    cases.compile_fail("tests/ui/*.rs");
}

/// The version in `rust-toolchain.toml`.
fn pinned() -> &'static str {
    let file = include_str!("../../rust-toolchain.toml");
    let channel = file.lines().find_map(|line| line.strip_prefix("channel = "));
    channel.expect("the toolchain file names a channel").trim_matches('"')
}

/// The version that compiles the cases: trybuild's `cargo` finds the same compiler.
fn present() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("`rustc --version` runs");
    let text = String::from_utf8(output.stdout).expect("a version is text");
    text.split_whitespace().nth(1).unwrap_or("unknown").to_owned()
}
