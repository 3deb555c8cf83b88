//! The names of a call: prefix, key and tags, with every placeholder resolved.

mod closure;
mod key;
mod placeholder;
mod scope;
mod spec;

pub(crate) use self::closure::{Allowed, Bind, Bound, Input};
pub(crate) use self::key::{Item, Key, Tags};
pub(crate) use self::scope::{FunctionScope, Mentions, Scope, Value, generic_name};
pub(crate) use self::spec::Spec;

use proc_macro2::{Span, TokenStream};
use syn::{Ident, LitStr};

use crate::template::{Kind, Part, Template};
use crate::tokens;

/// A template whose placeholders have become expressions.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    pub(crate) span: Span,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) mentions: Mentions,
    /// The fixed text with `{}` for placeholders.
    pub(crate) shape: String,
    /// As written.
    pub(crate) source: String,
}

/// A piece of it.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Text(String),
    Value {
        expr: TokenStream,
        spec: Option<Spec>,
    },
    /// The name of a type parameter.
    Type(Ident),
}

impl Rendered {
    /// Parses and resolves a literal.
    pub(crate) fn read(kind: Kind, literal: &LitStr, scope: &dyn Scope) -> syn::Result<Self> {
        let template = Template::parse(kind, literal)?;
        let mut rendered = Self {
            span: tokens::site(literal.span()),
            pieces: Vec::new(),
            mentions: Mentions::default(),
            shape: template.shape(),
            source: literal.value(),
        };
        for part in &template.parts {
            let piece = match part {
                Part::Text(text) => Piece::Text(text.clone()),
                Part::Placeholder(found) => placeholder::resolve(found, &template, scope, &mut rendered.mentions)?,
            };
            rendered.pieces.push(piece);
        }
        Ok(rendered)
    }
}
