//! What may be done with values that are not fresh any more, or will not be for long.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{Expr, ExprLit, Lit, LitFloat};

use super::{Arg, Args, Ttl, needed, string};
use crate::errors::{Errors, refuse};

/// The arguments that are about it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LateArgs {
    pub(crate) revalidate: Option<Ttl>,
    pub(crate) on_error: Option<Ttl>,
    pub(crate) early: Option<LitFloat>,
    pub(crate) soft: Option<Ttl>,
    pub(crate) hard: Option<Ttl>,
    /// Where the timeout is.
    pub(crate) timeout: Option<Span>,
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
            "timeout" => self.timeout(arg, errors),
            _ => return false,
        }
        true
    }

    /// `"2s"`, or `{ soft = "100ms", hard = "2s" }`
    fn timeout(&mut self, arg: &Arg, errors: &mut Errors) {
        let Some(value) = errors.take(needed(arg)) else { return };
        self.timeout = Some(value.span());
        let parts = match value {
            Expr::Lit(_) => vec![("hard".to_owned(), value.clone())],
            other => match errors.take(parts(other)) {
                Some(parts) => parts,
                None => return,
            },
        };
        for (name, value) in parts {
            let Some(limit) = errors.take(limit(&value)) else { continue };
            if name == "soft" {
                self.soft = Some(limit);
            } else {
                self.hard = Some(limit);
            }
        }
        if let (Some(soft), Some(hard)) = (&self.soft, &self.hard)
            && soft.duration >= hard.duration
        {
            errors.at(
                value,
                "the soft timeout is not below the hard one and never comes first: make it shorter, or leave it out",
            );
        }
    }

    /// Whether callers lose their patience.
    pub(crate) fn is_timed(&self) -> bool {
        self.timeout.is_some()
    }

    /// The argument that has computations run in the background, if one does.
    pub(crate) fn background(&self) -> Option<&'static str> {
        let revalidate = self.revalidate.as_ref().map(|_| "stale_while_revalidate");
        let asked = revalidate.or_else(|| self.early.as_ref().map(|_| "early_refresh"));
        let soft = self.soft.as_ref().map(|_| "timeout");
        asked.filter(|_| self.inline.is_none()).or(soft)
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

/// `soft = …, hard = …` in braces.
fn parts(value: &Expr) -> syn::Result<Vec<(String, Expr)>> {
    let mistake =
        || refuse(value, "`timeout` is one for all (\"2s\"), or both kinds: `{ soft = \"100ms\", hard = \"2s\" }`");
    let Ok(group) = syn::parse2::<proc_macro2::Group>(value.to_token_stream()) else { return mistake() };
    let Ok(Args(args)) = syn::parse2::<Args>(group.stream()) else { return mistake() };
    let known = |arg: Arg| match (arg.name, arg.value) {
        (Some(name), Some(value)) if name == "soft" || name == "hard" => Some((name.to_string(), value)),
        _ => None,
    };
    match args.into_iter().map(known).collect::<Option<Vec<_>>>() {
        Some(parts) if !parts.is_empty() => Ok(parts),
        _ => mistake(),
    }
}

/// How long anybody waits.
fn limit(value: &Expr) -> syn::Result<Ttl> {
    let Expr::Lit(ExprLit { lit: lit @ (Lit::Str(_) | Lit::Int(_)), .. }) = value else {
        return refuse(value, "a timeout is a string (\"100ms\") or whole seconds (2)");
    };
    let limit = Ttl::any(lit)?;
    if limit.duration.is_zero() {
        return refuse(value, "a timeout of zero leaves no time to compute: give a longer one, or leave it out");
    }
    Ok(limit)
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
