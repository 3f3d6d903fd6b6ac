//! The nouns of this duty: a merchant, its qualifications, its brand authorisations, the blacklist.

use ground::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Where a merchant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Being written by the merchant.
    Draft,
    /// Handed in, not yet looked at.
    Submitted,
    /// Being checked by machine, register or person.
    Verifying,
    /// May sell.
    Enrolled,
    /// Refused with reasons; may be mended and handed in again.
    Refused,
    /// May not sell until restored.
    Suspended,
    /// Ended by the merchant or the operator; may begin anew.
    Closed,
    /// Excluded for good.
    Banned,
}

impl State {
    /// Every state.
    pub const ALL: [State; 8] = [
        State::Draft,
        State::Submitted,
        State::Verifying,
        State::Enrolled,
        State::Refused,
        State::Suspended,
        State::Closed,
        State::Banned,
    ];

    /// Stable name, as stored, in JSON and in message ids (`merchants-state-draft`).
    pub fn name(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Submitted => "submitted",
            State::Verifying => "verifying",
            State::Enrolled => "enrolled",
            State::Refused => "refused",
            State::Suspended => "suspended",
            State::Closed => "closed",
            State::Banned => "banned",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A move of the state machine; see [`crate::rules::after`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// The merchant hands in.
    Submit,
    /// The merchant takes it back to change something.
    Withdraw,
    /// The checks begin.
    Verify,
    /// Admitted.
    Enrol,
    /// Refused with reasons.
    Refuse,
    /// Stopped for a time or until restored.
    Suspend,
    /// A suspension ends.
    Restore,
    /// Ended.
    Close,
    /// A closed merchant begins anew.
    Reopen,
    /// Excluded for good.
    Ban,
}

impl Move {
    /// Every move.
    pub const ALL: [Move; 10] = [
        Move::Submit,
        Move::Withdraw,
        Move::Verify,
        Move::Enrol,
        Move::Refuse,
        Move::Suspend,
        Move::Restore,
        Move::Close,
        Move::Reopen,
        Move::Ban,
    ];

    /// Stable name, as in addresses and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Move::Submit => "submit",
            Move::Withdraw => "withdraw",
            Move::Verify => "verify",
            Move::Enrol => "enrol",
            Move::Refuse => "refuse",
            Move::Suspend => "suspend",
            Move::Restore => "restore",
            Move::Close => "close",
            Move::Reopen => "reopen",
            Move::Ban => "ban",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Move> {
        Move::ALL.into_iter().find(|step| step.name() == name)
    }

    /// The kind of the act it writes.
    pub fn act_kind(self) -> &'static str {
        match self {
            Move::Submit => "merchant.submitted",
            Move::Withdraw => "merchant.withdrawn",
            Move::Verify => "merchant.verifying",
            Move::Enrol => "merchant.enrolled",
            Move::Refuse => "merchant.refused",
            Move::Suspend => "merchant.suspended",
            Move::Restore => "merchant.restored",
            Move::Close => "merchant.closed",
            Move::Reopen => "merchant.reopened",
            Move::Ban => "merchant.banned",
        }
    }
}

/// Who the merchant is. Texts are trimmed; empty means not given yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Company {
    /// Unified Social Credit Code (GB 32100) in the cn market, the register's number elsewhere. Upper case.
    pub uscc: String,
    /// Name as on the business licence.
    pub legal_name: String,
    /// Name of the shop as consumers see it.
    pub shop_name: String,
    /// Name of the legal representative. Personal data.
    pub representative: String,
    /// Number of the representative's identity document. Personal data.
    pub representative_id: String,
    /// Registered address.
    pub address: String,
}

/// Where returned goods go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReturnAddress {
    /// Who receives. Personal data.
    pub name: String,
    /// Telephone. Personal data.
    pub phone: String,
    /// Address.
    pub address: String,
}

