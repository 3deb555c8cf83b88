//! What of a function's return type is stored: told by type, not by how it is written.

use std::{fmt, marker::PhantomData};

use super::Portable;
use crate::value::LocalValue;

/// How a return type relates to the value that is stored.
pub trait Outcome: Copy + Send + Sync + 'static {
    /// What the function returns.
    type Returned;
    /// What is stored of it.
    type Stored: 'static;

    /// What a hit returns.
    fn wrap(&self, stored: Self::Stored) -> Self::Returned;

    /// What can be stored of that; nothing of an error.
    fn stored<'a>(&self, returned: &'a Self::Returned) -> Option<&'a Self::Stored>;
}

macro_rules! marker {
    ($(#[$doc:meta])* $name:ident<$($param:ident),*>) => {
        $(#[$doc])*
        pub struct $name<$($param),*>(PhantomData<fn() -> ($($param,)*)>);

        impl<$($param),*> Clone for $name<$($param),*> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($param),*> Copy for $name<$($param),*> {}

        impl<$($param),*> fmt::Debug for $name<$($param),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

marker! {
    /// A `Result`, of which the `Ok` value is stored.
    Fallible<T, E>
}
marker! {
    /// Everything else, stored as it is.
    Whole<T>
}
marker! {
    /// Finds the [`Outcome`] of a type: its own method sees a `Result` through any alias, the one of [`ProbeWhole`]
    /// takes the rest.
    Probe<R>
}

impl<T: 'static, E: 'static> Outcome for Fallible<T, E> {
    type Returned = Result<T, E>;
    type Stored = T;

    #[inline]
    fn wrap(&self, stored: T) -> Result<T, E> {
        Ok(stored)
    }

    fn stored<'a>(&self, returned: &'a Result<T, E>) -> Option<&'a T> {
        returned.as_ref().ok()
    }
}

impl<T: 'static> Outcome for Whole<T> {
    type Returned = T;
    type Stored = T;

    #[inline]
    fn wrap(&self, stored: T) -> T {
        stored
    }

    fn stored<'a>(&self, returned: &'a T) -> Option<&'a T> {
        Some(returned)
    }
}

impl<T, E> Fallible<T, E> {
    pub(crate) const NEW: Self = Self(PhantomData);
}

impl<T> Whole<T> {
    pub(crate) const NEW: Self = Self(PhantomData);
}

impl<R> Probe<R> {
    /// A probe for `R`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code alone makes it")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T, E> Probe<Result<T, E>> {
    /// The outcome of a `Result`.
    #[must_use]
    pub const fn outcome(&self) -> Fallible<T, E> {
        Fallible::NEW
    }
}

/// The outcome of whatever is not a `Result`.
pub trait ProbeWhole<R> {
    /// The outcome of `R`.
    fn outcome(&self) -> Whole<R>;
}

impl<R> ProbeWhole<R> for Probe<R> {
    fn outcome(&self) -> Whole<R> {
        Whole::NEW
    }
}

/// Compiles if what is stored can be kept by every cache.
#[inline]
pub const fn assert_value<O: Outcome>(_: &O)
where
    O::Stored: LocalValue + Portable,
{
}

/// Compiles if what is stored can be kept in this process.
#[inline]
pub const fn assert_local_value<O: Outcome>(_: &O)
where
    O::Stored: LocalValue,
{
}

/// Tells of a returned value whether it is an error: its own method sees a `Result` through any alias, the one of
/// [`NeverFails`] takes the rest. Unlike an [`Outcome`] it minds no borrow.
#[derive(Debug)]
pub struct Returned<'a, R: ?Sized>(pub &'a R);

impl<T, E> Returned<'_, Result<T, E>> {
    /// Whether it is an error.
    #[must_use]
    pub const fn failed(&self) -> bool {
        self.0.is_err()
    }
}

/// Whatever is not a `Result`.
pub trait NeverFails {
    /// It is no error.
    fn failed(&self) -> bool {
        false
    }
}

impl<R: ?Sized> NeverFails for Returned<'_, R> {}

/// Whether a returned value is an error.
#[doc(hidden)]
#[macro_export]
macro_rules! __failed {
    ($returned:expr) => {{
        #[allow(unused_imports, reason = "a `Result` is judged without it")]
        use $crate::private::NeverFails as _;
        $crate::private::Returned(&$returned).failed()
    }};
}

/// The [`Outcome`] of a type.
#[doc(hidden)]
#[macro_export]
macro_rules! __outcome {
    ($type:ty) => {{
        #[allow(unused_imports, reason = "a `Result` is found without it")]
        use $crate::private::ProbeWhole as _;
        $crate::private::Probe::<$type>::new().outcome()
    }};
}
