//! Publishing a computed day: rows, history, the feed, and the acts of what changed.
//!
//! Lines are published in the order of the file; how far it got stands beside the day and moves in the same transaction, so
//! that every line is published exactly once whatever happens between.

use crate::compute::{self, Rows};
use crate::line::{Head, Line, Reader};
use crate::model::{ComputedDay, Day, Effect, Override, Rating, date_of, split_key};
use crate::store;
use crate::tables::RatingPolicy;
use db::Tx;
use ground::{Problem, Timestamp};
use kernel::{Act, Actor, Kernel, Result, Write};
use std::collections::{BTreeMap, HashMap};

/// Lines published in one transaction.
const BATCH_LINES: usize = 400;
/// Name of the job, and of its waker.
pub const JOB: &str = "ratings";

/// One turn of the job: publishes what is computed and not published, else computes the earliest day that is due.
///
/// # Errors
/// What computing and publishing say.
pub async fn turn(kernel: Kernel) -> Result<u64> {
    if let Some(day) = store::days::unpublished(kernel.db().read()).await? {
        return publish(&kernel, &day).await;
    }
    let Some(day) = store::days::earliest_due(kernel.db().read()).await? else { return Ok(0) };
    let rows = crate::source::rows(&kernel, day).await?;
    rate(&kernel, day, rows).await?;
    Ok(1)
}

/// Computes a closed day from these rows and publishes it.
///
/// # Errors
/// As [`crate::compute::compute`].
pub async fn rate(kernel: &Kernel, day: Day, rows: Rows) -> Result<ComputedDay> {
    while let Some(earlier) = store::days::unpublished(kernel.db().read()).await? {
        publish(kernel, &earlier).await?;
    }
    let computed = compute::compute(kernel, day, rows).await?;
    publish(kernel, &computed).await?;
    let kept = store::days::get(kernel.db().read(), computed.day).await?;
    Ok(kept.unwrap_or(computed))
}

/// Publishes what is not published yet of a computed day. Returns how many lines it went through.
///
/// # Errors
/// What store and disk say; it goes on from there the next time.
pub async fn publish(kernel: &Kernel, day: &ComputedDay) -> Result<u64> {
    if day.applied >= day.lines {
        return Ok(0);
    }
    let folder = tempfile::tempdir().map_err(Problem::internal)?;
    let path = folder.path().join("day");
    kernel
        .blobs()
        .get_file(&day.sha256, &path)
        .await
        .map_err(|error| Problem::internal(format!("the day file {} of {}: {error}", day.sha256, date_of(day.day))))?;
    let mut reader = Reader::open(&path)?;
    let head: Head = reader.take()?.ok_or_else(|| Problem::internal("an empty day file"))?;
    while reader.number() < day.applied {
        reader.raw()?;
    }
    let mut done = day.applied;
    loop {
        let mut lines: Vec<Line> = Vec::with_capacity(BATCH_LINES);
        let from = done;
        while lines.len() < BATCH_LINES
            && let Some(line) = reader.take::<Line>()?
        {
            done += 1;
            if line.publish || !line.inputs.is_empty() {
                lines.push(line);
            }
        }
        if done == from {
            return Ok(done - day.applied);
        }
        let batch = Batch { day, head: &head, lines: &lines, from, through: done };
        if !batch.publish(kernel).await? {
            // Another process publishes this day.
            return Ok(1);
        }
    }
}

/// Lines published together.
struct Batch<'a> {
    day: &'a ComputedDay,
    head: &'a Head,
    lines: &'a [Line],
    from: u64,
    through: u64,
}

