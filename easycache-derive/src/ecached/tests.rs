//! What is refused, and in which words.

use proc_macro2::TokenStream;

use super::expand;
use crate::checked::Item;

fn run(kind: Item, args: &str, item: &str) -> Result<TokenStream, Vec<String>> {
    expand(kind, args.parse().unwrap(), item.parse().unwrap())
        .map_err(|errors| errors.into_iter().map(|error| error.to_string()).collect())
}

fn cached(args: &str, item: &str) -> Result<String, Vec<String>> {
    run(Item::Function, args, item).map(|tokens| crate::tokens::pretty(&tokens))
}

#[track_caller]
fn refused(args: &str, item: &str, words: &str) {
    let mistakes = cached(args, item).unwrap_err().join("\n");
    assert!(mistakes.contains(words), "{mistakes}");
}

#[test]
fn functions_that_have_no_place_for_a_cache_are_refused() {
    refused("", "const fn f() -> u32 { 1 }", "remove `const`");
    refused("", "extern \"C\" fn f() -> u32 { 1 }", "an `extern` function cannot be cached");
    refused("", "unsafe fn f() -> u32 { 1 }", "wrap it in a safe function");
    refused("", "unsafe extern \"C\" fn f(x: u32, ...) -> u32 { 1 }", "variadic");
    refused("\"a\"", "fn f(&mut self) -> u32 { 1 }", "take `&self`, or put `#[invalidates]`");
    refused("\"a\"", "fn f(self: &mut Self) -> u32 { 1 }", "`&mut self`");
    refused("\"a\"", "fn f(&self) -> u32;", "put the attribute on the implementation");
    refused("\"a\"", "fn f(#[cfg(test)] x: u32) -> u32 { 1 }", "two versions of the function");
}

#[test]
fn batches_that_make_no_sense_are_refused() {
    let map = "async fn f(ids: Vec<u64>) -> HashMap<u64, u8> { body }";
    assert!(cached("\"a:{id}\", each = id in ids", map).is_ok());
    refused("\"a:{id}\", each = id in ids, concurrency = 2", map, "one body computes all elements");
    refused("\"a:{id}\", concurrency = 2", "fn f(id: u64) -> u64 { 1 }", "one after the other");
    refused("\"a\", each = id in ids", map, "the key does not mention `id`");
    refused("\"a:{id}\", each = id in all", map, "`all` is no parameter of `f`: it has `ids`");
    refused("\"a:{id}\", each = id in ids", "fn f(ids: Vec<u64>) -> Vec<u8> { 1 }", "returns a `HashMap<K, V>`");
    refused("\"a:{id}\", each = id in ids", "fn f(ids: Vec<u64>) -> u64 { 1 }", "returns a `HashMap<K, V>`");
    refused(
        "\"a:{id}\", each = id in ids",
        "fn f(ids: Vec<u64>) -> HashMap<String, u8> { 1 }",
        "the map is by `String`",
    );
    refused(
        "\"a:{id}\", each = id in ids",
        "fn f(ids: u64) -> HashMap<u64, u8> { 1 }",
        "takes its elements as `Vec<K>`",
    );
    refused(
        "\"a:{id}\", each = id in ids",
        "fn f(self: Arc<Self>, ids: Vec<u64>) -> HashMap<u64, u8> { 1 }",
        "takes `&self`",
    );
}

#[test]
fn returns_that_cannot_be_stored_are_refused() {
    refused("\"a\"", "fn f(x: &str) -> &str { x }", "return an owned value");
    refused("\"a\"", "fn f(x: &str) -> Option<&str> { None }", "return an owned value");
    refused("\"a\"", "fn f<'a>(x: &'a str) -> Cow<'a, str> { x }", "a return that borrows");
    refused("\"a\"", "fn f() -> impl Iterator<Item = u32> { 1 }", "collect into one that owns its data");
    refused("\"a\"", "fn f() -> impl Future<Output = u32> { 1 }", "write `async fn`");
    refused("\"a\"", "fn f() -> ! { loop {} }", "nothing to cache");
    cached("\"a\"", "fn f() -> &'static str { \"x\" }").unwrap();
    cached("\"a\"", "fn f() -> Box<dyn Fn(&str) -> &str> { x }").unwrap();
}

