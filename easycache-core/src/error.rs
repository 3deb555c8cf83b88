//! The one error type.

use std::{borrow::Cow, error, fmt, sync::Arc};

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in one sentence that says what to do. [`Error::kind`] is for programs.
///
/// ```
/// # use easycache_core::{Cache, ErrorKind};
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// let error = cache.invalidate_key("").await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidName);
/// assert_eq!(error.to_string(), "the key is empty: give it at least one character");
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<Arc<dyn error::Error + Send + Sync>>,
}

/// What a program can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A key, tag or prefix cannot be used as it is: escape it with `cache_key!` or `tag!`, or choose another.
    InvalidName,
    /// A duration cannot be understood or is out of range: mend the policy.
    InvalidDuration,
    /// The settings of a cache contradict each other or are out of range: mend the configuration.
    InvalidConfig,
    /// A server cannot be reached, or has not answered in time: try again later. Reads compute meanwhile.
    Unavailable,
    /// A server answers, and refuses: mend its configuration or the credentials.
    Refused,
    /// A value cannot be encoded: mend its type, or choose another codec.
    Encoding,
    /// The backend cannot do that at all: choose another backend, or do without.
    Unsupported,
    /// A value was not there within the timeout of its policy: try again later. It may be computed meanwhile.
    TimedOut,
}

impl ErrorKind {
    /// What it is called where programs read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidName => "invalid_name",
            Self::InvalidDuration => "invalid_duration",
            Self::InvalidConfig => "invalid_config",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
            Self::Encoding => "encoding",
            Self::Unsupported => "unsupported",
            Self::TimedOut => "timed_out",
        }
    }
}

impl Error {
    /// An error of that kind; for authors of backends. The message says in one sentence what to do.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Keeps what it came of.
    #[must_use]
    pub fn with_source(mut self, source: impl error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The same, which is about `what`.
    pub(crate) fn about(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message).into();
        self
    }

    /// What a program can do about it.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
