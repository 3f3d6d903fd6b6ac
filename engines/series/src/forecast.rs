//! What was expected: experts, each with a scale of its own, weighed by how well they did.

use crate::season::Season;

/// Degrees of freedom of the predictive Student distribution: heavy enough for real sales.
const FREEDOM: f64 = 4.0;
/// How long a good forecast is remembered, by value.
const FORGET: f64 = 0.98;
/// Pace of an expert's scale.
const SCALE_PACE: f64 = 0.02;
/// A level that moves no faster does not follow a few hours.
const SLOW: f64 = 0.005;
/// Values an expert must have seen before its steady part is asked.
const STEADY: u64 = 60;
/// Least weight of an expert: any may come back.
const WEIGHT_MIN: f64 = 0.002;

/// A forecast before its value: centre and scale.
#[derive(Debug, Clone, Copy)]
struct Guess {
    centre: f64,
    scale: f64,
}

/// One way of expecting the next value.
#[derive(Debug, Clone)]
enum Way {
    /// As the last.
    Last { value: f64 },
    /// Around a moving level.
    Level { level: f64, pace: f64 },
    /// As at the same phase before, moved by how this stretch differs.
    Seasonal { season: Season, levels: Vec<f32>, seen: Vec<u8>, moved: f64 },
}

#[derive(Debug, Clone)]
struct Expert {
    way: Way,
    scale: f64,
    values: u64,
    /// Discounted logarithm of the likelihood.
    merit: f64,
    /// Mean absolute error of the steady part, and of how many values.
    plain_scale: f64,
    steady_values: u64,
}

impl Expert {
    fn new(way: Way) -> Expert {
        Expert { way, scale: 0.0, values: 0, merit: 0.0, plain_scale: 0.0, steady_values: 0 }
    }

    /// The centre for a moment; none where nothing is known of its phase.
    fn centre(&self, at_seconds: f64) -> Option<f64> {
        match &self.way {
            _ if self.values == 0 => None,
            Way::Last { value } => Some(*value),
            Way::Level { level, .. } => Some(*level),
            Way::Seasonal { season, levels, seen, moved } => {
                let phase = season.phase(at_seconds);
                (seen[phase] > 0).then(|| f64::from(levels[phase]) + moved)
            }
        }
    }

    /// What this expert says without following the last hours; none where it always follows them.
    fn steady(&self, at_seconds: f64) -> Option<Guess> {
        match &self.way {
            Way::Level { level, pace } if *pace <= SLOW && self.values > STEADY => {
                Some(Guess { centre: *level, scale: self.plain_scale })
            }
            Way::Seasonal { season, levels, seen, .. } => {
                let phase = season.phase(at_seconds);
                let known = seen[phase] > 0 && self.values > season.phases as u64 + STEADY;
                known.then(|| Guess { centre: f64::from(levels[phase]), scale: self.plain_scale })
            }
            _ => None,
        }
    }

    fn learn(&mut self, at_seconds: f64, value: f64, least_scale: f64) {
        if let Some(guess) = self.steady(at_seconds) {
            let error = (value - guess.centre).abs();
            let held = if self.steady_values > 50 { error.min(4.0 * self.plain_scale) } else { error };
            let pace = (1.0 / (self.steady_values as f64 + 1.0)).max(0.003);
            self.plain_scale += pace * (held - self.plain_scale);
            self.steady_values += 1;
        }
        self.plain_scale = self.plain_scale.max(least_scale);
        if let Some(centre) = self.centre(at_seconds) {
            let error = (value - centre).abs();
            // The mean absolute error of a Student distribution with four degrees of freedom is its scale.
            let held = if self.scale > 0.0 { error.min(5.0 * self.scale) } else { error };
            let pace = (1.0 / (self.values as f64 + 1.0)).max(SCALE_PACE);
            self.scale += pace * (held - self.scale);
        }
        self.scale = self.scale.max(least_scale);
        let scale = self.scale;
        match &mut self.way {
            Way::Last { value: last } => *last = value,
            Way::Level { level, pace } => {
                let pace = pace.max(1.0 / (self.values as f64 + 1.0));
                *level += pace * (value - *level);
            }
            Way::Seasonal { season, levels, seen, moved } => {
                let phase = season.phase(at_seconds);
                let known = f64::from(levels[phase]);
                if seen[phase] == 0 {
                    levels[phase] = value as f32;
                } else {
                    let off = value - known;
                    *moved += 0.1 * ((off - *moved).clamp(-6.0 * scale, 6.0 * scale));
                    let pace = (1.0 / (f64::from(seen[phase]) + 1.0)).max(0.15);
                    levels[phase] = (known + pace * off.clamp(-8.0 * scale, 8.0 * scale)) as f32;
                }
                seen[phase] = seen[phase].saturating_add(1);
            }
        }
        self.values += 1;
    }
}

/// The mixture of experts.
#[derive(Debug, Clone)]
pub struct Forecast {
    experts: Vec<Expert>,
    /// A mean of the sizes of changes: below a thousandth of it nothing is told apart.
    usual_change: f64,
    last: Option<f64>,
}

/// What was expected of a value, and how surprising it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The centre.
    pub centre: f64,
    /// Half the width of the band that holds about 99 % of ordinary values.
    pub reach: f64,
    /// −log₁₀ of the two-sided tail.
    pub surprise: f64,
    /// How far the value is from what does not adapt within hours, in scales of that; signed.
    pub departure: f64,
}

