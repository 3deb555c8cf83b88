//! What comes with the function: invalidators, `refresh` and `entry`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};

use super::cached::{Names, call};
use super::{attributes, entry, many, names, run};
use crate::checked::Cached;
use crate::crate_path::Private;
use crate::function::{Flavour, is_result};
use crate::generics::prune;
use crate::names::Mentions;
use crate::tokens;

/// One of them.
#[derive(Debug)]
pub(super) struct Companion {
    /// How it is called, with what stands before the name.
    path: String,
    docs: Vec<String>,
    attrs: TokenStream,
    vis: TokenStream,
    signature: TokenStream,
    body: TokenStream,
}

impl Companion {
    /// The function.
    pub(super) fn item(&self) -> TokenStream {
        let Self { docs, attrs, vis, signature, body, .. } = self;
        quote!(#(#[doc = #docs])* #attrs #vis #signature { #body })
    }

    /// The signature, with the path to call it by.
    pub(super) fn shown(&self, private: &Private) -> String {
        let private = format!("{}::", tokens::pretty(private));
        let text = tokens::pretty(&self.signature);
        let text = text.replace(&format!("{private}core::result::"), "").replace(&private, "");
        let (qualifiers, rest) = text.split_once("fn ").unwrap_or(("", text.as_str()));
        format!("{qualifiers}fn {}{rest}", self.path)
    }
}

/// Everything that was declared. `rename` makes the name of each.
pub(super) fn companions(
    cached: &Cached,
    names: &Names,
    rename: impl Fn(&str) -> String,
    path: &str,
) -> Vec<Companion> {
    let maker = Maker { cached, names, rename: &rename, path };
    let mut all = maker.both("key", &cached.key_mentions(), "the entry of these arguments");
    if cached.tags.is_some() {
        all.extend(maker.both("tags", &cached.tags_mentions(), "all entries with one of these tags"));
    }
    if cached.prefix.is_some() {
        all.extend(maker.both("prefix", &cached.prefix_mentions(), "all entries below this prefix"));
    }
    all.extend([maker.refresh(), maker.entry()]);
    all.extend(many::has_many(cached).then(|| maker.many()));
    all
}

struct Maker<'a> {
    cached: &'a Cached,
    names: &'a Names,
    rename: &'a dyn Fn(&str) -> String,
    path: &'a str,
}

impl Maker<'_> {
    /// What invalidates, and what expires.
    fn both(&self, what: &str, mentions: &Mentions, whom: &str) -> Vec<Companion> {
        let expires = format!(
            "Expires {whom}: not fresh any more, but to be served where a policy says that expired values may be."
        );
        vec![
            self.invalidator("invalidate", what, mentions, &format!("Invalidates {whom}.")),
            self.invalidator("expire", what, mentions, &expires),
        ]
    }

    fn invalidator(&self, verb: &str, what: &str, mentions: &Mentions, doc: &str) -> Companion {
        let (cached, p, mixed) = (self.cached, &self.cached.private, Span::mixed_site());
        let name = self.name(&format!("{verb}_by_{what}"));
        let verb = if verb == "expire" { quote!(Expire) } else { quote!(Invalidate) };
        let (inputs, generics) = self.some(mentions);
        let clause = &generics.where_clause;
        let (variant, wanted) = match what {
            "key" => (quote!(Key), names::Wanted { key: true, prefix: true, tags: false }),
            "tags" => (quote!(Tags), names::Wanted { key: false, prefix: false, tags: true }),
            _ => (quote!(Prefix), names::Wanted { key: false, prefix: true, tags: false }),
        };
        let (Names { owner, site, .. }, cache, names) = (self.names, run::cache(cached), names::names(cached, wanted));
        let args = quote_spanned!(mixed=> (#owner::#site(), #cache, #p::Verb::#verb, #p::What::#variant, #names));
        let (asyncness, body) = match cached.function.flavour {
            Flavour::Sync => (None, quote!(#p::outdate_blocking #args)),
            Flavour::Async | Flavour::Boxed => (Some(quote!(async)), quote!(#p::outdate #args.await)),
        };
        let output = quote!(#p::core::result::Result<#p::Invalidated, #p::Error>);
        let docs = format!(" {doc}\n\n # Errors\n\n If the cache cannot be reached: then it is not done.");
        self.companion(&docs, quote!(#asyncness fn #name #generics(#inputs) -> #output #clause), body)
    }

    fn refresh(&self) -> Companion {
        let (cached, p) = (self.cached, &self.cached.private);
        let name = self.name("refresh");
        let function = cached.whole();
        let receiver = function.receiver();
        let inputs = receiver.into_iter().chain(function.params.iter().map(crate::function::Param::plain));
        let body = call(cached, self.names, &quote!(#p::Mode::Refresh));
        let errors = if is_result(&function.returned) { "\n\n # Errors\n\n Those of the function itself." } else { "" };
        let docs = format!(" Computes the value now, stores and returns it.{errors}");
        self.companion(&docs, function.signature(&name, &quote!(#(#inputs),*)), body)
    }

    fn entry(&self) -> Companion {
        let name = self.name("entry");
        let entry = entry::entry(self.cached, self.names, &name);
        self.companion(" The entry of these arguments: to look at, to put, to explain.", entry.signature, entry.body)
    }

    fn many(&self) -> Companion {
        let many = many::many(self.cached, self.names, &self.name("many"));
        let docs = " The values of many arguments, in their order: what is there in one step, and the rest computed.";
        self.companion(docs, many.signature, many.body)
    }

    fn name(&self, companion: &str) -> Ident {
        format_ident!("{}", (self.rename)(companion), span = tokens::site(self.cached.function.name().span()))
    }

    /// Only the mentioned parameters, and the generics that they need.
    fn some(&self, mentions: &Mentions) -> (TokenStream, syn::Generics) {
        let function = &self.cached.function;
        let params: Vec<_> = mentions.params.iter().map(|at| &function.params[*at]).collect();
        let types = params.iter().flat_map(|param| tokens::words(param.ty.to_token_stream()));
        let used = types.chain(mentions.generics.iter().cloned()).collect();
        let receiver = function.self_token().filter(|_| mentions.receiver).map(|token| quote!(&#token));
        let inputs = receiver.into_iter().chain(params.iter().map(|param| param.plain()));
        (quote!(#(#inputs),*), prune(&function.sig.generics, &used))
    }

    fn companion(&self, docs: &str, signature: TokenStream, body: TokenStream) -> Companion {
        let function = &self.cached.function;
        let (follow, silence, vis) = (attributes::companion(&function.attrs), attributes::silence(), &function.vis);
        Companion {
            path: self.path.to_owned(),
            docs: docs.lines().map(str::to_owned).collect(),
            attrs: quote!(#(#follow)* #silence),
            vis: quote!(#vis),
            signature,
            body,
        }
    }
}
