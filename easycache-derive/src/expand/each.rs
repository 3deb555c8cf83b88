//! The call of a function of many elements: each is looked for by itself, the body gets the rest.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::values::Scene;
use super::{keep, names, run, site};
use crate::checked::{Cached, Each, Taken};
use crate::function::{Flavour, Param};
use crate::tokens::{self, local_at};

/// The statements of a call; `site` and `mode` are expressions.
pub(super) fn each(cached: &Cached, each: &Each, site: &TokenStream, mode: &TokenStream) -> TokenStream {
    let (p, mixed, span) = (&cached.private, Span::mixed_site(), cached.scene().returned_span());
    let outcome = outcome(cached, each);
    let assert = run::assert(cached);
    let (blamed, returned) = (local_at("outcome", span), local_at("returned", span));
    let find = find(cached, site, &quote_spanned!(span=> &#blamed));
    let (element, elements) = (&cached.function.params[each.at].forward, &each.whole.params[each.at].forward);
    let (body, located) = (body(cached, each), cached.private.at(span));
    let fail = fails(cached, &quote_spanned!(span=> &#returned));
    let (is_async, behind) = (cached.function.is_async(), cached.computes_behind());
    let compute = match (is_async, behind) {
        (true, true) => quote_spanned!(span=> compute_each_behind),
        (true, false) if cached.site.late.is_timed() => quote_spanned!(span=> compute_each_within),
        (true, false) => quote_spanned!(span=> compute_each),
        (false, true) => quote_spanned!(span=> compute_each_blocking_behind),
        (false, false) => quote_spanned!(span=> compute_each_blocking),
    };
    let (is_blocking, wait) = (!is_async, is_async.then(|| quote!(.await)));
    quote_spanned! {mixed=>
        #outcome
        #assert
        let mut __each = #p::Each::new(&__returned, #is_blocking, &#mode);
        for #element in #p::Elements::elements(#elements) {
            #find
        }
        #located::#compute(__each, #returned, #fail, #blamed, #body)#wait
    }
}

/// What the function returns for errors of the cache; and, where a call may go on without the body, for the error that its
/// time is over.
fn fails(cached: &Cached, returned: &TokenStream) -> TokenStream {
    let span = cached.scene().returned_span();
    let p = cached.private.at(span);
    let fail = if cached.site.fails { quote_spanned!(span=> each_fails) } else { quote_spanned!(span=> each_computes) };
    let late = &cached.site.late;
    if !late.is_timed() && !cached.computes_behind() {
        return quote_spanned!(span=> #p::#fail(#returned));
    }
    let waits =
        if late.hard.is_some() { quote_spanned!(span=> each_times_out) } else { quote_spanned!(span=> each_waits) };
    quote_spanned!(span=> (#p::#fail(#returned), #p::#waits(#returned)))
}

/// `let __returned = …; let __outcome = …;`: of the function, and of what is stored for each element.
pub(super) fn outcome(cached: &Cached, each: &Each) -> TokenStream {
    let whole = Scene { function: &each.whole, private: &cached.private };
    let (returned, span) = (whole.returned(), whole.returned_span());
    let (p, outcome, of) = (cached.private.at(span), local_at("outcome", span), local_at("returned", span));
    quote_spanned! {span=>
        let #of = #p::outcome!(#returned);
        let #outcome = #p::each_value(&#of);
    }
}

fn find(cached: &Cached, site: &TokenStream, blamed: &TokenStream) -> TokenStream {
    let (p, mixed) = (&cached.private, Span::mixed_site());
    let (cache, args, names) = (run::cache(cached), site::args(cached), names::names(cached, names::Wanted::ALL));
    let (ttl, captures, keep) = (run::set_ttl(cached), keep::captures(cached), keep::keep(cached));
    let element = cached.each.as_ref().map(|each| &cached.function.params[each.at].forward);
    quote_spanned! {mixed=>
        #[allow(clippy::used_underscore_binding)]
        match #p::find(#site, __each.mode(), #cache, #blamed, #args, #names) {
            #p::Found::Hit(__hit) => __each.hit(#element, __hit),
            #p::Found::Miss(__miss) => {
                #ttl
                #captures
                __each.miss(#element, __miss, #keep);
            }
        }
    }
}

/// The user's body, as a closure over the elements that are missing. It may run more than once.
fn body(cached: &Cached, each: &Each) -> TokenStream {
    let (p, mixed, function) = (&cached.private, Span::mixed_site(), &each.whole);
    let others = function.params.iter().enumerate().filter(|(at, _)| *at != each.at).map(|(_, param)| param);
    let clones = others.clone().map(|Param { forward, ty, .. }| {
        let clone =
            quote_spanned!(tokens::site(syn::spanned::Spanned::span(ty))=> #p::core::clone::Clone::clone(&#forward));
        quote!(#[allow(unused_variables, clippy::used_underscore_binding)] let #forward = #clone;)
    });
    let clones = quote!(#(#clones)*);
    let binds = others.map(|Param { pat, forward, .. }| {
        quote!(#[allow(unused_variables, clippy::used_underscore_binding)] let #pat = #forward;)
    });
    let (binds, elements) = (quote!(#(#binds)*), elements(cached, each));
    let (block, output, returned, body) =
        (function.block(), function.output(), Scene { function, private: p }.returned(), &function.body);
    // Only where it has to: what is moved into it and not used there would be cloned for nothing.
    let moved = cached.computes_behind().then(|| quote!(move));
    match function.flavour {
        Flavour::Sync => quote_spanned!(mixed=> #moved |__elements| -> #output { #clones #binds #elements #body }),
        Flavour::Boxed => quote_spanned!(mixed=> move |__elements| { #clones async move {
            #binds #elements
            let __call = move || -> #output #block;
            __call().await
        }}),
        // The first statement tells the type, as in a function that is not of many elements.
        Flavour::Async => quote_spanned!(mixed=> move |__elements| { #clones async move {
            if let #p::core::option::Option::Some(__ret) = #p::core::option::Option::None::<#returned> {
                return __ret;
            }
            #binds #elements
            #body
        }}),
    }
}

/// Binds the elements as the function takes them.
fn elements(cached: &Cached, each: &Each) -> TokenStream {
    let (p, mixed, Param { pat, ty, .. }) = (&cached.private, Span::mixed_site(), &each.whole.params[each.at]);
    let of = &cached.function.params[each.at].ty;
    match each.taken {
        Taken::Slice => quote_spanned!(mixed=>
            let __elements: #p::std::vec::Vec<#of> = __elements;
            #[allow(unused_variables)] let #pat: #ty = &__elements;
        ),
        Taken::Owned => quote_spanned!(mixed=>
            let __elements: #p::std::vec::Vec<#of> = __elements;
            #[allow(unused_variables)] let #pat: #ty = #p::core::iter::FromIterator::from_iter(__elements);
        ),
    }
}
