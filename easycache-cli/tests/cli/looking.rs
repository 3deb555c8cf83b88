//! What is told of servers, entries and keys.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Stdio},
};

use easycache_testkit::server::{Memcached, RedisCluster, RedisServer};
use serde_json::Value;

use crate::{
    servers,
    support::{Application, command, run, run_with},
};

#[test]
fn a_ping_tells_of_each_server_whether_it_is_up_and_which_version_it_is() {
    let Some((redis, _memcached, urls)) = servers() else { return };
    for url in &urls {
        let ran = run(url, &["ping"]).ended(0);
        assert!(ran.out.contains(": up, ") && ran.out.contains(", version "), "{ran:?}");
        assert_eq!(ran.out.lines().count(), 1);
        let json = run(url, &["ping", "--json"]).ended(0).json();
        assert_eq!((json["up"].as_u64(), json["of"].as_u64()), (Some(1), Some(1)));
        let node = &json["nodes"][0];
        assert_eq!(node["state"], "up");
        assert!(node["round_trip_us"].as_u64().unwrap() > 0, "{node}");
        assert!(url.contains(node["name"].as_str().unwrap()), "{node}");
    }
    redis.kill();
    let json = run(&urls[0], &["ping", "--json"]).ended(3).json();
    assert_eq!((json["up"].as_u64(), &json["nodes"][0]["state"]), (Some(0), &"down".into()));
    assert!(json["nodes"][0]["error"].as_str().unwrap().contains("cannot be reached"), "{json}");
}

#[test]
fn a_ping_of_a_ring_of_which_one_is_down_names_it() {
    let (Some(one), Some(other)) = (Memcached::start(), Memcached::start()) else { return };
    let url = format!("memcached://{},{}", one.address(), other.address());
    run(&url, &["ping"]).ended(0);
    other.kill();
    for command in ["ping", "stats"] {
        let ran = run(&url, &[command]).ended(1);
        let line = |address: String| ran.out.lines().find(|line| line.starts_with(&address)).unwrap().to_owned();
        assert!(line(one.address().to_string()).contains(": up, "), "{ran:?}");
        assert!(line(other.address().to_string()).contains(": down: "), "{ran:?}");
        let json = run(&url, &[command, "--json"]).ended(1).json();
        assert_eq!((json["up"].as_u64(), json["of"].as_u64()), (Some(1), Some(2)));
    }
    one.kill();
    run(&url, &["ping"]).ended(3);
}

#[test]
fn stats_are_what_the_servers_tell_and_nothing_that_they_cannot_know() {
    let Some((_redis, _memcached, urls)) = servers() else { return };
    for (url, kind) in urls.iter().zip(["redis", "memcached"]) {
        Application::on(url).fills(&["user:1"]);
        let ran = run(url, &["stats"]).ended(0);
        assert!(ran.out.contains(&format!("kind: {kind}\nnamespace: shop\nservers up: 1 of 1\n")), "{ran:?}");
        assert!(!ran.out.contains("hit") && !ran.out.contains("miss"), "{ran:?}");
        let json = run(url, &["stats", "--json"]).ended(0).json();
        assert_eq!((json["kind"].as_str(), json["namespace"].as_str()), (Some(kind), Some("shop")));
        assert!(json["entries"].as_u64().unwrap() >= 1 && json["bytes"].as_u64().unwrap() > 0, "{json}");
        assert_eq!(json["nodes"][0]["entries"], json["entries"]);
    }
}

#[test]
fn an_entry_is_explained_and_whether_it_would_be_served_is_how_it_ends() {
    let Some((_redis, _memcached, urls)) = servers() else { return };
    for url in urls {
        let key = "tenant:7|user:1";
        let json = run(&url, &["explain", key, "--json"]).ended(1).json();
        assert_eq!((json["misses"].as_str(), json["place"].as_str()), (Some("absent"), Some("nowhere")));

        Application::on(&url).fills(&["user:1"]);
        let ran = run(&url, &["explain", key]).ended(0);
        for line in ["key: tenant:7|user:1", "prefix: tenant:7", "tags: users", "ttl: 1m", "it would be a hit"] {
            assert!(ran.out.lines().any(|it| it == line), "{line}: {ran:?}");
        }
        let json = run(&url, &["explain", key, "--json"]).ended(0).json();
        assert!(json["misses"].is_null());
        assert_eq!((&json["place"], &json["name"]), (&"backend".into(), &format!("shop:v:{{{key}}}").into()));
        assert_eq!(json["tags"], serde_json::json!(["users"]));
        assert!(json["ttl_ms"].as_u64().unwrap() <= 60_000, "{json}");
        let kinds = json["depends_on"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap());
        assert_eq!(kinds.collect::<Vec<_>>(), ["everything", "prefix", "tag"]);

        run(&url, &["invalidate", "--tag", "users"]).ended(0);
        let ran = run(&url, &["explain", key]).ended(1);
        assert!(ran.out.ends_with("it would be a miss: invalidated\n"), "{ran:?}");
    }
}

