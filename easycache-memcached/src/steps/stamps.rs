//! The versions of stamps, minted where they are missing.

use easycache_core::{Deadline, Result, Version, net::How};

use crate::{
    error,
    fleet::{Answers, Fleet, Place, Volley},
    lane::Verb,
};

/// How often it is tried again to mint a stamp that is gone, or is none, a moment after it was minted.
const TRIES: usize = 3;

/// The version that a stamp has, if it is there. What is not 16 bytes long is none.
pub(super) fn seen(answers: &Answers<'_>, place: Place) -> Result<Option<Version>> {
    let item = answers.item(place)?;
    Ok(item.and_then(|item| Version::from_slice(item.value.as_deref()?)))
}

/// Stamps that must be there.
#[derive(Debug)]
pub(super) struct Minting<'a> {
    stamps: &'a [Box<str>],
    versions: Vec<Version>,
    /// Those that have no version yet, by number; and where the answers will be.
    missing: Vec<(usize, Option<Place>)>,
    tries: usize,
}

impl<'a> Minting<'a> {
    /// Stamps of which nothing is known.
    pub(super) fn new(stamps: &'a [Box<str>]) -> Self {
        Self::after(stamps, &vec![None; stamps.len()])
    }

    /// Stamps that have been looked at.
    pub(super) fn after(stamps: &'a [Box<str>], seen: &[Option<Version>]) -> Self {
        let versions = seen.iter().map(|version| version.unwrap_or(Version::NONE)).collect();
        let missing = seen.iter().enumerate().filter(|(_, version)| version.is_none());
        Self { stamps, versions, missing: missing.map(|(number, _)| (number, None)).collect(), tries: 0 }
    }

    /// Mints what is missing, and looks: of two who mint at once, both see what the first has stored.
    pub(super) fn push(&mut self, volley: &mut Volley<'a>) {
        self.tries += 1;
        for (number, place) in &mut self.missing {
            let stamp = &self.stamps[*number];
            if self.tries == 2 {
                // Something else is in its place. Whatever it is, a stamp that is gone makes nothing valid.
                volley.push(stamp, Verb::Delete { cas: None });
            }
            volley.push(stamp, Verb::Mint);
            *place = Some(volley.push(stamp, Verb::Look("v")));
        }
    }

    /// Takes in what was answered.
    pub(super) fn take(&mut self, answers: &Answers<'_>) -> Result<()> {
        for (number, place) in std::mem::take(&mut self.missing) {
            let Some(place) = place else { continue };
            match seen(answers, place)? {
                Some(version) => self.versions[number] = version,
                None if self.tries >= TRIES => {
                    return Err(error::contended(answers.address(place), &self.stamps[number]));
                }
                None => self.missing.push((number, None)),
            }
        }
        Ok(())
    }

    pub(super) fn is_done(&self) -> bool {
        self.missing.is_empty()
    }

    /// The versions, when all are there.
    pub(super) fn versions(self) -> Vec<Version> {
        self.versions
    }
}

/// Mints several at once, each for something of its own: what fails, fails alone.
pub(super) async fn mint_all<'a>(
    fleet: &'a Fleet,
    all: Vec<Minting<'a>>,
    deadline: Deadline,
) -> Vec<Result<Vec<Version>>> {
    let mut all = all.into_iter().map(Ok).collect::<Vec<Result<Minting<'a>>>>();
    loop {
        let mut volley = fleet.volley();
        for minting in all.iter_mut().flatten().filter(|minting| !minting.is_done()) {
            minting.push(&mut volley);
        }
        if volley.is_empty() {
            return all.into_iter().map(|minting| minting.map(Minting::versions)).collect();
        }
        let answers = volley.send(How::Again, deadline).await;
        for place in &mut all {
            if let Ok(minting) = place
                && let Err(error) = minting.take(&answers)
            {
                *place = Err(error);
            }
        }
    }
}
