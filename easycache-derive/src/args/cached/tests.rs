use super::*;

fn read(text: &str) -> Result<CachedArgs, Vec<String>> {
    let mut errors = Errors::default();
    let args = CachedArgs::read(syn::parse_str(text).unwrap(), &mut errors);
    errors.finish().map_err(|errors| errors.into_iter().map(|error| error.to_string()).collect::<Vec<_>>())?;
    Ok(args)
}

fn mistake(text: &str) -> String {
    read(text).unwrap_err().join("\n")
}

#[test]
fn every_supported_argument_is_read() {
    let args = read(
        "\"user:{id}\", ttl = \"10m\", ttl_from = |value| value.ttl, tags = [\"a\", \"b\"], tags_from = |value| value.tags(), \
         prefix = \"p:{x}\", alias = \"main\", version = 2, schema = \"user/1\", cache_if = |value| value.ok, cache_none = \"5s\", \
         cache_err = \"2s\", cache_err_if = |error| error.lasts, inherit, \
         jitter = 0.1, coalesce = \"off\", on_error = \"fail\", stale_while_revalidate = \"30s\", stale_if_error = 3600, \
         early_refresh = 2, refresh = \"inline\", timeout = { soft = \"100ms\", hard = 2 }, local, companions = other, assoc, shared, crate = my::cache",
    )
    .unwrap();
    assert!(matches!(args.key, KeyArg::Template(_)));
    assert!(args.inherit && args.cache_err.is_some() && args.cache_err_if.is_some());
    assert!(args.local && args.assoc && args.shared && args.coalesce.is_some() && args.fails.is_some());
    let late = args.late;
    assert!(late.revalidate.is_some() && late.on_error.is_some() && late.early.is_some() && late.inline.is_some());
    assert!(late.soft.is_some() && late.hard.is_some());
    assert!(read("timeout = \"2s\"").unwrap().late.hard.is_some());
    assert!(read("timeout = { soft = \"2s\" }").unwrap().late.soft.is_some());
    assert!(matches!(args.companions, Companions::Named(name) if name == "other"));
    assert!(matches!(args.tags, Some(TagsArg::Templates(tags)) if tags.len() == 2));
}

#[test]
fn elements_have_the_name_of_their_parameter_or_one_of_their_own() {
    let names = |text: &str| read(text).unwrap().each.map(|each| (each.element.to_string(), each.param.to_string()));
    assert_eq!(names("\"a\", each = ids"), Some(("ids".to_owned(), "ids".to_owned())));
    assert_eq!(names("\"a\", each = id in ids, ttl = 5"), Some(("id".to_owned(), "ids".to_owned())));
    assert!(mistake("each = 5").contains("`each = ids`"));
    assert!(mistake("concurrency = 0").contains("1 at least"));
}

#[test]
fn a_key_has_four_forms() {
    assert!(matches!(read("[a, b]").unwrap().key, KeyArg::List(list) if list.len() == 2));
    assert!(matches!(read("|a| a.key()").unwrap().key, KeyArg::Closure(_)));
    assert!(matches!(read("keys::user").unwrap().key, KeyArg::Path(_)));
    assert!(matches!(read("key = make_key").unwrap().key, KeyArg::Path(_)));
    assert!(matches!(read("").unwrap().key, KeyArg::Automatic));
    assert!(mistake("key = 5").contains("a key is a template"));
}

#[test]
fn an_unknown_argument_lists_the_known_ones_and_guesses() {
    let text = mistake("\"a\", prefx = \"b\"");
    assert!(text.contains("did you mean `prefix`?"), "{text}");
    assert!(mistake("\"a\", color = 1").contains("`tags_from`"));
    assert!(mistake("\"a\", lokal").contains("did you mean `local`?"));
}

#[test]
fn duplicates_and_strays_are_mistakes() {
    assert!(mistake("\"a\", key = \"b\"").contains("`key` is given twice"));
    assert!(mistake("ttl = 1, ttl = 2").contains("`ttl` is given twice"));
    assert!(mistake("\"a\", \"b\"").contains("only the first argument"));
    assert!(mistake("ttl").contains("needs a value"));
}

#[test]
fn several_mistakes_are_reported_together() {
    assert_eq!(read("ttl = \"x\", jitter = 2.0, nothing = 1").unwrap_err().len(), 3);
}

#[test]
fn values_out_of_range_are_refused() {
    assert!(mistake("jitter = 1.5").contains("fraction"));
    assert!(mistake("cache_none = true").contains("how long"));
    assert!(mistake("cache_err = true").contains("how long an error is kept"));
    assert!(mistake("coalesce = \"on\"").contains("\"process\""));
    assert!(mistake("on_error = \"ignore\"").contains("\"compute\""));
    assert!(mistake("companions = \"x\"").contains("`false`"));
    assert!(mistake("alias = \"\"").contains("empty"));
    assert!(mistake("stale_while_revalidate = \"0s\"").contains("leave it out"));
    assert!(mistake("stale_if_error = |id| 1").contains("for how long"));
    assert!(mistake("stale_if_error = \"5\"").contains("lacks its unit"));
    assert!(mistake("early_refresh = 0.0").contains("more than 0"));
    assert!(mistake("early_refresh = \"1m\"").contains("stands alone"));
    assert!(mistake("timeout = { soft = 2, hard = 1 }").contains("never comes first"));
    assert!(mistake("timeout = { firm = 2 }").contains("both kinds"));
    assert!(mistake("timeout = 0").contains("no time"));
    assert!(mistake("refresh = \"later\"").contains("\"inline\""));
}
