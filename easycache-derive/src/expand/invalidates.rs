//! A function after whose success names are invalidated.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::values::{Scene, When};
use super::{attributes, names, run};
use crate::function::{Flavour, Param};
use crate::invalidates::Invalidates;
use crate::names::{Rendered, Tags};
use crate::tokens::{self, local};

/// The function, with its names taken before the body and sent after it.
pub(crate) fn invalidates(it: &Invalidates) -> TokenStream {
    let (p, mixed, function) = (&it.private, Span::mixed_site(), &it.function);
    let statements = statements(it);
    let statements = match function.flavour {
        Flavour::Boxed => quote!(#p::std::boxed::Box::pin(async move { #statements })),
        Flavour::Sync | Flavour::Async => statements,
    };
    let attrs = &function.attrs;
    let inner = attributes::body(&[], &function.inner);
    let (vis, defaultness) = (&function.vis, &function.defaultness);
    let receiver = function.sig.receiver().into_iter().map(|receiver| quote!(#receiver));
    let inputs = receiver.chain(function.params.iter().map(Param::written));
    let signature = function.signature(&function.sig.ident, &quote!(#(#inputs),*));
    quote_spanned!(mixed=> #(#attrs)* #(#inner)* #vis #defaultness #signature { #statements })
}

fn statements(it: &Invalidates) -> TokenStream {
    let (p, mixed) = (&it.private, Span::mixed_site());
    let scene = Scene { function: &it.function, private: p };
    let path = scene.path();
    let alias = it.alias.iter().map(|alias| quote!(.alias(#alias)));
    let (cache, targets) = (run::cache_option(it.cache.as_ref(), p), targets(it, scene));
    let call = call(scene);
    let settle = settle(it, scene);
    let verb = if it.expire { quote!(Expire) } else { quote!(Invalidate) };
    quote_spanned! {mixed=>
        static __EASYCACHE_SITE: #p::Site = #p::Site::new(#path) #(#alias)*;
        #[allow(clippy::used_underscore_binding)]
        let __armed = #p::arm(&__EASYCACHE_SITE, #cache, #p::Verb::#verb, #targets);
        let __returned = #call;
        #settle
    }
}

/// Invalidates, and gives back what the body returned; or the cache's error, where that is asked for.
fn settle(it: &Invalidates, scene: Scene<'_>) -> TokenStream {
    let (p, mixed) = (&it.private, Span::mixed_site());
    let wait = it.function.is_async().then(|| quote!(.await));
    let how = match (it.function.is_async(), it.fails) {
        (true, false) => quote!(settle),
        (false, false) => quote!(settle_blocking),
        (true, true) => quote!(try_settle),
        (false, true) => quote!(try_settle_blocking),
    };
    let settle = quote_spanned!(mixed=> #p::Armed::#how(__armed, #p::failed!(__returned)) #wait);
    if !it.fails {
        return quote_spanned!(mixed=> #settle; __returned);
    }
    let span = scene.returned_span();
    let (p, returned) = (p.at(span), tokens::local_at("returned", span));
    let blame = quote_spanned!(span=> #p::or_fail(#returned, __settled));
    quote_spanned!(mixed=> let __settled = #settle; #blame)
}

/// Runs the body.
fn call(scene: Scene<'_>) -> TokenStream {
    let (p, mixed, returned) = (scene.private, Span::mixed_site(), scene.returned());
    if scene.function.is_async() {
        let body = run::body(scene);
        return quote!((#body).await);
    }
    // As an argument that is called once the closure may give back what it borrows; called by itself it could not.
    let block = scene.function.block();
    quote_spanned! {mixed=>
        #p::core::option::Option::unwrap_or_else(#p::core::option::Option::None::<#returned>, move || #block)
    }
}

/// `|__targets| { … }`
fn targets(it: &Invalidates, scene: Scene<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    let keys = it.keys.iter().map(|keys| each(keys, "write_key", scene));
    let prefixes = it.prefixes.iter().map(|prefixes| each(prefixes, "write_prefix", scene));
    let tags = it.tags.iter().map(|tags| each_tag(tags, scene));
    let statements = quote!(#(#keys)* #(#prefixes)* #(#tags)*);
    if statements.is_empty() { quote!(|_| {}) } else { quote_spanned!(mixed=> |__targets| { #statements }) }
}

fn each_tag(tags: &Tags, scene: Scene<'_>) -> TokenStream {
    match tags {
        Tags::Templates(_) => each(tags, "write_tag", scene),
        Tags::Closure(closure) => {
            let (binds, tags) = scene.bound(closure, When::Before);
            let to = local("targets");
            quote_spanned!(tokens::site(closure.body.span())=> { #binds #to.write_tags(#tags); })
        }
    }
}

fn each(names: &Tags, method: &str, scene: Scene<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    let method = syn::Ident::new(method, mixed);
    match names {
        Tags::Templates(templates) => {
            let texts = templates.iter().map(|template: &Rendered| names::text(template, scene.private));
            quote_spanned!(mixed=> #(__targets.#method(|__text| { #texts });)*)
        }
        Tags::Closure(closure) => {
            let (binds, text) = scene.bound(closure, When::Before);
            quote_spanned!(mixed=> __targets.#method(|__text| { #binds __text.raw(#text); });)
        }
    }
}
