//! The e-detector: has this product's rate risen above what is tolerated, at some day nobody knows, looked at every day?
//!
//! # What it computes
//! For each start `j` of the window and each alternative ratio `r`, the product of likelihood ratios from `j` to now, "rate
//! r × baseline" against "margin × baseline". Their average over starts (Shiryaev–Roberts) and over alternatives (a mixture) is the
//! e-value. It has expectation at most 1 as long as the true rate stays at or below margin × baseline, so 1/e-value is a
//! conservative p-value, and e-values of many products go into [`crate::discoveries::e_benjamini_hochberg`].
//!
//! Sources: Shiryaev (1963) and Roberts (1966) for the sum over starts; Shin, Ramdas & Rinaldo, *E-detectors* (arXiv 2203.03532);
//! Wang & Ramdas for e-BH; Dandapanthula & Ramdas, *Multiple testing in multi-stream sequential change detection* (arXiv 2501.19360).
//!
//! # Which error rate holds when one looks every day
//! Let γ = 1/starts be the weight of a start, R(t) = (R(t−1) + γ)·LR(t). Under the null hypothesis E[LR(t) | past] ≤ 1, so
//! E R(t) ≤ γ·(number of starts) ≤ 1.
//! 1. **At each look fixed beforehand** (every evening) the e-values are valid, and e-BH at level α names a set whose expected share of
//!    false names is at most α, however products depend on each other. This is the default: γ = 1/(slices of the window).
//! 2. **At a look whose moment the data choose** (a complaint came in, somebody was alarmed) this needs one budget for a whole period:
//!    with [`EDetector::within_period`] γ = 1/(days of the period + slices), R(t) + (unused weight) is a supermartingale, and the
//!    expected share of false names at any such moment in the period is at most α, under any dependence.
//! 3. **Over everything ever named in the period.** P(max over the period of e ≥ c) ≤ 1/c for each null product, but the running maximum
//!    is *not* an e-value and must not go into e-BH. Each name at each look satisfies 1/e ≤ α·(number named)/hypotheses, hence so does its
//!    minimum over looks: the union is a self-consistent choice on valid p-values, and with independent null products its false
//!    discovery rate is at most α(1 + ln 1/α). [`crate::discoveries::level_for_ever_chosen`] gives the α for a wanted bound.
//!
//! A single product watched alone against a threshold `c` is falsely named on average no sooner than after c·starts slices
//! (average run length of the Shiryaev–Roberts procedure).
//!
//! # Variation beyond Poisson
//! The likelihood ratio of [`Variation::GammaShocks`] is an increasing convex function of the count, so its expectation grows with the
//! variation of the day's shock in convex order. It is therefore a valid e-value for every mixed Poisson count whose shock varies no
//! more than the gamma assumed, Poisson included: assume the larger variation when in doubt. [`Variation::MeanOnly`] bets
//! 1 + λ(count − null mean) and is valid for any distribution with that mean (Waudby-Smith & Ramdas, *JRSS B* 86, 2024); it loses little
//! where less than one event a day is expected and much where many are.
//!
//! # What it does not do
//! It keeps no state: the window is handed in. It knows no calendar; expected counts must already carry weekday and season.

use crate::error::{Error, positive, share};
use crate::margin::Variation;

/// Most slices of one window.
pub const SLICES_MAX: usize = 4096;
/// Most alternatives of one detector.
pub const ALTERNATIVES_MAX: usize = 16;
/// Values beyond this are not told apart.
pub const E_VALUE_MAX: f64 = 1e290;

/// A rate to be on the lookout for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alternative {
    /// Multiple of the baseline; above the margin.
    pub ratio: f64,
    /// Its weight among the alternatives; any positive scale.
    pub weight: f64,
}

/// A stretch of time: as a rule one day; the past before the window may be handed in as one first slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slice {
    /// Events.
    pub count: u32,
    /// Events expected at the baseline rate: exposure × baseline.
    pub expected: f64,
    /// Days of equal exposure it is worth ([`crate::margin::effective_days`]); 1 for one day.
    pub days: f64,
}

