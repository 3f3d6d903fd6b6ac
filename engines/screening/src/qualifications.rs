//! The qualification matrix: which proofs a merchant or a listing of a category needs, and how their numbers look.

use std::collections::BTreeMap;

use jiff::civil::Date;
use policy::{Bilingual, Diagnostics, Pack, Report, Row, TableRow};
use serde::{Deserialize, Serialize};

use crate::categories::is_within;
use crate::finding::{Basis, Text};
use crate::numbers::{self, NumberKind, Verdict};
use crate::rulings::Ruling;

/// Who shows the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bearer {
    /// Once for the shop, at enrolment in the category.
    Merchant,
    /// With each listing.
    Listing,
}

/// Whose name must stand on the proof.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// The merchant itself.
    Merchant,
    /// Anybody: the producer, the importer, the owner of the brand.
    #[default]
    Any,
}

/// A row of the table `qualifications`: one kind of proof.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualificationRow {
    /// Name of the kind in documents, for instance `food-production-licence`.
    pub kind: String,
    pub name: Bilingual,
    pub issuer: Bilingual,
    pub bearer: Bearer,
    /// Categories in which it is required of a merchant (`*`: every one). Requirements of listings stand in `documents`.
    #[serde(default)]
    pub required_in: Vec<String>,
    /// Another kind that serves as well.
    #[serde(default)]
    pub or: Vec<String>,
    /// Key of a [`NumberKind`]; left out where numbers have no fixed form.
    #[serde(default)]
    pub number: Option<String>,
    /// Names of attributes in which a listing may state the number instead of handing in the document.
    #[serde(default)]
    pub attributes: Vec<String>,
    #[serde(default)]
    pub holder: Holder,
    /// Whether the document must state a last day.
    #[serde(default)]
    pub expires: bool,
    /// Longest time from the day of issue that the document is taken, in days, where it states no last day.
    #[serde(default)]
    pub valid_days: Option<i32>,
}

impl TableRow for QualificationRow {
    const TABLE: &'static str = "qualifications";
    const BASIS_REQUIRED: bool = true;

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        if let Some(number) = &row.body.number
            && NumberKind::from_key(number).is_none()
        {
            let known = NumberKind::ALL.iter().map(|kind| kind.key());
            let near = policy::text::nearest(number, known).unwrap_or("uscc");
            report.refuse(
                "number",
                "unknown_number_kind",
                Bilingual::new(
                    format!("没有“{number}”这种号码，您是否想写“{near}”？"),
                    format!("There is no kind of number `{number}`; did you mean `{near}`?"),
                ),
            );
        }
        if row.body.valid_days.is_some_and(|days| days <= 0) {
            report.refuse(
                "valid_days",
                "days_not_positive",
                Bilingual::new("天数应大于 0", "The number of days is above 0"),
            );
        }
    }
}

/// A kind of proof, compiled.
#[derive(Clone, Debug)]
pub struct Qualification {
    /// Id of the policy row.
    pub id: String,
    pub kind: String,
    pub name: Text,
    pub issuer: Text,
    pub bearer: Bearer,
    pub required_in: Vec<String>,
    pub or: Vec<String>,
    pub number: Option<NumberKind>,
    /// Folded ([`crate::names::key`]).
    pub attributes: Vec<String>,
    pub holder: Holder,
    pub expires: bool,
    pub valid_days: Option<i32>,
    pub basis: Vec<Basis>,
}

impl Qualification {
    /// Checks a number of this kind; kinds without a fixed form take anything that is not empty.
    #[must_use]
    pub fn check_number(&self, number: &str) -> Verdict {
        match self.number {
            Some(kind) => numbers::check(kind, number),
            None if number.trim().is_empty() => {
                Verdict::Invalid { reason: Text::new("编号为空", "the number is empty"), position: None }
            }
            None => Verdict::Valid,
        }
    }
}

/// All kinds of proof of a market at one date.
#[derive(Clone, Debug, Default)]
pub struct Qualifications {
    by_kind: BTreeMap<String, Qualification>,
}

impl Qualifications {
    /// Reads the matrix in force on `date`; rows that are off are left out.
    ///
    /// # Errors
    /// The pack's diagnostics where a row cannot be read.
    pub fn from_pack(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let rows = pack.rows_at::<QualificationRow>(date)?;
        let both = |text: &Bilingual| Text::new(text.zh.clone(), text.en.clone());
        let by_kind = rows.iter().filter(|row| row.mode.is_evaluated()).map(|row| {
            let head = Ruling::of(row, pack, date, crate::Severity::Major, false);
            let body = row.body.clone();
            let qualification = Qualification {
                id: head.id,
                kind: body.kind.clone(),
                name: both(&body.name),
                issuer: both(&body.issuer),
                bearer: body.bearer,
                required_in: body.required_in,
                or: body.or,
                number: body.number.as_deref().and_then(NumberKind::from_key),
                attributes: body.attributes.iter().map(|name| crate::names::key(name)).collect(),
                holder: body.holder,
                expires: body.expires,
                valid_days: body.valid_days,
                basis: head.basis,
            };
            (body.kind, qualification)
        });
        Ok(Self { by_kind: by_kind.collect() })
    }

    #[must_use]
    pub fn get(&self, kind: &str) -> Option<&Qualification> {
        self.by_kind.get(kind)
    }

    /// All kinds by key.
    pub fn iter(&self) -> impl Iterator<Item = &Qualification> {
        self.by_kind.values()
    }

    /// What a merchant needs to sell in a category, by key of the kind.
    pub fn of_merchant<'a>(&'a self, category: &'a str) -> impl Iterator<Item = &'a Qualification> {
        self.by_kind.values().filter(move |qualification| {
            qualification.bearer == Bearer::Merchant
                && qualification.required_in.iter().any(|above| is_within(category, above))
        })
    }

    /// The known kind most like a misspelt one.
    #[must_use]
    pub fn nearest(&self, kind: &str) -> Option<&str> {
        policy::text::nearest(kind, self.by_kind.keys().map(String::as_str))
    }
}

/// An inline test of a row: a number and what it is held to be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NumberTest {
    number: String,
    /// `valid`, `suspicious` or `invalid`.
    verdict: String,
}

/// Runs the inline tests of the table `qualifications`.
///
/// # Errors
/// The pack's diagnostics where a row or a test cannot be read.
pub fn run_tests(pack: &Pack, date: Date, only: Option<&str>) -> Result<policy::TestRun, Diagnostics> {
    let qualifications = Qualifications::from_pack(pack, date)?;
    let mut run = policy::TestRun::default();
    for row in pack.rows_at::<QualificationRow>(date)?.iter().filter(|row| only.is_none_or(|only| row.id == only)) {
        let Some(qualification) = qualifications.get(&row.body.kind) else {
            continue;
        };
        for test in &row.tests {
            let case: NumberTest = test.read()?;
            let found = match qualification.check_number(&case.number) {
                Verdict::Valid => "valid",
                Verdict::Suspicious { .. } => "suspicious",
                Verdict::Invalid { .. } => "invalid",
            };
            if found == case.verdict {
                run.passed += 1;
                continue;
            }
            let (number, wanted) = (&case.number, &case.verdict);
            run.failures.push(policy::TestFailure {
                row: row.id.clone(),
                file: test.place().file.to_string(),
                line: test.place().line,
                message: Bilingual::new(
                    format!("{number}：应为 {wanted}，实为 {found}"),
                    format!("{number}: should be {wanted} and is {found}"),
                ),
            });
        }
    }
    Ok(run)
}
