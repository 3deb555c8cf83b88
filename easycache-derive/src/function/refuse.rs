//! Functions that cannot be cached, and what to do instead.

use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{Lifetime, ReceiverKind, Safety, Type, TypeImplTrait, TypeReference};

use super::{Flavour, Function};
use crate::errors::Errors;

/// Refuses what `#[ecached]` cannot handle.
pub(crate) fn check_cached(function: &Function, errors: &mut Errors) {
    qualifiers(function, "cached", errors);
    if mutable_receiver(function) {
        errors.at(
            function.sig.receiver(),
            "a method that takes `&mut self` changes its object, and a cached answer would skip the change: take `&self`, \
             or put `#[invalidates]` on the method if it changes what others have cached",
        );
    }
    returned(function, errors);
}

/// Refuses what `#[invalidates]` cannot handle.
pub(crate) fn check_invalidates(function: &Function, errors: &mut Errors) {
    qualifiers(function, "wrapped", errors);
    let mut found = Found::default();
    found.visit_type(&function.returned);
    if let Some(opaque) = found.opaque {
        errors.at(opaque, "a return of `impl Trait` hides whether the function succeeded: name the type, or box it");
    }
}

fn qualifiers(function: &Function, verb: &str, errors: &mut Errors) {
    let sig = &function.sig;
    if let Some(token) = &sig.constness {
        errors.at(token, format!("a `const fn` cannot be {verb}: it has no run time; remove `const`"));
    }
    if let Some(abi) = &sig.abi {
        errors.at(
            abi,
            format!(
                "an `extern` function cannot be {verb}: call an ordinary function from it and put the attribute there"
            ),
        );
    }
    if let Some(variadic) = &sig.variadic {
        errors.at(variadic, format!("a variadic function cannot be {verb}: its arguments have no names"));
    }
    if let Safety::Unsafe(token) = &sig.safety {
        errors.at(
            token,
            format!("an `unsafe fn` cannot be {verb}: wrap it in a safe function and put the attribute there"),
        );
    }
    for param in &function.params {
        if let Some(cfg) = param.attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
            errors.at(cfg, format!("a parameter of a function that is {verb} cannot come and go: put `cfg` on two versions of the function"));
        }
    }
}

fn mutable_receiver(function: &Function) -> bool {
    match function.sig.receiver().map(|receiver| &receiver.kind) {
        Some(ReceiverKind::Reference(_, _, mutability)) => mutability.is_some(),
        Some(ReceiverKind::Typed(_, ty)) => matches!(&**ty, Type::Reference(TypeReference { mutability: Some(_), .. })),
        _ => false,
    }
}

fn returned(function: &Function, errors: &mut Errors) {
    if let Type::Never(never) = &function.returned {
        errors.at(never, "a function that never returns has nothing to cache");
    }
    let mut found = Found::default();
    found.visit_type(&function.returned);
    if let Some(opaque) = found.opaque {
        let future = crate::tokens::mentions(opaque.to_token_stream(), "Future");
        let advice =
            if future { "write `async fn` instead" } else { "name the type, or collect into one that owns its data" };
        errors.at(
            opaque,
            format!("a return of `impl Trait` cannot be cached, its type has no name to store it under: {advice}"),
        );
    } else if let Some(reference) = found.reference {
        errors.at(reference, "a borrowed return cannot be cached, the entry outlives the call: return an owned value (`String`, `Vec<T>`, `Arc<T>`)");
    } else if let Some(lifetime) = found.lifetime.filter(|_| function.flavour != Flavour::Boxed) {
        errors
            .at(lifetime, "a return that borrows cannot be cached, the entry outlives the call: return an owned value");
    }
}

/// The first of each kind inside a type.
#[derive(Debug, Default)]
struct Found<'a> {
    opaque: Option<&'a TypeImplTrait>,
    reference: Option<&'a TypeReference>,
    lifetime: Option<&'a Lifetime>,
}

impl<'a> Visit<'a> for Found<'a> {
    fn visit_type_impl_trait(&mut self, ty: &'a TypeImplTrait) {
        self.opaque.get_or_insert(ty);
    }

    fn visit_type_reference(&mut self, ty: &'a TypeReference) {
        if ty.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static") {
            self.reference.get_or_insert(ty);
        }
        visit::visit_type_reference(self, ty);
    }

    fn visit_lifetime(&mut self, lifetime: &'a Lifetime) {
        if lifetime.ident != "static" {
            self.lifetime.get_or_insert(lifetime);
        }
    }

    fn visit_type_fn_ptr(&mut self, _: &'a syn::TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &'a syn::ParenthesizedGenericArguments) {}
}