impl Slice {
    /// One day.
    pub fn day(count: u32, expected: f64) -> Self {
        Slice { count, expected, days: 1.0 }
    }
}

/// What a window says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// The e-value, at most [`E_VALUE_MAX`].
    pub e_value: f64,
    /// The slice in which the excess most likely began (the start with the largest likelihood ratio).
    pub start: usize,
    /// The alternative that fits best from there, as a multiple of the baseline.
    pub ratio: f64,
    /// Events since that start.
    pub observed: u64,
    /// Events expected at the baseline since that start.
    pub expected: f64,
}

/// A detector: margin, alternatives, variation and the weight of a start.
#[derive(Debug, Clone, PartialEq)]
pub struct EDetector {
    margin: f64,
    alternatives: Vec<Alternative>,
    variation: Variation,
    period_days: usize,
}

impl EDetector {
    /// A detector of rates above `margin` × baseline. Weights are brought to sum 1.
    ///
    /// # Errors
    /// No alternative, more than [`ALTERNATIVES_MAX`], a ratio not above the margin, a weight or shape not above 0.
    pub fn new(margin: f64, alternatives: &[Alternative], variation: Variation) -> Result<Self, Error> {
        let margin = positive("margin", margin)?;
        if alternatives.is_empty() {
            return Err(Error::Length { name: "alternatives", found: 0, wanted: 1 });
        }
        if alternatives.len() > ALTERNATIVES_MAX {
            return Err(Error::TooLarge { name: "alternatives", found: alternatives.len(), limit: ALTERNATIVES_MAX });
        }
        for alternative in alternatives {
            positive("weight", alternative.weight)?;
            if !(alternative.ratio.is_finite() && alternative.ratio > margin) {
                return Err(Error::Argument {
                    name: "ratio",
                    value: alternative.ratio,
                    range: "finite and above the margin",
                });
            }
        }
        if let Variation::GammaShocks { shape_per_day } = variation {
            positive("shape per day", shape_per_day)?;
        }
        let whole: f64 = alternatives.iter().map(|a| a.weight).sum();
        let alternatives = alternatives.iter().map(|a| Alternative { weight: a.weight / whole, ..*a }).collect();
        Ok(EDetector { margin, alternatives, variation, period_days: 0 })
    }

    /// Alternatives at equal weights, evenly spaced in the logarithm between `lowest` and `highest` multiple of the baseline.
    ///
    /// # Errors
    /// As [`EDetector::new`].
    pub fn spread(margin: f64, lowest: f64, highest: f64, count: usize, variation: Variation) -> Result<Self, Error> {
        let steps = (count.max(2) - 1) as f64;
        let span = (positive("highest", highest)? / positive("lowest", lowest)?).ln();
        let alternatives: Vec<Alternative> = (0..count.min(ALTERNATIVES_MAX + 1))
            .map(|i| Alternative { ratio: lowest * (span * i as f64 / steps).exp(), weight: 1.0 })
            .collect();
        EDetector::new(margin, &alternatives, variation)
    }

    /// Spends one budget over a period of this many slices beyond the window: guarantees 2 and 3 of the module.
    pub fn within_period(mut self, days: usize) -> Self {
        self.period_days = days;
        self
    }

    /// The e-value of a window, oldest slice first. An empty window has e-value 1.
    ///
    /// # Errors
    /// More than [`SLICES_MAX`] slices; an expectation that is negative or not finite; `days` not above 0.
    pub fn e_value(&self, window: &[Slice]) -> Result<f64, Error> {
        checked(window)?;
        if window.is_empty() {
            return Ok(1.0);
        }
        let start = 1.0 / self.starts(window);
        let mut whole = 0.0;
        for alternative in &self.alternatives {
            let mut sum = 0.0f64;
            // Most days are like the day before and without events: their factor is computed once.
            let mut quiet = (f64::NAN, f64::NAN, 1.0);
            for slice in window {
                let factor = if slice.count > 0 {
                    self.ln_ratio(alternative.ratio, slice).exp()
                } else {
                    if quiet.0 != slice.expected || quiet.1 != slice.days {
                        quiet = (slice.expected, slice.days, self.ln_ratio(alternative.ratio, slice).exp());
                    }
                    quiet.2
                };
                sum = ((sum + start) * factor).min(E_VALUE_MAX);
            }
            whole += alternative.weight * sum;
        }
        Ok(whole.min(E_VALUE_MAX))
    }

