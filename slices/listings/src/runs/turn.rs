//! The screening job: claims submitted versions, reads and judges them, and writes what came of it. A worker that dies
//! leaves a claim behind that runs out; the version is then screened again, and nothing of the first try is left.

use super::apply::{self, Judged};
use super::engine::{self, Held};
use super::input::{self, Market};
use super::{JOB, KeptFacts};
use crate::content::Content;
use crate::model::{RunKind, Version};
use crate::standing::{self, Standing};
use crate::store;
use ground::time::MINUTE_MICROS;
use kernel::{Actor, Kernel, Result};
use screening::claims::Scratch;

use screening::{Finding, Input, Report};
use std::collections::HashMap;

/// Versions screened in one turn.
pub(crate) const TURN_VERSIONS_MAX: u64 = 64;
/// A claim older than this is void.
const CLAIM_MICROS: i64 = 2 * MINUTE_MICROS;

/// One turn. Returns how many versions were moved on.
pub(crate) async fn turn(kernel: Kernel) -> Result<u64> {
    let void_before = kernel.now().plus_micros(-CLAIM_MICROS);
    let waiting = store::versions::waiting(kernel.db().read(), void_before, TURN_VERSIONS_MAX).await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let tx = kernel.db().write_tx().await?;
    let mine = store::versions::claim(&tx, &waiting, void_before, kernel.now()).await?;
    tx.commit().await.map_err(db::Error::from)?;
    let versions = store::versions::get_all(kernel.db().read(), &mine).await?;
    let judged = judge_all(&kernel, versions).await?;
    let done = write_all(&kernel, &judged).await?;
    if done > 0 {
        kernel.wake(JOB);
    }
    Ok(done)
}

/// Reads and judges versions; one that cannot be judged is logged and left to a later turn.
pub(crate) async fn judge_all(kernel: &Kernel, versions: Vec<Version>) -> Result<Vec<Judged>> {
    let held = engine::banks(kernel).await?;
    let contents: Vec<_> = versions.iter().map(|version| &version.content).collect();
    let pictures = input::pictures(kernel, &contents).await?;
    let mut market = Market::default();
    let mut standings: HashMap<(String, String, String), Standing> = HashMap::new();
    let mut judged = Vec::with_capacity(versions.len());
    let mut scratch = Scratch::default();
    for version in versions {
        let key = (version.merchant_id.clone(), version.market.clone(), version.content.category.clone());
        if !standings.contains_key(&key) {
            standings.insert(key.clone(), standing::of(kernel, &key.0, &key.1, &key.2).await?);
        }
        let Some(standing) = standings.get(&key) else { continue };
        let compiled = match engine::in_force(kernel, &version.market).await {
            Ok(compiled) => compiled,
            Err(problem) => {
                tracing::error!(version = version.id, %problem, "a version cannot be screened and waits");
                continue;
            }
        };
        let input = input::of(&version, standing);
        let mut facts = screening::read(&input, &compiled.rules, &mut scratch);
        input::fill_pictures(&mut facts, &version.content, &pictures);
        let changes = match before(kernel, &version).await? {
            Some(older) => screening::change::facts(&input::of(&older, standing), &input, &compiled.rules.claims),
            None => Vec::new(),
        };
        let statistics = market.statistics(kernel, &version.listing_id, &version.market, &version.content).await?;
        let kept = KeptFacts { facts, changes };
        let mut held = held.lock().await;
        held.banks.prices = statistics;
        let report = judge_input(&input, &version.content, &kept, &compiled, &held, kernel.today());
        drop(held);
        judged.push(Judged { version, report, kept, kind: RunKind::Full });
    }
    Ok(judged)
}

/// The version that passed before, which an edit is compared with.
async fn before(kernel: &Kernel, version: &Version) -> Result<Option<Version>> {
    if version.number == 1 {
        return Ok(None);
    }
    let db = kernel.db().read();
    let listing = store::listings::get(db, &version.listing_id).await?;
    let Some(id) = listing.and_then(|listing| listing.on_sale_version_id.or(listing.passed_version_id)) else {
        return Ok(None);
    };
    Ok(store::versions::get(db, &id).await?.filter(|older| older.id != version.id))
}

/// All checks over facts: the engine's, what the edit changed, goods refused before. The decision is the policy's.
pub(crate) fn judge(
    version: &Version,
    standing: &Standing,
    kept: &KeptFacts,
    compiled: &engine::Compiled,
    held: &Held,
    at: jiff::civil::Date,
) -> Report {
    judge_input(&input::of(version, standing), &version.content, kept, compiled, held, at)
}

pub(crate) fn judge_input(
    input: &Input,
    content: &Content,
    kept: &KeptFacts,
    compiled: &engine::Compiled,
    held: &Held,
    at: jiff::civil::Date,
) -> Report {
    let rules = &compiled.rules;
    let mut report = screening::judge(&input.id, &kept.facts, rules, &held.banks, at);
    let engine_found = report.findings.len();
    report.findings.extend(screening::change::findings(&kept.changes, &rules.change, &input.id));
    report.findings.extend(compiled.same_goods.findings(&held.index, &input.id, content));
    if report.findings.len() > engine_found {
        sort(&mut report.findings);
        report.decision = rules.decision.decide(&report.findings, &content.category);
    }
    report
}

/// Worst first, then by field and place: the order of the engine.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.start, finding.end);
        (key(one).0, &one.field, key(one).1, key(one).2, &one.rule).cmp(&(
            key(other).0,
            &other.field,
            key(other).1,
            key(other).2,
            &other.rule,
        ))
    });
}

/// Writes results in one transaction; where that fails, one by one, so that one bad item does not hold up the others.
pub(crate) async fn write_all(kernel: &Kernel, judged: &[Judged]) -> Result<u64> {
    if judged.is_empty() {
        return Ok(0);
    }
    let actor = Actor::system("screening");
    match apply::write_batch(kernel, &actor, judged).await {
        Ok(done) => Ok(done),
        Err(problem) => {
            tracing::warn!(%problem, versions = judged.len(), "a batch of screenings was not written and is tried one by one");
            let mut done = 0;
            for one in judged {
                match apply::write_batch(kernel, &actor, std::slice::from_ref(one)).await {
                    Ok(n) => done += n,
                    Err(problem) => tracing::error!(version = one.version.id, %problem, "a screening was not written"),
                }
            }
            if done == 0 { Err(problem) } else { Ok(done) }
        }
    }
}
