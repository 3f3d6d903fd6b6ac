//! The policy table `rating`: weights, half-lives, thresholds and effects, as published.

use crate::model::{COMPONENTS, Component, Effect, Grade};
use ground::{Bilingual, Problem};
use jiff::civil::Date;
use kernel::Result;
use policy::{Pack, Report, Row, TableRow, Tables};
use serde::{Deserialize, Serialize};

/// A row of the table `rating`: exactly one of its columns is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingRow {
    /// One component.
    #[serde(default)]
    pub component: Option<ComponentRow>,
    /// One grade.
    #[serde(default)]
    pub grade: Option<GradeRow>,
    /// Everything else.
    #[serde(default)]
    pub rules: Option<Rules>,
}

/// How one component counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentRow {
    /// Which.
    pub of: Component,
    /// Its weight beside the others; any unit, only the proportions matter.
    pub weight: f64,
    /// Days after which what happened counts half.
    #[serde(default)]
    pub half_life_days: f64,
    /// The rate at or below which the component scores 100.
    #[serde(default)]
    pub good: f64,
    /// The rate at or above which it scores 0.
    #[serde(default)]
    pub bad: f64,
    /// The rate assumed where a cohort tells too little.
    #[serde(default)]
    pub prior_rate: f64,
    /// How many units of evidence that assumption weighs.
    #[serde(default)]
    pub prior_strength: f64,
    /// Least strength of a prior learned from a cohort.
    #[serde(default)]
    pub strength_min: f64,
    /// Greatest strength of a prior learned from a cohort.
    #[serde(default)]
    pub strength_max: f64,
    /// Evidence at which the component counts with half its weight; 0: always in full.
    #[serde(default)]
    pub evidence_half: f64,
}

/// A grade and what it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradeRow {
    /// Which.
    pub of: Grade,
    /// Least lower bound of the score; the worst grade has 0.
    pub lower_min: f64,
    /// What it does to the sale.
    pub effect: Effect,
    /// The limits of a limited sale: `no-promotion`, `quantity:2`, `region:cn-31`.
    #[serde(default)]
    pub limits: Vec<String>,
}

/// Which signals tell of a purchase that complaints and returns are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    /// Units that reached a buyer.
    Delivered,
    /// Units on their way.
    Shipped,
    /// Units ordered.
    Ordered,
}

/// The other rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// What is counted as one unit sold.
    pub exposure: Exposure,
    /// Share of the belief on each side outside the interval, 0 to 0.5: 0.05 makes the lower bound a 95 % one.
    pub tail: f64,
    /// How many ordinary complaints a severe one weighs.
    pub severe_weight: f64,
    /// Fewer purchases (decayed) and no test: the product is new.
    pub new_purchases_min: f64,
    /// The grade a new product has at best.
    pub new_grade: Grade,
    /// Points above its threshold the lower bound must be for a better grade.
    pub rise_margin: f64,
    /// Closed days in a row it must be there.
    pub rise_days: i32,
    /// Points below its threshold the lower bound must be for a worse grade.
    pub fall_margin: f64,
    /// The best grade while the last test was failed.
    pub failed_test_grade: Grade,
    /// Days for which that holds.
    pub failed_test_days: i32,
    /// Products with evidence that a cohort needs to speak for itself; else the wider category, then the market speaks.
    pub cohort_products_min: u64,
    /// Points a missing paper costs.
    pub paper_missing: f64,
    /// Points a paper out of date costs.
    pub paper_expired: f64,
    /// Points a paper that waits to be confirmed costs.
    pub paper_waiting: f64,
    /// What is promised: hours within which a remedy comes.
    pub remedy_hours_max: i64,
    /// Decayed sums below this are forgotten when nothing else is known of a product.
    pub forget_below: f64,
}

/// The whole policy of one market on one day. It is written into every day file, so that the file explains itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RatingPolicy {
    /// Content hash of the pack.
    pub version: String,
    /// In the order of [`Component::ALL`].
    pub components: Vec<ComponentRow>,
    /// From best to worst.
    pub grades: Vec<GradeRow>,
    /// The rest.
    pub rules: Rules,
}

impl RatingPolicy {
    /// The row of a component.
    pub fn component(&self, component: Component) -> &ComponentRow {
        &self.components[component.index()]
    }

    /// The row of a grade.
    pub fn grade(&self, grade: Grade) -> &GradeRow {
        &self.grades[grade as usize]
    }
}

impl TableRow for RatingRow {
    const TABLE: &'static str = "rating";

    fn check(row: &Row<Self>, pack: &Pack, report: &mut Report<'_>) {
        let body = &row.body;
        let given = [body.component.is_some(), body.grade.is_some(), body.rules.is_some()];
        if given.iter().filter(|there| **there).count() != 1 {
            report.refuse(
                "component",
                "policy_rating_one",
                Bilingual::new(
                    "每行只写 component、grade、rules 之一",
                    "Each row has exactly one of component, grade, rules",
                ),
            );
        }
        if let Some(component) = &body.component {
            check_component(component, report);
        }
        if let Some(rules) = &body.rules {
            check_rules(rules, report);
        }
        // The table is only of use as a whole: what is missing is told once, at the row of the rules.
        if body.rules.is_some()
            && let Some(missing) = missing_at(pack, row.from)
        {
            report.refuse(
                "rules",
                "policy_rating_whole",
                Bilingual::new(
                    format!("自 {} 起评分表不完整：{missing}", row.from),
                    format!("From {} the table is not whole: {missing}", row.from),
                ),
            );
        }
    }
}

