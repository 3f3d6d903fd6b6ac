//! On-site inspections: an appointment with notice, a checklist, photos, an outcome.

use crate::error::Error;
use crate::model::names;
use crate::parameters::{self, Parameters, parameters, working_days};
use crate::store;
use crate::tables;
use blobs::Kind;
use bytes::Bytes;
use ground::limits::{LINE_CHARS_MAX, NOTE_CHARS_MAX, UPLOAD_BYTES_MAX};
use ground::{Bilingual, Fault, Problem, Timestamp};
use jiff::civil::Date;
use kernel::{Act, Actor, Kernel, Page, Paging, Permission, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most photos of a visit.
pub const PHOTOS_MAX: usize = 60;
/// Furthest day ahead an appointment may be.
const AHEAD_DAYS_MAX: i32 = 366;
/// Visits one job turn handles.
const TURN_MAX: u64 = 100;

/// Where a visit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitState {
    /// Appointed.
    Scheduled,
    /// Done and reported.
    Reported,
    /// Called off.
    Cancelled,
}

names!(VisitState { Scheduled = "scheduled", Reported = "reported", Cancelled = "cancelled" });

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is wrong.
    Passed,
    /// Something must be put right.
    Rectify,
    /// Not acceptable.
    Failed,
}

names!(Outcome { Passed = "passed", Rectify = "rectify", Failed = "failed" });

/// Answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// As it should be.
    Yes,
    /// Not so.
    No,
    /// Does not apply here.
    Inapplicable,
}

names!(Found { Yes = "yes", No = "no", Inapplicable = "inapplicable" });

/// A question as it was when the visit was appointed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckItem {
    /// Id of the row of the checklist.
    pub id: String,
    /// Part of the visit.
    pub section: Bilingual,
    /// The question.
    pub title: Bilingual,
    /// A "no" means that the visit is not passed.
    pub decisive: bool,
    /// Needs a photo.
    pub photo_required: bool,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What was found.
    pub found: Found,
    /// In words.
    pub note: String,
}

/// A photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Photo {
    /// Content hash.
    pub sha256: String,
    /// The question it belongs to; empty: the visit as a whole.
    pub check: String,
}

/// A visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Id.
    pub id: String,
    /// Whom.
    pub merchant_id: String,
    /// Its name.
    pub merchant_name: String,
    /// Where.
    pub address: String,
    /// Who is met there.
    pub contact: String,
    /// Why.
    pub purpose: String,
    /// When.
    pub date: Date,
    /// Who goes.
    pub inspector: String,
    /// Their name.
    pub inspector_name: String,
    /// Where it stands.
    pub state: VisitState,
    /// Questions.
    pub checklist: Vec<CheckItem>,
    /// Answers by question.
    pub answers: BTreeMap<String, Answer>,
    /// Photos.
    pub photos: Vec<Photo>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// In words.
    pub summary: String,
    /// Last day to report.
    pub report_due: Date,
    /// Who appointed it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was reported or called off.
    pub reported_at: Option<Timestamp>,
    /// The act that said the report is late.
    pub overdue_act_id: Option<String>,
}

impl Visit {
    /// Whether this person may fill it in.
    pub fn may_fill(&self, actor: &Actor) -> bool {
        self.state == VisitState::Scheduled
            && actor.may(Permission::ReviewDecide)
            && (actor.id == self.inspector || actor.may(Permission::ReviewManage))
    }
}

/// An appointment to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Appointment {
    /// Whom.
    pub merchant_id: String,
    /// Where.
    pub address: String,
    /// Who is met there.
    pub contact: String,
    /// Why.
    pub purpose: String,
    /// When, `YYYY-MM-DD`.
    pub date: String,
    /// Who goes: user id; empty: whoever appoints.
    pub inspector: String,
}

/// The first day an appointment made today may be on.
///
/// # Errors
/// `internal` for a pack that cannot be read.
pub fn earliest_date(kernel: &Kernel) -> Result<Date> {
    let parameters = parameters(kernel)?;
    Ok(working_days(kernel)?.add_working_days(kernel.today(), parameters.onsite_notice_days))
}

/// Appoints a visit. Act `review.visit_scheduled`.
///
/// # Errors
/// `forbidden`, `invalid_input` naming the field (a date with too little notice says which is the first possible).
pub async fn schedule(kernel: &Kernel, actor: &Actor, asked: &Appointment) -> Result<Visit> {
    actor.require(Permission::ReviewManage)?;
    let merchant = merchants::directory(kernel, std::slice::from_ref(&asked.merchant_id)).await?;
    schedule_at(kernel, actor, asked, merchant.get(&asked.merchant_id).map(String::as_str)).await
}

