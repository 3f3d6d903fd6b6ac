//! Regression of counts with a logarithmic link: quasi-Poisson by iteratively reweighted least squares.
//!
//! Source: McCullagh & Nelder, *Generalized Linear Models*, 2nd ed. (1989), sections 2.5 and 6.2. The dispersion is Pearson's χ² by the
//! residual degrees of freedom.

use crate::error::Error;
use crate::special::deviance;

/// Iterations before a model counts as not converging.
const ITERATIONS_MAX: usize = 25;
/// Relative change of the deviance at which it has converged.
const CONVERGED: f64 = 1e-8;
/// Most columns of a design.
pub(crate) const COLUMNS_MAX: usize = 64;

/// A model to fit: rows of the design, counts, offsets on the scale of the logarithm, weights.
pub(crate) struct Model<'a> {
    pub(crate) design: &'a [Vec<f64>],
    pub(crate) counts: &'a [f64],
    pub(crate) offsets: &'a [f64],
    pub(crate) weights: &'a [f64],
}

/// A fitted model.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    pub(crate) coefficients: Vec<f64>,
    /// (XᵀWX)⁻¹: times the dispersion it is the covariance of the coefficients.
    pub(crate) unscaled: Vec<Vec<f64>>,
    pub(crate) means: Vec<f64>,
    pub(crate) leverages: Vec<f64>,
    pub(crate) dispersion: f64,
    pub(crate) degrees: usize,
}

impl Fitted {
    /// Linear predictor of a new row and the square of its standard error by dispersion 1.
    pub(crate) fn predict(&self, row: &[f64], offset: f64) -> (f64, f64) {
        let value = offset + dot(row, &self.coefficients);
        let moved: Vec<f64> = self.unscaled.iter().map(|line| dot(line, row)).collect();
        (value, dot(row, &moved).max(0.0))
    }
}

/// Fits the model.
///
/// # Errors
/// Too few rows for the columns, columns that depend on one another, no convergence.
pub(crate) fn fit(model: &Model) -> Result<Fitted, Error> {
    let columns = model.design.first().map_or(0, Vec::len);
    let used = model.weights.iter().filter(|weight| **weight > 0.0).count();
    if columns == 0 || columns > COLUMNS_MAX || used <= columns {
        return Err(Error::Length { name: "rows of the regression", found: used, wanted: columns + 1 });
    }
    let mut means: Vec<f64> = model.counts.iter().map(|count| count + 0.1).collect();
    let mut before = f64::INFINITY;
    for _ in 0..ITERATIONS_MAX {
        let (coefficients, unscaled) = weighted_least_squares(model, &means, columns)?;
        let next: Vec<f64> = (0..model.counts.len()).map(|i| predicted(model, &coefficients, i)).collect();
        let now: f64 = (0..next.len()).map(|i| 2.0 * model.weights[i] * deviance(model.counts[i], next[i])).sum();
        if !now.is_finite() {
            break;
        }
        if (now - before).abs() < CONVERGED * (now.abs() + 0.1) {
            return Ok(finished(model, coefficients, unscaled, &means, next, used - columns));
        }
        (before, means) = (now, next);
    }
    Err(Error::DidNotConverge { what: "the regression of counts", iterations: ITERATIONS_MAX })
}

fn predicted(model: &Model, coefficients: &[f64], row: usize) -> f64 {
    (model.offsets[row] + dot(&model.design[row], coefficients)).clamp(-300.0, 300.0).exp()
}

fn weighted_least_squares(model: &Model, means: &[f64], columns: usize) -> Result<(Vec<f64>, Vec<Vec<f64>>), Error> {
    let mut normal = vec![vec![0.0; columns]; columns];
    let mut right = vec![0.0; columns];
    for (i, row) in model.design.iter().enumerate() {
        let weight = model.weights[i] * means[i];
        let working = means[i].ln() - model.offsets[i] + (model.counts[i] - means[i]) / means[i];
        for (a, &x) in row.iter().enumerate() {
            right[a] += weight * x * working;
            for (cell, &y) in normal[a].iter_mut().zip(row) {
                *cell += weight * x * y;
            }
        }
    }
    let unscaled = inverse(normal).ok_or(Error::NoSolution("columns of the regression depend on one another"))?;
    Ok((unscaled.iter().map(|line| dot(line, &right)).collect(), unscaled))
}

/// The iteration's weights are those of the means before the last step, as R's `glm` leaves them: the dispersion is then R's to nine
/// digits, while that of the converged weights differs in the fifth.
fn finished(
    model: &Model,
    coefficients: Vec<f64>,
    unscaled: Vec<Vec<f64>>,
    before: &[f64],
    means: Vec<f64>,
    degrees: usize,
) -> Fitted {
    let working = |i: usize| model.weights[i] * before[i];
    let pearson: f64 = (0..means.len()).map(|i| working(i) * (model.counts[i] / means[i] - 1.0).powi(2)).sum();
    let leverages = model
        .design
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let moved: Vec<f64> = unscaled.iter().map(|line| dot(line, row)).collect();
            working(i) * dot(row, &moved)
        })
        .collect();
    Fitted { coefficients, unscaled, means, leverages, dispersion: pearson / degrees as f64, degrees }
}

/// Gauss–Jordan with pivoting on columns scaled to their diagonal; `None` where the matrix is singular.
fn inverse(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let scale: Vec<f64> = (0..size).map(|i| matrix[i][i].sqrt()).collect();
    if scale.iter().any(|s| !s.is_finite() || *s <= 0.0) {
        return None;
    }
    for (i, row) in matrix.iter_mut().enumerate() {
        row.iter_mut().zip(&scale).for_each(|(cell, other)| *cell /= scale[i] * other);
        row.extend((0..size).map(|j| if i == j { 1.0 } else { 0.0 }));
    }
    for column in 0..size {
        let pivot = (column..size).max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()))?;
        if matrix[pivot][column].abs() < 1e-11 {
            return None;
        }
        matrix.swap(column, pivot);
        let lead = matrix[column][column];
        matrix[column].iter_mut().for_each(|cell| *cell /= lead);
        let line = matrix[column].clone();
        for (other, row) in matrix.iter_mut().enumerate() {
            let factor = row[column];
            if other != column && factor != 0.0 {
                row.iter_mut().zip(&line).for_each(|(cell, lead)| *cell -= factor * lead);
            }
        }
    }
    Some((0..size).map(|i| (0..size).map(|j| matrix[i][size + j] / (scale[i] * scale[j])).collect()).collect())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
