//! The key and the tags of a function, checked against its parameters.

use quote::ToTokens as _;
use syn::{Expr, ExprPath, LitStr};

use super::{Allowed, Bound, FunctionScope, Mentions, Piece, Rendered};
use crate::args::{KeyArg, TagsArg};
use crate::errors::{Errors, refuse};
use crate::function::Function;
use crate::template::Kind;

/// How keys come about.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    /// Path of the function, and all of this.
    Automatic,
    Template(Rendered),
    /// Path of the function, and some of it.
    List(Vec<Item>),
    Closure(Bound),
    Path(ExprPath),
}

/// An element of a list key.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) piece: Piece,
    pub(crate) source: String,
    pub(crate) mentions: Mentions,
}

impl Key {
    pub(crate) fn read(arg: &KeyArg, function: &Function, errors: &mut Errors) -> Option<Self> {
        match arg {
            KeyArg::Automatic => errors.take(no_patterns(function, "the automatic key")).map(|()| Self::Automatic),
            KeyArg::Template(literal) => {
                errors.take(Rendered::read(Kind::Key, literal, &FunctionScope(function))).map(Self::Template)
            }
            KeyArg::List(list) => {
                let items = list.iter().filter_map(|expr| errors.take(item(expr, function)));
                Some(Self::List(items.collect()))
            }
            KeyArg::Closure(closure) => errors.take(Bound::read(closure, Allowed::Before, function)).map(Self::Closure),
            KeyArg::Path(path) => {
                errors.take(no_patterns(function, "a key function")).map(|()| Self::Path(path.clone()))
            }
        }
    }

    /// What it needs.
    pub(crate) fn mentions(&self, function: &Function) -> Mentions {
        match self {
            Self::Automatic => Mentions::all(function),
            Self::Path(_) => Mentions { generics: std::collections::BTreeSet::new(), ..Mentions::all(function) },
            Self::Template(template) => template.mentions.clone(),
            Self::Closure(closure) => closure.mentions.clone(),
            Self::List(items) => items.iter().fold(Mentions::default(), |mut all, item| {
                all.join(&item.mentions);
                all
            }),
        }
    }
}

/// Which tags an entry has.
#[derive(Debug, Clone)]
pub(crate) enum Tags {
    Templates(Vec<Rendered>),
    Closure(Bound),
}

impl Tags {
    pub(crate) fn read(kind: Kind, arg: &TagsArg, function: &Function, errors: &mut Errors) -> Option<Self> {
        match arg {
            TagsArg::Closure(closure) => {
                errors.take(Bound::read(closure, Allowed::Before, function)).map(Self::Closure)
            }
            TagsArg::Templates(literals) => {
                let read = |literal: &LitStr| Rendered::read(kind, literal, &FunctionScope(function));
                let tags = literals.iter().filter_map(|literal| errors.take(read(literal)));
                Some(Self::Templates(tags.collect()))
            }
        }
    }

    /// What they need.
    pub(crate) fn mentions(&self) -> Mentions {
        let mut all = Mentions::default();
        match self {
            Self::Templates(tags) => tags.iter().for_each(|tag| all.join(&tag.mentions)),
            Self::Closure(closure) => all.join(&closure.mentions),
        }
        all
    }
}

/// A key that takes everything needs a name for everything.
fn no_patterns(function: &Function, what: &str) -> syn::Result<()> {
    match function.params.iter().find(|param| param.name.is_none()) {
        Some(param) => refuse(
            &param.pat,
            format!(
                "{what} needs this parameter: bind it to a name and take it apart in the body, or give a key that leaves it out"
            ),
        ),
        None => Ok(()),
    }
}

/// An element is anything that a placeholder can be.
fn item(expr: &Expr, function: &Function) -> syn::Result<Item> {
    let source = crate::tokens::pretty(&expr.to_token_stream());
    if let Expr::Lit(_) = expr {
        return refuse(expr, "a list key holds parameters, without quotes: `[tenant, id]`");
    }
    let span = syn::spanned::Spanned::span(expr);
    let literal = LitStr::new(&format!("{{{source}}}"), span);
    let rendered = Rendered::read(Kind::Element, &literal, &FunctionScope(function));
    let rendered = rendered.or_else(|mistake| refuse(expr, mistake))?;
    match <[Piece; 1]>::try_from(rendered.pieces) {
        Ok([piece @ (Piece::Type(_) | Piece::Value { spec: None, .. })]) => {
            Ok(Item { piece, source, mentions: rendered.mentions })
        }
        _ => refuse(expr, "an element of a list key is a parameter, or a field, index or method of one"),
    }
}
