//! Computations in the background: what they may borrow, which is nothing.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{Lifetime, ReceiverKind, TypeReference};

use super::Each;
use crate::args::LateArgs;
use crate::errors::Errors;
use crate::function::Function;

/// Settings that contradict each other, and parameters that would be borrowed for too long.
pub(super) fn check(late: &LateArgs, function: &Function, each: Option<&Each>, errors: &mut Errors) {
    if let (Some(span), None, None) = (late.inline, &late.revalidate, &late.early) {
        errors.push(syn::Error::new(
            span,
            "`refresh` says who refreshes, and nothing is refreshed: add `stale_while_revalidate` or `early_refresh`, or leave it out",
        ));
    }
    if let (Some(span), Some(_), None, None) = (late.timeout, &late.soft, &late.revalidate, &late.on_error) {
        errors.push(syn::Error::new(
            span,
            "a soft timeout serves an expired value, and none is kept: say for how long, with `stale_while_revalidate` or \
             `stale_if_error`, or give a hard timeout: `timeout = \"2s\"`",
        ));
    }
    let blocks = (!function.is_async()).then(|| late.hard.as_ref().map(|_| "timeout")).flatten();
    let Some(argument) = late.background().or(blocks) else { return };
    if let Some(receiver) = function.sig.receiver()
        && matches!(receiver.kind, ReceiverKind::Reference(..))
    {
        // Its body may run more than once, so that it cannot be moved into the background.
        let remedy = if each.is_some() { "make it a function without `self`" } else { "take `self: Arc<Self>`" };
        errors.at(receiver, message("self", argument, remedy));
    }
    for (at, param) in function.params.iter().enumerate() {
        let mut borrows = Borrows(None);
        borrows.visit_type(&param.ty);
        if borrows.0.is_some() {
            let name = param.name.as_ref().map_or_else(|| param.pat.to_token_stream().to_string(), ToString::to_string);
            let remedy = match each {
                Some(each) if each.at == at => "take it by value, as `Vec<K>` instead of `&[K]`",
                _ => "take it by value, as `String` instead of `&str`",
            };
            errors.at(&param.ty, message(&name, argument, remedy));
        }
    }
}

/// Whether computations borrow nothing, as far as it is written.
pub(super) fn borrows_nothing(function: &Function) -> bool {
    let by_reference =
        function.sig.receiver().is_some_and(|receiver| matches!(receiver.kind, ReceiverKind::Reference(..)));
    let borrows = |ty: &syn::Type| {
        let mut borrows = Borrows(None);
        borrows.visit_type(ty);
        borrows.0.is_some() || crate::tokens::mentions(ty.to_token_stream(), "impl")
    };
    !by_reference && !function.params.iter().any(|param| borrows(&param.ty)) && function.turbofish().is_empty()
}

fn message(name: &str, argument: &str, remedy: &str) -> String {
    if argument == "timeout" {
        return format!(
            "`{name}` is borrowed, and with this `timeout` the computation goes on when the call has returned: {remedy}; or give \
             an async function a hard timeout alone: `timeout = \"2s\"`"
        );
    }
    format!(
        "`{name}` is borrowed, and `{argument}` computes in the background, when the call has returned: {remedy}; or say \
         `refresh = \"inline\"`: then one caller computes while it waits, and the others get the value that is there"
    )
}

/// The first borrow that is not for ever.
struct Borrows(Option<Span>);

impl<'ast> Visit<'ast> for Borrows {
    fn visit_type_reference(&mut self, ty: &'ast TypeReference) {
        match &ty.lifetime {
            Some(lifetime) => self.visit_lifetime(lifetime),
            None => self.0 = self.0.or(Some(ty.and_token.span)),
        }
        visit::visit_type(self, &ty.elem);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            self.0 = self.0.or_else(|| Some(lifetime.span()));
        }
    }

    fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
}
