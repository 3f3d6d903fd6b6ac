//! How rare a figure is among those seen before.

/// A streaming model of the upper tail of a statistic: its ninth decile by stochastic approximation, and the mean by which
/// figures exceed it. Beyond the decile the tail is taken as exponential, in the logarithm for what is heavier than that.
#[derive(Debug, Clone)]
pub struct Tail {
    seen: u64,
    start: Vec<f64>,
    decile: f64,
    spread: f64,
    excess: f64,
}

/// Figures that are too early to mean anything: those who judge are learning themselves.
const EARLY: u64 = 30;
/// Figures after them from which the model is begun.
const START: usize = 100;
/// Share of figures above the decile that is tracked.
const ABOVE: f64 = 0.1;

impl Default for Tail {
    fn default() -> Self {
        Tail { seen: 0, start: Vec::with_capacity(START), decile: 0.0, spread: 1.0, excess: 1.0 }
    }
}

impl Tail {
    /// The probability of a figure at least as large, 1 while too little was seen. The figure is judged before it teaches.
    pub fn judge(&mut self, figure: f64) -> f64 {
        if !figure.is_finite() {
            return 1.0;
        }
        let probability = if self.seen < EARLY + START as u64 { 1.0 } else { self.probability(figure) };
        self.learn(figure);
        probability
    }

    fn probability(&self, figure: f64) -> f64 {
        if figure <= self.decile {
            return 1.0;
        }
        // Never surer than the number of figures seen would let a heavy tail be.
        let surest = 1e-3 / (self.seen as f64 + 100.0).powf(1.5);
        (ABOVE * (-(figure - self.decile) / self.excess.max(1e-12)).exp()).max(surest)
    }

    fn learn(&mut self, figure: f64) {
        self.seen += 1;
        if self.seen <= EARLY {
            return;
        }
        if self.start.len() < START {
            self.start.push(figure);
            if self.start.len() == START {
                self.begin();
            }
            return;
        }
        let pace = (10.0 / self.seen as f64).clamp(0.001, 0.05);
        let above = figure > self.decile;
        self.decile += self.spread * 2.0 * pace * if above { 1.0 - ABOVE } else { -ABOVE };
        self.spread += pace * ((figure - self.decile).abs().min(6.0 * self.spread) - self.spread);
        self.spread = self.spread.max(1e-9);
        if above {
            // One wild figure may not make all later ones look tame.
            let over = (figure - self.decile).min(8.0 * self.excess);
            let pace = (3.0 * ABOVE.recip() / self.seen as f64).clamp(0.005, 0.1);
            self.excess += pace * (over - self.excess);
        }
    }

    fn begin(&mut self) {
        self.start.sort_by(f64::total_cmp);
        let place = ((1.0 - ABOVE) * START as f64) as usize;
        self.decile = self.start[place];
        let over: Vec<f64> = self.start[place..].iter().map(|figure| figure - self.decile).collect();
        self.spread = (self.decile - self.start[START / 2]).abs().max(1e-6);
        self.excess = (over.iter().sum::<f64>() / over.len() as f64).max(self.spread * 0.5);
    }
}