pub(crate) async fn schedule_at(
    kernel: &Kernel,
    actor: &Actor,
    asked: &Appointment,
    merchant: Option<&str>,
) -> Result<Visit> {
    actor.require(Permission::ReviewManage)?;
    let parameters = parameters(kernel)?;
    let date = check_appointment(kernel, asked, merchant.is_some())?;
    let inspector =
        if asked.inspector.trim().is_empty() { actor.id.clone() } else { asked.inspector.trim().to_owned() };
    let known = store::people::get(kernel.db().read(), &inspector).await?;
    let inspector_name = match known {
        Some(person) if !person.name.is_empty() => person.name,
        _ if inspector == actor.id => actor.name.clone(),
        _ => return Err(Problem::invalid_field("inspector", "review-fault-reviewer")),
    };
    if store::people::is_related(kernel.db().read(), &inspector, &asked.merchant_id).await? {
        return Err(Error::Conflict.into());
    }
    let mut write = kernel.begin(actor).await?;
    let visit = Visit {
        id: write.new_id(),
        merchant_id: asked.merchant_id.clone(),
        merchant_name: merchant.unwrap_or_default().to_owned(),
        address: asked.address.trim().to_owned(),
        contact: asked.contact.trim().to_owned(),
        purpose: asked.purpose.trim().to_owned(),
        date,
        inspector,
        inspector_name,
        state: VisitState::Scheduled,
        checklist: checklist(kernel)?,
        answers: BTreeMap::new(),
        photos: Vec::new(),
        outcome: None,
        summary: String::new(),
        report_due: report_due(kernel, &parameters, date)?,
        created_by: actor.id.clone(),
        created_at: write.now(),
        reported_at: None,
        overdue_act_id: None,
    };
    store::visits::insert(write.tx(), &visit).await?;
    let act = Act::new("review.visit_scheduled", "visit", &visit.id)
        .about("merchant", &visit.merchant_id)
        .public("date", visit.date.to_string())
        .public("report_due", visit.report_due.to_string())
        .private("address", visit.address.as_str())
        .private("purpose", visit.purpose.as_str());
    write.act(act).await?;
    write.commit().await?;
    Ok(visit)
}

fn report_due(kernel: &Kernel, parameters: &Parameters, date: Date) -> Result<Date> {
    Ok(working_days(kernel)?.add_working_days(date, parameters.onsite_report_days))
}

fn checklist(kernel: &Kernel) -> Result<Vec<CheckItem>> {
    let rows = tables::checklist(&parameters::pack(kernel), kernel.today())?;
    let item = |row: std::sync::Arc<policy::Row<tables::ChecklistRow>>| CheckItem {
        id: row.id.clone(),
        section: row.body.section.clone(),
        title: row.body.title.clone(),
        decisive: row.body.decisive,
        photo_required: row.body.photo_required,
    };
    Ok(rows.into_iter().map(item).collect())
}

fn check_appointment(kernel: &Kernel, asked: &Appointment, merchant_known: bool) -> Result<Date> {
    let mut faults = Vec::new();
    if !merchant_known {
        faults.push(Fault::field("merchant_id", "review-fault-merchant"));
    }
    let lines =
        [("address", &asked.address, true), ("contact", &asked.contact, false), ("purpose", &asked.purpose, true)];
    for (field, value, required) in lines {
        let length = value.trim().chars().count();
        if required && length == 0 {
            faults.push(Fault::field(field, "review-fault-missing"));
        } else if length > LINE_CHARS_MAX || value.chars().any(listings::content::is_forbidden) {
            faults.push(Fault::field(field, "review-fault-line").arg("most", LINE_CHARS_MAX));
        }
    }
    let (earliest, last) =
        (earliest_date(kernel)?, kernel.today().saturating_add(jiff::Span::new().days(AHEAD_DAYS_MAX)));
    let date: Option<Date> = asked.date.trim().parse().ok();
    match date {
        None => faults.push(Fault::field("date", "review-fault-date")),
        Some(date) if date < earliest => {
            faults.push(Fault::field("date", "review-fault-date-early").arg("earliest", earliest))
        }
        Some(date) if date > last => faults.push(Fault::field("date", "review-fault-date-late").arg("latest", last)),
        Some(_) => {}
    }
    Problem::check(faults)?;
    date.ok_or_else(|| Problem::invalid_field("date", "review-fault-date"))
}

