//! The function, with its run-time part beside it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::{attributes, companions, docs, many, run, site};
use crate::checked::{Cached, Place};
use crate::function::Flavour;
use crate::names::Key;
use crate::tokens;

/// Everything that the attribute stands for.
pub(crate) fn cached(cached: &Cached) -> TokenStream {
    match &cached.place {
        Place::Inline(_) => inline(cached),
        Place::Free(name) => free(cached, name),
        Place::Assoc(base) => assoc(cached, base),
    }
}

/// Without companions: all inside of the function.
fn inline(cached: &Cached) -> TokenStream {
    let (p, mixed, function) = (&cached.private, Span::mixed_site(), cached.whole());
    let site = site::site(cached);
    let path = matches!(cached.key, Key::Automatic | Key::List(_)).then(here);
    let call = run::run(cached, &quote!(&__EASYCACHE_SITE), &quote!(#p::Mode::Read), run::compute);
    let (attrs, docs) = (attributes::own(&function.attrs), docs::docs(cached, &[]));
    let body_attrs = attributes::body(&[], &function.inner);
    let (vis, defaultness) = (&function.vis, &function.defaultness);
    let receiver = function.sig.receiver().into_iter().map(|receiver| quote!(#receiver));
    let inputs = receiver.chain(params(cached, cached.each.is_some()));
    let signature = function.signature(&function.sig.ident, &quote!(#(#inputs),*));
    quote_spanned! {mixed=>
        #(#attrs)* #docs #(#body_attrs)*
        #vis #defaultness #signature {
            static __EASYCACHE_SITE: #p::Site = #site;
            #path
            #call
        }
    }
}

/// A type inside of the function, for the sake of its path.
fn here() -> TokenStream {
    quote! {
        #[allow(dead_code, clippy::all, clippy::pedantic)]
        enum __EasycacheHere {}
    }
}

fn free(cached: &Cached, name: &Ident) -> TokenStream {
    let function = &cached.function;
    let names = Names {
        owner: quote!(#name),
        run: format_ident!("__run"),
        body: format_ident!("__body"),
        site: format_ident!("__name_is_taken_so_write_companions_other_name"),
    };
    let companions = companions::companions(cached, &names, str::to_owned, &format!("{name}::"));
    let (call, hidden) = (forward(cached, &names, &companions), hidden(cached, &names));
    let (p, cfg, vis) = (&cached.private, attributes::cfg(&function.attrs), &function.vis);
    let companions = companions.iter().map(companions::Companion::item);
    quote! {
        #call
        #p::companions_need_a_free_name_and_in_an_impl_block_the_argument_assoc! {
            #(#cfg)*
            #vis #name {
                #hidden
                #(#companions)*
            }
        }
    }
}

fn assoc(cached: &Cached, base: &Ident) -> TokenStream {
    let place = tokens::site(cached.function.name().span());
    let names = Names {
        owner: quote!(Self),
        run: format_ident!("__{base}_run", span = place),
        body: format_ident!("__{base}_body", span = place),
        // What the compiler says about it where it cannot be.
        site: format_ident!("__{base}_is_in_a_trait_impl_so_write_companions_false", span = place),
    };
    let companions = companions::companions(cached, &names, |companion| format!("{base}_{companion}"), "");
    let (call, hidden) = (forward(cached, &names, &companions), hidden(cached, &names));
    let companions = companions.iter().map(companions::Companion::item);
    quote!(#call #hidden #(#companions)*)
}

/// What the parts that are not for users are called.
pub(super) struct Names {
    pub(super) owner: TokenStream,
    pub(super) run: Ident,
    pub(super) body: Ident,
    pub(super) site: Ident,
}

/// The function as users see it.
fn forward(cached: &Cached, names: &Names, companions: &[companions::Companion]) -> TokenStream {
    let (p, function) = (&cached.private, cached.whole());
    let (attrs, docs) = (attributes::own(&function.attrs), docs::docs(cached, companions));
    let (vis, defaultness) = (&function.vis, &function.defaultness);
    let call = call(cached, names, &quote!(#p::Mode::Read));
    let receiver = function.receiver();
    let inputs = receiver.into_iter().chain(function.params.iter().map(crate::function::Param::plain));
    let signature = function.signature(&function.sig.ident, &quote!(#(#inputs),*));
    quote! {
        #(#attrs)* #docs
        #vis #defaultness #signature {
            #call
        }
    }
}

/// Calls the run-time part with the function's own parameters.
pub(super) fn call(cached: &Cached, Names { owner, run, .. }: &Names, mode: &TokenStream) -> TokenStream {
    let mixed = Span::mixed_site();
    let wait = (cached.function.flavour == Flavour::Async).then(|| quote!(.await));
    let call = by_name(cached, &quote!(#owner::#run), &quote!(#mode,));
    let function = cached.whole();
    if function.params.iter().any(crate::function::Param::is_underscored) {
        return quote_spanned!(mixed=> #[allow(clippy::used_underscore_binding)] let __call = #call; __call #wait);
    }
    quote!(#call #wait)
}

/// Calls the user's body where it is a function of its own.
pub(super) fn call_body(cached: &Cached, Names { owner, body, .. }: &Names) -> TokenStream {
    by_name(cached, &quote!(#owner::#body), &TokenStream::new())
}

/// Calls something with the function's own parameters.
fn by_name(cached: &Cached, path: &TokenStream, mode: &TokenStream) -> TokenStream {
    let function = cached.whole();
    let turbofish = function.turbofish();
    let receiver = function.self_token().map(|token| quote!(#token,));
    let args = function.params.iter().map(|param| &param.forward);
    quote_spanned!(Span::mixed_site()=> #path #turbofish(#receiver #mode #(#args),*))
}

/// The parameters: plain where their patterns are bound in the body.
fn params(cached: &Cached, plain: bool) -> impl Iterator<Item = TokenStream> {
    cached.whole().params.iter().map(move |param| if plain { param.plain() } else { param.written() })
}

/// The run-time part and its `static`, which is the first to be missing where neither can be.
fn hidden(cached: &Cached, names: &Names) -> TokenStream {
    let (p, mixed, function) = (&cached.private, Span::mixed_site(), cached.whole());
    let (cfg, attrs) = (attributes::cfg(&function.attrs), attributes::body(&function.attrs, &function.inner));
    let (Names { owner, run, site, .. }, statik) = (names, site::site(cached));
    let mode = quote_spanned!(mixed=> __mode);
    // Where the body is called from two places, it is a function of its own.
    let apart = cached.function.flavour == Flavour::Sync && many::has_many(cached);
    let compute = |cached: &Cached| if apart { run::compute_apart(cached, names) } else { run::compute(cached) };
    let statements = run::run(cached, &quote!(#owner::#site()), &mode, compute);
    let body = apart.then(|| body(cached, names));
    let receiver = function.sig.receiver().into_iter().map(|receiver| quote!(#receiver));
    let inputs = receiver.chain([quote!(#mode: #p::Mode)]).chain(params(cached, apart || cached.each.is_some()));
    let signature = function.signature(run, &quote!(#(#inputs),*));
    quote_spanned! {mixed=>
        #(#cfg)*
        #[doc(hidden)]
        #[allow(clippy::all, clippy::pedantic, clippy::nursery)]
        fn #site() -> &'static #p::Site {
            static SITE: #p::Site = #statik;
            &SITE
        }
        #(#attrs)*
        #[doc(hidden)]
        #[allow(clippy::too_many_arguments, clippy::type_complexity)]
        #signature {
            #statements
        }
        #body
    }
}

/// The user's body as a function of its own.
fn body(cached: &Cached, names: &Names) -> TokenStream {
    let function = &cached.function;
    let attrs = attributes::body(&function.attrs, &function.inner);
    let receiver = function.sig.receiver().into_iter().map(|receiver| quote!(#receiver));
    let inputs = receiver.chain(params(cached, false));
    let (signature, body) = (function.signature(&names.body, &quote!(#(#inputs),*)), &function.body);
    // What only the names need is not unused.
    let needed = cached.named_params().into_iter().map(|at| &function.params[at].forward);
    quote_spanned! {Span::mixed_site()=>
        #(#attrs)*
        #[doc(hidden)]
        #[allow(clippy::too_many_arguments, clippy::type_complexity)]
        #signature {
            #(let _ = &#needed;)*
            #body
        }
    }
}
