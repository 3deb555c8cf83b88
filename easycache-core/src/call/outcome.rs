//! What of a function's return type is stored: told by type, not by how it is written.

use std::{any::Any, fmt, marker::PhantomData};

use super::{KeptError, Portable, PortableError};
use crate::{error::Error, local::ValueOf, value::LocalValue, wire::Form};

/// How a return type relates to the value that is stored.
pub trait Outcome: Copy + Send + Sync + 'static {
    /// What the function returns.
    type Returned;
    /// What is stored of it.
    type Stored: 'static;

    /// What of the stored is the value, for those who ask for that alone.
    #[doc(hidden)]
    const VALUE_OF: Option<ValueOf> = None;

    /// What a hit returns.
    fn wrap(&self, stored: Self::Stored) -> Self::Returned;

    /// What can be stored of that; nothing of an error.
    fn stored<'a>(&self, returned: &'a Self::Returned) -> Option<&'a Self::Stored>;

    /// What can be stored of that, by itself; or all of it, where that is nothing. An error need not be `Send`, so it is
    /// given back before anybody waits for anything.
    fn split(&self, returned: Self::Returned) -> Result<Self::Stored, Self::Returned>;

    /// Whether what has no value to store is an error, in the place of which the last value may be served.
    fn is_error(&self, _returned: &Self::Returned) -> bool {
        true
    }

    /// Whether what is stored is an error.
    fn failed(&self, _stored: &Self::Stored) -> bool {
        false
    }
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
    /// A `Result` that is stored as it is: its errors are kept as well.
    Caught<T, E>
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

    fn split(&self, returned: Result<T, E>) -> Result<T, Result<T, E>> {
        returned.map_err(Err)
    }
}

impl<T: 'static, E: 'static> Outcome for Caught<T, E> {
    type Returned = Result<T, E>;
    type Stored = Result<T, E>;

    const VALUE_OF: Option<ValueOf> = Some(|stored| {
        let stored = (stored as &dyn Any).downcast_ref::<Result<T, E>>()?;
        stored.as_ref().ok().map(|value| value as &dyn Any)
    });

    #[inline]
    fn wrap(&self, stored: Result<T, E>) -> Result<T, E> {
        stored
    }

    fn stored<'a>(&self, returned: &'a Result<T, E>) -> Option<&'a Result<T, E>> {
        Some(returned)
    }

    fn split(&self, returned: Result<T, E>) -> Result<Result<T, E>, Result<T, E>> {
        Ok(returned)
    }

    fn failed(&self, stored: &Result<T, E>) -> bool {
        stored.is_err()
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

    fn split(&self, returned: T) -> Result<T, T> {
        Ok(returned)
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

/// All that is to be known of a return type: its outcome, how its values become bytes, and what it does with errors of
/// the cache.
pub struct Shape<O: Outcome> {
    pub(crate) outcome: O,
    /// None: values stay in this process.
    pub(crate) form: Option<Form<O::Stored>>,
    /// None: it has no place for an error of the cache.
    pub(crate) fail: Option<fn(Error) -> O::Returned>,
}

#[expect(clippy::expl_impl_clone_on_copy, reason = "a derived one would ask the stored type for it")]
impl<O: Outcome> Clone for Shape<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O: Outcome> Copy for Shape<O> {}

impl<O: Outcome> fmt::Debug for Shape<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shape").field("form", &self.form).field("fails", &self.fail.is_some()).finish_non_exhaustive()
    }
}

/// The shape of what every cache can keep.
#[inline]
#[must_use]
pub const fn portable<O: Outcome>(outcome: O) -> Shape<O>
where
    O::Stored: LocalValue + Portable,
{
    Shape { outcome, form: Some(Form::new()), fail: None }
}

/// The shape of what is kept in this process alone.
#[inline]
#[must_use]
pub const fn unportable<O: Outcome>(outcome: O) -> Shape<O>
where
    O::Stored: LocalValue,
{
    Shape { outcome, form: None, fail: None }
}

