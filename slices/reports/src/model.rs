//! Laboratories, their keys, and reports.

use crate::Error;
use ground::{Problem, Timestamp};
use jiff::civil::Date;
use kernel::Kernel;

/// Declares an enum with stable names.
macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $type { $($(#[$variant_doc])* $variant),+ }

        impl $type {
            /// All of them.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];

            /// Stable name, as stored and shown in JSON.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name),+ }
            }

            /// Reads a stable name.
            pub fn from_name(name: &str) -> Option<$type> {
                $type::ALL.iter().copied().find(|value| value.name() == name)
            }
        }
    };
}

named! {
    /// Whether a laboratory may sign.
    LaboratoryState {
        /// Entered, not looked at.
        Pending = "pending",
        /// Staff saw its accreditation.
        Confirmed = "confirmed",
        /// Staff no longer trust it: it signs no more, and who checks what it signed is told.
        Suspended = "suspended",
    }
}

/// An accreditation and how long it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accreditation {
    /// Number on the certificate.
    pub number: String,
    /// Last day; none: not stated.
    pub valid_until: Option<Date>,
}

impl Accreditation {
    /// Whether it is in force on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.valid_until.is_none_or(|until| day <= until)
    }
}

/// A laboratory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laboratory {
    /// Id of its organisation.
    pub id: String,
    /// Name, as on its certificates.
    pub name: String,
    /// Name in English; may be empty.
    pub name_en: String,
    /// Whether it may sign.
    pub state: LaboratoryState,
    /// Reason of the last decision about it.
    pub reason: String,
    /// 资质认定 (CMA).
    pub cma: Option<Accreditation>,
    /// CNAS (ISO/IEC 17025).
    pub cnas: Option<Accreditation>,
    /// Its DID; empty until it has a key.
    pub did: String,
    /// Its DID document is at its own host, not ours.
    pub own_did: bool,
    /// When staff confirmed it last.
    pub confirmed_at: Option<Timestamp>,
    /// When it was entered.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// To be named with every change.
    pub version: i64,
}

/// Which accreditation a laboratory needs; policy data (`reports.*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccreditationRule {
    /// How many of the two must be in force.
    pub least: usize,
    /// CMA in any case.
    pub cma: bool,
    /// CNAS in any case.
    pub cnas: bool,
}

impl AccreditationRule {
    /// The rule of today.
    ///
    /// # Errors
    /// `internal` when the pack lacks a parameter.
    pub fn in_force(kernel: &Kernel) -> Result<AccreditationRule, Error> {
        let (packs, today) = (kernel.packs(), kernel.today());
        let pack = packs.home();
        let least = pack.integer("reports.accreditations_min", today).map_err(Problem::internal)?;
        Ok(AccreditationRule {
            least: usize::try_from(least).unwrap_or(1),
            cma: pack.boolean("reports.cma_required", today).map_err(Problem::internal)?,
            cnas: pack.boolean("reports.cnas_required", today).map_err(Problem::internal)?,
        })
    }
}

impl Laboratory {
    /// Whether its accreditations on a day are what the rule asks for.
    pub fn accredited_on(&self, day: Date, rule: AccreditationRule) -> bool {
        let holds = |held: &Option<Accreditation>| held.as_ref().is_some_and(|held| held.holds_on(day));
        let (cma, cnas) = (holds(&self.cma), holds(&self.cnas));
        usize::from(cma) + usize::from(cnas) >= rule.least && (cma || !rule.cma) && (cnas || !rule.cnas)
    }

    /// Whether what it signed on a day is believed, where it is not suspended: staff confirmed it once, and it was accredited
    /// that day. A changed profile that waits for confirmation does not spoil older reports.
    pub fn is_believed_for(&self, day: Date, rule: AccreditationRule) -> bool {
        self.confirmed_at.is_some() && self.accredited_on(day, rule)
    }
}

/// A key of a laboratory whose DID document we publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaboratoryKey {
    /// Id.
    pub id: String,
    /// Whose.
    pub laboratory_id: String,
    /// DID it was published under.
    pub did: String,
    /// Fragment of its DID URL.
    pub fragment: String,
    /// Public half, as Multikey.
    pub public: String,
    /// Sealed seed; none where the laboratory keeps its key itself.
    pub sealed: Option<String>,
    /// When it was made or registered.
    pub created_at: Timestamp,
    /// When it was withdrawn.
    pub revoked_at: Option<Timestamp>,
}

named! {
    /// What an item came to.
    Verdict {
        /// Within the limit.
        Pass = "pass",
        /// Outside.
        Fail = "fail",
        /// Measured, not judged.
        NotJudged = "not_judged",
    }
}

named! {
    /// What the whole report says.
    TestResult {
        /// Conforms.
        Pass = "pass",
        /// Does not.
        Fail = "fail",
    }
}

