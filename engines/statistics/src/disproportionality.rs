//! Which pairs of a large table stand out: the multi-item Gamma–Poisson shrinker, EBGM, EB05 and EB95.
//!
//! Each pair (product and reason, product and place) has a count N and a count E expected if nothing were special about it. N ~ Poisson(λE),
//! λ drawn from a mixture of two gammas: most pairs are near 1, a few far above. The five parameters are fitted to the whole table by
//! maximum marginal likelihood; EBGM is the geometric mean of λ given N, EB05 and EB95 its 5 % and 95 % points. EB05 ≥ 2 is the
//! customary call for attention: with probability 95 % the pair occurs at least twice as often as expected.
//!
//! Source: DuMouchel, *Bayesian data mining in large frequency tables*, American Statistician 53 (1999) 177; conditional likelihood given
//! N ≥ N* and squashing: DuMouchel & Pregibon, *Empirical Bayes screening for multi-item associations*, KDD (2001) 67. The conditional
//! likelihood conditions each component on N ≥ N*, as that paper does.

use crate::cohort::ln_rising;
use crate::distributions::{Gamma, NegativeBinomial};
use crate::error::{Error, not_negative, positive, share};
use crate::minimise::{Minimum, minimise};
use crate::special::ln_add_exp;
use statrs::function::gamma::ln_gamma;

/// Fewest pairs a prior is fitted to.
pub const PAIRS_MIN: usize = 10;
/// Parameters are kept between e^−LIMIT and e^LIMIT.
const LN_LIMIT: f64 = 14.0;

/// A pair, or several alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// N.
    pub count: u32,
    /// E, above 0.
    pub expected: f64,
    /// How many pairs it stands for.
    pub weight: f64,
}

impl Pair {
    /// One pair.
    pub fn new(count: u32, expected: f64) -> Self {
        Pair { count, expected, weight: 1.0 }
    }
}

/// Which counts the table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// All, zeros too.
    All,
    /// Only those of at least this many (1: pairs never seen are not listed).
    AtLeast(u32),
}

/// The mixture of two gammas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixturePrior {
    /// α₁, β₁ of the first component.
    pub first: (f64, f64),
    /// α₂, β₂ of the second.
    pub second: (f64, f64),
    /// P: the share of the first.
    pub share: f64,
}

/// What is known of a pair's λ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixturePosterior {
    first: Gamma,
    second: Gamma,
    ln_first: f64,
    ln_second: f64,
}

/// A fitted mixture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixtureFit {
    /// The prior; the component with the larger mean is the first.
    pub prior: MixturePrior,
    /// Logarithm of the likelihood.
    pub ln_likelihood: f64,
    /// Starts from which the search ended at this maximum (to 10⁻⁶ of the likelihood), of those tried.
    pub agreeing_starts: usize,
}

impl MixturePrior {
    /// α₁, β₁, α₂, β₂ above 0, P in (0, 1).
    ///
    /// # Errors
    /// Arguments outside their range.
    pub fn new(first: (f64, f64), second: (f64, f64), share_first: f64) -> Result<Self, Error> {
        for value in [first.0, first.1, second.0, second.1] {
            positive("hyper-parameter", value)?;
        }
        Ok(MixturePrior { first, second, share: share("share", share_first)? })
    }

    /// λ given what was seen.
    ///
    /// # Errors
    /// An expected count not above 0.
    pub fn posterior(&self, count: u32, expected: f64) -> Result<MixturePosterior, Error> {
        positive("expected", expected)?;
        let n = f64::from(count);
        let first = self.share.ln() + ln_component(n, expected, self.first).0;
        let second = (-self.share).ln_1p() + ln_component(n, expected, self.second).0;
        let whole = ln_add_exp(first, second);
        Ok(MixturePosterior {
            first: Gamma::new(self.first.0 + n, self.first.1 + expected)?,
            second: Gamma::new(self.second.0 + n, self.second.1 + expected)?,
            ln_first: first - whole,
            ln_second: second - whole,
        })
    }
}

impl MixturePosterior {
    /// Qₙ: the probability that the pair belongs to the first component.
    pub fn share_first(&self) -> f64 {
        self.ln_first.exp()
    }

