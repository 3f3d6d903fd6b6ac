//! Computing a closed day: the file before, what the day brought, what listings and papers say now -> the file of the day.
//!
//! Two passes over sorted files, so that the memory does not grow with the number of products: the first carries the sums
//! over and lets each cohort tell what it knows, the second judges. The file is kept among the files by its content hash, and
//! hash and root are written into the act `ratings.computed` in the transaction that keeps the day.

use crate::line::{Digests, Head, Line, Reader, Writer, levels};
use crate::model::{Component, ComputedDay, Day, DayInput, Papers, ProductDay, RATES, date_of, split_key};
use crate::posterior::Moments;
use crate::rules::{self, Carried, Known};
use crate::store;
use crate::store::evidence::Waiting;
use crate::tables::{RatingPolicy, policy_at};
use blobs::Kind;
use ground::{Problem, Timestamp};
use kernel::{Act, Actor, Kernel, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Products looked up together.
const BATCH_PRODUCTS: usize = 1_000;
/// Tests and remedies taken in by one day.
const EVIDENCE_MAX: usize = 200_000;
/// Rows of evidence read at once.
const EVIDENCE_ROWS: u64 = 2_000;
/// Largest day file, bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 64 << 30;

/// A day's rows of products, in the order of their keys (bytes).
pub type Rows = Box<dyn Iterator<Item = Result<ProductDay>> + Send>;

/// Computes a closed day. A day at or before the newest computed one changes nothing. The lines are published by
/// [`crate::publish`] afterwards.
///
/// # Errors
/// `internal` for rows that are not in order or a file before that is damaged; what store and disk say. Then nothing is kept.
pub async fn compute(kernel: &Kernel, day: Day, rows: Rows) -> Result<ComputedDay> {
    let newest = store::days::newest(kernel.db().read()).await?;
    if let Some(newest) = newest.as_ref().filter(|newest| newest.day >= day) {
        let known = store::days::get(kernel.db().read(), day).await?;
        settle(kernel, day).await?;
        return Ok(known.unwrap_or_else(|| newest.clone()));
    }
    let folder = tempfile::tempdir().map_err(Problem::internal)?;
    let work = Work::begin(kernel, day, newest, folder).await?;
    let evidence = evidence(kernel, day).await?;
    let mut told: BTreeMap<String, Vec<DayInput>> = BTreeMap::new();
    for piece in &evidence {
        let age = (day - crate::model::day_of(piece.at.date_in(kernel.zone()))).max(0);
        let inputs = told.entry(piece.told.key.clone()).or_default();
        match inputs.iter_mut().find(|input| input.age_days == age) {
            Some(input) => input.add(&piece.told.input),
            None => inputs.push(DayInput { age_days: age, ..piece.told.input }),
        }
    }
    let (work, moments, products) = carry_all(kernel, work, rows, told).await?;
    let (work, head, digests) = tokio::task::spawn_blocking(move || {
        let head = work.head(&moments, products);
        let digests = judge_all(&work, &head)?;
        Ok::<_, Problem>((work, head, digests))
    })
    .await
    .map_err(Problem::internal)??;
    keep(kernel, &work, &head, digests, &evidence).await
}

/// The files and policies of a computation.
struct Work {
    day: Day,
    gap: i32,
    previous: Option<ComputedDay>,
    policies: BTreeMap<String, RatingPolicy>,
    home: String,
    folder: TempDir,
}

impl Work {
    async fn begin(kernel: &Kernel, day: Day, previous: Option<ComputedDay>, folder: TempDir) -> Result<Work> {
        let packs = kernel.packs();
        let mut policies = BTreeMap::new();
        for pack in packs.iter() {
            policies.insert(pack.market().to_owned(), policy_at(pack, date_of(day))?);
        }
        let home = packs.home().market().to_owned();
        let gap = previous.as_ref().map_or(1, |previous| day - previous.day);
        let work = Work { day, gap, previous, policies, home, folder };
        if let Some(previous) = &work.previous {
            let damaged = |error: blobs::Error| Problem::internal(format!("the day file {}: {error}", previous.sha256));
            kernel.blobs().get_file(&previous.sha256, &work.path("previous")).await.map_err(damaged)?;
        }
        Ok(work)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The lines of the file before, after its head.
    fn before(&self) -> Result<Lines> {
        match &self.previous {
            None => Ok(Lines(None)),
            Some(_) => Lines::after_head(&self.path("previous")),
        }
    }

    fn policy(&self, market: &str) -> &RatingPolicy {
        // The home market's policy is always there: `Packs` demands its pack, and `begin` read its table.
        self.policies.get(market).unwrap_or_else(|| &self.policies[&self.home])
    }

    fn head(&self, moments: &Cohorts, products: u64) -> Head {
        Head {
            v: 1,
            day: self.day,
            previous: self.previous.as_ref().map(|previous| (previous.day, previous.sha256.clone())),
            products,
            policies: self.policies.clone(),
            cohorts: moments.told(&self.policies),
        }
    }
}

/// The lines of a file that must be whole.
struct Lines(Option<Reader>);

impl Lines {
    fn after_head(path: &Path) -> Result<Lines> {
        let mut reader = Reader::open(path)?;
        reader.take::<Head>()?;
        Ok(Lines(Some(reader)))
    }
}

impl Iterator for Lines {
    type Item = Result<Line>;

    fn next(&mut self) -> Option<Result<Line>> {
        self.0.as_mut()?.take().transpose()
    }
}

/// The sums of every cohort: a category and everything above it.
#[derive(Debug, Default)]
pub(crate) struct Cohorts(BTreeMap<(String, String), [Moments; RATES]>);

impl Cohorts {
    /// Adds a product.
    pub(crate) fn add(&mut self, policy: &RatingPolicy, market: &str, category: &str, sums: &[[f64; 2]; RATES]) {
        for level in levels(category) {
            let cohort = self.0.entry((market.to_owned(), level.to_owned())).or_default();
            for ((moments, [bad, base]), row) in cohort.iter_mut().zip(sums).zip(&policy.components) {
                moments.add(*bad, *base, row.strength_max);
            }
        }
    }

    /// What they tell, in the form of a head.
    pub(crate) fn told(&self, policies: &BTreeMap<String, RatingPolicy>) -> BTreeMap<String, [(f64, f64, u64); RATES]> {
        let mut cohorts = BTreeMap::new();
        for ((market, category), sums) in &self.0 {
            let Some(policy) = policies.get(market) else { continue };
            let mut told = [(0.0, 0.0, 0); RATES];
            for component in Component::ALL.iter().filter(|component| component.is_rate()) {
                let index = component.index();
                let prior = sums[index].prior(*component, policy.component(*component));
                told[index] = (prior.mean, prior.strength, sums[index].products);
            }
            cohorts.insert(format!("{market}:{category}"), told);
        }
        cohorts
    }
}

/// What is carried between the passes, in the order of a temporary file.
#[derive(Debug, Serialize, Deserialize)]
struct Draft {
    key: String,
    listing: Option<String>,
    market: String,
    category: String,
    first: Day,
    inputs: Vec<[i64; 11]>,
    sums: [[f64; 2]; RATES],
    papers: [i64; 3],
    passed: Option<Day>,
    failed: Option<Day>,
}

impl Draft {
    fn of(carried: Carried) -> Draft {
        let Known { key, listing, market, category, inputs, papers } = carried.known;
        Draft {
            key,
            listing,
            market,
            category,
            first: carried.first,
            inputs: inputs.iter().map(DayInput::figures).collect(),
            sums: carried.sums,
            papers: [papers.missing, papers.expired, papers.waiting],
            passed: carried.passed,
            failed: carried.failed,
        }
    }

    fn carried(self) -> Carried {
        let [missing, expired, waiting] = self.papers;
        Carried {
            known: Known {
                key: self.key,
                listing: self.listing,
                market: self.market,
                category: self.category,
                inputs: self.inputs.iter().map(DayInput::of).collect(),
                papers: Papers { missing, expired, waiting },
            },
            first: self.first,
            sums: self.sums,
            passed: self.passed,
            failed: self.failed,
        }
    }
}

/// The first pass: joins the file before, the day's rows and the evidence by key.
async fn carry_all(
    kernel: &Kernel,
    work: Work,
    rows: Rows,
    told: BTreeMap<String, Vec<DayInput>>,
) -> Result<(Work, Cohorts, u64)> {
    let mut merged = Merge {
        before: work.before()?.peekable(),
        rows: rows.peekable(),
        told: told.into_iter().peekable(),
        last: String::new(),
    };
    let mut drafts = Writer::create(&work.path("drafts"))?;
    let (mut cohorts, mut products) = (Cohorts::default(), 0);
    let mut facts = Facts::default();
    loop {
        let mut batch = Vec::with_capacity(BATCH_PRODUCTS);
        while batch.len() < BATCH_PRODUCTS
            && let Some(one) = merged.next().transpose()?
        {
            batch.push(one);
        }
        if batch.is_empty() {
            drafts.finish()?;
            return Ok((work, cohorts, products));
        }
        facts.look_up(kernel, &batch, date_of(work.day)).await?;
        for Joined { key, before, inputs } in batch {
            let known = facts.known(&work, key, before.as_ref(), inputs);
            let policy = work.policy(&known.market);
            let carried = rules::carry(policy, work.day, work.gap, before.as_ref(), known);
            if rules::is_forgotten(policy, &carried) {
                continue;
            }
            cohorts.add(policy, &carried.known.market, &carried.known.category, &carried.sums);
            products += 1;
            drafts.write(&Draft::of(carried))?;
        }
    }
}

/// Everything about one key.
struct Joined {
    key: String,
    before: Option<Line>,
    inputs: Vec<DayInput>,
}

struct Merge {
    before: Peekable<Lines>,
    rows: Peekable<Rows>,
    told: Peekable<std::collections::btree_map::IntoIter<String, Vec<DayInput>>>,
    last: String,
}

impl Merge {
    fn next_key(&mut self) -> Option<String> {
        let mut keys = Vec::with_capacity(3);
        keys.extend(self.before.peek().and_then(|line| line.as_ref().ok()).map(|line| line.key.clone()));
        keys.extend(self.rows.peek().and_then(|row| row.as_ref().ok()).map(|row| row.key.clone()));
        keys.extend(self.told.peek().map(|(key, _)| key.clone()));
        keys.into_iter().min()
    }

    fn joined(&mut self) -> Result<Option<Joined>> {
        if let Some(Err(_)) = self.before.peek() {
            return self.before.next().transpose().map(|_| None);
        }
        if let Some(Err(_)) = self.rows.peek() {
            return self.rows.next().transpose().map(|_| None);
        }
        let Some(key) = self.next_key() else { return Ok(None) };
        if key <= self.last && !self.last.is_empty() {
            return Err(Problem::internal(format!("the rows of a day are not in order: {key} after {}", self.last)));
        }
        let before = match self.before.next_if(|line| line.as_ref().is_ok_and(|line| line.key == key)) {
            Some(line) => Some(line?),
            None => None,
        };
        let mut inputs: Vec<DayInput> = Vec::new();
        let mut add = |input: DayInput| match inputs.iter_mut().find(|there| there.age_days == input.age_days) {
            Some(there) => there.add(&input),
            None => inputs.push(input),
        };
        while let Some(row) = self.rows.next_if(|row| row.as_ref().is_ok_and(|row| row.key == key)) {
            add(row?.input);
        }
        if let Some((_, told)) = self.told.next_if(|(told, _)| *told == key) {
            told.into_iter().for_each(add);
        }
        inputs.sort_by_key(|input| input.age_days);
        self.last.clone_from(&key);
        Ok(Some(Joined { key, before, inputs }))
    }
}

impl Iterator for Merge {
    type Item = Result<Joined>;

    fn next(&mut self) -> Option<Result<Joined>> {
        self.joined().transpose()
    }
}

/// Listings of the batch at hand and the papers of the merchant at hand.
#[derive(Default)]
struct Facts {
    listings: HashMap<String, listings::Listing>,
    papers: HashMap<(String, String), Papers>,
    standing: Option<(String, Option<merchants::Standing>)>,
}

impl Facts {
    async fn look_up(&mut self, kernel: &Kernel, batch: &[Joined], date: jiff::civil::Date) -> Result<()> {
        self.listings.clear();
        self.papers.clear();
        let mut by_merchant: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (merchant, product) in batch.iter().filter_map(|one| split_key(&one.key)) {
            by_merchant.entry(merchant).or_default().push(product.to_owned());
        }
        for (merchant, products) in by_merchant {
            let found = listings::of_numbers(kernel, merchant, &products).await?;
            if found.is_empty() {
                continue;
            }
            if self.standing.as_ref().is_none_or(|(known, _)| known != merchant) {
                self.standing = Some((merchant.to_owned(), merchants::standing(kernel, merchant).await?));
            }
            let standing = self.standing.as_ref().and_then(|(_, standing)| standing.as_ref());
            for listing in found.into_iter().filter(|listing| listing.state != listings::State::Removed) {
                if let Some(standing) = standing {
                    let category = (merchant.to_owned(), listing.category.clone());
                    self.papers.entry(category).or_insert_with(|| {
                        let coverage = standing.covers(&listing.category, date);
                        let count = |list: &[String]| i64::try_from(list.len()).unwrap_or(i64::MAX);
                        Papers {
                            missing: count(&coverage.missing),
                            expired: count(&coverage.expired),
                            waiting: count(&coverage.waiting),
                        }
                    });
                }
                self.listings.insert(format!("{merchant}/{}", listing.external_id), listing);
            }
        }
        Ok(())
    }

    fn known(&self, work: &Work, key: String, before: Option<&Line>, inputs: Vec<DayInput>) -> Known {
        match self.listings.get(&key) {
            Some(listing) => {
                let papers = self.papers.get(&(listing.merchant_id.clone(), listing.category.clone()));
                let market = if work.policies.contains_key(&listing.market) { &listing.market } else { &work.home };
                Known {
                    listing: Some(listing.id.clone()),
                    market: market.clone(),
                    category: listing.category.clone(),
                    papers: papers.copied().unwrap_or_default(),
                    key,
                    inputs,
                }
            }
            // Not listed, or no longer: what it was rated under stays.
            None => Known {
                listing: None,
                market: before
                    .map(|line| line.market.clone())
                    .filter(|market| work.policies.contains_key(market))
                    .unwrap_or_else(|| work.home.clone()),
                category: before.map(|line| line.category.clone()).unwrap_or_default(),
                papers: Papers::default(),
                key,
                inputs,
            },
        }
    }
}

/// The second pass: judges every product and writes the day file.
fn judge_all(work: &Work, head: &Head) -> Result<Digests> {
    let mut drafts = Reader::open(&work.path("drafts"))?;
    let mut before = work.before()?.peekable();
    let mut out = Writer::create(&work.path("day"))?;
    out.write(head)?;
    while let Some(draft) = drafts.take::<Draft>()? {
        let mut held = None;
        while let Some(line) = before.next_if(|line| line.as_ref().map_or(true, |line| line.key <= draft.key)) {
            held = Some(line?).filter(|line| line.key == draft.key);
        }
        let carried = draft.carried();
        let policy = head.policy(&carried.known.market)?;
        let priors = head.priors(policy, &carried.known.market, &carried.known.category);
        out.write(&rules::judge(policy, &priors, work.day, work.gap, held.as_ref(), carried))?;
    }
    out.finish()
}

async fn keep(
    kernel: &Kernel,
    work: &Work,
    head: &Head,
    digests: Digests,
    evidence: &[Waiting],
) -> Result<ComputedDay> {
    let kept =
        kernel.blobs().put_file(&work.path("day"), &[Kind::Text], FILE_BYTES_MAX).await.map_err(Problem::internal)?;
    if kept.sha256 != digests.sha256 {
        return Err(Problem::internal("a day file changed on the disk while it was kept"));
    }
    let mut write = kernel.begin(&Actor::system("ratings")).await?;
    let mut act = Act::new("ratings.computed", "rating_day", &date_of(work.day).to_string())
        .public("day", date_of(work.day).to_string())
        .public("products", head.products)
        .public("lines", digests.lines)
        .public("bytes", digests.bytes)
        .public("sha256", digests.sha256.as_str())
        .public("root", digests.root.as_str())
        .evidence(&digests.sha256);
    if let Some((day, sha256)) = &head.previous {
        act = act.public("previous_day", date_of(*day).to_string()).public("previous_sha256", sha256.as_str());
    }
    for (market, policy) in &head.policies {
        act = act.policy(market, &policy.version);
    }
    let act_id = write.act(act).await?;
    let day = ComputedDay {
        day: work.day,
        previous: work.previous.as_ref().map(|previous| previous.day),
        sha256: digests.sha256,
        root: digests.root,
        lines: digests.lines,
        bytes: digests.bytes,
        // The head is no product.
        applied: 1,
        act_id,
        at: write.now(),
    };
    store::days::insert(write.tx(), &day, head).await?;
    let ids: Vec<String> = evidence.iter().map(|piece| piece.id.clone()).collect();
    store::evidence::take_in(write.tx(), work.day, &ids).await?;
    store::days::settle_due(write.tx(), work.day).await?;
    write.commit().await?;
    Ok(day)
}

async fn settle(kernel: &Kernel, day: Day) -> Result<()> {
    let tx = kernel.db().write_tx().await?;
    store::days::settle_due(&tx, day).await?;
    tx.commit().await.map_err(store::fail)
}

/// What other duties told and happened up to the end of a day.
async fn evidence(kernel: &Kernel, day: Day) -> Result<Vec<Waiting>> {
    let before = Timestamp::start_of(date_of(day + 1), kernel.zone());
    let (mut all, mut after) = (Vec::new(), String::new());
    while all.len() < EVIDENCE_MAX {
        let rows = store::evidence::waiting(kernel.db().read(), before, &after, EVIDENCE_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.id);
        all.extend(rows);
    }
    Ok(all)
}