#[test]
fn keys_are_listed_by_prefix_or_by_what_they_begin_with_up_to_a_limit() {
    let Some(server) = RedisServer::start() else { return };
    let url = format!("{}?namespace=shop", server.url());
    Application::on(&url).fills(&["user:1", "user:2"]);
    for key in ["tenant:71|a", "tenant:7/shop:1|b", "tenant:7", "plain"] {
        server.command(&["SET", &format!("shop:v:{{{key}}}"), "1"]);
    }
    let keys = |arguments: &[&str]| {
        let ran = run(&url, &[&["keys"], arguments].concat()).ended(0);
        ran.out.lines().map(ToOwned::to_owned).collect::<BTreeSet<_>>()
    };
    let set = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>();
    let below = ["tenant:7|user:1", "tenant:7|user:2", "tenant:7/shop:1|b"];
    assert_eq!(keys(&["--prefix", "tenant:7"]), set(&below));
    assert_eq!(keys(&["--begin", "tenant:7"]), set(&[&below[..], &["tenant:71|a", "tenant:7"]].concat()));
    assert_eq!(keys(&[]).len(), 6);
    assert_eq!(keys(&["--limit", "4"]).len(), 4);
    assert_eq!(keys(&["--limit", "0"]).len(), 0);

    let json = run(&url, &["keys", "--json"]).ended(0).json();
    assert_eq!((json["keys"].as_array().unwrap().len(), &json["more"]), (6, &false.into()));
    assert_eq!(json["keys"][0]["hashed"], false);
    let json = run(&url, &["keys", "--json", "--limit", "2"]).ended(0).json();
    assert_eq!((json["keys"].as_array().unwrap().len(), &json["more"]), (2, &true.into()));
    let json = run(&url, &["keys", "--json", "--begin", "x"]).ended(0).json();
    assert_eq!(json["keys"], serde_json::json!([]));
}

#[test]
fn what_nobody_would_see_in_a_name_is_written_out_for_people() {
    let Some(server) = RedisServer::start() else { return };
    let url = server.url();
    let key = "user:\u{202e}nimda ";
    Application::on(&url).fills(&[key]);
    server.command(&["SET", "ec:v:{\u{1b}[2Jx\ny}", "1"]);
    let out = run(&url, &["keys"]).ended(0).out;
    let keys = out.lines().collect::<BTreeSet<_>>();
    assert_eq!(keys, [r"tenant:7|user:\u{202e}nimda\u{20}", r"\u{1b}[2Jx\u{a}y"].into());
    let full = format!("tenant:7|{key}");
    let ran = run(&url, &["explain", &full]).ended(0);
    assert!(ran.out.starts_with("key: tenant:7|user:\\u{202e}nimda\\u{20}\nprefix: tenant:7\n"), "{ran:?}");
    let ran = run(&url, &["keys", "--json", "--prefix", "tenant:7"]).ended(0).json();
    assert_eq!(ran["keys"][0]["key"], full);
}

#[test]
fn keys_of_memcached_cannot_be_listed_and_it_says_so() {
    let Some(server) = Memcached::start() else { return };
    let ran = run(&server.url(), &["keys"]).ended(2);
    assert!(ran.err.contains("memcached has no command that lists keys"), "{ran:?}");
    let ran = run(&server.url(), &["keys", "--json"]).ended(2);
    assert_eq!((&*ran.out, &ran.error()["kind"]), ("", &"unsupported".into()));
}

/// So many keys that no pipe takes all of them: who lists them waits to be read.
fn fill(server: &RedisServer) {
    let names = (0..4000).map(|id| format!("ec:v:{{{id}{}}}", "x".repeat(100))).collect::<Vec<_>>();
    let pairs = names.iter().flat_map(|name| [&**name, "1"]).collect::<Vec<_>>();
    server.command(&[&["MSET"], &pairs[..]].concat());
}

/// Begins to list them.
fn listing(server: &RedisServer, arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut listing = command(&[("EASYCACHE_URL", &server.url())], &[&["keys"], arguments].concat());
    let mut listing = listing.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = BufReader::with_capacity(64, listing.stdout.take().unwrap());
    (listing, out)
}

#[test]
fn who_has_read_enough_is_no_error() {
    let Some(server) = RedisServer::start() else { return };
    fill(&server);
    let (mut listing, mut out) = listing(&server, &[]);
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.ends_with("x\n"), "{line}");
    drop(out);
    let mut complaint = String::new();
    listing.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!((complaint.as_str(), listing.wait().unwrap().code()), ("", Some(0)));
}

