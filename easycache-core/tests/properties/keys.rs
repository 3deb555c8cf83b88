//! Distinct arguments never share a key: neither its text nor the raw form that a hit is found by.

use std::collections::BTreeMap;

use easycache_core::{
    Cache, CacheKey, KeyWriter,
    private::{Found, Mode, Site, Text, compute_blocking, find, outcome},
};
use proptest::{prelude::*, test_runner::TestCaseError};

/// Text out of what could be mistaken for the syntax of a key, and some more.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(&[":", "/", "%", "{", "}", "|", "\"", ",", "(", ")", "[", "]", " ", "%3A", "%22"][..])
            .prop_map(str::to_owned),
        3 => prop::sample::select(&["a", "1", "0", "None", "Some", "true", "\0", "\n", "é", "\u{85}", "日", "🦀"][..])
            .prop_map(str::to_owned),
        1 => any::<char>().prop_map(|c| c.to_string()),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

/// An argument as nested as one likes, with a key written by hand: what `#[derive(CacheKey)]` would write.
#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Unit,
    Small(u8),
    Big(i64),
    Text(String),
    Maybe(Option<Box<Self>>),
    List(Vec<Self>),
    Pair(Box<(Self, Self)>),
    Map(BTreeMap<String, u8>),
    Flags(bool, char),
}

impl CacheKey for Tree {
    fn cache_key(&self, key: &mut KeyWriter) {
        match self {
            Self::Unit => key.word("Unit"),
            Self::Small(value) => part(key, "Small", value),
            Self::Big(value) => part(key, "Big", value),
            Self::Text(value) => part(key, "Text", value),
            Self::Maybe(value) => part(key, "Maybe", value),
            Self::List(value) => part(key, "List", value),
            Self::Pair(value) => part(key, "Pair", value),
            Self::Map(value) => part(key, "Map", value),
            Self::Flags(flag, letter) => {
                key.begin("Flags");
                key.field(flag);
                key.field(letter);
                key.end();
            }
        }
    }
}

fn part(key: &mut KeyWriter, name: &'static str, value: &impl CacheKey) {
    key.begin(name);
    key.field(value);
    key.end();
}

/// The same without names of variants: their values are told apart by their own forms.
#[derive(Clone, Debug, PartialEq)]
enum Bare {
    U8(u8),
    I8(i8),
    I16(i16),
    F32(f32),
    Wide(u128),
    U64(u64),
    I64(i64),
    Float(f64),
    Text(String),
    Nothing,
    List(Vec<Self>),
    Flag(bool),
}

impl CacheKey for Bare {
    fn cache_key(&self, key: &mut KeyWriter) {
        match self {
            Self::U8(value) => value.cache_key(key),
            Self::I8(value) => value.cache_key(key),
            Self::I16(value) => value.cache_key(key),
            Self::F32(value) => value.cache_key(key),
            Self::Wide(value) => value.cache_key(key),
            Self::U64(value) => value.cache_key(key),
            Self::I64(value) => value.cache_key(key),
            Self::Float(value) => value.cache_key(key),
            Self::Text(value) => value.cache_key(key),
            Self::Nothing => key.word("None"),
            Self::List(value) => value.cache_key(key),
            Self::Flag(value) => value.cache_key(key),
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Unit),
        (0..3_u8).prop_map(Tree::Small),
        (-2..3_i64).prop_map(Tree::Big),
        text().prop_map(Tree::Text),
        Just(Tree::Maybe(None)),
        prop::collection::btree_map(text(), 0..3_u8, 0..3).prop_map(Tree::Map),
        (any::<bool>(), prop::sample::select(&['a', '"', ':', 'é'][..])).prop_map(|(f, c)| Tree::Flags(f, c)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::option::of(inner.clone().prop_map(Box::new)).prop_map(Tree::Maybe),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Tree::List),
            (inner.clone(), inner).prop_map(|pair| Tree::Pair(Box::new(pair))),
        ]
    })
}

/// Numbers and texts that are alike in memory.
fn bare() -> impl Strategy<Value = Bare> {
    let number =
        prop_oneof![Just(0), Just(1), Just(255_u64), Just(u64::MAX), Just(1_u64.to_be()), Just(0x3FF0_u64 << 48)];
    let leaf = prop_oneof![
        any::<u8>().prop_map(Bare::U8),
        any::<i8>().prop_map(Bare::I8),
        prop::sample::select(&[-1, 0, 1, 255, 256][..]).prop_map(Bare::I16),
        prop::sample::select(&[0.0, 1.0, -0.0][..]).prop_map(Bare::F32),
        prop::sample::select(&[0, 1, 1 << 64][..]).prop_map(Bare::Wide),
        number.clone().prop_map(Bare::U64),
        number.clone().prop_map(|bits| Bare::I64(bits.cast_signed())),
        number.prop_map(|bits| Bare::Float(f64::from_bits(bits))),
        text().prop_map(Bare::Text),
        prop::sample::select(&["", "\0", "\0\0\0\0\0\0\0\0", "\u{1}"][..]).prop_map(|text| Bare::Text(text.to_owned())),
        Just(Bare::Nothing),
        any::<bool>().prop_map(Bare::Flag),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Bare::List))
}

