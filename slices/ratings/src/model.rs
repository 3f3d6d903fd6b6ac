//! The nouns: components, grades, effects, inputs, a rated product.

use ground::Timestamp;
use serde::{Deserialize, Serialize};

/// Declares an enum with stable names.
macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $type { $($(#[$variant_doc])* #[serde(rename = $name)] $variant),+ }

        impl $type {
            /// All of them, in order.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];

            /// Stable name, as stored, in JSON and in policy packs.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name),+ }
            }

            /// Reads a stable name.
            pub fn from_name(name: &str) -> Option<$type> {
                $type::ALL.iter().copied().find(|value| value.name() == name)
            }
        }
    };
}

named! {
    /// What a rating is made of.
    Component {
        /// Failed tests of all laboratory reports.
        Inspection = "inspection",
        /// Complaints for each unit that reached a buyer; severe ones weigh more.
        Complaints = "complaints",
        /// Units sent back of those that reached a buyer.
        Returns = "returns",
        /// Reviews of one or two stars of all reviews.
        Reviews = "reviews",
        /// Remedies later than promised of all remedies.
        AfterSales = "after_sales",
        /// Papers that are wanting, out of date or not confirmed.
        Documents = "documents",
    }
}

/// How many components there are.
pub const COMPONENTS: usize = 6;
/// How many of them are rates: all but the documents.
pub const RATES: usize = 5;

impl Component {
    /// Its place in the order of [`Component::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Whether it is a rate of bad ones among all, kept as two decayed sums.
    pub fn is_rate(self) -> bool {
        self != Component::Documents
    }
}

named! {
    /// The grade everybody reads. `A` is best; the order is from best to worst.
    Grade {
        /// Recommended first.
        A = "A",
        /// Good.
        B = "B",
        /// Ordinary.
        C = "C",
        /// Limited.
        D = "D",
        /// Off the shelf until tested.
        E = "E",
    }
}

named! {
    /// What a grade does to the sale.
    Effect {
        /// Nothing.
        None = "none",
        /// Shown first by the shop.
        Recommended = "recommended",
        /// On sale under limits.
        Limited = "limited",
        /// Off the shelf until a test is passed.
        RemovedPendingTest = "removed_pending_test",
    }
}

named! {
    /// What a person did to an effect.
    Override {
        /// The effect stays although the rating may say otherwise.
        Kept = "kept",
        /// No effect although the rating says otherwise.
        Lifted = "lifted",
    }
}

/// The days of a civil calendar, days since 1970-01-01.
pub type Day = i32;

/// What one day brought for one product. `age_days` is how many days before the closed day it happened: 0, or more for
/// what came late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayInput {
    /// Days before the closed day.
    pub age_days: i32,
    /// Purchases that reached a buyer (or were shipped, or ordered: the policy's `exposure` says which).
    pub purchases: i64,
    /// Complaints, severe ones included.
    pub complaints: i64,
    /// Severe ones.
    pub severe_complaints: i64,
    /// Times they were sent back.
    pub returns: i64,
    /// Reviews.
    pub reviews: i64,
    /// Those of one or two stars.
    pub bad_reviews: i64,
    /// Tests passed.
    pub tests_passed: i64,
    /// Tests failed.
    pub tests_failed: i64,
    /// Remedies given.
    pub remedies: i64,
    /// Those later than promised.
    pub remedies_late: i64,
}

impl DayInput {
    /// The figures in the order of a line of a day file, the age first.
    pub fn figures(&self) -> [i64; 11] {
        [
            i64::from(self.age_days),
            self.purchases,
            self.complaints,
            self.severe_complaints,
            self.returns,
            self.reviews,
            self.bad_reviews,
            self.tests_passed,
            self.tests_failed,
            self.remedies,
            self.remedies_late,
        ]
    }

    /// Reads the figures back.
    pub fn of(figures: &[i64; 11]) -> DayInput {
        let [age, purchases, complaints, severe, returned, reviews, bad, passed, failed, remedies, late] = *figures;
        DayInput {
            age_days: i32::try_from(age).unwrap_or(0),
            purchases,
            complaints,
            severe_complaints: severe,
            returns: returned,
            reviews,
            bad_reviews: bad,
            tests_passed: passed,
            tests_failed: failed,
            remedies,
            remedies_late: late,
        }
    }

    /// Whether the day brought nothing.
    pub fn is_empty(&self) -> bool {
        self.figures()[1..].iter().all(|figure| *figure == 0)
    }

