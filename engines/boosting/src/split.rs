//! Examples split forward in time: what is judged is always later than what was learned.

/// Places of the examples of each part, in order of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forward {
    /// The oldest: the trees learn from them.
    pub learn: Vec<usize>,
    /// Later ones: they end the training and set the calibration.
    pub tune: Vec<usize>,
    /// The newest: nothing but the measures is taken from them.
    pub judge: Vec<usize>,
    /// Left out, because they lie within the gap before a part.
    pub left_out: Vec<usize>,
}

/// Splits examples by the day on which they were seen. No day falls into two parts; whatever lies less than `gap_days` before
/// the first day of the next part is left out, so that an outcome known only then cannot leak.
///
/// `learn` and `tune` are shares of the examples, above 0, together below 1.
pub fn forward(days: &[i32], learn: f64, tune: f64, gap_days: i32) -> Forward {
    let mut order: Vec<usize> = (0..days.len()).collect();
    order.sort_by_key(|index| (days[*index], *index));
    let day_at = |share: f64| {
        let place = ((days.len() as f64 * share).ceil() as usize).min(days.len().saturating_sub(1));
        order.get(place).map_or(i32::MAX, |index| days[*index])
    };
    let (tune_from, judge_from) = (day_at(learn), day_at(learn + tune));
    let mut parts = Forward::default();
    for index in order {
        let day = days[index];
        let before = |first: i32| day < first && i64::from(first) - i64::from(day) < i64::from(gap_days);
        let part = if day >= judge_from {
            &mut parts.judge
        } else if before(judge_from) {
            &mut parts.left_out
        } else if day >= tune_from {
            &mut parts.tune
        } else if before(tune_from) {
            &mut parts.left_out
        } else {
            &mut parts.learn
        };
        part.push(index);
    }
    parts
}
