//! The JSON shapes.

use crate::model::{
    BlacklistEntry, BrandAuthorisation, Company, Contacts, DocumentFile, Finding, Merchant, Qualification,
    ReturnAddress,
};
use crate::standing::Standing;
use jiff::civil::Date;
use kernel::{ActRecord, Actor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Who a merchant is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Company)]
pub(crate) struct CompanyBody {
    /// Unified Social Credit Code, or the register's number in other markets.
    pub uscc: String,
    pub legal_name: String,
    pub shop_name: String,
    pub representative: String,
    pub representative_id: String,
    pub address: String,
}

impl From<CompanyBody> for Company {
    fn from(body: CompanyBody) -> Self {
        Company {
            uscc: body.uscc,
            legal_name: body.legal_name,
            shop_name: body.shop_name,
            representative: body.representative,
            representative_id: body.representative_id,
            address: body.address,
        }
    }
}

/// An address for returned goods.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ReturnAddress)]
pub(crate) struct ReturnAddressBody {
    pub name: String,
    pub phone: String,
    pub address: String,
}

/// How to reach and to pay a merchant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Contacts)]
pub(crate) struct ContactsBody {
    pub contact_name: String,
    pub phone: String,
    pub email: String,
    pub bank_name: String,
    pub bank_holder: String,
    /// All but the last four characters are `*` for readers who may not decide about merchants.
    pub bank_account: String,
    pub return_addresses: Vec<ReturnAddressBody>,
    pub devices: Vec<String>,
}

impl From<ContactsBody> for Contacts {
    fn from(body: ContactsBody) -> Self {
        let address = |a: ReturnAddressBody| ReturnAddress { name: a.name, phone: a.phone, address: a.address };
        Contacts {
            name: body.contact_name,
            phone: body.phone,
            email: body.email,
            bank_name: body.bank_name,
            bank_holder: body.bank_holder,
            bank_account: body.bank_account,
            return_addresses: body.return_addresses.into_iter().map(address).collect(),
            devices: body.devices,
        }
    }
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MerchantFinding)]
pub(crate) struct FindingBody {
    /// Stable code.
    pub code: String,
    /// `note`, `review` or `blocking`.
    pub weight: String,
    /// Field it is about.
    pub field: String,
    /// Qualification it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualification: Option<String>,
    /// Values of its text.
    pub args: BTreeMap<String, String>,
}

pub(crate) fn finding_bodies(findings: &[Finding], actor: &Actor) -> Vec<FindingBody> {
    crate::read::visible_findings(findings, actor)
        .map(|finding| FindingBody {
            code: finding.code.clone(),
            weight: finding.weight.name().to_owned(),
            field: finding.field.clone(),
            qualification: finding.qualification.clone(),
            args: finding.args.clone(),
        })
        .collect()
}

/// A merchant's file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Merchant)]
pub(crate) struct MerchantBody {
    pub id: String,
    /// `cn`, `us` or `eu`.
    pub market: String,
    /// `draft`, `submitted`, `verifying`, `enrolled`, `refused`, `suspended`, `closed` or `banned`.
    pub state: String,
    /// To be named with every change.
    pub version: i64,
    pub company: CompanyBody,
    pub contacts: ContactsBody,
    pub categories: Vec<String>,
    pub findings: Vec<FindingBody>,
    /// Reason codes of the last decision.
    pub reasons: Vec<String>,
    pub note: String,
    /// Why a person must look although the state stands.
    pub open_reason: Option<String>,
    pub created_at: String,
    pub updated_at: String,
    pub submitted_at: Option<String>,
    pub verified_at: Option<String>,
    pub verify_due_at: Option<String>,
    /// When the merchant was asked to confirm its file.
    pub confirm_asked_at: Option<String>,
    pub suspended_until: Option<String>,
}

