//! The attributes and derives of `easycache`. Use them through that crate, which re-exports them.
//!
//! The way of every macro: `args` and `function` read what the user wrote, `checked` puts the two together and
//! refuses what cannot work, `expand` writes tokens and decides nothing.

mod args;
mod cache_key;
mod checked;
mod crate_path;
mod defaults;
mod ecached;
mod errors;
mod expand;
mod function;
mod generics;
mod invalidates;
mod names;
mod object;
mod template;
mod text_macro;
mod tokens;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;
use quote::quote;

use crate::checked::Item;
use crate::template::Kind;

/// Caches the results of a function, sync or async.
///
/// ```
/// use easycache::{Error, ecached};
///
/// # #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)] struct User(u64);
/// #[ecached("user:{id}", ttl = "10m", tags = ["users", "team:{team}"], prefix = "tenant:{tenant}")]
/// async fn load_user(tenant: u32, team: u32, id: u64) -> Result<User, Error> {
///     Ok(User(id))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// load_user(1, 2, 42).await?; // computed once, then cached
/// load_user::invalidate_by_key(1, 42).await?; // just the parameters that key and prefix mention
/// load_user::invalidate_by_tags(2).await?;
/// load_user::invalidate_by_prefix(1).await?;
/// load_user::refresh(1, 2, 42).await?; // compute now, store, return
/// load_user::many([(1, 2, 42), (1, 2, 43)]).await; // many calls, read and stored together
/// let entry = load_user::entry(1, 2, 42); // a handle to the entry
/// assert_eq!(entry.key(), "tenant:1|user:42");
/// # Ok(())
/// # }
/// ```
///
/// A method gets the same as siblings: `goods_refresh`, `goods_invalidate_by_key` and so on.
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | first, or `key = …` | a template; a list of parameters `[tenant, id]`; a closure over parameters; the path of a function that takes all parameters by reference. Absent: the function and all its arguments |
/// | `ttl = …` | `"10m"`, seconds, an expression of type `Duration`, or a closure over parameters |
/// | `ttl_from = \|value\| …` | the ttl from the result |
/// | `tags = …` | templates, one template, or a closure over parameters |
/// | `tags_from = \|value\| …` | tags from the result |
/// | `prefix = …` | a template; `/` makes levels |
/// | `alias = "…"`, `cache = expr` | which cache: a registered one, or a `&Cache` |
/// | `version = 2`, `schema = "user/1"` | part of the fingerprint of stored values |
/// | `cache_if = \|value\| …` | which results are kept |
/// | `cache_none = "5s"` or `false` | for how long a `None` is kept, if at all |
/// | `cache_err = "2s"` | keeps errors, too, that long; the error must be `Clone`, and serializable unless the function says `local` |
/// | `cache_err_if = \|error\| …` | which errors `cache_err` keeps |
/// | `inherit` | the result depends on what the cached functions depend on that are called inside: it is gone with *their* tags and prefixes, too; see `Policy::inherit` |
/// | `jitter = 0.1` | spreads the ttl |
/// | `coalesce = "process"`, `"cluster"` or `"off"` | whether callers of one key, in this process or in all, wait for one computation |
/// | `on_error = "fail"` | returns an error of the backend, instead of running the body; the function's error must be `From<easycache::Error>` |
/// | `stale_while_revalidate = "30s"` | serves an expired value for that much longer, while one caller computes the next in the background; never one that was invalidated |
/// | `stale_if_error = "1h"` | serves an expired value for that much longer in the place of an error; never one that was invalidated |
/// | `early_refresh`, `early_refresh = 2.0` | refreshes in the background before the value expires, the earlier the longer it takes to compute |
/// | `refresh = "inline"` | one caller refreshes while it waits, instead of in the background: then arguments may be borrowed |
/// | `timeout = "2s"`, `timeout = { soft = "100ms", hard = "2s" }` | how long a caller waits: after the soft one an expired value is served, if there is one, and after the hard one an error of the cache is returned; what borrows nothing goes on in the background; see `Policy::timeout` |
/// | `concurrency = 16` | how many bodies of one `many` run at a time |
/// | `each = ids`, `each = id in ids` | the parameter `ids` has many elements, each of which is an entry of its own: see below |
/// | `local` | in process only: the value needs no serde |
/// | `companions = false` or `name` | no companions, or under another name |
/// | `assoc` | the function stands in an `impl` block, though it has no `self` |
/// | `shared` | other functions fill the same template on purpose |
/// | `crate = path` | where `easycache` is found |
///
/// Of a `Result` only `Ok` is stored, unless `cache_err` says otherwise. Closures name the parameters they want, and get
/// references; those that see the result may ask for `value` (or `error`), and all may ask for `meta`, a `&CallMeta`.
/// `easycache::no_store()`, called in the body, keeps the result from being stored.
///
/// # Many at once
///
/// `f::many(items)` answers many calls of a function, in their order: on a backend all of them are read in one round trip,
/// what is missing gets its leases in one, and what is computed at the same time is stored in one. An item is a tuple of
/// the parameters, or the parameter itself where there is one. Up to `concurrency` bodies run at a time; a function that is
/// not async computes one after the other, and begins no more of them when its `timeout` is over; one that has begun is
/// waited for. Each call has its own
/// answer: an error of one is none of the others'. There is no `many` without parameters, nor for methods that take `self` by
/// value; async ones may take `self: Arc<Self>`.
///
/// A function that computes many elements together says so by `each`:
///
/// ```
/// use std::collections::HashMap;
///
/// use easycache::{Error, ecached};
///
/// #[ecached("user:{id}", each = id in ids, tags = ["users"], ttl = "10m")]
/// async fn load_users(tenant: u32, ids: Vec<u64>) -> Result<HashMap<u64, String>, Error> {
///     Ok(ids.into_iter().map(|id| (id, format!("user {id} of {tenant}"))).collect())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// load_users(1, vec![1, 2]).await?;
/// let users = load_users(1, vec![2, 3]).await?; // the body gets 3 alone
/// assert_eq!((users.len(), users[&3].as_str()), (2, "user 3 of 1"));
/// load_users::invalidate_by_key(2).await?; // one element
/// # Ok(())
/// # }
/// ```
///
/// Names and closures see one element, called as it says, or as the parameter is called; the key has to mention it. The
/// parameter is a `Vec<K>`, `&[K]`, `HashSet<K>` or `BTreeSet<K>`, and the function returns a `HashMap<K, V>` or
/// `BTreeMap<K, V>`, or a `Result` of one. The body gets the elements that are missing, each once, and does not run if none
/// is. What it does not return is absent in the answer and not stored; to have that stored as well, return an `Option` for
/// each. What it returns besides is dropped. An `Err` fails the call. The body runs again if somebody else was to compute
/// one of the elements and has failed: therefore the other parameters are `Clone`, and a method takes `&self`.
///
/// What may be done with values that are not fresh is done with each. Those to be refreshed are computed together, by one run
/// of the body in the background, when the call has its answer; where something is borrowed, `&self` included, it takes
/// `refresh = "inline"`. A `timeout` is one for the whole call: what is answered when it is over needs an expired value for
/// each element that is missing. So does the answer in the place of an error. What the body does not return in the background
/// is served until its time is over.
///
/// # Templates
///
/// `{id}`, `{self.id}`, `{user.name}`, `{choices[0]}`, `{menu["lunch"]}`, `{url.path()}`, `{Self::NAME}`, `{0}`
/// (the first parameter), `{T}` (the name of a type parameter), each with an optional format spec (`{id:05}`).
/// What is filled in is escaped, so that different values never give the same text.
#[proc_macro_attribute]
pub fn ecached(args: TokenStream, item: TokenStream) -> TokenStream {
    keeping(item, |item| ecached::expand(Item::Function, args.into(), item))
}

