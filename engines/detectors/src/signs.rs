//! Signs that sales, reviews or prices are not what they seem. Each rule looks at several of them; one alone, such as a burst
//! of sales, has too many honest reasons.

use crate::finding::Figure;
use crate::policy::Policy;
use crate::sizes::Sizes;
use stream::{DayCounts, WINDOW_DAYS, Window};

/// What a rule saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Sign {
    /// Whether it speaks against the key.
    pub speaks: bool,
    /// How far it goes, to be held against [`Sign::threshold`].
    pub statistic: f64,
    /// What the statistic must reach.
    pub threshold: f64,
    /// What was seen.
    pub observed: f64,
    /// What the key's own past would lead one to expect.
    pub expected: f64,
    /// The figures it rests on.
    pub figures: Vec<Figure>,
}

/// Makes the median absolute deviation the standard deviation of a normal distribution.
const MAD_TO_DEVIATION: f64 = 1.4826;

/// The middle of a key's own past and its spread, at least that of a Poisson count.
pub(crate) fn usual(past: &mut [f64]) -> (f64, f64) {
    let middle = median(past);
    let mut distances: Vec<f64> = past.iter().map(|value| (value - middle).abs()).collect();
    let spread = MAD_TO_DEVIATION * median(&mut distances);
    (middle, spread.max(middle.max(1.0).sqrt()))
}

fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_unstable_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { (values[half - 1] + values[half]) / 2.0 }
}

/// A count on each day before the newest `recent` days, since the key was first seen.
pub(crate) fn past_of(window: &Window, recent: usize, of: fn(&DayCounts) -> f64) -> Vec<f64> {
    let known = usize::try_from(window.first_seen_day.max(window.first_day) - window.first_day).unwrap_or(0);
    let until = WINDOW_DAYS.saturating_sub(recent.max(1));
    window.days[known.min(until)..until].iter().map(of).collect()
}

/// A burst of units on the newest day that few buyers made. `others` is the cohort without the key.
pub(crate) fn burst(window: &Window, policy: &Policy, others: &Sizes) -> Option<Sign> {
    let today = &window.days[WINDOW_DAYS - 1];
    let units = f64::from(today.units_ordered);
    if units < policy.limit("units_min") {
        return None;
    }
    let usual = others.usual(window)?;
    let earlier = window.days[..WINDOW_DAYS - 1].iter();
    let (orders, ordered) = earlier.fold((0.0, 0.0), |(orders, ordered), day| {
        (orders + f64::from(day.orders), ordered + f64::from(day.units_ordered))
    });
    let z = (units.ln() - usual.middle) / usual.deviation;
    let factor = units / usual.units().max(1.0);
    // What as many orders of the usual size would have made; the rest comes from a few large ones.
    let usual_size = if orders > 0.0 { ordered / orders } else { usual.units().max(1.0) };
    let large_share = (1.0 - f64::from(today.orders) * usual_size / units).clamp(0.0, 1.0);
    let few = large_share.max(window.buyers_recent.top_share);
    let figures = vec![
        Figure::at_least("units_today", units, policy.limit("units_min")),
        Figure::told("units_usual", usual.units()),
        Figure::at_least("deviations", z, policy.limit("z_min")),
        Figure::at_least("factor", factor, policy.limit("factor_min")),
        Figure::at_least("few_buyers_share", few, policy.limit("top_share_min")),
        Figure::told("orders_today", f64::from(today.orders)),
        Figure::told("buyers_distinct", window.buyers_recent.distinct),
    ];
    let speaks = figures.iter().filter(|figure| figure.limit.is_some()).all(|figure| figure.against);
    let threshold = policy.limit("z_min");
    Some(Sign { speaks, statistic: z, threshold, observed: units, expected: usual.units(), figures })
}

/// Sales that look made up.
pub(crate) fn brushing(window: &Window, policy: &Policy) -> Option<Sign> {
    let days = policy.count("days").max(1);
    let recent = window.sum_of_last(days);
    let orders = f64::from(recent.orders);
    if orders < policy.limit("orders_min") {
        return None;
    }
    let mut past = past_of(window, days, |day| f64::from(day.orders));
    let (middle, _) = usual(&mut past);
    let factor = orders / days as f64 / middle.max(1.0);
    let share = |part: u32, whole: u32| if whole > 0 { f64::from(part) / f64::from(whole) } else { 0.0 };
    let signs = [
        Figure::at_least("top_buyer_share", window.buyers_recent.top_share, policy.limit("top_share_min")),
        Figure::at_least(
            "new_account_share",
            share(recent.young_orders, recent.aged_orders),
            policy.limit("new_share_min"),
        ),
        Figure::at_least(
            "empty_parcel_share",
            share(recent.light_parcels, recent.weighed_parcels),
            policy.limit("empty_share_min"),
        ),
    ];
    let count = signs.iter().filter(|figure| figure.against).count() as f64;
    let mut figures = vec![
        Figure::at_least("orders_recent", orders, policy.limit("orders_min")),
        Figure::at_least("factor", factor, policy.limit("factor_min")),
    ];
    let speaks = count >= policy.limit("signs_min") && figures.iter().all(|figure| figure.against);
    figures.extend(signs);
    figures.push(Figure::told("buyers_distinct", window.buyers_recent.distinct));
    let threshold = policy.limit("signs_min");
    Some(Sign { speaks, statistic: count, threshold, observed: orders, expected: middle * days as f64, figures })
}

