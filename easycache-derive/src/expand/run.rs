//! The call itself: find, and if need be compute.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::cached::{Names, call_body};
use super::values::{Scene, When};
use super::{each, keep, names, site};
use crate::args::Ttl;
use crate::checked::{CacheExpr, Cached, TtlSource};
use crate::crate_path::Private;
use crate::function::Flavour;
use crate::tokens::{self, local_at};

impl Cached {
    pub(super) fn scene(&self) -> Scene<'_> {
        Scene { function: &self.function, private: &self.private }
    }
}

/// The statements of a call; `site` and `mode` are expressions.
pub(super) fn run(
    cached: &Cached,
    site: &TokenStream,
    mode: &TokenStream,
    compute: impl FnOnce(&Cached) -> TokenStream,
) -> TokenStream {
    let all = match &cached.each {
        Some(each) => each::each(cached, each, site, mode),
        None => one(cached, site, mode, compute),
    };
    if cached.function.flavour != Flavour::Boxed {
        return all;
    }
    let p = &cached.private;
    quote!(#p::std::boxed::Box::pin(async move { #all }))
}

/// The statements of a call of a function that is not async, as one of many.
pub(super) fn among(cached: &Cached, site: &TokenStream, mode: &TokenStream, names: &Names) -> TokenStream {
    one(cached, site, mode, |cached| {
        let span = cached.scene().returned_span();
        let (p, body, keep) = (cached.private.at(span), call_body(cached, names), keep::keep(cached));
        let behind = cached.computes_behind();
        let compute = if behind { quote_spanned!(span=> compute_behind) } else { quote_spanned!(span=> compute) };
        quote_spanned!(span=> #p::#compute(__miss, __outcome, async move { #body }, #keep).await)
    })
}

fn one(
    cached: &Cached,
    site: &TokenStream,
    mode: &TokenStream,
    compute: impl FnOnce(&Cached) -> TokenStream,
) -> TokenStream {
    let (find, captures, compute) = (find(cached, site, mode), keep::captures(cached), compute(cached));
    quote!(#find #captures #compute)
}

fn find(cached: &Cached, site: &TokenStream, mode: &TokenStream) -> TokenStream {
    let (p, mixed) = (&cached.private, Span::mixed_site());
    let outcome = outcome(cached.scene());
    let assert = assert(cached);
    let blamed = quote_spanned!(cached.scene().returned_span()=> &__outcome);
    let (cache, args, names) = (cache(cached), site::args(cached), names::names(cached, names::Wanted::ALL));
    let ttl = set_ttl(cached);
    quote_spanned! {mixed=>
        #outcome
        #assert
        #[allow(clippy::used_underscore_binding)]
        let __miss = match #p::find(#site, #mode, #cache, #blamed, #args, #names) {
            #p::Found::Hit(__hit) => return __hit,
            #p::Found::Miss(__miss) => __miss,
        };
        #ttl
    }
}

/// `let __miss = …;` with the ttl.
pub(super) fn set_ttl(cached: &Cached) -> Option<TokenStream> {
    let (binds, ttl) = ttl(cached)?;
    Some(quote_spanned!(Span::mixed_site()=>
        #[allow(clippy::used_underscore_binding)] let __miss = { #binds __miss.ttl(#ttl) };
    ))
}

/// Blames the return type for what cannot be stored.
pub(super) fn assert(cached: &Cached) -> TokenStream {
    let span = cached.scene().returned_span();
    let (p, outcome) = (cached.private.at(span), local_at("outcome", span));
    let keep = match (cached.policy.local, &cached.policy.cache_err) {
        (false, None) => quote_spanned!(span=> portable),
        (true, None) => quote_spanned!(span=> unportable),
        (false, Some(_)) => quote_spanned!(span=> portable_with_errors),
        (true, Some(_)) => quote_spanned!(span=> unportable_with_errors),
    };
    let fails = cached.site.fails && cached.each.is_none();
    let fail = fails.then(|| quote_spanned!(span=> let #outcome = #p::failing(#outcome);));
    let late = cached.site.late.hard.is_some() && cached.each.is_none();
    let late = late.then(|| quote_spanned!(span=> let #outcome = #p::timely(#outcome);));
    quote_spanned!(span=> let #outcome = #p::#keep(#outcome); #fail #late)
}

/// `let __outcome = …;`
pub(super) fn outcome(scene: Scene<'_>) -> TokenStream {
    let (p, returned) = (scene.private, scene.returned());
    quote_spanned!(Span::mixed_site()=> let __outcome = #p::outcome!(#returned);)
}

/// The end of a call, with the body in place.
pub(super) fn compute(cached: &Cached) -> TokenStream {
    compute_by(cached, &body(cached.scene()))
}

/// The end of a call whose body is a function of its own.
pub(super) fn compute_apart(cached: &Cached, names: &Names) -> TokenStream {
    let body = call_body(cached, names);
    compute_by(cached, &quote_spanned!(Span::mixed_site()=> move || #body))
}

fn compute_by(cached: &Cached, body: &TokenStream) -> TokenStream {
    let span = cached.scene().returned_span();
    let (p, keep) = (cached.private.at(span), keep::keep(cached));
    let compute = match (cached.function.is_async(), cached.computes_behind()) {
        (true, true) => quote_spanned!(span=> compute_behind),
        (true, false) if cached.site.late.is_timed() => quote_spanned!(span=> compute_within),
        (true, false) => quote_spanned!(span=> compute),
        (false, true) => quote_spanned!(span=> compute_blocking_behind),
        (false, false) => quote_spanned!(span=> compute_blocking),
    };
    let wait = cached.function.is_async().then(|| quote_spanned!(span=> .await));
    quote_spanned!(span=> #p::#compute(__miss, __outcome, #body, #keep) #wait)
}

/// The user's body, as a future or a closure.
pub(super) fn body(scene: Scene<'_>) -> TokenStream {
    let (function, p, mixed) = (scene.function, scene.private, Span::mixed_site());
    let (block, output, returned, body) = (function.block(), function.output(), scene.returned(), &function.body);
    match function.flavour {
        Flavour::Sync => quote_spanned!(mixed=> move || -> #output #block),
        Flavour::Boxed => quote_spanned!(mixed=> async move {
            let __call = move || -> #output #block;
            __call().await
        }),
        // The first statement never does anything but tell the type, without which `?` and `into()` would not know theirs.
        Flavour::Async => quote_spanned!(mixed=> async move {
            if let #p::core::option::Option::Some(__ret) = #p::core::option::Option::None::<#returned> {
                return __ret;
            }
            #body
        }),
    }
}

/// The cache to ask, as an `Option`.
pub(super) fn cache(cached: &Cached) -> TokenStream {
    cache_option(cached.cache.as_ref(), &cached.private)
}

/// The same of an optional expression.
pub(super) fn cache_option(cache: Option<&CacheExpr>, p: &Private) -> TokenStream {
    let Some(CacheExpr { tokens, .. }) = cache else {
        return quote!(#p::core::option::Option::None);
    };
    let p = p.at(tokens::site(tokens.span()));
    quote!(#p::chosen(#tokens))
}

/// The ttl that is known before the body runs: statements, and an expression.
pub(super) fn ttl(cached: &Cached) -> Option<(TokenStream, TokenStream)> {
    let (span, (binds, ttl)) = match cached.policy.ttl.as_ref()? {
        TtlSource::Literal(ttl) => (Span::mixed_site(), (TokenStream::new(), duration(ttl, &cached.private))),
        TtlSource::Expr(expr) => (expr.span(), (TokenStream::new(), quote!(#expr))),
        TtlSource::Closure(closure) => (closure.body.span(), cached.scene().bound(closure, When::Before)),
    };
    let p = cached.private.at(tokens::site(span));
    Some((binds, quote!(#p::lasting(#ttl))))
}

/// `Duration::new(…)`
pub(super) fn duration(ttl: &Ttl, p: &Private) -> TokenStream {
    let (seconds, nanos) = (ttl.duration.as_secs(), ttl.duration.subsec_nanos());
    quote!(#p::core::time::Duration::new(#seconds, #nanos))
}
