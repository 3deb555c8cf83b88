//! What is invalidated from the command line.

use easycache_testkit::server::{Memcached, RedisServer};

use crate::{
    servers,
    support::{Application, run},
};

#[test]
fn what_is_invalidated_from_the_command_line_an_application_computes_anew() {
    let Some((_redis, _memcached, urls)) = servers() else { return };
    for url in urls {
        let application = Application::on(&url);
        for what in [&["--tag", "users"], &["--prefix", "tenant:7"], &["--key", "tenant:7|user:1"]] {
            application.fills(&["user:1", "user:2"]);
            let ran = run(&url, &[&["invalidate"], &what[..]].concat()).ended(0);
            assert_eq!((&*ran.out, &*ran.err), ("invalidated 1 name, which was known\n", ""));
            assert!(application.computes("user:1"), "{what:?}");
            assert_eq!(application.computes("user:2"), what[0] != "--key", "{what:?}");
        }
    }
}

#[test]
fn several_names_are_invalidated_by_one_command_and_counted() {
    let Some((_redis, _memcached, urls)) = servers() else { return };
    for url in urls {
        let application = Application::on(&url);
        application.fills(&["user:1"]);
        let names = ["--tag", "users", "--tag", "nobody", "--prefix", "tenant:7", "--key", "tenant:7|user:1"];
        let ran = run(&url, &[&["invalidate"], &names[..]].concat()).ended(0);
        assert_eq!(ran.out, "invalidated 4 names, 3 of them known\n");
        assert!(application.computes("user:1"));
        let json = run(&url, &[&["--json", "invalidate"], &names[..]].concat()).ended(0).json();
        assert_eq!((json["verb"].as_str(), json["names"].as_u64()), (Some("invalidate"), Some(4)));
        assert_eq!(json["everything"].as_bool(), Some(false));
    }
}

#[test]
fn everything_is_invalidated_by_who_says_yes_and_in_one_namespace_alone() {
    let Some((_redis, _memcached, urls)) = servers() else { return };
    for url in urls {
        let (application, other) = (Application::on(&url), Application::on(&url.replace("shop", "other")));
        application.fills(&["user:1"]);
        other.fills(&["user:1"]);
        let ran = run(&url, &["invalidate", "--all"]).ended(2);
        assert!(ran.err.contains("add --yes"), "{ran:?}");
        assert!(!application.computes("user:1"));
        let ran = run(&url, &["invalidate", "--all", "--yes"]).ended(0);
        assert_eq!(ran.out, "invalidated everything\n");
        assert!(application.computes("user:1") && !other.computes("user:1"));
        let json = run(&url, &["invalidate", "--all", "--yes", "--json", "--namespace", "other"]).ended(0).json();
        assert_eq!((json["everything"].as_bool(), json["names"].is_null()), (Some(true), true));
        assert!(!application.computes("user:1") && other.computes("user:1"));
    }
}

#[test]
fn what_is_expired_is_not_fresh_any_more() {
    let Some((_redis, _memcached, urls)) = servers() else { return };
    for url in urls {
        let application = Application::on(&url);
        for what in [&["--tag", "users"], &["--key", "tenant:7|user:1"]] {
            application.fills(&["user:1"]);
            let ran = run(&url, &[&["invalidate", "--expire"], &what[..]].concat()).ended(0);
            assert_eq!(ran.out, "expired 1 name, which was known\n");
            assert!(application.computes("user:1"), "{what:?}");
        }
        application.fills(&["user:1"]);
        let json = run(&url, &["invalidate", "--expire", "--all", "--yes", "--json"]).ended(0).json();
        assert_eq!(json["verb"].as_str(), Some("expire"));
        assert!(application.computes("user:1"));
    }
}

#[test]
fn an_invalidation_that_does_not_get_through_says_that_it_is_not_done() {
    let (Some(server), Some(other)) = (RedisServer::start(), Memcached::start()) else { return };
    for (url, kill) in [(server.url(), &(|| server.kill()) as &dyn Fn()), (other.url(), &|| other.kill())] {
        run(&url, &["invalidate", "--tag", "users"]).ended(0);
        kill();
        for what in [&["--tag", "users"][..], &["--all", "--yes"], &["--expire", "--key", "k"]] {
            let ran = run(&url, &[&["invalidate"], what].concat()).ended(3);
            assert!(ran.out.is_empty(), "{ran:?}");
            assert!(ran.err.contains("not known to be done") && ran.err.contains("run it again"), "{ran:?}");
            assert!(!ran.err.contains("in the background"), "nothing goes on when the process has ended: {ran:?}");
        }
    }
}
