//! What must be atomic, as scripts for the server: steps of the protocol, and what collections do.
//!
//! They are called by their digest and loaded when a connection is set up. A hit needs none of them.

use std::sync::LazyLock;

use crate::lane;

/// A script, and what the server knows it by.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) text: &'static str,
    digest: LazyLock<String>,
}

impl Script {
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }
}

macro_rules! scripts {
    ($($name:ident = $file:literal;)*) => {
        $(pub(crate) static $name: Script = Script {
            text: include_str!($file),
            digest: LazyLock::new(|| lane::digest(include_str!($file))),
        };)*

        /// All of them.
        pub(crate) static ALL: &[&Script] = &[$(&$name),*];
    };
}

scripts! {
    ACQUIRE = "scripts/acquire.lua";
    FILL = "scripts/fill.lua";
    RENEW = "scripts/renew.lua";
    RELEASE = "scripts/release.lua";
    EXPIRE = "scripts/expire.lua";
    COMBINE = "scripts/combine.lua";
    COMPARE = "scripts/compare.lua";
    INSERT_NEW = "scripts/insert_new.lua";
    POP = "scripts/pop.lua";
    TAKE = "scripts/take.lua";
}

/// The script with that digest.
pub(crate) fn by_digest(digest: &[u8]) -> Option<&'static Script> {
    ALL.iter().copied().find(|script| script.digest().as_bytes() == digest)
}