    /// EBGM: the geometric mean of λ.
    pub fn geometric_mean(&self) -> f64 {
        let (first, second) = (self.ln_first.exp(), self.ln_second.exp());
        (first * self.first.geometric_mean().ln() + second * self.second.geometric_mean().ln()).exp()
    }

    /// The mean of λ.
    pub fn mean(&self) -> f64 {
        self.ln_first.exp() * self.first.mean() + self.ln_second.exp() * self.second.mean()
    }

    /// P(λ ≤ x).
    pub fn cdf(&self, x: f64) -> f64 {
        ln_add_exp(self.ln_first + self.first.ln_cdf(x), self.ln_second + self.second.ln_cdf(x)).exp()
    }

    /// The value below which λ lies with probability `p`: EB05 is `quantile(0.05)`, EB95 `quantile(0.95)`.
    ///
    /// # Errors
    /// `p` outside (0, 1).
    pub fn quantile(&self, p: f64) -> Result<f64, Error> {
        let ends = [self.first.quantile(p)?, self.second.quantile(p)?];
        // The mixture's quantile lies between those of its components.
        let (mut low, mut high) = (ends[0].min(ends[1]).ln(), ends[0].max(ends[1]).ln());
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.cdf(middle.exp()) < p {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok((0.5 * (low + high)).exp())
    }
}

/// The mixture that makes the table most likely, sought from several starts.
///
/// # Errors
/// Fewer than [`PAIRS_MIN`] pairs, an expected count not above 0, a count below the stated least, no convergence from any start.
pub fn fit(pairs: &[Pair], counts: Counts) -> Result<MixtureFit, Error> {
    let least = match counts {
        Counts::All => 0,
        Counts::AtLeast(least) => least,
    };
    for pair in pairs {
        positive("expected", pair.expected)?;
        not_negative("weight", pair.weight)?;
        if pair.count < least {
            return Err(Error::Argument {
                name: "count",
                value: f64::from(pair.count),
                range: "not below the least count stated",
            });
        }
    }
    if pairs.len() < PAIRS_MIN {
        return Err(Error::Length { name: "pairs", found: pairs.len(), wanted: PAIRS_MIN });
    }
    let size: f64 = pairs.iter().map(|pair| pair.weight).sum();
    positive("sum of weights", size)?;
    // A wide and a narrow component at several distances: the likelihood has more than one hill.
    let starts = [
        (0.2, 0.1, 2.0, 4.0, 0.33),
        (1.0, 0.2, 3.0, 3.0, 0.1),
        (2.0, 1.0, 5.0, 5.0, 0.4),
        (0.5, 0.5, 8.0, 8.0, 0.5),
        (3.0, 0.5, 1.5, 2.0, 0.05),
    ];
    let ends: Vec<Minimum<5>> = starts
        .into_iter()
        .filter_map(|(a1, b1, a2, b2, p): (f64, f64, f64, f64, f64)| {
            let start = [a1.ln(), b1.ln(), a2.ln(), b2.ln(), (p / (1.0 - p)).ln()];
            minimise(start, 1e-13, |place| {
                let (value, slopes) = negative_ln_likelihood(pairs, least, place);
                (value / size, slopes.map(|slope| slope / size))
            })
            .ok()
        })
        .collect();
    let Some(best) = ends.iter().min_by(|a, b| a.value.total_cmp(&b.value)) else {
        return Err(Error::DidNotConverge { what: "the mixture of two gammas", iterations: 500 });
    };
    let agreeing_starts = ends.iter().filter(|end| end.value - best.value <= 1e-6 * best.value.abs()).count();
    let [a1, b1, a2, b2, logit] = bounded(&best.place);
    let share = 1.0 / (1.0 + (-logit).exp());
    let (one, two) = ((a1.exp(), b1.exp()), (a2.exp(), b2.exp()));
    let prior = if one.0 / one.1 >= two.0 / two.1 {
        MixturePrior::new(one, two, share)?
    } else {
        MixturePrior::new(two, one, 1.0 - share)?
    };
    Ok(MixtureFit { prior, ln_likelihood: -best.value * size, agreeing_starts })
}

/// Pairs of equal count and nearly equal expectation drawn together, `bin` at a time, so that a large table is fitted quickly; the
/// `kept` pairs with the largest expectation of each count stay single (DuMouchel & Pregibon 2001, section 3).
///
/// # Errors
/// A bin of 0.
pub fn squash(pairs: &[Pair], bin: usize, kept: usize) -> Result<Vec<Pair>, Error> {
    positive("bin", bin as f64)?;
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.count.cmp(&b.count).then(a.expected.total_cmp(&b.expected)));
    let mut squashed = Vec::new();
    for alike in sorted.chunk_by(|a, b| a.count == b.count) {
        let (binned, single) = alike.split_at(alike.len().saturating_sub(kept));
        for group in binned.chunks(bin) {
            let weight: f64 = group.iter().map(|pair| pair.weight).sum();
            let expected = group.iter().map(|pair| pair.weight * pair.expected).sum::<f64>() / weight;
            squashed.push(Pair { count: group[0].count, expected, weight });
        }
        squashed.extend_from_slice(single);
    }
    Ok(squashed)
}

