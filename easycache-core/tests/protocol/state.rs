//! What a moment of the modelled world consists of.
//!
//! Plain bytes in arrays of fixed size: a state is copied, compared and hashed some millions of times.

use crate::config::{Config, Role};

/// What never returns: a version, a token, the id of a blob. 0 is absent, counters are below [`FRESH`].
pub(crate) type Nonce = u8;
/// How many commits the database had seen.
pub(crate) type Commit = u8;
/// A version for each slot.
pub(crate) type Versions = [Nonce; SLOTS];

/// The first nonce. Counters, which a broken variant uses for versions, stay below.
pub(crate) const FRESH: Nonce = 100;

pub(crate) const SLOTS: usize = 5;
/// The stamp of a tag that is known before the computation.
pub(crate) const TAG: usize = 0;
/// The stamp of a prefix, likewise.
pub(crate) const PREFIX: usize = 1;
/// The hard twin of the tag's stamp, where values may be served that have expired; there is no prefix then.
pub(crate) const TWIN: usize = PREFIX;
/// The value's own stamp, where there are no leases.
pub(crate) const OWN: usize = 2;
/// The clock of tags.
pub(crate) const CLOCK: usize = 3;
/// The stamp of a tag that only the result tells.
pub(crate) const RESULT: usize = 4;

pub(crate) const READERS: usize = 3;
pub(crate) const WRITERS: usize = 2;

/// A stored value. The versions are what its digest is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Blob {
    /// 0: there is none.
    pub id: Nonce,
    /// The commit that it was computed from.
    pub commit: Commit,
    pub versions: Versions,
}

/// What a server keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Server {
    pub value: Blob,
    pub lease: Nonce,
    pub stamps: Versions,
    /// The stamps that somebody holds: the bit is part of their version.
    pub held: u8,
}

/// How far a reader's present call has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// No call.
    #[default]
    Idle,
    /// Messages of the READ are outstanding.
    Reading,
    /// The READ found nothing valid.
    Missed,
    /// Messages of the ACQUIRE are outstanding.
    Acquiring,
    /// The ACQUIRE found that somebody has stored a value which will do; nobody has been told yet.
    Found,
    /// Has versions, and a token if there are leases. The computation has not begun.
    Granted,
    /// Computed, and the tags of the result are to be looked at.
    Checking,
    /// Ready to fill.
    Computed,
    /// Waits for the flight of [`Reader::leader`].
    Joined,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Reader {
    pub stage: Stage,
    /// Calls left to make, the present one included.
    pub left: u8,
    /// Outstanding messages of the present step; see [`crate::actors::messages`].
    pub todo: u8,
    /// What was acknowledged when the call began: **G** demands at least that.
    pub floor: Commit,
    /// What this process itself has tried to invalidate in vain: **RYI** demands at least that.
    pub own: Commit,
    /// What had been hit when the call began: **M** demands at least that.
    pub hit_floor: Commit,
    pub seen: Blob,
    /// The id in the header that the master has shown.
    pub header: Nonce,
    pub token: Nonce,
    pub versions: Versions,
    /// Which of these were held.
    pub held: u8,
    /// What the computation has read in the database.
    pub commit: Commit,
    pub leader: u8,
    /// Stamps whose version this reader has made up and not yet written: a broken variant's.
    pub made_up: u8,
}

/// How far a writer has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Phase {
    #[default]
    Start,
    /// Holds its tag, and has not committed.
    Holding,
    /// Committed; messages of the INVALIDATE are outstanding.
    Sending,
    /// Everything is done at the server, and the answer is on its way.
    Answered,
    /// The call has returned an error.
    Failed,
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Writer {
    pub phase: Phase,
    /// The version under which it holds its tag.
    pub hold: Nonce,
    pub commit: Commit,
    /// Outstanding messages, by their place.
    pub todo: u8,
    /// An error was returned: from then on its own process may not be answered with older data.
    pub failed: bool,
    /// No invalidation that was sent since has been acknowledged: the names are in quarantine.
    pub quarantined: bool,
    /// The writers of this process whose names were in quarantine when this one sent its messages.
    pub heals: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub db: Commit,
    /// The newest commit whose invalidation was acknowledged.
    pub acked: Commit,
    /// The newest commit that was hit.
    pub hit: Commit,
    pub server: Server,
    pub replica: Server,
    pub readers: [Reader; READERS],
    pub writers: [Writer; WRITERS],
    /// How often the environment may still lose something, an answer, a caller.
    pub losses: u8,
    pub failures: u8,
    pub crashes: u8,
    /// The next nonce.
    pub fresh: Nonce,
    /// Promises that the last step has broken.
    pub broken: u8,
}

