//! What is sent.

use redis::{Cmd, Pipeline};

use crate::scripts::{self, Script};

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
        self.push(argument);
        self
    }

    /// The same where there are many: the command stays where it is.
    pub(crate) fn push(&mut self, argument: impl AsRef<[u8]>) {
        self.0.arg(argument.as_ref());
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

impl Command {
    /// The same with the text of the script, if it calls one: done in its turn, whether the server knows the script or not.
    pub(crate) fn in_full(self) -> Self {
        in_full(&self.0).map_or(self, Self)
    }
}

/// Whether it is for the command behind it, which a node of a cluster would send elsewhere otherwise.
pub(super) fn is_asking(cmd: &Cmd) -> bool {
    cmd.args_iter().next() == Some(redis::Arg::Simple(b"ASKING"))
}

/// The same call with the script's text, for a server that does not have it.
pub(super) fn in_full(cmd: &Cmd) -> Option<Cmd> {
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

    pub(super) fn pipeline(&self) -> &Pipeline {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
