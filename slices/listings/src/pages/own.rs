//! One listing in the portal: where it stands in plain words, why, how to mend it, and its history.

use super::content::version_cards;
use super::parts::{
    Show, Told, cause_text, counting, decision_mark, excerpt, finding_list, history, note_of, proof_path, reasons_of,
    state_mark, version_mark,
};
use super::words::{Words, field_text};
use crate::content::Change;
use crate::model::{Run, Version};
use crate::state::{State as ListingState, VersionState};
use crate::versions::Detail;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::ActRecord;
use maud::{Markup, html};
use screening::Finding;
use serde::Deserialize;
use ui::View;
use ui::parts::{
    Column, FieldChange, PageHeader, Row, Table, Tone, alert, card, confirm, diff_fields, diff_inline, empty, facts,
    form_post, submit,
};
use web::{Cx, Failure, Form, Path, Signed, Site};

/// Longest text whose change is shown inside the line, characters.
const INLINE_CHARS_MAX: usize = 400;

/// The page.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let detail = crate::detail(kernel, &actor, &id).await?;
    let past = said_before(&crate::past_runs(kernel, &actor, &id).await?);
    Ok(page(&cx, &Words::of(kernel, &detail.listing.market), &detail, &past))
}

/// What every screening found that counts, the newest first: the words for the rules that acts name.
pub(super) fn said_before(runs: &[Run]) -> Vec<Finding> {
    runs.iter().flat_map(|run| counting(&run.findings)).collect()
}

fn page(cx: &View, words: &Words, detail: &Detail, past: &[Finding]) -> Markup {
    let listing = &detail.listing;
    let findings = detail.run.as_ref().map(|run| counting(&run.findings)).unwrap_or_default();
    // The words the findings are about are those of the version that was screened.
    let screened =
        detail.run.as_ref().and_then(|run| detail.versions.iter().find(|version| version.id == run.version_id));
    let shown = screened.or(detail.versions.first());
    let told = Told { words, findings: past, versions: &detail.versions };
    let edit = format!("/merchant/listings/{}/edit", listing.id);
    let mut header = PageHeader::new(cx, listing.title.clone())
        .back(cx.t("listings-own"), "/merchant/listings")
        .mark(state_mark(cx, listing.state));
    if listing.state != ListingState::Removed {
        let mends = listing.latest_state == VersionState::Rejected;
        header = header.link(&cx.t(if mends { "listings-mend" } else { "listings-edit" }), &edit, "edit");
    }
    ui::shell::merchant(
        cx,
        &listing.title,
        html! {
            (header)
            (plain_words(cx, words, detail))
            div class="ts-aside" {
                div {
                    (why(cx, detail, &findings, screened, &told))
                    @if let Some(version) = shown { (version_cards(cx, words, version, &findings)) }
                }
                div {
                    (facts_card(cx, words, detail))
                    (versions_card(cx, words, detail))
                    (card(&cx.t("listings-history"), history(cx, &detail.acts, &told)))
                }
            }
        },
    )
}

/// Where it stands and what may be done now, in sentences.
fn plain_words(cx: &View, words: &Words, detail: &Detail) -> Markup {
    let listing = &detail.listing;
    let tone = match listing.state {
        ListingState::OnSale => Tone::Good,
        ListingState::Rejected | ListingState::Removed => Tone::Danger,
        ListingState::Suspended | ListingState::Restricted | ListingState::Passed => Tone::Waiting,
        _ => Tone::Info,
    };
    let newer = listing.on_sale_version_id.as_ref().is_some_and(|id| *id != listing.latest_version_id);
    let name = listing.state.name().replace('_', "-");
    alert(
        tone,
        &cx.t(&listing.state.message_id()),
        html! {
            p { (cx.t(&format!("listings-plain-{name}"))) }
            @if newer {
                p { (cx.ta("listings-newer-version", &[("n", listing.latest_number.into())])) " " (version_mark(cx, listing.latest_state)) }
            }
            @for hold in &detail.holds { p { (cause_text(cx, hold.cause)) " · " (cx.date(hold.since)) } }
            @if !detail.standing.may_sell && listing.state != ListingState::Removed {
                p { (cx.t("listings-may-not-sell")) }
                ul { @for code in &detail.standing.missing { li { (words.missing(cx, code)) } } }
            }
            @if listing.latest_state == VersionState::Draft && listing.state != ListingState::Removed {
                (form_post(cx, &format!("/merchant/listings/{}/submit", listing.id), html! {
                    input type="hidden" name="version" value=(listing.latest_version_id);
                    p { (cx.t("listings-draft-help")) }
                    (submit(&cx.t("listings-hand-in"), None))
                }))
            }
        },
    )
}

