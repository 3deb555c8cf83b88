//! Finds the functions inside a block.

use quote::ToTokens as _;
use syn::{Attribute, ImplItem, Item, ItemImpl, ItemMod, Signature, TraitItem};

use super::rewrite::{self, Target};
use crate::args::Args;
use crate::errors::Errors;
use crate::tokens;

/// The defaults on their way through a block.
pub(super) struct Walk<'a> {
    pub(super) defaults: &'a Args,
    pub(super) errors: Errors,
}

/// Where a function stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    Module,
    Impl,
    TraitImpl,
}

impl Walk<'_> {
    pub(super) fn block(&mut self, block: &mut ItemImpl) {
        if self.nested(&mut block.attrs) {
            return;
        }
        let around = if block.trait_.is_some() { Around::TraitImpl } else { Around::Impl };
        for item in &mut block.items {
            if let ImplItem::Fn(function) = item {
                self.function(&mut function.attrs, &function.sig, around);
            }
        }
    }

    pub(super) fn module(&mut self, module: &mut ItemMod) {
        if self.nested(&mut module.attrs) {
            return;
        }
        let items = module.content.as_mut().map(|(_, items)| items);
        for item in items.into_iter().flatten() {
            self.item(item);
        }
    }

    fn item(&mut self, item: &mut Item) {
        match item {
            Item::Fn(function) => self.function(&mut function.attrs, &function.sig, Around::Module),
            Item::Impl(block) => self.block(block),
            Item::Mod(module) => self.module(module),
            Item::Trait(block) => {
                for item in &mut block.items {
                    if let TraitItem::Fn(function) = item {
                        self.function(&mut function.attrs, &function.sig, Around::Impl);
                    }
                }
            }
            _ => {}
        }
    }

    /// A block with defaults of its own gets ours under them, and passes both on when its turn comes.
    fn nested(&mut self, attrs: &mut [Attribute]) -> bool {
        let own = attrs.iter_mut().find(|attr| Target::of(attr) == Some(Target::Defaults));
        own.map(|attr| rewrite::merge(attr, self.defaults, Target::Defaults, &[])).is_some()
    }

    fn function(&mut self, attrs: &mut Vec<Attribute>, sig: &Signature, around: Around) {
        let receiver = sig.receiver().is_some();
        let mut keep = Vec::new();
        for mut attr in attrs.drain(..) {
            let target = Target::of(&attr);
            let Some(target) = target.filter(|target| *target != Target::Defaults) else {
                keep.push(attr);
                continue;
            };
            if let Some(name) = rewrite::without_self(&attr, self.defaults, target).filter(|_| !receiver) {
                let message = format!(
                    "`{}` has no `self`, but the default `{name}` speaks of it: give this function a `{name}` of its own",
                    sig.ident
                );
                self.errors.at(&sig.ident, message);
                continue;
            }
            if around == Around::TraitImpl && target != Target::Invalidates && rewrite::names_companions(&attr) {
                self.errors.at(&attr, "in an `impl` of a trait there is no place for companions: leave `companions` away, or put the cached function into an `impl` of its own");
                continue;
            }
            rewrite::merge(&mut attr, self.defaults, target, implied(around, receiver));
            keep.push(attr);
        }
        *attrs = keep;
    }
}

/// What the place of the function says about it.
fn implied(around: Around, receiver: bool) -> &'static [&'static str] {
    match (around, receiver) {
        (Around::Module, _) | (Around::Impl, true) => &[],
        (Around::Impl, false) => &["assoc"],
        (Around::TraitImpl, true) => &["companions = false"],
        (Around::TraitImpl, false) => &["companions = false", "assoc"],
    }
}

/// Does the argument speak of `self`?
pub(super) fn speaks_of_self(value: &syn::Expr) -> bool {
    let text = value.to_token_stream();
    tokens::mentions(text.clone(), "self") || text.to_string().contains("{self")
}
