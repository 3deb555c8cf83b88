//! URLs.

use std::time::Duration;

use easycache_core::{
    Result,
    net::url::{self, decode, number, span, switch},
};

use super::{Address, Layout, RedisConfig, Secret, Wait};
use crate::error;

const SENTINEL_PORT: u16 = 26379;
const REDIS_PORT: u16 = 6379;

/// What `url` says. No message of an error repeats the URL: there may be a password in it.
pub(super) fn parse(url: &str) -> Result<RedisConfig> {
    let Some((scheme, rest)) = url.split_once("://") else {
        let message = format!("the URL has no scheme: begin with one of {}, like redis://host", schemes());
        return Err(error::invalid(message));
    };
    url::check(rest)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, hosts) = match authority.rsplit_once('@') {
        Some((login, hosts)) => (Some(login), hosts),
        None => (None, authority),
    };
    let mut config = of_scheme(scheme, hosts)?;
    if let Some(login) = login {
        log_in(&mut config, login)?;
    }
    if !database.is_empty() {
        config.database = database.parse().map_err(|_not_a_number| {
            error::invalid("what follows the / behind the hosts is not the number of a database: write redis://host/2")
        })?;
    }
    options(&mut config, query)?;
    if config.layout == Layout::Single && config.read_from_replicas {
        config.replicas = config.hosts.split_off(1);
    }
    Ok(config)
}

fn of_scheme(scheme: &str, hosts: &str) -> Result<RedisConfig> {
    let (base, layout) = scheme.split_once('+').unwrap_or((scheme, ""));
    let layout = match layout {
        "" if !scheme.contains('+') => Layout::Single,
        "sentinel" => Layout::Sentinel { master: String::new() },
        "cluster" => Layout::Cluster,
        _ => return Err(unknown_scheme(scheme)),
    };
    let encrypted = match base {
        "redis" => false,
        "rediss" => true,
        _ => return Err(unknown_scheme(scheme)),
    };
    let port = if matches!(layout, Layout::Sentinel { .. }) { SENTINEL_PORT } else { REDIS_PORT };
    let hosts = hosts.split(',').map(|host| Address::parse(&decode(host)?, port)).collect::<Result<Vec<_>>>()?;
    let config = RedisConfig::new(layout, hosts);
    Ok(if encrypted { config.encrypted() } else { config })
}

fn unknown_scheme(scheme: &str) -> easycache_core::Error {
    error::invalid(format!("{scheme:?} is not a scheme for Redis: there are {}", schemes()))
}

fn schemes() -> String {
    RedisConfig::SCHEMES.join(", ")
}

fn log_in(config: &mut RedisConfig, login: &str) -> Result<()> {
    let Some((user, password)) = login.split_once(':') else {
        let message = "there is a user without a password: write user:password@host, or :password@host for the \
                       default user";
        return Err(error::invalid(message));
    };
    if !user.is_empty() {
        config.user = Some(decode(user)?);
    }
    config.password = Some(Secret::new(decode(password)?));
    Ok(())
}

fn options(config: &mut RedisConfig, query: &str) -> Result<()> {
    let mut wait_timeout = None;
    url::options(query, |name, value| {
        match name {
            "connect_timeout" => config.connect_timeout = span(name, &value)?,
            "epoch" => config.epoch = switch(name, &value, "on")?,
            "wait" => {
                let timeout = Duration::from_millis(500);
                config.wait = Some(Wait { replicas: number(name, &value)?, timeout });
            }
            "wait_timeout" => wait_timeout = Some(span(name, &value)?),
            "replicas" => config.read_from_replicas = switch(name, &value, "read")?,
            "stripes" => config.stripes = number(name, &value)?,
            "ca" => config.ca = Some(value.into()),
            "master" => of_master(config, value)?,
            "sentinel_user" => config.sentinel_user = Some(value),
            "sentinel_password" => config.sentinel_password = Some(Secret::new(value)),
            _ => {
                let all = RedisConfig::OPTIONS.join(", ");
                return Err(error::invalid(format!("there is no option {name:?} for Redis: there are {all}")));
            }
        }
        Ok(())
    })?;
    match (&mut config.wait, wait_timeout) {
        (Some(wait), Some(timeout)) => wait.timeout = timeout,
        (None, Some(_)) => return Err(error::invalid("wait_timeout without wait: say for how many replicas to wait")),
        (_, None) => {}
    }
    Ok(())
}