/// Caches a method that takes nothing but `self`; otherwise like `#[ecached]`.
///
/// ```
/// use easycache::ecached_property;
///
/// struct User {
///     id: u64,
/// }
///
/// impl User {
///     #[ecached_property("followers:{self.id}", ttl = 3600)]
///     fn followers(&self) -> u64 {
///         self.id * 2
///     }
/// }
///
/// let user = User { id: 1 };
/// assert_eq!(user.followers(), 2);
/// user.followers_invalidate_by_key().unwrap();
/// ```
#[proc_macro_attribute]
pub fn ecached_property(args: TokenStream, item: TokenStream) -> TokenStream {
    keeping(item, |item| ecached::expand(Item::Property, args.into(), item))
}

/// Gives arguments to every `#[ecached]` and `#[ecached_property]` in an `impl` block or inline module.
///
/// ```
/// use easycache::{ecached, ecached_defaults};
///
/// struct Shop {
///     id: u32,
/// }
///
/// #[ecached_defaults(prefix = "shop:{self.id}", ttl = "1h")]
/// impl Shop {
///     #[ecached("goods:{page}")]
///     fn goods(&self, page: u32) -> Vec<u32> {
///         vec![page]
///     }
/// }
///
/// assert_eq!(Shop { id: 1 }.goods_entry(2).key(), "shop:1|goods:2");
/// ```
///
/// What a function says itself wins, argument by argument; there is no default for the key. Functions without `self`
/// in an `impl` are taken for associated ones (`assoc`). In an `impl` of a trait `companions = false` is implied,
/// for only the functions of the trait may stand there. `alias`, `cache` and `crate` go to `#[invalidates]`, too.
/// Attributes are known by their last path segment, so not under another name or in `cfg_attr`.
#[proc_macro_attribute]
pub fn ecached_defaults(args: TokenStream, item: TokenStream) -> TokenStream {
    keeping(item, |item| defaults::expand(args.into(), item))
}

