//! The numbered reasons of a decision, and what the merchant will read. Pure.

use crate::model::{Evidence, Reason, Verdict, Worst};
use crate::tables::ReasonRow;
use ground::limits::NOTE_CHARS_MAX;
use ground::{Bilingual, Fault, Language, Problem};
use kernel::Result;
use policy::Row;
use screening::Finding;
use std::sync::Arc;

/// Keys 1 to 9 on the review screen.
const KEYS: u8 = 9;
/// Keys kept for reasons to approve, so that many findings do not crowd them out.
const KEYS_APPROVE: u8 = 3;

/// The reasons on offer for a version: first its findings, one a rule, then the rows of the policy that approve, then those
/// that reject. The first nine of that order have keys; at most six of them are findings.
pub fn catalogue(evidence: &Evidence, rows: &[Arc<Row<ReasonRow>>]) -> Vec<Reason> {
    let mut all = of_findings(evidence);
    let of_row = |row: &Arc<Row<ReasonRow>>| Reason {
        code: row.id.clone(),
        label: row.body.title.clone(),
        merchant: row.reason.clone().unwrap_or_default(),
        fix: row.fix.clone(),
        basis: Vec::new(),
        verdict: row.body.verdict,
        worst: None,
        note_required: row.body.note_required,
        key: None,
        findings: Vec::new(),
    };
    for verdict in [Verdict::Approve, Verdict::Reject] {
        all.extend(rows.iter().filter(|row| row.body.verdict == verdict).map(of_row));
    }
    let mut next = 1;
    let mut give = |reason: &mut Reason| {
        if next <= KEYS && reason.key.is_none() {
            reason.key = Some(next);
            next += 1;
        }
    };
    let is_finding = |reason: &&mut Reason| !reason.findings.is_empty();
    all.iter_mut().filter(is_finding).take(usize::from(KEYS - KEYS_APPROVE)).for_each(&mut give);
    let approves = |reason: &&mut Reason| reason.verdict == Verdict::Approve;
    all.iter_mut().filter(approves).take(usize::from(KEYS_APPROVE)).for_each(&mut give);
    all.iter_mut().filter(|reason| reason.findings.is_empty()).for_each(&mut give);
    all
}

fn of_findings(evidence: &Evidence) -> Vec<Reason> {
    let mut all: Vec<Reason> = Vec::new();
    for (index, finding) in
        evidence.findings.iter().enumerate().filter(|(_, finding)| finding.mode == screening::Mode::On)
    {
        let worst = Worst::from(finding.severity);
        if let Some(there) = all.iter_mut().find(|reason| reason.code == finding.rule) {
            there.findings.push(index);
            there.worst = there.worst.max(Some(worst));
            continue;
        }
        all.push(Reason {
            code: finding.rule.clone(),
            label: finding.reason.clone(),
            merchant: finding.reason.clone(),
            fix: finding.fix.clone(),
            basis: finding.basis.iter().map(|basis| basis.name.clone()).collect(),
            verdict: Verdict::Reject,
            worst: Some(worst),
            note_required: false,
            key: None,
            findings: vec![index],
        });
    }
    all
}

/// What must hold of a decision before it is taken.
#[derive(Debug, Clone, Copy)]
pub struct Minimum {
    /// Reasons at least.
    pub reasons: i64,
    /// Characters of a note where one is required.
    pub note_chars: i64,
}

/// Checks reasons and note of a decision.
///
/// # Errors
/// `invalid_input` naming `reasons` or `note`.
pub fn check(all: &[Reason], verdict: Verdict, chosen: &[String], note: &str, minimum: Minimum) -> Result<()> {
    let mut faults = Vec::new();
    let known: Vec<&Reason> = chosen.iter().filter_map(|code| all.iter().find(|reason| reason.code == *code)).collect();
    if known.len() != chosen.len() {
        faults.push(Fault::field("reasons", "review-fault-reason-unknown"));
    } else if i64::try_from(known.len()).unwrap_or(i64::MAX) < minimum.reasons {
        faults.push(Fault::field("reasons", "review-fault-reasons").arg("least", minimum.reasons));
    } else if known.iter().any(|reason| reason.verdict != verdict) {
        let message = match verdict {
            Verdict::Approve => "review-fault-reason-rejects",
            Verdict::Reject => "review-fault-reason-approves",
        };
        faults.push(Fault::field("reasons", message));
    }
    let length = i64::try_from(note.trim().chars().count()).unwrap_or(i64::MAX);
    if known.iter().any(|reason| reason.note_required) && length < minimum.note_chars {
        faults.push(Fault::field("note", "review-fault-note").arg("least", minimum.note_chars));
    }
    if length > NOTE_CHARS_MAX as i64 {
        faults.push(Fault::field("note", "review-fault-note-long").arg("most", NOTE_CHARS_MAX));
    }
    if note.chars().any(listings::content::is_forbidden) {
        faults.push(Fault::field("note", "review-fault-note-character"));
    }
    Problem::check(faults)
}

/// One paragraph of what the merchant reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// What is wrong, or why it may be sold.
    pub reason: String,
    /// The words it is about.
    pub quotes: Vec<String>,
    /// What would mend it.
    pub fix: Option<String>,
    /// Legal basis.
    pub basis: Vec<String>,
}

/// The words of a finding that say something to a person. A price stands there in minor units and in the reason already.
pub fn quotable(finding: &Finding) -> Option<&str> {
    let price = ["price", "list_price"].iter().any(|name| finding.field.starts_with(name));
    Some(finding.text.as_str()).filter(|text| !price && !text.is_empty())
}

/// What the merchant will read of these reasons. Words quoted are those of the findings, each once.
pub fn letter(all: &[Reason], chosen: &[String], evidence: &Evidence, language: Language) -> Vec<Paragraph> {
    let text = |text: &Bilingual| text.get(language).to_owned();
    let paragraph = |reason: &Reason| {
        let mut quotes: Vec<String> = Vec::new();
        for finding in reason.findings.iter().filter_map(|index| evidence.findings.get(*index)) {
            if let Some(text) = quotable(finding).filter(|text| quotes.iter().all(|known| known != text)) {
                quotes.push(text.to_owned());
            }
        }
        Paragraph {
            reason: text(&reason.merchant),
            quotes,
            fix: reason.fix.as_ref().map(text),
            basis: reason.basis.iter().map(text).collect(),
        }
    };
    all.iter().filter(|reason| chosen.contains(&reason.code)).map(paragraph).collect()
}
