//! What goes wrong, and what is never told.

use easycache_testkit::server::RedisServer;

use crate::support::{run, run_with};

/// Nobody listens there.
const NOWHERE: &str = "127.0.0.1:1";

#[test]
fn what_cannot_be_done_ends_with_2_and_says_what_to_do() {
    let Some(server) = RedisServer::start() else { return };
    let url = server.url();
    for (arguments, hint) in [
        (&["invalidate"][..], "--key, --tag or --prefix"),
        (&["invalidate", "--all"], "--yes"),
        (&["invalidate", "--key", "a|b|c"], "more than one `|`"),
        (&["invalidate", "--tag", ""], "empty"),
        (&["explain", ""], "empty"),
        (&["explain"], "<KEY>"),
        (&["explian", "k"], "'explain'"),
        (&["keys", "--limit", "many"], "--limit"),
        (&["--deadline", "soon", "ping"], "deadline"),
        (&["--namespace", "a:b", "ping"], "namespace"),
        (&["--url", "memory://", "ping"], "in the memory of each process"),
        (&["--url", "redsi://h", "ping"], "not a scheme that is known"),
        (&["--url", "redis://h", "--alias", "a", "ping"], "cannot be used with"),
    ] {
        let ran = run(&url, arguments).ended(2);
        assert!(ran.out.is_empty() && ran.err.starts_with("error: ") && ran.err.contains(hint), "{hint}: {ran:?}");
        let ran = run(&url, &[&["--json"], arguments].concat()).ended(2);
        let error = ran.error();
        assert!(error["message"].as_str().unwrap().contains(hint) && error["exit"] == 2, "{error}");
    }
    let ran = run_with(&[], &["ping"]).ended(2);
    assert!(ran.err.contains("set EASYCACHE_URL"), "{ran:?}");
    let ran = run("memory://", &["ping"]).ended(2);
    assert!(ran.err.contains("in the memory of each process"), "{ran:?}");
    let ran = run_with(&[("EASYCACHE_URL_a", "redis://h")], &["ping"]).ended(2);
    assert!(ran.err.contains("EASYCACHE_URL_a names no cache"), "{ran:?}");
}

#[test]
fn a_server_that_cannot_be_reached_ends_every_command_with_3() {
    for scheme in ["redis", "memcached", "redis+cluster"] {
        let url = format!("{scheme}://{NOWHERE}");
        for arguments in [&["ping"][..], &["stats"], &["explain", "k"], &["invalidate", "--key", "k"]] {
            run(&url, arguments).ended(3);
        }
        if scheme != "memcached" {
            let error = run(&url, &["keys", "--json"]);
            assert_eq!((error.code, &*error.out), (3, ""), "{error:?}");
        }
        let ran = run(&url, &["explain", "k", "--json"]).ended(3);
        assert_eq!((ran.error()["kind"].as_str(), ran.error()["exit"].as_u64()), (Some("unavailable"), Some(3)));
    }
}

#[test]
fn no_password_is_printed_whatever_is_wrong() {
    let Some(server) = RedisServer::builder().password("s3cret").start() else { return };
    let address = server.address();
    let urls = [
        format!("redis://:s3cret@{address}"),
        format!("redis://:wr0ng@{address}"),
        format!("redis://me:s3cret@{NOWHERE}"),
        format!("redis+sentinel://me:s3cret@{NOWHERE}?master=m&sentinel_password=wr0ng"),
        format!("redis+cluster://me:s3cret@{NOWHERE}"),
        format!("memcached://me:s3cret@{NOWHERE}"),
        format!("redis://me:s3cret@{NOWHERE}?colour=red"),
        format!("memory://me:s3cret@{NOWHERE}"),
        "redis//me:s3cret@h".to_owned(),
        "redis://me:s3cret#@h".to_owned(),
        "redis://me:a?s3cret@h".to_owned(),
        "me:s3cret@h".to_owned(),
    ];
    let commands = [&["ping"][..], &["stats"], &["explain", "k"], &["invalidate", "--tag", "t"], &["keys"]];
    for url in &urls {
        // With JSON, and without it, in turn.
        for (number, arguments) in commands.iter().enumerate() {
            let arguments = [&arguments[..], if number % 2 == 0 { &["--json"] } else { &[] }].concat();
            for ran in [
                run(url, &arguments),
                run_with(&[], &[&["--url", url], &arguments[..]].concat()),
                // In the wrong place.
                run_with(&[], &[&[url.as_str()], &arguments[..]].concat()),
                run_with(&[], &[&[&*format!("--ulr={url}")], &arguments[..]].concat()),
            ] {
                let told = format!("{}{}", ran.out, ran.err);
                assert!(!told.contains("s3cret") && !told.contains("wr0ng"), "{url} {ran:?}");
            }
        }
    }
    for option in ["--alias", "--namespace", "--deadline"] {
        for json in [&[][..], &["--json"]] {
            let ran = run(&urls[0], &[&[option, &*format!("redis://me:s3cret@\"{NOWHERE}"), "ping"], json].concat());
            assert!(!ran.err.contains("s3cret") && ran.err.contains("<URL>"), "{option} {ran:?}");
            assert_eq!((ran.code, &*ran.out), (2, ""));
        }
    }
    // That there was something to tell.
    assert!(run(&urls[0], &["ping"]).ended(0).out.contains("up"));
    let ran = run(&urls[1], &["explain", "k"]).ended(3);
    assert!(ran.err.contains("WRONGPASS"), "{ran:?}");
    assert!(run(&urls[1], &["ping"]).ended(3).out.contains("WRONGPASS"));
}

#[test]
fn help_tells_the_exit_codes_and_that_a_url_can_be_seen() {
    let ran = run_with(&[("EASYCACHE_URL", "redis://:s3cret@h")], &["--help"]).ended(0);
    for hint in ["Exit codes:", "EASYCACHE_URL", "list the processes"] {
        assert!(ran.out.contains(hint), "{hint}: {ran:?}");
    }
    assert!(!ran.out.contains("s3cret"));
    let ran = run_with(&[], &["stats", "--help"]).ended(0);
    assert!(ran.out.contains("not on the servers"), "{ran:?}");
    let ran = run_with(&[], &["explain", "--help"]).ended(0);
    assert!(ran.out.contains("entry(..).key()"), "{ran:?}");
    let ran = run_with(&[], &["--version"]).ended(0);
    assert_eq!(ran.out, format!("easycache {}\n", env!("CARGO_PKG_VERSION")));
}