/// Invalidates names, or expires them, when the function has succeeded.
///
/// ```
/// use easycache::{Error, invalidates};
///
/// struct Shop {
///     id: u32,
///     name: String,
/// }
///
/// impl Shop {
///     #[invalidates(prefix = "shop:{self.id}", tags = ["catalogue"])]
///     fn rename(&mut self, name: String) -> Result<(), Error> {
///         self.name = name;
///         Ok(())
///     }
/// }
/// # Shop { id: 1, name: String::new() }.rename("corner".to_owned()).unwrap();
/// ```
///
/// `key`, `prefix` and `tags` each take a template, a list of templates or a closure over parameters; a key may hold one `|`
/// that parts prefix and key. They are evaluated before the body. An `Err` invalidates nothing; any other
/// end does, a panic and a dropped future included, for the change may have happened.
///
/// Where the backend cannot be reached, the invalidation is logged and repeated until it has got through, and this process
/// computes what it is about. `on_error = "fail"` returns the error besides; the function's error must be
/// `From<easycache::Error>`. Mind that the change itself has happened then: it is other processes that have not heard of it.
/// `alias`, `cache` and `crate` are as for `#[ecached]`.
///
/// With the switch `expire` the names are expired instead, the gentle way: what was stored is not fresh any more, and
/// functions that say `stale_while_revalidate` or `stale_if_error` may serve it until there is something newer. For changes
/// that readers need not see at once:
///
/// ```
/// # use easycache::invalidates;
/// #[invalidates(tags = "user:{id}", expire)]
/// fn count_visit(id: u64) {}
/// # count_visit(7);
/// ```
///
/// An expiry that fails is logged (or returned, with `on_error = "fail"`) and not repeated: until the values expire by
/// themselves they are taken for fresh. Only what must not be served again has to be invalidated.
#[proc_macro_attribute]
pub fn invalidates(args: TokenStream, item: TokenStream) -> TokenStream {
    keeping(item, |item| invalidates::expand(args.into(), item))
}

