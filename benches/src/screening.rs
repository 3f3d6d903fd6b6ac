//! Screening: the time for one listing, listings a second on one core, and what a changed policy costs.

use crate::table::{Table, quantile, shown};
use anyhow::{Context as _, anyhow};
use jiff::civil::Date;
use policy::{Pack, Source};
use screening::claims::{self, ClaimRules, Scratch};
use screening::index::FactsIndex;
use screening::{Banks, Input, Rules};
use std::hint::black_box;
use std::time::Instant;

/// The day whose rules apply.
const DAY: Date = Date::constant(2026, 11, 1);
/// Listings of the generated stream that are timed one by one.
const LISTINGS: u64 = 40_000;
/// Listings whose facts are kept for the policy changes.
const KEPT: u32 = 200_000;
/// The stream a change of policy is reckoned for.
const STREAM: f64 = 1e9;
/// What a new row looks for: terms no shipped row has.
const NEW_TERMS: &[&str] =
    &["试验新词甲", "试验新词乙", "永动", "会呼吸的", "零重力", "黄金比例", "臻选", "匠心", "高奢", "轻奢"];

/// The tables of this part.
///
/// # Errors
/// Packs that do not compile.
pub fn run() -> anyhow::Result<Vec<Table>> {
    let packs = policy::shipped();
    let pack = packs.market("cn").map_err(|error| anyhow!("{error:?}"))?;
    let rules = compiled(pack)?;
    Ok(vec![latency(&rules)?, changes(&rules)?])
}

fn compiled(pack: &Pack) -> anyhow::Result<Rules> {
    Rules::compile(pack, DAY).map_err(|faults| anyhow!("{faults}"))
}

/// A listing of the marketplace simulator as the engine reads it.
fn input(listing: market::demonstration::Listing) -> Input {
    Input {
        id: listing.external_id,
        market: "cn".to_owned(),
        title: listing.title,
        description: listing.description,
        category: listing.category,
        brand: listing.brand,
        gtin: listing.gtin,
        price_minor: Some(listing.price_minor),
        list_price_minor: listing.list_price_minor,
        currency: "CNY".to_owned(),
        attributes: listing.attributes,
        ..Input::default()
    }
}

/// A title alone, padded by repetition to about 170 bytes.
fn title(mut input: Input) -> Input {
    let once = input.title.clone();
    while input.title.len() < 160 {
        input.title.push(' ');
        input.title.push_str(&once);
    }
    let end = (0..=170.min(input.title.len())).rev().find(|&end| input.title.is_char_boundary(end)).unwrap_or(0);
    input.title.truncate(end);
    Input { description: String::new(), attributes: Default::default(), ..input }
}

fn latency(rules: &Rules) -> anyhow::Result<Table> {
    let header = ["catalogue", "listings", "bytes of text each", "p50 ms", "p99 ms", "listings/s on one core"];
    let mut table = Table::new("Screening: one listing through all text checks, one core", &header);
    let demonstration = market::demonstration::generate(1, DAY).listings.into_iter().map(input).collect::<Vec<_>>();
    let generated: Vec<Input> = market::catalogue::stream(1, LISTINGS).map(input).collect();
    let titles: Vec<Input> = generated.iter().cloned().map(title).collect();
    for (name, listings, rounds) in
        [("demonstration", &demonstration, 20), ("generated", &generated, 1), ("generated titles", &titles, 1)]
    {
        table.row(&timed(name, listings, rules, rounds)?);
    }
    Ok(table)
}