impl MerchantBody {
    pub(crate) fn of(merchant: Merchant, actor: &Actor) -> Self {
        let time = |at: Option<ground::Timestamp>| at.map(ground::Timestamp::to_rfc3339);
        let company = merchant.company;
        let masked = crate::read::masked_contacts(merchant.contacts, actor);
        let address = |a: ReturnAddress| ReturnAddressBody { name: a.name, phone: a.phone, address: a.address };
        MerchantBody {
            id: merchant.id,
            market: merchant.market,
            state: merchant.state.name().to_owned(),
            version: merchant.version,
            company: CompanyBody {
                uscc: company.uscc,
                legal_name: company.legal_name,
                shop_name: company.shop_name,
                representative: company.representative,
                representative_id: crate::read::masked_id(company.representative_id, actor),
                address: company.address,
            },
            contacts: ContactsBody {
                contact_name: masked.name,
                phone: masked.phone,
                email: masked.email,
                bank_name: masked.bank_name,
                bank_holder: masked.bank_holder,
                bank_account: masked.bank_account,
                return_addresses: masked.return_addresses.into_iter().map(address).collect(),
                devices: masked.devices,
            },
            categories: merchant.categories,
            findings: finding_bodies(&merchant.findings, actor),
            reasons: merchant.reasons,
            note: merchant.note,
            open_reason: merchant.open_reason,
            created_at: merchant.created_at.to_rfc3339(),
            updated_at: merchant.updated_at.to_rfc3339(),
            submitted_at: time(merchant.submitted_at),
            verified_at: time(merchant.verified_at),
            verify_due_at: time(merchant.verify_due_at),
            confirm_asked_at: time(merchant.confirm_asked_at),
            suspended_until: time(merchant.suspended_until),
        }
    }
}

/// A kept document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MerchantDocument)]
pub(crate) struct FileBody {
    pub sha256: String,
    pub name: String,
    pub bytes: i64,
    pub media_type: String,
}

impl From<DocumentFile> for FileBody {
    fn from(file: DocumentFile) -> Self {
        FileBody { sha256: file.sha256, name: file.name, bytes: file.bytes, media_type: file.media_type }
    }
}

/// A paper of a merchant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Qualification)]
pub(crate) struct QualificationBody {
    pub id: String,
    pub merchant_id: String,
    pub kind: String,
    pub number: String,
    pub holder: String,
    pub issuer: String,
    /// Empty: every category that asks for its kind.
    pub categories: Vec<String>,
    pub valid_from: Option<String>,
    /// None: without an end.
    pub valid_until: Option<String>,
    pub file: Option<FileBody>,
    /// `submitted`, `verified`, `rejected`, `expired`, `superseded` or `withdrawn`.
    pub state: String,
    pub findings: Vec<FindingBody>,
    /// `waiting`, `confirmed`, `differs` or `by_hand`.
    pub register: String,
    pub reason: String,
    pub renews: Option<String>,
    pub version: i64,
    pub created_at: String,
    pub decided_at: Option<String>,
}

fn day(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}

impl QualificationBody {
    pub(crate) fn of(q: Qualification, actor: &Actor) -> Self {
        QualificationBody {
            findings: finding_bodies(&q.findings, actor),
            id: q.id,
            merchant_id: q.merchant_id,
            kind: q.kind,
            number: q.number,
            holder: q.holder,
            issuer: q.issuer,
            categories: q.categories,
            valid_from: day(q.valid_from),
            valid_until: day(q.valid_until),
            file: q.file.map(FileBody::from),
            state: q.state.name().to_owned(),
            register: q.register.name().to_owned(),
            reason: q.reason,
            renews: q.renews,
            version: q.version,
            created_at: q.created_at.to_rfc3339(),
            decided_at: q.decided_at.map(ground::Timestamp::to_rfc3339),
        }
    }
}

/// A letter of authorisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuthorisationLetter)]
pub(crate) struct LetterBody {
    pub grantor: String,
    pub grantee: String,
    pub valid_from: Option<String>,
    pub valid_until: Option<String>,
    pub file: Option<FileBody>,
}

/// A merchant's right to sell under a brand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BrandAuthorisation)]
pub(crate) struct BrandBody {
    pub id: String,
    pub merchant_id: String,
    pub brand: String,
    pub trademark_number: String,
    pub trademark_owner: String,
    pub trademark_until: Option<String>,
    /// The letters from the owner to the merchant, in order.
    pub chain: Vec<LetterBody>,
    /// Last day on which everything holds.
    pub valid_until: Option<String>,
    pub state: String,
    pub findings: Vec<FindingBody>,
    pub reason: String,
    pub version: i64,
    pub created_at: String,
}