/// Counts expected if rows and columns of a table were independent: row total × column total / whole, in the order of the cells
/// `(row, column, count)`.
pub fn expected_counts(cells: &[(usize, usize, u32)]) -> Vec<f64> {
    let mut rows = std::collections::HashMap::new();
    let mut columns = std::collections::HashMap::new();
    let mut whole = 0.0;
    for &(row, column, count) in cells {
        let count = f64::from(count);
        *rows.entry(row).or_insert(0.0) += count;
        *columns.entry(column).or_insert(0.0) += count;
        whole += count;
    }
    cells.iter().map(|(row, column, _)| if whole > 0.0 { rows[row] * columns[column] / whole } else { 0.0 }).collect()
}

fn bounded(place: &[f64; 5]) -> [f64; 5] {
    place.map(|value| value.clamp(-LN_LIMIT, LN_LIMIT))
}

/// ln of the negative binomial probability without ln N!, and its derivatives by α and β.
fn ln_component(n: f64, expected: f64, (shape, rate): (f64, f64)) -> (f64, f64, f64) {
    let (rising, slope) = ln_rising(shape, n);
    let whole = rate + expected;
    let ln_zero = (expected / rate).ln_1p();
    let events = if n > 0.0 { n * (expected / whole).ln() } else { 0.0 };
    let by_rate = shape * expected / (rate * whole) - n / whole;
    (rising - shape * ln_zero + events, slope - ln_zero, by_rate)
}

/// As [`ln_component`], given that the count is at least `least`.
fn ln_conditional(n: f64, expected: f64, parameters: (f64, f64), least: u32) -> Result<(f64, f64, f64), Error> {
    let (value, by_shape, by_rate) = ln_component(n, expected, parameters);
    if least == 0 {
        return Ok((value, by_shape, by_rate));
    }
    let mean = parameters.0 / parameters.1 * expected;
    let ln_rest = NegativeBinomial::new(parameters.0, mean)?.ln_tail(u64::from(least));
    let (mut shape_mass, mut rate_mass) = (0.0, 0.0);
    for below in 0..least {
        let k = f64::from(below);
        let (ln_chance, slope_shape, slope_rate) = ln_component(k, expected, parameters);
        let share = (ln_chance - ln_gamma(k + 1.0) - ln_rest).exp();
        shape_mass += share * slope_shape;
        rate_mass += share * slope_rate;
    }
    Ok((value - ln_rest, by_shape + shape_mass, by_rate + rate_mass))
}

