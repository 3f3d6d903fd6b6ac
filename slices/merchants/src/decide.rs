//! Decisions about a merchant: admit, refuse, suspend, restore, close, ban; and the merchant's own moves.

use crate::model::{Merchant, Move, Qualification, QualificationState, State, Weight};
use crate::qualification::confirm_in;
use crate::{Error, check, enrol, parameters, rules, store, text};
use ground::limits::NOTE_CHARS_MAX;
use ground::{Fault, Timestamp};
use jiff::civil::Date;
use kernel::{Act, Actor, Kernel, Permission, Write};

/// Why, and on which terms.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// Reason codes; which a move takes says [`reasons_for`].
    pub reasons: Vec<String>,
    /// What the merchant reads besides. Required with the reason `other`.
    pub note: String,
    /// Last day of a suspension; none: until restored.
    pub until: Option<Date>,
    /// With [`Move::Enrol`]: the person has looked at every paper still to be confirmed and confirms them by hand.
    pub confirm_papers: bool,
}

/// The reason codes a move takes; the texts are `merchants-reason-<code with dashes>`.
pub fn reasons_for(step: Move) -> &'static [&'static str] {
    match step {
        Move::Enrol => &["in_order", "other"],
        Move::Refuse => &[
            "documents_false",
            "documents_unclear",
            "identity_unconfirmed",
            "category_not_allowed",
            "blacklisted",
            "other",
        ],
        Move::Suspend => &[
            "documents_suspect",
            "identity_unconfirmed",
            "reverification_overdue",
            "quality_problems",
            "authority_request",
            "other",
        ],
        Move::Restore => &["mended", "mistaken", "term_over", "other"],
        Move::Ban => {
            &["documents_false", "counterfeit", "repeated_violations", "blacklisted", "authority_request", "other"]
        }
        _ => &[],
    }
}

/// Makes a move of the state machine. The merchant's own people may withdraw, close and reopen; everything else needs
/// [`Permission::MerchantsDecide`].
///
/// # Errors
/// `not_found`, `forbidden`, `stale`, `wrong_state`, `invalid_input` (reasons missing or unknown; on enrolment what is
/// still wanting).
pub async fn decide(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    version: i64,
    step: Move,
    decision: Decision,
) -> Result<Merchant, Error> {
    if matches!(step, Move::Submit) {
        return enrol::submit(kernel, actor, id, version).await;
    }
    let own_move = matches!(step, Move::Withdraw | Move::Close | Move::Reopen);
    if own_move {
        actor.require_own(Permission::MerchantsDecide, Permission::OwnMerchant, id)?;
    } else {
        actor.require(Permission::MerchantsDecide)?;
    }
    let mut write = kernel.begin(actor).await?;
    let mut merchant = enrol::load(&write, id, version).await?;
    let next = rules::after(merchant.state, step).ok_or(Error::not_while(step, merchant.state))?;
    if !actor.may(Permission::MerchantsDecide) && !rules::is_merchants_own(step, merchant.state) {
        return Err(Error::not_while(step, merchant.state));
    }
    let decision = read_decision(step, decision, kernel.today())?;
    if step == Move::Enrol {
        let checked = confirm_papers(kernel, &mut write, &merchant, decision.confirm_papers).await?;
        admit(kernel, &mut merchant, write.now(), checked)?;
    }
    merchant.suspended_until = match (step, decision.until) {
        (Move::Suspend, Some(day)) => Some(Timestamp::start_of(day.tomorrow().unwrap_or(day), kernel.zone())),
        _ => None,
    };
    make(&mut write, &mut merchant, step, next, &decision).await?;
    write.commit().await?;
    Ok(merchant)
}

/// The papers are confirmed by a person, or had been; nothing may be wanting.
async fn confirm_papers(
    kernel: &Kernel,
    write: &mut Write,
    merchant: &Merchant,
    confirmed: bool,
) -> Result<check::Checked, Error> {
    let checked = check::file(kernel, write.tx(), merchant).await?;
    Error::check(enrol::faults(&checked.blocking()))?;
    let open: Vec<&Qualification> =
        checked.qualifications.iter().filter(|q| q.state == QualificationState::Submitted).collect();
    if !open.is_empty() && !confirmed {
        return Err(Error::field("confirm_papers", "merchants-fault-confirm-papers"));
    }
    for q in open {
        confirm_in(write, q.clone(), "").await?;
    }
    Ok(checked)
}

/// Sets the dates of an admission.
pub(crate) fn admit(
    kernel: &Kernel,
    merchant: &mut Merchant,
    now: Timestamp,
    checked: check::Checked,
) -> Result<(), Error> {
    merchant.findings = checked.findings.into_iter().filter(|finding| finding.weight != Weight::Blocking).collect();
    merchant.verified_at = Some(now);
    merchant.verify_due_at = Some(parameters::of(kernel, &merchant.market)?.next_verification(kernel, now));
    merchant.confirm_asked_at = None;
    merchant.open_reason = None;
    Ok(())
}

/// Writes a move that was found to be allowed: state, row, act.
pub(crate) async fn make(
    write: &mut Write,
    merchant: &mut Merchant,
    step: Move,
    next: State,
    decision: &Decision,
) -> Result<(), Error> {
    merchant.version += 1;
    merchant.state = next;
    merchant.updated_at = write.now();
    merchant.reasons.clone_from(&decision.reasons);
    merchant.note.clone_from(&decision.note);
    if matches!(step, Move::Refuse | Move::Withdraw | Move::Close) {
        store::release_claims(write.tx(), &merchant.id).await?;
    }
    store::update_merchant(write.tx(), merchant, false).await?;
    let mut act = Act::new(step.act_kind(), "merchant", &merchant.id).outcome(next.name());
    for reason in &decision.reasons {
        act = act.reason(reason);
    }
    if !decision.note.is_empty() {
        act = act.private("note", decision.note.as_str());
    }
    if let Some(until) = merchant.suspended_until {
        act = act.public("until", until.to_rfc3339());
    }
    if step == Move::Enrol {
        act = act.public("market", merchant.market.as_str()).public("categories", merchant.categories.clone());
    }
    write.act(act).await?;
    Ok(())
}

