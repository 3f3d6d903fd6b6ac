//! The merchant's home: what is asked of it, by when, how to mend it; and its own history.

use super::parts::{category_text, finding_list, history, kind_text, name_of, reason_text, refused, state_mark};
use crate::matrix::Matrix;
use crate::model::{Merchant, Move, Qualification, QualificationState, State as MerchantState};
use crate::parameters;
use crate::{Decision, Error, rules};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ground::Timestamp;
use jiff::civil::Date;
use kernel::{ActRecord, Actor, Kernel};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use ui::parts::{
    Field, FormErrors, PageHeader, Step, StepState, Stepper, Tone, alert, card, clock, confirm, empty, facts,
    form_post, submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, Signed, Site};

struct Home {
    merchant: Merchant,
    matrix: Arc<Matrix>,
    qualifications: Vec<Qualification>,
    acts: Vec<ActRecord>,
    today: Date,
    confirm_due: Option<Timestamp>,
    decision_due: Option<Timestamp>,
    warning_days: i64,
    actor: Actor,
}

async fn load(kernel: &Kernel, actor: &Actor) -> Result<Option<Home>, Error> {
    let Some(merchant) = crate::own(kernel, actor).await? else {
        return Ok(None);
    };
    let parameters = parameters::of(kernel, &merchant.market)?;
    let days = parameters::verification_working_days(kernel)?;
    Ok(Some(Home {
        matrix: Matrix::of(kernel, &merchant.market)?,
        qualifications: crate::qualifications(kernel, actor, &merchant.id).await?,
        acts: crate::history(kernel, actor, &merchant.id).await?,
        today: kernel.today(),
        confirm_due: crate::read::confirm_due_at(&merchant, parameters.reverification_grace_days),
        decision_due: merchant.submitted_at.and_then(|at| parameters::decision_due(kernel, at, days)),
        warning_days: parameters.expiry_warning_days.first().copied().unwrap_or(0),
        actor: actor.clone(),
        merchant,
    }))
}

/// The home page; before there is a file it says how to begin.
pub(crate) async fn home(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Markup, Failure> {
    match load(site.kernel(), &actor).await? {
        None => Ok(beginning(&cx)),
        Some(home) => Ok(page(&cx, &home, &FormErrors::none())),
    }
}

fn beginning(cx: &View) -> Markup {
    let title = cx.t("merchants-home");
    let action = html! { a class="btn btn-primary" href="/merchant/enrol" { (cx.t("merchants-begin")) } };
    let body = empty("building-store", &cx.t("merchants-begin-title"), &cx.t("merchants-begin-help"), Some(action));
    shell::merchant(cx, &title, html! { (PageHeader::new(cx, title.clone())) (card("", body)) })
}

fn page(cx: &View, home: &Home, errors: &FormErrors) -> Markup {
    let title = name_of(cx, &home.merchant);
    let asked = asked(cx, home);
    shell::merchant(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).mark(state_mark(cx, home.merchant.state))
                .link(&cx.t("merchants-papers"), "/merchant/qualifications", "certificate")
                .link(&cx.t("merchants-file"), "/merchant/enrol/company", "edit"))
            (errors)
            (procedure(cx, home))
            (card(&cx.t("merchants-asked"), html! {
                @if asked.is_empty() {
                    (empty("circle-check", &cx.t("merchants-asked-none"), &cx.t("merchants-asked-none-help"), None))
                } @else { div class="ts-stack" { @for item in &asked { (item) } } }
            }))
            div class="ts-halves" {
                (coverage(cx, home))
                (own_moves(cx, home))
            }
            (card(&cx.t("merchants-history"), history(cx, &home.acts, &home.matrix, false)))
        },
    )
}

