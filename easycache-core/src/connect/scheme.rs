//! Schemes of URLs, and what they lead to.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, RwLock},
};

use crate::{
    backend::Backend,
    error::{Error, ErrorKind, Result},
    sync::unpoisoned,
};

/// The scheme of caches in this process.
const MEMORY: &str = "memory";

/// Those that applications have added.
static REGISTERED: RwLock<Vec<Scheme>> = RwLock::new(Vec::new());

/// A backend that is being connected to.
pub type Connecting = Pin<Box<dyn Future<Output = Result<Arc<dyn Backend>>> + Send>>;

/// How URLs of one scheme become backends: `Scheme::new("mine", …)` is for `mine://host?option=value`.
///
/// ```
/// use std::sync::Arc;
/// use easycache_core::{MemoryStore, Scheme, Stamped, register_scheme};
///
/// let shelf = Scheme::new("shelf", |_url| Ok(Arc::new(Stamped::new(MemoryStore::new()))));
/// register_scheme(shelf.options(&["rows"]));
/// ```
///
/// The URL arrives without the options that are for the cache itself.
#[derive(Clone, Copy)]
pub struct Scheme {
    name: &'static str,
    open: Open,
    connect: Option<fn(String) -> Connecting>,
    options: Option<&'static [&'static str]>,
}

/// Makes a backend, or says why not.
#[derive(Clone, Copy)]
enum Open {
    With(fn(&str) -> Result<Arc<dyn Backend>>),
    Missing(&'static str),
}

impl Scheme {
    /// Backends of that scheme are made by `open`, which does no I/O: they connect when they are first used.
    #[must_use]
    pub const fn new(name: &'static str, open: fn(&str) -> Result<Arc<dyn Backend>>) -> Self {
        Self { name, open: Open::With(open), connect: None, options: None }
    }

    /// A scheme that is known, and not built in: `advice` says what to do.
    #[must_use]
    pub const fn missing(name: &'static str, advice: &'static str) -> Self {
        Self { name, open: Open::Missing(advice), connect: None, options: None }
    }

    /// How to connect at once, and to look whether what is there is of use. Otherwise they connect when they are first
    /// used here, too.
    #[must_use]
    pub const fn connect(mut self, connect: fn(String) -> Connecting) -> Self {
        self.connect = Some(connect);
        self
    }

    /// The options that such URLs may have. Others are then refused, with a list of all there are.
    #[must_use]
    pub const fn options(mut self, names: &'static [&'static str]) -> Self {
        self.options = Some(names);
        self
    }

    /// What stands before `://`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn known_options(&self) -> Option<&'static [&'static str]> {
        self.options
    }

    pub(super) fn open(&self, url: &str) -> Result<Arc<dyn Backend>> {
        match self.open {
            Open::With(open) => open(url),
            Open::Missing(advice) => Err(missing(self.name, advice)),
        }
    }

    pub(super) fn connect_to(&self, url: String) -> Connecting {
        let scheme = *self;
        match scheme.connect {
            Some(connect) => connect(url),
            None => Box::pin(async move { scheme.open(&url) }),
        }
    }
}

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheme").field("name", &self.name).field("options", &self.options).finish_non_exhaustive()
    }
}

/// Lets `connect` know backends of your own: from now on, URLs of that scheme are theirs, also where it is one that is
/// built in. Returns what was registered for the scheme before.
pub fn register_scheme(scheme: Scheme) -> Option<Scheme> {
    let mut registered = unpoisoned(REGISTERED.write());
    let before = registered.iter().position(|other| other.name == scheme.name).map(|at| registered.swap_remove(at));
    registered.push(scheme);
    before
}

/// What a scheme stands for.
pub(super) enum Kind {
    Memory,
    Backend(Scheme),
}

pub(super) fn find(name: &str, built_in: &[Scheme]) -> Result<Kind> {
    let registered = unpoisoned(REGISTERED.read()).clone();
    let known = || registered.iter().chain(built_in);
    match known().find(|scheme| scheme.name == name) {
        Some(Scheme { name, open: Open::Missing(advice), .. }) => Err(missing(name, advice)),
        Some(scheme) => Ok(Kind::Backend(*scheme)),
        None if name == MEMORY => Ok(Kind::Memory),
        None => {
            let usable = known().filter(|scheme| matches!(scheme.open, Open::With(_))).map(|scheme| scheme.name);
            let all = [MEMORY].into_iter().chain(usable).collect::<Vec<_>>().join(", ");
            let message = format!("{name:?} is not a scheme that is known: there are {all}");
            Err(Error::new(ErrorKind::InvalidConfig, message))
        }
    }
}

fn missing(name: &str, advice: &str) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("{name}:// is not built in: {advice}"))
}
