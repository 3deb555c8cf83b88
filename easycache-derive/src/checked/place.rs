//! Where the companions go, and which cache is asked.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Expr, Ident};

use crate::args::{CachedArgs, Companions, KeyArg, TagsArg};
use crate::errors::Errors;
use crate::function::Function;
use crate::names::Mentions;
use crate::tokens;

/// Where the function stands, and thus its companions.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// Outside of any `impl`: an empty enum of this name takes them.
    Free(Ident),
    /// Inside one: they are siblings whose names start with this.
    Assoc(Ident),
    /// There are none. `true`: inside an `impl`, `Self` is a type.
    Inline(bool),
}

impl Place {
    pub(crate) fn check(args: &CachedArgs, function: &Function, errors: &mut Errors) -> Self {
        let assoc = args.assoc
            || function.self_token().is_some()
            || function.mentions_self_type()
            || args_mention_self_type(args);
        match &args.companions {
            Companions::Off => Self::Inline(assoc),
            Companions::Own if assoc => Self::Assoc(function.name().unraw()),
            Companions::Named(name) if assoc => Self::Assoc(name.unraw()),
            Companions::Own => {
                taken(function.name(), errors);
                Self::Free(function.name().clone())
            }
            Companions::Named(name) => {
                taken(name, errors);
                Self::Free(name.clone())
            }
        }
    }

    /// Is there a `Self` that is not ours?
    pub(crate) const fn has_self_type(&self) -> bool {
        matches!(self, Self::Assoc(_) | Self::Inline(true))
    }
}

/// Names of types and crates that are in scope everywhere, and that an enum of the same name would hide.
fn taken(name: &Ident, errors: &mut Errors) {
    const TAKEN: [&str; 24] = [
        "bool",
        "char",
        "str",
        "u8",
        "u16",
        "u32",
        "u64",
        "u128",
        "usize",
        "i8",
        "i16",
        "i32",
        "i64",
        "i128",
        "isize",
        "f16",
        "f32",
        "f64",
        "f128",
        "std",
        "core",
        "alloc",
        "easycache",
        "proc_macro",
    ];
    let text = name.unraw().to_string();
    if TAKEN.contains(&text.as_str()) {
        errors.at(
            name,
            format!("the companions of `{text}` need a type of that name, and there is one already: add `companions = {text}_cache` (any free name), or `companions = false`"),
        );
    }
}

/// Does an argument speak of `Self`?
fn args_mention_self_type(args: &CachedArgs) -> bool {
    let text = |text: &syn::LitStr| text.value().contains("Self::");
    let closures = [&args.ttl_from, &args.tags_from, &args.cache_if];
    let closures = closures.into_iter().flatten().map(quote::ToTokens::to_token_stream);
    let tags = match &args.tags {
        Some(TagsArg::Templates(tags)) => tags.iter().any(text),
        Some(TagsArg::Closure(closure)) => tokens::mentions(closure.to_token_stream(), "Self"),
        None => false,
    };
    let key = match &args.key {
        KeyArg::Automatic => false,
        KeyArg::Template(template) => text(template),
        KeyArg::List(list) => list.iter().any(|item| tokens::mentions(item.to_token_stream(), "Self")),
        KeyArg::Closure(closure) => tokens::mentions(closure.to_token_stream(), "Self"),
        KeyArg::Path(path) => tokens::mentions(path.to_token_stream(), "Self"),
    };
    let ttl = match &args.ttl {
        Some(crate::args::TtlArg::Expr(expr)) => Some(expr.to_token_stream()),
        Some(crate::args::TtlArg::Closure(closure)) => Some(closure.to_token_stream()),
        _ => None,
    };
    let exprs = args.cache.as_ref().map(quote::ToTokens::to_token_stream);
    let mut rest = closures.chain(ttl).chain(exprs);
    key || tags || args.prefix.as_ref().is_some_and(text) || rest.any(|tokens| tokens::mentions(tokens, "Self"))
}

/// `cache = expr`, the names in it made the function's own.
#[derive(Debug)]
pub(crate) struct CacheExpr {
    pub(crate) tokens: TokenStream,
    pub(crate) mentions: Mentions,
}

impl CacheExpr {
    pub(crate) fn read(expr: &Expr, function: &Function) -> Self {
        let mentions = std::cell::RefCell::new(Mentions::default());
        let own = |ident: &Ident| -> Option<TokenTree> {
            if ident == "self" {
                mentions.borrow_mut().receiver = true;
                let receiver = function.self_token()?;
                return Some(TokenTree::Ident(Ident::new("self", receiver.span.located_at(ident.span()))));
            }
            let at = function.params.iter().position(|param| param.name.as_ref() == Some(ident))?;
            mentions.borrow_mut().params.insert(at);
            let mut own = function.params[at].name.clone()?;
            own.set_span(own.span().located_at(ident.span()));
            Some(TokenTree::Ident(own))
        };
        let tokens = tokens::replace_values(expr.to_token_stream(), &own);
        Self { tokens, mentions: mentions.into_inner() }
    }
}
