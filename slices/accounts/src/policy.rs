//! The rules about people that stand in the policy pack of the home market.

use ground::Problem;
use ground::time::{DAY_MICROS, HOUR_MICROS, MINUTE_MICROS};
use kernel::{Kernel, Result, Role};
use std::collections::BTreeSet;

/// The rules in force today.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) password_chars_min: usize,
    pub(crate) failures_max: usize,
    pub(crate) window_micros: i64,
    pub(crate) pause_micros: i64,
    pub(crate) session_micros: i64,
    pub(crate) idle_micros: i64,
    pub(crate) invitation_micros: i64,
    pub(crate) second_factor_roles: BTreeSet<Role>,
    pub(crate) token_micros_max: i64,
}

impl Rules {
    /// Reads them.
    pub(crate) fn of(kernel: &Kernel) -> Result<Rules> {
        let packs = kernel.packs();
        let (pack, today) = (packs.home(), kernel.today());
        let number = |name: &str| pack.integer(&format!("accounts.{name}"), today).map_err(Problem::internal);
        let roles = pack.list("accounts.second_factor_roles", today).map_err(Problem::internal)?;
        Ok(Rules {
            password_chars_min: number("password_chars_minimum")? as usize,
            failures_max: number("sign_in_failures_max")? as usize,
            window_micros: number("sign_in_window_minutes")? * MINUTE_MICROS,
            pause_micros: number("sign_in_pause_minutes")? * MINUTE_MICROS,
            session_micros: number("session_hours")? * HOUR_MICROS,
            idle_micros: number("session_idle_minutes")? * MINUTE_MICROS,
            invitation_micros: number("invitation_hours")? * HOUR_MICROS,
            second_factor_roles: roles.iter().filter_map(|name| Role::from_name(name)).collect(),
            token_micros_max: number("token_days_max")? * DAY_MICROS,
        })
    }

    #[cfg(test)]
    pub(crate) fn for_tests() -> Rules {
        Rules {
            password_chars_min: 12,
            failures_max: 5,
            window_micros: 15 * MINUTE_MICROS,
            pause_micros: 15 * MINUTE_MICROS,
            session_micros: 12 * HOUR_MICROS,
            idle_micros: HOUR_MICROS,
            invitation_micros: 72 * HOUR_MICROS,
            second_factor_roles: BTreeSet::new(),
            token_micros_max: 365 * DAY_MICROS,
        }
    }
}
