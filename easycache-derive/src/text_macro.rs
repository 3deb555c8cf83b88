//! `cache_key!` and `tag!`: templates over the names in scope.

use std::cell::Cell;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::{Expr, Ident, LitStr};

use crate::args::{Args, peel};
use crate::crate_path::{self, Private};
use crate::errors::{Errors, refuse};
use crate::expand;
use crate::names::{Mentions, Rendered, Scope, Value};
use crate::template::Kind;

/// The expansion of the macro.
pub(crate) fn expand(kind: Kind, input: TokenStream) -> syn::Result<TokenStream> {
    let args: Args = syn::parse2(input)?;
    let Some((literal, scope, private)) = read(args)? else {
        return Err(syn::Error::new(Span::call_site(), "expected a template: \"user:{id}\""));
    };
    let rendered = Rendered::read(kind, &literal, &scope)?;
    scope.unused()?;
    let (text, mixed) = (expand::text(&rendered, &private), Span::mixed_site());
    Ok(quote_spanned! {mixed=> {
        let mut __text = #private::Text::new();
        #text
        __text.finish()
    }})
}

/// Template, arguments and crate.
fn read(args: Args) -> syn::Result<Option<(LitStr, Open, Private)>> {
    let mut args = args.0.into_iter();
    let Some(first) = args.next() else {
        return Ok(None);
    };
    let literal = match first.value.as_ref().map(peel) {
        Some(Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(literal), .. })) if first.name.is_none() => literal.clone(),
        _ => {
            return refuse(
                &first,
                "the first argument is the template, a string literal: its signs are checked at compile time",
            );
        }
    };
    let (mut scope, mut private) = (Open::default(), Private::default());
    for arg in args {
        match (arg.name, arg.value) {
            (Some(name), Some(value)) if name == "crate" => private = Private::of(&crate_path::parse(&value)?),
            (Some(name), Some(value)) => scope.named.push((name, value, Cell::new(false))),
            (Some(name), None) => scope.positional.push(syn::parse_quote!(#name)),
            (None, Some(value)) => scope.positional.push(value),
            (None, None) => {}
        }
    }
    scope.used = scope.positional.iter().map(|_| Cell::new(false)).collect();
    Ok(Some((literal, scope, private)))
}

/// The names around the macro, and its further arguments.
#[derive(Debug, Default)]
struct Open {
    positional: Vec<Expr>,
    named: Vec<(Ident, Expr, Cell<bool>)>,
    used: Vec<Cell<bool>>,
    next: Cell<usize>,
}

impl Open {
    fn unused(&self) -> syn::Result<()> {
        let mut errors = Errors::default();
        let unused = self.positional.iter().zip(&self.used).filter(|(_, used)| !used.get());
        unused.for_each(|(value, _)| errors.at(value, "no placeholder uses this"));
        let unused = self.named.iter().filter(|(.., used)| !used.get());
        unused.for_each(|(name, ..)| errors.at(name, format!("no placeholder uses this: there is no `{{{name}}}`")));
        errors.finish()
    }
}

impl Scope for Open {
    fn name(&self, name: &str, span: Span, _: &mut Mentions) -> Result<Value, String> {
        if let Some((_, value, used)) = self.named.iter().find(|(known, ..)| known == name) {
            used.set(true);
            return Ok(Value::Expr(quote_spanned!(Span::mixed_site()=> (#value))));
        }
        Ok(Value::Expr(Ident::new(name, span).into_token_stream()))
    }

    fn position(&self, at: usize, _: &mut Mentions) -> Result<Value, String> {
        let Some(value) = self.positional.get(at) else {
            return Err(format!("there is no argument number {at}, counted from 0"));
        };
        self.used[at].set(true);
        Ok(Value::Expr(quote_spanned!(Span::mixed_site()=> (#value))))
    }

    fn next(&self) -> Result<Value, String> {
        let at = self.next.replace(self.next.get() + 1);
        self.position(at, &mut Mentions::default())
    }

    fn qualifier(&self, _: &str, _: &mut Mentions) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(kind: Kind, input: &str) -> String {
        expand(kind, input.parse().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn mistakes_name_the_remedy() {
        assert!(mistake(Kind::Tag, "").contains("expected a template"));
        assert!(mistake(Kind::Tag, "name").contains("the first argument is the template"));
        assert!(mistake(Kind::Tag, "\"a|b\"").contains("reserved"));
        assert!(mistake(Kind::FullKey, "\"a:{}\"").contains("no argument number 0"));
        assert!(mistake(Kind::FullKey, "\"a\", x").contains("no placeholder uses this"));
        assert!(mistake(Kind::FullKey, "\"a:{x}{y}\"").contains("side by side"));
    }
}
