//! Daily looks at a simulated market, and what they named rightly, wrongly and late.

use super::market::Product;
use crate::discoveries;
use crate::e_detector::{EDetector, Slice};
use crate::error::Error;
use crate::margin::MarginTest;

/// How one looks.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The e-detector of enforcement.
    pub detector: EDetector,
    /// Level of e-BH.
    pub enforcement_level: f64,
    /// The margin test of watching.
    pub test: MarginTest,
    /// Level of Benjamini–Hochberg.
    pub watch_level: f64,
    /// Days of the trailing window, both detectors.
    pub window_days: usize,
    /// First day looked at (from 0).
    pub first_day: usize,
}

/// What one level of looking did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Named {
    /// Mean over looks of the share of false names (0 where nobody is named): the realised false discovery rate of a look.
    pub false_share: f64,
    /// The largest share of any one look that named at least 20.
    pub false_share_max: f64,
    /// The share of false names among products ever named: false where the product's rate was never above the margin by the day it was named.
    pub ever_false_share: f64,
    /// Products ever named.
    pub ever: usize,
    /// Day each product was first named.
    pub first_named: Vec<Option<u16>>,
    /// Values computed in all looks.
    pub computed: usize,
}

/// Products found in time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Recall {
    /// Faulty products asked about that had as many days.
    pub faulty: usize,
    /// Of those, named within the days.
    pub named: usize,
}

impl Recall {
    /// The share; 1 when there were none.
    pub fn share(&self) -> f64 {
        if self.faulty == 0 { 1.0 } else { self.named as f64 / self.faulty as f64 }
    }
}

/// Complaints and days so far of one product, rolled forward day by day.
#[derive(Debug, Clone, Copy, Default)]
struct Cursor {
    /// First complaint not yet in the window.
    next: usize,
    /// First complaint still in the window.
    first: usize,
    /// Complaints in the window.
    inside: u32,
    /// Complaints before it.
    before: u32,
}

impl Cursor {
    /// Takes in what came on `day`, lets go what left the window; whether anything changed, and whether something came.
    fn roll(&mut self, product: &Product, day: usize, window_days: usize) -> (bool, bool) {
        let mut changed = false;
        let mut came = false;
        while let Some(&(at, count)) = product.complaints.get(self.next).filter(|c| usize::from(c.0) <= day) {
            self.inside += count;
            self.next += 1;
            changed = true;
            came |= usize::from(at) == day;
        }
        while let Some(&(_, count)) = product
            .complaints
            .get(self.first)
            .filter(|c| self.first < self.next && usize::from(c.0) + window_days <= day)
        {
            self.inside -= count;
            self.before += count;
            self.first += 1;
            changed = true;
        }
        (changed, came)
    }
}

/// Looks with the e-detector and e-BH at every day from the watch's first. The past before the window is one slice.
///
/// # Errors
/// A level outside (0, 1).
pub fn enforcement(market: &[Product], days: usize, watch: &Watch) -> Result<Named, Error> {
    let mut cursors = vec![Cursor::default(); market.len()];
    let mut values = vec![0.0f64; market.len()];
    let mut tally = Tally::new(market, watch.detector.margin());
    let mut slices = Vec::with_capacity(watch.window_days + 1);
    for day in 0..days {
        for (place, product) in market.iter().enumerate() {
            let (_, came) = cursors[place].roll(product, day, watch.window_days);
            // Without a complaint a value only falls: one that is small stays small and is not computed again.
            if day < watch.first_day
                || !(came && cursors[place].inside + cursors[place].before >= 2 || values[place] >= 0.5)
            {
                continue;
            }
            window(&mut slices, product, &cursors[place], day, watch.window_days);
            values[place] = watch.detector.e_value(&slices)?;
            tally.named.computed += 1;
        }
        if day >= watch.first_day {
            let chosen = discoveries::e_benjamini_hochberg(&values, market.len(), watch.enforcement_level)?;
            tally.look(day, &chosen.chosen);
        }
    }
    Ok(tally.finish())
}

