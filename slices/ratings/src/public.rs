//! The grade for everybody: what the page of a scanned code shows.

use crate::model::{Component, Grade, date_of};
use crate::read::{PublicGrade, public_grade};
use kernel::{Kernel, Result};
use maud::{Markup, html};
use ui::View;
use ui::parts::{Tone, badge};

/// The grade of the goods a merchant offers under a trade item number (14 digits): of its newest listing that is rated. `None`
/// where nothing is known of them.
///
/// # Errors
/// What the store says.
pub async fn grade_of_gtin(kernel: &Kernel, gtin14: &str, merchant: &str) -> Result<Option<PublicGrade>> {
    for listing in listings::of_gtin(kernel, gtin14, Some(merchant)).await? {
        if let Some(grade) = public_grade(kernel, merchant, &listing.external_id).await? {
            return Ok(Some(grade));
        }
    }
    Ok(None)
}

/// The grade with its explanation in a few words.
pub fn shown(cx: &View, grade: &PublicGrade) -> Markup {
    let number = |value: f64| cx.decimal(value, 0);
    let tone = match grade.grade {
        _ if grade.is_new => Tone::Neutral,
        Grade::A | Grade::B => Tone::Good,
        Grade::C => Tone::Neutral,
        Grade::D => Tone::Waiting,
        Grade::E => Tone::Danger,
    };
    let score = cx.ta(
        "ratings-public-score",
        &[
            ("score", number(grade.score).into()),
            ("lower", number(grade.lower).into()),
            ("upper", number(grade.upper).into()),
            ("day", date_of(grade.day).to_string().into()),
        ],
    );
    let name = |component: Component| cx.t(&format!("ratings-component-{}", component.name().replace('_', "-")));
    html! {
        p { strong { (badge(tone, grade.grade.name())) } " " (score) }
        @if grade.is_new { p { (cx.t("ratings-public-new")) } }
        @if grade.removed { p { strong { (cx.t("ratings-public-removed")) } } }
        ul { @for (component, share, points) in &grade.parts {
            li { (name(*component)) " " (number(*points)) span class="ts-muted" { " · " (cx.percent_to(*share, 0)) } }
        } }
        p { a href="/ratings/how" { (cx.t("ratings-how")) } }
    }
}
