//! What may be done with values that are not fresh any more, or will not be for long.

use proc_macro2::Span;
use syn::{Expr, ExprLit, Lit, LitFloat};

use super::{Arg, Ttl, needed, string};
use crate::errors::{Errors, refuse};

/// The arguments that are about it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LateArgs {
    pub(crate) revalidate: Option<Ttl>,
    pub(crate) on_error: Option<Ttl>,
    pub(crate) early: Option<LitFloat>,
    /// Where it is said who refreshes, unless it is done in the background.
    pub(crate) inline: Option<Span>,
}

impl LateArgs {
    /// Takes an argument, if it is one of these.
    pub(super) fn read(&mut self, name: &str, arg: &Arg, errors: &mut Errors) -> bool {
        match name {
            "stale_while_revalidate" => self.revalidate = errors.take(window(name, arg)),
            "stale_if_error" => self.on_error = errors.take(window(name, arg)),
            "early_refresh" => self.early = errors.take(eagerness(arg)).flatten(),
            "refresh" => self.inline = errors.take(refresh(arg)).flatten(),
            _ => return false,
        }
        true
    }

    /// The argument that has computations run in the background, if one does.
    pub(crate) fn background(&self) -> Option<&'static str> {
        let revalidate = self.revalidate.as_ref().map(|_| "stale_while_revalidate");
        let asked = revalidate.or_else(|| self.early.as_ref().map(|_| "early_refresh"));
        asked.filter(|_| self.inline.is_none())
    }
}

/// For how long an expired value is served.
fn window(name: &str, arg: &Arg) -> syn::Result<Ttl> {
    let value = needed(arg)?;
    let Expr::Lit(ExprLit { lit: lit @ (Lit::Str(_) | Lit::Int(_)), .. }) = value else {
        return refuse(
            value,
            format!("`{name}` says for how long an expired value is served: a string (\"30s\") or whole seconds (30)"),
        );
    };
    let window = Ttl::any(lit)?;
    if window.duration.is_zero() {
        return refuse(value, format!("`{name}` of zero serves nothing: leave it out"));
    }
    Ok(window)
}

/// How eager readers are to refresh.
fn eagerness(arg: &Arg) -> syn::Result<Option<LitFloat>> {
    let number = match &arg.value {
        None => return Ok(Some(LitFloat::new("1.0", Span::call_site()))),
        Some(Expr::Lit(ExprLit { lit: Lit::Bool(yes), .. })) => {
            return Ok(yes.value.then(|| LitFloat::new("1.0", yes.span())));
        }
        Some(Expr::Lit(ExprLit { lit: Lit::Float(number), .. })) => number.clone(),
        Some(Expr::Lit(ExprLit { lit: Lit::Int(number), .. })) => {
            LitFloat::new(&format!("{}.0", number.base10_digits()), number.span())
        }
        Some(other) => {
            return refuse(
                other,
                "`early_refresh` stands alone, or says how eager readers are: 1.0 is usual, 2.0 is twice as early",
            );
        }
    };
    let eagerness = number.base10_parse::<f64>()?;
    if eagerness > 0.0 && eagerness <= 100.0 {
        return Ok(Some(number));
    }
    refuse(number, "`early_refresh` is more than 0 and at most 100: 1.0 is usual, 2.0 is twice as early")
}

/// Who refreshes.
fn refresh(arg: &Arg) -> syn::Result<Option<Span>> {
    let text = string(arg, "\"background\" or \"inline\"")?;
    match text.value().as_str() {
        "background" => Ok(None),
        "inline" => Ok(Some(text.span())),
        _ => refuse(
            text.clone(),
            "`refresh` is \"background\" (nobody waits, the default) or \"inline\" (one caller computes while it waits)",
        ),
    }
}
