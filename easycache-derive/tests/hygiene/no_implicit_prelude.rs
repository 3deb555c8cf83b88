#![deny(warnings)]
#![expect(unreachable_pub, reason = "what users write is seen elsewhere, too")]
#![no_implicit_prelude]

mod shop {
    #[derive(::std::clone::Clone, ::easycache::CachedObject)]
    #[cached_object(on_error = "fail", ttl = "1h", cache_none = "5s", cache_if = |value| value.id > 0, local)]
    pub struct Owner {
        pub id: u32,
    }

    #[derive(::std::clone::Clone, ::easycache::CachedObject)]
    #[cached_object("goods:{name}", parent = Owner, parent_id = owner, tags = ["goods:{owner}"], local)]
    pub struct Goods {
        #[cached_object(id)]
        pub owner: u32,
        #[cached_object(id)]
        pub name: ::std::string::String,
    }

    #[derive(::easycache::CacheKey)]
    pub struct Shop {
        pub id: u32,
    }

    impl Shop {
        #[::easycache::ecached("goods:{page}", prefix = "shop:{self.id}", tags = ["goods"], ttl = "1h")]
        pub async fn goods(&self, page: u32) -> ::std::result::Result<u32, ::easycache::Error> {
            ::std::result::Result::Ok(page)
        }

        #[::easycache::ecached(ttl = 60)]
        pub fn name(&self) -> ::std::string::String {
            ::std::string::ToString::to_string(&self.id)
        }

        #[::easycache::ecached_property("followers:{self.id}", cache_none = "5s")]
        pub fn followers(&self) -> ::std::option::Option<u32> {
            ::std::option::Option::None
        }

        #[::easycache::invalidates(prefix = "shop:{self.id}", tags = ["goods"])]
        pub async fn rename(&mut self, id: u32) -> ::std::result::Result<(), ::easycache::Error> {
            self.id = id;
            ::std::result::Result::Ok(())
        }
    }

    #[::easycache::ecached([tenant, id], tags = |tenant| [::std::format!("tenant:{tenant}")], cache_if = |value| *value > 0)]
    pub fn load(tenant: u32, id: u32) -> u32 {
        tenant + id
    }
}

#[::core::prelude::v1::test]
fn without_a_prelude_it_compiles() {
    let mut shop = shop::Shop { id: 1 };
    let _ = (shop.name(), shop.followers(), shop::load(1, 2));
    let _ = shop::load::invalidate_by_tags(1);
    ::std::mem::drop(shop.goods(1));
    ::std::mem::drop(shop.rename(2));
    let _ = <shop::Goods as ::easycache::CachedObject>::cache_prefix(&(1, ::std::string::String::new()));
    let _ = (::easycache::cache_key!("shop:{}", 1), ::easycache::tag!("shop"));
}