/// How to reach and to pay the merchant. Personal data throughout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contacts {
    /// Person to speak with.
    pub name: String,
    /// Telephone.
    pub phone: String,
    /// E-mail.
    pub email: String,
    /// Name of the bank.
    pub bank_name: String,
    /// Holder of the account.
    pub bank_holder: String,
    /// Number of the account.
    pub bank_account: String,
    /// Where returned goods go, at most [`RETURN_ADDRESSES_MAX`].
    pub return_addresses: Vec<ReturnAddress>,
    /// Identifiers of the devices the shop is run from, at most [`DEVICES_MAX`].
    pub devices: Vec<String>,
}

/// Most return addresses of a merchant.
pub const RETURN_ADDRESSES_MAX: usize = 10;
/// Most devices kept for a merchant.
pub const DEVICES_MAX: usize = 20;
/// Most categories of a merchant.
pub const CATEGORIES_MAX: usize = 50;
/// Most qualifications of a merchant that are ever read at once; how many it may hand in is policy.
pub const QUALIFICATIONS_MAX: usize = 5_000;
/// Most brand authorisations of a merchant.
pub const BRANDS_MAX: usize = 500;
/// Most letters in one chain of authorisation.
pub const CHAIN_LINKS_MAX: usize = 8;

/// A merchant's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    /// Id; also the id of the organisation its people belong to.
    pub id: String,
    /// `cn`, `us` or `eu`: the pack that judges it.
    pub market: String,
    /// Where it stands.
    pub state: State,
    /// Counts changes; a change names the version it read.
    pub version: i64,
    /// Who it is.
    pub company: Company,
    /// How to reach and pay it.
    pub contacts: Contacts,
    /// Categories it wants to sell in, sorted paths.
    pub categories: Vec<String>,
    /// What the last checks found.
    pub findings: Vec<Finding>,
    /// Reasons of the last refusal, suspension or ban: codes, and the text the merchant reads.
    pub reasons: Vec<String>,
    /// Free text of the last decision. May hold personal data.
    pub note: String,
    /// Why a person must look although the state does not change: `identity_changed`, `reverification`.
    pub open_reason: Option<String>,
    /// When the file was begun.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// Last hand-in.
    pub submitted_at: Option<Timestamp>,
    /// Last verification of the whole file.
    pub verified_at: Option<Timestamp>,
    /// When it must be verified again.
    pub verify_due_at: Option<Timestamp>,
    /// When the merchant was asked to confirm its file; `None` when nothing is asked.
    pub confirm_asked_at: Option<Timestamp>,
    /// End of a suspension that has one.
    pub suspended_until: Option<Timestamp>,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Worth knowing.
    Note,
    /// A person must look; the machine never admits by itself.
    Review,
    /// Cannot be handed in before it is mended.
    Blocking,
}

impl Weight {
    /// Every weight.
    pub const ALL: [Weight; 3] = [Weight::Note, Weight::Review, Weight::Blocking];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Weight::Note => "note",
            Weight::Review => "review",
            Weight::Blocking => "blocking",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Weight> {
        Weight::ALL.into_iter().find(|weight| weight.name() == name)
    }
}

/// What a check found. The text is `merchants-finding-<code>`, what would mend it `merchants-remedy-<code>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable kebab-case code.
    pub code: String,
    /// How much it weighs.
    pub weight: Weight,
    /// The field of the form it is about.
    pub field: String,
    /// The qualification it is about.
    pub qualification: Option<String>,
    /// Values in its texts.
    pub args: BTreeMap<String, String>,
}

impl Finding {
    /// A finding about a field.
    pub fn new(code: &str, weight: Weight, field: &str) -> Self {
        Finding { code: code.to_owned(), weight, field: field.to_owned(), qualification: None, args: BTreeMap::new() }
    }

    /// The same with a value for its texts.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl Into<String>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }

    /// The same about a qualification.
    #[must_use]
    pub fn about(mut self, qualification: &str) -> Self {
        self.qualification = Some(qualification.to_owned());
        self
    }
}

