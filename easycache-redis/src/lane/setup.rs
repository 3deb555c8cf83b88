//! What is asked first on each new connection, and what must be answered.

use easycache_core::{Error, Result, Version};
use redis::{ErrorKind, RedisError};

use super::{Command, Lane, Wave};
use crate::{
    config::{Address, Role, Settings},
    error,
    reply::{Reply, ServerError},
    scripts::{self, Script},
};

/// Loads the scripts, and looks at version, boot and role; all in one round trip. Returns the boot, if it counts.
pub(super) async fn prepare(lane: &Lane, settings: &Settings) -> Result<Version> {
    match settings.role {
        // It answers for itself when it is asked.
        Role::Sentinel => Ok(Version::NONE),
        // It is only read from.
        Role::Replica => look(lane, settings, &[]).await,
        Role::Master | Role::Elected | Role::Any | Role::Owner if settings.ears.is_none() => {
            look(lane, settings, scripts::ALL).await
        }
        // The same.
        Role::Master | Role::Elected | Role::Any | Role::Owner => {
            let epoch = look(lane, settings, &[]).await?;
            track(lane).await?;
            Ok(epoch)
        }
    }
}

/// From now on it tells when what is read here changes. Not when it was this connection, either, which only reads: so
/// there is no need to leave that out, and leaving it out is how a name is forgotten that was written to.
async fn track(lane: &Lane) -> Result<()> {
    let address = lane.address();
    let question = Wave::of(Command::new("CLIENT").arg("TRACKING").arg("ON"));
    let replies = lane.ask(&question).await.map_err(|broken| broken.into_error(address))?;
    match replies.first() {
        Some(Reply::Okay) => Ok(()),
        Some(Reply::Error(denied)) if &*denied.code == "NOPERM" => {
            let advice = "give it +client|tracking, or choose Freshness::Strict or Freshness::Ttl";
            Err(error::refused(address, format_args!("does not tell this user when values change (NOPERM): {advice}")))
        }
        Some(Reply::Error(other)) => {
            let ServerError { code, detail } = other;
            let advice =
                "CLIENT TRACKING needs Redis itself and no proxy; or choose Freshness::Strict or Freshness::Ttl";
            Err(error::refused(address, format_args!("does not tell when values change ({code} {detail}): {advice}")))
        }
        _ => Err(error::garbled(address, "CLIENT TRACKING is not answered")),
    }
}

/// Whether the server is there, and still has the say about what was read from it.
pub(super) async fn pulse(lane: &Lane, settings: &Settings) -> Result<()> {
    let address = lane.address();
    let mut wave = Wave::new(2).with(Command::new("ROLE"));
    if settings.role == Role::Owner {
        wave.push(Command::new("CLUSTER").arg("INFO"));
    }
    let replies = lane.ask(&wave).await.map_err(|broken| broken.into_error(address))?;
    let [role, cluster @ ..] = &replies[..] else {
        return Err(error::garbled(address, "answers are missing"));
    };
    check_role(role, address, settings)?;
    cluster.iter().try_for_each(|info| check_cluster(info, address))
}

/// One that is cut off from the others stops answering questions about keys, and goes on taking itself for a master.
fn check_cluster(info: &Reply, address: &Address) -> Result<()> {
    match info {
        Reply::Error(denied) if &*denied.code == "NOPERM" => {
            tracing::debug!(%address, "the state of the cluster is not known: CLUSTER INFO is not permitted");
            Ok(())
        }
        Reply::Error(other) => Err(error::replied(address, other)),
        _ => match info.text().and_then(|info| field(info, "cluster_state")) {
            Some("ok") => Ok(()),
            _ => Err(error::unreachable(address, "it is cut off from the rest of the cluster")),
        },
    }
}

/// Looks at version, boot and role. Returns the boot, if it counts.
pub(super) async fn check(lane: &Lane, settings: &Settings) -> Result<Version> {
    look(lane, settings, &[]).await
}