static SITE: Site = Site::new("tests::keyed");

/// Calls a function with that automatic key; returns what it is told, and whether it was computed.
fn call(cache: &Cache, argument: &impl CacheKey, value: u8) -> (u8, bool) {
    let outcome = easycache_core::private::unportable(outcome!(u8));
    let names = |names: &mut easycache_core::private::Names| {
        names.key(|text| {
            text.literal("tests::keyed");
            text.typed(argument);
        });
    };
    match find(&SITE, Mode::Read, Some(cache), &outcome, |args| args.arg(argument), names) {
        Found::Hit(value) => (value, false),
        Found::Miss(miss) => (compute_blocking(miss, outcome, || value, |_, _| {}), true),
    }
}

/// Whether two arguments are the same is what both forms of the key say: the text, and the raw bytes.
fn check(one: &impl CacheKey, two: &impl CacheKey, same: bool) -> Result<(), TestCaseError> {
    let texts = [KeyWriter::text_of(one), KeyWriter::text_of(two)];
    prop_assert_eq!(texts[0] == texts[1], same, "{:?}", texts);
    let cache = Cache::builder().build().unwrap();
    prop_assert_eq!(call(&cache, one, 1), (1, true));
    prop_assert_eq!(call(&cache, one, 9), (1, false));
    prop_assert_eq!(call(&cache, two, 2), if same { (1, false) } else { (2, true) });
    prop_assert_eq!(call(&cache, one, 9), (1, false), "and the first is still what it was");
    Ok(())
}

fn written(write: impl FnOnce(&mut Text)) -> String {
    let mut text = Text::new();
    write(&mut text);
    text.finish()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn distinct_trees_have_distinct_keys(one in tree(), two in tree()) {
        check(&one, &two, one == two)?;
    }

    #[test]
    fn distinct_tuples_have_distinct_keys(one in (text(), text(), 0..3_u8), two in (text(), text(), 0..3_u8)) {
        check(&one, &two, one == two)?;
    }

    #[test]
    fn distinct_lists_and_options_have_distinct_keys(
        one in (prop::collection::vec(text(), 0..3), prop::option::of(text())),
        two in (prop::collection::vec(text(), 0..3), prop::option::of(text())),
    ) {
        check(&one, &two, one == two)?;
    }

    /// `1_u8` and `1_u64` are the same `1`; everything else is told apart, in both forms alike.
    #[test]
    fn values_that_name_no_variant_are_told_apart_by_their_own_forms(one in bare(), two in bare()) {
        let same = KeyWriter::text_of(&one) == KeyWriter::text_of(&two);
        check(&one, &two, same)?;
    }

    #[test]
    fn distinct_texts_are_distinct_when_escaped(one in text(), two in text()) {
        let escaped = [written(|text| text.value(&one)), written(|text| text.value(&two))];
        prop_assert_eq!(escaped[0] == escaped[1], one == two);
        for escaped in &escaped {
            let special = |c: char| ":/|{} ".contains(c) || c.is_control();
            prop_assert!(!escaped.contains(special), "{}", escaped);
        }
    }

    /// What stands between two placeholders is never found in one of them.
    #[test]
    fn distinct_arguments_of_a_template_have_distinct_keys(
        one in (text(), text()),
        two in (text(), text()),
        separator in prop::sample::select(&[":", "/", "|"][..]),
    ) {
        let fill = |(a, b): &(String, String)| written(|text| {
            text.value(a);
            text.literal(separator);
            text.value(b);
        });
        prop_assert_eq!(fill(&one) == fill(&two), one == two);
    }

    #[test]
    fn every_escaped_text_can_be_used(text in text()) {
        let cache = Cache::builder().build().unwrap();
        let escaped = written(|out| out.value(&text));
        let key = format!("{escaped}/x|user:{escaped}");
        let policy = || easycache_core::Policy::new().tags([format!("t:{escaped}")]);
        if text.is_empty() {
            prop_assert!(cache.blocking().set(&key, 1_u8, policy()).is_err(), "an empty level");
            return Ok(());
        }
        cache.blocking().set(&key, 1_u8, policy()).unwrap();
        prop_assert_eq!(cache.blocking().get::<u8>(&key).unwrap(), Some(1));
        cache.blocking().invalidate_prefix(&escaped).unwrap();
        prop_assert_eq!(cache.blocking().get::<u8>(&key).unwrap(), None);
    }
}

#[test]
fn arguments_that_borrow_and_those_that_own_have_one_key() {
    let cache = Cache::builder().build().unwrap();
    assert_eq!(call(&cache, &("a", 1), 1), (1, true));
    assert_eq!(call(&cache, &(String::from("a"), &1), 2), (1, false));
    assert_eq!(call(&cache, &(std::borrow::Cow::Borrowed("a"), Box::new(1)), 3), (1, false));
}
