//! What would follow from what: the days to come computed by the same rules as the days that were.
//!
//! The pace of the product is taken from its decayed sums: in a steady state a sum S with half-life h comes from S·ln 2 / h a day.

use crate::line::{Head, Line};
use crate::model::{Component, Day, Effect, Grade, Papers, RATES};
use crate::rules::{self, Moment, Scored, Standing};
use crate::tables::RatingPolicy;
use kernel::Result;

/// Days looked ahead at most.
pub const DAYS_MAX: i32 = 365;
/// Tests that may be assumed at most.
pub const TESTS_MAX: u32 = 20;

/// What is assumed of the days to come. Shares are percent less than now: 0 as now, 100 none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumed {
    /// Fewer complaints, percent.
    pub complaints_less: u32,
    /// Fewer returns, percent.
    pub returns_less: u32,
    /// Fewer bad reviews, percent.
    pub bad_reviews_less: u32,
    /// Fewer late remedies, percent.
    pub late_remedies_less: u32,
    /// Tests passed tomorrow.
    pub tests_passed: u32,
    /// Papers put in order tomorrow.
    pub papers_in_order: bool,
    /// Days looked ahead, 1 to [`DAYS_MAX`].
    pub days: i32,
}

impl Default for Assumed {
    fn default() -> Self {
        Assumed {
            complaints_less: 0,
            returns_less: 0,
            bad_reviews_less: 0,
            late_remedies_less: 0,
            tests_passed: 0,
            papers_in_order: false,
            days: 60,
        }
    }
}

impl Assumed {
    /// The same within the limits.
    #[must_use]
    pub fn clamped(self) -> Assumed {
        Assumed {
            complaints_less: self.complaints_less.min(100),
            returns_less: self.returns_less.min(100),
            bad_reviews_less: self.bad_reviews_less.min(100),
            late_remedies_less: self.late_remedies_less.min(100),
            tests_passed: self.tests_passed.min(TESTS_MAX),
            papers_in_order: self.papers_in_order,
            days: self.days.clamp(1, DAYS_MAX),
        }
    }

    fn kept_share(&self, rate: usize) -> f64 {
        let less = match Component::ALL.get(rate) {
            Some(Component::Complaints) => self.complaints_less,
            Some(Component::Returns) => self.returns_less,
            Some(Component::Reviews) => self.bad_reviews_less,
            Some(Component::AfterSales) => self.late_remedies_less,
            _ => 0,
        };
        1.0 - f64::from(less.min(100)) / 100.0
    }
}

/// One day to come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ahead {
    /// The day.
    pub day: Day,
    /// Score.
    pub score: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// Grade.
    pub grade: Grade,
    /// Effect by the rules.
    pub effect: Effect,
}

/// The days to come under these assumptions, tomorrow first.
///
/// # Errors
/// `internal` when the head has no policy of the product's market.
pub fn ahead(head: &Head, line: &Line, assumed: Assumed) -> Result<Vec<Ahead>> {
    let assumed = assumed.clamped();
    let mut days = Vec::with_capacity(usize::try_from(assumed.days).unwrap_or(0));
    let steps = std::iter::repeat_n(1, usize::try_from(assumed.days).unwrap_or(0));
    run(head, line, assumed, steps, |day| {
        days.push(day);
        true
    })?;
    Ok(days)
}

/// Steps of a year, days: every day of the first two weeks, then every third to two months, then every week. A page asks for
/// several years to come, and nobody plans the day half a year ahead.
fn year() -> impl Iterator<Item = i32> {
    std::iter::repeat_n(1, 14).chain(std::iter::repeat_n(3, 16)).chain(std::iter::repeat_n(7, 43))
}

