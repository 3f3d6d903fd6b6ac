//! The words of a market: names of categories and documents, and what a rule or a reason says.

use ground::Bilingual;
use kernel::Kernel;
use merchants::Matrix;
use policy::Pack;
use screening::Finding;
use std::collections::BTreeMap;
use std::sync::Arc;
use ui::View;
use ui::parts::Choice;

/// The policy table with the reasons a reviewer may give.
const REASONS_TABLE: &str = "review_reasons";

/// Categories, documents and reasons of one market, as people read them.
#[derive(Clone, Default)]
pub(super) struct Words {
    matrix: Arc<Matrix>,
    pack: Option<Arc<Pack>>,
}

impl Words {
    /// The words of a market today; a market that is not known (any more) has only its own codes.
    pub(super) fn of(kernel: &Kernel, market: &str) -> Words {
        Words {
            matrix: Matrix::of(kernel, market).unwrap_or_default(),
            pack: kernel.packs().market(market).ok().cloned(),
        }
    }

    /// A category from the root down.
    pub(super) fn category(&self, cx: &View, path: &str) -> String {
        match path.is_empty() {
            true => "—".to_owned(),
            false => cx.both(&self.matrix.category_name(path)).to_owned(),
        }
    }

    /// Every category as a choice; with `scopes`, only those in and below them.
    pub(super) fn categories(&self, cx: &View, scopes: &[String]) -> Vec<Choice> {
        let within = |path: &str| {
            scopes.is_empty()
                || scopes
                    .iter()
                    .any(|scope| path == scope || path.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/')))
        };
        let all = self.matrix.categories().filter(|category| within(&category.path));
        all.map(|category| Choice::new(&category.path, cx.both(&category.name))).collect()
    }

    /// The first segments (`food`) with their names, for filters.
    pub(super) fn roots(&self, cx: &View) -> Vec<(String, String)> {
        let roots = self.matrix.categories().filter(|category| category.depth == 1);
        roots.map(|category| (category.path.clone(), cx.both(&category.name).to_owned())).collect()
    }

    /// A kind of document.
    pub(super) fn kind(&self, cx: &View, id: &str) -> String {
        cx.both(&self.matrix.kind_name(id)).to_owned()
    }

    /// Every kind of document as a choice.
    pub(super) fn kinds(&self, cx: &View) -> Vec<Choice> {
        self.matrix.kinds().map(|kind| Choice::new(&kind.id, cx.both(&kind.name))).collect()
    }

    /// What a reason says: the finding of that rule, else the reviewer's reason of that code, else the code itself.
    pub(super) fn reason(&self, cx: &View, findings: &[Finding], code: &str) -> String {
        if let Some(finding) = findings.iter().find(|finding| finding.rule == code) {
            return cx.both(&finding.reason).to_owned();
        }
        let said: Option<&Bilingual> = self.pack.as_ref().and_then(|pack| {
            pack.written_rows(REASONS_TABLE).into_iter().find(|row| row.id() == code).and_then(|row| row.reason())
        });
        said.map_or_else(|| code.to_owned(), |reason| cx.both(reason).to_owned())
    }

    /// Why a merchant may not sell a category, from the codes of its standing.
    pub(super) fn missing(&self, cx: &View, code: &str) -> String {
        match code {
            "merchant" | "market" | "category" => cx.t(&format!("listings-missing-{code}")),
            _ if code.starts_with("merchant-") => cx.t("listings-missing-merchant"),
            kind => cx.ta("listings-missing-paper", &[("kind", self.kind(cx, kind).into())]),
        }
    }
}

/// The words of every market.
pub(super) struct AllWords(BTreeMap<String, Words>);

impl AllWords {
    /// Of today.
    pub(super) fn of(kernel: &Kernel) -> AllWords {
        let packs = kernel.packs();
        AllWords(packs.markets().map(|market| (market.to_owned(), Words::of(kernel, market))).collect())
    }

    /// The markets.
    pub(super) fn markets(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A category in its market.
    pub(super) fn category(&self, cx: &View, market: &str, path: &str) -> String {
        self.0.get(market).map_or_else(|| path.to_owned(), |words| words.category(cx, path))
    }

    /// The words of one market.
    pub(super) fn market(&self, market: &str) -> Words {
        self.0.get(market).cloned().unwrap_or_default()
    }
}

/// The name of a market.
pub(super) fn market_text(cx: &View, market: &str) -> String {
    match market {
        "cn" | "us" | "eu" => cx.t(&format!("listings-market-{market}")),
        other => other.to_owned(),
    }
}

/// The word for a field of a listing, as findings and changes name it.
pub(super) fn field_text(cx: &View, field: &str) -> String {
    const KNOWN: [&str; 11] = [
        "title",
        "description",
        "category",
        "brand",
        "gtin",
        "price_minor",
        "list_price_minor",
        "currency",
        "images",
        "documents",
        "batch",
    ];
    if let Some(name) = field.strip_prefix("attributes.") {
        return name.to_owned();
    }
    let name = field.split(['[', '.']).next().unwrap_or(field);
    if !KNOWN.contains(&name) {
        return field.to_owned();
    }
    let label = cx.t(&format!("listings-field-{}", name.replace('_', "-")));
    match position(field) {
        Some(index) => format!("{label} {}", index + 1),
        None => label,
    }
}

/// The position in `images[2]` or `documents[1].number`.
pub(super) fn position(field: &str) -> Option<usize> {
    field.split_once('[')?.1.split(']').next()?.parse().ok()
}