impl Batch<'_> {
    async fn publish(&self, kernel: &Kernel) -> Result<bool> {
        let changes = |line: &Line| line.was.is_some() || line.effect_was.is_some();
        if self.lines.iter().any(changes) {
            let mut write = kernel.begin(&Actor::system("ratings")).await?;
            let (ratings, acts) = self.prepare(write.tx(), write.now()).await?;
            if acts.iter().any(|acts| !acts.is_empty()) {
                let ratings = write_acts(&mut write, ratings, acts).await?;
                if !self.keep(write.tx(), ratings).await? {
                    return Ok(false);
                }
                write.commit().await?;
                return Ok(true);
            }
        }
        let tx = kernel.db().write_tx().await?;
        let (ratings, _) = self.prepare(&tx, kernel.now()).await?;
        if !self.keep(&tx, ratings).await? {
            return Ok(false);
        }
        tx.commit().await.map_err(store::fail)?;
        Ok(true)
    }

    /// The rows as they will be, and the acts of each.
    async fn prepare(&self, tx: &Tx, now: Timestamp) -> Result<(Vec<Rating>, Vec<Vec<Act>>)> {
        let mut held = self.held(tx).await?;
        let (mut ratings, mut acts) = (Vec::with_capacity(self.lines.len()), Vec::with_capacity(self.lines.len()));
        for line in self.lines {
            let Some((merchant, product)) = split_key(&line.key) else { continue };
            let before = held.remove(&line.key);
            if let Some(before) = before.as_ref().filter(|_| !line.publish) {
                ratings.push(Rating { line: line.clone(), day: self.day.day, ..before.clone() });
                acts.push(Vec::new());
                continue;
            }
            let applied =
                match before.as_ref().and_then(|before| before.held.as_ref().map(|held| (held.how, before.applied))) {
                    Some((Override::Kept, applied)) => applied,
                    Some((Override::Lifted, _)) => Effect::None,
                    None => line.effect,
                };
            let rating = Rating {
                merchant_id: merchant.to_owned(),
                product: product.to_owned(),
                listing_id: line.listing.clone(),
                market: line.market.clone(),
                category: line.category.clone(),
                score: line.score,
                lower: line.lower,
                upper: line.upper,
                grade: line.grade,
                is_new: line.new,
                line: line.clone(),
                effect: line.effect,
                applied,
                held: before.as_ref().and_then(|before| before.held.clone()),
                day: self.day.day,
                at: now,
                sequence: 0,
                reasons: line.why.clone(),
                act_id: before.as_ref().and_then(|before| before.act_id.clone()),
            };
            let policy = self.head.policy(&line.market)?;
            acts.push(self.acts_of(policy, before.as_ref(), &rating));
            ratings.push(rating);
        }
        Ok((ratings, acts))
    }

    fn acts_of(&self, policy: &RatingPolicy, before: Option<&Rating>, rating: &Rating) -> Vec<Act> {
        let mut acts = Vec::new();
        if let Some(was) = rating.line.was {
            let act = about("rating.changed", policy, rating)
                .public("from", was.name())
                .public("to", rating.grade.name())
                .outcome(rating.grade.name())
                .evidence(&self.day.sha256);
            acts.push(rating.reasons.iter().fold(act, |act, reason| act.reason(reason)));
        }
        let from = before.map_or(Effect::None, |before| before.applied);
        acts.extend(effect_acts(policy, rating, from, &rating.reasons));
        acts
    }

    async fn held(&self, tx: &Tx) -> Result<HashMap<String, Rating>> {
        let mut by_merchant: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (merchant, product) in self.lines.iter().filter_map(|line| split_key(&line.key)) {
            by_merchant.entry(merchant).or_default().push(product);
        }
        let mut held = HashMap::with_capacity(self.lines.len());
        for (merchant, products) in by_merchant {
            for rating in store::ratings::of(tx, merchant, &products).await? {
                held.insert(rating.key(), rating);
            }
        }
        Ok(held)
    }

    async fn keep(&self, tx: &Tx, mut ratings: Vec<Rating>) -> Result<bool> {
        if !store::days::publish_through(tx, self.day.day, self.from, self.through).await? {
            return Ok(false);
        }
        let fresh = ratings.iter().filter(|rating| rating.sequence == 0).count();
        if fresh > 0 {
            let first = store::days::take_numbers(tx, fresh as i64).await?;
            let numbers = first..;
            for (rating, number) in ratings.iter_mut().filter(|rating| rating.sequence == 0).zip(numbers) {
                rating.sequence = number;
            }
        }
        store::ratings::keep(tx, &ratings).await?;
        let points: Vec<Line> = self.lines.iter().filter(|line| line.publish).cloned().collect();
        store::history::insert(tx, self.day.day, &points).await?;
        Ok(true)
    }
}

async fn write_acts(write: &mut Write, mut ratings: Vec<Rating>, acts: Vec<Vec<Act>>) -> Result<Vec<Rating>> {
    for (rating, acts) in ratings.iter_mut().zip(acts) {
        for act in acts {
            rating.act_id = Some(write.act(act).await?);
        }
    }
    Ok(ratings)
}

/// An act about a rating, with what everybody may know of it.
pub(crate) fn about(kind: &str, policy: &RatingPolicy, rating: &Rating) -> Act {
    let mut act = Act::new(kind, "product", &rating.key())
        .about("merchant", &rating.merchant_id)
        .public("merchant", rating.merchant_id.as_str())
        .public("product", rating.product.as_str())
        .public("grade", rating.grade.name())
        .public("new", rating.is_new)
        .public("score", rating.score)
        .public("lower", rating.lower)
        .public("day", date_of(rating.day).to_string())
        .policy(&rating.market, &policy.version);
    if let Some(listing) = &rating.listing_id {
        act = act.about("listing", listing).public("listing", listing.as_str());
    }
    act
}

/// The acts of an effect that comes or goes.
pub(crate) fn effect_acts(policy: &RatingPolicy, rating: &Rating, from: Effect, reasons: &[String]) -> Vec<Act> {
    let to = rating.applied;
    if from == to {
        return Vec::new();
    }
    let act = |kind: &str| {
        let act =
            about(kind, policy, rating).public("from", from.name()).public("effect", to.name()).outcome(to.name());
        reasons.iter().fold(act, |act, reason| act.reason(reason))
    };
    let bound = |effect: Effect| matches!(effect, Effect::Limited | Effect::RemovedPendingTest);
    let mut acts = Vec::new();
    if bound(from) && !bound(to) {
        acts.push(act("rating.restored"));
    }
    match to {
        Effect::Recommended => acts.push(act("rating.recommended")),
        Effect::Limited => acts.push(act("rating.limited").public("limits", limits(policy))),
        Effect::RemovedPendingTest => acts.push(act("rating.removed_pending_test")),
        Effect::None if from == Effect::Recommended => acts.push(act("rating.recommendation_ended")),
        Effect::None => {}
    }
    acts
}

/// The limits of a limited sale.
pub(crate) fn limits(policy: &RatingPolicy) -> Vec<String> {
    let row = policy.grades.iter().find(|row| row.effect == Effect::Limited);
    row.map(|row| row.limits.clone()).unwrap_or_default()
}
