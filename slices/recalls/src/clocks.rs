//! What is due when. The numbers are policy data of the recall's market, the working days those of the home calendar.

use crate::Error;
use crate::model::{InformedBy, Recall, State};
use ground::{Problem, Timestamp};
use kernel::Kernel;
use policy::WorkingDays;

/// Microseconds of an hour.
const HOUR_MICROS: i64 = 3_600_000_000;

/// A clock of a recall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// `start`, `stop_sale`, `answer`, `finish`.
    pub name: &'static str,
    /// When it runs out.
    pub due: Timestamp,
    /// When it was met; none while it runs.
    pub met: Option<Timestamp>,
}

impl Clock {
    /// Whether it ran out unmet, or was met too late.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.met.unwrap_or(now) > self.due
    }
}

/// The numbers in force on the day a recall was opened.
struct Rules {
    authority_working_days: i64,
    notice_working_days: i64,
    start_hours: Vec<i64>,
    answer_working_days: i64,
    finish_working_days: Vec<i64>,
}

fn rules(kernel: &Kernel, recall: &Recall) -> Result<Rules, Error> {
    let packs = kernel.packs();
    let day = recall.created_at.date_in(kernel.zone());
    let read = |pack: &policy::Pack| -> Result<Rules, policy::ParameterError> {
        Ok(Rules {
            authority_working_days: pack.integer("recalls.authority_working_days", day)?,
            notice_working_days: pack.integer("recalls.notice_working_days", day)?,
            start_hours: pack.integers("recalls.start_hours", day)?,
            answer_working_days: pack.integer("recalls.answer_working_days", day)?,
            finish_working_days: pack.integers("recalls.finish_working_days", day)?,
        })
    };
    let market = packs.market(&recall.market).ok();
    let found = market.and_then(|pack| read(pack).ok());
    found.map_or_else(|| read(packs.home()), Ok).map_err(|error| Error::Platform(Problem::internal(error)))
}

/// The end of the last of so many working days after the day of a moment.
fn working_days(kernel: &Kernel, calendar: &WorkingDays, from: Timestamp, days: i64) -> Timestamp {
    let days = i32::try_from(days.clamp(0, 1_000)).unwrap_or(1_000);
    let last = calendar.add_working_days(from.date_in(kernel.zone()), days);
    last.tomorrow().map_or(from, |next| Timestamp::start_of(next, kernel.zone()))
}

/// The value of a level; the last one holds for the graver ones that are not listed.
fn of_level(values: &[i64], level: u8) -> Option<i64> {
    values.get(usize::from(level.max(1)) - 1).or(values.last()).copied()
}

/// Every clock of a recall, in the order of the procedure.
///
/// # Errors
/// `internal` when a parameter is missing.
pub fn clocks(kernel: &Kernel, recall: &Recall) -> Result<Vec<Clock>, Error> {
    let rules = rules(kernel, recall)?;
    let calendar = WorkingDays::from_pack(kernel.packs().home())
        .map_err(|error| Error::Platform(Problem::internal(format!("the calendar cannot be read: {error:?}"))))?;
    let content = &recall.content;
    let informed_at = Timestamp::from_micros(content.informed_at_micros);
    let mut clocks = Vec::new();
    if let Some(hours) = of_level(&rules.start_hours, content.level) {
        let due = recall.created_at.plus_micros(hours * HOUR_MICROS);
        clocks.push(Clock { name: "start", due, met: recall.started_at });
    }
    let days = match content.informed_by {
        InformedBy::Authority => Some(rules.authority_working_days),
        InformedBy::Notice => Some(rules.notice_working_days),
        InformedBy::Own | InformedBy::Merchant => None,
    };
    if let Some(days) = days {
        let due = working_days(kernel, &calendar, informed_at, days);
        clocks.push(Clock { name: "stop_sale", due, met: recall.stopped_at });
    }
    if let Some(started_at) = recall.started_at {
        let due = working_days(kernel, &calendar, started_at, rules.answer_working_days);
        let all = recall.counts.answered >= recall.counts.merchants;
        let met = all.then_some(recall.notified_at.unwrap_or(recall.updated_at));
        clocks.push(Clock { name: "answer", due, met });
        if let Some(days) = of_level(&rules.finish_working_days, content.level) {
            let due = working_days(kernel, &calendar, started_at, days);
            clocks.push(Clock { name: "finish", due, met: recall.closed_at });
        }
    }
    Ok(clocks)
}

/// The next clock that runs; none when the recall is over.
///
/// # Errors
/// `internal` when a parameter is missing.
pub(crate) fn next_due(kernel: &Kernel, recall: &Recall) -> Result<Option<Timestamp>, Error> {
    if matches!(recall.state, State::Closed | State::Cancelled) {
        return Ok(None);
    }
    let clocks = clocks(kernel, recall)?;
    Ok(clocks.into_iter().filter(|clock| clock.met.is_none()).map(|clock| clock.due).min())
}
