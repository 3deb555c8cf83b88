//! What happens to servers.

use std::fmt;

use fastrand::Rng;

/// Does something bad from time to time.
#[derive(Default)]
pub(crate) struct Tormentor<'a> {
    deeds: Vec<Deed<'a>>,
    /// How often something could be done.
    turns: usize,
    /// How often something was done.
    done: usize,
}

struct Deed<'a> {
    when: When,
    act: Box<dyn FnMut(&mut Rng) + 'a>,
}

#[derive(Clone, Copy)]
enum When {
    /// In so many of a hundred turns.
    Percent(u32),
    /// In each turn whose number is a multiple of this one.
    Each(usize),
}

impl<'a> Tormentor<'a> {
    /// Adds something that is done in so many percent of the cases.
    pub(crate) fn often(mut self, percent: u32, act: impl FnMut(&mut Rng) + 'a) -> Self {
        self.deeds.push(Deed { when: When::Percent(percent), act: Box::new(act) });
        self
    }

    /// Adds something that is done in each turn whose number is a multiple of that one.
    pub(crate) fn each(mut self, turns: usize, act: impl FnMut(&mut Rng) + 'a) -> Self {
        self.deeds.push(Deed { when: When::Each(turns), act: Box::new(act) });
        self
    }

    /// Does one or some of these things, or nothing.
    pub(crate) fn turn(&mut self, rng: &mut Rng) {
        self.turns += 1;
        let chance = rng.u32(..100);
        let mut upto = 0;
        for Deed { when, act } in &mut self.deeds {
            let is_due = match when {
                When::Each(turns) => self.turns.is_multiple_of(*turns),
                When::Percent(percent) => (upto..upto + *percent).contains(&chance),
            };
            if let When::Percent(percent) = when {
                upto += *percent;
            }
            if is_due {
                self.done += 1;
                act(rng);
            }
        }
    }

    pub(crate) fn told(&self) -> String {
        format!("tormented {} times", self.done)
    }
}

impl fmt::Debug for Tormentor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tormentor").field("done", &self.done).finish_non_exhaustive()
    }
}