fn of_master(config: &mut RedisConfig, name: String) -> Result<()> {
    let Layout::Sentinel { master } = &mut config.layout else {
        return Err(error::invalid("master is for Sentinel: connect with redis+sentinel://, or leave it out"));
    };
    *master = name;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> RedisConfig {
        url.parse().unwrap()
    }

    fn complaint(url: &str) -> String {
        url.parse::<RedisConfig>().unwrap_err().to_string()
    }

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn a_host_is_enough() {
        assert_eq!(parsed("redis://cache"), RedisConfig::single(Address::new("cache", 6379)));
        assert_eq!(parsed("redis://cache/"), parsed("redis://cache:6379"));
        assert_eq!(parsed("redis://[::1]:7000/3"), RedisConfig::single(Address::new("::1", 7000)).database(3));
    }

    #[test]
    fn user_and_password_are_decoded() {
        let config = RedisConfig::single(address("cache"));
        assert_eq!(parsed("redis://:p%40ss@cache"), config.clone().password("p@ss"));
        assert_eq!(parsed("redis://me:a%2Fb%3A:c@cache"), config.clone().user("me", "a/b::c"));
        assert_eq!(parsed("redis://me:a@b@cache"), config.user("me", "a@b"), "the last @ separates");
    }

    #[test]
    fn every_scheme_means_its_layout() {
        let (one, two) = (address("a:1"), address("b:2"));
        let cluster = RedisConfig::cluster([one.clone(), two.clone()]);
        assert_eq!(parsed("redis+cluster://a:1,b:2"), cluster);
        assert_eq!(parsed("rediss+cluster://a:1,b:2?stripes=8"), cluster.encrypted().stripes(8));
        let sentinel = RedisConfig::sentinel("mymaster", [one, Address::new("b", 26379)]);
        assert_eq!(parsed("redis+sentinel://a:1,b?master=mymaster"), sentinel);
        assert_eq!(
            parsed("rediss+sentinel://:x@a:1,b/2?master=mymaster&sentinel_user=s&sentinel_password=t"),
            sentinel.encrypted().password("x").database(2).sentinel_user("s", "t")
        );
    }

    #[test]
    fn every_option_has_its_counterpart_in_types() {
        let ms = Duration::from_millis;
        let config = RedisConfig::single(address("cache"));
        assert_eq!(parsed("redis://cache?connect_timeout=250ms"), config.clone().connect_timeout(ms(250)));
        assert_eq!(parsed("redis://cache?epoch=on"), config.clone().epoch());
        assert_eq!(parsed("redis://cache?epoch=off&replicas=off"), config);
        assert_eq!(parsed("redis://cache?replicas=read"), config.clone().read_from_replicas());
        let both = [address("one:1"), address("two:2")].into_iter().fold(config.clone(), RedisConfig::replica);
        assert_eq!(parsed("redis://cache,one:1,two:2?replicas=read"), both);
        assert_eq!(parsed("redis://cache?wait=1"), config.clone().wait(1, ms(500)));
        assert_eq!(parsed("redis://cache?wait_timeout=1s&wait=2"), config.clone().wait(2, ms(1000)));
        assert_eq!(parsed("rediss://cache?ca=/etc/a%20b.pem"), config.ca("/etc/a b.pem"));
    }

    #[test]
    fn what_is_unknown_is_named_together_with_what_is_known() {
        assert!(
            complaint("redis://cache?timeuot=1s").starts_with("there is no option \"timeuot\" for Redis: there are")
        );
        assert!(complaint("redis://cache?x=1").contains("connect_timeout, epoch, wait, "));
        for option in RedisConfig::OPTIONS {
            let complaint = format!("redis://cache?{option}=~").parse::<RedisConfig>().map(drop);
            assert!(!format!("{complaint:?}").contains("there is no option"), "{option} is listed: {complaint:?}");
        }
        for url in ["memcached://cache", "redis+x://cache", "redis+://cache", "rediss+cluster+x://cache"] {
            assert!(complaint(url).contains("there are redis, redis+sentinel, redis+cluster, rediss,"), "{url}");
        }
        assert!(complaint("localhost:6379").contains("like redis://host"));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_do() {
        for (url, advice) in [
            ("redis://", "write host, host:port"),
            ("redis://a:x", "write host, host:port"),
            ("redis://[::1", "write host, host:port"),
            ("redis://a,b", "name just one"),
            ("redis://a,b?replicas=off", "add replicas=read"),
            ("redis://a/x", "redis://host/2"),
            ("redis://me@a", "user:password@host"),
            ("redis://:a#b@c", "%23"),
            ("redis://a?connect_timeout=soon", "like 500ms"),
            ("redis://a?connect_timeout=0s", "at least a millisecond"),
            ("redis://a?epoch=yes", "epoch=on"),
            ("redis://a?replicas=write", "replicas=read"),
            ("redis://a?wait=many", "wait=2"),
            ("redis://a?wait=0", "leave it out"),
            ("redis://a?wait=1&wait_timeout=0s", "at least a millisecond"),
            ("redis://a?wait_timeout=1s", "for how many replicas"),
            ("redis://a?stripes=2", "for clusters"),
            ("redis+cluster://a?stripes=0", "1 at least"),
            ("redis+cluster://a/1", "only database 0"),
            ("redis://a?master=m", "redis+sentinel://"),
            ("redis+sentinel://a", "master=NAME"),
            ("redis://a?sentinel_password=x", "leave them out"),
            ("redis+sentinel://a?master=m&sentinel_user=x", "give both"),
            ("redis://a?ca=/x", "rediss://"),
            ("redis://:%ff@a", "UTF-8"),
        ] {
            assert!(complaint(url).contains(advice), "{url}: {}", complaint(url));
        }
    }

    #[test]
    fn passwords_are_not_printed() {
        let config = parsed("redis+sentinel://me:s3cret@a?master=m&sentinel_password=s3cret");
        assert!(!format!("{config:?}").contains("s3cret"));
        for url in [
            "redis://me:s3cret@",
            "redis://me:s3cret",
            "redis://:s3cret%ff@a",
            "redis://s3cret@a",
            "redis://:s3cret#@a",
            "redis://:x/s3cret@a",
            "redis://:x/s3cret",
            "redis://:x?s3cret=y@a",
            "redis+sentinel://a?master=m&sentinel_user=u&sentinel_password=x&s3cret",
            "redis+sentinel://a?master=m&sentinel_user=u&sentinel_password=x&wait=s3cret",
            "s3cret",
        ] {
            assert!(!complaint(url).contains("s3cret"), "{url}: {}", complaint(url));
        }
    }
}