/// Minus the logarithm of the likelihood, and its slopes by ln α₁, ln β₁, ln α₂, ln β₂, logit P.
fn negative_ln_likelihood(pairs: &[Pair], least: u32, place: &[f64; 5]) -> (f64, [f64; 5]) {
    let [a1, b1, a2, b2, logit] = bounded(place);
    let (one, two) = ((a1.exp(), b1.exp()), (a2.exp(), b2.exp()));
    let share = 1.0 / (1.0 + (-logit).exp());
    let (ln_share, ln_rest) = (-(-logit).exp().ln_1p(), -logit.exp().ln_1p());
    let mut value = 0.0;
    let mut slopes = [0.0; 5];
    for pair in pairs {
        let n = f64::from(pair.count);
        let (Ok(first), Ok(second)) =
            (ln_conditional(n, pair.expected, one, least), ln_conditional(n, pair.expected, two, least))
        else {
            return (f64::INFINITY, [0.0; 5]);
        };
        let whole = ln_add_exp(ln_share + first.0, ln_rest + second.0);
        let belongs = (ln_share + first.0 - whole).exp();
        value -= pair.weight * (whole - ln_gamma(n + 1.0));
        slopes[0] -= pair.weight * belongs * first.1 * one.0;
        slopes[1] -= pair.weight * belongs * first.2 * one.1;
        slopes[2] -= pair.weight * (1.0 - belongs) * second.1 * two.0;
        slopes[3] -= pair.weight * (1.0 - belongs) * second.2 * two.1;
        slopes[4] -= pair.weight * (belongs - share);
    }
    (value, slopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn squashing_keeps_the_weight_and_the_expectation() {
        let pairs: Vec<Pair> = (0..100).map(|i| Pair::new(i % 3, 0.1 + f64::from(i) * 0.01)).collect();
        let squashed = squash(&pairs, 10, 5).unwrap();
        let weight = |pairs: &[Pair]| pairs.iter().map(|p| p.weight).sum::<f64>();
        let expected = |pairs: &[Pair]| pairs.iter().map(|p| p.weight * p.expected).sum::<f64>();
        assert!(squashed.len() < 30 && (weight(&squashed) - 100.0).abs() < 1e-9);
        assert!((expected(&squashed) - expected(&pairs)).abs() < 1e-9);
        assert!(squash(&pairs, 0, 0).is_err());
    }

    #[test]
    fn an_independent_table_expects_what_it_holds() {
        let cells = [(0, 0, 10), (0, 1, 20), (1, 0, 30), (1, 1, 60)];
        let expected = expected_counts(&cells);
        for (cell, expected) in cells.iter().zip(expected) {
            assert!((f64::from(cell.2) - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn too_little_and_wrong_input_is_refused() {
        assert!(fit(&[Pair::new(1, 0.5); 3], Counts::All).is_err());
        assert!(fit(&[Pair::new(0, 0.5); 20], Counts::AtLeast(1)).is_err());
        assert!(fit(&[Pair::new(1, 0.0); 20], Counts::All).is_err());
        assert!(MixturePrior::new((1.0, 1.0), (1.0, -1.0), 0.5).is_err());
    }

    proptest! {
        #[test]
        fn slopes_are_those_of_the_likelihood(place in prop::array::uniform5(-1.5..1.5f64), least in 0u32..3) {
            let pairs: Vec<Pair> = (0..20).map(|i| Pair::new(least + i % 4, 0.05 + f64::from(i) * 0.1)).collect();
            let (_, slopes) = negative_ln_likelihood(&pairs, least, &place);
            for i in 0..5 {
                let (mut up, mut down) = (place, place);
                up[i] += 1e-5;
                down[i] -= 1e-5;
                let by_difference = (negative_ln_likelihood(&pairs, least, &up).0 - negative_ln_likelihood(&pairs, least, &down).0) / 2e-5;
                prop_assert!((by_difference - slopes[i]).abs() < 1e-4 * (1.0 + slopes[i].abs()), "{} {} {}", i, by_difference, slopes[i]);
            }
        }

        #[test]
        fn bounds_hold_the_geometric_mean_and_rise_with_the_count(count in 0u32..40, expected in 0.001..50.0f64) {
            let prior = MixturePrior::new((3.0, 0.4), (2.0, 1.9), 0.07).unwrap();
            let here = prior.posterior(count, expected).unwrap();
            let more = prior.posterior(count + 1, expected).unwrap();
            let (low, high) = (here.quantile(0.05).unwrap(), here.quantile(0.95).unwrap());
            prop_assert!(low < here.geometric_mean() && here.geometric_mean() < high && here.geometric_mean() <= here.mean() + 1e-12);
            prop_assert!((here.cdf(low) - 0.05).abs() < 1e-9 && (here.cdf(high) - 0.95).abs() < 1e-9);
            prop_assert!(more.geometric_mean() > here.geometric_mean());
        }
    }
}
