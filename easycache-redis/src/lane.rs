//! A connection to a server: the one module that knows the crate `redis`.

mod command;
mod push;
mod setup;
mod stream;
#[cfg_attr(not(feature = "rustls"), path = "lane/plain.rs")]
mod tls;
mod value;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use easycache_core::{Clock, Deadline, Error, Moment, Result, SystemClock, Version};
use redis::{AsyncConnectionConfig, Pipeline, ProtocolVersion, RedisConnectionInfo, aio};
use tokio::task::AbortHandle;

use crate::{
    config::{Address, Settings},
    error,
    reply::Reply,
    watch::Hearing,
};

pub(crate) use self::{
    command::{Command, Wave, digest},
    setup::field,
    tls::Tls,
};

/// The connection has ended; whether the server has done anything is not known.
#[derive(Debug)]
pub(crate) struct Broken(String);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Broken {
    pub(crate) fn into_error(self, address: &impl std::fmt::Display) -> Error {
        error::unreachable(address, format_args!("the connection broke: {self}"))
    }
}

/// A connection that any number of tasks of one runtime share. Its driver belongs to that runtime: if it ran elsewhere,
/// each answer would have to wake a thread.
pub(crate) struct Lane {
    connection: aio::MultiplexedConnection,
    driver: AbortHandle,
    /// Set when it is closed: its driver ends a little later.
    closed: AtomicBool,
    address: Address,
    epoch: Version,
    /// When it was made, or looked after.
    seen_to: Mutex<Moment>,
    /// What has become of it, if it tells of changes.
    hearing: Option<Arc<Hearing>>,
}

impl Lane {
    /// Connects, and makes sure that the server is one that will do.
    pub(crate) async fn dial(address: &Address, settings: &Settings) -> Result<Self> {
        let limit = Deadline::after(settings.connect_timeout);
        let dialled = limit.bound(async { Ok(Self::connect(address, settings).await) }).await;
        dialled.unwrap_or_else(|_late| Err(error::unreachable(address, stream::silence(settings))))
    }

    async fn connect(address: &Address, settings: &Settings) -> Result<Self> {
        let stream = stream::open(address, settings).await?;
        let ear = settings.ears.as_ref().map(|ears| ears.listen(address));
        let hearing = ear.as_ref().map(|ear| Arc::clone(ear.hearing()));
        let mut config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_connection_timeout(None)
            // As many requests can wait for the driver before callers do.
            .set_pipeline_buffer_size(512);
        if let Some(ear) = ear {
            config = config.set_push_sender(push::sender(ear));
        }
        let (connection, driver) = aio::MultiplexedConnection::new_with_config(&login(settings), stream, config)
            .await
            .map_err(|refusal| setup::refusal(address, settings, &refusal))?;
        let driver = tokio::spawn(driver).abort_handle();
        let (closed, seen_to) = (AtomicBool::new(false), Mutex::new(SystemClock.now()));
        let mut lane =
            Self { connection, driver, closed, address: address.clone(), epoch: Version::NONE, seen_to, hearing };
        lane.epoch = setup::prepare(&lane, settings).await?;
        Ok(lane)
    }

    /// Where the server is.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// What the versions that are read here are folded with: the boot of the server, or nothing.
    pub(crate) fn epoch(&self) -> Version {
        self.epoch
    }

    /// What has become of it, if it tells of changes.
    pub(crate) fn hearing(&self) -> Option<&Arc<Hearing>> {
        self.hearing.as_ref()
    }

