//! What the user wrote between the parentheses of an attribute.

mod cached;
mod each;
mod invalidates;
mod late;
mod names;
mod object;
mod ttl;

use std::collections::HashSet;

pub(crate) use self::cached::{CacheNone, CachedArgs, Companions};
pub(crate) use self::each::EachArg;
pub(crate) use self::invalidates::InvalidatesArgs;
pub(crate) use self::late::LateArgs;
pub(crate) use self::names::{KeyArg, TagsArg};
pub(crate) use self::object::ObjectArgs;
pub(crate) use self::ttl::{Ttl, TtlArg};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Token};

use crate::errors::{Errors, closest, listed, refuse};

/// `name = value`, a flag, or (first) a value alone.
#[derive(Debug, Clone)]
pub(crate) struct Arg {
    pub(crate) name: Option<Ident>,
    pub(crate) value: Option<Expr>,
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
            let name = input.call(Ident::parse_any)?;
            input.parse::<Token![=]>()?;
            if EachArg::is_next(input) {
                let each: EachArg = input.parse()?;
                return Ok(Self { name: Some(name), value: Some(Expr::Verbatim(quote!(#each))) });
            }
            return Ok(Self { name: Some(name), value: Some(value(input)?) });
        }
        if input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
            let name = input.call(Ident::parse_any)?;
            return Err(input.error(format!("a value follows `=`: write `{name} = …`")));
        }
        let value: Expr = input.parse()?;
        match flag(&value) {
            Some(name) => Ok(Self { name: Some(name), value: None }),
            None => Ok(Self { name: None, value: Some(value) }),
        }
    }
}

/// An expression; or settings in braces, which are none.
fn value(input: ParseStream<'_>) -> syn::Result<Expr> {
    if input.peek(syn::token::Brace) && input.fork().parse::<Expr>().is_err() {
        let group: proc_macro2::Group = input.parse()?;
        return Ok(Expr::Verbatim(group.into_token_stream()));
    }
    input.parse()
}

impl ToTokens for Arg {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { name, value } = self;
        tokens.extend(match (name, value) {
            (Some(name), Some(value)) => quote!(#name = #value),
            (Some(name), None) => quote!(#name),
            (None, value) => quote!(#value),
        });
    }
}

/// All arguments of one attribute.
#[derive(Debug, Clone, Default)]
pub(crate) struct Args(pub(crate) Vec<Arg>);

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let args = Punctuated::<Arg, Token![,]>::parse_terminated(input)?;
        Ok(Self(args.into_iter().collect()))
    }
}

impl Args {
    /// Calls `set` with every named argument, `key` being the name of a first one without; duplicates are
    /// mistakes, and so is what `set` does not know.
    pub(crate) fn each(
        self,
        attribute: &Known,
        errors: &mut Errors,
        mut set: impl FnMut(&str, &Arg, &mut Errors) -> bool,
    ) {
        let mut seen = HashSet::new();
        for (at, mut arg) in self.0.into_iter().enumerate() {
            if arg.name.is_none() {
                if at > 0 || !attribute.positional {
                    errors.at(&arg, attribute.unnamed(at));
                    continue;
                }
                let span = arg.value.as_ref().map_or_else(Span::call_site, syn::spanned::Spanned::span);
                arg.name = Some(Ident::new("key", span));
            }
            let Some(ident) = &arg.name else { continue };
            let name = ident.unraw().to_string();
            if !seen.insert(name.clone()) {
                errors.at(&arg, format!("`{name}` is given twice"));
            } else if !set(&name, &arg, errors) {
                errors.at(ident, attribute.unknown(&name));
            }
        }
    }
}

/// The arguments an attribute knows.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) attribute: &'static str,
    pub(crate) positional: bool,
    pub(crate) names: &'static [&'static str],
}

impl Known {
    fn unknown(&self, name: &str) -> String {
        let hint = closest(name, self.names.iter().copied());
        match hint {
            Some(hint) => format!("unknown argument `{name}`: did you mean `{hint}`?"),
            None => format!("unknown argument `{name}`: `#[{}]` takes {}", self.attribute, listed(self.names)),
        }
    }

    fn unnamed(&self, at: usize) -> String {
        if self.positional && at > 0 {
            "only the first argument, the key, may stand without a name: write what this is, as in `ttl = …`".to_owned()
        } else {
            let example = self.names.first().copied().unwrap_or_default();
            format!("an argument of `#[{}]` needs a name: write what this is, as in `{example} = …`", self.attribute)
        }
    }
}

/// A word that stands alone and is, or was meant to be, a flag.
fn flag(value: &Expr) -> Option<Ident> {
    const FLAGS: [&str; 5] = ["local", "shared", "assoc", "inherit", "expire"];
    let Expr::Path(path) = value else { return None };
    let name = path.path.get_ident()?;
    let text = name.to_string();
    let known = [&cached::KNOWN, &invalidates::KNOWN, &object::KNOWN]
        .iter()
        .any(|attribute| attribute.names.contains(&text.as_str()));
    (known || closest(&text, FLAGS).is_some()).then(|| name.clone())
}

/// The expression without the invisible groups that `macro_rules!` fragments come in.
pub(crate) fn peel(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}

/// The value after the `=`.
pub(crate) fn needed(arg: &Arg) -> syn::Result<&Expr> {
    arg.value
        .as_ref()
        .map_or_else(|| refuse(arg, format!("this needs a value: `{} = …`", quote!(#arg))), |value| Ok(peel(value)))
}

/// A string literal.
pub(crate) fn string(arg: &Arg, what: &str) -> syn::Result<LitStr> {
    match needed(arg)? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        other => refuse(other, format!("expected {what} in quotes")),
    }
}

/// `on_error = "compute"` or `"fail"`: whether errors of the cache are returned, and where that is asked for.
pub(crate) fn fails(arg: &Arg, meaning_of_compute: &str) -> syn::Result<Option<Span>> {
    let text = string(arg, "\"compute\" or \"fail\"")?;
    match text.value().as_str() {
        "compute" => Ok(None),
        "fail" => Ok(Some(text.span())),
        _ => refuse(
            text,
            format!(
                "`on_error` is \"compute\" ({meaning_of_compute}, the default) or \"fail\" (the function returns the cache's error)"
            ),
        ),
    }
}

/// `name`, `name = true` or `name = false`.
pub(crate) fn switch(arg: &Arg) -> syn::Result<bool> {
    match arg.value.as_ref().map(peel) {
        None => Ok(true),
        Some(Expr::Lit(ExprLit { lit: Lit::Bool(yes), .. })) => Ok(yes.value),
        Some(other) => refuse(other, "this is a switch: write just its name, or `= false`"),
    }
}
