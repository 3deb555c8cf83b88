//! What is looked at once the result is there: conditions, ttl and tags from the value.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::run::duration;
use super::values::{When, kept};
use crate::args::CacheNone;
use crate::checked::Cached;
use crate::names::Bound;
use crate::tokens::{self, local, local_at};

/// `let __keep_x = clone of x;` for all that the closures mention.
pub(super) fn captures(cached: &Cached) -> TokenStream {
    let (p, mixed, function) = (&cached.private, Span::mixed_site(), &cached.function);
    let params = params(cached).into_iter().map(|at| {
        let param = &function.params[at];
        let (name, kept) = (&param.forward, kept(&param.forward));
        let clone = quote_spanned!(tokens::site(param.ty.span())=> #p::core::clone::Clone::clone(&#name));
        quote!(#[allow(clippy::used_underscore_binding)] let #kept = #clone;)
    });
    let receiver = function.self_token().filter(|_| receiver(cached)).map(|token| {
        let clone = quote_spanned!(tokens::site(token.span)=> #p::core::clone::Clone::clone(&#token));
        quote_spanned!(mixed=> let __keep_self = #clone;)
    });
    let arguments = wants_meta(cached).then(|| {
        let arguments = cached.scene().arguments();
        quote_spanned!(mixed=> #[allow(clippy::used_underscore_binding)] let __keep_arguments = #arguments;)
    });
    quote!(#(#params)* #receiver #arguments)
}

/// The parameters that the closures see.
pub(super) fn params(cached: &Cached) -> BTreeSet<usize> {
    let inputs = cached.policy.after().flat_map(|bound| &bound.inputs);
    let params =
        inputs.filter_map(|input| if let crate::names::Bind::Param(at) = input.bind { Some(at) } else { None });
    params.collect()
}

/// Do they see `self`?
pub(super) fn receiver(cached: &Cached) -> bool {
    cached.policy.after().any(|bound| bound.mentions.receiver)
}

fn wants_meta(cached: &Cached) -> bool {
    cached.policy.after().any(Bound::wants_meta)
}

/// `move |__value, __keep| { … }`
pub(super) fn keep(cached: &Cached) -> TokenStream {
    let mixed = Span::mixed_site();
    let policy = &cached.policy;
    let only_if = only_if(cached);
    let ttl = policy.ttl_from.iter().map(|bound| call(cached, bound, "ttl"));
    let tags = policy.tags_from.iter().map(|bound| call(cached, bound, "tags"));
    let none = none_ttl(cached);
    let statements = quote!(#only_if #(#ttl)* #(#tags)* #none);
    if let Some(failed) = failed(cached) {
        let p = &cached.private;
        return quote_spanned!(mixed=> move |__stored, __keep| match __stored {
            #p::core::result::Result::Ok(__value) => { let _ = __value; #statements }
            #p::core::result::Result::Err(__value) => { let _ = __value; #failed }
        });
    }
    if statements.is_empty() {
        quote!(|_, _| {})
    } else {
        quote_spanned!(mixed=> move |__value, __keep| { #statements })
    }
}

/// What becomes of an error, where errors are kept.
fn failed(cached: &Cached) -> Option<TokenStream> {
    let (ttl, _) = cached.policy.cache_err.as_ref()?;
    let (duration, keep) = (duration(ttl, &cached.private), local("keep"));
    let Some(bound) = &cached.policy.cache_err_if else {
        return Some(quote!(#keep.error(#duration, true);));
    };
    let span = tokens::site(bound.body.span());
    let (binds, condition) = cached.scene().bound(bound, When::After);
    let (keep, p) = (local_at("keep", span), cached.private.at(span));
    Some(
        quote_spanned!(span=> { #binds let __yes: #p::core::primitive::bool = { #condition }; #keep.error(#duration, __yes); }),
    )
}

fn call(cached: &Cached, bound: &Bound, method: &str) -> TokenStream {
    let span = tokens::site(bound.body.span());
    let (keep, method) = (local_at("keep", span), syn::Ident::new(method, span));
    let (binds, value) = cached.scene().bound(bound, When::After);
    quote_spanned!(span=> { #binds #keep.#method(#value); })
}

/// `cache_if` and `cache_none = false` are one condition.
fn only_if(cached: &Cached) -> Option<TokenStream> {
    let some = match cached.policy.cache_none {
        Some(CacheNone::Never(span)) => Some(option(cached, span, "is_some")),
        _ => None,
    };
    let Some(bound) = &cached.policy.cache_if else {
        let keep = local("keep");
        return some.map(|some| quote!(#keep.only_if(#some);));
    };
    let span = tokens::site(bound.body.span());
    let (binds, condition) = cached.scene().bound(bound, When::After);
    let (keep, some) = (local_at("keep", span), some.map(|some| quote!(#some &&)));
    let p = cached.private.at(span);
    Some(
        quote_spanned!(span=> { #binds let __yes: #p::core::primitive::bool = { #condition }; #keep.only_if(#some __yes); }),
    )
}

fn none_ttl(cached: &Cached) -> Option<TokenStream> {
    let Some(CacheNone::For(ttl, span)) = &cached.policy.cache_none else { return None };
    let (duration, keep) = (duration(ttl, &cached.private), local("keep"));
    let is_none = option(cached, *span, "is_none");
    Some(quote!(if #is_none { #keep.ttl(#duration); }))
}

/// Asks the value, which has to be an `Option`; if it is not, the argument that says otherwise is to blame.
fn option(cached: &Cached, place: Span, question: &str) -> TokenStream {
    let span = tokens::site(place);
    let (p, value, question) = (cached.private.at(span), local_at("value", span), syn::Ident::new(question, span));
    quote_spanned!(span=> #p::Optional::#question(#value))
}