    /// The e-value after each slice of the window, with the weight of a start as for the whole window: the curve of an alert's page.
    /// Its last value is [`EDetector::e_value`].
    ///
    /// # Errors
    /// As [`EDetector::e_value`].
    pub fn curve(&self, window: &[Slice]) -> Result<Vec<f64>, Error> {
        checked(window)?;
        let start = 1.0 / self.starts(window);
        let mut curve = vec![0.0; window.len()];
        for alternative in &self.alternatives {
            let mut sum = 0.0f64;
            for (value, slice) in curve.iter_mut().zip(window) {
                sum = ((sum + start) * self.ln_ratio(alternative.ratio, slice).exp()).min(E_VALUE_MAX);
                *value = (*value + alternative.weight * sum).min(E_VALUE_MAX);
            }
        }
        Ok(curve)
    }

    /// The e-value with where the excess began and how large it is.
    ///
    /// # Errors
    /// As [`EDetector::e_value`].
    pub fn evidence(&self, window: &[Slice]) -> Result<Evidence, Error> {
        let e_value = self.e_value(window)?;
        let mut best = (f64::NEG_INFINITY, 0, self.alternatives[0].ratio);
        for alternative in &self.alternatives {
            let mut sum = 0.0;
            for (place, slice) in window.iter().enumerate().rev() {
                sum += self.ln_ratio(alternative.ratio, slice);
                if sum > best.0 {
                    best = (sum, place, alternative.ratio);
                }
            }
        }
        let since = &window[best.1..];
        Ok(Evidence {
            e_value,
            start: best.1,
            ratio: best.2,
            observed: since.iter().map(|slice| u64::from(slice.count)).sum(),
            expected: since.iter().map(|slice| slice.expected).sum(),
        })
    }

    /// The tolerated multiple of the baseline.
    pub fn margin(&self) -> f64 {
        self.margin
    }

    fn starts(&self, window: &[Slice]) -> f64 {
        (window.len() + self.period_days).max(1) as f64
    }

    /// ln of the likelihood ratio of one slice.
    fn ln_ratio(&self, ratio: f64, slice: &Slice) -> f64 {
        let count = f64::from(slice.count);
        let null = self.margin * slice.expected;
        let lifted = ratio * slice.expected;
        match self.variation {
            Variation::Poisson => count * (ratio / self.margin).ln() - (lifted - null),
            Variation::GammaShocks { shape_per_day } => {
                let shape = shape_per_day * slice.days;
                let spread = ((lifted - null) / (shape + null)).ln_1p();
                let events = if slice.count == 0 { 0.0 } else { count * ((ratio / self.margin).ln() - spread) };
                events - shape * spread
            }
            Variation::MeanOnly => {
                let bet = (ratio / self.margin - 1.0) / (1.0 + lifted - null);
                (bet * (count - null)).ln_1p()
            }
        }
    }
}

/// A margin and spread of alternatives that suit complaint counts: 1.5, and six ratios from 2 to 30.
///
/// # Errors
/// A shape not above 0.
pub fn usual(variation: Variation) -> Result<EDetector, Error> {
    EDetector::spread(1.5, 2.0, 30.0, 6, variation)
}

/// The e-value from which a product watched alone may be named so that, with `alpha`, at most that share of such products is ever
/// named falsely within the period: 1/alpha.
///
/// # Errors
/// `alpha` outside (0, 1).
pub fn threshold_alone(alpha: f64) -> Result<f64, Error> {
    Ok(1.0 / share("alpha", alpha)?)
}

