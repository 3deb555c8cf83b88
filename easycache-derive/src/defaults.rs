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
