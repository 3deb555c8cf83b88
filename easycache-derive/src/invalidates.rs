//! `#[invalidates]` understood.

use proc_macro2::TokenStream;
use syn::LitStr;

use crate::args::{Args, InvalidatesArgs};
use crate::checked::CacheExpr;
use crate::crate_path::Private;
use crate::errors::Errors;
use crate::expand;
use crate::function::{Function, check_invalidates};
use crate::names::Tags;
use crate::template::Kind;

/// All that the expansion needs to know.
#[derive(Debug)]
pub(crate) struct Invalidates {
    pub(crate) function: Function,
    pub(crate) private: Private,
    pub(crate) keys: Option<Tags>,
    pub(crate) prefixes: Option<Tags>,
    pub(crate) tags: Option<Tags>,
    pub(crate) alias: Option<LitStr>,
    pub(crate) cache: Option<CacheExpr>,
    /// Whether what is named is expired only.
    pub(crate) expire: bool,
    /// Whether errors of the cache are returned.
    pub(crate) fails: bool,
}

impl Invalidates {
    fn check(args: InvalidatesArgs, function: Function, mut errors: Errors) -> syn::Result<Self> {
        check_invalidates(&function, &mut errors);
        let mut read =
            |kind, arg: &Option<_>| arg.as_ref().and_then(|arg| Tags::read(kind, arg, &function, &mut errors));
        let keys = read(Kind::FullKey, &args.keys);
        let prefixes = read(Kind::Prefix, &args.prefixes);
        let tags = read(Kind::Tag, &args.tags);
        if errors.is_empty() && args.keys.is_none() && args.prefixes.is_none() && args.tags.is_none() {
            let verb = if args.expire { "expire" } else { "invalidate" };
            let message = format!("this names nothing to {verb}: give `key = …`, `tags = …` or `prefix = …`");
            errors.at(function.name(), message);
        }
        if let (Some(alias), Some(_)) = (&args.alias, &args.cache) {
            errors.at(alias, "`alias` and `cache` both say which cache to use: keep one");
        }
        let cache = args.cache.as_ref().map(|cache| CacheExpr::read(cache, &function));
        errors.finish()?;
        let private = Private::of_option(args.krate.as_ref());
        let InvalidatesArgs { alias, expire, fails, .. } = args;
        Ok(Self { function, private, keys, prefixes, tags, alias, cache, expire, fails: fails.is_some() })
    }
}

/// The expansion of the attribute.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let function: Function = syn::parse2(item)?;
    let args: Args = syn::parse2(args)?;
    let args = InvalidatesArgs::read(args, &mut errors);
    Invalidates::check(args, function, errors).map(|checked| expand::invalidates(&checked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(args: &str, item: &str, words: &str) {
        let mistakes = expand(args.parse().unwrap(), item.parse().unwrap()).unwrap_err();
        let mistakes: Vec<String> = mistakes.into_iter().map(|error| error.to_string()).collect();
        assert!(mistakes.join("\n").contains(words), "{mistakes:?}");
    }

    #[test]
    fn mistakes_name_the_remedy() {
        refused("", "fn f() {}", "give `key = …`");
        refused("\"a\"", "fn f() {}", "needs a name");
        refused("key = \"a:{x}\"", "fn f(y: u32) {}", "`f` has the parameter `y`");
        refused("key = \"a|b|c\"", "fn f() {}", "no more");
        refused("prefix = \"a|b\"", "fn f() {}", "reserved");
        refused("tags = 5", "fn f() {}", "`tags` takes a template");
        refused("tags = [\"a\"], on_error = \"stop\"", "fn f() {}", "what could not be invalidated is computed");
        refused("tags = [\"a\"], expire = \"1m\"", "fn f() {}", "write just its name");
        refused("expire", "fn f() {}", "names nothing to expire");
        refused("tags = [\"a\"], tgs = 1", "fn f() {}", "did you mean `tags`?");
        refused("tags = [\"a\"]", "fn f() -> impl Sized {}", "name the type, or box it");
        refused("tags = [\"a\"]", "const fn f() {}", "remove `const`");
        refused("tags = [\"a\"], alias = \"x\", cache = &c", "fn f() {}", "keep one");
    }
}
