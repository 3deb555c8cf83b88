//! The same with a user who may do what the documentation says, and nothing else: no `SCRIPT LOAD`, for one.

use easycache_testkit::{
    collections_conformance,
    server::{RedisServer, Shared},
};

use crate::on;

static SERVER: Shared<RedisServer> = Shared::new(start);

/// The rules that the documentation names, for cached functions and for collections.
fn rules() -> [Vec<&'static str>; 2] {
    let mut blocks = include_str!("../../src/lib.rs").split("//! ACL SETUSER shop ").skip(1);
    [(); 2].map(|()| {
        let (rules, _) = blocks.next().and_then(|block| block.split_once("```")).expect("it is documented");
        rules.split_whitespace().filter(|word| *word != "//!").collect()
    })
}

fn start() -> Option<RedisServer> {
    let server = RedisServer::start()?;
    for rules in rules() {
        server.command(&[&["ACL", "SETUSER", "shop"], &rules[..]].concat());
    }
    Some(server)
}

collections_conformance!(on(&SERVER, |server| server.url().replace("://", "://shop:password@")));

#[test]
fn no_more_is_documented_than_there_is() {
    let sources = [
        include_str!("../../src/collections/parts.rs"),
        include_str!("../../src/scripts/combine.lua"),
        include_str!("../../src/scripts/insert_new.lua"),
        include_str!("../../src/scripts/pop.lua"),
        include_str!("../../src/scripts/take.lua"),
    ];
    let [_, rules] = rules();
    for rule in rules {
        let verb = rule.strip_prefix('+').expect("it gives a permission").to_uppercase();
        let is_used = |source: &&str| ["\"", "'"].iter().any(|quote| source.contains(&[quote, &*verb, quote].concat()));
        assert!(sources.iter().any(is_used), "{rule}");
    }
}