/// Where a qualification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QualificationState {
    /// Handed in; to be confirmed.
    Submitted,
    /// Confirmed by the register or by a person.
    Verified,
    /// Refused with a reason.
    Rejected,
    /// Its validity is over.
    Expired,
    /// A renewal has taken its place.
    Superseded,
    /// Taken back by the merchant.
    Withdrawn,
}

impl QualificationState {
    /// Every state.
    pub const ALL: [QualificationState; 6] = [
        QualificationState::Submitted,
        QualificationState::Verified,
        QualificationState::Rejected,
        QualificationState::Expired,
        QualificationState::Superseded,
        QualificationState::Withdrawn,
    ];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            QualificationState::Submitted => "submitted",
            QualificationState::Verified => "verified",
            QualificationState::Rejected => "rejected",
            QualificationState::Expired => "expired",
            QualificationState::Superseded => "superseded",
            QualificationState::Withdrawn => "withdrawn",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<QualificationState> {
        QualificationState::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What the register said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegisterState {
    /// No register is connected, or none keeps this kind: a person confirms by hand.
    ByHand,
    /// To be asked, or asked again after a failure.
    Waiting,
    /// The register knows it as stated.
    Confirmed,
    /// The register does not know it, or states otherwise.
    Differs,
}

impl RegisterState {
    /// Every state.
    pub const ALL: [RegisterState; 4] =
        [RegisterState::ByHand, RegisterState::Waiting, RegisterState::Confirmed, RegisterState::Differs];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            RegisterState::ByHand => "by_hand",
            RegisterState::Waiting => "waiting",
            RegisterState::Confirmed => "confirmed",
            RegisterState::Differs => "differs",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<RegisterState> {
        RegisterState::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A kept document file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFile {
    /// Content hash: its name among the blobs.
    pub sha256: String,
    /// Name as the merchant's computer knew it.
    pub name: String,
    /// Size, bytes.
    pub bytes: i64,
    /// Media type by content, never by name.
    pub media_type: String,
}

/// A licence, filing, certificate or registration a merchant rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qualification {
    /// Id.
    pub id: String,
    /// Whose.
    pub merchant_id: String,
    /// Key of its kind in the requirement matrix, for instance `food-business-licence`.
    pub kind: String,
    /// Number as on the document.
    pub number: String,
    /// Holder as on the document. May be a person's name.
    pub holder: String,
    /// Who issued it.
    pub issuer: String,
    /// Categories it covers; empty: every category that asks for its kind.
    pub categories: Vec<String>,
    /// First day of validity.
    pub valid_from: Option<Date>,
    /// Last day of validity; `None`: without an end (长期).
    pub valid_until: Option<Date>,
    /// The document.
    pub file: Option<DocumentFile>,
    /// Where it stands.
    pub state: QualificationState,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// What the register said.
    pub register: RegisterState,
    /// How often the register was asked in vain.
    pub register_tries: i64,
    /// When it is asked next.
    pub register_due_at: Option<Timestamp>,
    /// Who confirmed or refused it: a user id or `system:…`; empty before.
    pub decided_by: String,
    /// Reason of a refusal, or note of a confirmation by hand.
    pub reason: String,
    /// The qualification it renews.
    pub renews: Option<String>,
    /// Days before the end of the last warning given; 0 before any.
    pub warned_days: i64,
    /// When handed in.
    pub created_at: Timestamp,
    /// When confirmed or refused.
    pub decided_at: Option<Timestamp>,
    /// Counts changes.
    pub version: i64,
}

impl Qualification {
    /// Whether its validity includes a day. A start that is not given counts as past.
    pub fn valid_on(&self, date: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= date) && self.valid_until.is_none_or(|until| date <= until)
    }

    /// Whether it may serve a category.
    pub fn serves(&self, category: &str) -> bool {
        self.categories.is_empty() || self.categories.iter().any(|scope| crate::rules::within(category, scope))
    }
}

/// One letter of a chain: who allows whom, for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorisationLink {
    /// Who allows: the owner in the first letter, the one allowed before in the next.
    pub grantor: String,
    /// Who is allowed.
    pub grantee: String,
    /// First day.
    pub valid_from: Option<Date>,
    /// Last day; `None`: without an end.
    pub valid_until: Option<Date>,
    /// The letter.
    pub file: Option<DocumentFile>,
}

/// A merchant's right to sell under a brand: the registered trademark and the letters from its owner to the merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandAuthorisation {
    /// Id.
    pub id: String,
    /// Whose.
    pub merchant_id: String,
    /// The brand as on the goods.
    pub brand: String,
    /// Registration number of the trademark.
    pub trademark_number: String,
    /// Owner of the trademark.
    pub trademark_owner: String,
    /// Last day of the registration; `None`: not stated.
    pub trademark_until: Option<Date>,
    /// The letters from the owner to the merchant in order; none where the merchant is the owner.
    pub chain: Vec<AuthorisationLink>,
    /// Where it stands.
    pub state: QualificationState,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// Reason of a refusal or note of a confirmation.
    pub reason: String,
    /// Who decided.
    pub decided_by: String,
    /// When handed in.
    pub created_at: Timestamp,
    /// When decided.
    pub decided_at: Option<Timestamp>,
    /// Counts changes.
    pub version: i64,
}