/// One line of a report. Everything is text as the laboratory wrote it: `<0.01`, `未检出`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestItem {
    /// What was tested.
    pub name: String,
    /// The limit.
    pub limit: String,
    /// What was found.
    pub value: String,
    /// Unit of both.
    pub unit: String,
    /// Method, for example a standard's number.
    pub method: String,
    /// Whether it is within the limit.
    pub verdict: Option<Verdict>,
}

named! {
    /// Where a report came from.
    Origin {
        /// Signed here.
        Issued = "issued",
        /// Signed elsewhere and taken in.
        Received = "received",
    }
}

named! {
    /// Where a report stands. That it has expired is not a state: it follows from its last moment.
    State {
        /// Being written.
        Draft = "draft",
        /// Received; the issuer's host or its status list gave no answer yet.
        Pending = "pending",
        /// Signed, and nothing speaks against it.
        Valid = "valid",
        /// Suspended by its issuer.
        Suspended = "suspended",
        /// Withdrawn by its issuer.
        Revoked = "revoked",
        /// Claims an issuer whose signature it does not carry.
        Forged = "forged",
        /// Well signed, but not accepted: an unknown issuer, one without accreditation, out of date when it came.
        Refused = "refused",
    }
}

/// A report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Id.
    pub id: String,
    /// Where it came from.
    pub origin: Origin,
    /// Where it stands.
    pub state: State,
    /// The laboratory; empty where a received one names an unknown issuer.
    pub laboratory_id: String,
    /// Its name when the report was made.
    pub laboratory: String,
    /// The issuer's DID; empty for a draft.
    pub issuer: String,
    /// DID URL of the key it was signed with; empty for a draft.
    pub method: String,
    /// Merchant of the lot.
    pub merchant_id: String,
    /// The lot.
    pub lot_id: String,
    /// GTIN-14 of the lot.
    pub gtin: String,
    /// Number of the lot (AI 10).
    pub lot_number: String,
    /// What the goods are called.
    pub product: String,
    /// The laboratory's number of the report.
    pub number: String,
    /// Title.
    pub title: String,
    /// Standard it was judged by.
    pub standard: String,
    /// Day of testing.
    pub tested_on: Date,
    /// Its items.
    pub items: Vec<TestItem>,
    /// What it says.
    pub result: TestResult,
    /// When it was signed.
    pub issued_at: Option<Timestamp>,
    /// Until when it is valid.
    pub valid_until: Option<Timestamp>,
    /// The credential, as `vc+jwt` or as it came.
    pub credential: String,
    /// The same with a Data Integrity proof; none where only one form is known.
    pub credential_json: Option<String>,
    /// Its place in our status lists.
    pub status: Option<(String, u64)>,
    /// Why it is forged or refused, or why it waits: a stable code.
    pub failure: String,
    /// Why it was revoked.
    pub reason: String,
    /// SHA-256 of the PDF, where there is one.
    pub document: Option<String>,
    /// When it was last checked against its issuer's status list.
    pub checked_at: Option<Timestamp>,
    /// When it is to be checked again.
    pub check_due_at: Option<Timestamp>,
    /// Tries since the last answer.
    pub tries: i64,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The act that issued or received it.
    pub act_id: Option<String>,
    /// To be named with every change.
    pub version: i64,
}

impl Report {
    /// How it stands before everybody at a moment; `None` for what is not shown.
    pub fn public_status(&self, now: Timestamp) -> Option<PublicStatus> {
        let expired = self.valid_until.is_some_and(|until| until <= now);
        match self.state {
            State::Valid if expired => Some(PublicStatus::Expired),
            State::Valid => Some(PublicStatus::Valid),
            State::Suspended | State::Revoked => Some(PublicStatus::Revoked),
            State::Forged => Some(PublicStatus::Forged),
            State::Draft | State::Pending | State::Refused => None,
        }
    }
}

named! {
    /// How a report stands before everybody.
    PublicStatus {
        /// Good.
        Valid = "valid",
        /// Withdrawn or suspended by its laboratory.
        Revoked = "revoked",
        /// Its time is over.
        Expired = "expired",
        /// Not signed by the laboratory it names.
        Forged = "forged",
        /// Good, but its laboratory is suspended: not to be relied on while it is.
        Suspended = "laboratory_suspended",
    }
}

/// A report as the scan page shows it. No personal data.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicReport {
    /// Id.
    pub id: String,
    /// Name of the laboratory it claims.
    pub laboratory: String,
    /// Title.
    pub title: String,
    /// The laboratory's number of the report.
    pub number: String,
    /// Standard it was judged by.
    pub standard: String,
    /// What it says.
    pub result: TestResult,
    /// When it was signed.
    pub issued_at: Option<Timestamp>,
    /// Until when it is valid.
    pub valid_until: Option<Timestamp>,
    /// How it stands now.
    pub status: PublicStatus,
    /// The lot.
    pub lot_id: String,
    /// Its items.
    pub items: Vec<TestItem>,
    /// Where the credential is.
    pub credential_path: String,
    /// The act that issued or received it, whose proof can be shown.
    pub act_id: Option<String>,
}
