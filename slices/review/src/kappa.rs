//! Agreement between two people who decided about the same things, beyond what chance gives.
//!
//! Cohen's kappa: J. Cohen (1960), "A coefficient of agreement for nominal scales", Educational and Psychological
//! Measurement 20(1), 37–46. κ = (p₀ − pₑ) / (1 − pₑ), with p₀ the observed share of agreement and pₑ the share expected
//! when both decide independently at their own rates. Its large-sample standard error there (equation 7) is
//! √(p₀(1 − p₀) / (n(1 − pₑ)²)).

/// The four kinds of pairs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pairs {
    /// Both approve.
    pub both_approve: u64,
    /// The first approves, the second rejects.
    pub first_approves: u64,
    /// The first rejects, the second approves.
    pub second_approves: u64,
    /// Both reject.
    pub both_reject: u64,
}

/// What the pairs show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Number of pairs.
    pub pairs: u64,
    /// Observed share of agreement, 0..=1.
    pub observed: f64,
    /// Share expected by chance, 0..=1.
    pub expected: f64,
    /// Cohen's kappa, −1..=1; `None` where chance alone would agree always (both people gave one and the same answer
    /// throughout), for there the formula divides by zero and nothing can be said.
    pub kappa: Option<f64>,
    /// Its standard error; `None` with it.
    pub standard_error: Option<f64>,
}

impl Pairs {
    /// Adds one pair.
    pub fn add(&mut self, first_approves: bool, second_approves: bool) {
        match (first_approves, second_approves) {
            (true, true) => self.both_approve += 1,
            (true, false) => self.first_approves += 1,
            (false, true) => self.second_approves += 1,
            (false, false) => self.both_reject += 1,
        }
    }

    /// Number of pairs.
    pub fn count(&self) -> u64 {
        self.both_approve + self.first_approves + self.second_approves + self.both_reject
    }
}

/// The agreement of the pairs; `None` without any.
pub fn agreement(pairs: &Pairs) -> Option<Agreement> {
    let count = pairs.count();
    if count == 0 {
        return None;
    }
    let n = count as f64;
    let observed = (pairs.both_approve + pairs.both_reject) as f64 / n;
    let first = (pairs.both_approve + pairs.first_approves) as f64 / n;
    let second = (pairs.both_approve + pairs.second_approves) as f64 / n;
    let expected = first * second + (1.0 - first) * (1.0 - second);
    // The margins are ratios of counts: they are both 0 or both 1 exactly when nobody ever said the other thing.
    let degenerate = (first == 0.0 && second == 0.0) || (first == 1.0 && second == 1.0);
    let kappa = (!degenerate).then(|| (observed - expected) / (1.0 - expected));
    let standard_error = kappa.map(|_| (observed * (1.0 - observed) / (n * (1.0 - expected).powi(2))).sqrt());
    Some(Agreement { pairs: count, observed, expected, kappa, standard_error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kappa(both_approve: u64, first_approves: u64, second_approves: u64, both_reject: u64) -> Agreement {
        agreement(&Pairs { both_approve, first_approves, second_approves, both_reject }).unwrap()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn kappa_is_what_the_hand_computes() {
        // 50 pairs; p0 = 35/50 = 0.7; first approves 25/50, second 30/50; pe = 0.5·0.6 + 0.5·0.4 = 0.5; κ = 0.2/0.5.
        let found = kappa(20, 5, 10, 15);
        assert!(close(found.observed, 0.7) && close(found.expected, 0.5));
        assert!(close(found.kappa.unwrap(), 0.4));
        // √(0.7·0.3 / (50·0.25)) = √0.0168
        assert!(close(found.standard_error.unwrap(), 0.0168f64.sqrt()));
        // 100 pairs; p0 = 0.6; margins 0.7 and 0.7 → pe = 0.49 + 0.09 = 0.58; κ = 0.02/0.42 = 1/21.
        assert!(close(kappa(50, 20, 20, 10).kappa.unwrap(), 1.0 / 21.0));
    }

    #[test]
    fn full_agreement_is_one_and_full_disagreement_minus_one() {
        assert!(close(kappa(5, 0, 0, 5).kappa.unwrap(), 1.0));
        assert!(close(kappa(0, 5, 5, 0).kappa.unwrap(), -1.0));
        assert!(close(kappa(4, 4, 4, 4).kappa.unwrap(), 0.0));
    }

    #[test]
    fn kappa_lies_between_its_bounds_and_does_not_mind_who_was_first() {
        for counts in 1..5u64.pow(4) {
            let digit = |place: u32| counts / 5u64.pow(place) % 5;
            let found = kappa(digit(0), digit(1), digit(2), digit(3));
            let swapped = kappa(digit(0), digit(2), digit(1), digit(3));
            assert_eq!(found.kappa.is_some(), swapped.kappa.is_some());
            if let (Some(one), Some(other)) = (found.kappa, swapped.kappa) {
                assert!((-1.0..=1.0).contains(&one) && close(one, other), "{counts}");
            }
        }
    }

    #[test]
    fn without_variation_there_is_no_kappa_although_all_agree() {
        assert_eq!(agreement(&Pairs::default()), None);
        for pairs in [kappa(9, 0, 0, 0), kappa(0, 0, 0, 9)] {
            assert_eq!((pairs.kappa, pairs.observed, pairs.standard_error), (None, 1.0, None));
        }
        // One of them never varies, the other does: chance explains all of it.
        assert!(close(kappa(8, 2, 0, 0).kappa.unwrap(), 0.0));
        // Always opposite answers, each without variation: pe = 0, κ = 0.
        assert!(close(kappa(0, 7, 0, 0).kappa.unwrap(), 0.0));
    }
}