fn procedure(cx: &View, home: &Home) -> Markup {
    let merchant = &home.merchant;
    let order = match merchant.state {
        MerchantState::Draft => 0,
        MerchantState::Submitted => 1,
        MerchantState::Verifying => 2,
        MerchantState::Refused => 3,
        _ => 4,
    };
    let step = |place: usize, id: &str| {
        let state = match place.cmp(&order) {
            std::cmp::Ordering::Less => StepState::Done,
            std::cmp::Ordering::Equal => StepState::Current,
            std::cmp::Ordering::Greater => StepState::Next,
        };
        Step::new(cx.t(id), state)
    };
    let mut submitted = step(1, "merchants-step-submitted");
    if let Some(at) = merchant.submitted_at.filter(|_| order >= 1) {
        submitted = submitted.at(at);
    }
    let mut verifying = step(2, "merchants-step-verifying");
    if let Some(due) = home.decision_due.filter(|_| matches!(order, 1 | 2)) {
        verifying = verifying.due(due);
    }
    let last = match merchant.state {
        MerchantState::Refused => Step::new(cx.t("merchants-state-refused"), StepState::Failed),
        MerchantState::Banned | MerchantState::Closed | MerchantState::Suspended => {
            Step::new(super::parts::state_text(cx, merchant.state), StepState::Failed)
        }
        MerchantState::Enrolled => Step::new(cx.t("merchants-step-enrolled"), StepState::Done),
        _ => Step::new(cx.t("merchants-step-enrolled"), StepState::Next),
    };
    let stepper = Stepper::new(cx, cx.t("merchants-procedure"))
        .step(step(0, "merchants-step-draft"))
        .step(submitted)
        .step(verifying)
        .step(last);
    html! { (stepper) }
}

/// What is asked: each with what to do and by when.
fn asked(cx: &View, home: &Home) -> Vec<Markup> {
    let merchant = &home.merchant;
    let mut asked = Vec::new();
    let reasons: Vec<String> = merchant.reasons.iter().map(|reason| reason_text(cx, reason)).collect();
    let reasons = reasons.join(&cx.t("merchants-list-separator"));
    match merchant.state {
        MerchantState::Draft => asked.push(alert(
            Tone::Info,
            &cx.t("merchants-asked-draft"),
            link(cx, "/merchant/enrol", "merchants-continue"),
        )),
        MerchantState::Refused | MerchantState::Suspended | MerchantState::Banned | MerchantState::Closed => {
            asked.push(alert(Tone::Danger, &cx.t(&format!("merchants-asked-{}", merchant.state.name())), html! {
                @if !reasons.is_empty() { p { (reasons) } }
                @if !merchant.note.is_empty() { p { (merchant.note) } }
                @if let Some(until) = merchant.suspended_until { p { (cx.t("merchants-suspended-until")) " " (cx.date(until)) } }
                @if merchant.state == MerchantState::Refused { (link(cx, "/merchant/enrol", "merchants-mend")) }
            }));
        }
        _ => {}
    }
    let silent = merchant.state == MerchantState::Suspended && merchant.reasons == ["reverification_overdue"];
    if merchant.confirm_asked_at.is_some() || silent {
        asked.push(alert(Tone::Waiting, &cx.t("merchants-asked-confirm"), html! {
            p { (cx.t("merchants-asked-confirm-help")) @if let Some(due) = home.confirm_due { " " (clock(cx, due)) } }
            (form_post(cx, "/merchant/confirm", html! {
                input type="hidden" name="version" value=(merchant.version);
                (submit(&cx.t("merchants-confirm-file"), Some((&cx.t("merchants-change-file"), "/merchant/enrol/company"))))
            }))
        }));
    }
    for q in &home.qualifications {
        asked.extend(asked_of_paper(cx, home, q));
    }
    if matches!(merchant.state, MerchantState::Submitted | MerchantState::Verifying) {
        let findings = crate::read::visible_findings(&merchant.findings, &home.actor);
        asked.push(alert(
            Tone::Info,
            &cx.t("merchants-asked-wait"),
            html! {
                p { (cx.t("merchants-asked-wait-help")) @if let Some(due) = home.decision_due { " " (clock(cx, due)) } }
                (finding_list(cx, &home.matrix, findings))
            },
        ));
    }
    asked
}

fn link(cx: &View, href: &str, id: &str) -> Markup {
    html! { p { a class="btn" href=(href) { (cx.t(id)) } } }
}