impl BrandAuthorisation {
    /// Last day on which registration and every letter hold; `None`: no stated end.
    pub fn valid_until(&self) -> Option<Date> {
        self.chain.iter().filter_map(|link| link.valid_until).chain(self.trademark_until).min()
    }

    /// Whether it is confirmed and holds on a day.
    pub fn holds_on(&self, date: Date) -> bool {
        self.state == QualificationState::Verified
            && self.valid_until().is_none_or(|until| date <= until)
            && self.chain.iter().all(|link| link.valid_from.is_none_or(|from| from <= date))
    }
}

/// What a blacklist entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartyKind {
    /// Unified Social Credit Code or the register's number.
    Uscc,
    /// Name of a legal representative.
    Representative,
    /// Number of the representative's identity document.
    RepresentativeId,
    /// Telephone.
    Phone,
    /// Bank account.
    Bank,
}

impl PartyKind {
    /// Every kind.
    pub const ALL: [PartyKind; 5] =
        [PartyKind::Uscc, PartyKind::Representative, PartyKind::RepresentativeId, PartyKind::Phone, PartyKind::Bank];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            PartyKind::Uscc => "uscc",
            PartyKind::Representative => "representative",
            PartyKind::RepresentativeId => "representative_id",
            PartyKind::Phone => "phone",
            PartyKind::Bank => "bank",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<PartyKind> {
        PartyKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether an equal value names the same party beyond doubt. A name or a telephone may belong to another person, so
    /// a person confirms it before anybody is refused.
    pub fn is_certain(self) -> bool {
        matches!(self, PartyKind::Uscc | PartyKind::RepresentativeId | PartyKind::Bank)
    }
}

/// A party that may not enrol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlacklistEntry {
    /// Id.
    pub id: String,
    /// What the value is.
    pub kind: PartyKind,
    /// The value, normalised for comparison. Personal data.
    pub value: String,
    /// Why.
    pub reason: String,
    /// First day.
    pub from: Date,
    /// Last day; `None`: without an end.
    pub until: Option<Date>,
    /// Who put it there.
    pub added_by: String,
    /// When.
    pub added_at: Timestamp,
    /// When it was lifted before its end.
    pub lifted_at: Option<Timestamp>,
}

impl BlacklistEntry {
    /// Whether it counts on a day.
    pub fn holds_on(&self, date: Date) -> bool {
        self.lifted_at.is_none() && self.from <= date && self.until.is_none_or(|until| date <= until)
    }
}