fn timed(name: &str, listings: &[Input], rules: &Rules, rounds: usize) -> anyhow::Result<Vec<String>> {
    let banks = Banks::default();
    let mut scratch = Scratch::default();
    let mut waits = Vec::with_capacity(listings.len() * rounds);
    let begin = Instant::now();
    for listing in (0..rounds).flat_map(|_| listings) {
        let start = Instant::now();
        black_box(screening::screen_with(listing, rules, &banks, DAY, &mut scratch));
        waits.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let seconds = begin.elapsed().as_secs_f64();
    let bytes: usize = listings.iter().flat_map(Input::texts).map(|(_, text)| text.len()).sum();
    let count = waits.len();
    anyhow::ensure!(count > 0, "no listings");
    let each = bytes / listings.len();
    Ok(vec![
        name.to_owned(),
        count.to_string(),
        each.to_string(),
        shown(quantile(&mut waits, 0.5)),
        shown(quantile(&mut waits, 0.99)),
        shown(count as f64 / seconds),
    ])
}

/// The shipped cn pack with one more row, or with one row's severity changed.
fn changed(edit: impl Fn(&mut Vec<Source>)) -> anyhow::Result<ClaimRules> {
    let mut sources = policy::packs::shipped_sources().remove("cn").context("the shipped packs have cn")?;
    edit(&mut sources);
    let pack = Pack::from_sources("cn", &sources).map_err(|faults| anyhow!("{faults}"))?;
    ClaimRules::compile(&pack, DAY).map_err(|faults| anyhow!("{faults}"))
}

/// Gives the row another severity.
fn other_severity(sources: &mut [Source], id: &str) {
    let head = format!("- id: {id}\n");
    for source in sources {
        let Some(row) = source.text.find(&head) else { continue };
        let Some(column) = source.text[row..].find("severity: ") else { continue };
        let at = row + column + "severity: ".len();
        let end = source.text[at..].find('\n').map_or(source.text.len(), |line| at + line);
        let other = if &source.text[at..end] == "minor" { "major" } else { "minor" };
        source.text.replace_range(at..end, other);
    }
}

fn changes(rules: &Rules) -> anyhow::Result<Table> {
    let cores = std::thread::available_parallelism()?.get() as f64;
    let header = [
        "change",
        "titles",
        "seconds on one core",
        "titles/s on one core",
        "minutes for 1 000 M titles on all cores",
        "outcome equals a full scan",
    ];
    let mut table = Table::new("Rescreening kept facts after a change of policy", &header);
    let titles: Vec<Input> =
        market::catalogue::stream(2, u64::from(KEPT)).map(|listing| title(input(listing))).collect();
    let mut scratch = Scratch::default();
    let mut index = FactsIndex::default();
    let mut kept = Vec::with_capacity(titles.len());
    for (number, listing) in (0_u32..).zip(&titles) {
        let facts = claims::facts(listing, &rules.claims, &mut scratch);
        index.insert(number, &facts);
        kept.push(facts);
    }
    let row = |name: &str, seconds: f64, equal: bool| {
        let rate = f64::from(KEPT) / seconds;
        vec![
            name.to_owned(),
            KEPT.to_string(),
            shown(seconds),
            shown(rate),
            shown(STREAM / rate / cores / 60.0),
            if equal { "yes" } else { "NO" }.to_owned(),
        ]
    };
    let terms = NEW_TERMS.join("\", \"");
    let new_row = format!(
        "table: claims\nrows:\n  - id: cn-claims-bench\n    from: 2015-09-01\n    severity: minor\n    basis: [{{ law: advertising-law, article: \"4¶1\" }}]\n    terms: [\"{terms}\"]\n    reason: {{ zh: 试验, en: a trial }}\n    fix: {{ zh: 删去, en: remove it }}\n"
    );
    let with_terms = changed(|sources| sources.push(Source::new("cn/bench.yaml", new_row.as_str())))?;
    let mut renewed = kept.clone();
    let start = Instant::now();
    let new = with_terms.atoms.without(&rules.claims.atoms);
    for (facts, listing) in renewed.iter_mut().zip(&titles) {
        new.add_to(facts, listing, &mut scratch);
    }
    let seconds = start.elapsed().as_secs_f64();
    let equal =
        titles.iter().zip(&renewed).all(|(listing, facts)| *facts == claims::facts(listing, &with_terms, &mut scratch));
    drop(renewed);
    table.row(&row(&format!("{} new terms (text is read for these only)", NEW_TERMS.len()), seconds, equal));
    // The row whose plan names the most titles: no other change of one row costs more.
    let plans = rules.claims.rules().iter().map(|rule| (index.candidates(rule).len(), rule));
    let (_, widest) = plans.max_by_key(|(titles, _)| *titles).context("the shipped packs have claims")?;
    let severity = changed(|sources| other_severity(sources, &widest.ruling.id))?;
    let start = Instant::now();
    let affected = index.affected(&rules.claims, &severity);
    for number in &affected {
        black_box(claims::findings(&kept[number as usize], &severity, &titles[number as usize].id));
    }
    let seconds = start.elapsed().as_secs_f64();
    anyhow::ensure!(!affected.is_empty(), "the changed row {} is about no title", widest.ruling.id);
    let mut differing = 0_u32;
    let equal = (0_u32..).zip(titles.iter().zip(&kept)).all(|(number, (listing, facts))| {
        let full = claims::findings(&claims::facts(listing, &severity, &mut scratch), &severity, &listing.id);
        let before = claims::findings(facts, &rules.claims, &listing.id);
        differing += u32::from(before != full);
        if affected.contains(number) { claims::findings(facts, &severity, &listing.id) == full } else { before == full }
    });
    anyhow::ensure!(differing > 0, "the change of {} changes the outcome of no title", widest.ruling.id);
    let name = format!(
        "severity of {}: {} titles in its plan, {differing} with another outcome",
        widest.ruling.id,
        affected.len()
    );
    table.row(&row(&name, seconds, equal));
    Ok(table)
}
