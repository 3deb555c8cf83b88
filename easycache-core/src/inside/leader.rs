//! Computations that are done for several others, which wait for them.

use super::{Frame, Inherited, LEVELS, Level, Notes, with_notes};

/// The innermost computation that is polled on this thread: what it waits for can be computed in its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leader {
    flight: usize,
    /// The cache that it inherits in, if it does.
    home: Option<usize>,
}

impl Leader {
    pub(crate) fn innermost() -> Option<Self> {
        LEVELS.with(|levels| {
            levels.borrow().iter().rev().find_map(|level| match level {
                Level::Computation { flight, notes } => {
                    let home = notes.inherited.as_ref().map(|inherited| inherited.home());
                    Some(Self { flight: *flight, home })
                }
                Level::Leader(_) | Level::Scope | Level::Request(_) => None,
            })
        })
    }

    /// What is to be noted of what is computed in the name of all of these.
    pub(crate) fn notes(leaders: &[Self]) -> Notes {
        let home = leaders.iter().find_map(|leader| leader.home);
        Notes { no_store: false, inherited: home.map(Inherited::new).map(Box::new) }
    }
}

/// Polls what is computed for several leaders, all of which wait for it: this thread knows of them meanwhile.
pub(crate) fn poll_for<T>(leaders: &[Leader], notes: &mut Notes, poll: impl FnOnce() -> T) -> T {
    let _frames = leaders.iter().map(|leader| Frame::leader(leader.flight)).collect::<Vec<_>>();
    let _frame = Frame::computation(0, notes);
    poll()
}

/// Takes over, into the innermost computation, what was noted of what was computed in its name.
pub(crate) fn take_over(notes: &Notes) {
    with_notes(|mine| mine.join(notes));
}