fn checked(window: &[Slice]) -> Result<(), Error> {
    if window.len() > SLICES_MAX {
        return Err(Error::TooLarge { name: "slices", found: window.len(), limit: SLICES_MAX });
    }
    for slice in window {
        crate::error::not_negative("expected", slice.expected)?;
        positive("days", slice.days)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distributions::{NegativeBinomial, Poisson};
    use proptest::prelude::*;

    const SHOCKS: Variation = Variation::GammaShocks { shape_per_day: 2.0 };

    /// Expectation of a function of a window whose counts follow `ln_pmf` (by slice), summed over all counts that matter.
    fn expectation(
        window: &[Slice],
        most: u32,
        ln_pmf: &dyn Fn(&Slice, u32) -> f64,
        of: &dyn Fn(&[Slice]) -> f64,
    ) -> f64 {
        fn walk(
            window: &mut [Slice],
            place: usize,
            most: u32,
            chance: f64,
            ln_pmf: &dyn Fn(&Slice, u32) -> f64,
            of: &dyn Fn(&[Slice]) -> f64,
        ) -> f64 {
            if place == window.len() {
                return chance * of(window);
            }
            let mut sum = 0.0;
            for count in 0..=most {
                let share = chance * ln_pmf(&window[place], count).exp();
                window[place].count = count;
                if share > 1e-16 {
                    sum += walk(window, place + 1, most, share, ln_pmf, of);
                }
            }
            sum
        }
        walk(&mut window.to_vec(), 0, most, 1.0, ln_pmf, of)
    }

    fn at_the_margin(window: &[Slice], detector: &EDetector, shape: Option<f64>, most: u32) -> f64 {
        let ln_pmf = |slice: &Slice, count: u32| match shape {
            None => Poisson::new(1.5 * slice.expected).unwrap().ln_pmf(count.into()),
            Some(shape) => {
                NegativeBinomial::new(shape * slice.days, 1.5 * slice.expected).unwrap().ln_pmf(count.into())
            }
        };
        expectation(window, most, &ln_pmf, &|window| detector.e_value(window).unwrap())
    }

    #[test]
    fn at_the_edge_of_the_null_hypothesis_the_expectation_is_one() {
        let window = [Slice::day(0, 0.3), Slice::day(0, 0.05), Slice::day(0, 0.8)];
        let one = |variation| EDetector::spread(1.5, 2.0, 6.0, 3, variation).unwrap();
        let poisson = at_the_margin(&window, &one(Variation::Poisson), None, 45);
        assert!((poisson - 1.0).abs() < 1e-5 && poisson <= 1.0 + 1e-9, "{poisson}");
        let shocks = at_the_margin(&window, &one(Variation::GammaShocks { shape_per_day: 4.0 }), Some(4.0), 60);
        assert!((shocks - 1.0).abs() < 1e-5 && shocks <= 1.0 + 1e-9, "{shocks}");
        // Less variation than assumed only makes it smaller; more makes the Poisson one too large.
        let cautious = at_the_margin(&window, &one(Variation::GammaShocks { shape_per_day: 4.0 }), None, 45);
        assert!(cautious < 1.0 - 1e-4, "{cautious}");
        let careless = at_the_margin(&window, &one(Variation::Poisson), Some(4.0), 60);
        assert!(careless > 1.0 + 1e-3, "{careless}");
    }

    #[test]
    fn a_bet_on_the_mean_is_fair_whatever_the_distribution() {
        let detector = EDetector::spread(1.5, 2.0, 6.0, 3, Variation::MeanOnly).unwrap();
        let window = [Slice::day(0, 0.3), Slice::day(0, 0.9)];
        // All or nothing: 9 events with the chance that gives the null's mean.
        let all_or_nothing = |slice: &Slice, count: u32| match count {
            0 => (1.0 - 1.5 * slice.expected / 9.0).ln(),
            9 => (1.5 * slice.expected / 9.0).ln(),
            _ => f64::NEG_INFINITY,
        };
        let found = expectation(&window, 9, &all_or_nothing, &|window| detector.e_value(window).unwrap());
        assert!((found - 1.0).abs() < 1e-12, "{found}");
    }

    #[test]
    fn within_a_period_the_chance_of_ever_crossing_is_below_one_in_the_threshold() {
        let slices = 4;
        let detector = EDetector::new(1.0, &[Alternative { ratio: 3.0, weight: 1.0 }], Variation::Poisson).unwrap();
        let window = [Slice::day(0, 0.5); 4];
        let crossed = |window: &[Slice]| {
            let ever = (1..=slices).any(|until| detector.curve(window).unwrap()[until - 1] >= 4.0);
            f64::from(u8::from(ever))
        };
        let ln_pmf = |slice: &Slice, count: u32| Poisson::new(slice.expected).unwrap().ln_pmf(count.into());
        let chance = expectation(&window, 12, &ln_pmf, &crossed);
        assert!(chance > 0.0 && chance <= 0.25, "{chance}");
    }

    #[test]
    fn evidence_says_since_when_and_how_much() {
        let mut window = vec![Slice::day(0, 0.2); 35];
        window[20..].iter_mut().for_each(|slice| slice.count = 2);
        let evidence = usual(SHOCKS).unwrap().evidence(&window).unwrap();
        assert_eq!((evidence.start, evidence.observed), (20, 30));
        assert!((evidence.expected - 3.0).abs() < 1e-12 && evidence.e_value > 1e6);
        assert!((5.0..=20.0).contains(&evidence.ratio), "{evidence:?}");
    }

    #[test]
    fn nonsense_is_refused_and_an_empty_window_says_nothing() {
        let detector = usual(Variation::Poisson).unwrap();
        assert_eq!(detector.e_value(&[]).unwrap(), 1.0);
        assert!(detector.e_value(&[Slice::day(1, -0.1)]).is_err());
        assert!(detector.e_value(&[Slice::day(1, f64::NAN)]).is_err());
        assert!(detector.e_value(&[Slice { count: 1, expected: 1.0, days: 0.0 }]).is_err());
        assert!(detector.e_value(&vec![Slice::day(0, 0.1); SLICES_MAX + 1]).is_err());
        assert!(EDetector::new(1.5, &[], Variation::Poisson).is_err());
        assert!(EDetector::new(1.5, &[Alternative { ratio: 1.5, weight: 1.0 }], Variation::Poisson).is_err());
        assert_eq!(detector.e_value(&[Slice::day(u32::MAX, 0.001)]).unwrap(), E_VALUE_MAX);
        assert!(detector.e_value(&[Slice::day(3, 0.0)]).unwrap() > 1.0, "events where none can be expected");
    }

    proptest! {
        #[test]
        fn one_more_event_never_weakens_the_evidence(
            counts in prop::collection::vec(0u32..4, 2..35), expected in 0.01..2.0f64, place in 0usize..35,
        ) {
            for variation in [Variation::Poisson, SHOCKS, Variation::MeanOnly] {
                let detector = usual(variation).unwrap();
                let mut window: Vec<Slice> = counts.iter().map(|&count| Slice::day(count, expected)).collect();
                let before = detector.e_value(&window).unwrap();
                let place = place % window.len();
                window[place].count += 1;
                prop_assert!(detector.e_value(&window).unwrap() >= before);
            }
        }

        #[test]
        fn the_curve_ends_at_the_value(counts in prop::collection::vec(0u32..4, 1..35), expected in prop::collection::vec(0.0..2.0f64, 35)) {
            let detector = usual(SHOCKS).unwrap().within_period(90);
            let window: Vec<Slice> = counts.iter().zip(&expected).map(|(&count, &expected)| Slice::day(count, expected)).collect();
            let (value, curve) = (detector.e_value(&window).unwrap(), detector.curve(&window).unwrap());
            prop_assert!((curve[curve.len() - 1] - value).abs() <= 1e-9 * value);
            prop_assert!(value <= usual(SHOCKS).unwrap().e_value(&window).unwrap(), "a longer period is more cautious");
        }
    }
}