/// Reviews that look made up.
pub(crate) fn reviews(window: &Window, policy: &Policy) -> Option<Sign> {
    let days = policy.count("days").max(1);
    let recent = window.sum_of_last(days);
    let count = f64::from(recent.reviews);
    if count < policy.limit("reviews_min") {
        return None;
    }
    let mut past = past_of(window, days, |day| f64::from(day.reviews));
    let (middle, _) = usual(&mut past);
    let rated = recent.rated_reviews().max(1) as f64;
    let extreme = f64::from(recent.stars[4].max(recent.stars[0])) / rated;
    let shape = &window.reviews;
    let repeats = if shape.texts > 0 { shape.reused_texts as f64 / shape.texts as f64 } else { 0.0 };
    let verified = f64::from(recent.verified_reviews) / count;
    let signs = vec![
        Figure::at_least("review_factor", count / days as f64 / middle.max(1.0), policy.limit("burst_factor_min")),
        Figure::at_least("repeated_text_share", repeats, policy.limit("repeat_share_min")),
        Figure::at_least("extreme_star_share", extreme, policy.limit("extreme_share_min")),
        verified_sign(window, days, verified, policy.limit("verified_share_max")),
        Figure::at_least("top_text_share", shape.top_text_share, policy.limit("top_share_min")),
    ];
    let against = signs.iter().filter(|figure| figure.against).count() as f64;
    let mut figures = vec![Figure::at_least("reviews_recent", count, policy.limit("reviews_min"))];
    figures.extend(signs);
    let threshold = policy.limit("signs_min");
    let expected = middle * days as f64;
    Some(Sign { speaks: against >= threshold, statistic: against, threshold, observed: count, expected, figures })
}

/// Few verified buyers speak against a key only where its earlier reviews had some: not every shop tells.
fn verified_sign(window: &Window, recent: usize, share: f64, most: f64) -> Figure {
    let earlier = &window.days[..WINDOW_DAYS.saturating_sub(recent)];
    let reviewed = earlier.iter().any(|day| day.reviews > 0);
    let told = earlier.iter().any(|day| day.verified_reviews > 0);
    if reviewed && !told {
        Figure::told("verified_share", share)
    } else {
        Figure::at_most("verified_share", share, most)
    }
}

/// The lowest and the highest price of the days before the newest two, minor units, with how many days had one. The day before
/// the newest one is left out: where a price changed at noon it holds both.
pub(crate) fn usual_prices(window: &Window) -> Option<(i64, i64, usize)> {
    let past = || window.prices[..WINDOW_DAYS - 2].iter().filter(|day| day.seen > 0);
    let lowest = past().map(|day| day.min_minor).min()?;
    let highest = past().map(|day| day.max_minor).max()?;
    Some((lowest, highest, past().count()))
}

/// A price that leaves everything seen before. A price the merchant set counts at once. Where only orders tell it, several
/// must agree: what one buyer paid may be a discount for many, another channel or a slip, and is not the price of the goods.
pub(crate) fn price(window: &Window, policy: &Policy) -> Option<Sign> {
    let (today, counts) = (&window.prices[WINDOW_DAYS - 1], &window.days[WINDOW_DAYS - 1]);
    let is_set = counts.price_changes > 0;
    if today.seen == 0 || (!is_set && f64::from(today.seen) < policy.limit("prices_min")) {
        return None;
    }
    let (lowest, highest, days) = usual_prices(window)?;
    if (days as f64) < policy.limit("days_min") || lowest <= 0 {
        return None;
    }
    let (low, high) = if is_set { (today.last_minor, today.last_minor) } else { (today.min_minor, today.max_minor) };
    let (now, usual) = if low > highest {
        (low, highest)
    } else if high < lowest {
        (high, lowest)
    } else {
        return None;
    };
    let change = now as f64 / usual as f64 - 1.0;
    let threshold = policy.limit("change_min");
    let figures = vec![
        Figure::told("price_now_minor", now as f64),
        Figure::told("price_lowest_minor", lowest as f64),
        Figure::told("price_highest_minor", highest as f64),
        Figure::told("price_days", days as f64),
        Figure::at_least("price_change", change.abs(), threshold),
    ];
    let (observed, expected) = (now as f64, usual as f64);
    Some(Sign { speaks: change.abs() >= threshold, statistic: change.abs(), threshold, observed, expected, figures })
}
