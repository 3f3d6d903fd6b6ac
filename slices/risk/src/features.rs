//! What the score looks at: one table. Names and reasons in both languages are the messages `risk-feature-<name>` and
//! `risk-feature-<name>-why`, the units `risk-unit-<unit>`; a test holds them complete.

use boosting::{Direction, Feature};
use serde_json::{Map, Value, json};

/// One feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Stable name, as stored in examples and models.
    pub name: &'static str,
    /// Name of its unit.
    pub unit: &'static str,
    /// How the score may move when it grows: held by every model.
    pub direction: Direction,
}

impl Named {
    const fn new(name: &'static str, unit: &'static str, direction: Direction) -> Self {
        Named { name, unit, direction }
    }

    /// Message id of its name.
    pub fn message(&self) -> String {
        format!("risk-feature-{}", self.name.replace('_', "-"))
    }

    /// Message id of what it is and why its direction holds.
    pub fn why(&self) -> String {
        format!("{}-why", self.message())
    }

    /// Message id of its unit.
    pub fn unit_message(&self) -> String {
        format!("risk-unit-{}", self.unit.replace('_', "-"))
    }
}

/// Features.
pub const COUNT: usize = 29;

/// All of them, in the order of vectors. Ratios are natural logarithms of (events + a) / (usual events + a), where `a` is
/// the policy's `risk.shrink_events`: 0 is usual, and little data says little (Gamma-Poisson shrinkage).
pub const FEATURES: [Named; COUNT] = [
    Named::new("complaint_ratio", "log_ratio", Direction::Rising),
    Named::new("severe_ratio", "log_ratio", Direction::Rising),
    Named::new("return_ratio", "log_ratio", Direction::Rising),
    Named::new("bad_review_ratio", "log_ratio", Direction::Rising),
    Named::new("complaint_recent_ratio", "log_ratio", Direction::Rising),
    Named::new("return_recent_ratio", "log_ratio", Direction::Rising),
    Named::new("complaint_lifetime_ratio", "log_ratio", Direction::Rising),
    Named::new("stars_shortfall", "stars", Direction::Rising),
    Named::new("purchases_log", "log10", Direction::Free),
    Named::new("growth", "log_ratio", Direction::Free),
    Named::new("top_buyer_share", "share", Direction::Rising),
    Named::new("young_buyer_share", "share", Direction::Rising),
    Named::new("repeated_text_share", "share", Direction::Rising),
    Named::new("unverified_share", "share", Direction::Rising),
    Named::new("light_parcel_share", "share", Direction::Rising),
    Named::new("price_ratio", "log_ratio", Direction::Free),
    Named::new("price_swing", "log_deviation", Direction::Free),
    Named::new("days_on_sale_log", "log_days", Direction::Falling),
    Named::new("cancelled_share", "share", Direction::Free),
    Named::new("unlisted", "yes_no", Direction::Free),
    Named::new("category_ratio", "log_ratio", Direction::Rising),
    Named::new("lot_ratio", "log_ratio", Direction::Rising),
    Named::new("merchant_lot_ratio", "log_ratio", Direction::Rising),
    Named::new("merchant_complaint_ratio", "log_ratio", Direction::Rising),
    Named::new("merchant_return_ratio", "log_ratio", Direction::Rising),
    Named::new("merchant_days_log", "log_days", Direction::Falling),
    Named::new("merchant_found_log", "log_count", Direction::Rising),
    Named::new("product_found_log", "log_count", Direction::Rising),
    Named::new("product_cleared_log", "log_count", Direction::Falling),
];

/// The features as the engine wants them.
pub fn engine() -> Vec<Feature> {
    FEATURES.iter().map(|named| Feature::new(named.name, named.unit, named.direction)).collect()
}

/// The place of a feature; `None` for a name that is none.
pub fn place(name: &str) -> Option<usize> {
    FEATURES.iter().position(|named| named.name == name)
}

/// The features of a product at a moment, `NaN` where missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector(pub [f64; COUNT]);

impl Default for Vector {
    /// Nothing known.
    fn default() -> Self {
        Vector([f64::NAN; COUNT])
    }
}

impl Vector {
    /// The value of a feature; `None` where missing.
    pub fn get(&self, name: &str) -> Option<f64> {
        place(name).map(|place| self.0[place]).filter(|value| !value.is_nan())
    }

    /// Sets a feature. What is not finite is missing. A name that is none is a mistake of ours: nothing is set.
    pub fn set(&mut self, name: &str, value: impl Into<Option<f64>>) {
        debug_assert!(place(name).is_some(), "{name} is no feature");
        if let Some(place) = place(name) {
            self.0[place] = value.into().filter(|value| value.is_finite()).unwrap_or(f64::NAN);
        }
    }

    /// As stored: by name, without what is missing.
    pub fn to_json(&self) -> Value {
        let entry = |(named, value): (&Named, &f64)| (!value.is_nan()).then(|| (named.name.to_owned(), json!(value)));
        Value::Object(FEATURES.iter().zip(&self.0).filter_map(entry).collect::<Map<_, _>>())
    }

    /// Reads what was stored; names that are no longer features are left out.
    pub fn from_json(value: &Value) -> Self {
        let mut vector = Vector::default();
        for (named, place) in FEATURES.iter().zip(&mut vector.0) {
            if let Some(value) = value.get(named.name).and_then(Value::as_f64).filter(|value| value.is_finite()) {
                *place = value;
            }
        }
        vector
    }
}