/// The first component or grade that no row in force on a date speaks of.
fn missing_at(pack: &Pack, date: Date) -> Option<&'static str> {
    let written = pack.written_rows(RatingRow::TABLE);
    let in_force = || written.iter().filter(|row| row.from() <= date && row.until().is_none_or(|until| date < until));
    let there = |column: &str, of: &str| {
        in_force().any(|row| row.columns().any(|(name, node)| name == column && node.to_json()["of"] == of))
    };
    let components = Component::ALL.iter().map(|one| ("component", one.name()));
    let grades = Grade::ALL.iter().map(|one| ("grade", one.name()));
    components.chain(grades).find(|(column, of)| !there(column, of)).map(|(_, of)| of)
}

fn check_component(row: &ComponentRow, report: &mut Report<'_>) {
    let share = |value: f64| (0.0..=1.0).contains(&value);
    if !(0.0..=1000.0).contains(&row.weight) {
        report.refuse(
            "component",
            "policy_rating_weight",
            Bilingual::new("权重应在 0 与 1000 之间", "The weight lies between 0 and 1000"),
        );
    }
    if !row.of.is_rate() {
        return;
    }
    if !(1.0..=3650.0).contains(&row.half_life_days) {
        report.refuse(
            "component",
            "policy_rating_half_life",
            Bilingual::new("half_life_days 应在 1 与 3650 之间", "half_life_days lies between 1 and 3650"),
        );
    }
    if !share(row.good) || !share(row.bad) || row.good >= row.bad {
        report.refuse(
            "component",
            "policy_rating_scale",
            Bilingual::new("good 应小于 bad，都在 0 与 1 之间", "good is smaller than bad, both between 0 and 1"),
        );
    }
    let prior = row.prior_rate > 0.0 && row.prior_rate < 1.0 && row.prior_strength > 0.0;
    if !prior || row.strength_min <= 0.0 || row.strength_max < row.strength_min || row.evidence_half < 0.0 {
        report.refuse(
            "component",
            "policy_rating_prior",
            Bilingual::new(
                "prior_rate 应在 0 与 1 之间，prior_strength、strength_min 大于 0，strength_max 不小于 strength_min，evidence_half 不小于 0",
                "prior_rate lies between 0 and 1; prior_strength and strength_min are above 0, strength_max not below strength_min, evidence_half not below 0",
            ),
        );
    }
}

fn check_rules(rules: &Rules, report: &mut Report<'_>) {
    let points = [rules.paper_missing, rules.paper_expired, rules.paper_waiting, rules.rise_margin, rules.fall_margin];
    let fits = rules.tail > 0.0
        && rules.tail < 0.5
        && rules.severe_weight >= 1.0
        && rules.new_purchases_min >= 0.0
        && (1..=365).contains(&rules.rise_days)
        && (0..=3650).contains(&rules.failed_test_days)
        && points.iter().all(|points| (0.0..=100.0).contains(points))
        && (1..=8760).contains(&rules.remedy_hours_max)
        && rules.forget_below >= 0.0;
    if !fits {
        report.refuse(
            "rules",
            "policy_rating_rules",
            Bilingual::new(
                "tail 在 0 与 0.5 之间，severe_weight 至少 1，rise_days 1 至 365，分值 0 至 100，remedy_hours_max 1 至 8760",
                "tail lies between 0 and 0.5, severe_weight is at least 1, rise_days 1 to 365, points 0 to 100, remedy_hours_max 1 to 8760",
            ),
        );
    }
}

/// Declares the table.
pub fn tables(tables: &mut Tables) {
    tables.with::<RatingRow>();
}

/// The policy of a pack on a date.
///
/// # Errors
/// `internal` when the pack's table is not whole.
pub fn policy_at(pack: &Pack, date: Date) -> Result<RatingPolicy> {
    assemble(pack, date)
        .map_err(|missing| Problem::internal(format!("the table rating of {}: {missing}", pack.market())))
}

fn assemble(pack: &Pack, date: Date) -> std::result::Result<RatingPolicy, String> {
    let rows = pack.rows_at::<RatingRow>(date).map_err(|error| error.to_string())?;
    let rows = || rows.iter().filter(|row| row.mode == policy::Mode::On).map(|row| &row.body);
    let mut components = Vec::with_capacity(COMPONENTS);
    for component in Component::ALL {
        let row = rows().filter_map(|row| row.component.as_ref()).find(|row| row.of == *component);
        components.push(row.cloned().ok_or_else(|| format!("component {}", component.name()))?);
    }
    if components.iter().map(|row| row.weight).sum::<f64>() <= 0.0 {
        return Err("all weights are 0".to_owned());
    }
    let mut grades: Vec<GradeRow> = Vec::with_capacity(Grade::ALL.len());
    for grade in Grade::ALL {
        let row = rows().filter_map(|row| row.grade.as_ref()).find(|row| row.of == *grade);
        let row = row.cloned().ok_or_else(|| format!("grade {}", grade.name()))?;
        if grades.last().is_some_and(|better| better.lower_min <= row.lower_min) {
            return Err(format!("lower_min of grade {} is not below that of the better one", grade.name()));
        }
        grades.push(row);
    }
    if grades.last().is_some_and(|worst| worst.lower_min != 0.0) {
        return Err("lower_min of grade E is not 0".to_owned());
    }
    let rules = rows().find_map(|row| row.rules.clone()).ok_or("rules")?;
    Ok(RatingPolicy { version: pack.version().to_owned(), components, grades, rules })
}
