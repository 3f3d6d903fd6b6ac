//! Decisions as pure functions over the model and the requirement matrix: no store, no clock, no pack lookups.

use crate::matrix::{Holder, KindRule, Matrix, NumberOutcome};
use crate::model::{
    AuthorisationLink, BrandAuthorisation, Company, Contacts, Finding, Merchant, Move, PartyKind, Qualification,
    QualificationState, RegisterState, State, Weight,
};
use jiff::civil::Date;

/// The state after a move; `None` where the move is not allowed. This is the whole state machine.
pub fn after(state: State, step: Move) -> Option<State> {
    use State::*;
    match (step, state) {
        (Move::Submit, Draft | Refused) => Some(Submitted),
        (Move::Withdraw, Submitted | Verifying) => Some(Draft),
        (Move::Verify, Submitted) => Some(Verifying),
        (Move::Enrol, Verifying) => Some(Enrolled),
        (Move::Refuse, Submitted | Verifying) => Some(Refused),
        (Move::Suspend, Enrolled) => Some(Suspended),
        (Move::Restore, Suspended) => Some(Enrolled),
        (Move::Close, Draft | Refused | Enrolled | Suspended) => Some(Closed),
        (Move::Reopen, Closed) => Some(Draft),
        (Move::Ban, Draft | Submitted | Verifying | Enrolled | Refused | Suspended | Closed) => Some(Banned),
        _ => None,
    }
}

/// Whether the merchant itself may make the move (the others are the operator's).
pub fn is_merchants_own(step: Move, state: State) -> bool {
    match step {
        Move::Submit | Move::Withdraw | Move::Reopen => true,
        // A suspended shop does not escape by closing.
        Move::Close => state != State::Suspended,
        _ => false,
    }
}

/// Whether reasons must be given with the move.
pub fn needs_reasons(step: Move) -> bool {
    matches!(step, Move::Refuse | Move::Suspend | Move::Restore | Move::Ban)
}

/// Whether company and categories may be written freely (nobody has relied on them yet).
pub fn is_open_for_writing(state: State) -> bool {
    matches!(state, State::Draft | State::Refused)
}

/// Whether `category` is `scope` or lies under it (`food/snacks` within `food`).
pub fn within(category: &str, scope: &str) -> bool {
    category == scope || category.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/'))
}

