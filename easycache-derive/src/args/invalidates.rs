//! The arguments of `#[invalidates]`.

use syn::{Expr, LitStr, Path};

use super::{Args, Known, TagsArg, needed, string};
use crate::crate_path;
use crate::errors::Errors;

pub(super) const KNOWN: Known = Known {
    attribute: "invalidates",
    positional: false,
    now: &["key", "tags", "prefix", "alias", "cache", "crate"],
    later: &["on_error", "expire"],
};

/// What is gone once the function has succeeded.
#[derive(Debug, Clone, Default)]
pub(crate) struct InvalidatesArgs {
    pub(crate) keys: Option<TagsArg>,
    pub(crate) prefixes: Option<TagsArg>,
    pub(crate) tags: Option<TagsArg>,
    pub(crate) alias: Option<LitStr>,
    pub(crate) cache: Option<Expr>,
    pub(crate) krate: Option<Path>,
}

impl InvalidatesArgs {
    pub(crate) fn read(args: Args, errors: &mut Errors) -> Self {
        let mut read = Self::default();
        args.each(&KNOWN, errors, |name, arg, errors| {
            let Some(value) = errors.take(needed(arg)) else {
                return true;
            };
            match name {
                "key" => read.keys = TagsArg::parse("key", value, errors),
                "prefix" => read.prefixes = TagsArg::parse("prefix", value, errors),
                "tags" => read.tags = TagsArg::parse("tags", value, errors),
                "alias" => read.alias = errors.take(string(arg, "the name of a registered cache")),
                "cache" => read.cache = Some(value.clone()),
                "crate" => read.krate = errors.take(crate_path::parse(value)),
                _ => return false,
            }
            true
        });
        read
    }
}
