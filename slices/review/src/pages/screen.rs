//! The review screen: facts left, evidence in the middle, decision right; one screen, worked by keys.

use super::item::DecideForm;
use super::{Titles, evidence, field_label, level, verdict_mark, worst_mark};
use crate::decide::Work;
use crate::model::{Decision, ItemState, Reason, Verdict};
use crate::reasons::{letter as letter_of, quotable};
use kernel::{Actor, Permission};
use maud::{Markup, html};
use ui::parts::{FormErrors, KeyHelp, PageHeader, Tone, alert, card, copyable, facts, form_post, live_check, severity};
use ui::{View, icon, shell};

/// The page.
pub(super) fn page(
    cx: &View,
    actor: &Actor,
    titles: &Titles,
    work: &Work,
    form: &DecideForm,
    errors: &FormErrors,
) -> Markup {
    let item = &work.item;
    let mut header =
        PageHeader::new(cx, &item.title).back(cx.t("review-title"), "/console/review").mark(worst_mark(cx, item.worst));
    if matches!(item.state, ItemState::Waiting | ItemState::Claimed) {
        header = header.mark(titles.clock(cx, item));
    }
    let (before, after) = &work.neighbours;
    let way = |id: &Option<String>, key: &str, label: &str, icon_name: &str| {
        id.as_ref().map(|id| html! {
            a class="btn btn-sm" href={ "/console/review/" (id) } data-key=(key) title=(label) aria-label=(label) { (icon(icon_name)) }
        })
    };
    for link in [
        way(before, "k", &cx.t("review-previous"), "chevron-left"),
        way(after, "j", &cx.t("review-next"), "chevron-right"),
    ]
    .into_iter()
    .flatten()
    {
        header = header.action(link);
    }
    shell::console(
        cx,
        &item.title,
        html! {
            (header)
            @if work.stale { (alert(Tone::Waiting, &cx.t("review-stale-title"), cx.t("review-stale-help"))) }
            (errors)
            div class="ts-review" {
                div { (left(cx, titles, work)) }
                div class="ts-review-evidence" { (evidence::middle(cx, work)) }
                div { (right(cx, actor, work, form, errors)) }
            }
            (keys(cx))
        },
    )
}

fn keys(cx: &View) -> Markup {
    html! {
        (KeyHelp::new(cx)
            .key("j", cx.t("review-next"))
            .key("k", cx.t("review-previous"))
            .key("c", cx.t("review-claim"))
            .key("a", cx.t("review-verdict-approve"))
            .key("r", cx.t("review-verdict-reject"))
            .key("1–9", cx.t("review-keys-reasons"))
            .key("n", cx.t("review-note"))
            .key("Esc", cx.t("review-keys-leave"))
            .key("Enter", cx.t("review-send")))
    }
}

fn left(cx: &View, titles: &Titles, work: &Work) -> Markup {
    let (item, seen) = (&work.item, &work.evidence);
    let price = seen.price_minor.map(|minor| cx.money(minor, &seen.currency));
    let list_price = seen.list_price_minor.map(|minor| html! { del { (cx.money(minor, &seen.currency)) } });
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let merchant = html! { a href={ "/console/merchants/" (seen.merchant.id) } { (seen.merchant.name) } };
    let history = cx.ta(
        "review-merchant-history",
        &[
            ("approved", cx.number(seen.merchant.approved).into()),
            ("rejected", cx.number(seen.merchant.rejected).into()),
        ],
    );
    let version = cx.ta("review-version", &[("n", cx.number(seen.number).into())]);
    html! {
        (card(&cx.t("review-facts"), html! {
            (facts()
                .add(cx.t("review-merchant"), html! { (merchant) div class="ts-muted" { (history) } })
                .add(cx.t("review-category"), titles.category(cx, &seen.market, &seen.category))
                .maybe(cx.t("review-field-price-minor"), price.map(|price| html! { strong { (price) } " " @if let Some(list) = &list_price { (list) } }))
                .maybe(cx.t("review-field-brand"), some(&seen.brand))
                .maybe(cx.t("review-field-gtin"), some(&seen.gtin))
                .add(cx.t("review-market"), seen.market.to_uppercase())
                .add(cx.t("review-number"), html! { (seen.external_id) div class="ts-muted" { (version) } })
                .add(cx.t("review-queue"), titles.get(cx, &item.queue))
                .add(cx.t("review-requested"), cx.time_ago(item.requested_at)))
        }))
        @if !seen.attributes.is_empty() {
            (card(&cx.t("review-attributes"), html! {
                div class="ts-review-scroll" tabindex="0" role="region" aria-label=(cx.t("review-attributes")) {
                    (seen.attributes.iter().fold(facts(), |all, (name, value)| {
                        let spans = evidence::spans_of(cx, work, &[&format!("attributes.{name}")]);
                        all.add(field_label(cx, name), ui::parts::highlight(cx, value, &spans))
                    }))
                }
            }))
        }
    }
}

