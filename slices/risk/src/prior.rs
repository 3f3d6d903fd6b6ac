//! The score while no model is trained: a logistic model with published weights (`risk.prior_…` in the policy pack). A feature
//! that is missing adds nothing.

use crate::features::{COUNT, Vector};
use crate::parameters::Parameters;
use boosting::Contributions;

/// The name under which its scores go.
pub const NAME: &str = "prior";

/// Its score taken apart, log odds.
pub fn contributions(parameters: &Parameters, vector: &Vector) -> Contributions {
    let mut values = vec![0.0; COUNT];
    for ((value, weight), seen) in values.iter_mut().zip(parameters.prior_weights).zip(vector.0) {
        if !seen.is_nan() {
            *value = weight * seen;
        }
    }
    let bias = parameters.prior_intercept;
    let raw = bias + values.iter().sum::<f64>();
    Contributions { bias, values, raw }
}
