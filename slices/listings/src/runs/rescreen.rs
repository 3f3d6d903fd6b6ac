//! A changed policy goes through the listings of its market: judged again from the facts that are kept, reading the text
//! only for terms nobody searched for before. What was passed and no longer passes leaves the shelf or goes to a person;
//! what is refused stays refused until a new version is handed in.

use super::apply::{self, Judged};
use super::engine::{self, Compiled};
use super::input::{self, Market};
use super::{KeptFacts, RESCREEN_JOB, Rescreen, turn};
use crate::decide;
use crate::error::Error;
use crate::model::{Cause, Filter, Listing, Run, RunKind, Version, worst_of};
use crate::shelf;
use crate::standing::{self, Standing};
use crate::state::VersionState;
use crate::store;
use kernel::{Act, ActRecord, Actor, Kernel, Permission, Result, Write};
use screening::claims::Scratch;
use screening::{Decision, Finding, Mode};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Listings judged in one turn.
pub(crate) const TURN_LISTINGS_MAX: u64 = 200;
/// Rescreens a page shows.
const SHOWN_MAX: u64 = 20;

/// The reaction to an activated policy: `policy.activated` of a market begins a rescreen of that market. A second act
/// for the same pack does not begin a second one.
///
/// # Errors
/// What the store says.
pub async fn on_policy_activated(kernel: Kernel, act: ActRecord) -> Result<()> {
    let market = act.public_text("market").map(str::to_owned);
    let packs = kernel.packs();
    let markets: Vec<String> = match market {
        Some(market) => vec![market],
        None => packs.markets().map(str::to_owned).collect(),
    };
    for market in markets {
        if packs.market(&market).is_ok() {
            begin(&kernel, &Actor::system("policy-change"), &market, &act.id).await?;
        }
    }
    Ok(())
}

/// Begins a rescreen by hand.
///
/// # Errors
/// `forbidden`, `listing_market`.
pub async fn rescreen(kernel: &Kernel, actor: &Actor, market: &str) -> Result<Rescreen> {
    actor.require(Permission::PoliciesManage)?;
    crate::versions::known_market(kernel, market)?;
    begin(kernel, actor, market, &actor.id).await
}

pub(crate) async fn begin(kernel: &Kernel, actor: &Actor, market: &str, cause: &str) -> Result<Rescreen> {
    let packs = kernel.packs();
    let pack = packs.market(market).map_err(|_| Error::Market { market: market.to_owned() })?;
    let mut write = kernel.begin(actor).await?;
    let running = store::rescreens::running_for(write.tx(), market).await?;
    if let Some(there) = running.into_iter().find(|there| there.pack_version == pack.version()) {
        return Ok(there);
    }
    let rescreen = Rescreen {
        id: write.new_id(),
        market: market.to_owned(),
        pack_version: pack.version().to_owned(),
        cause: cause.to_owned(),
        running: true,
        cursor: String::new(),
        total: store::listings::count_in_market(write.tx(), market).await?,
        done: 0,
        changed: 0,
        taken_off: 0,
        text_read: 0,
        created_at: write.now(),
        finished_at: None,
    };
    store::rescreens::insert(write.tx(), &rescreen).await?;
    let act = Act::new("rescreen.started", "rescreen", &rescreen.id)
        .policy(market, pack.version())
        .public("market", market)
        .public("cause", cause)
        .public("listings", rescreen.total);
    write.act(act).await?;
    write.commit().await?;
    kernel.wake(RESCREEN_JOB);
    Ok(rescreen)
}

/// The newest rescreens, for the progress on the page of policies.
///
/// # Errors
/// `forbidden`.
pub async fn rescreens(kernel: &Kernel, actor: &Actor) -> Result<Vec<Rescreen>> {
    actor.require(Permission::ListingsRead)?;
    store::rescreens::newest(kernel.db().read(), SHOWN_MAX).await
}

/// One turn of the job: the next listings of the oldest rescreen.
pub(crate) async fn turn(kernel: Kernel) -> Result<u64> {
    let Some(before) = store::rescreens::running(kernel.db().read()).await? else { return Ok(0) };
    let filter = Filter { market: Some(before.market.clone()), ..Filter::default() };
    let listings = store::listings::after(kernel.db().read(), &filter, &before.cursor, TURN_LISTINGS_MAX).await?;
    let compiled = engine::in_force(&kernel, &before.market).await?;
    let again = judge_again(&kernel, &listings, &compiled).await?;
    let mut write = kernel.begin(&Actor::system("rescreen")).await?;
    let mut after = before.clone();
    after.done += listings.len() as u64;
    after.text_read += again.text_read;
    // A newer policy in force meanwhile is what was judged by; the row says so.
    after.pack_version = compiled.rules.pack.version.clone();
    let mut acts = 0;
    for judged in &again.judged {
        let (changed, off) = write_again(&kernel, &mut write, judged).await?;
        acts += u64::from(changed);
        after.changed += u64::from(changed);
        after.taken_off += u64::from(off);
    }
    match listings.last() {
        Some(last) => after.cursor.clone_from(&last.id),
        None => {
            after.running = false;
            after.finished_at = Some(write.now());
        }
    }
    if !store::rescreens::advance(write.tx(), &before, &after).await? {
        return Ok(1);
    }
    if !after.running {
        let act = Act::new("rescreen.finished", "rescreen", &after.id)
            .policy(&after.market, &after.pack_version)
            .public("listings", after.done)
            .public("changed", after.changed)
            .public("taken_off", after.taken_off)
            .public("text_read", after.text_read);
        write.act(act).await?;
        acts += 1;
    }
    if acts == 0 {
        // Only the cursor moved: progress is no decision and writes no act.
        drop(write);
        let tx = kernel.db().write_tx().await?;
        store::rescreens::advance(&tx, &before, &after).await?;
        tx.commit().await.map_err(db::Error::from)?;
    } else {
        write.commit().await?;
    }
    Ok(1)
}