/// A text for comparison: full-width forms narrowed, spaces and separators dropped, letters lower case.
pub fn comparable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '〔' => '(',
            '〕' => ')',
            other => other,
        })
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '·' | '.' | ',' | '，' | '、' | '\u{3000}'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The values of a merchant that are looked up in the blacklist, normalised.
pub fn parties(company: &Company, contacts: &Contacts) -> Vec<(PartyKind, String)> {
    let all = [
        (PartyKind::Uscc, &company.uscc),
        (PartyKind::Representative, &company.representative),
        (PartyKind::RepresentativeId, &company.representative_id),
        (PartyKind::Phone, &contacts.phone),
        (PartyKind::Bank, &contacts.bank_account),
    ];
    all.into_iter()
        .map(|(kind, value)| (kind, party_value(kind, value)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// A blacklist value normalised for exact comparison: telephones and accounts by their digits, the rest as
/// [`comparable`].
pub fn party_value(kind: PartyKind, value: &str) -> String {
    match kind {
        PartyKind::Phone => {
            let digits: String = comparable(value).chars().filter(char::is_ascii_digit).collect();
            // The country code of China is written or left out at will.
            match digits.strip_prefix("86") {
                Some(rest) if rest.len() == 11 => rest.to_owned(),
                _ => digits,
            }
        }
        PartyKind::Bank => comparable(value).chars().filter(|c| c.is_ascii_alphanumeric()).collect(),
        _ => comparable(value),
    }
}

/// What must be in the file before it can be handed in: a finding for each empty field.
pub fn check_completeness(merchant: &Merchant) -> Vec<Finding> {
    let (company, contacts) = (&merchant.company, &merchant.contacts);
    let required = [
        ("uscc", &company.uscc),
        ("legal_name", &company.legal_name),
        ("representative", &company.representative),
        ("address", &company.address),
        ("contact_name", &contacts.name),
        ("phone", &contacts.phone),
        ("bank_name", &contacts.bank_name),
        ("bank_holder", &contacts.bank_holder),
        ("bank_account", &contacts.bank_account),
    ];
    let mut found: Vec<Finding> = required
        .into_iter()
        .filter(|(_, value)| value.is_empty())
        .map(|(field, _)| Finding::new("field-missing", Weight::Blocking, field).arg("field", field))
        .collect();
    if merchant.categories.is_empty() {
        found.push(Finding::new("categories-missing", Weight::Blocking, "categories"));
    }
    if contacts.return_addresses.is_empty() {
        found.push(Finding::new("return-address-missing", Weight::Blocking, "return_address"));
    }
    let holder = comparable(&contacts.bank_holder);
    let own = [comparable(&company.legal_name), comparable(&company.representative)];
    if !holder.is_empty() && !own.contains(&holder) {
        found.push(Finding::new("bank-holder-differs", Weight::Review, "bank_holder"));
    }
    found
}

/// What the register number of the company itself shows.
pub fn check_uscc(outcome: NumberOutcome, uscc: &str) -> Option<Finding> {
    match outcome {
        NumberOutcome::Good => None,
        // An early pilot code: the organisation code inside holds, the last character does not. A person looks.
        NumberOutcome::Doubt => Some(Finding::new("uscc-pilot", Weight::Review, "uscc").arg("number", uscc)),
        NumberOutcome::Wrong => Some(Finding::new("uscc-wrong", Weight::Blocking, "uscc").arg("number", uscc)),
    }
}

/// What a qualification's own facts show. `used_elsewhere`: another merchant rests on the same number.
pub fn check_qualification(
    qualification: &Qualification,
    rule: &KindRule,
    number: NumberOutcome,
    merchant: &Merchant,
    today: Date,
    used_elsewhere: bool,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |finding: Finding| found.push(finding.about(&qualification.id).arg("kind", rule.id.as_str()));
    match number {
        NumberOutcome::Good => {}
        NumberOutcome::Doubt => add(Finding::new("number-check-digit", Weight::Review, "number")),
        NumberOutcome::Wrong => {
            add(Finding::new("number-format", Weight::Blocking, "number").arg("number", qualification.number.as_str()))
        }
    }
    let company = &merchant.company;
    if rule.is_identity && !comparable(&qualification.number).eq(&comparable(&company.uscc)) {
        add(Finding::new("number-not-uscc", Weight::Blocking, "number"));
    }
    if rule.holder == Holder::Merchant && comparable(&qualification.holder) != comparable(&company.legal_name) {
        add(Finding::new("holder-differs", Weight::Review, "holder")
            .arg("holder", qualification.holder.as_str())
            .arg("name", company.legal_name.as_str()));
    }
    if qualification.issuer.is_empty() && rule.issuer_required {
        add(Finding::new("issuer-missing", Weight::Blocking, "issuer"));
    }
    if qualification.file.is_none() {
        add(Finding::new("file-missing", Weight::Blocking, "file"));
    }
    if used_elsewhere && rule.holder == Holder::Merchant {
        add(Finding::new("number-used", Weight::Review, "number"));
    }
    for finding in check_validity(qualification.valid_from, qualification.valid_until, today) {
        add(finding);
    }
    if qualification.valid_until.is_none() && rule.ends {
        add(Finding::new("end-missing", Weight::Review, "valid_until"));
    }
    found
}

/// What the dates of a validity show.
pub fn check_validity(from: Option<Date>, until: Option<Date>, today: Date) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(until) = until.filter(|until| *until < today) {
        found.push(Finding::new("expired", Weight::Blocking, "valid_until").arg("date", until.to_string()));
    }
    if let Some(from) = from.filter(|from| *from > today) {
        found.push(Finding::new("not-yet-valid", Weight::Blocking, "valid_from").arg("date", from.to_string()));
    }
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        found.push(Finding::new("ends-before-start", Weight::Blocking, "valid_until"));
    }
    found
}

/// What a brand authorisation's own facts show: the chain runs unbroken from the owner to the merchant, and every letter
/// holds today and not longer than what it rests on.
pub fn check_brand(brand: &BrandAuthorisation, merchant: &Merchant, today: Date) -> Vec<Finding> {
    let mut found = Vec::new();
    let merchant_name = comparable(&merchant.company.legal_name);
    let mut holder = comparable(&brand.trademark_owner);
    for finding in check_validity(None, brand.trademark_until, today) {
        found.push(Finding { code: "trademark-expired".into(), field: "trademark_until".into(), ..finding });
    }
    let mut limit = brand.trademark_until;
    for (index, link) in brand.chain.iter().enumerate() {
        let letter = (index + 1).to_string();
        let mut add = |finding: Finding| found.push(finding.arg("letter", letter.as_str()));
        if comparable(&link.grantor) != holder {
            add(Finding::new("chain-broken", Weight::Review, "chain").arg("grantor", link.grantor.as_str()));
        }
        if link.file.is_none() {
            add(Finding::new("letter-file-missing", Weight::Blocking, "chain"));
        }
        for finding in check_validity(link.valid_from, link.valid_until, today) {
            add(Finding { code: format!("letter-{}", finding.code), field: "chain".into(), ..finding });
        }
        if outlives(link, limit) {
            add(Finding::new("letter-outlives", Weight::Review, "chain"));
        }
        limit = [limit, link.valid_until].into_iter().flatten().min();
        holder = comparable(&link.grantee);
    }
    if holder != merchant_name {
        found.push(Finding::new("chain-not-to-merchant", Weight::Review, "chain"));
    }
    found
}

fn outlives(link: &AuthorisationLink, limit: Option<Date>) -> bool {
    match (link.valid_until, limit) {
        (Some(until), Some(limit)) => until > limit,
        (None, Some(_)) => true,
        _ => false,
    }
}

/// What is wanting for the categories on a day. Only requirements towards the merchant are looked at; those towards a
/// product are the listing's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Kinds nothing has been handed in for (of several that would serve, the first).
    pub missing: Vec<String>,
    /// Kinds whose last document is out of date.
    pub expired: Vec<String>,
    /// Kinds handed in and still to be confirmed.
    pub waiting: Vec<String>,
    /// Ids of the qualifications that carry the coverage: what a listing of the category rests on.
    pub rests_on: Vec<String>,
}

