//! What memcached can do for collections: values, and with them counters and sentinels.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use easycache_core::{
    Deadline, Error, ErrorKind, Result,
    collections::{Collections, Command, Kind, Lifetime, Op, Reply, When, add_to},
    net::How,
};

use crate::{
    backend::MemcachedBackend,
    fleet::{Answers, Fleet, Place, Volley},
    grant::Permit,
    lane::{LAST_DATE, Verb},
    reply::{self, Item, Refusal},
};

/// An earlier date is none that a server's clock has shown.
const EARLIEST: u64 = 1_000_000_000;

#[async_trait]
impl Collections for MemcachedBackend {
    async fn run(&self, commands: &[Command], deadline: Deadline) -> Vec<Result<Reply>> {
        let mut replies = Vec::with_capacity(commands.len());
        // Those that are one command for the server are sent together. The others look first, one after the other.
        for group in commands.chunk_by(|one, next| is_plain(one) && is_plain(next)) {
            if is_plain(&group[0]) {
                replies.extend(plain(self.fleet(), group, deadline).await);
            } else {
                replies.push(change(self.fleet(), &group[0], deadline).await);
            }
        }
        replies
    }
}

/// Whether it is one command for the server.
fn is_plain(Command { op, lifetime, .. }: &Command) -> bool {
    match op {
        Op::Get | Op::Clear => true,
        // One that is there keeps its time, which has to be looked at.
        Op::Set(_, when) => *when != When::Present || lifetime.renew,
        _ => false,
    }
}

fn unsupported() -> Error {
    let message = "memcached has no maps, sets and sorted sets: keep them in a cache on Redis or in process";
    Error::new(ErrorKind::Unsupported, message)
}

async fn plain(fleet: &Fleet, commands: &[Command], deadline: Deadline) -> Vec<Result<Reply>> {
    let mut volley = fleet.volley();
    let mut push = |Command { name, kind, op, lifetime }: &Command| {
        let write = |mode, value: &Bytes| Verb::Write { mode, ttl: lifetime.ttl, blob: value.clone() };
        let verb = match op {
            _ if *kind != Kind::Value => return None,
            Op::Set(value, When::Always) => write("MS", value),
            Op::Set(value, When::Absent) => write("ME", value),
            Op::Set(value, When::Present) => write("MR", value),
            Op::Clear => Verb::Delete { cas: None },
            _ => Verb::Look("v"),
        };
        Some(volley.push(name, verb))
    };
    let places = commands.iter().map(&mut push).collect::<Vec<_>>();
    let is_read = commands.iter().all(|command| command.op == Op::Get);
    let answers = volley.send(How::Data { again: is_read }, deadline).await;
    let answer = |(command, place): (&Command, Option<Place>)| {
        let place = place.ok_or_else(unsupported)?;
        match command.op {
            Op::Get => Ok(Reply::Bytes(answers.item(place)?.and_then(|item| item.value.clone()))),
            _ => written(&answers, place).map(Reply::Flag),
        }
    };
    commands.iter().zip(places).map(answer).collect()
}

/// Whether something was written, or deleted.
fn written(answers: &Answers<'_>, place: Place) -> Result<bool> {
    match answers.raw(place)? {
        Some(reply::Reply::Done(_)) => Ok(true),
        Some(reply::Reply::Absent | reply::Reply::NotStored | reply::Reply::Exists | reply::Reply::Nothing) => {
            Ok(false)
        }
        Some(reply::Reply::Refused(Refusal::TooLarge)) => {
            Err(Error::new(ErrorKind::Encoding, "the value is larger than memcached keeps: see its option -I"))
        }
        _ => Err(answers.refusal(place)),
    }
}

/// What is written in the place of what was found.
enum Change {
    /// Nothing: it is not to be changed.
    None,
    Delete,
    Write(Bytes, Life),
    /// It has to be looked at once more, beside the server's clock.
    Clock,
}

/// How long what is written lives.
enum Life {
    /// From now on.
    For(Duration),
    /// As long as what was there.
    Until(u64),
}