/// One visit.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn visit(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Visit> {
    actor.require(Permission::ReviewRead)?;
    store::visits::get(kernel.db().read(), id).await?.ok_or_else(Problem::not_found)
}

/// Visits in a state (all where none is named); `mine`: only those the actor goes to.
///
/// # Errors
/// `forbidden`.
pub async fn visits(
    kernel: &Kernel,
    actor: &Actor,
    state: Option<VisitState>,
    mine: bool,
    paging: &Paging,
) -> Result<Page<Visit>> {
    actor.require(Permission::ReviewRead)?;
    store::visits::list(kernel.db().read(), state, mine.then_some(actor.id.as_str()), paging).await
}

async fn fillable(kernel: &Kernel, actor: &Actor, id: &str, step: &'static str) -> Result<Visit> {
    actor.require(Permission::ReviewDecide)?;
    let visit = visit(kernel, actor, id).await?;
    if visit.state != VisitState::Scheduled {
        return Err(Error::State { state: visit.state.name().to_owned(), step }.into());
    }
    if !visit.may_fill(actor) {
        return Err(Problem::forbidden());
    }
    Ok(visit)
}

/// Keeps answers while the visit goes on; nothing is decided by it. Answers to unknown questions are refused.
///
/// # Errors
/// `forbidden`, `not_found`, `review_state`, `invalid_input`.
pub async fn save_answers(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    answers: &BTreeMap<String, Answer>,
    summary: &str,
) -> Result<Visit> {
    let mut visit = fillable(kernel, actor, id, "fill").await?;
    let mut faults = Vec::new();
    for (check, answer) in answers {
        if !visit.checklist.iter().any(|item| item.id == *check) {
            faults.push(Fault::field(check.as_str(), "review-fault-check"));
        } else if answer.note.chars().count() > NOTE_CHARS_MAX {
            faults.push(Fault::field(check.as_str(), "review-fault-note-long").arg("most", NOTE_CHARS_MAX));
        }
    }
    if summary.chars().count() > NOTE_CHARS_MAX {
        faults.push(Fault::field("summary", "review-fault-note-long").arg("most", NOTE_CHARS_MAX));
    }
    Problem::check(faults)?;
    visit.answers.extend(answers.clone());
    visit.summary = summary.trim().to_owned();
    keep(kernel, &visit).await?;
    Ok(visit)
}

