//! Equality with published numbers and with R.
//!
//! `tests/reference/*.csv` was computed with R 4.2.2 (stats) and, for Farrington–Noufaily and EARS C3, R's surveillance 1.20.3, on series
//! made with R's random numbers (`weeks.csv`, `cohort.csv`, `mixture.csv`). The public data of `shared/data/statistics` is tried where
//! that folder is present.

use statistics::cohort::{self, Observation};
use statistics::cusum::{Batch, BinomialCusum};
use statistics::disproportionality::{self, Counts, MixturePrior, Pair};
use statistics::distributions::{Beta, Binomial, Gamma, NegativeBinomial, Poisson, normal};
use statistics::ears::{self, Method};
use statistics::farrington::{self, Limit, Settings, Trend};
use statistics::maxsprt::Design;
use std::path::{Path, PathBuf};

/// Rows of a CSV text as fields, without the header.
fn rows(text: &str) -> Vec<Vec<String>> {
    csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

fn number(text: &str) -> f64 {
    if text == "NA" { f64::NAN } else { text.parse().unwrap() }
}

/// `shared/data/statistics/<name>`, if the folder is there.
fn public(name: &str) -> Option<Vec<Vec<String>>> {
    let set = std::env::var_os("TOUCHSTONE_SHARED_DATA").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/data"));
    let file =
        set.into_iter().chain(above).map(|folder| folder.join("statistics").join(name)).find(|file| file.is_file());
    match file {
        Some(file) => Some(rows(&std::fs::read_to_string(file).unwrap())),
        None => {
            println!("shared/data/statistics/{name} is not here: not tried");
            None
        }
    }
}

/// Equal to 10⁻⁹ of the larger of the two and 1 (logarithms of tails: of the tail itself).
fn close(found: f64, wanted: f64, within: f64) -> bool {
    (found - wanted).abs() <= within * wanted.abs().max(1e-12) || (found == wanted)
}

#[test]
fn both_tails_of_every_distribution_are_rs() {
    for row in rows(include_str!("reference/tails.csv")) {
        let [a, b, x, lower, upper] = [1, 2, 3, 4, 5].map(|i| number(&row[i]));
        let k = x as u64;
        let found = match row[0].as_str() {
            "gamma" => {
                let d = Gamma::new(a, b).unwrap();
                (d.ln_cdf(x), d.ln_survival(x))
            }
            "beta" => {
                let d = Beta::new(a, b).unwrap();
                (d.ln_cdf(x), d.ln_survival(x))
            }
            "poisson" => {
                let d = Poisson::new(a).unwrap();
                (d.ln_cdf(k), d.ln_tail(k))
            }
            "negative_binomial" => {
                let d = NegativeBinomial::new(a, b).unwrap();
                (d.ln_cdf(k), d.ln_tail(k))
            }
            _ => {
                let d = Binomial::new(a as u64, b).unwrap();
                (d.ln_cdf(k), d.ln_tail(k))
            }
        };
        // Near 0 a logarithm is the other tail: there its absolute size counts.
        let same = |found: f64, wanted: f64| close(found, wanted, 1e-9) || (found - wanted).abs() < 1e-13;
        assert!(same(found.0, lower) && same(found.1, upper), "{row:?} {found:?}");
    }
}

#[test]
fn quantiles_are_rs() {
    for row in rows(include_str!("reference/quantiles.csv")) {
        let [a, b, p, x] = [1, 2, 3, 4].map(|i| number(&row[i]));
        let found = match row[0].as_str() {
            "normal" => normal::quantile(p).unwrap(),
            "gamma" => Gamma::new(a, b).unwrap().quantile(p).unwrap(),
            "beta" => Beta::new(a, b).unwrap().quantile(p).unwrap(),
            "poisson" => Poisson::new(a).unwrap().quantile(p).unwrap() as f64,
            "negative_binomial" => NegativeBinomial::new(a, b).unwrap().quantile(p).unwrap() as f64,
            _ => Binomial::new(a as u64, b).unwrap().quantile(p).unwrap() as f64,
        };
        assert!(close(found, x, 1e-8) || (found - x).abs() < 1e-12, "{row:?} {found}");
    }
}

/// R: optim and nlm on Σ dnbinom(x, size = shape, mu = mean·exposure, log = TRUE).
#[test]
fn a_cohorts_prior_is_the_maximum_r_finds() {
    let seen: Vec<Observation> = rows(include_str!("reference/cohort.csv"))
        .iter()
        .map(|row| Observation::new(number(&row[0]), number(&row[1])))
        .collect();
    let found = cohort::fit(&seen).unwrap();
    assert!(close(found.prior.shape, 2.250_810_627_055_82, 1e-6), "{found:?}");
    assert!(close(found.prior.mean(), 0.019_396_937_119_920_8, 1e-6), "{found:?}");
    let constant: f64 = seen.iter().map(|o| (1..=o.count as u64).map(|k| (k as f64).ln()).sum::<f64>()).sum();
    assert!(close(found.ln_likelihood - constant, -392.263_203_035_264, 1e-9), "{found:?}");
}

/// R: nlminb from three starts, then nlm, on the same likelihoods, all and positive counts only.
#[test]
fn the_mixture_of_two_gammas_is_the_maximum_r_finds() {
    let pairs: Vec<Pair> = rows(include_str!("reference/mixture.csv"))
        .iter()
        .map(|row| Pair::new(number(&row[0]) as u32, number(&row[1])))
        .collect();
    let seen: Vec<Pair> = pairs.iter().copied().filter(|pair| pair.count > 0).collect();
    let cases = [
        (
            &pairs,
            Counts::All,
            -3_097.106_541_868_48,
            [1.099_512_562, 0.199_839_818, 2.915_693_046, 3.281_813_276, 0.073_700_474],
        ),
        (
            &seen,
            Counts::AtLeast(1),
            -1_626.524_913_353_6,
            [0.075_979_37, 0.115_134_22, 2.927_634_16, 3.315_596_79, 0.229_428_94],
        ),
    ];
    for (pairs, counts, likelihood, wanted) in cases {
        let found = disproportionality::fit(pairs, counts).unwrap();
        assert!((found.ln_likelihood - likelihood).abs() < 1e-6, "{found:?}");
        let MixturePrior { first, second, share } = found.prior;
        let (first, second, share) =
            if counts == Counts::All { (first, second, share) } else { (second, first, 1.0 - share) };
        let found = [first.0, first.1, second.0, second.1, share];
        for (found, wanted) in found.iter().zip(wanted) {
            assert!(close(*found, wanted, 2e-4), "{found} {wanted}");
        }
    }
}

/// The hyper-parameters the openEBGM authors state for the whole table of the US FDA's CAERS reports (2012–2016), from which the 500
/// pairs are taken; the file gives two decimals.
#[test]
fn five_hundred_pairs_of_reports_have_their_published_scores() {
    let Some(rows) = public("caers-ebgm-500.csv") else { return };
    let prior = MixturePrior::new((3.252_803_67, 0.399_833_76), (2.024_904, 1.907_268_19), 0.065_364_16).unwrap();
    assert_eq!(rows.len(), 500);
    let mut worst = [0.0; 3];
    for row in rows {
        let posterior = prior.posterior(row[2].parse().unwrap(), number(&row[3])).unwrap();
        let found = [posterior.geometric_mean(), posterior.quantile(0.05).unwrap(), posterior.quantile(0.95).unwrap()];
        for (k, (found, wanted)) in found.iter().zip(&row[6..9]).enumerate() {
            worst[k] = f64::max(worst[k], (found - number(wanted)).abs());
        }
    }
    // The package halves intervals until two decimals stand still: its bounds may be off by almost one in the second.
    assert!(worst[0] <= 0.005 && worst[1] < 0.01 && worst[2] < 0.01, "{worst:?}");
}

#[test]
fn critical_values_of_the_sequential_test_are_those_of_the_r_package() {
    for (limit, wanted) in [
        (1.0, 2.853_937),
        (2.0, 3.046_977),
        (5.0, 3.297_183),
        (10.0, 3.467_952),
        (20.0, 3.628_123),
        (50.0, 3.819_903),
        (100.0, 3.952_321),
    ] {
        let found = Design::continuous(limit, 0.05).critical_value().unwrap();
        assert!((found.value - wanted).abs() < 1e-6, "{limit}: {}", found.value);
        assert!((found.spent - 0.05).abs() < 1e-9);
    }
}

/// Kulldorff & Silva, REVSTAT 15 (2017) 373, table 1 (α = 0.05): the fewest events M of 1, 2, 3 … that may name a lot.
#[test]
fn critical_values_for_a_least_number_of_events_are_the_published_ones() {
    for (upper_limit, wanted) in [
        (1.0, &[2.853_937, 2.366_638, 1.774_218][..]),
        (1.5, &[2.964_971, 2.576_390, 2.150_707, 1.683_209]),
        (2.0, &[3.046_977, 2.689_354, 2.349_679, 2.000_158]),
    ] {
        for (least, wanted) in (1..).zip(wanted) {
            let design = Design { minimum_events: least, ..Design::continuous(upper_limit, 0.05) };
            let found = design.critical_value().unwrap().value;
            assert!((found - wanted).abs() < 1e-6, "{upper_limit} {least}: {found}");
        }
    }
}

#[test]
fn the_cusum_of_the_abattoir_alarms_once_in_week_41() {
    let (Some(phase), Some(steps)) = (public("abattoir.csv"), public("abattoir_lrcusum_h5.csv")) else { return };
    let whole = |column: usize| phase[..104].iter().map(|row| number(&row[column])).sum::<f64>();
    let baseline = whole(1) / whole(0);
    let batches: Vec<Batch> = steps
        .iter()
        .map(|row| Batch { trials: row[1].parse().unwrap(), failures: row[2].parse().unwrap(), baseline })
        .collect();
    let found = BinomialCusum::new(2.0, 5.0).unwrap().run(&batches).unwrap();
    for (step, row) in found.iter().zip(&steps) {
        assert!((step.value - number(&row[3])).abs() < 1e-6, "{row:?} {step:?}");
    }
    let alarms: Vec<usize> = (0..found.len()).filter(|&week| found[week].alarm).map(|week| week + 1).collect();
    assert_eq!(alarms, [41]);
}

fn salmonella() -> Option<Vec<f64>> {
    Some(public("salmonella_agona.csv")?.iter().map(|row| number(&row[1])).collect())
}

#[test]
fn limits_of_ears_are_those_of_the_r_package() {
    let Some(counts) = salmonella() else { return };
    for (file, method) in [("ears_C1_agona.csv", Method::C1), ("ears_C2_agona.csv", Method::C2)] {
        for row in public(file).unwrap() {
            let week: usize = row[0].parse().unwrap();
            // The file's bounds were computed with α = 0.01.
            let settings = ears::Settings { alpha: 0.01, ..ears::Settings::usual(method) };
            let judged = ears::judge(&counts, week - 1, &settings).unwrap();
            assert!((judged.upper - number(&row[2])).abs() < 1e-9, "{method:?} {row:?} {judged:?}");
            assert_eq!(judged.alarm, row[3] == "TRUE", "{row:?}");
        }
    }
}

/// The package puts the day's own count where its documentation has the mean; with the parts of the judgement its numbers come out.
#[test]
fn the_parts_of_c3_are_those_of_the_r_package() {
    let Some(counts) = salmonella() else { return };
    let z = normal::quantile(0.975).unwrap();
    for row in rows(include_str!("reference/ears_c3.csv")) {
        let week: usize = row[0].parse().unwrap();
        let judged = ears::judge(&counts, week - 1, &ears::Settings::usual(Method::C3)).unwrap();
        let theirs = (counts[week - 1] + judged.deviation * (z - judged.carried)).max(0.0);
        assert!((theirs - number(&row[1])).abs() < 1e-9, "{row:?} {judged:?}");
    }
}

fn farrington_settings(name: &str) -> Settings {
    let base = Settings::noufaily(0.01);
    match name {
        "noufaily" => base,
        "muan" => {
            Settings { years: 4, reweighted_above: None, alpha: 0.005, limit: Limit::NegativeBinomialUpperMean, ..base }
        }
        "delta" => Settings {
            years: 3,
            reweighted_above: None,
            trend: Trend::Below(0.05),
            seasons: 1,
            left_out: 3,
            limit: Limit::TwoThirdsPower,
            ..base
        },
        "poponly" => Settings { alpha: 0.001, seasons: 1, left_out: 10, least_cases: (0.0, 4), ..base },
        _ => Settings {
            half_window: 2,
            reweighted_above: None,
            trend: Trend::Never,
            seasons: 5,
            least_cases: (0.0, 4),
            ..base
        },
    }
}

#[test]
fn farrington_and_noufaily_judge_as_the_r_package_does() {
    let made: Vec<f64> = rows(include_str!("reference/weeks.csv")).iter().map(|row| number(&row[0])).collect();
    let real = salmonella();
    let mut tried = 0;
    for row in rows(include_str!("reference/farrington.csv")) {
        let counts = match (row[0].as_str(), &real) {
            ("made", _) => &made,
            (_, Some(real)) => real,
            _ => continue,
        };
        let at: usize = row[2].parse::<usize>().unwrap() - 1;
        let judged = farrington::judge(counts, None, at, &farrington_settings(&row[1])).unwrap();
        let [expected, upper, dispersion, trend, _, p] = [3, 4, 5, 6, 7, 8].map(|i| number(&row[i]));
        assert_eq!(judged.enough_cases, !upper.is_nan(), "{row:?}");
        assert!(close(judged.dispersion, dispersion, 1e-6), "{row:?} {judged:?}");
        assert_eq!(judged.trend.is_some(), !trend.is_nan(), "{row:?} {judged:?}");
        assert!(judged.trend.is_none_or(|found| close(found, trend, 1e-6)), "{row:?} {judged:?}");
        assert!(close(judged.p_value, p, 1e-5), "{row:?} {judged:?}");
        if judged.enough_cases {
            assert!(close(judged.expected, expected, 1e-6) && close(judged.upper, upper, 1e-6), "{row:?} {judged:?}");
            assert_eq!(judged.alarm, counts[at] > upper, "{row:?}");
        }
        tried += 1;
    }
    assert!(tried >= 50, "{tried}");
}
