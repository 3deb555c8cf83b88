//! What the attributes expand to compiles wherever a user may write it, and without a warning.

mod advice_of_the_messages;
mod no_implicit_prelude;
mod on_one_line;
mod renamed_crate;
mod shadowed_names;
mod written_by_a_macro;