async fn keep(kernel: &Kernel, visit: &Visit) -> Result<()> {
    let tx = kernel.db().write_tx().await?;
    if !store::visits::save(&tx, &visit.id, &visit.answers, &visit.photos, &visit.summary).await? {
        return Err(Error::State { state: "closed".into(), step: "fill" }.into());
    }
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// Adds a photo to a question (empty: to the visit).
///
/// # Errors
/// `forbidden`, `not_found`, `review_state`, `invalid_input`, and what the file store refuses.
pub async fn add_photo(kernel: &Kernel, actor: &Actor, id: &str, check: &str, content: Bytes) -> Result<Visit> {
    let visit = fillable(kernel, actor, id, "fill").await?;
    if !check.is_empty() && !visit.checklist.iter().any(|item| item.id == check) {
        return Err(Problem::invalid_field("check", "review-fault-check"));
    }
    if visit.photos.len() >= PHOTOS_MAX {
        return Err(Problem::invalid(vec![Fault::field("photo", "review-fault-photos").arg("most", PHOTOS_MAX)]));
    }
    let blob = kernel.blobs().put(content, &Kind::PICTURES, UPLOAD_BYTES_MAX).await?;
    let mut visit = visit;
    let photo = Photo { sha256: blob.sha256, check: check.to_owned() };
    if !visit.photos.contains(&photo) {
        visit.photos.push(photo);
    }
    keep(kernel, &visit).await?;
    Ok(visit)
}

/// A photo's bytes and media type.
///
/// # Errors
/// `forbidden`, `not_found` for what is not a photo of this visit.
pub async fn photo(kernel: &Kernel, actor: &Actor, id: &str, sha256: &str) -> Result<(Bytes, &'static str)> {
    let visit = visit(kernel, actor, id).await?;
    if !visit.photos.iter().any(|photo| photo.sha256 == sha256) {
        return Err(Problem::not_found());
    }
    let content = kernel.blobs().get(sha256).await?;
    let media_type = Kind::of(&content).map_or("application/octet-stream", Kind::media_type);
    Ok((content, media_type))
}

/// Hands the report in. Act `review.visit_reported`, with the photos as evidence.
///
/// # Errors
/// `forbidden`, `not_found`, `review_state`, `invalid_input` naming what is missing: a question without answer, a photo, a
/// summary, or an outcome that a decisive "no" does not allow; a report before the day of the visit.
pub async fn report(kernel: &Kernel, actor: &Actor, id: &str, outcome: Outcome) -> Result<Visit> {
    let mut visit = fillable(kernel, actor, id, "report").await?;
    check_report(&visit, outcome, kernel.today(), parameters(kernel)?.reason_chars_minimum)?;
    let mut write = kernel.begin(actor).await?;
    if !store::visits::finish(write.tx(), id, VisitState::Reported, Some(outcome), write.now()).await? {
        return Err(Error::State { state: "closed".into(), step: "report" }.into());
    }
    let no: Vec<&str> =
        visit.answers.iter().filter(|(_, answer)| answer.found == Found::No).map(|(check, _)| check.as_str()).collect();
    let mut act = Act::new("review.visit_reported", "visit", id)
        .about("merchant", &visit.merchant_id)
        .outcome(outcome.name())
        .private("summary", visit.summary.as_str());
    for check in no {
        act = act.reason(check);
    }
    for photo in &visit.photos {
        act = act.evidence(&photo.sha256);
    }
    write.act(act).await?;
    visit.state = VisitState::Reported;
    visit.outcome = Some(outcome);
    visit.reported_at = Some(write.now());
    write.commit().await?;
    Ok(visit)
}

fn check_report(visit: &Visit, outcome: Outcome, today: Date, least: i64) -> Result<()> {
    let mut faults = Vec::new();
    if today < visit.date {
        faults.push(Fault::field("outcome", "review-fault-report-early").arg("date", visit.date));
    }
    for item in &visit.checklist {
        match visit.answers.get(&item.id) {
            None => faults.push(Fault::field(item.id.as_str(), "review-fault-answer")),
            Some(answer) if answer.found == Found::No && item.decisive && outcome == Outcome::Passed => {
                faults.push(Fault::field("outcome", "review-fault-outcome-decisive"));
            }
            Some(answer) if answer.found == Found::No && answer.note.trim().is_empty() => {
                faults.push(Fault::field(item.id.as_str(), "review-fault-answer-note"));
            }
            Some(_) => {}
        }
        if item.photo_required && !visit.photos.iter().any(|photo| photo.check == item.id) {
            faults.push(Fault::field(item.id.as_str(), "review-fault-photo"));
        }
    }
    if (visit.summary.trim().chars().count() as i64) < least {
        faults.push(Fault::field("summary", "review-fault-note").arg("least", least));
    }
    Problem::check(faults)
}

/// Calls a visit off. Act `review.visit_cancelled`.
///
/// # Errors
/// `forbidden`, `not_found`, `review_state`, `invalid_input` without a reason.
pub async fn cancel(kernel: &Kernel, actor: &Actor, id: &str, reason: &str) -> Result<()> {
    actor.require(Permission::ReviewManage)?;
    let visit = visit(kernel, actor, id).await?;
    let length = reason.trim().chars().count();
    if length == 0 || length > NOTE_CHARS_MAX {
        return Err(Problem::invalid_field("reason", "review-fault-missing"));
    }
    let mut write = kernel.begin(actor).await?;
    if !store::visits::finish(write.tx(), id, VisitState::Cancelled, None, write.now()).await? {
        return Err(Error::State { state: visit.state.name().to_owned(), step: "cancel" }.into());
    }
    let act = Act::new("review.visit_cancelled", "visit", id)
        .about("merchant", &visit.merchant_id)
        .private("reason", reason.trim());
    write.act(act).await?;
    write.commit().await?;
    Ok(())
}

/// Job: says once of each late report that it is late (act `review.visit_overdue`).
///
/// # Errors
/// What the store says.
pub(crate) async fn mark_overdue(kernel: Kernel) -> Result<u64> {
    let late = store::visits::newly_overdue(kernel.db().read(), kernel.today(), TURN_MAX).await?;
    let mut said = 0;
    for visit in late {
        let mut write = kernel.begin(&Actor::system("review-visits")).await?;
        let act = Act::new("review.visit_overdue", "visit", &visit.id)
            .about("merchant", &visit.merchant_id)
            .public("report_due", visit.report_due.to_string());
        let act_id = write.act(act).await?;
        if store::visits::set_overdue(write.tx(), &visit.id, &act_id).await? {
            write.commit().await?;
            said += 1;
        }
    }
    Ok(said)
}
