//! What every model has: a configuration, steps that note what happens, and promises that are checked besides what must
//! happen.

use stateright::Property;

use crate::{config::Config, event::Event, events::Events, state::State, variants::Broken};

/// The model in one configuration.
#[derive(Debug)]
pub(crate) struct Protocol {
    pub config: Config,
    events: Events,
}

/// A step under way: the state that it changes, and what it looks at to do so.
pub(crate) struct Step<'a> {
    pub config: &'a Config,
    pub events: &'a Events,
    pub state: State,
}

type Condition = fn(&Protocol, &State) -> bool;

/// The checker takes functions, not closures: the nth thing that must happen.
const NTH: [Condition; 6] = [
    |model, _| model.had_nth(0),
    |model, _| model.had_nth(1),
    |model, _| model.had_nth(2),
    |model, _| model.had_nth(3),
    |model, _| model.had_nth(4),
    |model, _| model.had_nth(5),
];

impl Protocol {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, events: Events::default() }
    }

    pub(crate) fn step(&self, last: &State) -> Step<'_> {
        Step { config: &self.config, events: &self.events, state: *last }
    }

    fn had_nth(&self, nth: usize) -> bool {
        self.events.had(self.config.must[nth])
    }

    /// Of the promises, by their bits, those that this configuration checks; and what must happen in it.
    pub(crate) fn checked(&self, promises: impl IntoIterator<Item = (u8, Property<Self>)>) -> Vec<Property<Self>> {
        let must = self.config.must;
        assert!(must.len() <= NTH.len(), "{}: make `NTH` longer, or some of this is never asked for", self.config.name);
        let promises = promises.into_iter().filter(|(promise, _)| promise & self.config.promises != 0);
        let must = must.iter().zip(NTH).map(|(event, had)| Property::sometimes(event.sentence(), had));
        promises.map(|(_, property)| property).chain(must).collect()
    }
}

impl Step<'_> {
    pub(crate) fn note(&self, event: Event) {
        self.events.note(event);
    }

    pub(crate) fn breach(&mut self, promise: u8) {
        self.state.broken |= promise & self.config.promises;
    }
}

impl Config {
    pub(crate) const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    pub(crate) const fn breaking(mut self, rule: Broken) -> Self {
        self.broken = Some(rule);
        self
    }

    pub(crate) fn breaks(&self, rule: Broken) -> bool {
        self.broken == Some(rule)
    }
}
