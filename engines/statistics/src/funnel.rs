//! Merchants beside one another: the funnel plot with overdispersion.
//!
//! A merchant's share or rate is compared with the target by z = (y − θ₀)/s, s falling with its size. Merchants differ for reasons
//! nobody adjusted for, so z varies more than chance alone would have it; φ estimates by how much, from z-scores whose outer tenths are
//! pulled in (so that the culprits do not hide themselves), and the limits are widened.
//!
//! Source: Spiegelhalter, *Funnel plots for comparing institutional performance*, Statistics in Medicine 24 (2005) 1185, and *Handling
//! over-dispersion of performance indicators*, Quality and Safety in Health Care 14 (2005) 347. φ̂ = Σz_w²/I; multiplicative limits
//! θ₀ ± z s √φ̂; additive limits θ₀ ± z √(s² + τ̂²) with τ̂² = (Iφ̂ − (I−1)) / (Σw − Σw²/Σw), w = 1/s² (DerSimonian–Laird). Exact limits
//! without overdispersion interpolate between binomial or Poisson quantiles (the paper's appendix).

use crate::distributions::{Binomial, Poisson, normal};
use crate::error::{Error, not_negative, positive, share};

/// One merchant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// Events.
    pub events: f64,
    /// Trials (for a share) or expected events or exposure (for a rate). 0: the merchant is passed over.
    pub size: f64,
}

/// What y is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Events among trials: binomial, s² = θ₀(1 − θ₀)/size.
    Share,
    /// Events by exposure or by expectation: Poisson, s² = θ₀/size.
    Rate,
}

/// How limits answer to overdispersion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjustment {
    /// Not at all: exact limits.
    None,
    /// s is multiplied by √φ̂.
    Multiplicative,
    /// τ̂² between merchants is added to s².
    Additive,
}

/// A funnel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Funnel {
    /// θ₀: the target.
    pub target: f64,
    /// φ̂ of the winsorised z-scores; 1 = no more than chance.
    pub dispersion: f64,
    /// τ̂² between merchants; 0 where φ̂ is no more than chance.
    pub between: f64,
    /// Merchants used.
    pub units: usize,
    measure: Measure,
    adjustment: Adjustment,
}

/// Where a merchant stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Its share or rate.
    pub value: f64,
    /// (y − θ₀)/s without adjustment.
    pub z: f64,
    /// The same after the adjustment.
    pub z_adjusted: f64,
    /// One-sided p-value of a value as high, after the adjustment (normal approximation).
    pub p_high: f64,
}

/// Both limits at one size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Lower limit, not below 0.
    pub lower: f64,
    /// Upper limit; for a share not above 1.
    pub upper: f64,
}

impl Funnel {
    /// Fits the funnel.
    ///
    /// `target`: θ₀, or `None` for the pooled value Σevents/Σsize. `winsorised`: the share of z-scores pulled in at each end, in [0, 0.5)
    /// (0.1 is usual).
    ///
    /// # Errors
    /// Fewer than two merchants with a size; a target at which nothing varies (0, or 1 for a share); numbers outside their range.
    pub fn fit(
        units: &[Unit],
        measure: Measure,
        adjustment: Adjustment,
        target: Option<f64>,
        winsorised: f64,
    ) -> Result<Self, Error> {
        if !(0.0..0.5).contains(&winsorised) {
            return Err(Error::Argument {
                name: "winsorised share",
                value: winsorised,
                range: "at least 0 and below 0.5",
            });
        }
        let mut used = Vec::with_capacity(units.len());
        for unit in units {
            not_negative("events", unit.events)?;
            if not_negative("size", unit.size)? > 0.0 {
                if measure == Measure::Share && unit.events > unit.size {
                    return Err(Error::Argument { name: "events", value: unit.events, range: "not above the trials" });
                }
                used.push(*unit);
            }
        }
        if used.len() < 2 {
            return Err(Error::Length { name: "merchants", found: used.len(), wanted: 2 });
        }
        let pooled = used.iter().map(|u| u.events).sum::<f64>() / used.iter().map(|u| u.size).sum::<f64>();
        let target = target.unwrap_or(pooled);
        match measure {
            Measure::Share => share("target", target)?,
            Measure::Rate => positive("target", target)?,
        };
        let mut funnel = Funnel { target, dispersion: 1.0, between: 0.0, units: used.len(), measure, adjustment };
        let scores: Vec<f64> =
            used.iter().map(|unit| (unit.events / unit.size - target) / funnel.deviation(unit.size)).collect();
        let count = used.len() as f64;
        funnel.dispersion = winsorise(&scores, winsorised).iter().map(|z| z * z).sum::<f64>() / count;
        let weights: Vec<f64> = used.iter().map(|unit| funnel.deviation(unit.size).powi(-2)).collect();
        let whole: f64 = weights.iter().sum();
        let squares: f64 = weights.iter().map(|w| w * w).sum();
        funnel.between = ((count * funnel.dispersion - (count - 1.0)) / (whole - squares / whole)).max(0.0);
        Ok(funnel)
    }

