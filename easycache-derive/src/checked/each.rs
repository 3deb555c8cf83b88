//! A function of many elements, seen as a function of one: so everything is named.

use quote::ToTokens as _;
use syn::{GenericArgument, Ident, PathArguments, Type, TypeReference, parse_quote};

use crate::args::EachArg;
use crate::crate_path::Private;
use crate::errors::refuse;
use crate::function::{Flavour, Function, entry_value, map_key, map_value};
use crate::tokens;

/// `each = id in ids`
#[derive(Debug)]
pub(crate) struct Each {
    /// The function as it was written.
    pub(crate) whole: Function,
    /// The same for one element, which takes the place of all of them.
    pub(crate) element: Function,
    /// Which parameter it is.
    pub(crate) at: usize,
    pub(crate) taken: Taken,
}

/// How the function takes its elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// `&[K]`
    Slice,
    /// A collection that owns them.
    Owned,
}

impl Each {
    pub(crate) fn read(arg: &EachArg, function: &Function, private: &Private) -> syn::Result<Self> {
        let Some(at) = function.params.iter().position(|param| param.name.as_ref() == Some(&arg.param)) else {
            let known = function.param_names().join("`, `");
            let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has `{known}`") };
            return refuse(&arg.param, format!("`{}` is no parameter of `{}`: {known}", arg.param, function.name()));
        };
        if arg.element != arg.param && function.param_names().iter().any(|name| arg.element == name) {
            return refuse(
                &arg.element,
                format!("`{}` is a parameter already: give an element another name", arg.element),
            );
        }
        let (taken, of) = elements(&function.params[at].ty)?;
        receiver(function)?;
        returned(function, of)?;
        if function.flavour == Flavour::Boxed && taken == Taken::Slice {
            return refuse(
                &function.params[at].ty,
                "a function that returns a boxed future takes its elements as `Vec<K>`",
            );
        }
        let element = one(function, at, &arg.element, of, private);
        Ok(Self { whole: function.clone(), element, at, taken })
    }
}

/// The function for one element.
fn one(function: &Function, at: usize, name: &Ident, ty: &Type, private: &Private) -> Function {
    let mut one = function.clone();
    let param = &mut one.params[at];
    // The same place as in the signature: names of a macro resolve there.
    let mut own = param.forward.clone();
    if name != param.forward.to_string().as_str() {
        own = Ident::new(&name.to_string(), own.span());
    }
    (param.pat, param.name, param.forward, param.ty) = (parse_quote!(#own), Some(own.clone()), own.clone(), ty.clone());
    let typed = one.sig.inputs.iter_mut().filter_map(|input| match input {
        syn::FnArg::Typed(typed) => Some(typed),
        syn::FnArg::Receiver(_) => None,
    });
    if let Some(typed) = typed.into_iter().nth(at) {
        (typed.pat, typed.ty) = (parse_quote!(#own), Box::new(ty.clone()));
    }
    let (p, returned) = (private, &function.returned);
    one.returned = map_value(returned).cloned().unwrap_or_else(|| parse_quote!(<#returned as #p::EachReturned>::Value));
    one
}

/// Whether there may be elements of that type, and of what type one is.
fn elements(ty: &Type) -> syn::Result<(Taken, &Type)> {
    const OWNED: [&str; 3] = ["Vec", "HashSet", "BTreeSet"];
    match ty {
        Type::Group(group) => return elements(&group.elem),
        Type::Reference(TypeReference { elem, mutability: None, .. }) => {
            if let Type::Slice(slice) = &**elem {
                return Ok((Taken::Slice, &slice.elem));
            }
        }
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|last| OWNED.iter().any(|owned| last.ident == owned));
            if let Some(PathArguments::AngleBracketed(arguments)) = last.map(|last| &last.arguments)
                && let Some(GenericArgument::Type(of)) = arguments.args.first()
            {
                return Ok((Taken::Owned, of));
            }
        }
        _ => {}
    }
    refuse(
        ty,
        "`each` takes its elements as `Vec<K>`, `&[K]`, `HashSet<K>` or `BTreeSet<K>`: the body is given those that are missing in the same way",
    )
}

/// Refuses what is no map for sure, or one from something else; of what is not known by its name the compiler judges.
fn returned(function: &Function, of: &Type) -> syn::Result<()> {
    const NO_MAPS: [&str; 7] = ["Vec", "Option", "HashSet", "BTreeSet", "VecDeque", "Box", "Arc"];
    let returned = &function.returned;
    let value = entry_value(returned).unwrap_or(returned);
    let text = |ty: &Type| tokens::pretty(&ty.to_token_stream());
    let no_map = is_plain(value) || last_name(value).is_some_and(|name| NO_MAPS.contains(&name.as_str()));
    if no_map || matches!(value, Type::Tuple(_) | Type::Array(_)) {
        return refuse(
            value,
            "with `each` a function returns a `HashMap<K, V>` or a `BTreeMap<K, V>`, or a `Result` of one: it tells which value is whose",
        );
    }
    match map_key(returned) {
        Some(key) if is_plain(key) && is_plain(of) && text(key) != text(of) => {
            let (key_text, of_text) = (text(key), text(of));
            refuse(
                key,
                format!(
                    "the map is by `{key_text}` and the elements are `{of_text}`: a value is found by the element that it is of"
                ),
            )
        }
        _ => Ok(()),
    }
}

/// A type that everybody knows by its name, and that is no map.
fn is_plain(ty: &Type) -> bool {
    const PLAIN: [&str; 15] = [
        "String", "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
        "isize",
    ];
    last_name(ty).is_some_and(|name| PLAIN.contains(&name.as_str()))
}

fn last_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Type::Group(group) => last_name(&group.elem),
        _ => None,
    }
}

/// The body may run again, for what others were to compute and have not: `self` must still be there.
fn receiver(function: &Function) -> syn::Result<()> {
    match function.sig.receiver() {
        Some(receiver) if !matches!(receiver.kind, syn::ReceiverKind::Reference(..)) => {
            refuse(receiver, "a method with `each` takes `&self`: its body may run more than once")
        }
        _ => Ok(()),
    }
}
