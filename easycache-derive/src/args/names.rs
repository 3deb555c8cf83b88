//! The arguments that name an entry: key and tags.

use syn::{Expr, ExprClosure, ExprLit, ExprPath, Lit, LitStr};

use super::peel;
use crate::errors::{Errors, refuse};

/// How the key is given.
#[derive(Debug, Clone, Default)]
pub(crate) enum KeyArg {
    /// Not at all: path of the function and all arguments.
    #[default]
    Automatic,
    /// `"user:{id}"`
    Template(LitStr),
    /// `[tenant, id]`
    List(Vec<Expr>),
    /// `|tenant, id| …`
    Closure(ExprClosure),
    /// `my_keys::user`
    Path(ExprPath),
}

impl KeyArg {
    pub(crate) fn parse(value: &Expr) -> syn::Result<Self> {
        match peel(value) {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(Self::Template(text.clone())),
            Expr::Array(array) => Ok(Self::List(array.elems.iter().map(|elem| peel(elem).clone()).collect())),
            Expr::Closure(closure) => Ok(Self::Closure(closure.clone())),
            Expr::Path(path) => Ok(Self::Path(path.clone())),
            other => refuse(
                other,
                "a key is a template (\"user:{id}\"), a list of parameters ([tenant, id]), a closure over parameters \
                 (|id| …) or the path of a function that takes all parameters by reference",
            ),
        }
    }
}

/// How tags (or, for `#[invalidates]`, keys and prefixes) are given.
#[derive(Debug, Clone)]
pub(crate) enum TagsArg {
    /// `["users", "team:{team}"]` or one alone.
    Templates(Vec<LitStr>),
    /// `|team| …`
    Closure(ExprClosure),
}

impl TagsArg {
    pub(crate) fn parse(what: &str, value: &Expr, errors: &mut Errors) -> Option<Self> {
        match peel(value) {
            Expr::Array(array) => {
                let texts = array.elems.iter().map(|elem| text(what, elem));
                let texts: Vec<_> = texts.filter_map(|text| errors.take(text)).collect();
                Some(Self::Templates(texts))
            }
            Expr::Closure(closure) => Some(Self::Closure(closure.clone())),
            other => errors.take(text(what, other)).map(|text| Self::Templates(vec![text])),
        }
    }
}

fn text(what: &str, value: &Expr) -> syn::Result<LitStr> {
    match peel(value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        other => refuse(
            other,
            format!(
                "`{what}` takes a template, a list of templates ([\"a:{{b}}\"]) or a closure over parameters (|b| …)"
            ),
        ),
    }
}
