//! The JSON shapes.

use crate::check::{Check, Step};
use crate::home::credential_path;
use crate::model::{Accreditation, Laboratory, LaboratoryKey, Report, State, TestItem, Verdict};
use ground::{Fault, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An accreditation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Accreditation)]
pub(crate) struct AccreditationBody {
    pub number: String,
    /// Last day, `YYYY-MM-DD`.
    #[serde(default)]
    pub valid_until: Option<String>,
}

impl From<Accreditation> for AccreditationBody {
    fn from(accreditation: Accreditation) -> Self {
        let valid_until = accreditation.valid_until.map(|day| day.to_string());
        AccreditationBody { number: accreditation.number, valid_until }
    }
}

/// A laboratory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Laboratory)]
pub(crate) struct LaboratoryBody {
    pub id: String,
    pub name: String,
    pub name_en: String,
    /// `pending`, `confirmed` or `suspended`.
    pub state: String,
    pub cma: Option<AccreditationBody>,
    pub cnas: Option<AccreditationBody>,
    /// Its DID; empty until it has a key.
    pub did: String,
    /// Its document is at its own host.
    pub own_did: bool,
    pub updated_at: String,
    /// To be named with every change.
    pub version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<KeyBody>>,
}

impl LaboratoryBody {
    pub(crate) fn of(laboratory: Laboratory, keys: Option<Vec<LaboratoryKey>>) -> Self {
        LaboratoryBody {
            id: laboratory.id,
            name: laboratory.name,
            name_en: laboratory.name_en,
            state: laboratory.state.name().to_owned(),
            cma: laboratory.cma.map(AccreditationBody::from),
            cnas: laboratory.cnas.map(AccreditationBody::from),
            did: laboratory.did,
            own_did: laboratory.own_did,
            updated_at: laboratory.updated_at.to_rfc3339(),
            version: laboratory.version,
            keys: keys.map(|keys| keys.into_iter().map(KeyBody::from).collect()),
        }
    }
}

/// A key of a laboratory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LaboratoryKey)]
pub(crate) struct KeyBody {
    pub id: String,
    /// DID URL.
    pub key: String,
    /// Multikey.
    pub public_key: String,
    /// New reports are signed with it here.
    pub signs_here: bool,
    pub created_at: String,
    pub revoked_at: Option<String>,
}

impl From<LaboratoryKey> for KeyBody {
    fn from(key: LaboratoryKey) -> Self {
        KeyBody {
            key: format!("{}#{}", key.did, key.fragment),
            id: key.id,
            public_key: key.public,
            signs_here: key.sealed.is_some() && key.revoked_at.is_none(),
            created_at: key.created_at.to_rfc3339(),
            revoked_at: key.revoked_at.map(Timestamp::to_rfc3339),
        }
    }
}

/// One line of a report.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = TestItem)]
pub(crate) struct ItemBody {
    pub name: String,
    pub limit: String,
    pub value: String,
    pub unit: String,
    pub method: String,
    /// `pass`, `fail` or `not_judged`.
    pub verdict: String,
}

impl From<TestItem> for ItemBody {
    fn from(item: TestItem) -> Self {
        ItemBody {
            name: item.name,
            limit: item.limit,
            value: item.value,
            unit: item.unit,
            method: item.method,
            verdict: item.verdict.map(|verdict| verdict.name().to_owned()).unwrap_or_default(),
        }
    }
}

impl From<ItemBody> for TestItem {
    fn from(item: ItemBody) -> Self {
        TestItem {
            verdict: Verdict::from_name(&item.verdict),
            name: item.name,
            limit: item.limit,
            value: item.value,
            unit: item.unit,
            method: item.method,
        }
    }
}

/// A report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TestReport)]
pub(crate) struct ReportBody {
    pub id: String,
    /// `issued` or `received`.
    pub origin: String,
    /// `draft`, `pending`, `valid`, `suspended`, `revoked`, `forged` or `refused`.
    pub state: String,
    /// How it stands before everybody: `valid`, `revoked`, `expired`, `forged`; absent for what is not shown.
    pub status: Option<String>,
    pub laboratory_id: String,
    pub laboratory: String,
    /// DID.
    pub issuer: String,
    pub merchant_id: String,
    pub lot_id: String,
    pub gtin: String,
    pub lot_number: String,
    pub product: String,
    pub number: String,
    pub title: String,
    pub standard: String,
    pub tested_on: String,
    /// `pass` or `fail`.
    pub result: String,
    pub items: Vec<ItemBody>,
    pub issued_at: Option<String>,
    pub valid_until: Option<String>,
    pub revoked_at: Option<String>,
    /// Why it is forged or refused, a stable code; empty otherwise.
    pub failure: String,
    /// Where the credential is, once it is signed.
    pub credential: Option<String>,
    /// Where the PDF is, where there is one.
    pub document: Option<String>,
    pub act_id: Option<String>,
    /// To be named with every change.
    pub version: i64,
}

