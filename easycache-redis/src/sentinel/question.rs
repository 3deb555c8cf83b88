//! What one Sentinel is asked, and what it answers.

use easycache_core::{Error, Result};

use crate::{
    config::{Address, Settings},
    error,
    lane::{Command, Lane, Wave},
    reply::Reply,
};

/// Where the master of that name is.
pub(super) async fn ask(sentinel: &Address, settings: &Settings, master: &str) -> Result<Address> {
    let lane = Lane::dial(sentinel, settings).await?;
    let question = Command::new("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(master);
    match &one(&lane, question).await? {
        Reply::List(parts) => {
            address(parts).ok_or_else(|| error::garbled(sentinel, "a Sentinel's answer is no address"))
        }
        Reply::Nil => Err(stranger(&lane, master).await),
        Reply::Error(refusal) if refusal.detail.contains("unknown command") => {
            let what = "is no Sentinel: name the Sentinels in the URL, whose port is 26379 unless it was changed";
            Err(error::refused(sentinel, what))
        }
        Reply::Error(refusal) => Err(error::replied(sentinel, refusal)),
        _ => Err(error::garbled(sentinel, "a Sentinel's answer is no address")),
    }
}

/// It does not know a master of that name.
async fn stranger(lane: &Lane, master: &str) -> Error {
    let masters = one(lane, Command::new("SENTINEL").arg("MASTERS")).await.unwrap_or(Reply::Nil);
    let names = names(&masters);
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let what = format!("is a Sentinel that knows no master {master:?}, but {known}: check master=");
    error::refused(lane.address(), what)
}

async fn one(lane: &Lane, question: Command) -> Result<Reply> {
    let replies = lane.ask(&Wave::of(question)).await.map_err(|broken| broken.into_error(lane.address()))?;
    replies.into_iter().next().ok_or_else(|| error::garbled(lane.address(), "answers are missing"))
}

fn address(parts: &[Reply]) -> Option<Address> {
    let [host, port] = parts else { return None };
    Some(Address::new(host.text()?, port.text()?.parse().ok()?))
}

/// The names of the masters that it watches.
fn names(masters: &Reply) -> Vec<&str> {
    let Reply::List(masters) = masters else { return Vec::new() };
    let fields = masters.iter().filter_map(|master| match master {
        Reply::List(fields) => fields.chunks_exact(2).find(|field| field[0].text() == Some("name")),
        _ => None,
    });
    fields.filter_map(|field| field[1].text()).collect()
}
