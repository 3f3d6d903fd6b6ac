//! Values put into at most 255 places a feature, so that a split is searched over counts and not over examples.

use crate::Dataset;

/// The place of the missing.
pub(crate) const MISSING: u8 = 0;

/// A dataset in places. `columns[feature][row]` is 0 for missing, else 1 + the place; the place of a value is the number of
/// cuts below it, so that `value <= cuts[place]` exactly for the places up to `place`.
#[derive(Debug, Clone)]
pub(crate) struct Binned {
    pub columns: Vec<Vec<u8>>,
    /// Ascending; a feature with `n` cuts has `n + 1` places.
    pub cuts: Vec<Vec<f64>>,
}

impl Binned {
    pub fn of(data: &Dataset, places_max: usize) -> Self {
        let cuts: Vec<Vec<f64>> = (0..data.features().len()).map(|f| cuts(data.column(f), places_max)).collect();
        let columns =
            cuts.iter().enumerate().map(|(f, cuts)| data.column(f).iter().map(|v| place(cuts, *v)).collect()).collect();
        Binned { columns, cuts }
    }

    /// Places of a feature, the missing one included.
    pub fn places(&self, feature: usize) -> usize {
        self.cuts[feature].len() + 2
    }
}

fn place(cuts: &[f64], value: f64) -> u8 {
    if value.is_nan() {
        return MISSING;
    }
    // Never above 254: there are at most 254 cuts.
    let below = cuts.partition_point(|cut| *cut < value);
    u8::try_from(below + 1).unwrap_or(u8::MAX)
}

/// Where to cut: between all neighbouring values when they are few, else so that each place holds about as many examples.
fn cuts(column: &[f64], places_max: usize) -> Vec<f64> {
    let mut values: Vec<f64> = column.iter().copied().filter(|value| !value.is_nan()).collect();
    values.sort_unstable_by(f64::total_cmp);
    let mut distinct: Vec<(f64, usize)> = Vec::new();
    for value in &values {
        match distinct.last_mut() {
            Some((last, count)) if *last == *value => *count += 1,
            _ => distinct.push((*value, 1)),
        }
    }
    if distinct.len() <= places_max {
        return distinct.windows(2).map(|pair| middle(pair[0].0, pair[1].0)).collect();
    }
    let mut cuts = Vec::with_capacity(places_max - 1);
    let (mut left, mut places, mut held) = (values.len(), places_max, 0usize);
    for pair in distinct.windows(2) {
        held += pair[0].1;
        // What is left is shared evenly among the places that are left, so that one heavy value does not starve the rest.
        if places > 1 && held * places >= left {
            cuts.push(middle(pair[0].0, pair[1].0));
            left -= held;
            places -= 1;
            held = 0;
        }
    }
    cuts
}

/// A number at least `low` and below `high`.
fn middle(low: f64, high: f64) -> f64 {
    let middle = low + (high - low) / 2.0;
    if middle.is_finite() && middle >= low && middle < high { middle } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_parts_its_neighbours() {
        assert_eq!(cuts(&[3.0, 1.0, 1.0, f64::NAN, 2.0], 255), vec![1.5, 2.5]);
        let next = f64::from_bits(1.0f64.to_bits() + 1);
        assert_eq!(cuts(&[1.0, next], 255), vec![1.0]);
        assert_eq!(cuts(&[-f64::MAX, f64::MAX], 255).len(), 1);
    }

    #[test]
    fn many_values_share_the_places_evenly() {
        let column: Vec<f64> = (0..10_000).map(f64::from).chain((0..5_000).map(|_| -1.0)).collect();
        let cuts = cuts(&column, 255);
        assert_eq!(cuts.len(), 254);
        let mut counts = vec![0usize; 256];
        column.iter().for_each(|value| counts[usize::from(place(&cuts, *value))] += 1);
        assert_eq!(counts[1], 5_000);
        assert!(counts[2..].iter().all(|count| (39..=41).contains(count)), "{counts:?}");
        assert_eq!(place(&cuts, f64::NAN), MISSING);
    }
}
