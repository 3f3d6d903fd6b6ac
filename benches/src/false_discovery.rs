//! False discovery on simulated markets looked at daily: how many names are wrong, how many faults are found and how soon.
//!
//! `BENCH_PRODUCTS` says how many products a market has (default 1,000,000).

use crate::table::{Table, shown};
use ground::SeededRng;
use statistics::discoveries;
use statistics::e_detector;
use statistics::margin::{MarginTest, Variation};
use statistics::simulation::looks::{self, Named, Watch};
use statistics::simulation::market::{Product, Recipe};
use std::time::Instant;

const DAYS: usize = 120;
/// Days after the beginning of a fault by which it should be named.
const WITHIN_DAYS: usize = 60;
const MARGIN: f64 = 1.5;

/// Markets, each with the variation its watch assumes.
fn markets(products: usize) -> Vec<(&'static str, Recipe, Variation)> {
    let plain = Recipe::plain(products, DAYS);
    let shocks = Variation::GammaShocks { shape_per_day: 2.0 };
    vec![
        ("Poisson", plain.clone(), Variation::Poisson),
        (
            "products differ by nature (gamma, shape 4), days have shocks (shape 2)",
            Recipe { nature_shape: Some(4.0), shock_shape: Some(2.0), ..plain.clone() },
            shocks,
        ),
        (
            "every faultless product exactly at the margin, shocks (shape 2)",
            Recipe { usual_ratio: MARGIN, shock_shape: Some(2.0), ..plain },
            shocks,
        ),
    ]
}

/// A table of error rates, one of recall, for each market.
///
/// # Errors
/// When a method refuses the market: a fault of the bench.
pub fn run() -> anyhow::Result<Vec<Table>> {
    let products = std::env::var("BENCH_PRODUCTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let title = format!(
        "False discovery: {products} products looked at on each of {} days, margin {MARGIN}, level 5 %",
        DAYS - 7
    );
    let mut errors = Table::new(
        &title,
        &[
            "market",
            "level",
            "false at a look (mean)",
            "worst look",
            "false of all ever named",
            "ever named",
            "values/s, one core",
        ],
    );
    let mut found = Table::new(
        &format!(
            "Faults found within {WITHIN_DAYS} days where more than 0.3 complaints a day are expected (14 days in brackets)"
        ),
        &["market", "level", "all", "3 times the baseline", "5 times", "10 times", "20 times", "faults"],
    );
    for (seed, (name, recipe, variation)) in markets(products).into_iter().enumerate() {
        let market = recipe.play(&SeededRng::new(seed as u64 + 1));
        let watch = Watch {
            detector: e_detector::usual(variation)?,
            enforcement_level: 0.05,
            test: MarginTest::new(MARGIN, variation)?,
            watch_level: 0.05,
            window_days: 35,
            first_day: 7,
        };
        let start = Instant::now();
        let enforced = looks::enforcement(&market, DAYS, &watch)?;
        let enforced_seconds = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let strict = Watch {
            detector: e_detector::usual(variation)?.within_period(DAYS),
            enforcement_level: discoveries::level_for_ever_chosen(0.05)?,
            ..watch.clone()
        };
        let ever = looks::enforcement(&market, DAYS, &strict)?;
        let ever_seconds = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let watched = looks::watching(&market, DAYS, MARGIN, &watch)?;
        let watched_seconds = start.elapsed().as_secs_f64();
        for (level, named, seconds) in [
            ("enforcement, each look", enforced, enforced_seconds),
            ("enforcement, ever in the period", ever, ever_seconds),
            ("watch", watched, watched_seconds),
        ] {
            errors.row(&[
                name.to_owned(),
                level.to_owned(),
                percent(named.false_share),
                percent(named.false_share_max),
                percent(named.ever_false_share),
                named.ever.to_string(),
                shown(named.computed as f64 / seconds),
            ]);
            found.row(&recalls(name, level, &market, &named));
        }
    }
    Ok(vec![errors, found])
}

fn recalls(name: &str, level: &str, market: &[Product], named: &Named) -> Vec<String> {
    let at = |ratio, days| looks::recall(market, DAYS, named, 0.3, ratio, days);
    let cell = |ratio| format!("{} ({})", percent(at(ratio, WITHIN_DAYS).share()), percent(at(ratio, 14).share()));
    let mut cells = vec![name.to_owned(), level.to_owned(), cell(None)];
    cells.extend([3.0, 5.0, 10.0, 20.0].map(|ratio| cell(Some(ratio))));
    cells.push(at(None, WITHIN_DAYS).faulty.to_string());
    cells
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
