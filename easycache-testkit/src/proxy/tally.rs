//! [`Tally`].

/// What has passed a [`Proxy`](crate::Proxy).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    connections: usize,
    requested: usize,
    replied: usize,
    round_trips: usize,
    commands: Vec<String>,
}

impl Tally {
    /// How many connections were accepted.
    #[must_use]
    pub const fn connections(&self) -> usize {
        self.connections
    }

    /// How many bytes clients have sent.
    #[must_use]
    pub const fn bytes_requested(&self) -> usize {
        self.requested
    }

    /// How many bytes the server has sent.
    #[must_use]
    pub const fn bytes_replied(&self) -> usize {
        self.replied
    }

    /// How often a client has sent something after it had got something, or for the first time; of all connections
    /// together. What it sends without waiting in between is one round trip, however many commands that are.
    #[must_use]
    pub const fn round_trips(&self) -> usize {
        self.round_trips
    }

    /// The names of the commands of Redis, and of the meta commands of memcached, in the order in which they came, in
    /// capitals. None from connections that speak another protocol, or an encrypted one.
    #[must_use]
    pub fn commands(&self) -> &[String] {
        &self.commands
    }

    /// How many commands of that name there were, whatever its case.
    #[must_use]
    pub fn count(&self, command: &str) -> usize {
        self.commands.iter().filter(|name| name.eq_ignore_ascii_case(command)).count()
    }

    pub(super) const fn connected(&mut self) {
        self.connections += 1;
    }

    pub(super) fn request(&mut self, bytes: usize, begins_round_trip: bool, commands: Vec<String>) {
        self.requested += bytes;
        self.round_trips += usize::from(begins_round_trip);
        self.commands.extend(commands);
    }

    pub(super) const fn reply(&mut self, bytes: usize) {
        self.replied += bytes;
    }
}
