//! What to connect to, and what not.

use easycache_core::{ErrorKind, Filled};
use easycache_redis::{RedisBackend, RedisConfig};
use easycache_testkit::server::{RedisCluster, RedisServer};

use super::CLUSTER;
use crate::common::{blob, filled, granted, invalidated, names, read, stamp, value};

async fn refusal(url: &str) -> easycache_core::Error {
    RedisBackend::connect(url).await.expect_err("there is nothing to connect to")
}

#[tokio::test]
async fn one_node_that_answers_is_enough() {
    let Some(cluster) = CLUSTER.get() else { return };
    for node in cluster.nodes() {
        // Nobody listens on port 1; a replica knows the cluster, too.
        let url = format!("redis+cluster://127.0.0.1:1,{}", node.address());
        let backend = RedisBackend::connect(&url).await.unwrap();
        for key in 0..20 {
            granted(&backend, &names(&format!("{}-{key}", node.port()), &["a", "b", "c"])).await;
        }
        let lazy = RedisBackend::lazy(&url).unwrap();
        assert!(read(&lazy, &names("k", &["a"])).await.is_ok());
    }
}

#[tokio::test]
async fn that_no_node_answers_is_said_with_an_address() {
    let error = refusal("redis+cluster://127.0.0.1:1,127.0.0.1:2").await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("127.0.0.1:") && error.to_string().contains("see that it runs"), "{error}");
    let lazy = RedisBackend::lazy("redis+cluster://127.0.0.1:1").unwrap();
    assert_eq!(read(&lazy, &names("k", &["a"])).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_server_that_is_no_cluster_is_said_to_be_none() {
    let Some(server) = RedisServer::start() else { return };
    let error = refusal(&format!("redis+cluster://{}", server.address())).await;
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("not a node of a cluster: connect with redis://"), "{error}");
}

#[tokio::test]
async fn a_node_is_not_taken_for_a_server_of_its_own() {
    let Some(cluster) = CLUSTER.get() else { return };
    let backend = RedisBackend::connect(&cluster.nodes()[0].url()).await.unwrap();
    let names = names("alone", &["alone1", "alone2", "alone3"]);
    let error = read(&backend, &names).await.unwrap_err();
    assert!(error.to_string().contains("connect with redis+cluster://"), "{error}");
}

#[tokio::test]
async fn passwords_are_for_all_nodes() {
    let Some(cluster) = RedisCluster::builder().password("s3cret").start() else { return };
    let backend = RedisBackend::connect(&cluster.url()).await.unwrap();
    for key in 0..20 {
        granted(&backend, &names(&format!("k{key}"), &["a", "b", "c"])).await;
    }
    let node = cluster.nodes()[0].address();
    for (login, advice) in [("", "give a user and a password"), (":wrong@", "check user and password")] {
        let error = refusal(&format!("redis+cluster://{login}{node}")).await;
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.to_string().contains(advice), "{error}");
    }
}

#[tokio::test]
async fn the_permissions_that_the_documentation_names_are_enough() {
    let Some(cluster) = CLUSTER.get() else { return };
    let documented = include_str!("../../../src/lib.rs");
    let (_, rules) = documented.split_once("ACL SETUSER shop ").unwrap();
    let (rules, _) = rules.split_once("```").unwrap();
    let rules = rules.replace("//!", "").replace("~shop:*", "~ns:*").replace('+', " +");
    for node in cluster.nodes() {
        let rules = ["ACL", "SETUSER", "shop"].into_iter().chain(rules.split_whitespace());
        node.command(&rules.chain(["+cluster|slots", "+asking"]).collect::<Vec<_>>());
    }
    let url = cluster.url().replace("://", "://shop:password@");
    let backend = RedisBackend::connect(&url).await.unwrap();
    let names = names("acl", &["acl1", "acl2"]);
    let grant = granted(&backend, &names).await;
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id1", "body")).await.unwrap(), Filled::Stored);
    assert!(read(&backend, &names).await.unwrap().blob.is_some());
    assert!(invalidated(&backend, stamp("acl1")).await.unwrap());
    assert!(invalidated(&backend, value(&names)).await.unwrap());
}

#[test]
fn what_a_cluster_does_not_have_is_refused() {
    for (url, advice) in
        [("redis+cluster://a/1", "only database 0"), ("redis+cluster://a?replicas=read", "leave out replicas=read")]
    {
        let error = url.parse::<RedisConfig>().and_then(RedisConfig::lazy).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.to_string().contains(advice), "{error}");
    }
}