    /// Where a merchant stands; `None` for one without size.
    ///
    /// # Errors
    /// Negative or undefined numbers.
    pub fn standing(&self, unit: &Unit) -> Result<Option<Standing>, Error> {
        not_negative("events", unit.events)?;
        if not_negative("size", unit.size)? == 0.0 {
            return Ok(None);
        }
        let value = unit.events / unit.size;
        let z = (value - self.target) / self.deviation(unit.size);
        let z_adjusted = (value - self.target) / self.adjusted_deviation(unit.size);
        Ok(Some(Standing { value, z, z_adjusted, p_high: normal::survival(z_adjusted) }))
    }

    /// The limits at a size, for a one-sided chance `alpha` of crossing each (0.025 and 0.001 are usual).
    ///
    /// # Errors
    /// A size not above 0, alpha outside (0, 0.5).
    pub fn limits(&self, size: f64, alpha: f64) -> Result<Limits, Error> {
        let size = positive("size", size)?;
        if !(alpha > 0.0 && alpha < 0.5) {
            return Err(Error::Argument { name: "alpha", value: alpha, range: "above 0 and below 0.5" });
        }
        let top = if self.measure == Measure::Share { 1.0 } else { f64::INFINITY };
        if self.adjustment == Adjustment::None {
            let lower = self.exact(size, alpha)?;
            let upper = self.exact(size, 1.0 - alpha)?;
            return Ok(Limits { lower: lower.max(0.0), upper: upper.min(top) });
        }
        let reach = normal::quantile(1.0 - alpha)? * self.adjusted_deviation(size);
        Ok(Limits { lower: (self.target - reach).max(0.0), upper: (self.target + reach).min(top) })
    }

    fn deviation(&self, size: f64) -> f64 {
        match self.measure {
            Measure::Share => (self.target * (1.0 - self.target) / size).sqrt(),
            Measure::Rate => (self.target / size).sqrt(),
        }
    }

    fn adjusted_deviation(&self, size: f64) -> f64 {
        let deviation = self.deviation(size);
        match self.adjustment {
            Adjustment::None => deviation,
            Adjustment::Multiplicative => deviation * self.dispersion.max(1.0).sqrt(),
            Adjustment::Additive => (deviation * deviation + self.between).sqrt(),
        }
    }

    /// The interpolated quantile r − a, a = (P(X ≤ r) − p)/P(X = r) with r the smallest count with P(X ≤ r) ≥ p, divided by the size.
    fn exact(&self, size: f64, p: f64) -> Result<f64, Error> {
        let (r, reached, at) = match self.measure {
            Measure::Share => {
                let counts = Binomial::new(size.round().max(1.0) as u64, self.target)?;
                let r = counts.quantile(p)?;
                (r, counts.cdf(r), counts.ln_pmf(r).exp())
            }
            Measure::Rate => {
                let counts = Poisson::new(self.target * size)?;
                let r = counts.quantile(p)?;
                (r, counts.cdf(r), counts.ln_pmf(r).exp())
            }
        };
        Ok((r as f64 - (reached - p) / at) / size)
    }
}

