//! What a function gives back.

use syn::{
    AssocType, GenericArgument, PathArguments, PathSegment, ReturnType, Signature, Type, TypeParamBound, parse_quote,
};

use super::Flavour;

/// Flavour and result type of a signature.
pub(super) fn read(sig: &Signature) -> (Flavour, Type) {
    match (&sig.output, sig.asyncness) {
        (ReturnType::Default, asyncness) => (flavour(asyncness.is_some()), parse_quote!(())),
        (ReturnType::Type(_, ty), Some(_)) => (Flavour::Async, (**ty).clone()),
        (ReturnType::Type(_, ty), None) => match boxed_future(ty) {
            Some(output) => (Flavour::Boxed, output.clone()),
            None => (Flavour::Sync, (**ty).clone()),
        },
    }
}

const fn flavour(is_async: bool) -> Flavour {
    if is_async { Flavour::Async } else { Flavour::Sync }
}

/// `R` of `Pin<Box<dyn Future<Output = R> + …>>`.
fn boxed_future(ty: &Type) -> Option<&Type> {
    let Type::TraitObject(object) = only_type(last(only_type(last(ty)?, "Pin")?)?, "Box")? else {
        return None;
    };
    object.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let segment = bound.path.segments.last().filter(|segment| segment.ident == "Future")?;
        arguments(segment)?.find_map(|argument| match argument {
            GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Output" => Some(ty),
            _ => None,
        })
    })
}

/// The `T` that entries of the function hold, if its return type is written as a `Result<T, …>`.
pub(crate) fn entry_value(ty: &Type) -> Option<&Type> {
    let segment = last(ty).filter(|segment| segment.ident == "Result")?;
    arguments(segment)?.find_map(|argument| if let GenericArgument::Type(ty) = argument { Some(ty) } else { None })
}

/// The `V` of a map from elements to values, if the return type is written as one, or as a `Result` of one.
pub(crate) fn map_value(ty: &Type) -> Option<&Type> {
    map_type(ty, 1)
}

/// The `K` of it.
pub(crate) fn map_key(ty: &Type) -> Option<&Type> {
    map_type(ty, 0)
}

fn map_type(ty: &Type, nth: usize) -> Option<&Type> {
    let map = last(entry_value(ty).unwrap_or(ty)).filter(|map| map.ident == "HashMap" || map.ident == "BTreeMap")?;
    let mut types =
        arguments(map)?.filter_map(|argument| if let GenericArgument::Type(ty) = argument { Some(ty) } else { None });
    types.nth(nth)
}

/// Is the type written as some kind of `Result`? For documentation only.
pub(crate) fn is_result(ty: &Type) -> bool {
    last(ty).is_some_and(|segment| segment.ident.to_string().ends_with("Result"))
}

fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Group(group) => last(&group.elem),
        Type::Paren(paren) => last(&paren.elem),
        _ => None,
    }
}

fn only_type<'a>(segment: &'a PathSegment, name: &str) -> Option<&'a Type> {
    if segment.ident != name {
        return None;
    }
    arguments(segment)?.find_map(|argument| if let GenericArgument::Type(ty) = argument { Some(ty) } else { None })
}

fn arguments(segment: &PathSegment) -> Option<impl Iterator<Item = &GenericArgument>> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;

    use super::*;

    fn of(signature: &str) -> (Flavour, String) {
        let (flavour, ty) = read(&syn::parse_str(signature).unwrap());
        (flavour, crate::tokens::pretty(&ty.to_token_stream()))
    }

    #[test]
    fn a_boxed_future_is_recognised_as_async() {
        let signature = "fn f<'a>(&'a self) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Result<u32, E>> + Send + 'a>>";
        assert_eq!(of(signature), (Flavour::Boxed, "Result<u32, E>".to_owned()));
    }

    #[test]
    fn other_returns_are_what_they_say() {
        assert_eq!(of("async fn f() -> u32"), (Flavour::Async, "u32".to_owned()));
        assert_eq!(of("fn f()"), (Flavour::Sync, "()".to_owned()));
        assert_eq!(of("fn f() -> Pin<Box<u32>>"), (Flavour::Sync, "Pin<Box<u32>>".to_owned()));
    }

    #[test]
    fn only_a_plain_result_has_an_inner_value() {
        let inner = |text: &str| entry_value(&syn::parse_str(text).unwrap()).map(crate::tokens::pretty);
        assert_eq!(inner("Result<User, E>").as_deref(), Some("User"));
        assert_eq!(inner("io::Result<Vec<u8>>").as_deref(), Some("Vec<u8>"));
        assert_eq!(inner("SearchResult<User>"), None);
        assert_eq!(inner("Result"), None);
    }

    #[test]
    fn a_map_has_values_also_in_a_result() {
        let value = |text: &str| map_value(&syn::parse_str(text).unwrap()).map(crate::tokens::pretty);
        assert_eq!(value("HashMap<u64, User>").as_deref(), Some("User"));
        assert_eq!(value("io::Result<std::collections::BTreeMap<u64, User>>").as_deref(), Some("User"));
        assert_eq!(value("Vec<(u64, User)>"), None);
        assert_eq!(value("Users"), None);
    }
}
