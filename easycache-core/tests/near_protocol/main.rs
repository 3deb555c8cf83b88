//! The near tier, exhaustively: every interleaving of a few calls, invalidations, heartbeats and losses.
//!
//! As in `tests/protocol`, the model is the design itself and not the code that follows it: a process that keeps what it
//! has read, servers that tell it when that changes, and the connections between them. Each test is one configuration
//! (`worlds.rs`): promises are kept in every state of theirs (`promises.rs`), and counterexamples are found as soon as one
//! rule is left out (`counterexamples.rs`). Each test prints how many states it has seen; `-- --nocapture` adds the steps
//! that break a promise.
//!
//! # What is modelled
//!
//! One value that depends on one tag, on the same server or on another. A process has a connection to each server on which
//! it reads and sends heartbeats, and on which the server tells what has changed of what was read there: each name once,
//! in the order of everything that it sends. It keeps what it has read, and answers from that as long as nothing was told,
//! and every server was heard of in time.
//!
//! | participant | its steps |
//! |---|---|
//! | caller | hit; or take tickets and ask, wake up with the answer, keep it; or acquire, compute, fill |
//! | server | answer what came first; tell of a change |
//! | connection | deliver the next message; break; be noticed and made anew; send a heartbeat |
//! | writer, here or elsewhere | commit; the invalidation arrives; it is acknowledged, or fails and is sent again |
//! | environment | time passes; something is lost, or everything |
//!
//! # What is promised
//!
//! **B.** A hit is not older than an invalidation that has returned longer ago than the bound: what is near is served for
//! so long after the last heartbeat was *sent* that was answered. **RYI.** Nothing is older than what its own process has
//! invalidated, or has tried to, before the call. **At rest.** When nothing is under way, nothing is near that is old: nothing would ever be
//! told about it. **G.** What a server was asked for is no older than any invalidation that had returned; hits are not held
//! to that, and cannot be.
//!
//! # Which code it is about
//!
//! | rule | in the model |
//! |---|---|
//! | `NearSink::lost`: the stamp of that name moves | `Step::bump` |
//! | `NearSink::flush`: the stamp of that server moves | `Step::flush` |
//! | `NearSink::fresh`: its age counts from the sending | `Step::deliver`, `caller::may_hit` |
//! | tickets are taken before a read is sent, and compared when its answer is kept | `Step::ask`, `Step::keep` |
//! | connections that are watched carry reads alone: fills are told of like all else | `Fills::Apart` |
//! | own invalidations are applied here when they are acknowledged; failed ones put their names in quarantine | `Step::acknowledge`, `Step::fail` |
//!
//! # What is not
//!
//! - The protocol with the server: who else computes, who has which lease, what a prefix is (`tests/protocol`). Fills are
//!   one step, and what ends a lease ends it.
//! - Reads that go past the near tier: in quarantine, while a connection is away, or where only the header is asked for.
//! - A first attempt of an invalidation that arrives after the second was sent.
//! - More than two callers, two invalidations, two losses.
//!
//! A tick is the unit of time, and the bound is one of them: what was acknowledged in the tick in which a heartbeat was
//! sent may have been so after it, so that a hit is held to what was acknowledged in the ticks before.

mod actors;
mod config;
mod counterexamples;
#[path = "../protocol/driver.rs"]
mod driver;
mod event;
#[path = "../protocol/events.rs"]
mod events;
mod model;
mod promises;
mod queue;
#[path = "../protocol/run.rs"]
mod run;
mod state;
mod variants;
mod worlds;