/// `brand.expired`, `brand.rejected`, `brand.withdrawn`: the goods of the merchant are judged again, and what sold under
/// the brand's name without authorisation leaves the shelf or goes to a person, as the policy says.
///
/// # Errors
/// What the store says.
pub async fn on_brand_lapsed(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some(merchant) = crate::reactions::merchant_of(&act) else { return Ok(()) };
    let filter = Filter { merchant_id: Some(merchant), ..Filter::default() };
    let mut after = String::new();
    loop {
        let listings = store::listings::after(kernel.db().read(), &filter, &after, TURN_LISTINGS_MAX).await?;
        let Some(last) = listings.last() else { return Ok(()) };
        after.clone_from(&last.id);
        let markets: BTreeSet<String> = listings.iter().map(|listing| listing.market.clone()).collect();
        for market in markets {
            let of_market: Vec<Listing> = listings.iter().filter(|listing| listing.market == market).cloned().collect();
            let compiled = engine::in_force(&kernel, &market).await?;
            let again = judge_again(&kernel, &of_market, &compiled).await?;
            let mut write = kernel.begin(&Actor::system("brand-lapsed")).await?;
            let mut changed = false;
            for judged in &again.judged {
                changed |= write_again(&kernel, &mut write, judged).await?.0;
            }
            if changed {
                write.commit().await?;
            }
        }
    }
}

/// What came of judging listings again.
pub(crate) struct Again {
    pub judged: Vec<(Listing, Run, Judged)>,
    /// Listings whose text was read again.
    pub text_read: u64,
}

/// Judges the newest screened version of each listing by other rules. Versions nobody screened yet are left out: they
/// are on their way to be screened by the policy in force.
pub(crate) async fn judge_again(kernel: &Kernel, listings: &[Listing], compiled: &Arc<Compiled>) -> Result<Again> {
    let db = kernel.db().read();
    let spoken = |listing: &Listing| listing.on_sale_version_id.clone().or_else(|| listing.passed_version_id.clone());
    let ids: Vec<String> =
        listings.iter().map(|listing| spoken(listing).unwrap_or_else(|| listing.latest_version_id.clone())).collect();
    let versions = store::versions::get_all(db, &ids).await?;
    let runs =
        store::runs::get_all(db, &versions.iter().filter_map(|version| version.run_id.clone()).collect::<Vec<_>>())
            .await?;
    let kept = store::runs::facts_of(db, &ids).await?;
    let pictures =
        input::pictures(kernel, &versions.iter().map(|version| &version.content).collect::<Vec<_>>()).await?;
    let held = engine::banks(kernel).await?;
    let mut market = Market::default();
    let mut standings: HashMap<(String, String), Standing> = HashMap::new();
    let mut scratch = Scratch::default();
    let mut again = Again { judged: Vec::new(), text_read: 0 };
    for version in versions {
        let screened = matches!(version.state, VersionState::Passed | VersionState::InReview | VersionState::Rejected);
        let listing = listings.iter().find(|listing| listing.id == version.listing_id);
        let run = runs.iter().find(|run| Some(&run.id) == version.run_id.as_ref());
        let (true, Some(listing), Some(run)) = (screened, listing, run) else { continue };
        let key = (version.merchant_id.clone(), version.content.category.clone());
        if !standings.contains_key(&key) {
            standings.insert(key.clone(), standing::of(kernel, &key.0, &version.market, &key.1).await?);
        }
        let Some(standing) = standings.get(&key) else { continue };
        let stored = kept.iter().find(|kept| kept.version_id == version.id);
        let (facts, text_read) = renew(kernel, &version, standing, stored, compiled, &pictures, &mut scratch)?;
        again.text_read += u64::from(text_read);
        let statistics = market.statistics(kernel, &version.listing_id, &version.market, &version.content).await?;
        let mut held = held.lock().await;
        held.banks.prices = statistics;
        let report = turn::judge(&version, standing, &facts, compiled, &held, kernel.today());
        drop(held);
        let judged = Judged { version, report, kept: facts, kind: RunKind::Facts };
        again.judged.push((listing.clone(), run.clone(), judged));
    }
    Ok(again)
}