impl Coverage {
    /// Whether nothing is wanting.
    pub fn is_ok(&self) -> bool {
        self.missing.is_empty() && self.expired.is_empty() && self.waiting.is_empty()
    }
}

/// The coverage of one category by qualifications on a day.
pub fn coverage(matrix: &Matrix, qualifications: &[Qualification], category: &str, date: Date) -> Coverage {
    let mut coverage = Coverage::default();
    for requirement in matrix.requirements_of_merchant(category) {
        let candidates: Vec<&Qualification> =
            qualifications.iter().filter(|q| requirement.any_of.contains(&q.kind) && q.serves(category)).collect();
        let verified = |q: &&&Qualification| q.state == QualificationState::Verified && q.valid_on(date);
        if let Some(good) = candidates.iter().find(verified) {
            if !coverage.rests_on.contains(&good.id) {
                coverage.rests_on.push(good.id.clone());
            }
            continue;
        }
        let waiting = candidates.iter().find(|q| q.state == QualificationState::Submitted);
        let expired = candidates.iter().find(|q| {
            q.state == QualificationState::Expired || (q.state == QualificationState::Verified && !q.valid_on(date))
        });
        let (list, kind) = match (waiting, expired) {
            (Some(q), _) => (&mut coverage.waiting, q.kind.clone()),
            (None, Some(q)) => (&mut coverage.expired, q.kind.clone()),
            (None, None) => (&mut coverage.missing, requirement.any_of.first().cloned().unwrap_or_default()),
        };
        if !list.contains(&kind) {
            list.push(kind);
        }
    }
    coverage
}

/// Findings for what the categories ask for and nobody has handed in.
pub fn check_matrix(
    matrix: &Matrix,
    merchant: &Merchant,
    qualifications: &[Qualification],
    today: Date,
) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for category in &merchant.categories {
        let coverage = coverage(matrix, qualifications, category, today);
        let lacking = coverage.missing.iter().map(|kind| (kind, "qualification-missing"));
        for (kind, code) in lacking.chain(coverage.expired.iter().map(|kind| (kind, "qualification-expired"))) {
            if !found.iter().any(|f| f.code == code && f.args.get("kind") == Some(kind)) {
                found.push(
                    Finding::new(code, Weight::Blocking, "qualifications")
                        .arg("kind", kind.as_str())
                        .arg("category", category.as_str()),
                );
            }
        }
    }
    found
}

/// Whether the machine may admit by itself: the parameter says so, nothing is to be looked at, and every register asked
/// has confirmed (where no register is connected a person confirms).
pub fn may_enrol_automatically(allowed: bool, findings: &[Finding], qualifications: &[Qualification]) -> bool {
    let live = |q: &&Qualification| matches!(q.state, QualificationState::Submitted | QualificationState::Verified);
    allowed
        && findings.iter().all(|finding| finding.weight == Weight::Note)
        && qualifications.iter().any(|q| live(&q))
        && qualifications.iter().filter(live).all(|q| {
            q.state == QualificationState::Verified
                || (q.register == RegisterState::Confirmed && q.findings.iter().all(|f| f.weight == Weight::Note))
        })
}

/// The warning that is due, as the number of days of the stage; `None` when none is, or it was given already.
/// `stages` are days before the end, for instance 60, 30, 7.
pub fn warning_due(valid_until: Date, today: Date, stages: &[i64], warned_days: i64) -> Option<i64> {
    let left = i64::from((valid_until - today).get_days());
    if left < 0 {
        return None;
    }
    let stage = stages.iter().copied().filter(|days| left <= *days).min()?;
    (warned_days == 0 || stage < warned_days).then_some(stage)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
