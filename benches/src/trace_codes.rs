//! Unit codes and GS1 data on one core: codes minted and verified a second, inputs read a second.

use crate::table::{Table, quantile, shown};
use gs1::unit::{COUNTERS, UnitKey, mint, second_code, verify};
use gs1::{Gtin, parse};
use std::hint::black_box;
use std::time::Instant;

/// Codes of one round.
const CODES: u64 = 200_000;
/// Rounds; the median counts.
const ROUNDS: usize = 9;

/// The tables of this part.
///
/// # Errors
/// Never in practice: the key and the GTIN are right.
pub fn run() -> anyhow::Result<Vec<Table>> {
    let key = UnitKey::from_secret(3, &[7; 32])?;
    let gtin: Gtin = "6901234567892".parse()?;
    let mut table = Table::new("Unit codes, one core", &["work", "a second", "nanoseconds each"]);
    let serials = (0..CODES).map(|counter| mint(&key, &gtin, counter)).collect::<Result<Vec<_>, _>>()?;
    measure(&mut table, "mint", |at| mint(&key, &gtin, at % COUNTERS).is_ok());
    measure(&mut table, "verify, genuine", |at| verify(&key, &gtin, serials[at as usize].as_str()) == Some(at));
    measure(&mut table, "verify, guessed", |at| {
        let mut guess = *serials[at as usize].bytes();
        guess[19] = if guess[19] == b'0' { b'1' } else { b'0' };
        verify(&key, &gtin, std::str::from_utf8(&guess).unwrap_or_default()).is_none()
    });
    measure(&mut table, "mint and verify", |at| {
        mint(&key, &gtin, at).is_ok_and(|serial| verify(&key, &gtin, serial.as_str()) == Some(at))
    });
    measure(&mut table, "covered second code", |at| {
        second_code(&key, &gtin, &serials[at as usize]).as_str().len() == 12
    });
    let mut reading = Table::new("GS1 data read and checked, one core", &["input", "a second", "nanoseconds each"]);
    for (name, input) in [
        ("bracketed, 4 elements", "(01)06901234567892(21)3A7K9M2P4Q6R8S0TVWXY(10)L2026-11(17)270531"),
        ("scan data, 4 elements", "]d20106901234567892213A7K9M2P4Q6R8S0TVWXY\u{1d}10L2026-11\u{1d}17270531"),
        (
            "Digital Link, 4 elements",
            "https://id.gs1.org/01/06901234567892/10/L2026-11/21/3A7K9M2P4Q6R8S0TVWXY?17=270531",
        ),
        ("refused: check digit", "(01)06901234567893(21)3A7K9M2P4Q6R8S0TVWXY"),
    ] {
        let accepted = !name.starts_with("refused");
        measure(&mut reading, name, |_| parse(black_box(input)).is_ok() == accepted);
    }
    Ok(vec![table, reading])
}

/// Runs the work in rounds and adds the median.
fn measure(table: &mut Table, name: &str, work: impl Fn(u64) -> bool) {
    let mut seconds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            let right = (0..CODES).filter(|&at| black_box(work(black_box(at)))).count();
            assert_eq!(right as u64, CODES, "{name}");
            begun.elapsed().as_secs_f64()
        })
        .collect();
    let median = quantile(&mut seconds, 0.5);
    table.row(&[name.to_owned(), shown(CODES as f64 / median), shown(median / CODES as f64 * 1e9)]);
}