#[test]
fn a_list_that_ends_too_early_is_a_whole_document_that_says_so() {
    let Some(server) = RedisServer::start() else { return };
    fill(&server);
    let (listing, mut out) = listing(&server, &["--json"]);
    let mut printed = vec![0; 1];
    out.read_exact(&mut printed).unwrap();
    // It is not through with its first page: nobody reads that.
    server.kill();
    out.read_to_end(&mut printed).unwrap();
    let ended = listing.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(3));
    assert!(String::from_utf8(ended.stderr).unwrap().contains("\"kind\":\"unavailable\""));
    let json: Value = serde_json::from_slice(&printed).unwrap();
    let count = json["keys"].as_array().unwrap().len();
    assert!((1..4000).contains(&count) && json["more"] == true, "{count}");
}

#[test]
fn how_a_command_ends_does_not_depend_on_whether_somebody_reads_what_it_prints() {
    let Some(server) = RedisServer::start() else { return };
    let url = server.url();
    let unread = |url: &str, arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(&[("EASYCACHE_URL", url)], arguments).stdout(writer).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let said_nothing = |code| (Some(code), String::new());
    assert_eq!(unread(&url, &["ping"]), said_nothing(0));
    assert_eq!(unread(&url, &["explain", "nothere"]), said_nothing(1));
    assert_eq!(unread(&url, &["explain", "nothere", "--json"]), said_nothing(1));
    assert_eq!(unread(&url, &["invalidate", "--tag", "users"]), said_nothing(0));
    server.kill();
    for command in ["ping", "stats"] {
        assert_eq!(unread(&url, &[command]), said_nothing(3));
    }
    assert_eq!(unread(&url, &["keys"]).0, Some(3));
}

#[test]
fn a_cache_is_found_by_the_variable_of_its_name_or_by_its_url() {
    let Some((_redis, _memcached, [redis, memcached])) = servers() else { return };
    let variables = [("EASYCACHE_URL", &*redis), ("EASYCACHE_URL_USER__DATA", &*memcached)];
    let kind = |arguments: &[&str]| run_with(&variables, arguments).ended(0).json()["kind"].clone();
    assert_eq!(kind(&["stats", "--json"]), "redis");
    assert_eq!(kind(&["--alias", "user-data", "stats", "--json"]), "memcached");
    assert_eq!(kind(&["stats", "--json", "--url", &memcached]), "memcached");
    let ran = run_with(&variables, &["--alias", "sessions", "ping"]).ended(2);
    assert!(ran.err.contains("\"sessions\"") && ran.err.contains("default, user-data"), "{ran:?}");
}

#[test]
fn the_url_of_the_service_is_taken_as_it_is_whatever_codec_and_compression_it_names() {
    let Some((_redis, _memcached, urls)) = servers() else { return };
    for url in urls {
        for option in ["codec=json", "codec=postcard", "codec=msgpack", "compression=lz4:1", "compression=zstd:1"] {
            let url = format!("{}&{option}", url.replace("shop", &option.replace(['=', ':'], "-")));
            run(&url, &["ping"]).ended(0);
            Application::on(&url).fills(&["user:1"]);
            run(&url, &["explain", "tenant:7|user:1"]).ended(0);
            run(&url, &["invalidate", "--tag", "users"]).ended(0);
            run(&url, &["explain", "tenant:7|user:1"]).ended(1);
        }
    }
}

#[test]
fn each_master_of_a_cluster_is_told_and_keys_come_from_all_of_them() {
    let Some(cluster) = RedisCluster::start() else { return };
    let url = format!("{}?namespace=shop", cluster.url());
    let application = Application::on(&url);
    let users = (0..30).map(|id| format!("user:{id}")).collect::<Vec<_>>();
    application.fills(&users.iter().map(|user| &**user).collect::<Vec<_>>());
    let json = run(&url, &["stats", "--json"]).ended(0).json();
    assert_eq!(json["kind"], "redis+cluster");
    assert!(json["of"].as_u64().unwrap() >= 3 && json["up"] == json["of"], "{json}");
    assert!(json["nodes"].as_array().unwrap().iter().all(|node| node["role"] == "master"), "{json}");
    let ran = run(&url, &["keys", "--prefix", "tenant:7"]).ended(0);
    assert_eq!(ran.out.lines().collect::<BTreeSet<_>>().len(), 30, "{ran:?}");
    run(&url, &["invalidate", "--prefix", "tenant:7"]).ended(0);
    assert!(users.iter().all(|user| application.computes(user)));
}

#[test]
fn a_server_that_does_not_answer_is_waited_for_as_long_as_is_said() {
    let Some(server) = RedisServer::start() else { return };
    server.stop();
    for arguments in [&["ping"][..], &["explain", "k"], &["invalidate", "--tag", "t"], &["keys"]] {
        let ran = run(&server.url(), &[&["--deadline", "100ms"], arguments].concat()).ended(3);
        let told = format!("{}{}", ran.out, ran.err);
        assert!(told.contains("has not answered by the deadline") || told.contains("cannot be reached"), "{told}");
    }
    server.cont();
}
