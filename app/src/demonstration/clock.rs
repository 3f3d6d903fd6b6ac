//! The demonstration's time: a console page and a file that the command writes and the server follows.

use super::days::{self, Player};
use crate::open::{keep_offset, read_offset};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ground::time::{DAY_MICROS, HOUR_MICROS};
use ground::{DemonstrationClock, Problem};
use kernel::{Job, Kernel, Permission};
use maud::html;
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use ui::parts::*;
use ui::shell;
use web::{Access, Cx, Failure, Form, Routes, Site};

/// The furthest one step leads, days.
const STEP_DAYS_MAX: i64 = 3650;
/// Who may let time pass.
const MAY: Access = Access::Needs(&[Permission::AccountsManage, Permission::PoliciesManage, Permission::ReviewDecide]);

/// Advances the demonstration's time and keeps it over restarts.
#[derive(Clone)]
pub struct ClockControl {
    clock: Arc<DemonstrationClock>,
    folder: PathBuf,
}

impl ClockControl {
    /// Over a clock whose advance is kept in a folder.
    pub fn new(clock: Arc<DemonstrationClock>, folder: PathBuf) -> Self {
        ClockControl { clock, folder }
    }

    fn ahead_micros(&self) -> i64 {
        self.clock.advance_micros(0)
    }

    /// Timers do not wait for their next turn: what is due now happens now.
    fn advance(&self, kernel: &Kernel, micros: i64) -> kernel::Result<()> {
        let ahead = self.clock.advance_micros(micros);
        keep_offset(&self.folder, ahead).map_err(Problem::internal)?;
        kernel.wake_all();
        Ok(())
    }

    /// Follows what the command wrote into the folder.
    pub fn job(&self) -> Job {
        let control = self.clone();
        Job::new("demonstration-clock", Duration::from_secs(1), move |kernel| {
            let control = control.clone();
            async move {
                let behind = read_offset(&control.folder) - control.ahead_micros();
                if behind > 0 {
                    control.clock.advance_micros(behind);
                    kernel.wake_all();
                }
                Ok(0)
            }
        })
    }
}

/// A step such as `30d` or `12h`, microseconds.
pub fn parse_step(text: &str) -> Option<i64> {
    let (number, unit) = text.trim().split_at_checked(text.trim().len().checked_sub(1)?)?;
    let unit = match unit {
        "d" => DAY_MICROS,
        "h" => HOUR_MICROS,
        _ => return None,
    };
    let micros = number.parse::<i64>().ok()?.checked_mul(unit)?;
    (1..=STEP_DAYS_MAX * DAY_MICROS).contains(&micros).then_some(micros)
}

/// The console page.
pub fn routes(control: ClockControl, player: Option<Player>) -> Routes {
    let shown = (control.clone(), player.clone());
    let routes = Routes::new().page(
        MAY,
        "/console/demonstration",
        get(move |State(site): State<Site>, Cx(cx): Cx| {
            let (control, player) = shown.clone();
            async move { page(&site, &cx, &control, player.as_ref()) }
        })
        .post(move |State(site): State<Site>, Form(step): Form<Step>| {
            let control = control.clone();
            async move { advance(&site, &control, &step) }
        }),
    );
    match player {
        Some(player) => routes.merge(days::routes(player, MAY)),
        None => routes,
    }
}

#[derive(Deserialize)]
struct Step {
    days: String,
}

fn page(site: &Site, cx: &ui::View, control: &ClockControl, player: Option<&Player>) -> Result<Response, Failure> {
    let body = html! {
        (PageHeader::new(cx, cx.t("app-clock-title")).lead(cx.t("app-clock-lead")))
        (facts()
            .add(cx.t("app-clock-now"), cx.moment_text(site.kernel().now()))
            .add(cx.t("app-clock-ahead"), cx.span_text(control.ahead_micros() / ground::time::SECOND_MICROS)))
        (form_post(cx, "/console/demonstration", html! {
            (Field::number(cx, "days", cx.t("app-clock-days")).value("30").required())
            (submit(&cx.t("app-clock-advance"), None))
        }))
        @if let Some(player) = player { (days::section(cx, player)) }
    };
    Ok(shell::console(cx, &cx.t("app-clock-title"), body).into_response())
}

fn advance(site: &Site, control: &ClockControl, step: &Step) -> Result<Response, Failure> {
    let micros = parse_step(&format!("{}d", step.days.trim()))
        .ok_or_else(|| Problem::invalid_field("days", "app-clock-step-wrong"))?;
    control.advance(site.kernel(), micros)?;
    Ok(web::redirect_with_flash("/console/demonstration", "app-clock-done").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_exactly_or_not_at_all() {
        assert_eq!(parse_step("30d"), Some(30 * DAY_MICROS));
        assert_eq!(parse_step("12h"), Some(12 * HOUR_MICROS));
        for wrong in ["", "d", "-1d", "0d", "1w", "99999999999999999999d", "4000d", "é"] {
            assert_eq!(parse_step(wrong), None, "{wrong}");
        }
    }
}