/// Gives nonces new names, in the order in which they are met.
struct Renaming {
    names: [Nonce; 256],
    next: Nonce,
}

impl Renaming {
    fn apply(&mut self, nonce: &mut Nonce) {
        if *nonce < FRESH {
            return;
        }
        let name = &mut self.names[usize::from(*nonce)];
        if *name == 0 {
            *name = self.next;
            self.next += 1;
        }
        *nonce = *name;
    }

    fn all(&mut self, nonces: &mut [Nonce]) {
        for nonce in nonces {
            self.apply(nonce);
        }
    }

    fn blob(&mut self, blob: &mut Blob) {
        self.apply(&mut blob.id);
        self.all(&mut blob.versions);
    }

    fn server(&mut self, server: &mut Server) {
        self.blob(&mut server.value);
        self.apply(&mut server.lease);
        self.all(&mut server.stamps);
    }

    fn reader(&mut self, reader: &mut Reader) {
        // An idle reader knows no nonces, nor does one that waits for another.
        if !matches!(reader.stage, Stage::Idle | Stage::Joined) {
            self.blob(&mut reader.seen);
            self.apply(&mut reader.header);
            self.apply(&mut reader.token);
            self.all(&mut reader.versions);
        }
    }
}

impl State {
    /// The same state under the names that all states get which differ in names alone: nonces are renamed, and
    /// interchangeable readers change places.
    pub(crate) fn canonical(mut self, config: &Config) -> Self {
        let mut renaming = Renaming { names: [0; 256], next: FRESH };
        renaming.server(&mut self.server);
        if config.has_replica() {
            renaming.server(&mut self.replica);
        }
        self.sort_readers(config);
        for reader in &mut self.readers[..config.readers.len()] {
            renaming.reader(reader);
        }
        for writer in &mut self.writers[..config.writers.len()] {
            renaming.apply(&mut writer.hold);
        }
        self.fresh = renaming.next;
        self
    }

    fn sort_readers(&mut self, config: &Config) {
        let count = config.readers.len();
        for end in 1..count {
            let mut at = end;
            while at > 0 && config.interchangeable(at - 1, at) && self.rank(config, at) < self.rank(config, at - 1) {
                self.swap_readers(at - 1, at);
                at -= 1;
            }
        }
    }

    /// What readers are sorted by: nothing that depends on the names of nonces that only readers know.
    fn rank(&self, config: &Config, reader: usize) -> [u8; 6] {
        let reader = &self.readers[reader];
        let fresh = u8::from(reader.token != 0 && reader.token == self.server.lease);
        let mut current = 0;
        if config.readers.len() > 1 {
            for slot in 0..SLOTS {
                current |= u8::from(reader.versions[slot] == self.server.stamps[slot]) << slot;
            }
        }
        [reader.stage as u8, reader.left, reader.floor, reader.commit, fresh, current]
    }

    fn swap_readers(&mut self, one: usize, other: usize) {
        self.readers.swap(one, other);
        for reader in &mut self.readers {
            if reader.stage == Stage::Joined {
                let leader = usize::from(reader.leader);
                if leader == one {
                    reader.leader = index(other);
                } else if leader == other {
                    reader.leader = index(one);
                }
            }
        }
    }

    /// Whether somebody waits for this reader's flight.
    pub(crate) fn has_joiners(&self, leader: usize) -> bool {
        self.readers.iter().any(|reader| reader.stage == Stage::Joined && usize::from(reader.leader) == leader)
    }

    /// Whether the names are in quarantine in this process.
    pub(crate) fn quarantined(&self, config: &Config, home: u8) -> bool {
        (0..config.writers.len()).any(|at| config.writers[at].1 == home && self.writers[at].quarantined)
    }

    /// The newest commit that this process has tried to invalidate in vain.
    pub(crate) fn failed_commit(&self, config: &Config, home: u8) -> Commit {
        let mut newest = 0;
        for (at, &(_, writer_home)) in config.writers.iter().enumerate() {
            let writer = &self.writers[at];
            if writer_home == home && writer.failed && writer.commit > newest {
                newest = writer.commit;
            }
        }
        newest
    }

    /// The first state: nothing is stored, everyone has everything to do.
    pub(crate) fn first(config: &Config) -> Self {
        let mut state = Self {
            fresh: FRESH,
            losses: config.losses,
            failures: config.failures,
            crashes: config.crashes,
            ..Self::default()
        };
        for (reader, (role, _)) in state.readers.iter_mut().zip(config.readers) {
            reader.left = if *role == Role::Refresher { 1 } else { config.reads };
        }
        state
    }
}

/// The place of something in one of the short arrays above.
pub(crate) fn index(place: usize) -> u8 {
    u8::try_from(place).expect("there are a handful")
}