    /// Adds what another source says about the same day.
    pub fn add(&mut self, other: &DayInput) {
        self.purchases += other.purchases;
        self.complaints += other.complaints;
        self.severe_complaints += other.severe_complaints;
        self.returns += other.returns;
        self.reviews += other.reviews;
        self.bad_reviews += other.bad_reviews;
        self.tests_passed += other.tests_passed;
        self.tests_failed += other.tests_failed;
        self.remedies += other.remedies;
        self.remedies_late += other.remedies_late;
    }
}

/// One product's day as a source hands it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductDay {
    /// `<merchant>/<the shop's number>`.
    pub key: String,
    /// What it brought.
    pub input: DayInput,
}

/// The state of the papers a listing rests on: how many are required, and of them how many are wanting and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Papers {
    /// Nothing was handed in.
    pub missing: i64,
    /// Out of date.
    pub expired: i64,
    /// Handed in, not confirmed.
    pub waiting: i64,
}

/// What a component came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Part {
    /// 0 to 100.
    pub score: f64,
    /// The score at the worse end of the interval.
    pub low: f64,
    /// The score at the better end.
    pub high: f64,
    /// Its share of the whole, 0 to 1; all shares sum to 1.
    pub share: f64,
}

/// A product's rating as it was published last.
#[derive(Debug, Clone, PartialEq)]
pub struct Rating {
    /// Whose.
    pub merchant_id: String,
    /// The shop's number.
    pub product: String,
    /// The listing; `None` while nobody listed it.
    pub listing_id: Option<String>,
    /// Market.
    pub market: String,
    /// Category; empty where it is not known.
    pub category: String,
    /// 0 to 100.
    pub score: f64,
    /// Lower bound: it decides the grade.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// The grade.
    pub grade: Grade,
    /// Too little is known; the grade is the neutral one.
    pub is_new: bool,
    /// The line of the day file it was published from.
    pub line: crate::line::Line,
    /// The effect the rating has by the rules.
    pub effect: Effect,
    /// The effect in force: the rules', unless a person said otherwise.
    pub applied: Effect,
    /// What a person said about the effect.
    pub held: Option<Held>,
    /// The closed day this was computed for.
    pub day: Day,
    /// When it was published.
    pub at: Timestamp,
    /// Its place in the feed.
    pub sequence: i64,
    /// Why it moved last: stable codes, the strongest first.
    pub reasons: Vec<String>,
    /// The act of its last grade or effect, if there was one.
    pub act_id: Option<String>,
}

impl Rating {
    /// `<merchant>/<product>`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.merchant_id, self.product)
    }

    /// What the components contribute to the score, in the order of [`Component::ALL`]; they sum to the score.
    pub fn contributions(&self) -> [f64; COMPONENTS] {
        self.line.contributions()
    }
}

/// What a person said about an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Kept or lifted.
    pub how: Override,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// The act.
    pub act_id: String,
}

/// One point of a product's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The closed day.
    pub day: Day,
    /// Score.
    pub score: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// Grade.
    pub grade: Grade,
    /// What each component contributed.
    pub contributions: Vec<f64>,
}

/// A day that was computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputedDay {
    /// The closed day.
    pub day: Day,
    /// The one before it; `None` for the first.
    pub previous: Option<Day>,
    /// SHA-256 of the day file, hexadecimal: its name among the files.
    pub sha256: String,
    /// RFC 6962 root over the lines of the file, hexadecimal.
    pub root: String,
    /// Lines, the first one (the head) included.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
    /// Lines published so far.
    pub applied: u64,
    /// The act `ratings.computed`.
    pub act_id: String,
    /// When.
    pub at: Timestamp,
}

/// Splits a key into merchant and product.
pub fn split_key(key: &str) -> Option<(&str, &str)> {
    key.split_once('/').filter(|(merchant, product)| !merchant.is_empty() && !product.is_empty())
}

/// The date of a day.
pub fn date_of(day: Day) -> jiff::civil::Date {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().days(i64::from(day))).unwrap_or(epoch)
}

/// The day of a date.
pub fn day_of(date: jiff::civil::Date) -> Day {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.until(date).map(|span| span.get_days()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_read_back() {
        for (day, text) in [(0, "1970-01-01"), (20_514, "2026-03-02"), (-1, "1969-12-31")] {
            assert_eq!(date_of(day).to_string(), text);
            assert_eq!(day_of(date_of(day)), day);
        }
    }

    #[test]
    fn figures_of_a_day_read_back() {
        let input = DayInput { age_days: 3, purchases: 9, bad_reviews: 2, remedies_late: 1, ..DayInput::default() };
        assert_eq!(DayInput::of(&input.figures()), input);
    }
}