#[test]
fn unknown_names_list_the_known_ones() {
    let function = "fn load(tenant: u32, id: u64) -> u32 { 1 }";
    refused("\"a:{idd}\"", function, "`{idd}` in the key \"a:{idd}\"");
    refused("\"a:{idd}\"", function, "(did you mean `id`?); `load` has the parameters `tenant` and `id`");
    refused("\"a:{self.id}\"", function, "there is no `self` here");
    refused("\"a:{2}\"", function, "no parameter number 2");
    refused("\"a:{}\"", function, "names what goes there");
    refused("\"a\", prefix = \"p:{nobody}\"", function, "in the prefix");
    refused("\"a\", tags = [\"t:{nobody}\"]", function, "in the tag");
    refused("|nobody| nobody", function, "nothing is called `nobody`");
    refused("[nobody]", function, "nothing is called `nobody`");
    refused("[\"id\"]", function, "without quotes");
    refused("\"a\", ttl = |value| 5", function, "the result is not known yet");
    refused("\"a:{id + tenant}\"", function, "expected a parameter");
    refused("\"a:{id.await}\"", function, "expected a parameter");
}

#[test]
fn patterns_are_refused_where_a_name_is_needed() {
    let function = "fn f((a, b): (u32, u32), id: u32) -> u32 { a + b }";
    refused("", function, "bind it to a name");
    refused("keys::f", function, "bind it to a name");
    refused("\"x:{a}\"", function, "`a` is part of a pattern");
    refused("\"x:{0}\"", function, "parameter number 0 is a pattern");
    cached("\"x:{id}\"", function).unwrap();
}

#[test]
fn a_generic_function_with_a_key_of_its_own_has_to_tell_its_instances_apart() {
    refused("\"x:{id}\"", "fn f<T: Load>(id: u32) -> T { T::load(id) }", "write `{T}` into the key");
    refused("\"x:{id}\"", "fn f<const N: usize>(id: u32) -> u32 { 1 }", "write `{N}` into the key");
    refused("|id| id", "fn f<T: Load>(id: u32) -> T { T::load(id) }", "a template with `{T}`");
    cached("\"x:{T}:{id}\"", "fn f<T: Load>(id: u32) -> T { T::load(id) }").unwrap();
    cached("\"x:{id}\"", "fn f<T: Display>(id: T) -> u32 { 1 }").unwrap();
    cached("", "fn f<T: Load>(id: u32) -> T { T::load(id) }").unwrap();
}

#[test]
fn companions_do_not_hide_what_everybody_uses() {
    refused("", "fn std() -> u32 { 1 }", "companions = std_cache");
    refused("", "fn str() -> u32 { 1 }", "companions = str_cache");
    refused("companions = core", "fn f() -> u32 { 1 }", "companions = core_cache");
    cached("companions = false", "fn std() -> u32 { 1 }").unwrap();
    cached("\"a\"", "fn bool(&self) -> u32 { 1 }").unwrap();
}

#[test]
fn a_property_is_a_method_without_parameters() {
    let property = |item: &str| run(Item::Property, "\"a\"", item).map(|_| ()).unwrap_err().join("\n");
    assert!(property("fn f() -> u32 { 1 }").contains("take `&self`"));
    assert!(property("fn f(&self, x: u32) -> u32 { 1 }").contains("nothing but `self`"));
}

#[test]
fn mistakes_of_different_kinds_are_reported_together() {
    let mistakes =
        cached("\"a:{x}\", alias = \"b\", cache = &c, ttl = \"x\"", "const fn f() -> &str { 1 }").unwrap_err();
    assert_eq!(mistakes.len(), 5, "{mistakes:#?}");
}

#[test]
fn invalidators_take_what_their_templates_mention() {
    let text = cached(
        "\"user:{id}\", tags = [\"team:{team}\"], prefix = \"tenant:{tenant}\"",
        "pub fn load<'a, T: Display>(tenant: &'a str, team: T, id: u64) -> u32 { 1 }",
    )
    .unwrap();
    for signature in [
        "pub fn invalidate_by_key<'a>(tenant: &'a str, id: u64)",
        "pub fn invalidate_by_tags<T: Display>(team: T)",
        "pub fn invalidate_by_prefix<'a>(tenant: &'a str)",
        "pub fn refresh<'a, T: Display>(tenant: &'a str, team: T, id: u64)",
    ] {
        assert!(text.contains(signature), "{signature}\n{text}");
    }
}

#[test]
fn only_what_was_declared_has_an_invalidator() {
    let text = cached("\"user:{id}\", tags = []", "fn load(id: u64) -> u32 { 1 }").unwrap();
    assert!(text.contains("invalidate_by_key"));
    assert!(!text.contains("invalidate_by_tags") && !text.contains("invalidate_by_prefix"));
}