async fn look(lane: &Lane, settings: &Settings, scripts: &[&Script]) -> Result<Version> {
    let address = lane.address();
    let info = match settings.role {
        Role::Elected | Role::Any | Role::Owner if settings.epoch => {
            Command::new("INFO").arg("server").arg("replication")
        }
        _ => Command::new("INFO").arg("server"),
    };
    let mut wave = Wave::new(scripts.len() + 2).with(info).with(Command::new("ROLE"));
    for script in scripts {
        wave.push(Command::new("SCRIPT").arg("LOAD").arg(script.text));
    }
    let replies = lane.ask(&wave).await.map_err(|broken| broken.into_error(address))?;
    let [info, role, loaded @ ..] = &replies[..] else {
        return Err(error::garbled(address, "answers are missing"));
    };
    let epoch = check_info(info, address, settings)?;
    check_role(role, address, settings)?;
    for answer in loaded {
        check_loaded(answer, address)?;
    }
    Ok(epoch)
}

fn check_info(info: &Reply, address: &Address, settings: &Settings) -> Result<Version> {
    if let Some(denied) = info.error() {
        if &*denied.code == "NOPERM" && !settings.epoch {
            tracing::debug!(%address, "the version of the server is not known: INFO is not permitted");
            return Ok(Version::NONE);
        }
        return Err(error::replied(address, denied));
    }
    let info = info.text().ok_or_else(|| error::garbled(address, "INFO is not text"))?;
    check_version(info, address)?;
    if !settings.epoch {
        return Ok(Version::NONE);
    }
    epoch(info, settings.role)
        .ok_or_else(|| error::refused(address, "does not tell its run_id, which epoch=on needs: leave epoch out"))
}

/// At least Redis 7.0 (`PEXPIRE … GT`), or any Valkey: the first was 7.2.
fn check_version(info: &str, address: &Address) -> Result<()> {
    let (name, version) = match field(info, "valkey_version") {
        Some(version) => ("Valkey", version),
        None => ("Redis", field(info, "redis_version").unwrap_or_default()),
    };
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(7..) => Ok(()),
        Some(_) => {
            let what = format!("is {name} {version}: easycache needs Redis 7.0 or Valkey 7.2 at least, so upgrade it");
            Err(error::refused(address, what))
        }
        None => Err(error::garbled(address, "INFO does not tell a version")),
    }
}

fn check_role(role: &Reply, address: &Address, settings: &Settings) -> Result<()> {
    let role = match role {
        Reply::List(parts) => parts.first().and_then(Reply::text).unwrap_or_default(),
        Reply::Error(denied) if &*denied.code == "NOPERM" => {
            tracing::debug!(%address, "the role of the server is not known: ROLE is not permitted");
            return Ok(());
        }
        Reply::Error(other) => return Err(error::replied(address, other)),
        _ => return Err(error::garbled(address, "ROLE is not a list")),
    };
    match (settings.role, role) {
        (Role::Master | Role::Elected | Role::Owner, "master")
        | (Role::Replica, "slave")
        | (Role::Any, "master" | "slave") => Ok(()),
        (Role::Elected | Role::Owner, "slave") => {
            Err(error::unreachable(address, "it is a replica: it has been replaced as the master"))
        }
        (Role::Replica, "master") => Err(error::unreachable(address, "it is no replica: values are read elsewhere")),
        (Role::Master, "slave") => Err(error::unreachable(
            address,
            "it is a replica; connect to its master, or through Sentinel: redis+sentinel://",
        )),
        (_, "sentinel") => Err(error::refused(address, "is a Sentinel: connect with redis+sentinel://…?master=NAME")),
        (_, other) => Err(error::unreachable(address, format_args!("its role is {other:?}"))),
    }
}

fn check_loaded(answer: &Reply, address: &Address) -> Result<()> {
    match answer {
        // Then it is sent along with each call.
        Reply::Error(denied) if &*denied.code == "NOPERM" => Ok(()),
        Reply::Error(other) => Err(error::replied(address, other)),
        _ => Ok(()),
    }
}