/// A return type whose errors can be kept as well: a [`Fallible`] one.
#[diagnostic::on_unimplemented(
    message = "`cache_err` keeps the errors of functions that return a `Result`",
    label = "this function returns none"
)]
pub trait Catches: Outcome {
    /// The same, stored as it is.
    type Caught: Outcome;

    /// Its shape, for caches in process alone.
    #[doc(hidden)]
    fn caught() -> Shape<Self::Caught>;
}

/// The same, of errors that every cache can keep.
#[diagnostic::on_unimplemented(
    message = "`cache_err` keeps the errors of functions that return a `Result`",
    label = "this function returns none"
)]
pub trait CatchesAnywhere: Outcome {
    /// The same, stored as it is.
    type Caught: Outcome;

    /// Its shape, for every cache.
    #[doc(hidden)]
    fn caught() -> Shape<Self::Caught>;
}

impl<T: LocalValue, E: KeptError> Catches for Fallible<T, E> {
    type Caught = Caught<T, E>;

    fn caught() -> Shape<Caught<T, E>> {
        Shape { outcome: Caught(PhantomData), form: None, fail: None }
    }
}

impl<T: LocalValue + Portable, E: KeptError + PortableError> CatchesAnywhere for Fallible<T, E> {
    type Caught = Caught<T, E>;

    fn caught() -> Shape<Caught<T, E>> {
        Shape { outcome: Caught(PhantomData), form: Some(Form::with_errors()), fail: None }
    }
}

/// The shape of what every cache can keep, errors included.
#[inline]
#[must_use]
pub fn portable_with_errors<O: CatchesAnywhere>(_: O) -> Shape<O::Caught> {
    O::caught()
}

/// The shape of what is kept in this process alone, errors included.
#[inline]
#[must_use]
pub fn unportable_with_errors<O: Catches>(_: O) -> Shape<O::Caught> {
    O::caught()
}

/// A shape whose function returns errors of the cache instead of computing.
#[inline]
#[must_use]
pub fn failing<O: Fails>(mut shape: Shape<O>) -> Shape<O> {
    shape.fail = Some(O::fail);
    shape
}

/// A return type that has a place for errors of the cache.
#[diagnostic::on_unimplemented(
    message = "`on_error = \"fail\"` returns the cache's own errors, which this function has no place for",
    label = "no `Result` whose error is `From<easycache::Error>`",
    note = "return a `Result` whose error implements `From<easycache::Error>`, or leave `on_error` out: then the function computes"
)]
pub trait Fails: Outcome {
    /// What it returns for that error.
    fn fail(error: Error) -> Self::Returned;
}

#[diagnostic::do_not_recommend]
impl<T: 'static, E: From<Error> + 'static> Fails for Fallible<T, E> {
    fn fail(error: Error) -> Result<T, E> {
        Err(error.into())
    }
}

/// A shape whose function returns an error of the cache when its timeout is over.
#[inline]
#[must_use]
pub fn timely<O: Timely>(mut shape: Shape<O>) -> Shape<O> {
    shape.fail = Some(O::late);
    shape
}

/// A return type that has a place for the error that the time is over.
#[diagnostic::on_unimplemented(
    message = "`timeout` returns an error of the cache, which this function has no place for",
    label = "no `Result` whose error is `From<easycache::Error>`",
    note = "return a `Result` whose error implements `From<easycache::Error>`, or give a soft timeout alone: `timeout = {{ soft = \"100ms\" }}`"
)]
pub trait Timely: Outcome {
    /// What it returns for that error.
    fn late(error: Error) -> Self::Returned;
}

#[diagnostic::do_not_recommend]
impl<T: 'static, E: From<Error> + 'static> Timely for Fallible<T, E> {
    fn late(error: Error) -> Result<T, E> {
        Err(error.into())
    }
}

#[diagnostic::do_not_recommend]
impl<T: 'static, E: From<Error> + 'static> Timely for Caught<T, E> {
    fn late(error: Error) -> Result<T, E> {
        Err(error.into())
    }
}

#[diagnostic::do_not_recommend]
impl<T: 'static, E: From<Error> + 'static> Fails for Caught<T, E> {
    fn fail(error: Error) -> Result<T, E> {
        Err(error.into())
    }
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
