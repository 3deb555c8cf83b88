//! `#[ecached_defaults]`: writes its arguments into the attributes inside a block.

mod rewrite;
mod walk;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::Item;

use self::walk::Walk;
use crate::args::{Arg, Args, CachedArgs};
use crate::errors::{Errors, refuse};

/// The expansion of the attribute.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let args: Args = syn::parse2(args)?;
    check(&args)?;
    let mut walk = Walk { defaults: &args, errors: Errors::default() };
    let tokens = match syn::parse2(item)? {
        Item::Impl(mut block) => {
            walk.block(&mut block);
            block.into_token_stream()
        }
        Item::Mod(mut module) if module.content.is_some() => {
            walk.module(&mut module);
            module.into_token_stream()
        }
        Item::Mod(module) => {
            return refuse(
                module.ident,
                "the defaults can only reach into a module that is written inline: `mod name { … }`",
            );
        }
        other => {
            return refuse(other, "`#[ecached_defaults]` goes on an `impl` block or an inline module");
        }
    };
    Ok(match walk.errors.finish() {
        Ok(()) => tokens,
        Err(errors) => {
            let errors = errors.to_compile_error();
            quote!(#tokens #errors)
        }
    })
}

/// The arguments, each by itself; a key would be the same for all functions.
fn check(args: &Args) -> syn::Result<()> {
    let mut errors = Errors::default();
    let key = args.0.iter().find(|Arg { name, .. }| name.as_ref().is_none_or(|name| name == "key"));
    if let Some(key) = key {
        errors.at(key, "a key belongs to one function: what all have in common is a `prefix`");
    }
    let rest = args.0.iter().filter(|arg| arg.name.as_ref().is_some_and(|name| name != "key")).cloned();
    CachedArgs::read(Args(rest.collect()), &mut errors);
    errors.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &str, item: &str) -> String {
        let expanded = expand(args.parse().unwrap(), item.parse().unwrap());
        expanded.map_or_else(|error| error.to_string(), |tokens| crate::tokens::pretty(&tokens))
    }

    #[test]
    fn a_function_gets_what_it_does_not_say_itself() {
        let text = run(
            "ttl = 1, alias = \"a\"",
            "impl S { #[ecached(\"k\", ttl = 2)] fn f(&self) -> u32 { 1 } #[ecached] fn g() -> u32 { 1 } }",
        );
        assert!(
            text.contains("#[ecached(key = \"k\", ttl = 2, alias = \"a\")]")
                || text.contains("\"k\", ttl = 2, alias = \"a\""),
            "{text}"
        );
        assert!(text.contains("(ttl = 1, alias = \"a\", assoc)"), "{text}");
    }

    #[test]
    fn a_cache_of_its_own_keeps_the_alias_away() {
        let text = run("alias = \"a\"", "impl S { #[ecached(cache = &self.c)] fn f(&self) -> u32 { 1 } }");
        assert!(!text.contains("alias"), "{text}");
    }

    #[test]
    fn in_an_impl_of_a_trait_there_are_no_companions() {
        let text = run("ttl = 1", "impl T for S { #[ecached] fn f(&self) -> u32 { 1 } }");
        assert!(text.contains("companions = false"), "{text}");
        let text = run("ttl = 1", "impl T for S { #[ecached(companions = other)] fn f(&self) -> u32 { 1 } }");
        assert!(text.contains("there is no place for companions"), "{text}");
    }

    #[test]
    fn a_default_that_speaks_of_self_needs_one() {
        let text = run("prefix = \"p:{self.id}\"", "impl S { #[ecached(\"k\")] fn f(x: u32) -> u32 { 1 } }");
        assert!(text.contains("`f` has no `self`, but the default `prefix` speaks of it"), "{text}");
        let text =
            run("prefix = \"p:{self.id}\"", "impl S { #[ecached(\"k\", prefix = \"q\")] fn f(x: u32) -> u32 { 1 } }");
        assert!(!text.contains("has no `self`"), "{text}");
    }

    #[test]
    fn only_blocks_that_can_be_looked_into_take_defaults() {
        assert!(run("ttl = 1", "mod m;").contains("written inline"));
        assert!(run("ttl = 1", "struct S;").contains("goes on an `impl` block"));
        assert!(run("\"k\"", "impl S {}").contains("a key belongs to one function"));
        assert!(run("colour = 1", "impl S {}").contains("unknown argument `colour`"));
    }
}