fn read_decision(step: Move, decision: Decision, today: Date) -> Result<Decision, Error> {
    let mut faults = Vec::new();
    let note = text::note(&mut faults, "note", &decision.note, NOTE_CHARS_MAX);
    let known = reasons_for(step);
    let mut reasons: Vec<String> = Vec::new();
    for reason in decision.reasons.into_iter().filter(|reason| !reason.is_empty()) {
        if !known.contains(&reason.as_str()) {
            faults.push(Fault::field("reasons", "merchants-fault-reason-unknown").arg("known", known.join(", ")));
        } else if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    if rules::needs_reasons(step) && reasons.is_empty() && faults.is_empty() {
        faults.push(Fault::field("reasons", "merchants-fault-reason-missing"));
    }
    if reasons.iter().any(|reason| reason == "other") && note.is_empty() {
        faults.push(Fault::field("note", "merchants-fault-note-missing"));
    }
    if decision.until.is_some_and(|day| step == Move::Suspend && day < today) {
        faults.push(Fault::field("until", "merchants-fault-until-past"));
    }
    Error::check(faults)?;
    Ok(Decision { reasons, note, ..decision })
}

/// The merchant confirms that its file is still true (asked every few months). Clean files are verified anew at once;
/// others are looked at by a person. Lifts a suspension that was for silence alone.
///
/// # Errors
/// `not_found`, `forbidden`, `stale`, `wrong_state` when nothing is asked, `invalid_input` with what to mend first.
pub async fn confirm(kernel: &Kernel, actor: &Actor, id: &str, version: i64) -> Result<Merchant, Error> {
    actor.require_own(Permission::MerchantsDecide, Permission::OwnMerchant, id)?;
    let mut write = kernel.begin(actor).await?;
    let mut merchant = enrol::load(&write, id, version).await?;
    let silent = merchant.state == State::Suspended && merchant.reasons == ["reverification_overdue"];
    if !silent && (merchant.state != State::Enrolled || merchant.confirm_asked_at.is_none()) {
        return Err(Error::WrongState { what: "confirm", state: merchant.state.name() });
    }
    let checked = check::file(kernel, write.tx(), &merchant).await?;
    Error::check(enrol::faults(&checked.blocking()))?;
    let clean = merchant.open_reason.is_none()
        && checked.findings.iter().all(|finding| finding.weight == Weight::Note)
        && checked.qualifications.iter().all(|q| q.state == QualificationState::Verified);
    write.act(Act::new("merchant.confirmed", "merchant", id)).await?;
    let pack_version = checked.pack_version.clone();
    if clean {
        admit(kernel, &mut merchant, write.now(), checked)?;
        let act = Act::new("merchant.reverified", "merchant", id).policy(&merchant.market, &pack_version);
        write.act(act).await?;
    } else {
        merchant.findings = checked.findings;
        merchant.confirm_asked_at = None;
        merchant.open_reason = Some(merchant.open_reason.take().unwrap_or_else(|| "reverification".to_owned()));
    }
    if silent {
        let decision = Decision { reasons: vec!["mended".to_owned()], ..Decision::default() };
        merchant.suspended_until = None;
        make(&mut write, &mut merchant, Move::Restore, State::Enrolled, &decision).await?;
    } else {
        merchant.version += 1;
        merchant.updated_at = write.now();
        store::update_merchant(write.tx(), &merchant, false).await?;
    }
    write.commit().await?;
    Ok(merchant)
}

/// A person has looked at a file that was open (changed identity, re-verification) and finds it in order. Papers still
/// to be confirmed are decided one by one.
///
/// # Errors
/// `not_found`, `forbidden`, `stale`, `wrong_state` when nothing is open, `invalid_input` with what is wanting.
pub async fn reverify(kernel: &Kernel, actor: &Actor, id: &str, version: i64, note: &str) -> Result<Merchant, Error> {
    actor.require(Permission::MerchantsDecide)?;
    let mut faults = Vec::new();
    let note = text::note(&mut faults, "note", note, NOTE_CHARS_MAX);
    Error::check(faults)?;
    let mut write = kernel.begin(actor).await?;
    let mut merchant = enrol::load(&write, id, version).await?;
    if merchant.open_reason.is_none() || merchant.state != State::Enrolled {
        return Err(Error::WrongState { what: "reverify", state: merchant.state.name() });
    }
    let checked = check::file(kernel, write.tx(), &merchant).await?;
    Error::check(enrol::faults(&checked.blocking()))?;
    let mut act = Act::new("merchant.reverified", "merchant", id)
        .policy(&merchant.market, &checked.pack_version)
        .public("looked_at", merchant.open_reason.clone().unwrap_or_default());
    if !note.is_empty() {
        act = act.private("note", note);
    }
    admit(kernel, &mut merchant, write.now(), checked)?;
    merchant.version += 1;
    merchant.updated_at = write.now();
    store::update_merchant(write.tx(), &merchant, false).await?;
    write.act(act).await?;
    write.commit().await?;
    Ok(merchant)
}
