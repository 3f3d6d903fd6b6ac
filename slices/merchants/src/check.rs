//! All checks of a file together: completeness, numbers, papers, matrix, blacklist. Read only.

use crate::matrix::Matrix;
use crate::model::{BlacklistEntry, Finding, Merchant, Qualification, QualificationState, Weight};
use crate::{Error, rules, store};
use jiff::civil::Date;
use kernel::Kernel;
use sea_orm::ConnectionTrait;

/// What the checks of a file found.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    /// Everything, worst first.
    pub findings: Vec<Finding>,
    /// The version of the pack it was judged by.
    pub pack_version: String,
    /// A party is on the blacklist beyond doubt.
    pub refused_party: bool,
    /// The qualifications that count (submitted, verified), with fresh findings.
    pub qualifications: Vec<Qualification>,
}

impl Checked {
    /// What must be mended first.
    pub fn blocking(&self) -> Vec<Finding> {
        self.findings.iter().filter(|finding| finding.weight == Weight::Blocking).cloned().collect()
    }
}

/// Checks a file as it stands today.
pub(crate) async fn file(kernel: &Kernel, db: &impl ConnectionTrait, merchant: &Merchant) -> Result<Checked, Error> {
    let matrix = Matrix::of(kernel, &merchant.market)?;
    let today = kernel.today();
    let mut findings = rules::check_completeness(merchant);
    if !merchant.company.uscc.is_empty() {
        findings.extend(rules::check_uscc(matrix.check_uscc(&merchant.company.uscc), &merchant.company.uscc));
    }
    for category in merchant.categories.iter().filter(|category| !matrix.knows_category(category)) {
        findings
            .push(Finding::new("category-unknown", Weight::Blocking, "categories").arg("category", category.as_str()));
    }
    let mut qualifications = store::qualifications_of(db, &merchant.id).await?;
    for q in &mut qualifications {
        if !matches!(q.state, QualificationState::Submitted | QualificationState::Verified) {
            continue;
        }
        q.findings = qualification(db, &matrix, q, merchant, today).await?;
        // A paper that a person has confirmed was looked at: only what changed since counts again.
        let confirmed = q.state == QualificationState::Verified;
        findings.extend(q.findings.iter().filter(|f| !confirmed || f.weight == Weight::Blocking).cloned());
    }
    findings.extend(rules::check_matrix(&matrix, merchant, &qualifications, today));
    let hits = blacklisted(db, merchant, today).await?;
    let refused_party = hits.iter().any(|entry| entry.kind.is_certain());
    for entry in hits.iter().filter(|entry| !entry.kind.is_certain()) {
        findings.push(
            Finding::new("blacklist-likeness", Weight::Review, entry.kind.name())
                .arg("entry", entry.id.as_str())
                .arg("party", entry.kind.name()),
        );
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    qualifications.retain(|q| matches!(q.state, QualificationState::Submitted | QualificationState::Verified));
    Ok(Checked { findings, pack_version: matrix.version().to_owned(), refused_party, qualifications })
}

/// Checks one qualification as it stands today.
pub(crate) async fn qualification(
    db: &impl ConnectionTrait,
    matrix: &Matrix,
    qualification: &Qualification,
    merchant: &Merchant,
    today: Date,
) -> Result<Vec<Finding>, Error> {
    let Some(rule) = matrix.kind(&qualification.kind) else {
        let finding = Finding::new("kind-unknown", Weight::Review, "kind").arg("kind", qualification.kind.as_str());
        return Ok(vec![finding.about(&qualification.id)]);
    };
    let others =
        store::others_with_number(db, &qualification.kind, &qualification.number, &qualification.merchant_id).await?;
    let number = matrix.check_number(rule, &qualification.number);
    let mut found = rules::check_qualification(qualification, rule, number, merchant, today, !others.is_empty());
    // What the register said stays until it is asked again.
    found.extend(qualification.findings.iter().filter(|f| f.code == "register-differs").cloned());
    for finding in &mut found {
        if finding.code == "number-used" {
            finding.args.insert("merchants".into(), others.join(" "));
        }
    }
    Ok(found)
}

/// The blacklist entries in force that name a party of the merchant.
pub(crate) async fn blacklisted(
    db: &impl ConnectionTrait,
    merchant: &Merchant,
    today: Date,
) -> Result<Vec<BlacklistEntry>, Error> {
    let parties = rules::parties(&merchant.company, &merchant.contacts);
    let mut entries = store::blacklist_of(db, &parties).await?;
    entries.retain(|entry| entry.holds_on(today));
    Ok(entries)
}
