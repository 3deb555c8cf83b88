//! Functions with the policies that those of the shop do not have. They borrow nothing, so that they may go on behind
//! their callers' backs.

use std::{collections::HashMap, sync::Arc};

use easycache::{CacheKey, Error, ecached};
use serde::{Deserialize, Serialize};

use crate::{
    pace::Pace,
    rows::{Row, mark},
    shop::{Record, Shop, TTL},
};

/// It has failed, or was not there in time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NoAnswer;

impl From<Error> for NoAnswer {
    fn from(_: Error) -> Self {
        Self
    }
}

/// A row, and what it is called by.
#[derive(CacheKey, Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seat {
    row: u32,
    tenant: u32,
    team: u32,
}

impl From<Row> for Seat {
    fn from(row: Row) -> Self {
        Self { row: row.0, tenant: row.tenant(), team: row.team() }
    }
}

type Answer = Result<Record, NoAnswer>;
type Answers = Result<HashMap<Seat, Record>, NoAnswer>;

/// It has no tags of its own.
#[ecached("row:{seat.row}", ttl = TTL, prefix = "tenant:{seat.tenant}/team:{seat.team}", inherit, cache = &shop.cache, shared)]
pub(crate) async fn made(shop: Arc<Shop>, seat: Seat, pace: Pace) -> Answer {
    part(shop, seat, pace).await
}

#[ecached("part:{seat.row}", ttl = TTL, prefix = "tenant:{seat.tenant}/team:{seat.team}", tags = ["team:{seat.team}"],
          tags_from = |value| [format!("mark:{}", mark(value.commit))], timeout = "300ms", cache = &shop.cache, shared)]
async fn part(shop: Arc<Shop>, seat: Seat, pace: Pace) -> Answer {
    let record = pace.record(&shop.database, Row(seat.row)).await;
    if pace.fails { Err(NoAnswer) } else { Ok(record) }
}

#[ecached("row:{seat.row}", ttl = TTL, prefix = "tenant:{seat.tenant}/team:{seat.team}", inherit, cache = &shop.cache, shared)]
pub(crate) fn made_sync(shop: Arc<Shop>, seat: Seat, pace: Pace) -> Answer {
    part_sync(shop, seat, pace)
}

#[ecached("part:{seat.row}", ttl = TTL, prefix = "tenant:{seat.tenant}/team:{seat.team}", tags = ["team:{seat.team}"],
          tags_from = |value| [format!("mark:{}", mark(value.commit))], timeout = "300ms", cache = &shop.cache, shared)]
fn part_sync(shop: Arc<Shop>, seat: Seat, pace: Pace) -> Answer {
    let record = pace.record_sync(&shop.database, Row(seat.row));
    if pace.fails { Err(NoAnswer) } else { Ok(record) }
}

#[ecached("row:{seat.row}", each = seat in seats, ttl = TTL, prefix = "tenant:{seat.tenant}/team:{seat.team}",
          tags = ["team:{seat.team}"], stale_while_revalidate = "2s", stale_if_error = "4s", early_refresh,
          timeout = { soft = "2ms", hard = "300ms" }, cache = &shop.cache, shared)]
pub(crate) async fn together(shop: Arc<Shop>, seats: Vec<Seat>, pace: Pace) -> Answers {
    let mut found = HashMap::new();
    for seat in seats {
        let record = pace.record(&shop.database, Row(seat.row)).await;
        found.insert(seat, record);
    }
    if pace.fails { Err(NoAnswer) } else { Ok(found) }
}

#[ecached("row:{seat.row}", each = seat in seats, ttl = TTL, prefix = "tenant:{seat.tenant}/team:{seat.team}",
          tags = ["team:{seat.team}"], stale_while_revalidate = "2s", stale_if_error = "4s", early_refresh,
          timeout = { soft = "2ms", hard = "300ms" }, cache = &shop.cache, shared)]
pub(crate) fn together_sync(shop: Arc<Shop>, seats: Vec<Seat>, pace: Pace) -> Answers {
    let record = |seat: Seat| {
        let record = pace.record_sync(&shop.database, Row(seat.row));
        (seat, record)
    };
    let found = seats.into_iter().map(record).collect();
    if pace.fails { Err(NoAnswer) } else { Ok(found) }
}

#[ecached("row:{seat.row}", ttl = TTL, prefix = "tenant:{seat.tenant}/team:{seat.team}", tags = ["team:{seat.team}"],
          cache_err = "300ms", stale_while_revalidate = "2s", early_refresh, timeout = { soft = "2ms", hard = "300ms" },
          cache = &shop.cache, shared)]
pub(crate) async fn failing(shop: Arc<Shop>, seat: Seat, pace: Pace) -> Answer {
    let record = pace.record(&shop.database, Row(seat.row)).await;
    if pace.fails { Err(NoAnswer) } else { Ok(record) }
}

#[ecached("row:{seat.row}", ttl = TTL, prefix = "tenant:{seat.tenant}/team:{seat.team}", tags = ["team:{seat.team}"],
          cache_err = "300ms", stale_while_revalidate = "2s", early_refresh, timeout = { soft = "2ms", hard = "300ms" },
          cache = &shop.cache, shared)]
pub(crate) fn failing_sync(shop: Arc<Shop>, seat: Seat, pace: Pace) -> Answer {
    let record = pace.record_sync(&shop.database, Row(seat.row));
    if pace.fails { Err(NoAnswer) } else { Ok(record) }
}