/// Looks with the margin test and Benjamini–Hochberg at every day from the watch's first.
///
/// # Errors
/// A level outside (0, 1).
pub fn watching(market: &[Product], days: usize, margin: f64, watch: &Watch) -> Result<Named, Error> {
    let mut cursors = vec![Cursor::default(); market.len()];
    let mut values = vec![1.0f64; market.len()];
    let mut tally = Tally::new(market, margin);
    for day in 0..days {
        let length = (day + 1).min(watch.window_days) as f64;
        for (place, product) in market.iter().enumerate() {
            let (changed, _) = cursors[place].roll(product, day, watch.window_days);
            if day < watch.first_day || !(changed || day == watch.first_day) && day >= watch.window_days {
                continue;
            }
            let (count, expected) = (cursors[place].inside, product.expected * length);
            // A count below the null's mean, or a lone complaint that was to be expected, is no candidate.
            let candidate = f64::from(count) > margin * expected && (count > 1 || margin * expected < 0.06);
            values[place] = if candidate {
                tally.named.computed += 1;
                watch.test.p_value(u64::from(count), expected, length)?.min(1.0)
            } else {
                1.0
            };
        }
        if day >= watch.first_day {
            let chosen = discoveries::benjamini_hochberg(&values, market.len(), watch.watch_level)?;
            tally.look(day, &chosen.chosen);
        }
    }
    Ok(tally.finish())
}

/// Recall among faulty products with more than `complaints_a_day` expected after the fault (and this ratio, if one is given), named
/// within `within_days` of its beginning, among those that had as many days.
pub fn recall(
    market: &[Product],
    days: usize,
    named: &Named,
    complaints_a_day: f64,
    ratio: Option<f64>,
    within_days: usize,
) -> Recall {
    let mut recall = Recall::default();
    for (place, product) in market.iter().enumerate() {
        let Some(fault) = product.fault else { continue };
        let asked = product.expected * fault.ratio > complaints_a_day && ratio.is_none_or(|ratio| ratio == fault.ratio);
        if !asked || fault.day + within_days > days {
            continue;
        }
        recall.faulty += 1;
        let first = named.first_named[place].map(usize::from);
        recall.named += usize::from(first.is_some_and(|day| day < fault.day + within_days));
    }
    recall
}

fn window(slices: &mut Vec<Slice>, product: &Product, cursor: &Cursor, day: usize, window_days: usize) {
    slices.clear();
    let start = (day + 1).saturating_sub(window_days);
    if start > 0 {
        let days = start as f64;
        slices.push(Slice { count: cursor.before, expected: product.expected * days, days });
    }
    let offset = slices.len();
    slices.resize(offset + day + 1 - start, Slice::day(0, product.expected));
    for &(at, count) in &product.complaints[cursor.first..cursor.next] {
        slices[offset + usize::from(at) - start].count = count;
    }
}

/// Counts right and wrong names.
struct Tally<'a> {
    market: &'a [Product],
    margin: f64,
    looks: usize,
    named: Named,
    ever_false: usize,
}

impl<'a> Tally<'a> {
    fn new(market: &'a [Product], margin: f64) -> Self {
        let named = Named { first_named: vec![None; market.len()], ..Named::default() };
        Tally { market, margin, looks: 0, named, ever_false: 0 }
    }

    fn look(&mut self, day: usize, chosen: &[usize]) {
        self.looks += 1;
        let mut wrong = 0;
        for &place in chosen {
            let product = &self.market[place];
            let innocent = product.ratio(day) <= self.margin && product.nature <= self.margin;
            wrong += usize::from(innocent);
            if self.named.first_named[place].is_none() {
                self.named.first_named[place] = Some(day as u16);
                self.named.ever += 1;
                self.ever_false += usize::from(innocent);
            }
        }
        if chosen.is_empty() {
            return;
        }
        let share = wrong as f64 / chosen.len() as f64;
        self.named.false_share += share;
        if chosen.len() >= 20 {
            self.named.false_share_max = self.named.false_share_max.max(share);
        }
    }

    fn finish(mut self) -> Named {
        self.named.false_share /= self.looks.max(1) as f64;
        self.named.ever_false_share = self.ever_false as f64 / self.named.ever.max(1) as f64;
        self.named
    }
}