/// Looks at a value, and writes another in its place if nobody else has done so in between; else looks again.
async fn change(fleet: &Fleet, command: &Command, deadline: Deadline) -> Result<Reply> {
    if command.kind != Kind::Value {
        return Err(unsupported());
    }
    let mut with_clock = false;
    loop {
        let mut volley = fleet.volley();
        let place = volley.push(&command.name, Verb::Look("v c t f"));
        let clock = with_clock.then(|| volley.push(&command.name, Verb::Stats));
        let answers = volley.send(How::Data { again: true }, deadline).await;
        let item = answers.item(place)?;
        let now = clock.map(|clock| answers.time(clock)).transpose()?;
        let (change, reply) = changed(command, item, now)?;
        if matches!(change, Change::Clock) {
            with_clock = true;
            continue;
        }
        let mut volley = fleet.volley();
        let Some(place) = push(&mut volley, command, item.map(|item| (item.cas, answers.permit(place))), change) else {
            return Ok(reply);
        };
        if written(&volley.send(How::Data { again: false }, deadline).await, place)? {
            return Ok(reply);
        }
    }
}

/// What comes of a value, and what is answered if it does.
fn changed(Command { op, lifetime, .. }: &Command, item: Option<&Item>, now: Option<u64>) -> Result<(Change, Reply)> {
    let there = item.and_then(|item| item.value.clone());
    let replace = |new: &Option<Bytes>| match new {
        Some(new) => Change::Write(new.clone(), Life::For(lifetime.ttl)),
        None if there.is_some() => Change::Delete,
        None => Change::None,
    };
    Ok(match op {
        Op::Swap(new) => (replace(new), Reply::Bytes(there)),
        Op::Set(value, _) if there.is_some() => (kept(value.clone(), *lifetime, item, now), Reply::Flag(true)),
        Op::CompareAndSwap(expected, Some(new)) if there == *expected => {
            (kept(new.clone(), *lifetime, item, now), Reply::Flag(true))
        }
        Op::CompareAndSwap(expected, None) if there == *expected => (replace(&None), Reply::Flag(true)),
        Op::Set(..) | Op::CompareAndSwap(..) => (Change::None, Reply::Flag(false)),
        Op::Add(by) => {
            let sum = add_to(there.as_deref(), *by)?;
            (kept(sum.to_string().into(), *lifetime, item, now), Reply::Int(sum))
        }
        _ => return Err(unsupported()),
    })
}

/// Another value, with the time that is left to the one that is there.
///
/// As seconds that are left it would begin anew whenever the server's clock goes on between the look and the writing, and
/// what is written all the while would live for ever. So it is a date, which is noted beside the value: the server tells
/// what is left, and not until when, so that the first who needs the date has to ask for its clock.
fn kept(value: Bytes, lifetime: Lifetime, item: Option<&Item>, now: Option<u64>) -> Change {
    let Some((item, left)) = item.filter(|_| !lifetime.renew).and_then(|item| Some((item, item.left?))) else {
        return Change::Write(value, Life::For(lifetime.ttl));
    };
    // What other programs note beside their values is no date.
    let noted = Some(item.note).filter(|note| note.saturating_sub(left) > EARLIEST);
    match noted.or_else(|| Some(now?.saturating_add(left))) {
        None => Change::Clock,
        Some(until) if until > LAST_DATE => Change::Write(value, Life::For(Duration::from_secs(left))),
        Some(until) => Change::Write(value, Life::Until(until)),
    }
}

/// The command that changes what was found in that state, or nothing.
fn push(volley: &mut Volley<'_>, command: &Command, found: Option<(u64, Permit)>, change: Change) -> Option<Place> {
    let name = &command.name;
    // States are numbered anew when a server is restarted: only where it cannot be another since.
    match (change, found) {
        (Change::None | Change::Clock, _) | (Change::Delete | Change::Write(_, Life::Until(_)), None) => None,
        (Change::Write(blob, Life::For(ttl)), None) => Some(volley.push(name, Verb::Write { mode: "ME", ttl, blob })),
        (Change::Write(blob, Life::For(ttl)), Some((cas, permit))) => {
            Some(volley.push_under(permit, name, Verb::Store { cas, ttl, blob }))
        }
        (Change::Write(blob, Life::Until(until)), Some((cas, permit))) => {
            Some(volley.push_under(permit, name, Verb::Keep { cas, until, blob }))
        }
        (Change::Delete, Some((cas, permit))) => Some(volley.push_under(permit, name, Verb::Delete { cas: Some(cas) })),
    }
}
