//! A connection to a server: the one file that knows the crate `redis`.

mod setup;
mod stream;
#[cfg_attr(not(feature = "rustls"), path = "lane/plain.rs")]
mod tls;

use bytes::Bytes;
use easycache_core::{Deadline, Error, Result, Version};
use redis::{AsyncConnectionConfig, Cmd, Pipeline, ProtocolVersion, RedisConnectionInfo, Value, aio};
use tokio::task::AbortHandle;

use crate::{
    config::{Address, Settings},
    error,
    reply::{Reply, ServerError},
    scripts::{self, Script},
};

pub(crate) use self::{setup::field, tls::Tls};

/// What the server knows a script by.
pub(crate) fn digest(script: &str) -> String {
    redis::Script::new(script).get_hash().to_owned()
}

/// A command for the server.
#[derive(Clone)]
pub(crate) struct Command(Cmd);

impl Command {
    pub(crate) fn new(name: &'static str) -> Self {
        Self::sized(name, 4, 128)
    }

    /// One that will have that many arguments of that many bytes in all.
    pub(crate) fn sized(name: &'static str, arguments: usize, bytes: usize) -> Self {
        let mut cmd = Cmd::with_capacity(arguments + 1, bytes + name.len());
        cmd.arg(name);
        Self(cmd)
    }

    /// The call of a script. Its keys come next, that many.
    pub(crate) fn script(script: &'static Script, keys: usize, arguments: usize, bytes: usize) -> Self {
        Self::sized("EVALSHA", arguments + keys + 2, bytes + 64).arg(script.digest()).int(keys as u64)
    }

    #[must_use]
    pub(crate) fn arg(mut self, argument: impl AsRef<[u8]>) -> Self {
        self.0.arg(argument.as_ref());
        self
    }

    #[must_use]
    pub(crate) fn int(mut self, argument: u64) -> Self {
        self.0.arg(argument);
        self
    }

    #[must_use]
    pub(crate) fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        for argument in arguments {
            self.0.arg(argument.as_ref());
        }
        self
    }
}

/// The same call with the script's text, for a server that does not have it.
fn in_full(cmd: &Cmd) -> Option<Cmd> {
    let mut arguments = cmd.args_iter().filter_map(|argument| match argument {
        redis::Arg::Simple(bytes) => Some(bytes),
        _ => None,
    });
    if arguments.next()? != b"EVALSHA" {
        return None;
    }
    let script = scripts::by_digest(arguments.next()?)?;
    let mut eval = redis::cmd("EVAL");
    eval.arg(script.text);
    for argument in arguments {
        eval.arg(argument);
    }
    Some(eval)
}

/// Commands that are sent together, and answered in one round trip.
pub(crate) struct Wave(Pipeline);

impl Wave {
    /// An empty one, with room for that many commands.
    pub(crate) fn new(commands: usize) -> Self {
        Self(Pipeline::with_capacity(commands))
    }

    /// A wave of one command.
    pub(crate) fn of(command: Command) -> Self {
        Self::new(1).with(command)
    }

    #[must_use]
    pub(crate) fn with(mut self, command: Command) -> Self {
        self.push(command);
        self
    }

    pub(crate) fn push(&mut self, command: Command) {
        self.0.add_command(command.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The command at that place, to send it again elsewhere.
    #[expect(dead_code, reason = "for redirections in a cluster")]
    pub(crate) fn command(&self, place: usize) -> Option<Command> {
        self.0.cmd_iter().nth(place).cloned().map(Command)
    }
}

/// The connection has ended; whether the server has done anything is not known.
#[derive(Debug)]
pub(crate) struct Broken(String);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A connection that any number of tasks of one runtime share. Its driver belongs to that runtime: if it ran elsewhere,
/// each answer would have to wake a thread.
pub(crate) struct Lane {
    connection: aio::MultiplexedConnection,
    driver: AbortHandle,
    epoch: Version,
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
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_connection_timeout(None)
            // As many requests can wait for the driver before callers do.
            .set_pipeline_buffer_size(512);
        let (connection, driver) = aio::MultiplexedConnection::new_with_config(&login(settings), stream, config)
            .await
            .map_err(|refusal| setup::refusal(address, settings, &refusal))?;
        let driver = tokio::spawn(driver).abort_handle();
        let mut lane = Self { connection, driver, epoch: Version::NONE };
        lane.epoch = setup::prepare(&lane, address, settings).await?;
        Ok(lane)
    }

    /// What the versions that are read here are folded with: the boot of the server, or nothing.
    pub(crate) fn epoch(&self) -> Version {
        self.epoch
    }

    /// Whether it has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.driver.is_finished()
    }

