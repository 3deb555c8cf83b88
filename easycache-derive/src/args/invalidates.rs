//! The arguments of `#[invalidates]`.

use proc_macro2::Span;
use syn::{Expr, LitStr, Path};

use super::{Args, Known, TagsArg, fails, needed, string, switch};
use crate::crate_path;
use crate::errors::Errors;

pub(super) const KNOWN: Known = Known {
    attribute: "invalidates",
    positional: false,
    names: &["key", "tags", "prefix", "alias", "cache", "expire", "on_error", "crate"],
};

/// What becomes of an invalidation that fails, and is not returned.
const COMPUTE: &str = "what could not be invalidated is computed here until it is";

/// What is gone, or expired, once the function has succeeded.
#[derive(Debug, Clone, Default)]
pub(crate) struct InvalidatesArgs {
    pub(crate) keys: Option<TagsArg>,
    pub(crate) prefixes: Option<TagsArg>,
    pub(crate) tags: Option<TagsArg>,
    pub(crate) alias: Option<LitStr>,
    pub(crate) cache: Option<Expr>,
    /// Whether it is expired only.
    pub(crate) expire: bool,
    /// Where errors of the cache are asked for.
    pub(crate) fails: Option<Span>,
    pub(crate) krate: Option<Path>,
}

impl InvalidatesArgs {
    pub(crate) fn read(args: Args, errors: &mut Errors) -> Self {
        let mut read = Self::default();
        args.each(&KNOWN, errors, |name, arg, errors| {
            if name == "expire" {
                read.expire = errors.take(switch(arg)).unwrap_or_default();
                return true;
            }
            let Some(value) = errors.take(needed(arg)) else {
                return true;
            };
            match name {
                "key" => read.keys = TagsArg::parse("key", value, errors),
                "prefix" => read.prefixes = TagsArg::parse("prefix", value, errors),
                "tags" => read.tags = TagsArg::parse("tags", value, errors),
                "alias" => read.alias = errors.take(string(arg, "the name of a registered cache")),
                "cache" => read.cache = Some(value.clone()),
                "on_error" => read.fails = errors.take(fails(arg, COMPUTE)).flatten(),
                "crate" => read.krate = errors.take(crate_path::parse(value)),
                _ => return false,
            }
            true
        });
        read
    }
}