fn asked_of_paper(cx: &View, home: &Home, q: &Qualification) -> Option<Markup> {
    let kind = kind_text(cx, &home.matrix, &q.kind);
    let renewal = home
        .qualifications
        .iter()
        .any(|other| other.renews.as_deref() == Some(&q.id) && other.state == QualificationState::Submitted);
    let renew = format!("/merchant/qualifications/new?kind={}&renews={}", q.kind, q.id);
    let left = crate::qualification::days_left(q, home.today);
    let (tone, title) = match (q.state, left) {
        _ if renewal => return None,
        (QualificationState::Expired, _) => (Tone::Danger, cx.ta("merchants-asked-expired", &[("kind", kind.into())])),
        (QualificationState::Rejected, _) => {
            (Tone::Danger, cx.ta("merchants-asked-rejected", &[("kind", kind.into())]))
        }
        (QualificationState::Verified, Some(days)) if days <= home.warning_days => {
            (Tone::Waiting, cx.ta("merchants-asked-expiring", &[("kind", kind.into()), ("n", days.max(0).into())]))
        }
        _ => return None,
    };
    Some(alert(
        tone,
        &title,
        html! {
            @if let Some(until) = q.valid_until { p { (cx.t("merchants-valid-until")) " " (until) } }
            @if !q.reason.is_empty() { p { (q.reason) } }
            (link(cx, &renew, "merchants-renew"))
        },
    ))
}

fn coverage(cx: &View, home: &Home) -> Markup {
    let mut table = facts();
    for category in &home.merchant.categories {
        let coverage = rules::coverage(&home.matrix, &home.qualifications, category, home.today);
        let names = |kinds: &[String]| -> String {
            let names: Vec<String> = kinds.iter().map(|kind| kind_text(cx, &home.matrix, kind)).collect();
            names.join(&cx.t("merchants-list-separator"))
        };
        let value = html! {
            @if coverage.is_ok() { (ui::parts::badge(Tone::Good, &cx.t("merchants-covered"))) }
            @if !coverage.missing.is_empty() { p { (cx.t("merchants-missing")) (names(&coverage.missing)) } }
            @if !coverage.expired.is_empty() { p { (cx.t("merchants-expired")) (names(&coverage.expired)) } }
            @if !coverage.waiting.is_empty() { p { (cx.t("merchants-waiting")) (names(&coverage.waiting)) } }
        };
        table = table.add(category_text(cx, &home.matrix, category), value);
    }
    card(&cx.t("merchants-coverage"), html! { (table) })
}

fn own_moves(cx: &View, home: &Home) -> Markup {
    let state = home.merchant.state;
    let moves = [Move::Withdraw, Move::Close, Move::Reopen].into_iter();
    let moves: Vec<Move> =
        moves.filter(|step| rules::after(state, *step).is_some() && rules::is_merchants_own(*step, state)).collect();
    card(
        &cx.t("merchants-own-moves"),
        html! {
            @if moves.is_empty() { p class="ts-muted" { (cx.t("merchants-decision-none")) } }
            div class="ts-stack" {
                @for step in moves {
                    @let label = cx.t(&format!("merchants-move-{}", step.name()));
                    (confirm(&label, if step == Move::Close { "archive" } else { "arrow-back-up" }, step == Move::Close, form_post(cx, "/merchant/move", html! {
                        input type="hidden" name="version" value=(home.merchant.version);
                        input type="hidden" name="move" value=(step.name());
                        p { (cx.t(&format!("merchants-move-{}-help", step.name()))) }
                        (Field::textarea(cx, "note", cx.t("merchants-note"), 2))
                        (submit(&label, None))
                    })))
                }
            }
        },
    )
}

/// A move of the merchant's own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MoveForm {
    version: i64,
    r#move: String,
    note: String,
}

async fn answer(
    kernel: &Kernel,
    actor: &Actor,
    cx: &View,
    result: Result<Merchant, Error>,
) -> Result<Response, Failure> {
    match result {
        Ok(_) => Ok(web::redirect_with_flash("/merchant", "merchants-saved").into_response()),
        Err(error) => {
            let home = load(kernel, actor).await?.ok_or(Error::Missing)?;
            refused(cx, &home.matrix, error, |errors| page(cx, &home, errors))
        }
    }
}

/// Takes back, closes or reopens.
pub(crate) async fn own_move(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<MoveForm>,
) -> Result<Response, Failure> {
    let id = actor.own_organisation()?.to_owned();
    let step = Move::from_name(&form.r#move).ok_or(Error::field("move", "merchants-fault-move"))?;
    let decision = Decision { note: form.note, ..Decision::default() };
    let result = crate::decide(site.kernel(), &actor, &id, form.version, step, decision).await;
    answer(site.kernel(), &actor, &cx, result).await
}

/// The file is still true.
pub(crate) async fn confirm_file(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<MoveForm>,
) -> Result<Response, Failure> {
    let id = actor.own_organisation()?.to_owned();
    let result = crate::confirm(site.kernel(), &actor, &id, form.version).await;
    answer(site.kernel(), &actor, &cx, result).await
}
