//! Minimum of a smooth function of a few variables: the BFGS method with a backtracking line search (Nocedal & Wright,
//! *Numerical Optimization*, 2nd ed., algorithms 3.1 and 6.1).

use crate::error::Error;

/// Iterations before giving up.
const ITERATIONS_MAX: usize = 500;

/// Where the search ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Minimum<const N: usize> {
    pub(crate) place: [f64; N],
    pub(crate) value: f64,
    pub(crate) iterations: usize,
}

/// Follows `function`, which answers its value and gradient, downhill from `start`.
///
/// Ends when no component of the gradient, or no step, is larger than `tolerance` relative to the value.
pub(crate) fn minimise<const N: usize>(
    start: [f64; N],
    tolerance: f64,
    function: impl Fn(&[f64; N]) -> (f64, [f64; N]),
) -> Result<Minimum<N>, Error> {
    let mut place = start;
    let (mut value, mut gradient) = function(&place);
    let mut inverse = identity::<N>();
    let mut fresh = true;
    for iterations in 0..ITERATIONS_MAX {
        let scale = value.abs().max(1.0);
        if gradient.iter().all(|slope| slope.abs() <= tolerance * scale) {
            return Ok(Minimum { place, value, iterations });
        }
        let mut direction = times(&inverse, &gradient).map(|step| -step);
        let mut descent = dot(&direction, &gradient);
        if descent >= 0.0 || !descent.is_finite() {
            inverse = identity();
            direction = gradient.map(|slope| -slope);
            descent = -dot(&gradient, &gradient);
        }
        let longest = direction.iter().fold(0.0f64, |most, step| most.max(step.abs()));
        let mut length = if longest > 2.0 { 2.0 / longest } else { 1.0 };
        let taken = loop {
            let next: [f64; N] = std::array::from_fn(|i| place[i] + length * direction[i]);
            let (next_value, next_gradient) = function(&next);
            if next_value.is_finite() && next_value <= value + 1e-4 * length * descent {
                break Some((next, next_value, next_gradient));
            }
            length *= 0.5;
            if length * longest < 1e-14 {
                break None;
            }
        };
        let Some((next, next_value, next_gradient)) = taken else {
            // No descent is left at the precision of the function: the minimum, unless the curvature was merely stale.
            if fresh {
                return Ok(Minimum { place, value, iterations });
            }
            inverse = identity();
            fresh = true;
            continue;
        };
        let step: [f64; N] = std::array::from_fn(|i| next[i] - place[i]);
        let change: [f64; N] = std::array::from_fn(|i| next_gradient[i] - gradient[i]);
        update(&mut inverse, &step, &change, fresh);
        fresh = false;
        (place, value, gradient) = (next, next_value, next_gradient);
    }
    Err(Error::DidNotConverge { what: "the likelihood's maximum", iterations: ITERATIONS_MAX })
}

fn update<const N: usize>(inverse: &mut [[f64; N]; N], step: &[f64; N], change: &[f64; N], fresh: bool) {
    let curvature = dot(step, change);
    if curvature <= 1e-14 * dot(step, step).sqrt() * dot(change, change).sqrt() {
        return;
    }
    if fresh {
        let scale = curvature / dot(change, change);
        *inverse = identity::<N>().map(|row| row.map(|cell| cell * scale));
    }
    let moved = times(inverse, change);
    let factor = 1.0 + dot(change, &moved) / curvature;
    for i in 0..N {
        for j in 0..N {
            inverse[i][j] += (factor * step[i] * step[j] - moved[i] * step[j] - step[i] * moved[j]) / curvature;
        }
    }
}

fn identity<const N: usize>() -> [[f64; N]; N] {
    std::array::from_fn(|i| std::array::from_fn(|j| if i == j { 1.0 } else { 0.0 }))
}

fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn times<const N: usize>(matrix: &[[f64; N]; N], vector: &[f64; N]) -> [f64; N] {
    std::array::from_fn(|i| dot(&matrix[i], vector))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_valley_of_rosenbrock_is_followed_to_its_end() {
        let found = minimise([-1.2, 1.0], 1e-12, |&[x, y]| {
            let (a, b) = (1.0 - x, y - x * x);
            (a * a + 100.0 * b * b, [-2.0 * a - 400.0 * x * b, 200.0 * b])
        })
        .unwrap();
        assert!((found.place[0] - 1.0).abs() < 1e-8 && (found.place[1] - 1.0).abs() < 1e-8, "{found:?}");
    }
}