/// Goes ahead in these steps until `look` has seen enough.
fn run(
    head: &Head,
    line: &Line,
    assumed: Assumed,
    steps: impl Iterator<Item = i32>,
    mut look: impl FnMut(Ahead) -> bool,
) -> Result<()> {
    let policy = head.policy(&line.market)?;
    let priors = head.priors(policy, &line.market, &line.category);
    let pace = pace(policy, line, assumed);
    let papers = if assumed.papers_in_order { Papers::default() } else { line.papers() };
    let (mut sums, mut standing, mut passed) = (line.sums, rules::standing_of(line), line.passed);
    let mut day = head.day;
    for (number, gap) in steps.enumerate() {
        day += gap;
        let mut brought: Vec<(i32, [[f64; 2]; RATES])> = (0..gap).map(|age| (age, pace)).collect();
        if number == 0 && assumed.tests_passed > 0 {
            passed = Some(day);
            brought[0].1[Component::Inspection.index()] = [0.0, f64::from(assumed.tests_passed)];
        }
        sums = rules::advance(policy, &sums, gap, &brought);
        let scored = rules::score(policy, &priors, &sums, papers);
        let moment = Moment { day, gap, passed, failed: line.failed };
        standing = rules::step(policy, Some(&standing), &scored, rules::is_new(policy, &sums), &moment);
        if !look(of(day, &scored, &standing)) {
            break;
        }
    }
    Ok(())
}

/// What a day brings under these assumptions. Tests are not a pace: they come when somebody orders them.
fn pace(policy: &RatingPolicy, line: &Line, assumed: Assumed) -> [[f64; 2]; RATES] {
    let mut pace = [[0.0; 2]; RATES];
    for (rate, pace) in pace.iter_mut().enumerate().filter(|(rate, _)| *rate != Component::Inspection.index()) {
        let a_day = std::f64::consts::LN_2 / policy.components[rate].half_life_days;
        *pace = [line.sums[rate][0] * a_day * assumed.kept_share(rate), line.sums[rate][1] * a_day];
    }
    pace
}

fn of(day: Day, scored: &Scored, standing: &Standing) -> Ahead {
    Ahead {
        day,
        score: scored.score,
        lower: scored.lower,
        upper: scored.upper,
        grade: standing.grade,
        effect: standing.effect,
    }
}

/// A way back: what would have to be so, and after how many days the grade or the effect is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Name, also in `ratings-way-…`.
    pub name: &'static str,
    /// What it assumes.
    pub assumed: Assumed,
    /// Days until the grade is better; `None`: not within a year.
    pub better_in_days: Option<i32>,
    /// The grade then.
    pub grade: Option<Grade>,
    /// Days until the effect is gone, where one restricts the sale; `None`: not within a year.
    pub free_in_days: Option<i32>,
}

/// The usual ways back, computed a year ahead; beyond two weeks to the step in which they fall.
///
/// # Errors
/// As [`ahead`].
pub fn ways(head: &Head, line: &Line) -> Result<Vec<Way>> {
    let usual = Assumed { days: DAYS_MAX, ..Assumed::default() };
    let all = [
        ("as_now", usual),
        ("half_complaints", Assumed { complaints_less: 50, ..usual }),
        ("no_complaints", Assumed { complaints_less: 100, ..usual }),
        (
            "half_all",
            Assumed { complaints_less: 50, returns_less: 50, bad_reviews_less: 50, late_remedies_less: 50, ..usual },
        ),
        ("test", Assumed { tests_passed: 1, ..usual }),
        (
            "test_and_half",
            Assumed { tests_passed: 1, complaints_less: 50, returns_less: 50, bad_reviews_less: 50, ..usual },
        ),
        ("papers", Assumed { papers_in_order: true, ..usual }),
    ];
    let wanting = line.papers != [0, 0, 0];
    let mut ways = Vec::new();
    for (name, assumed) in all.into_iter().filter(|(name, _)| *name != "papers" || wanting) {
        let bound = |effect: Effect| matches!(effect, Effect::Limited | Effect::RemovedPendingTest);
        let (mut better, mut free) = (None, None);
        run(head, line, assumed, year(), |ahead| {
            let days = ahead.day - head.day;
            if better.is_none() && ahead.grade < line.grade {
                better = Some((days, ahead.grade));
            }
            if free.is_none() && bound(line.effect) && !bound(ahead.effect) {
                free = Some(days);
            }
            better.is_none() || (bound(line.effect) && free.is_none())
        })?;
        ways.push(Way {
            name,
            assumed,
            better_in_days: better.map(|(days, _)| days),
            grade: better.map(|(_, grade)| grade),
            free_in_days: free,
        });
    }
    Ok(ways)
}