impl ReportBody {
    pub(crate) fn of(report: Report, now: Timestamp) -> Self {
        let time = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339);
        let shown = !matches!(report.state, State::Draft | State::Pending | State::Refused);
        ReportBody {
            status: report.public_status(now).map(|status| status.name().to_owned()),
            credential: shown.then(|| credential_path(&report.id)),
            document: report.document.as_ref().map(|_| format!("/documents/reports/{}", report.id)),
            id: report.id,
            origin: report.origin.name().to_owned(),
            state: report.state.name().to_owned(),
            laboratory_id: report.laboratory_id,
            laboratory: report.laboratory,
            issuer: report.issuer,
            merchant_id: report.merchant_id,
            lot_id: report.lot_id,
            gtin: report.gtin,
            lot_number: report.lot_number,
            product: report.product,
            number: report.number,
            title: report.title,
            standard: report.standard,
            tested_on: report.tested_on.to_string(),
            result: report.result.name().to_owned(),
            items: report.items.into_iter().map(ItemBody::from).collect(),
            issued_at: time(report.issued_at),
            valid_until: time(report.valid_until),
            revoked_at: time(report.revoked_at),
            failure: report.failure,
            act_id: report.act_id,
            version: report.version,
        }
    }
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CredentialCheck)]
pub(crate) struct CheckBody {
    /// All steps hold.
    pub valid: bool,
    /// `valid`, `unreadable`, `unknown_issuer`, `not_competent`, `issuer_unreachable`, `forged`, `not_yet`, `expired`,
    /// `revoked`, `suspended` or `status_unknown`.
    pub outcome: String,
    /// What failed, for programs: `signature`, `algorithm`, …
    pub code: String,
    /// What failed, for people who know the formats.
    pub detail: String,
    /// `vc+jwt` or `eddsa-jcs-2022`.
    pub form: Option<String>,
    /// The claimed issuer. To be believed where the signature holds.
    pub issuer: Option<String>,
    pub laboratory_id: Option<String>,
    pub steps: Vec<StepBody>,
    /// What it says about a lot, where that is understood.
    pub report: Option<ContentBody>,
}

/// A step of a check.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CredentialCheckStep)]
pub(crate) struct StepBody {
    /// `read`, `issuer`, `signature`, `dates` or `status`.
    pub step: String,
    /// Absent where it was not reached.
    pub held: Option<bool>,
}

/// What a credential says about a lot.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CredentialContent)]
pub(crate) struct ContentBody {
    pub gtin: String,
    pub lot_number: String,
    pub number: String,
    pub title: String,
    pub standard: String,
    pub tested_on: String,
    pub result: String,
    pub items: Vec<ItemBody>,
}

impl From<Check> for CheckBody {
    fn from(check: Check) -> Self {
        let step = |step: Step| StepBody { step: step.name().to_owned(), held: check.held(step) };
        CheckBody {
            valid: check.outcome.step().is_none(),
            outcome: check.outcome.name().to_owned(),
            steps: Step::ALL.into_iter().map(step).collect(),
            code: check.code.to_owned(),
            detail: check.detail,
            form: check.form.map(|form| form.name().to_owned()),
            issuer: check.credential.map(|credential| credential.issuer),
            laboratory_id: check.laboratory.map(|laboratory| laboratory.id),
            report: check.content.map(|content| ContentBody {
                gtin: content.gtin,
                lot_number: content.lot_number,
                number: content.number,
                title: content.title,
                standard: content.standard,
                tested_on: content.tested_on.to_string(),
                result: content.result.name().to_owned(),
                items: content.items.into_iter().map(ItemBody::from).collect(),
            }),
        }
    }
}

/// A name from the query, or the fault that it is none.
pub(crate) fn chosen<T>(field: &str, text: Option<&str>, read: fn(&str) -> Option<T>) -> kernel::Result<Option<T>> {
    match text {
        None => Ok(None),
        Some(text) => match read(text) {
            Some(found) => Ok(Some(found)),
            None => Err(Problem::invalid(vec![Fault::field(field, "reports-fault-choice")])),
        },
    }
}
