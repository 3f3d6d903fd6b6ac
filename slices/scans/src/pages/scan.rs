//! The public page of a code: phone first, no script, nothing from other hosts.

use super::{journey, papers};
use crate::known::{Known, Sign};
use crate::model::{Outcome, Warning};
use crate::places::CHOICES;
use crate::scan::Look;
use maud::{Markup, html};
use trace::Covered;
use ui::parts::{Choice, Field, FormErrors, Tone, alert, badge, facts, form_post, submit};
use ui::{View, icon, shell};

/// The page, with what [`count`] says of this look.
pub(crate) fn page(cx: &View, known: &Known, count: Markup) -> Markup {
    let title = cx.t(&format!("scans-sign-{}", known.sign().name()));
    let body = html! {
        (sign(cx, known))
        (count)
        (warnings(cx, known))
        (recall(cx, known))
        @if shows_goods(known) {
            (goods(cx, known))
            (rating(cx, known))
            @if known.lot.is_some() {
                (journey::part(cx, known))
                (papers::part(cx, known))
            }
        }
        (covered(cx, known))
        @if known.facts().is_some() { (whereabouts(cx, known)) }
        (actions(cx, known))
        @if known.lot.is_some() { (proof(cx, known)) }
    };
    shell::public(cx, &title, body)
}

/// Of a forged or unknown code nothing is shown that could be taken for its goods.
fn shows_goods(known: &Known) -> bool {
    !matches!(known.outcome, Outcome::Forged | Outcome::Invalid) && known.product.is_some()
}

/// Shape, word and colour of the answer, each enough alone.
fn sign(cx: &View, known: &Known) -> Markup {
    let sign = known.sign();
    let (tone, icon_name) = match sign {
        Sign::Genuine => (Tone::Good, "shield-check"),
        Sign::Warned => (Tone::Waiting, "alert-triangle"),
        Sign::Recalled | Sign::Withdrawn => (Tone::Danger, "alert-octagon"),
        Sign::Forged => (Tone::Danger, "shield-x"),
        Sign::Unknown => (Tone::Neutral, "help-circle"),
        Sign::General => (Tone::Neutral, "info-circle"),
    };
    html! {
        div class={ "pub-verdict ts-" (tone.class()) } data-sign=(sign.name()) {
            (icon(icon_name))
            div {
                h1 { (cx.t(&format!("scans-sign-{}", sign.name()))) }
                p { (cx.t(&format!("scans-sign-{}-help", sign.name()))) }
            }
        }
    }
}

/// “第 1 次验证”: the first look is the buyer's; a later one may mean that somebody opened the package before.
pub(crate) fn count(cx: &View, look: &Look) -> Markup {
    if look.number == 0 {
        return html! {}; // no genuine unit: nothing is counted
    }
    let number = ("n", i64::from(look.number).into());
    html! {
        p {
            strong { (cx.ta("scans-count", &[number])) }
            " · "
            @if look.number == 1 { (cx.t("scans-count-first")) }
            @else { (cx.t("scans-count-since")) " " (cx.moment(look.first_at)) }
        }
        @if look.number > 1 { p class="ts-muted" { (cx.t("scans-count-help")) } }
    }
}

fn warnings(cx: &View, known: &Known) -> Markup {
    let own = match known.outcome {
        Outcome::NotCommissioned => Some("scans-warned-not-commissioned"),
        Outcome::Decommissioned => Some("scans-warned-decommissioned"),
        _ if known.lot_differs => Some("scans-warned-lot-differs"),
        _ if known.lot.as_ref().is_some_and(|lot| lot.state == trace::LotState::Blocked) => {
            Some("scans-warned-blocked")
        }
        _ => None,
    };
    let rule = |warning: &Warning| cx.t(&format!("scans-warned-{}", warning.rule.name().replace('_', "-")));
    let title = if known.is_confirmed_copy() { "scans-warning-confirmed" } else { "scans-warning-open" };
    html! {
        @if let Some(own) = own { (alert(Tone::Waiting, "", cx.t(own))) }
        @if !known.warnings.is_empty() {
            (alert(if known.is_confirmed_copy() { Tone::Danger } else { Tone::Waiting }, &cx.t(title), html! {
                ul { @for warning in &known.warnings { li { (rule(warning)) " " span class="ts-muted" { (cx.date(warning.opened_at)) } } } }
                p { (cx.t("scans-warning-help")) }
            }))
        }
    }
}

fn recall(cx: &View, known: &Known) -> Markup {
    if !shows_goods(known) {
        return html! {};
    }
    html! {
        section id="recall" {
            h2 { (cx.t("scans-recall")) }
            @if known.recalls.is_empty() {
                p { (badge(Tone::Neutral, &cx.t("scans-recall-none"))) }
            }
            @for notice in &known.recalls {
                @let running = crate::known::is_running(notice);
                (alert(
                    if running { Tone::Danger } else { Tone::Neutral },
                    &cx.t(if running { "scans-recall-running" } else { "scans-recall-over" }),
                    html! {
                        p { (notice.reason(cx.language)) }
                        p { strong { (cx.t("scans-recall-do")) } " " (notice.what_to_do(cx.language)) }
                        p class="ts-muted" { (cx.t("scans-recall-since")) " " (cx.date(notice.started_at)) " · " (cx.ta("scans-recall-level", &[("n", i64::from(notice.level).into())])) }
                        p { a href={ "/recalls/" (notice.id) } { (cx.t("scans-recall-notice")) } }
                    },
                ))
            }
        }
    }
}