    /// Ends it. Whoever waits for an answer gets an error.
    pub(crate) fn close(&self) {
        self.driver.abort();
    }

    /// Sends the commands; an answer for each of them. Scripts that the server does not have it is told, once more a
    /// round trip.
    pub(crate) async fn ask(&self, wave: &Wave) -> Result<Vec<Reply>, Broken> {
        let mut replies = self.send(&wave.0).await?;
        if replies.iter().any(is_noscript) {
            self.ask_in_full(wave, &mut replies).await?;
        }
        Ok(replies)
    }

    async fn ask_in_full(&self, wave: &Wave, replies: &mut [Reply]) -> Result<(), Broken> {
        let mut again = Pipeline::new();
        let mut open = Vec::new();
        for (cmd, reply) in wave.0.cmd_iter().zip(replies.iter_mut()) {
            if is_noscript(reply)
                && let Some(eval) = in_full(cmd)
            {
                again.add_command(eval);
                open.push(reply);
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        for (reply, answer) in open.into_iter().zip(self.send(&again).await?) {
            *reply = answer;
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
                connection.send_packed_command(only).await.map(|value| vec![reply(value)])
            }
            count => {
                let values = connection.send_packed_commands(commands, 0, count).await;
                values.map(|values| values.into_iter().map(reply).collect())
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

fn reply(value: Value) -> Reply {
    match value {
        Value::Nil => Reply::Nil,
        Value::Okay => Reply::Okay,
        Value::Int(number) => Reply::Int(number),
        Value::Boolean(flag) => Reply::Int(flag.into()),
        Value::BulkString(bytes) | Value::BigNumber(bytes) => Reply::Bytes(bytes.into()),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Reply::Bytes(text.into()),
        Value::Double(number) => Reply::Bytes(number.to_string().into()),
        Value::Array(values) | Value::Set(values) | Value::Push { data: values, .. } => {
            Reply::List(values.into_iter().map(reply).collect())
        }
        Value::Map(pairs) => {
            Reply::List(pairs.into_iter().flat_map(|(key, value)| [reply(key), reply(value)]).collect())
        }
        Value::Attribute { data, .. } => reply(*data),
        Value::ServerError(error) => {
            Reply::Error(ServerError { code: error.code().into(), detail: error.details().unwrap_or_default().into() })
        }
        // What a later version of the crate may know; we ask for nothing that is answered so.
        other => Reply::Bytes(Bytes::from(format!("{other:?}"))),
    }
}

impl Broken {
    pub(crate) fn into_error(self, address: &Address) -> Error {
        error::unreachable(address, format_args!("the connection broke: {self}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Reply {
        Reply::Bytes(text.to_owned().into())
    }

    #[test]
    fn answers_of_either_version_of_the_protocol_are_the_same() {
        let pair = || (Value::SimpleString("save".into()), Value::BulkString(b"60 1".to_vec()));
        let (key, value) = pair();
        assert_eq!(reply(Value::Array(vec![key, value])), Reply::List(vec![text("save"), text("60 1")]));
        assert_eq!(reply(Value::Map(vec![pair()])), Reply::List(vec![text("save"), text("60 1")]));
        let format = redis::VerbatimFormat::Text;
        assert_eq!(reply(Value::VerbatimString { format, text: "info".into() }), text("info"));
        assert_eq!(reply(Value::Boolean(true)), Reply::Int(1));
        let attribute = Value::Attribute { data: Box::new(Value::Int(7)), attributes: vec![pair()] };
        assert_eq!(reply(attribute), Reply::Int(7));
    }

    #[test]
    fn a_script_is_called_in_full_with_the_same_keys_and_arguments() {
        let call = Command::script(&scripts::RELEASE, 1, 1, 0).arg("key").arg([0, 255]);
        let full = in_full(&call.0).unwrap();
        let arguments = full.args_iter().map(|argument| match argument {
            redis::Arg::Simple(bytes) => bytes.to_vec(),
            other => panic!("{other:?}"),
        });
        let expected: [&[u8]; 5] = [b"EVAL", scripts::RELEASE.text.as_bytes(), b"1", b"key", &[0, 255]];
        assert!(arguments.eq(expected));
        assert!(in_full(&Command::new("GET").arg("key").0).is_none());
    }
}