/// Facts under the new rules: what hangs on the listing's form, documents and price is cheap and made anew; what was
/// found in the text and in the pictures is kept, and the text is read only for terms that are new.
fn renew(
    kernel: &Kernel,
    version: &Version,
    standing: &Standing,
    stored: Option<&store::runs::StoredFacts>,
    compiled: &Compiled,
    pictures: &HashMap<String, screening::images::ImageState>,
    scratch: &mut Scratch,
) -> Result<(KeptFacts, bool)> {
    let input = input::of(version, standing);
    let earlier = stored.and_then(|stored| {
        let earlier = engine::remembered(kernel, &stored.market, &stored.pack_version)?;
        let kept: KeptFacts = serde_json::from_str(&stored.facts).ok()?;
        Some((earlier, kept))
    });
    let Some((earlier, kept)) = earlier else {
        let mut facts = screening::read(&input, &compiled.rules, scratch);
        input::fill_pictures(&mut facts, &version.content, pictures);
        let changes = stored
            .and_then(|stored| serde_json::from_str::<KeptFacts>(&stored.facts).ok())
            .map(|kept| kept.changes)
            .unwrap_or_default();
        return Ok((KeptFacts { facts, changes }, true));
    };
    let mut text_read = false;
    let claims = compiled.rules.claims.renew(
        kept.facts.claims,
        &earlier.rules.claims,
        || {
            text_read = true;
            input.clone()
        },
        scratch,
    );
    let facts = screening::Facts {
        form: screening::form::facts(&input),
        claims,
        documents: screening::documents::facts(&input),
        brand: screening::brand::facts(&input, &compiled.rules.brands),
        price: screening::price::facts(&input),
        recalls: screening::recalls::facts(&input),
        ..kept.facts
    };
    Ok((KeptFacts { facts, changes: kept.changes }, text_read))
}

/// Whether a judgement says something else than the run before.
pub(crate) fn differs(run: &Run, judged: &Judged) -> bool {
    let spoken = |findings: &[Finding]| -> Vec<(String, String, Option<usize>, Mode, screening::Severity)> {
        let mut all: Vec<_> =
            findings.iter().map(|f| (f.rule.clone(), f.field.clone(), f.start, f.mode, f.severity)).collect();
        all.sort_by(|a, b| (&a.0, &a.1, a.2).cmp(&(&b.0, &b.1, b.2)));
        all
    };
    run.decision != judged.report.decision || spoken(&run.findings) != spoken(&judged.report.findings)
}

/// Writes a changed judgement. Returns whether anything changed, and whether the listing left the shelf.
async fn write_again(kernel: &Kernel, write: &mut Write, item: &(Listing, Run, Judged)) -> Result<(bool, bool)> {
    let (_, run, judged) = item;
    if !differs(run, judged) {
        return Ok((false, false));
    }
    let Some(version) = store::versions::get(write.tx(), &judged.version.id).await? else { return Ok((false, false)) };
    let Some(listing) = store::listings::get(write.tx(), &version.listing_id).await? else { return Ok((false, false)) };
    if version.state != judged.version.state || listing.state == crate::state::State::Removed {
        return Ok((false, false));
    }
    let findings = &judged.report.findings;
    let act_id = write.act(apply::screened_act("listing.rescreened", &listing, &version, &judged.report)).await?;
    apply::record(write, &version, judged, &act_id).await?;
    let mut now = listing.clone();
    if listing.latest_version_id == version.id {
        now.decision = Some(judged.report.decision);
        now.findings = findings.iter().filter(|finding| finding.mode == Mode::On).count() as u32;
        now.worst = worst_of(findings);
    }
    now.updated_at = write.now();
    shelf::keep(write, &listing, &now).await?;
    let rules = apply::counting_rules(findings);
    let was_on_sale = now.on_sale_version_id.is_some();
    if version.state == VersionState::Passed {
        now = match judged.report.decision {
            Decision::Pass => now,
            Decision::Review => {
                let asked = apply::review(write, &now, &version, &rules, true).await?;
                if apply::is_severe(findings) && was_on_sale {
                    shelf::hold(write, &asked, Cause::Screening, &version.id, &rules, "").await?
                } else {
                    asked
                }
            }
            Decision::Reject => {
                let act = Act::new("listing.rejected", "listing", &now.id)
                    .about("listing_version", &version.id)
                    .about("merchant", &now.merchant_id)
                    .public("version", version.id.as_str())
                    .public("again", true)
                    .outcome("reject")
                    .policy(&now.market, &apply::pack_of(&judged.report));
                let rejected = write.act(rules.iter().take(40).fold(act, |act, rule| act.reason(rule))).await?;
                let by = write.actor().id.clone();
                let next = decide::reject(write, &now, &version, &by, &rejected, &rules).await?;
                if findings.iter().any(crate::banks::fingerprints::is_banning) {
                    crate::banks::fingerprints::ban(write, &version, "rejected", &rules, &rejected).await?;
                }
                next
            }
        };
    }
    let _ = kernel;
    Ok((true, was_on_sale && now.on_sale_version_id.is_none()))
}
