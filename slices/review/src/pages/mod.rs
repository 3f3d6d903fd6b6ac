//! Pages of this duty. Handlers are thin: parse, call one public function, render.

pub(crate) mod disagreements;
mod evidence;
pub(crate) mod golden;
pub(crate) mod item;
pub(crate) mod measures;
pub(crate) mod onsite;
pub(crate) mod people;
pub(crate) mod queue;
mod screen;
pub(crate) mod visit;

use crate::model::{Item, Verdict, Worst};
use crate::parameters;
use crate::tables;
use ground::Bilingual;
use kernel::{Actor, Kernel, Permission, Result};
use maud::{Markup, html};
use merchants::Matrix;
use std::collections::HashMap;
use std::sync::Arc;
use ui::View;
use ui::parts::{Severity, Tone, badge, clock_of, severity, tabs};

/// Names of queues and categories.
#[derive(Default)]
pub(crate) struct Titles {
    queues: HashMap<String, Bilingual>,
    matrices: HashMap<String, Arc<Matrix>>,
    packs: Option<Arc<policy::Packs>>,
    /// Share of an item's time after which its clock warns.
    warning_share: f64,
}

impl Titles {
    /// The names of today.
    pub(crate) fn of(kernel: &Kernel) -> Result<Titles> {
        let rows = tables::routes(&parameters::pack(kernel), kernel.today())?;
        let packs = kernel.packs();
        let matrices = packs.markets().filter_map(|market| Some((market.to_owned(), Matrix::of(kernel, market).ok()?)));
        Ok(Titles {
            queues: rows.iter().map(|row| (row.id.clone(), row.body.title.clone())).collect(),
            matrices: matrices.collect(),
            packs: Some(Arc::clone(&packs)),
            warning_share: parameters::parameters(kernel)?.sla_warning_share,
        })
    }

    /// A category from the root down, as people call it.
    pub(crate) fn category(&self, cx: &View, market: &str, path: &str) -> String {
        match self.matrices.get(market) {
            Some(matrix) => cx.both(&matrix.category_name(path)).to_owned(),
            None => path.to_owned(),
        }
    }

    /// A category whose market is not known: the first market that has it names it.
    pub(crate) fn category_anywhere(&self, cx: &View, path: &str) -> String {
        let mut names = self.matrices.values().map(|matrix| matrix.category_name(path));
        names.find(|name| name.zh != path).map_or_else(|| path.to_owned(), |name| cx.both(&name).to_owned())
    }

    /// The clock of an item.
    pub(crate) fn clock(&self, cx: &View, item: &Item) -> Markup {
        clock_of(cx, item.requested_at, item.due_at, self.warning_share)
    }

    /// A reason code or the id of a rule, in words.
    pub(crate) fn reason(&self, cx: &View, code: &str) -> String {
        self.packs
            .as_ref()
            .and_then(|packs| packs.words(code))
            .map_or_else(|| code.to_owned(), |words| cx.both(&words).to_owned())
    }

    /// The name a person reads.
    pub(crate) fn get(&self, cx: &View, queue: &str) -> String {
        match self.queues.get(queue) {
            Some(title) => cx.both(title).to_owned(),
            None if queue == "general" => cx.t("review-queue-general"),
            None => queue.to_owned(),
        }
    }
}

/// The mark of a severity; nothing where there is none.
pub(crate) fn worst_mark(cx: &View, worst: Worst) -> Markup {
    match level(worst) {
        Some(level) => severity(cx, level),
        None => html! { span class="ts-muted" { "—" } },
    }
}

/// The level the parts of the pages know.
pub(crate) fn level(worst: Worst) -> Option<Severity> {
    Some(match worst {
        Worst::None => return None,
        Worst::Info => Severity::Note,
        Worst::Minor => Severity::Low,
        Worst::Major => Severity::High,
        Worst::Severe => Severity::Critical,
    })
}

/// The mark of a verdict.
pub(crate) fn verdict_mark(cx: &View, verdict: Verdict) -> Markup {
    match verdict {
        Verdict::Approve => badge(Tone::Good, &cx.t("review-verdict-approve")),
        Verdict::Reject => badge(Tone::Danger, &cx.t("review-verdict-reject")),
    }
}

/// The ways between the pages of this duty, as far as they are open to the reader.
pub(crate) fn ways(cx: &View, actor: &Actor) -> Markup {
    let entry = |id: &str, path: &str| (cx.t(id), format!("/console/review{path}"), None);
    let mut all = vec![
        entry("review-tab-queue", ""),
        entry("review-tab-onsite", "/onsite"),
        entry("review-tab-measures", "/measures"),
    ];
    if actor.may(Permission::ReviewManage) {
        all.push(entry("review-tab-disagreements", "/disagreements"));
        all.push(entry("review-tab-golden", "/golden"));
        all.push(entry("review-tab-people", "/people"));
    }
    tabs(cx, &cx.t("review-title"), &all)
}

/// The word for a field of a listing.
pub(crate) fn field_label(cx: &View, field: &str) -> String {
    let known = [
        "title",
        "description",
        "category",
        "brand",
        "gtin",
        "price_minor",
        "list_price_minor",
        "images",
        "documents",
        "batch",
        "lot",
        "produced",
        "expires",
        "origin",
    ];
    if let Some(name) = field.strip_prefix("attributes.") {
        return name.to_owned();
    }
    let (name, rest) = field.split_once('[').map_or((field, ""), |(name, rest)| (name, rest));
    if !known.contains(&name) {
        return field.to_owned();
    }
    let label = cx.t(&format!("review-field-{}", name.replace('_', "-")));
    match rest.split(']').next().and_then(|index| index.parse::<usize>().ok()) {
        Some(index) => format!("{label} {}", index + 1),
        None => label,
    }
}

/// An amount of minor units in major units, for drawings.
pub(crate) fn major(minor: i64, currency: &str) -> f64 {
    ground::money::format_minor(minor, currency).parse().unwrap_or(f64::NAN)
}

/// Seconds as people read them.
pub(crate) fn seconds_text(cx: &View, seconds: f64) -> String {
    if seconds < 120.0 {
        return cx.ta("review-seconds", &[("n", cx.decimal(seconds, 0).into())]);
    }
    cx.ta("review-minutes", &[("n", cx.decimal(seconds / 60.0, 1).into())])
}

/// The review screen without a server around it.
#[cfg(test)]
pub(crate) fn screen_for_tests(cx: &View, actor: &Actor, kernel: &Kernel, work: &crate::decide::Work) -> Markup {
    let titles = Titles::of(kernel).unwrap_or_default();
    screen::page(cx, actor, &titles, work, &item::DecideForm::default(), &ui::parts::FormErrors::none())
}
