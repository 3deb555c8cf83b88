//! URLs.

use std::time::Duration;

use easycache_core::Result;
use percent_encoding::percent_decode_str;

use super::{Address, Layout, RedisConfig, Secret, Wait};
use crate::error;

const SCHEMES: &str = "redis, redis+sentinel, redis+cluster, rediss, rediss+sentinel, rediss+cluster";
const OPTIONS: &str = "connect_timeout, epoch, wait, wait_timeout, replicas, stripes, master, sentinel_user, \
                       sentinel_password, ca";
const SENTINEL_PORT: u16 = 26379;
const REDIS_PORT: u16 = 6379;

/// What `url` says. No message of an error repeats the URL: there may be a password in it.
pub(super) fn parse(url: &str) -> Result<RedisConfig> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(error::invalid(format!("the URL has no scheme: begin with one of {SCHEMES}, like redis://host")));
    };
    if rest.contains('#') {
        return Err(error::invalid("there is a # in the URL: write it as %23"));
    }
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
            error::invalid(format!("{database:?} is not the number of a database: write redis://host/2"))
        })?;
    }
    options(&mut config, query)?;
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
    error::invalid(format!("{scheme:?} is not a scheme for Redis: there are {SCHEMES}"))
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
    for option in query.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = decode(value)?;
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
            _ => return Err(error::invalid(format!("there is no option {name:?} for Redis: there are {OPTIONS}"))),
        }
    }
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

fn decode(text: &str) -> Result<String> {
    // The text itself stays out of the message: it may be a password.
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded.map_err(|_not_text| error::invalid("what is percent-encoded in the URL is not UTF-8"))?.into_owned())
}

fn span(name: &str, value: &str) -> Result<Duration> {
    humantime::parse_duration(value).map_err(|wrong| {
        error::invalid(format!("{name}={value} is not a duration ({wrong}): write it like 500ms or 2s"))
    })
}

fn number<N: std::str::FromStr>(name: &str, value: &str) -> Result<N> {
    value.parse().map_err(|_wrong| error::invalid(format!("{name}={value} is not a number in range: write {name}=2")))
}

fn switch(name: &str, value: &str, on: &str) -> Result<bool> {
    match value {
        "off" => Ok(false),
        _ if value == on => Ok(true),
        _ => Err(error::invalid(format!("{name}={value} is not known: write {name}={on} or {name}=off"))),
    }
}