impl Default for Forecast {
    fn default() -> Self {
        let experts = vec![
            Expert::new(Way::Last { value: 0.0 }),
            Expert::new(Way::Level { level: 0.0, pace: 0.3 }),
            Expert::new(Way::Level { level: 0.0, pace: 0.03 }),
            Expert::new(Way::Level { level: 0.0, pace: 0.003 }),
        ];
        Forecast { experts, usual_change: 0.0, last: None }
    }
}

impl Forecast {
    /// From now on the phase of this season is known, too.
    pub fn add_season(&mut self, season: Season) {
        let way = Way::Seasonal { levels: vec![0.0; season.phases], seen: vec![0; season.phases], season, moved: 0.0 };
        let mut expert = Expert::new(way);
        expert.merit = self.experts.iter().map(|expert| expert.merit).fold(f64::MIN, f64::max) - 1.0;
        self.experts.push(expert);
    }

    /// Judges a value by what was known before it, then learns from it. None for the first value.
    pub fn judge(&mut self, at_seconds: f64, value: f64) -> Option<Expected> {
        if let Some(last) = self.last {
            let pace = 0.01f64.max(0.1 / (self.experts[0].values as f64 + 1.0));
            self.usual_change += pace * ((value - last).abs() - self.usual_change);
        }
        self.last = Some(value);
        let guesses: Vec<Option<Guess>> = self.experts.iter().map(|expert| self.guess(expert, at_seconds)).collect();
        let departure = self.departure(at_seconds, value);
        let expected = self.mix(&guesses, value, departure);
        self.weigh(&guesses, value);
        let least = (self.usual_change * 0.02).max(value.abs() * 1e-6).max(1e-9);
        for expert in &mut self.experts {
            expert.learn(at_seconds, value, least);
        }
        expected
    }

    fn guess(&self, expert: &Expert, at_seconds: f64) -> Option<Guess> {
        let centre = expert.centre(at_seconds)?;
        (expert.values > 1).then_some(Guess { centre, scale: expert.scale.max(1e-9) })
    }

    fn mix(&self, guesses: &[Option<Guess>], value: f64, departure: f64) -> Option<Expected> {
        let best = self
            .experts
            .iter()
            .zip(guesses)
            .filter(|(_, guess)| guess.is_some())
            .map(|(expert, _)| expert.merit)
            .fold(f64::MIN, f64::max);
        let (mut sum, mut below, mut centre, mut scale) = (0.0, 0.0, 0.0, 0.0);
        for (expert, guess) in self.experts.iter().zip(guesses) {
            let Some(guess) = guess else { continue };
            let weight = (expert.merit - best).exp().max(WEIGHT_MIN);
            sum += weight;
            below += weight * student_below((value - guess.centre) / guess.scale);
            centre += weight * guess.centre;
            scale += weight * guess.scale;
        }
        if sum == 0.0 {
            return None;
        }
        let (below, centre, scale) = (below / sum, centre / sum, scale / sum);
        let tail = (2.0 * below.min(1.0 - below)).clamp(1e-14, 1.0);
        // 4.604: the 99.5 % point of the Student distribution with four degrees of freedom.
        Some(Expected { centre, reach: 4.604 * scale, surprise: -tail.log10(), departure })
    }

    /// The distance from the steadiest of the slow expectations: a season as it was, or the slow level.
    fn departure(&self, at_seconds: f64, value: f64) -> f64 {
        let steady = self.experts.iter().filter_map(|expert| expert.steady(at_seconds));
        let best = steady.min_by(|one, other| one.scale.total_cmp(&other.scale));
        best.map_or(0.0, |guess| ((value - guess.centre) / guess.scale.max(1e-9)).clamp(-12.0, 12.0))
    }

    fn weigh(&mut self, guesses: &[Option<Guess>], value: f64) {
        for (expert, guess) in self.experts.iter_mut().zip(guesses) {
            let Some(guess) = guess else { continue };
            let deviation = (value - guess.centre) / guess.scale;
            let log_density = -guess.scale.ln() - (FREEDOM + 1.0) / 2.0 * (1.0 + deviation * deviation / FREEDOM).ln();
            expert.merit = FORGET * expert.merit + (1.0 - FORGET) * 50.0 * log_density.clamp(-60.0, 60.0);
        }
    }
}

/// The distribution function of Student's t with four degrees of freedom, in closed form.
fn student_below(t: f64) -> f64 {
    let square = t * t;
    let root = (FREEDOM + square).sqrt();
    let half = 0.5 * (t / root) * (1.0 + 2.0 / (FREEDOM + square));
    // Far out the closed form cancels: the tail falls as the fourth power.
    if t < -200.0 {
        12.0 / square.powi(2)
    } else if t > 200.0 {
        1.0 - (12.0 / square.powi(2)).min(0.5)
    } else {
        (0.5 + half).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_function_has_its_tabled_points() {
        // Quantiles of t with 4 degrees of freedom: 0.95 at 2.1318, 0.975 at 2.7764, 0.995 at 4.6041.
        for (t, below) in [(0.0, 0.5), (2.131_847, 0.95), (2.776_445, 0.975), (4.604_095, 0.995), (-2.776_445, 0.025)] {
            assert!((student_below(t) - below).abs() < 1e-6, "{t}: {}", student_below(t));
        }
    }
}