/// Values beyond the `share` and 1 − `share` quantiles are set to them (quantiles by linear interpolation, Hyndman & Fan's type 7).
fn winsorise(values: &[f64], share: f64) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quantile = |p: f64| {
        let place = p * (sorted.len() - 1) as f64;
        let (low, part) = (place.floor() as usize, place.fract());
        let high = (low + 1).min(sorted.len() - 1);
        sorted[low] + part * (sorted[high] - sorted[low])
    };
    let (low, high) = (quantile(share), quantile(1.0 - share));
    values.iter().map(|value| value.clamp(low, high)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn merchants() -> Vec<Unit> {
        let events = [12.0, 30.0, 55.0, 8.0, 70.0, 22.0, 90.0, 14.0, 41.0, 160.0];
        let sizes = [200.0, 400.0, 500.0, 150.0, 900.0, 260.0, 1000.0, 300.0, 420.0, 1100.0];
        events.iter().zip(sizes).map(|(&events, size)| Unit { events, size }).collect()
    }

    /// R 4.2.2, by hand: th <- sum(x)/sum(n); s <- sqrt(th*(1-th)/n); z <- (x/n-th)/s; q <- quantile(z, c(.1,.9));
    /// zw <- pmin(pmax(z,q[1]),q[2]); phi <- mean(zw^2); w <- 1/s^2; tau2 <- (10*phi-9)/(sum(w)-sum(w^2)/sum(w)).
    #[test]
    fn dispersion_and_variance_between_merchants_are_those_computed_by_hand() {
        let funnel = Funnel::fit(&merchants(), Measure::Share, Adjustment::Additive, None, 0.1).unwrap();
        assert!((funnel.target - 0.095_984_703_632_887_2).abs() < 1e-12, "{}", funnel.target);
        assert!((funnel.dispersion - 1.967_306_264_846_851).abs() < 1e-9, "{}", funnel.dispersion);
        assert!((funnel.between - 0.000_205_879_487_317_932_7).abs() < 1e-12, "{}", funnel.between);
        let worst = funnel.standing(&merchants()[9]).unwrap().unwrap();
        assert!((worst.z - 5.569_907_215_248_46).abs() < 1e-9 && worst.z_adjusted < worst.z);
    }

    #[test]
    fn merchants_without_trade_are_passed_over_and_nonsense_is_refused() {
        let funnel = Funnel::fit(&merchants(), Measure::Rate, Adjustment::None, None, 0.1).unwrap();
        assert!(funnel.standing(&Unit { events: 0.0, size: 0.0 }).unwrap().is_none());
        let lone = [Unit { events: 1.0, size: 10.0 }, Unit { events: 0.0, size: 0.0 }];
        assert!(matches!(Funnel::fit(&lone, Measure::Share, Adjustment::None, None, 0.1), Err(Error::Length { .. })));
        let none = [Unit { events: 0.0, size: 10.0 }, Unit { events: 0.0, size: 20.0 }];
        assert!(Funnel::fit(&none, Measure::Share, Adjustment::None, None, 0.1).is_err());
        let more = [Unit { events: 11.0, size: 10.0 }, Unit { events: 0.0, size: 20.0 }];
        assert!(Funnel::fit(&more, Measure::Share, Adjustment::None, None, 0.1).is_err());
    }

    proptest! {
        #[test]
        fn limits_hold_the_target_and_close_with_size(size in 20.0..1e5f64, alpha in 0.0005..0.1f64) {
            for adjustment in [Adjustment::None, Adjustment::Multiplicative, Adjustment::Additive] {
                for measure in [Measure::Share, Measure::Rate] {
                    let funnel = Funnel::fit(&merchants(), measure, adjustment, None, 0.1).unwrap();
                    let here = funnel.limits(size, alpha).unwrap();
                    let larger = funnel.limits(size * 4.0, alpha).unwrap();
                    prop_assert!(here.lower <= funnel.target && funnel.target <= here.upper);
                    prop_assert!(larger.upper - larger.lower <= here.upper - here.lower + 1e-12);
                }
            }
        }
    }
}