/// The value of `name:value` in what `INFO` says.
pub(crate) fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// What versions are folded with: what the server has drawn when it started; and where masters change, what it has drawn
/// when it became one. A master that is cut off, loses its place and gets it back is the same process: without the
/// second, what it had before would be valid again. (It also draws anew when it gets its first replica, and an hour after
/// it has lost its last one: connections that are in use notice within seconds.)
fn epoch(info: &str, role: Role) -> Option<Version> {
    let run = drawn(field(info, "run_id")?)?;
    let reign = match role {
        Role::Elected | Role::Any | Role::Owner => drawn(field(info, "master_replid")?)?,
        Role::Master | Role::Replica | Role::Sentinel => 0,
    };
    Some(Version((run ^ reign).to_be_bytes()))
}

/// The first 128 of 160 random bits.
fn drawn(id: &str) -> Option<u128> {
    u128::from_str_radix(id.get(..32)?, 16).ok()
}

/// Why the server does not let us in.
pub(super) fn refusal(address: &Address, settings: &Settings, refusal: &RedisError) -> Error {
    match refusal.kind() {
        ErrorKind::RESP3NotSupported => {
            let what = "is older than version 6: easycache needs Redis 7.0 or Valkey 7.2 at least, so upgrade it";
            error::refused(address, what)
        }
        ErrorKind::Io => {
            let hint = if settings.tls.is_some() { "" } else { " (if that port speaks TLS: rediss://)" };
            error::unreachable(address, format_args!("it closed the connection: {refusal}{hint}"))
        }
        ErrorKind::Parse if settings.tls.is_none() => {
            error::garbled(address, "if that port speaks TLS, connect with rediss://")
        }
        _ => denial(address, settings, refusal),
    }
}

/// What the server has said to `HELLO` or `SELECT`. The crate `redis` has errors of its own for some of that.
fn denial(address: &Address, settings: &Settings, refusal: &RedisError) -> Error {
    let detail = refusal.detail().unwrap_or_default();
    if detail.contains("DB index") {
        return error::refused(address, format_args!("has no database {}: choose one that it has", settings.database));
    }
    let known = settings.password.is_some();
    match refusal.code() {
        Some(code @ ("NOAUTH" | "WRONGPASS")) if settings.role == Role::Sentinel => {
            let advice = if known { "check" } else { "give" };
            error::refused(address, format_args!("says {code}: {advice} sentinel_user and sentinel_password"))
        }
        None if settings.role == Role::Sentinel => {
            let what = format!("does not let us in ({refusal}): check sentinel_user and sentinel_password");
            error::refused(address, what)
        }
        Some(code) => {
            let (code, detail) = (code.into(), detail.into());
            error::replied(address, &ServerError { code, detail })
        }
        None => error::refused(address, format_args!("does not let us in ({refusal}): check user and password")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(info: &str) -> Result<()> {
        check_version(info, &"cache:6379".parse().unwrap())
    }

    #[test]
    fn versions_from_redis_7_and_valkey_7_2_are_accepted() {
        assert!(checked("# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\n").is_ok());
        assert!(checked("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n").is_ok());
        let old = checked("redis_version:6.2.14\r\n").unwrap_err();
        assert_eq!(old.kind(), easycache_core::ErrorKind::Refused);
        assert!(old.to_string().contains("cache:6379 is Redis 6.2.14"), "{old}");
        assert!(checked("nonsense").is_err());
    }

    #[test]
    fn the_epoch_is_drawn_from_the_run_id() {
        let info = "run_id:0123456789abcdef0123456789abcdef01234567\r\nmaster_replid:ff00000000000000000000000000000000000000\r\n";
        assert_eq!(epoch(info, Role::Master).unwrap().0[..4], [0x01, 0x23, 0x45, 0x67]);
        for changing in [Role::Elected, Role::Any, Role::Owner] {
            assert_eq!(epoch(info, changing).unwrap().0[..4], [0xfe, 0x23, 0x45, 0x67]);
        }
        assert_eq!(epoch("run_id:0123", Role::Master), None);
        assert_eq!(epoch("run_id:x123456789abcdef0123456789abcdef01234567", Role::Master), None);
    }
}