fn right(cx: &View, actor: &Actor, work: &Work, form: &DecideForm, errors: &FormErrors) -> Markup {
    if let Some(decision) = &work.decision {
        return decided(cx, work, decision);
    }
    let open = matches!(work.item.state, ItemState::Waiting | ItemState::Claimed);
    let free = !work.item.is_held(cx.now);
    html! {
        @if work.held && !work.stale {
            (decision_form(cx, work, form, errors))
            (lease(cx, work))
        } @else {
            (card(&cx.t("review-decision"), html! {
                @if open && free && !work.stale && actor.may(Permission::ReviewDecide) {
                    p { (cx.t("review-claim-help")) }
                    (form_post(cx, &format!("/console/review/{}/claim", work.item.id), html! {
                        button class="btn btn-primary" type="submit" data-key="c" { (icon("user-check")) (cx.t("review-claim")) }
                    }))
                } @else if open && !free {
                    p { (cx.t("review-held-by-other")) }
                    @if actor.may(Permission::ReviewManage) { (release(cx, work)) }
                } @else if !open && !work.stale {
                    p { (cx.t("review-decided-by-other")) }
                }
                @if !form.note.is_empty() {
                    p class="ts-muted" { (cx.t("review-note-kept")) }
                    blockquote { (form.note) }
                }
                (findings(cx, work))
            }))
        }
    }
}

fn findings(cx: &View, work: &Work) -> Markup {
    let found = work.reasons.iter().filter(|reason| !reason.findings.is_empty());
    html! { ul class="ts-reasons" { @for reason in found { li { (reason_text(cx, work, reason)) } } } }
}

fn reason_text(cx: &View, work: &Work, reason: &Reason) -> Markup {
    let places: Vec<String> = reason
        .findings
        .iter()
        .filter_map(|index| work.evidence.findings.get(*index))
        .map(|finding| field_label(cx, &finding.field))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .filter(|place| !place.is_empty())
        .collect();
    let quotes: std::collections::BTreeSet<&str> = reason
        .findings
        .iter()
        .filter_map(|index| work.evidence.findings.get(*index))
        .filter_map(|finding| quotable(finding))
        .filter(|text| text.chars().count() <= 30)
        .take(4)
        .collect();
    html! {
        @if let Some(level) = reason.worst.and_then(level) { (severity(cx, level)) " " }
        span { (cx.both(&reason.label)) }
        @if !quotes.is_empty() { " " @for quote in &quotes { q { (quote) } " " } }
        @if !places.is_empty() { span class="ts-muted" { " · " (places.join(" · ")) } }
        @if !reason.basis.is_empty() {
            div class="ts-muted" { (reason.basis.iter().map(|basis| cx.both(basis)).collect::<Vec<_>>().join("；")) }
        }
    }
}

fn decision_form(cx: &View, work: &Work, form: &DecideForm, errors: &FormErrors) -> Markup {
    let action = format!("/console/review/{}", work.item.id);
    let claim = work.item.claim_id.as_deref().unwrap_or("");
    let wrong = |field: &str| {
        html! {
            @if let Some(text) = errors.for_field(field) { p class="ts-error" { (icon("alert-circle")) (text) } }
        }
    };
    let verdict = |verdict: Verdict, key: &str, icon_name: &str| {
        html! {
            label class={ "ts-verdict ts-verdict-" (verdict.name()) } {
                input type="radio" name="verdict" value=(verdict.name()) data-key=(key) required
                    checked[form.verdict == verdict.name()];
                (icon(icon_name)) span { (cx.t(&format!("review-verdict-{}", verdict.name()))) } kbd aria-hidden="true" { (key) }
            }
        }
    };
    let body = form_post(
        cx,
        &action,
        html! {
            input type="hidden" name="claim_id" value=(claim);
            input type="hidden" name="version_id" value=(work.item.version_id);
            fieldset class="ts-verdicts" id="field-verdict" {
                legend class="visually-hidden" { (cx.t("review-decision")) }
                (verdict(Verdict::Approve, "a", "check"))
                (verdict(Verdict::Reject, "r", "x"))
            }
            (wrong("verdict"))
            fieldset id="field-reasons" {
                legend { (cx.ta("review-reasons", &[("n", cx.number(work.reasons_minimum).into())])) }
                (wrong("reasons"))
                ul class="ts-reasons ts-review-scroll" tabindex="0" { @for reason in &work.reasons { (reason_choice(cx, work, reason, form)) } }
            }
            label for="field-note" { (cx.t("review-note")) " " kbd aria-hidden="true" { "n" } }
            (wrong("note"))
            textarea class="form-control" id="field-note" name="note" rows="2" maxlength="10000" data-key="n"
                placeholder=(cx.t("review-note-help")) { (form.note) }
            h3 class="ts-review-title" { (cx.t("review-letter")) }
            (live_check(cx, "letter", &format!("{action}/preview"), letter(cx, work, form)))
            div class="ts-submit" {
                button class="btn btn-primary" type="submit" data-key="Enter" { (icon("send")) (cx.t("review-send")) " " kbd aria-hidden="true" { "↵" } }
                button class="btn" type="submit" name="step" value="preview" formnovalidate { (cx.t("review-preview")) }
            }
        },
    );
    card(&cx.t("review-decision"), body)
}

