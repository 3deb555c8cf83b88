//! Rules that concern several arguments, or arguments and function.

use std::collections::BTreeSet;

use quote::ToTokens as _;

use super::Each;
use crate::args::{CachedArgs, KeyArg};
use crate::errors::Errors;
use crate::function::Function;
use crate::names::{Key, Rendered};
use crate::tokens;

/// An explicit key has to tell instances of a generic function apart.
pub(super) fn generics(
    args: &CachedArgs,
    key: &Key,
    prefix: Option<&Rendered>,
    function: &Function,
    errors: &mut Errors,
) {
    if matches!(key, Key::Automatic) {
        return;
    }
    let mut mentioned = key.mentions(function).generics;
    mentioned.extend(prefix.iter().flat_map(|prefix| prefix.mentions.generics.iter().cloned()));
    let inputs: BTreeSet<String> =
        function.params.iter().flat_map(|param| tokens::words(param.ty.to_token_stream())).collect();
    let generics = &function.sig.generics;
    let types = generics.type_params().map(|param| &param.ident);
    let consts = generics.const_params().map(|param| &param.ident);
    for ident in types.chain(consts) {
        let name = ident.to_string();
        if !mentioned.contains(&name) && !inputs.contains(&name) {
            let (place, remedy) = match &args.key {
                KeyArg::Template(literal) => {
                    (literal.to_token_stream(), format!("write `{{{name}}}` into the key (its name)"))
                }
                KeyArg::List(_) => (ident.to_token_stream(), format!("add `{name}` to the list")),
                _ => (
                    ident.to_token_stream(),
                    format!(
                        "let it tell them apart, as by `type_name::<{name}>()`, or write a template with `{{{name}}}`"
                    ),
                ),
            };
            errors.at(
                place,
                format!("`{name}` is not part of the key, so that `{0}` with one `{name}` would be answered with the result of another: {remedy}", function.name()),
            );
        }
    }
}

/// The key of an element has to tell it from the others.
pub(super) fn each(args: &CachedArgs, key: &Key, each: &Each, function: &Function, errors: &mut Errors) {
    if key.mentions(function).params.contains(&each.at) {
        return;
    }
    let element = &function.params[each.at].forward;
    let place = match &args.key {
        KeyArg::Template(literal) => literal.to_token_stream(),
        KeyArg::List(list) => quote::quote!(#(#list),*),
        _ => element.to_token_stream(),
    };
    errors.at(
        place,
        format!("the key does not mention `{element}`, so that all elements would share one entry: with `each`, `{element}` stands for one of them"),
    );
}

/// An error is that of all elements.
pub(super) fn each_keeps(args: &CachedArgs, errors: &mut Errors) {
    if let Some((_, span)) = &args.cache_err {
        errors.push(syn::Error::new(
            *span,
            "`cache_err` and `each` do not go together: an error is that of all elements, and an entry is that of one. Return an \
             `Option` for each element, whose `None` is kept by `cache_none = \"2s\"`; or cache a function of one element, and \
             call its `many`",
        ));
    }
}

/// Only where several bodies can run at a time.
pub(super) fn concurrency(args: &CachedArgs, function: &Function, errors: &mut Errors) {
    let why = if args.each.is_some() {
        "with `each` one body computes all elements together"
    } else if !function.is_async() {
        "a function that is not async computes one after the other"
    } else {
        return;
    };
    if let Some(limit) = &args.concurrency {
        errors.at(
            limit,
            format!("`concurrency` says how many bodies of one `many` run at a time, and {why}: leave it out"),
        );
    }
}

/// A property has `self` and nothing else.
pub(super) fn property(function: &Function, errors: &mut Errors) {
    if function.self_token().is_none() {
        errors.at(function.name(), "a property belongs to an object: take `&self`, or use `#[ecached]`");
    }
    if let Some(param) = function.params.first() {
        errors.at(&param.pat, "a property takes nothing but `self`: use `#[ecached]` for a method with parameters");
    }
}

/// Which errors are kept is of interest where errors are.
pub(super) fn kept_errors(args: &CachedArgs, errors: &mut Errors) {
    if let (Some(predicate), None) = (&args.cache_err_if, &args.cache_err) {
        errors.at(
            predicate,
            "`cache_err_if` says which errors are kept, and `cache_err` how long: add `cache_err = \"2s\"`",
        );
    }
}

/// A cache is named once.
pub(super) fn one_cache(args: &CachedArgs, errors: &mut Errors) {
    if let (Some(alias), Some(_)) = (&args.alias, &args.cache) {
        errors.at(alias, "`alias` and `cache` both say which cache to use: keep one");
    }
}
