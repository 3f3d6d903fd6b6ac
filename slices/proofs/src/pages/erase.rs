//! Erasing a person's private parts.

use super::EraseInput;
use crate::acts::SUBJECT_KINDS;
use crate::words;
use maud::{Markup, html};
use ui::parts::{Choice, Field, FormErrors, PageHeader, Tone, alert, card, form_post, submit};
use ui::{View, shell};

/// The form.
pub fn form(cx: &View, input: &EraseInput, errors: &FormErrors) -> Markup {
    let title = cx.t("proofs-erase");
    let kinds = SUBJECT_KINDS.iter().map(|kind| Choice::new(*kind, words::subject_kind(cx, kind))).collect();
    let fields = html! {
        (Field::select(cx, "subject_kind", cx.t("proofs-erase-kind"), kinds).value(&input.subject_kind).required().errors(errors))
        (Field::text(cx, "subject", cx.t("proofs-erase-subject")).value(&input.subject).hint(cx.t("proofs-erase-subject-hint")).required().errors(errors))
        (Field::text(cx, "reason", cx.t("proofs-erase-reason")).value(&input.reason).hint(cx.t("proofs-erase-reason-hint")).required().errors(errors))
        (submit(&cx.t("proofs-erase-do"), Some((&cx.t("proofs-back"), "/console/ledger"))))
    };
    let body = html! {
        (PageHeader::new(cx, &title).back(cx.t("proofs-title"), "/console/ledger"))
        (alert(Tone::Danger, &cx.t("proofs-erase-warning"), cx.t("proofs-erase-help")))
        (errors)
        (card("", form_post(cx, "/console/ledger/erase", fields)))
    };
    shell::page(cx, &title, body)
}
