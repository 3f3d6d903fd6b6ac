//! The digest of a day: what was raised, closed and still stands, as an act that webhooks carry, and as a page.

use crate::model::{Ending, State};
use crate::parameters::parameters;
use crate::raise::{date_of, date_text, day_of};
use crate::store;
use ground::Timestamp;
use kernel::{Act, Actor, Kernel, Paging, Permission, Result, Sort};
use serde_json::{Value, json};

/// The job that writes it.
pub const JOB: &str = "alerts-digest";
/// Digests shown.
const DIGESTS_MAX: u64 = 60;

/// A day's digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    /// The day, days since 1970-01-01.
    pub day: i32,
    /// When it was written.
    pub at: Timestamp,
    /// Counts and lines.
    pub content: Value,
    /// Its act.
    pub act_id: String,
}

/// Writes yesterday's digest once. Returns 1 when it did.
///
/// # Errors
/// What the store says.
pub async fn turn(kernel: &Kernel) -> Result<u64> {
    let yesterday = day_of(kernel, kernel.now()) - 1;
    if store::watching::has_digest(kernel.db().read(), yesterday).await? {
        return Ok(0);
    }
    let content = content(kernel, yesterday).await?;
    let mut write = kernel.begin(&Actor::system("alerts-digest")).await?;
    let date = date_text(yesterday);
    let mut act = Act::new("alerts.digested", "alert_day", &date);
    for (name, value) in content.as_object().into_iter().flatten() {
        act = act.public(name, value.clone());
    }
    let act_id = write.act(act).await?;
    let kept = (yesterday, write.now(), content.to_string(), act_id);
    store::watching::keep_digest(write.tx(), &kept).await?;
    write.commit().await?;
    Ok(1)
}

async fn content(kernel: &Kernel, day: i32) -> Result<Value> {
    let db = kernel.db().read();
    let from = Timestamp::start_of(date_of(day), kernel.zone());
    let until = Timestamp::start_of(date_of(day + 1), kernel.zone());
    let raised = store::alerts::raised_between(db, from, until).await?;
    let mut closed = serde_json::Map::new();
    for ending in Ending::ALL {
        closed.insert(ending.name().to_owned(), store::alerts::closed_between(db, *ending, from, until).await?.into());
    }
    let mut standing = serde_json::Map::new();
    for state in State::ALL.iter().filter(|state| state.is_standing()) {
        let filter = store::alerts::Filter { states: vec![*state], ..Default::default() };
        standing.insert(state.name().to_owned(), store::alerts::total(db, &filter).await?.into());
    }
    let filter =
        store::alerts::Filter { states: vec![State::Open, State::Acknowledged, State::InAction], ..Default::default() };
    let mut paging = Paging::new(1, parameters(kernel)?.digest_lines_max);
    paging.sort = Some(Sort { by: "raised".to_owned(), descending: true });
    let newest = store::alerts::list(db, &filter, &paging).await?;
    let lines: Vec<Value> = newest
        .rows
        .iter()
        .map(|alert| {
            json!({
                "alert": alert.id,
                "family": alert.family.name(),
                "level": alert.level.name(),
                "scope": alert.subject.scope.name(),
                "key": alert.subject.key,
                "state": alert.state.name(),
                "since": date_text(alert.since_day),
            })
        })
        .collect();
    Ok(json!({ "day": date_text(day), "raised": raised, "closed": closed, "standing": standing, "newest": lines }))
}

/// The newest digests.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn list(kernel: &Kernel, actor: &Actor) -> Result<Vec<Digest>> {
    actor.require(Permission::AlertsRead)?;
    let found = store::watching::digests(kernel.db().read(), DIGESTS_MAX).await?;
    let read = |(day, at, content, act_id): store::watching::Digest| Digest {
        day,
        at,
        content: serde_json::from_str(&content).unwrap_or_default(),
        act_id,
    };
    Ok(found.into_iter().map(read).collect())
}
