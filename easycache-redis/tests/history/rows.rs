//! What there is to cache, and what invalidations reach it.

use easycache::Targets;
use fastrand::Rng;

pub(crate) const ROWS: u32 = 18;
const TENANTS: u32 = 2;
const TEAMS: u32 = 3;
/// Results have one of so many marks.
const MARKS: u64 = 4;

/// What is known of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row(pub(crate) u32);

/// How a row is cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// By a function whose tags follow from its arguments.
    Plain,
    /// By a function that takes one of its tags from the result.
    Marked,
    /// By hand, one computation for all processes; sometimes it is stored without having been asked for.
    Shared,
    /// By a function that calls another one for it, and inherits what that depends on.
    Inherited,
    /// By a function of many rows, which serves expired ones and loses its patience.
    Together,
    /// By a function that fails now and then, and whose errors are kept.
    Failing,
}

const MANNERS: [Manner; 6] =
    [Manner::Plain, Manner::Marked, Manner::Shared, Manner::Inherited, Manner::Together, Manner::Failing];

impl Row {
    pub(crate) fn any(rng: &mut Rng) -> Self {
        Self(rng.u32(..ROWS))
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..ROWS).map(Self)
    }

    pub(crate) fn manner(self) -> Manner {
        MANNERS[self.0 as usize % MANNERS.len()]
    }

    pub(crate) fn tenant(self) -> u32 {
        self.0 % TENANTS
    }

    pub(crate) fn team(self) -> u32 {
        self.0 / 6 % TEAMS
    }

    pub(crate) fn prefix(self) -> String {
        format!("tenant:{}/team:{}", self.tenant(), self.team())
    }

    /// All rows that are cached as this one is.
    pub(crate) fn alike(self) -> impl Iterator<Item = Self> {
        Self::all().filter(move |row| row.manner() == self.manner())
    }

    /// The full key of what it is made of, where that is cached as well.
    fn part(self) -> String {
        format!("{}|part:{}", self.prefix(), self.0)
    }

    /// The full key.
    pub(crate) fn key(self) -> String {
        format!("{}|row:{}", self.prefix(), self.0)
    }

    /// All that an invalidation can reach its value by, if that is of that commit.
    pub(crate) fn scopes(self, commit: u64) -> Vec<String> {
        let (tenant, team) = (self.tenant(), self.team());
        let mut scopes = vec![Scope::Key(self), Scope::Team(team), Scope::Tenant(tenant), Scope::Branch(tenant, team)];
        scopes.push(Scope::Everything);
        if self.manner() == Manner::Marked {
            scopes.push(Scope::Mark(self, mark(commit)));
        }
        scopes.into_iter().map(Scope::word).collect()
    }
}

/// The tag that comes with the result.
pub(crate) fn mark(commit: u64) -> u64 {
    commit % MARKS
}

/// What an invalidation reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One row.
    Key(Row),
    /// By tag.
    Team(u32),
    /// By the first level of the prefix.
    Tenant(u32),
    /// By all of the prefix.
    Branch(u32, u32),
    /// By the tag that the row's last result had.
    Mark(Row, u64),
    Everything,
}

impl Scope {
    /// What is to change next: a row whose mark is to be invalidated has none yet.
    pub(crate) fn any(rng: &mut Rng) -> Self {
        let row = Row::any(rng);
        match rng.u32(..20) {
            0..=6 => Self::Key(row),
            7..=10 => Self::Team(row.team()),
            11..=12 => Self::Tenant(row.tenant()),
            13..=14 => Self::Branch(row.tenant(), row.team()),
            15..=18 => Self::Mark(Row(row.0 / 6 * 6 + 1), 0),
            _ => Self::Everything,
        }
    }

    /// The rows that have to change for it.
    pub(crate) fn rows(self) -> Vec<Row> {
        let changes = |row: &Row| match self {
            Self::Key(one) | Self::Mark(one, _) => *row == one,
            Self::Team(team) => row.team() == team,
            Self::Tenant(tenant) => row.tenant() == tenant,
            Self::Branch(tenant, team) => (row.tenant(), row.team()) == (tenant, team),
            Self::Everything => true,
        };
        Row::all().filter(changes).collect()
    }

    /// What it is called in histories.
    pub(crate) fn word(self) -> String {
        match self {
            Self::Key(row) => format!("key:{}", row.0),
            Self::Team(team) => format!("team:{team}"),
            Self::Tenant(tenant) => format!("tenant:{tenant}"),
            Self::Branch(tenant, team) => format!("tenant:{tenant}/team:{team}"),
            // The mark is invalidated for the sake of one row. What other rows have it are not changed.
            Self::Mark(row, mark) => format!("mark:{mark}@{}", row.0),
            Self::Everything => "everything".to_owned(),
        }
    }

    /// What is invalidated. None: everything.
    pub(crate) fn targets(self) -> Option<Targets> {
        let targets = Targets::new();
        Some(match self {
            Self::Key(row) => targets.key(row.key()).key(row.part()),
            Self::Team(team) => targets.tags([format!("team:{team}")]),
            Self::Tenant(tenant) => targets.prefix(format!("tenant:{tenant}")),
            Self::Branch(tenant, team) => targets.prefix(format!("tenant:{tenant}/team:{team}")),
            Self::Mark(_, mark) => targets.tags([format!("mark:{mark}")]),
            Self::Everything => return None,
        })
    }
}
