#![deny(warnings)]
#![expect(unreachable_pub, reason = "what users write is seen elsewhere, too")]

macro_rules! loader {
    ($vis:vis $name:ident($($arg:ident: $ty:ty),*) -> $value:ty = $key:literal, $($rest:tt)*) => {
        #[easycache::ecached($key, $($rest)*)]
        $vis fn $name($($arg: $ty),*) -> $value {
            let sum = 0 $(+ u64::from($arg))*;
            sum
        }
    };
}

loader!(pub load_user(tenant: u32, id: u64) -> u64 = "user:{id}", prefix = "tenant:{tenant}", tags = |id| [id.to_string()]);
loader!(load_team(id: u64) -> u64 = "team:{id}", ttl = "10m", companions = team_cache);

macro_rules! shop {
    ($name:ident, $field:ident) => {
        pub struct $name {
            pub $field: u32,
        }

        impl $name {
            #[easycache::ecached("goods:{self.id}:{page}", tags_from = |value, page| [format!("{value}:{page}:{}", self.id)])]
            pub fn goods(&self, page: u32) -> u32 {
                page + self.$field
            }

            #[easycache::ecached("count:{country}", assoc)]
            pub fn count(country: u32) -> u32 {
                country
            }
        }

        impl Clone for $name {
            fn clone(&self) -> Self {
                Self { $field: self.$field }
            }
        }
    };
}

shop!(Shop, id);

macro_rules! model {
    ($name:ident { $($field:ident: $ty:ty),* }, $id:ident, $key:literal) => {
        #[derive(Clone, easycache::CachedObject)]
        #[cached_object($key, tags_from = |value| [value.$id.to_string()], local)]
        pub struct $name {
            #[cached_object(id)]
            pub $id: u64,
            $(pub $field: $ty),*
        }
    };
}

model!(Owner { name: String }, number, "owner:{number}");

#[test]
fn what_a_macro_writes_compiles() {
    load_user(1, 2);
    drop(load_user::invalidate_by_key(1, 2));
    load_team(3);
    team_cache::refresh(3);
    let shop = Shop { id: 1 };
    shop.goods(1);
    drop(shop.goods_invalidate_by_key(1));
    Shop::count(1);
    let owner = Owner { number: 1, name: String::new() };
    assert_eq!(easycache::CachedObject::cache_id(&owner), 1, "{}", owner.name);
}