/// Makes a type part of automatic keys: all fields but those with `#[cache_key(skip)]`.
///
/// ```
/// use easycache::{CacheKey, ecached};
///
/// #[derive(CacheKey)]
/// struct Shop {
///     id: u32,
///     #[cache_key(skip)]
///     name: String,
/// }
///
/// impl Shop {
///     #[ecached]
///     fn goods(&self, page: u32) -> Vec<String> {
///         vec![format!("{} {page}", self.name)]
///     }
/// }
/// # assert_eq!(Shop { id: 1, name: "a".to_owned() }.goods(2), ["a 2"]);
/// ```
#[proc_macro_derive(CacheKey, attributes(cache_key))]
pub fn derive_cache_key(input: TokenStream) -> TokenStream {
    cache_key::expand(input.into()).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Caches the objects of a type under a key of their own, with all that belongs to them: the trait `CachedObject`.
///
/// ```
/// use easycache::{CachedObject, Error, ecached};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CachedObject)]
/// #[cached_object("shop:{id}", ttl = "1h", tags = ["shops"])]
/// struct Shop {
///     #[cached_object(id)]
///     id: u64,
///     name: String,
/// }
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CachedObject)]
/// #[cached_object("goods:{id}", parent = Shop, parent_id = shop_id)]
/// struct Goods {
///     #[cached_object(id)]
///     shop_id: u64,
///     #[cached_object(id)]
///     id: u64,
///     price: u32,
/// }
///
/// #[ecached("rating", prefix = "shop:{id}")]
/// async fn rating(id: u64) -> u32 {
///     5
/// }
///
/// # async fn database(id: u64) -> Result<Option<Shop>, Error> { Ok(Some(Shop { id, name: "Ann's".to_owned() })) }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let shop = Shop::find_or_load(42, |id| database(id)).await?.expect("there is one"); // loaded once, then cached
/// assert_eq!(Shop::cache_get(&42).await?, Some(shop.clone()));
///
/// Goods { shop_id: 42, id: 7, price: 350 }.cache_set().await?;
/// rating(42).await;
/// shop.cache_delete().await?; // in one step: the shop, its goods, and its rating
/// assert_eq!(Goods::cache_get(&(42, 7)).await?, None);
/// # Ok(())
/// # }
/// ```
///
/// The trait says what can be done with such objects, and what to call after a change.
///
/// # The id and the key
///
/// The id is the field with `#[cached_object(id)]`, or several, of which `CachedObject::Id` is the tuple; without any, it is the
/// field called `id`. All names are templates over these fields, so that an object can be looked for by its id alone.
///
/// The key is a level of a prefix: the object lies below it, and so does what belongs to it. A function belongs to an object
/// that writes its key as a prefix, as `rating` does above. Another object does that says `parent`, and which of its own
/// fields (which are part of its id) are the id of the parent; or that writes the key of the parent as its `prefix`. Without
/// a key an object is called by the path of its type and its id, as `CacheKey` has it: then functions cannot write its name,
/// but objects can still name it as their parent.
///
/// An object is in the cache of its parent, whose `alias` or `cache` is that of its children, too: they cannot name another.
/// A function, and an object that writes the key of the parent, has to name the same one: what is deleted in one cache is
/// left alone in all others.
///
/// # Arguments
///
/// On the type, in `#[cached_object(…)]`; what is not explained here is as for [`#[ecached]`](macro@ecached), with the object as
/// `value`:
///
/// | argument | meaning |
/// |---|---|
/// | first, or `key = …` | a template over the id; every field of the id has to be in it, or in what is above it |
/// | `prefix = …`, or `parent = Type, parent_id = field` | what the objects lie below; a `parent_id` of several fields is `(a, b)`; with a parent there is no `alias` and no `cache` |
/// | `tags = …` | templates over the id; `tags_from = \|value\| …` from the object |
/// | `ttl = …` | for all alike; `ttl_from = \|value\| …` from the object |
/// | `cache_if = \|value\| …` | which objects are kept |
/// | `cache_none = "5s"` or `false` | for how long it is kept that there is no such object, if at all: otherwise as long as an object |
/// | `stale_while_revalidate`, `stale_if_error`, `early_refresh` | when an object is served that has expired, or is about to: by `find_or_load` and `find_or_refresh` |
/// | `on_error = "fail"` | `find_or_load` and its like return an error of the backend instead of loading; the loader's error must be `From<easycache::Error>` |
/// | `local` | in process only: the type needs no serde |
/// | `alias`, `cache`, `version`, `schema`, `jitter`, `coalesce`, `shared`, `crate` | as for functions |
#[proc_macro_derive(CachedObject, attributes(cached_object))]
pub fn derive_cached_object(input: TokenStream) -> TokenStream {
    object::expand(input.into()).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// The text of a key, what is filled in escaped as in attributes: `cache_key!("user:{name}")`.
///
/// One `|` may part prefix and key. Further arguments are as in `format!`.
///
/// ```
/// use easycache::cache_key;
///
/// let name = "a:b";
/// assert_eq!(cache_key!("user:{name}"), "user:a%3Ab");
/// assert_eq!(cache_key!("tenant:{}|user:{name}", 1 + 1), "tenant:2|user:a%3Ab");
/// ```
#[proc_macro]
pub fn cache_key(input: TokenStream) -> TokenStream {
    text(Kind::FullKey, input)
}

/// The text of a tag, what is filled in escaped as in attributes.
///
/// ```
/// let team = "a:b";
/// assert_eq!(easycache::tag!("team:{team}"), "team:a%3Ab");
/// ```
#[proc_macro]
pub fn tag(input: TokenStream) -> TokenStream {
    text(Kind::Tag, input)
}

/// After a mistake the item is still there, so that the rest of the program, and an editor, can go on.
fn keeping(item: TokenStream, expand: impl FnOnce(TokenStream2) -> syn::Result<TokenStream2>) -> TokenStream {
    let item = TokenStream2::from(item);
    let expanded = expand(item.clone()).unwrap_or_else(|error| {
        let error = error.to_compile_error();
        quote!(#[allow(unused)] #item #error)
    });
    expanded.into()
}

fn text(kind: Kind, input: TokenStream) -> TokenStream {
    text_macro::expand(kind, input.into()).unwrap_or_else(|error| error.to_compile_error()).into()
}
