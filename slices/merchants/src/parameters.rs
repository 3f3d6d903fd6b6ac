//! The deadlines and choices of this duty, from the policy pack of the market (of the home market where it has none).

use crate::Error;
use ground::Timestamp;
use jiff::civil::Date;
use kernel::Kernel;
use policy::Pack;

/// What is in force today.
#[derive(Debug, Clone)]
pub struct Parameters {
    /// `merchants.enrol_automatically`: clean files whose papers the register confirmed are admitted without a person.
    pub enrol_automatically: bool,
    /// `merchants.reverification_months`: months after which a file is verified again.
    pub reverification_months: i64,
    /// `merchants.reverification_grace_days`: days a merchant has to confirm before it is suspended.
    pub reverification_grace_days: i64,
    /// `merchants.expiry_warning_days`: days before the end of a paper at which the merchant is warned, largest first.
    pub expiry_warning_days: Vec<i64>,
    /// `merchants.documents_max`: most papers of a merchant, every state counted.
    pub documents_max: u64,
}

/// The parameters of a market today.
///
/// # Errors
/// `merchant_market_unknown`; `internal` when a parameter is missing.
pub fn of(kernel: &Kernel, market: &str) -> Result<Parameters, Error> {
    let packs = kernel.packs();
    let pack =
        packs.market(market).map_err(|error| Error::Market { market: market.to_owned(), reason: error.to_string() })?;
    let today = kernel.today();
    let read = |pack: &Pack| -> Result<Parameters, policy::ParameterError> { parameters(pack, today) };
    read(pack).or_else(|_| read(packs.home())).map_err(|error| Error::Platform(ground::Problem::internal(error)))
}

fn parameters(pack: &Pack, today: Date) -> Result<Parameters, policy::ParameterError> {
    let mut expiry_warning_days = pack.integers("merchants.expiry_warning_days", today)?;
    expiry_warning_days.retain(|days| *days > 0);
    expiry_warning_days.sort_unstable_by(|a, b| b.cmp(a));
    Ok(Parameters {
        enrol_automatically: pack.boolean("merchants.enrol_automatically", today)?,
        reverification_months: pack.integer("merchants.reverification_months", today)?.clamp(1, 120),
        reverification_grace_days: pack.integer("merchants.reverification_grace_days", today)?.clamp(0, 365),
        expiry_warning_days,
        documents_max: u64::try_from(pack.integer("merchants.documents_max", today)?).unwrap_or(0),
    })
}

impl Parameters {
    /// The moment at which a file verified `now` is due again: the same day of the month, in the operator's zone.
    pub fn next_verification(&self, kernel: &Kernel, now: Timestamp) -> Timestamp {
        let today = now.date_in(kernel.zone());
        let due = today.checked_add(jiff::Span::new().months(self.reverification_months)).unwrap_or(today);
        Timestamp::start_of(due, kernel.zone())
    }
}

/// `merchants.verification_working_days`: working days a person has to decide about a file that was handed in.
///
/// # Errors
/// `internal` when the parameter is missing.
pub fn verification_working_days(kernel: &Kernel) -> Result<i32, Error> {
    let days = kernel.packs().home().integer("merchants.verification_working_days", kernel.today());
    let days = days.map_err(|error| Error::Platform(ground::Problem::internal(error)))?;
    Ok(i32::try_from(days.clamp(1, 250)).unwrap_or(5))
}

/// `merchants.register_timeout_seconds`: longest wait for a register.
///
/// # Errors
/// `internal` when the parameter is missing.
pub fn register_timeout_seconds(kernel: &Kernel) -> Result<u64, Error> {
    let seconds = kernel.packs().home().integer("merchants.register_timeout_seconds", kernel.today());
    let seconds = seconds.map_err(|error| Error::Platform(ground::Problem::internal(error)))?;
    Ok(u64::try_from(seconds.clamp(1, 120)).unwrap_or(10))
}

/// The end of the last working day for a decision about what was handed in at `submitted`, by the home calendar.
pub fn decision_due(kernel: &Kernel, submitted: Timestamp, days: i32) -> Option<Timestamp> {
    let calendar = policy::WorkingDays::from_pack(kernel.packs().home()).ok()?;
    let last = calendar.add_working_days(submitted.date_in(kernel.zone()), days);
    Some(Timestamp::start_of(last.tomorrow().ok()?, kernel.zone()))
}
