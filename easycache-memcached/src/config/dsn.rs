//! URLs.

use easycache_core::{Result, net::url};

use super::{Address, MemcachedConfig};
use crate::error;

/// What `text` says. No message of an error repeats all of it: there may be a password in it.
pub(super) fn parse(text: &str) -> Result<MemcachedConfig> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(error::invalid("the URL has no scheme: write memcached://host, or memcached://host,host"));
    };
    if scheme != "memcached" {
        return Err(error::invalid(format!("{scheme:?} is not a scheme for memcached: write memcached://host")));
    }
    url::check(rest)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.is_empty() {
        return Err(error::invalid("memcached has no databases: leave out what is behind the hosts' /"));
    }
    if hosts.contains('@') {
        let message = "easycache does not log in to memcached: leave out user and password, and start the server \
                       without -Y and -S, in a network of its own";
        return Err(error::invalid(message));
    }
    let servers = hosts.split(',').map(|host| url::decode(host)?.parse()).collect::<Result<Vec<Address>>>()?;
    options(MemcachedConfig::servers(servers), query)
}

fn options(mut config: MemcachedConfig, query: &str) -> Result<MemcachedConfig> {
    url::options(query, |name, value| {
        match name {
            "connect_timeout" => config.connect_timeout = url::span(name, &value)?,
            "stripes" => config.stripes = url::number(name, &value)?,
            _ => {
                let all = MemcachedConfig::OPTIONS.join(", ");
                return Err(error::invalid(format!("there is no option {name:?} for memcached: there are {all}")));
            }
        }
        Ok(())
    })?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parsed(url: &str) -> MemcachedConfig {
        url.parse().unwrap()
    }

    fn complaint(url: &str) -> String {
        url.parse::<MemcachedConfig>().unwrap_err().to_string()
    }

    #[test]
    fn hosts_have_the_usual_port_unless_they_say_otherwise() {
        let servers = [Address::new("a", 11211), Address::new("::1", 7000), Address::new("b", 1)];
        assert_eq!(parsed("memcached://a,[::1]:7000,b:1"), MemcachedConfig::servers(servers));
        assert_eq!(parsed("memcached://a/"), parsed("memcached://a:11211"));
    }

    #[test]
    fn every_option_has_its_counterpart_in_types() {
        let config = MemcachedConfig::servers([Address::new("a", 11211)]);
        let half = Duration::from_millis(500);
        assert_eq!(parsed("memcached://a?connect_timeout=500ms"), config.clone().connect_timeout(half));
        assert_eq!(parsed("memcached://a?stripes=4"), config.stripes(4));
    }

    #[test]
    fn every_option_that_is_named_is_there() {
        for option in MemcachedConfig::OPTIONS {
            assert!(!complaint(&format!("memcached://a?{option}=?")).contains("there is no option"), "{option}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_do() {
        for (url, advice) in [
            ("localhost:11211", "write memcached://host"),
            ("redis://a", "is not a scheme for memcached"),
            ("memcached://", "write host, host:port"),
            ("memcached://a,,b", "write host, host:port"),
            ("memcached://a:x", "write host, host:port"),
            ("memcached://a,b,a:11211", "a:11211 is named twice"),
            ("memcached://a/1", "no databases"),
            ("memcached://me:x@a", "does not log in"),
            ("memcached://a#b", "%23"),
            ("memcached://a?timeuot=1s", "there are connect_timeout, stripes"),
            ("memcached://a?connect_timeout=0s", "at least a millisecond"),
            ("memcached://a?connect_timeout=soon", "like 500ms"),
            ("memcached://a?stripes=0", "1 at least"),
        ] {
            assert!(complaint(url).contains(advice), "{url}: {}", complaint(url));
        }
        assert!(!complaint("memcached://me:s3cret@a").contains("s3cret"));
    }
}
