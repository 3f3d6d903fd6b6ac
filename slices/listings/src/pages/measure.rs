//! Deciding about a listing outside the queue: restrict, suspend, restore, remove, each with its reasons.

use super::detail::{Asked, Whole, load, page};
use super::parts::refused;
use crate::model::Cause;
use crate::{Measure, State as ListingState};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use maud::{Markup, html};
use serde::Deserialize;
use ui::View;
use ui::parts::{Choice, Field, FormErrors, card, form_post, submit};
use web::{Cx, Failure, Form, Path, Signed, Site};

/// A measure as it was chosen.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct MeasureForm {
    /// Stable name of the state the person saw.
    expected: String,
    measure: String,
    /// Rules whose findings are the reason.
    reasons: Vec<String>,
    /// A reason in words.
    reason: String,
    /// Limits of the sale, one a line.
    limits: String,
    note: String,
}

/// What fits the state.
fn fitting(whole: &Whole) -> Vec<&'static str> {
    let held = whole.detail.holds.iter().any(|hold| hold.cause == Cause::Decision);
    match whole.detail.listing.state {
        ListingState::OnSale => vec!["restrict", "suspend", "remove"],
        ListingState::Restricted => vec!["restore", "suspend", "remove"],
        ListingState::Suspended if held => vec!["restore", "remove"],
        ListingState::Suspended => vec!["suspend", "remove"],
        ListingState::Passed => vec!["suspend", "remove"],
        ListingState::Removed => Vec::new(),
        _ => vec!["remove"],
    }
}

/// The decision at the right of the page.
pub(super) fn card_of(cx: &View, whole: &Whole, typed: &MeasureForm, errors: &FormErrors) -> Markup {
    let listing = &whole.detail.listing;
    let title = cx.t("listings-decision");
    let waiting = (listing.state == ListingState::InReview).then(|| {
        html! {
            p { (cx.t("listings-in-queue")) " " a href="/console/review" { (cx.t("listings-to-queue")) } }
        }
    });
    let measures = fitting(whole);
    if !whole.may_decide || measures.is_empty() {
        let none = if measures.is_empty() { "listings-decision-none" } else { "listings-decision-not-yours" };
        return card(&title, html! { (waiting.unwrap_or_default()) p class="ts-muted" { (cx.t(none)) } });
    }
    let choices = measures
        .iter()
        .map(|name| {
            Choice::new(*name, cx.t(&format!("listings-measure-{name}")))
                .hint(cx.t(&format!("listings-measure-{name}-help")))
        })
        .collect();
    let reasons = rule_reasons(cx, whole);
    let offered = !reasons.is_empty();
    let reasons = Field::checks(cx, "reasons", cx.t("listings-measure-findings"), reasons);
    let reasons = if offered { reasons.errors(errors) } else { reasons };
    let reasons = typed.reasons.iter().fold(reasons, |field, rule| field.value(rule));
    let body = form_post(
        cx,
        &format!("/console/listings/{}/measure", listing.id),
        html! {
            input type="hidden" name="expected" value=(listing.state.name());
            (Field::radios(cx, "measure", cx.t("listings-measure"), choices).required().value(&typed.measure).errors(errors))
            @if offered { (reasons) }
            (Field::textarea(cx, "reason", cx.t("listings-measure-reason"), 2).hint(cx.t("listings-measure-reason-hint"))
                .attribute("maxlength", "200").value(&typed.reason).errors(errors))
            @if measures.contains(&"restrict") {
                (Field::textarea(cx, "limits", cx.t("listings-measure-limits"), 2).hint(cx.t("listings-measure-limits-hint")).value(&typed.limits).errors(errors))
            }
            (Field::textarea(cx, "note", cx.t("listings-measure-note"), 3).hint(cx.t("listings-measure-note-hint")).value(&typed.note).errors(errors))
            (submit(&cx.t("listings-measure-do"), None))
        },
    );
    card(&title, html! { (waiting.unwrap_or_default()) (body) })
}

/// The rules that spoke, each once.
fn rule_reasons(cx: &View, whole: &Whole) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for finding in whole.findings() {
        if finding.mode == screening::Mode::On && !choices.iter().any(|choice| choice.value == finding.rule) {
            choices.push(Choice::new(&finding.rule, cx.both(&finding.reason)));
        }
    }
    choices
}

fn measure_of(form: &MeasureForm) -> kernel::Result<Measure> {
    let lines = form.limits.lines().map(str::trim).filter(|line| !line.is_empty());
    match form.measure.as_str() {
        "restrict" => {
            let limits: Vec<String> = lines.map(str::to_owned).collect();
            if limits.is_empty() {
                return Err(Problem::invalid_field("limits", "listings-fault-limits"));
            }
            Ok(Measure::Restrict { limits })
        }
        "suspend" => Ok(Measure::Suspend),
        "restore" => Ok(Measure::Restore),
        "remove" => Ok(Measure::Remove),
        _ => Err(Problem::invalid_field("measure", "listings-fault-measure")),
    }
}

/// Takes the measure.
pub(crate) async fn take(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<MeasureForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let own = Some(form.reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    let reasons: Vec<String> = form.reasons.iter().cloned().chain(own).collect();
    let taken = async {
        let expected = ListingState::from_name(&form.expected).ok_or_else(|| Problem::from(crate::Error::Stale))?;
        let measure = measure_of(&form)?;
        crate::take_measure(kernel, &actor, &id, expected, &measure, &reasons, form.note.trim()).await
    };
    match taken.await {
        Ok(_) => {
            Ok(web::redirect_with_flash(&format!("/console/listings/{id}"), "listings-flash-decided").into_response())
        }
        Err(mut problem) => {
            // Without findings to tick, what is missing is missing in the field for words.
            let whole = load(kernel, &actor, &id, None).await?;
            if whole.findings().is_empty() {
                for fault in &mut problem.faults {
                    if fault.place.field.as_deref() == Some("reasons") {
                        fault.place.field = Some("reason".to_owned());
                    }
                }
            }
            refused(&cx, problem, |errors| page(&cx, &whole, &Asked::default(), &form, errors))
        }
    }
}
