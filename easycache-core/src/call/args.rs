//! The raw arguments of a call, by which a hit is found without making its key.

use crate::key::{CacheKey, KeyWriter, Plain};

use super::Site;

/// Takes down every argument that the names of a call depend on.
#[derive(Debug)]
pub struct Args {
    raw: KeyWriter,
    usable: bool,
}

impl Args {
    #[inline]
    pub(super) fn new(site: &'static Site) -> Self {
        // One map serves all functions: the number tells them apart.
        Self { raw: KeyWriter::raw(site.number()), usable: true }
    }

    /// An argument that is part of a typed key.
    #[inline]
    pub fn arg<T: CacheKey + ?Sized>(&mut self, value: &T) {
        value.cache_key(&mut self.raw);
    }

    /// The same, as [`part`](super::part) writes it.
    #[inline]
    pub fn part(&mut self, write: impl Fn(&mut KeyWriter)) {
        write(&mut self.raw);
    }

    /// A type parameter.
    pub fn type_name<T: ?Sized>(&mut self) {
        self.arg(std::any::type_name::<T>());
    }

    /// The type of an `impl Trait` argument.
    pub fn type_name_of<T: ?Sized>(&mut self, value: &T) {
        self.arg(std::any::type_name_of_val(value));
    }

    /// Something depends on what cannot be taken down: the key has to be made every time.
    #[inline]
    pub fn give_up(&mut self) {
        self.usable = false;
    }

    #[inline]
    pub(super) fn words(&self) -> Option<&[u64]> {
        self.usable.then(|| self.raw.words())
    }
}

/// Takes an argument of a template down, if it is of a type whose equal values print alike: its own method does, the
/// one of [`MemoFallback`] gives up.
#[derive(Debug)]
pub struct Arg<'a, T: ?Sized>(pub &'a T);

impl<T: Plain + ?Sized> Arg<'_, T> {
    /// Takes it down.
    #[inline]
    pub fn memo(&self, args: &mut Args) {
        args.arg(self.0);
    }
}

/// What to do with arguments of other types.
pub trait MemoFallback {
    /// Gives up.
    fn memo(&self, args: &mut Args);
}

impl<T: ?Sized> MemoFallback for Arg<'_, T> {
    #[inline]
    fn memo(&self, args: &mut Args) {
        args.give_up();
    }
}

/// Takes an argument of a template down.
#[doc(hidden)]
#[macro_export]
macro_rules! __memo {
    ($args:expr, $value:expr) => {{
        #[allow(unused_imports, reason = "a plain argument is taken down without it")]
        use $crate::private::MemoFallback as _;
        $crate::private::Arg(&$value).memo($args)
    }};
}
