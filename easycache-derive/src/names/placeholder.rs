//! Resolves the expression of a placeholder: `user.name`, `choices[0]`, `url.path()`, `Self::CONST`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Expr, ExprPath, Ident, LitStr};

use super::{Mentions, Piece, Scope, Spec, Value, spec};
use crate::template::{Kind, Placeholder, Template};
use crate::tokens;

/// Stands for `{0}` while the expression is parsed.
const POSITION: &str = "__easycache_position_";

/// The meaning of a placeholder; mistakes are reported at the literal it stands in.
pub(super) fn resolve(
    found: &Placeholder,
    template: &Template,
    scope: &dyn Scope,
    mentions: &mut Mentions,
) -> syn::Result<Piece> {
    let span = template.literal.span();
    piece(found, span, scope, mentions).map_err(|mistake| {
        let (expr, kind) = (&found.expr, template.kind.name());
        let place = match template.kind {
            Kind::Element => format!("`{expr}` in the {kind}"),
            _ => format!("`{{{expr}}}` in the {kind} {}", template.literal.token()),
        };
        syn::Error::new(span, format!("{place}: {mistake}"))
    })
}

fn piece(found: &Placeholder, span: Span, scope: &dyn Scope, mentions: &mut Mentions) -> Result<Piece, String> {
    let value = if found.expr.is_empty() {
        scope.next()?
    } else {
        resolver(span, scope, mentions).value(&parse(&found.expr, tokens::site(span))?)?
    };
    match value {
        Value::Type(ident) if found.spec.is_empty() => Ok(Piece::Type(ident)),
        Value::Type(ident) => Err(format!("`{ident}` is a type, its name takes no format spec")),
        Value::Expr(expr) if found.spec.is_empty() => Ok(Piece::Value { expr, spec: None }),
        Value::Expr(expr) => {
            let mut args = Vec::new();
            for name in spec::names(&found.spec)? {
                let Value::Expr(value) = scope.name(name, span, mentions)? else {
                    return Err(format!("`{name}` is a type, not a number"));
                };
                args.push((Ident::new(name, tokens::site(span)), value));
            }
            Ok(Piece::Value { expr, spec: Some(Spec { format: spec::format(&found.spec, tokens::site(span)), args }) })
        }
    }
}

fn resolver<'a>(literal: Span, scope: &'a dyn Scope, mentions: &'a mut Mentions) -> Resolver<'a> {
    Resolver { literal, span: tokens::site(literal), scope, mentions }
}

/// Parses the text; all its tokens get the span of the literal.
fn parse(text: &str, span: Span) -> Result<Expr, String> {
    let digits = text.len() - text.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
    let text = if digits > 0 { format!("{POSITION}{text}") } else { text.to_owned() };
    LitStr::new(&text, span).parse().map_err(|error| format!("{error}; {FORMS}"))
}

const FORMS: &str = "expected a parameter, perhaps followed by fields, indexes or methods (`id`, `user.name`, `choices[0]`, `url.path()`, \
                     `self.id`); for more, give a closure over the parameters";

/// Resolves the identifiers of an expression, innermost first.
struct Resolver<'a> {
    /// Where the user's own names are visible.
    literal: Span,
    /// For everything else.
    span: Span,
    scope: &'a dyn Scope,
    mentions: &'a mut Mentions,
}

impl Resolver<'_> {
    fn value(&mut self, expr: &Expr) -> Result<Value, String> {
        match expr {
            Expr::Path(path) => self.path(path),
            other => self.expr(other).map(Value::Expr),
        }
    }

    fn expr(&mut self, expr: &Expr) -> Result<TokenStream, String> {
        let span = self.span;
        Ok(match expr {
            Expr::Path(path) => match self.path(path)? {
                Value::Expr(tokens) => tokens,
                Value::Type(ident) => {
                    return Err(format!("`{ident}` is a type, nothing can follow it but `::NAME`"));
                }
            },
            Expr::Field(field) => {
                let (base, member) = (self.expr(&field.base)?, &field.member);
                quote_spanned!(span=> #base.#member)
            }
            Expr::Index(index) => {
                let (base, at) = (self.expr(&index.expr)?, self.expr(&index.index)?);
                quote_spanned!(span=> #base[#at])
            }
            Expr::MethodCall(call) => {
                let (base, method, turbofish) = (self.expr(&call.receiver)?, &call.method, &call.turbofish);
                let args = call.args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>, _>>()?;
                quote_spanned!(span=> #base.#method #turbofish(#(#args),*))
            }
            other => return self.wrapped(other),
        })
    }

    /// Signs and brackets around an expression, and literals.
    fn wrapped(&mut self, expr: &Expr) -> Result<TokenStream, String> {
        let span = self.span;
        Ok(match expr {
            Expr::Lit(lit) => lit.to_token_stream(),
            Expr::Reference(reference) if reference.mutability.is_none() => {
                let inner = self.expr(&reference.expr)?;
                quote_spanned!(span=> &#inner)
            }
            Expr::Unary(unary) => {
                let (sign, inner) = (&unary.op, self.expr(&unary.expr)?);
                quote_spanned!(span=> #sign #inner)
            }
            Expr::Paren(paren) => {
                let inner = self.expr(&paren.expr)?;
                quote_spanned!(span=> (#inner))
            }
            _ => return Err(FORMS.to_owned()),
        })
    }

    fn path(&mut self, path: &ExprPath) -> Result<Value, String> {
        let Some(ident) = path.path.get_ident() else {
            if let Some(first) = path.path.segments.first() {
                self.scope.qualifier(&first.ident.to_string(), self.mentions);
            }
            return Ok(Value::Expr(quote!(#path)));
        };
        let name = ident.to_string();
        match name.strip_prefix(POSITION).map(str::parse) {
            Some(Ok(at)) => self.scope.position(at, self.mentions),
            _ => self.scope.name(name.strip_prefix("r#").unwrap_or(&name), self.literal, self.mentions),
        }
    }
}