fn goods(cx: &View, known: &Known) -> Markup {
    let lot = known.lot.as_ref();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    html! {
        section id="goods" {
            h2 { (known.product.as_deref().unwrap_or_default()) }
            (facts()
                .add(cx.t("scans-gtin"), known.address.gtin.as_str())
                .maybe(cx.t("scans-lot"), lot.map(|lot| lot.number.clone()).or_else(|| known.address.lot.clone()))
                .maybe(cx.t("scans-serial"), known.address.serial.clone())
                .maybe(cx.t("scans-produced"), lot.and_then(|lot| lot.produced_on).map(|day| day.to_string()))
                .maybe(cx.t("scans-expires"), lot.and_then(|lot| lot.expires_on).map(|day| day.to_string()))
                .maybe(cx.t("scans-origin"), lot.and_then(|lot| some(&lot.origin)))
                .maybe(cx.t("scans-plant"), lot.and_then(|lot| some(&lot.plant)))
                .maybe(cx.t("scans-sold"), known.unit.as_ref().and_then(|unit| unit.first_sold_at).map(|at| cx.date(at))))
        }
    }
}

/// The product's rating, as its merchant offers it.
fn rating(cx: &View, known: &Known) -> Markup {
    html! {
        section id="rating" {
            h2 { (cx.t("scans-rating")) }
            @match &known.grade {
                Some(grade) => (ratings::public::shown(cx, grade)),
                None => p class="ts-muted" { (cx.t("scans-rating-none")) },
            }
        }
    }
}

fn covered(cx: &View, known: &Known) -> Markup {
    let Some(unit) = known.unit.as_ref().filter(|_| known.facts().is_some()) else { return html! {} };
    let form = || covered_form(cx, &known.address.path(), &FormErrors::none());
    match unit.covered {
        Covered::None => html! {},
        Covered::Unused => html! {
            section id="covered" {
                h2 { (cx.t("scans-covered")) }
                p { (badge(Tone::Good, &cx.t("scans-covered-unused"))) }
                (form())
            }
        },
        Covered::Used { at } => html! {
            section id="covered" {
                h2 { (cx.t("scans-covered")) }
                p { (badge(Tone::Waiting, &cx.t("scans-covered-used"))) " " (cx.moment(at)) }
                p class="ts-muted" { (cx.t("scans-covered-used-help")) }
                (form())
            }
        },
    }
}

/// The form that asks for the covered code.
pub(crate) fn covered_form(cx: &View, code: &str, errors: &FormErrors) -> Markup {
    form_post(
        cx,
        "/s/covered",
        html! {
            input type="hidden" name="code" value=(code);
            (Field::text(cx, "covered", cx.t("scans-covered-field")).hint(cx.t("scans-covered-hint")).required().errors(errors)
                .attribute("autocapitalize", "characters").attribute("spellcheck", "false"))
            (submit(&cx.t("scans-covered-check"), None))
        },
    )
}

/// “Where are you?”: a province, if the reader wants to tell.
fn whereabouts(cx: &View, known: &Known) -> Markup {
    let choices = CHOICES.iter().map(|choice| Choice::new(choice.code, cx.both(&choice.name()))).collect();
    html! {
        section id="where" {
            details {
                summary { (cx.t("scans-where")) }
                p class="ts-muted" { (cx.t("scans-where-help")) }
                (form_post(cx, "/s/where", html! {
                    input type="hidden" name="code" value=(known.address.path());
                    (Field::select(cx, "place", cx.t("scans-where-field"), choices).required())
                    (submit(&cx.t("scans-where-send"), None))
                }))
            }
        }
    }
}

fn actions(cx: &View, known: &Known) -> Markup {
    let path = known.address.path();
    let report = |kind: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        format!("/s/report?{}", query.append_pair("code", &path).append_pair("kind", kind).finish())
    };
    html! {
        div class="pub-actions" {
            a class="btn btn-primary" href=(report("complaint")) { (icon("message")) (cx.t("scans-complain")) }
            a class="btn" href=(report("suspect")) { (icon("flag")) (cx.t("scans-report")) }
            a class="btn" href="/s" { (icon("qrcode")) (cx.t("scans-another")) }
        }
    }
}

fn proof(cx: &View, known: &Known) -> Markup {
    let code = url::form_urlencoded::Serializer::new(String::new()).append_pair("code", &known.address.path()).finish();
    html! {
        section id="proof" {
            h2 { (cx.t("scans-proof")) }
            p { (cx.t("scans-proof-text")) }
            div class="pub-actions" {
                a class="btn" href={ "/s/proof?" (code) } download { (icon("download")) (cx.t("scans-proof-download")) }
                a class="btn" href="/verify" { (icon("shield-check")) (cx.t("scans-proof-verify")) }
            }
        }
    }
}
