//! Sign-in rests after failures: for one login, and for one network address (which many people may share, so later). Each
//! further round of failures doubles the pause.

use crate::error::Error;
use crate::policy::Rules;
use crate::store::sign_ins::{self, By};
use ground::Timestamp;
use ground::time::DAY_MICROS;
use kernel::Kernel;

/// How long failures are remembered, microseconds.
const MEMORY_MICROS: i64 = DAY_MICROS;
/// An address may fail so many times more often than a login.
const ADDRESS_FACTOR: usize = 10;

/// Until when sign-in rests, given failures newest first; `None` when it does not. After `failures_max` failures within the
/// window it rests for the pause; for every further `failures_max` in a day twice as long, at most a day.
fn rests_until(failures: &[Timestamp], failures_max: usize, rules: &Rules) -> Option<Timestamp> {
    let last = *failures.first()?;
    let window = last.plus_micros(-rules.window_micros);
    let within = failures.iter().filter(|at| **at > window).count();
    if within < failures_max {
        return None;
    }
    let round = (failures.len() / failures_max.max(1)).clamp(1, 20) as u32;
    let pause = rules.pause_micros.saturating_mul(1 << (round - 1)).min(MEMORY_MICROS);
    Some(last.plus_micros(pause))
}

/// Refuses while sign-in rests for this login or address. Unknown logins rest like known ones.
pub(crate) async fn check(kernel: &Kernel, rules: &Rules, login: &str, address: &str) -> Result<(), Error> {
    let now = kernel.now();
    let since = now.plus_micros(-MEMORY_MICROS);
    let of_login = sign_ins::failures(kernel, By::Login(login), since).await?;
    let of_address = sign_ins::failures(kernel, By::Address(address), since).await?;
    let until = rests_until(&of_login, rules.failures_max, rules).max(rests_until(
        &of_address,
        rules.failures_max * ADDRESS_FACTOR,
        rules,
    ));
    match until {
        Some(until) if until > now => {
            let seconds = (until.micros() - now.micros()) / ground::time::SECOND_MICROS;
            Err(Error::SignInPaused { seconds: seconds.max(1) })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::time::MINUTE_MICROS;

    fn at(minutes: &[i64]) -> Vec<Timestamp> {
        minutes.iter().rev().map(|minute| Timestamp::from_micros(minute * MINUTE_MICROS)).collect()
    }

    #[test]
    fn the_pause_begins_after_the_failures_and_doubles_each_round() {
        let rules = Rules { failures_max: 3, ..Rules::for_tests() };
        let until = |minutes: &[i64]| rests_until(&at(minutes), 3, &rules).map(|at| at.micros() / MINUTE_MICROS);
        assert_eq!(until(&[]), None);
        assert_eq!(until(&[1, 2]), None);
        assert_eq!(until(&[1, 2, 3]), Some(18));
        assert_eq!(until(&[1, 20, 40]), None, "spread out");
        assert_eq!(until(&[1, 2, 3, 30, 31, 32]), Some(62));
        assert_eq!(until(&[1, 2, 3, 30, 31, 32, 70, 71, 72]), Some(132));
    }
}
