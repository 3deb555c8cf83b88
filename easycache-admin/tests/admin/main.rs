//! The page as those see it who ask for it: over a router without a socket, and in a browser.

#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

mod authorization;
mod browser;
mod forgery;
mod history;
mod invalidation;
mod json;
mod nesting;
mod pages;
mod servers;
mod support;
mod trouble;
mod webdriver;