fn reason_choice(cx: &View, work: &Work, reason: &Reason, form: &DecideForm) -> Markup {
    let key = reason.key.map(|key| key.to_string());
    let kind = match (reason.findings.is_empty(), reason.verdict) {
        (false, _) => "finding",
        (true, Verdict::Approve) => "approve",
        (true, Verdict::Reject) => "reject",
    };
    html! {
        li class={ "ts-reason ts-reason-" (kind) } id=[reason.findings.first().map(|index| format!("finding-{index}"))] {
            label {
                input type="checkbox" name="reasons" value=(reason.code) data-key=[key.as_deref()]
                    checked[form.reasons.contains(&reason.code)];
                kbd aria-hidden="true" { @if let Some(key) = &key { (key) } @else { "·" } }
                span {
                    @if kind != "finding" { (icon(if kind == "approve" { "check" } else { "x" })) " " }
                    (reason_text(cx, work, reason))
                    @if reason.note_required { span class="ts-muted" { " · " (cx.t("review-note-required")) } }
                }
            }
        }
    }
}

/// What the merchant will read: the fragment that follows the form as it is filled in.
pub(super) fn letter(cx: &View, work: &Work, form: &DecideForm) -> Markup {
    let Some(verdict) = Verdict::from_name(&form.verdict) else {
        return html! { p class="ts-muted" { (cx.t("review-letter-none")) } };
    };
    let paragraphs = letter_of(&work.reasons, &form.reasons, &work.evidence, cx.language);
    html! {
        div class="ts-letter" tabindex="0" {
            p { strong { (cx.t(&format!("review-letter-{}", verdict.name()))) } }
            @for paragraph in &paragraphs {
                p {
                    (paragraph.reason)
                    @for quote in &paragraph.quotes { " " q { (quote) } }
                    @if let Some(fix) = &paragraph.fix { br; (cx.t("review-letter-fix")) (fix) }
                    @if !paragraph.basis.is_empty() { br; span class="ts-muted" { (cx.t("review-letter-basis")) (paragraph.basis.join("；")) } }
                }
            }
            @if !form.note.trim().is_empty() { p { (cx.t("review-letter-note")) (form.note.trim()) } }
        }
    }
}

fn lease(cx: &View, work: &Work) -> Markup {
    let Some(until) = work.item.lease_until else { return html! {} };
    html! {
        div class="ts-row" {
            span class="ts-muted" { (cx.t("review-lease")) " " (cx.time_ago(until)) }
            (form_post(cx, &format!("/console/review/{}/renew", work.item.id), html! {
                input type="hidden" name="claim_id" value=(work.item.claim_id.as_deref().unwrap_or(""));
                button class="btn btn-sm" type="submit" { (icon("refresh")) (cx.t("review-renew")) }
            }))
            (release(cx, work))
        }
    }
}

fn release(cx: &View, work: &Work) -> Markup {
    form_post(
        cx,
        &format!("/console/review/{}/release", work.item.id),
        html! {
            button class="btn btn-sm" type="submit" { (icon("arrow-back-up")) (cx.t("review-release")) }
        },
    )
}

fn decided(cx: &View, work: &Work, decision: &Decision) -> Markup {
    let name = |code: &String| {
        let found = work.reasons.iter().find(|reason| reason.code == *code);
        found.map_or_else(|| code.clone(), |reason| cx.both(&reason.label).to_owned())
    };
    card(
        &cx.t("review-decision"),
        html! {
            p { (verdict_mark(cx, decision.verdict)) " " (cx.moment(decision.decided_at)) }
            @if decision.overturned { (alert(Tone::Waiting, "", cx.t("review-overturned"))) }
            ul { @for reason in &decision.reasons { li { (name(reason)) } } }
            @if !decision.note.is_empty() { blockquote { (decision.note) } }
            p { a href={ "/console/ledger/" (decision.act_id) } { (icon("shield-check")) (cx.t("review-act")) } }
            (copyable(cx, &decision.act_id))
        },
    )
}