impl BrandBody {
    pub(crate) fn of(brand: BrandAuthorisation, actor: &Actor) -> Self {
        let valid_until = day(brand.valid_until());
        let chain = brand.chain.into_iter().map(|link| LetterBody {
            grantor: link.grantor,
            grantee: link.grantee,
            valid_from: day(link.valid_from),
            valid_until: day(link.valid_until),
            file: link.file.map(FileBody::from),
        });
        BrandBody {
            findings: finding_bodies(&brand.findings, actor),
            chain: chain.collect(),
            valid_until,
            id: brand.id,
            merchant_id: brand.merchant_id,
            brand: brand.brand,
            trademark_number: brand.trademark_number,
            trademark_owner: brand.trademark_owner,
            trademark_until: day(brand.trademark_until),
            state: brand.state.name().to_owned(),
            reason: brand.reason,
            version: brand.version,
            created_at: brand.created_at.to_rfc3339(),
        }
    }
}

/// Whether a merchant may sell, and a category in particular.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MerchantStanding)]
pub(crate) struct StandingBody {
    pub merchant_id: String,
    pub state: String,
    pub may_sell: bool,
    pub categories: Vec<CoverageBody>,
}

/// How the papers cover a category.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CategoryCoverage)]
pub(crate) struct CoverageBody {
    pub category: String,
    pub covered: bool,
    /// Kinds of paper nobody has handed in.
    pub missing: Vec<String>,
    /// Kinds out of date.
    pub expired: Vec<String>,
    /// Kinds to be confirmed.
    pub waiting: Vec<String>,
    /// Qualifications the coverage rests on.
    pub rests_on: Vec<String>,
}

impl StandingBody {
    pub(crate) fn of(standing: &Standing, category: Option<&str>, date: Date) -> Self {
        let asked: Vec<&str> = match category {
            Some(category) => vec![category],
            None => standing.categories.iter().map(String::as_str).collect(),
        };
        let categories = asked.into_iter().map(|category| {
            let coverage = standing.covers(category, date);
            CoverageBody {
                category: category.to_owned(),
                covered: coverage.is_ok(),
                missing: coverage.missing,
                expired: coverage.expired,
                waiting: coverage.waiting,
                rests_on: coverage.rests_on,
            }
        });
        StandingBody {
            merchant_id: standing.merchant_id.clone(),
            state: standing.state.name().to_owned(),
            may_sell: standing.may_sell(),
            categories: categories.collect(),
        }
    }
}

/// An act about a merchant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MerchantAct)]
pub(crate) struct ActBody {
    pub id: String,
    pub at: String,
    pub kind: String,
    pub outcome: Option<String>,
    pub reasons: Vec<String>,
    /// Position in the log, once it stands there.
    pub leaf_index: Option<u64>,
}

impl From<ActRecord> for ActBody {
    fn from(act: ActRecord) -> Self {
        let reasons = act.public.get("reasons").and_then(serde_json::Value::as_array);
        let reasons = reasons.into_iter().flatten().filter_map(|reason| reason.as_str().map(str::to_owned)).collect();
        ActBody {
            outcome: act.public_text("outcome").map(str::to_owned),
            reasons,
            id: act.id,
            at: act.at.to_rfc3339(),
            kind: act.kind,
            leaf_index: act.leaf_index,
        }
    }
}

/// A party that may not enrol.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BlacklistEntry)]
pub(crate) struct EntryBody {
    pub id: String,
    /// `uscc`, `representative`, `representative_id`, `phone` or `bank`.
    pub kind: String,
    pub value: String,
    pub reason: String,
    pub from: String,
    pub until: Option<String>,
    pub lifted_at: Option<String>,
}

impl From<BlacklistEntry> for EntryBody {
    fn from(entry: BlacklistEntry) -> Self {
        EntryBody {
            id: entry.id,
            kind: entry.kind.name().to_owned(),
            value: entry.value,
            reason: entry.reason,
            from: entry.from.to_string(),
            until: day(entry.until),
            lifted_at: entry.lifted_at.map(ground::Timestamp::to_rfc3339),
        }
    }
}
