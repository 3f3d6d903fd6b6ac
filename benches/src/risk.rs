//! The risk model's trees beside LightGBM: the same examples, the same number of trees, the same held-out examples. The truth
//! the examples are made from is stated in [`examples`]; a score that knew it is the last row.

use crate::table::{Table, shown};
use anyhow::{Context as _, anyhow, ensure};
use boosting::{Dataset, Direction, Feature, Ranked, Settings, train};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Names a python with the module lightgbm; `scripts/lightgbm` makes one and `make bench` sets it.
const PYTHON: &str = "TOUCHSTONE_TEST_LIGHTGBM";
/// Features of the examples.
const FEATURES: usize = 40;
/// Trees of both.
const TREES: usize = 200;
/// Scores taken apart.
const TAKEN_APART: usize = 1_000;
/// Sizes: examples learned from, examples judged on.
const SIZES: &[(usize, usize)] = &[(100_000, 50_000), (3_000, 50_000)];

/// What the peer does: reads two tables of numbers, trains, writes one score a line and its seconds on standard output.
const PEER: &str = r#"
import sys, time, numpy as np, lightgbm as lgb
learn, judge, out, trees = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
a, b = np.loadtxt(learn, delimiter=','), np.loadtxt(judge, delimiter=',')
began = time.perf_counter()
settings = dict(objective='binary', learning_rate=0.05, num_leaves=31, lambda_l2=1.0, num_threads=2, seed=1, deterministic=True, force_row_wise=True, verbose=-1)
model = lgb.train(settings, lgb.Dataset(a[:, :-1], a[:, -1]), trees)
took = time.perf_counter() - began
np.savetxt(out, model.predict(b[:, :-1]), fmt='%.12g')
print(lgb.__version__, took)
"#;

/// The tables of this part.
///
/// # Errors
/// The engine refuses; the peer fails.
#[allow(clippy::disallowed_methods)] // a bench reads the clock
pub fn run() -> anyhow::Result<Vec<Table>> {
    let header = ["examples × features", "trained by", "seconds", "AUC", "log loss"];
    let mut table = Table::new(&format!("Risk model: {TREES} trees, judged on 50 000 examples never seen"), &header);
    let mut apart = Table::new("Risk model: scores taken apart", &["scores", "µs a score", "largest gap to the score"]);
    let python = std::env::var(PYTHON).unwrap_or_default();
    for (learned, judged) in SIZES {
        let (data, _) = examples(*learned, 1)?;
        let (held_out, truth) = examples(*judged, 2)?;
        let name = format!("{} × {FEATURES}", shown(*learned as f64));
        let settings = Settings { rounds_max: TREES, depth_max: 24, ..Settings::default() };
        let began = Instant::now();
        let model = train(&data, None, &settings)?.model;
        let took = began.elapsed().as_secs_f64();
        let chances: Vec<f64> = model.raw_all(&held_out)?.into_iter().map(boosting::train::probability).collect();
        let ours = row(&mut table, &name, "this", took, &chances, held_out.labels());
        if python.is_empty() {
            table.row(&[name.clone(), format!("LightGBM: {PYTHON} is not set"), "–".into(), "–".into(), "–".into()]);
        } else {
            let (version, took, chances) = peer(&python, &data, &held_out)?;
            let theirs = row(&mut table, &name, &format!("LightGBM {version}"), took, &chances, held_out.labels());
            table.row(&[name.clone(), "difference".into(), "–".into(), format!("{:+.5}", ours - theirs), "–".into()]);
        }
        row(&mut table, &name, "the truth itself", 0.0, &truth, held_out.labels());
        if *learned == SIZES[0].0 {
            let (mut values, mut gap) = (Vec::new(), 0.0f64);
            let began = Instant::now();
            for index in 0..TAKEN_APART {
                held_out.row(index, &mut values);
                let found = model.contributions(&values);
                gap = gap.max((found.bias + found.values.iter().sum::<f64>() - found.raw).abs());
            }
            let each = began.elapsed().as_secs_f64() * 1e6 / TAKEN_APART as f64;
            ensure!(gap < 1e-9, "contributions miss the score by {gap}");
            apart.row(&[shown(TAKEN_APART as f64), shown(each), format!("{gap:.1e}")]);
        }
    }
    Ok(vec![table, apart])
}

