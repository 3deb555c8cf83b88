/// Functions written by a macro: names of parameters, `self` and key come from different places.
mod from_macro {
    macro_rules! cached {
        ($name:ident, $key:literal, $arg:ident) => {
            #[easycache::ecached($key, tags = ["hygiene:{id}"], tags_from = |value, id| [format!("hygiene:{value}:{id}")])]
            pub async fn $name(id: u64, $arg: u32) -> u64 {
                id + u64::from($arg)
            }

            pub struct Made {
                pub id: u32,
            }

            impl Made {
                #[easycache::ecached("hygiene-made:{self.id}:{x}", tags = |x| [format!("hygiene:{}:{x}", self.id)])]
                pub fn method(&self, x: u32) -> u32 {
                    x + self.id
                }

                #[easycache::invalidates(key = "hygiene-made:{self.id}:{x}")]
                pub fn change(&mut self, x: u32) {
                    self.id = x;
                }
            }
        };
    }
    cached!(load, "hygiene-macro:{id}:{outer}", outer);
}

#[tokio::test]
async fn functions_written_by_a_macro_work() {
    assert_eq!(from_macro::load(1, 2).await, 3);
    from_macro::load::invalidate_by_key(1, 2).await.unwrap();
    let mut made = from_macro::Made { id: 1 };
    assert_eq!(made.method(2), 3);
    made.method_invalidate_by_tags(2).unwrap();
    made.change(4);
    assert_eq!(made.method(2), 6);
}

/// Everything that generated code could name by accident is something else here.
mod shadowed {
    #![allow(non_camel_case_types, dead_code, clippy::upper_case_acronyms, reason = "shadows on purpose")]

    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub struct String;
    pub struct Vec;
    pub struct Box;
    pub struct Clone;
    pub struct Send;
    pub struct Future;
    pub struct Duration;
    pub struct str;
    pub struct u64;
    pub type Result<T> = ::std::result::Result<T, ::std::fmt::Error>;
    mod std {}
    mod core {}

    #[::easycache::ecached("hygiene-shadow:{id}", prefix = "hygiene:{id}", tags = ["t:{id}"], ttl = "1m", cache_if = |value| *value > 0, tags_from = |value, id| [::std::format!("v:{value}:{id}")])]
    pub async fn load(id: u32) -> Result<u32> {
        ::std::result::Result::Ok(id)
    }

    #[::easycache::ecached(cache_none = "5s")]
    pub fn automatic(id: u32) -> ::std::option::Option<u32> {
        ::std::option::Option::Some(id)
    }

    #[derive(::easycache::CacheKey)]
    pub struct Key {
        pub id: u32,
    }

    #[::easycache::ecached_defaults(ttl = 60)]
    impl Key {
        #[ecached]
        pub fn all(&self) -> u32 {
            self.id
        }

        #[::easycache::invalidates(key = "a:{self.id}")]
        pub async fn change(&mut self) -> Result<()> {
            ::std::result::Result::Ok(())
        }
    }
    use ::easycache::ecached;
}

#[tokio::test]
async fn shadowed_names_do_not_matter() {
    assert_eq!(shadowed::load(1).await, Ok(1));
    shadowed::load::invalidate_by_key(1).await.unwrap();
    assert_eq!(shadowed::automatic(1), Some(1));
    let mut key = shadowed::Key { id: 3 };
    assert_eq!(key.all(), 3);
    key.change().await.unwrap();
}

/// A crate under another name.
mod renamed {
    pub mod deep {
        pub use easycache as cache;
    }

    #[easycache::ecached("hygiene-renamed:{id}", crate = self::deep::cache)]
    pub fn load(id: u32) -> u32 {
        id
    }

    #[derive(easycache::CacheKey)]
    #[cache_key(crate = deep::cache)]
    pub struct Key(pub u32);

    #[easycache::ecached_defaults(crate = deep::cache)]
    impl Key {
        #[easycache::ecached]
        pub fn all(&self) -> u32 {
            self.0
        }
    }
}

#[test]
fn the_crate_may_have_another_name() {
    assert_eq!(renamed::load(1), 1);
    assert_eq!(renamed::Key(2).all(), 2);
    let name = "x";
    assert_eq!(easycache::tag!("a:{name}", crate = renamed::deep::cache), "a:x");
}

/// Names in the function that generated code also uses.
mod own_names {
    #[easycache::ecached("hygiene-own:{__mode}:{value}:{names}", tags_from = |value| [value.to_string()])]
    pub fn load(__mode: u32, value: u32, names: u32, __miss: u32, site: u32) -> u32 {
        let __outcome = __mode + value;
        let __keep = names + __miss;
        __outcome + __keep + site
    }
}

#[test]
fn names_of_generated_locals_are_free() {
    assert_eq!(own_names::load(1, 2, 3, 4, 5), 15);
}