    /// Whether it has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
            || self.driver.is_finished()
            || self.hearing.as_ref().is_some_and(|hearing| hearing.has_ended())
    }

    /// Whether it is time to look after it: true once in each period.
    pub(crate) fn is_due(&self, period: Duration) -> bool {
        let now = SystemClock.now();
        let mut seen_to = self.seen_to.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = seen_to.after(period) <= now;
        if is_due {
            *seen_to = now;
        }
        is_due
    }

    /// Whether the server is what it was when the connection was made: of the same boot, and a master or a replica still.
    pub(crate) async fn is_unchanged(&self, settings: &Settings) -> bool {
        setup::check(self, settings).await.is_ok_and(|epoch| epoch == self.epoch)
    }

    /// Asks a server whether it is there, and still the one to ask.
    pub(crate) async fn pulse(&self, settings: &Settings) -> Result<()> {
        setup::pulse(self, settings).await
    }

    /// Ends it. Whoever waits for an answer gets an error.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.driver.abort();
    }

    /// Sends the commands; an answer for each of them. Scripts that the server does not have it is told, once more a
    /// round trip.
    pub(crate) async fn ask(&self, wave: &Wave) -> Result<Vec<Reply>, Broken> {
        let mut replies = self.send(wave.pipeline()).await?;
        if replies.iter().any(is_noscript) {
            Box::pin(self.ask_in_full(wave, &mut replies)).await?;
        }
        Ok(replies)
    }

    async fn ask_in_full(&self, wave: &Wave, replies: &mut [Reply]) -> Result<(), Broken> {
        let mut again = Pipeline::new();
        // Where the answer to each of the commands belongs.
        let mut open = Vec::new();
        let mut before = None::<&redis::Cmd>;
        for (cmd, (place, reply)) in wave.pipeline().cmd_iter().zip(replies.iter().enumerate()) {
            if is_noscript(reply)
                && let Some(eval) = command::in_full(cmd)
            {
                if let Some(asking) = before.filter(|before| command::is_asking(before)) {
                    again.add_command(asking.clone());
                    open.push(place - 1);
                }
                again.add_command(eval);
                open.push(place);
            }
            before = Some(cmd);
        }
        for (place, answer) in open.into_iter().zip(self.send(&again).await?) {
            replies[place] = answer;
        }
        Ok(())
    }

    async fn send(&self, commands: &Pipeline) -> Result<Vec<Reply>, Broken> {
        let mut connection = self.connection.clone();
        let answers = match commands.len() {
            0 => return Ok(Vec::new()),
            // Cheaper by some allocations, and what nearly every call is.
            1 => {
                let only = commands.cmd_iter().next().expect("there is one command");
                connection.send_packed_command(only).await.map(|value| vec![value::reply(value)])
            }
            count => {
                let values = connection.send_packed_commands(commands, 0, count).await;
                values.map(|values| values.into_iter().map(value::reply).collect())
            }
        };
        answers.map_err(|broken| Broken(broken.to_string()))
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // Or it would wait for the answers that nobody waits for any more.
        self.driver.abort();
    }
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

fn login(settings: &Settings) -> RedisConnectionInfo {
    let mut login = RedisConnectionInfo::default()
        .set_protocol(ProtocolVersion::RESP3)
        .set_db(settings.database)
        .set_lib_name("easycache", env!("CARGO_PKG_VERSION"));
    if let Some(user) = &settings.user {
        login = login.set_username(user);
    }
    if let Some(password) = &settings.password {
        login = login.set_password(password.reveal());
    }
    login
}

fn is_noscript(reply: &Reply) -> bool {
    reply.error().is_some_and(|error| &*error.code == "NOSCRIPT")
}

#[cfg(test)]
mod tests {
    use easycache_testkit::server::RedisServer;

    use super::*;
    use crate::config::RedisConfig;

    /// What is sent once more would be sent on the broken one.
    #[tokio::test]
    async fn a_connection_that_was_closed_is_closed_at_once() {
        let Some(server) = RedisServer::start() else { return };
        let config = RedisConfig::single(Address::new("127.0.0.1", server.port()));
        let lane = Lane::dial(&Address::new("127.0.0.1", server.port()), &config.settings().unwrap()).await.unwrap();
        assert!(!lane.is_closed());
        lane.close();
        assert!(lane.is_closed());
    }
}
