//! Invalidation by hand.

use easycache::{Cache, Invalidated, Targets, Verb};
use serde_json::json;

use crate::{Exit, args::What, failure::Failure, out::Out};

pub(crate) fn invalidate(cache: &Cache, what: &What, out: &mut Out) -> Result<Exit, Failure> {
    let (cache, verb) = (cache.blocking(), if what.expire { Verb::Expire } else { Verb::Invalidate });
    let done = match (what.all, verb) {
        (true, Verb::Invalidate) => cache.clear().map(|()| None),
        (true, Verb::Expire) => cache.expire_all().map(|()| None),
        (false, Verb::Invalidate) => cache.invalidate(targets(what)).map(Some),
        (false, Verb::Expire) => cache.expire(targets(what)).map(Some),
    };
    tell(done.map_err(Failure::not_done)?, verb, out)?;
    Ok(Exit::Yes)
}

fn targets(what: &What) -> Targets {
    let targets = Targets::new().tags(&what.tags);
    let targets = what.keys.iter().fold(targets, Targets::key);
    what.prefixes.iter().fold(targets, Targets::prefix)
}

/// None: everything.
fn tell(done: Option<Invalidated>, verb: Verb, out: &mut Out) -> Result<(), Failure> {
    if out.is_json() {
        let (names, known) = (done.map(|done| done.names), done.map(|done| done.known));
        let done = json!({ "verb": verb.name(), "everything": done.is_none(), "names": names, "known": known });
        return out.line(done);
    }
    let did = match verb {
        Verb::Invalidate => "invalidated",
        Verb::Expire => "expired",
    };
    match done {
        None => out.line(format_args!("{did} everything")),
        Some(Invalidated { names: 1, known, .. }) => {
            out.line(format_args!("{did} 1 name, which was {}", if known == 1 { "known" } else { "not known" }))
        }
        Some(Invalidated { names, known, .. }) => out.line(format_args!("{did} {names} names, {known} of them known")),
    }
}