/// The screening of the version that is shown, and what a person said about it.
fn why(cx: &View, detail: &Detail, findings: &[Finding], screened: Option<&Version>, told: &Told<'_>) -> Markup {
    let (Some(run), Some(version)) = (&detail.run, screened) else { return html! {} };
    let of_person = |act: &&ActRecord| {
        matches!(act.kind.as_str(), "listing.approved" | "listing.rejected")
            && act.public_text("version") == Some(version.id.as_str())
            && !act.actor.starts_with("system")
    };
    let decision = detail.acts.iter().find(of_person);
    let title = cx.ta("listings-why-version", &[("n", version.number.into())]);
    card(
        &title,
        html! {
            p { (decision_mark(cx, run.decision)) " " (cx.moment(run.at)) " " a href=(proof_path(&run.act_id)) { (cx.t("listings-proof")) } }
            @if let Some(act) = decision {
                @let tone = if act.kind == "listing.approved" { Tone::Good } else { Tone::Danger };
                (alert(tone, &cx.t(&format!("listings-person-{}", act.kind.trim_start_matches("listing."))), html! {
                    ul { @for reason in reasons_of(cx, act, told) { li { (reason) } } }
                    @if let Some(note) = note_of(act) { p { q { (note) } } }
                }))
            }
            (finding_list(cx, findings, Show { staff: false, market: &detail.listing.market }))
        },
    )
}

fn facts_card(cx: &View, words: &Words, detail: &Detail) -> Markup {
    let listing = &detail.listing;
    let table = facts()
        .add(cx.t("listings-field-external-id"), &listing.external_id)
        .add(cx.t("listings-field-category"), words.category(cx, &listing.category))
        .add(cx.t("listings-market"), super::words::market_text(cx, &listing.market))
        .add(cx.t("listings-created"), cx.moment(listing.created_at))
        .add(cx.t("listings-updated"), cx.moment(listing.updated_at));
    card(&cx.t("listings-facts"), html! { (table) })
}

/// The versions with their fate and what each changed.
fn versions_card(cx: &View, words: &Words, detail: &Detail) -> Markup {
    let rows = detail.versions.iter().enumerate().map(|(index, version)| {
        let changes = detail.versions.get(index + 1).map(|older| version.content.changes_since(&older.content));
        let on_sale = detail.listing.on_sale_version_id.as_deref() == Some(version.id.as_str());
        Row::new()
            .cell(cx.number(version.number))
            .cell(html! {
                (version_mark(cx, version.state))
                @if on_sale { " " (ui::parts::badge(Tone::Good, &cx.t("listings-state-on-sale"))) }
                @if let Some(act) = &version.decided_act_id { " " a href=(proof_path(act)) { (cx.t("listings-proof")) } }
            })
            .cell(html! {
                (cx.moment(version.created_at))
                @if let Some(changes) = &changes {
                    (confirm(&cx.ta("listings-changes-n", &[("n", (changes.len() as i64).into())]), "file-diff", false, change_table(cx, words, changes)))
                }
            })
    });
    let table = Table::new(cx, cx.t("listings-versions"))
        .column(Column::number(cx.t("listings-version")))
        .column(Column::text(cx.t("listings-state")))
        .column(Column::text(cx.t("listings-written")))
        .rows(rows)
        .empty(empty("versions", &cx.t("listings-versions-none"), "", None));
    html! { h2 { (cx.t("listings-versions")) } (table) }
}

/// What differs between two versions: short texts within the line, everything else field by field.
pub(super) fn change_table(cx: &View, words: &Words, changes: &[Change]) -> Markup {
    if changes.is_empty() {
        return html! { p class="ts-muted" { (cx.t("listings-changes-none")) } };
    }
    let short = |text: &Option<String>| text.as_ref().is_none_or(|text| text.chars().count() <= INLINE_CHARS_MAX);
    let in_line = |change: &&Change| {
        matches!(change.field.as_str(), "title" | "description") && short(&change.before) && short(&change.after)
    };
    let rows: Vec<FieldChange> = changes
        .iter()
        .filter(|change| !in_line(change))
        .map(|change| FieldChange {
            label: field_text(cx, &change.field),
            old: shown(cx, words, change, &change.before),
            new: shown(cx, words, change, &change.after),
        })
        .collect();
    html! {
        @for change in changes.iter().filter(in_line) {
            p { span class="ts-muted" { (field_text(cx, &change.field)) " " }
                (diff_inline(change.before.as_deref().unwrap_or(""), change.after.as_deref().unwrap_or(""))) }
        }
        @if !rows.is_empty() { (diff_fields(cx, &rows)) }
    }
}

fn shown(cx: &View, words: &Words, change: &Change, text: &Option<String>) -> Option<String> {
    let text = text.as_ref()?;
    Some(match change.field.as_str() {
        // Pictures are told apart by the beginning of their hash; other pictures in the same number still differ.
        "images" => {
            let marks: Vec<String> = text.lines().map(|sha256| sha256.chars().take(8).collect()).collect();
            cx.ta("listings-pictures-n", &[("n", (marks.len() as i64).into()), ("marks", marks.join(" ").into())])
        }
        "category" => words.category(cx, text),
        _ => excerpt(text),
    })
}

/// Which version is handed in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SubmitForm {
    version: String,
}

/// Hands the draft in.
pub(crate) async fn hand_in(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Form(form): Form<SubmitForm>,
) -> Result<Response, Failure> {
    crate::submit(site.kernel(), &actor, &id, &form.version).await?;
    Ok(web::redirect_with_flash(&format!("/merchant/listings/{id}"), "listings-flash-handed-in").into_response())
}
