//! In how many ways a value becomes invalid: for races in one process, and between several on any server.

use std::thread;

use easycache_core::Targets;

/// What makes the value of `user:1` below `tenant:7/shop:3` invalid, with the tags `users` and `team:2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Key,
    Tag,
    OtherTag,
    Prefix,
    PrefixAbove,
    Clear,
}

pub(crate) const ALL_WAYS: [By; 6] = [By::Key, By::Tag, By::OtherTag, By::Prefix, By::PrefixAbove, By::Clear];

impl By {
    /// None: everything.
    pub(crate) fn targets(self) -> Option<Targets> {
        let targets = Targets::new();
        Some(match self {
            Self::Key => targets.key("tenant:7/shop:3|user:1"),
            Self::Tag => targets.tags(["users"]),
            Self::OtherTag => targets.tags(["team:2"]),
            Self::Prefix => targets.prefix("tenant:7/shop:3"),
            Self::PrefixAbove => targets.prefix("tenant:7"),
            Self::Clear => return None,
        })
    }
}

/// Says under which circumstances a test has failed.
pub(crate) fn tell_on_panic(circumstances: &str, test: impl FnOnce()) {
    struct Tell<'a>(&'a str);
    impl Drop for Tell<'_> {
        fn drop(&mut self) {
            if thread::panicking() {
                eprintln!("this was: {}", self.0);
            }
        }
    }
    let _tell = Tell(circumstances);
    test();
}