fn row(table: &mut Table, name: &str, who: &str, seconds: f64, chances: &[f64], labels: &[bool]) -> f64 {
    let found = Ranked::new(chances, labels).measures();
    let seconds = if seconds > 0.0 { shown(seconds) } else { "–".to_owned() };
    table.row(&[
        name.to_owned(),
        who.to_owned(),
        seconds,
        format!("{:.5}", found.auc),
        format!("{:.5}", found.log_loss),
    ]);
    found.auc
}

/// Examples of a stated truth: log odds of straight lines, bends, a product, a wave, a threshold and a corner; twenty features
/// say nothing; one value of twenty is missing. With them the true probabilities.
fn examples(rows: usize, seed: u64) -> anyhow::Result<(Dataset, Vec<f64>)> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut unit = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    let features = (0..FEATURES).map(|index| Feature::new(&format!("f{index}"), "", Direction::Free)).collect();
    let mut data = Dataset::new(features)?;
    let mut truth = Vec::with_capacity(rows);
    for _ in 0..rows {
        let mut x: Vec<f64> = (0..FEATURES)
            .map(|_| (-2.0 * (1.0 - unit()).ln()).sqrt() * (std::f64::consts::TAU * unit()).cos())
            .collect();
        let straight: f64 = x[8..20].iter().map(|value| 0.1 * value).sum();
        let corner = if x[0] > 1.2 && x[2] > 0.0 { -1.5 } else { 0.0 };
        let threshold = if x[6] > 1.0 { 0.4 } else { 0.0 };
        let raw = -2.0 + x[0] + 0.8 * x[1].max(0.0) - 0.7 * x[2]
            + 0.6 * x[3] * x[4]
            + 0.5 * (2.0 * x[5]).sin()
            + threshold
            + 0.3 * x[7].abs()
            + straight
            + corner;
        let chance = boosting::train::probability(raw);
        let label = unit() < chance;
        x.iter_mut().for_each(|value| {
            if unit() < 0.05 {
                *value = f64::NAN;
            }
        });
        data.push(&x, label)?;
        truth.push(chance);
    }
    Ok((data, truth))
}

fn peer(python: &str, data: &Dataset, held_out: &Dataset) -> anyhow::Result<(String, f64, Vec<f64>)> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    write(data, &path("learn.csv"))?;
    write(held_out, &path("judge.csv"))?;
    std::fs::write(path("peer.py"), PEER)?;
    let said = Command::new(python)
        .args([path("peer.py"), path("learn.csv"), path("judge.csv"), path("out.txt")])
        .arg(TREES.to_string())
        .output()
        .with_context(|| python.to_owned())?;
    ensure!(said.status.success(), "the peer failed: {}", String::from_utf8_lossy(&said.stderr));
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let (version, seconds) = said.trim().split_once(' ').ok_or_else(|| anyhow!("the peer said {said:?}"))?;
    let scores = std::fs::read_to_string(path("out.txt"))?;
    let scores: Vec<f64> = scores.lines().map(str::parse).collect::<Result<_, _>>()?;
    ensure!(scores.len() == held_out.len(), "the peer gave {} scores", scores.len());
    Ok((version.to_owned(), seconds.parse()?, scores))
}

fn write(data: &Dataset, path: &Path) -> anyhow::Result<()> {
    let (mut text, mut row) = (String::new(), Vec::new());
    for (index, label) in data.labels().iter().enumerate() {
        data.row(index, &mut row);
        for value in &row {
            if value.is_nan() { text.push_str("nan,") } else { write!(text, "{value},")? }
        }
        writeln!(text, "{}", u8::from(*label))?;
    }
    Ok(std::fs::write(path, text)?)
}
