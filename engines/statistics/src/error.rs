//! What can be wrong with a question put to this crate.

use ground::Bilingual;

/// Why a computation was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// An argument lies outside its range.
    #[error("{name} is {value}: it must be {range}")]
    Argument {
        /// The argument's name as the documentation writes it.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What would be right, in words.
        range: &'static str,
    },
    /// Two series that belong together differ in length, or a series is too short.
    #[error("{name} has {found} values, {wanted} are needed")]
    Length {
        /// The series.
        name: &'static str,
        /// How many it has.
        found: usize,
        /// How many it needs.
        wanted: usize,
    },
    /// More of something than the stated limit.
    #[error("{name}: {found} is more than the limit of {limit}")]
    TooLarge {
        /// What there is too much of.
        name: &'static str,
        /// How much there is.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// No value satisfies what was asked, however long one looks.
    #[error("there is no solution: {0}")]
    NoSolution(&'static str),
    /// The iteration reached its limit first.
    #[error("{what} did not converge in {iterations} iterations")]
    DidNotConverge {
        /// The computation.
        what: &'static str,
        /// Its limit.
        iterations: usize,
    },
}

impl Error {
    /// The same in both languages, for a person.
    pub fn text(&self) -> Bilingual {
        let zh = match self {
            Error::Argument { name, value, .. } => format!("统计参数 {name} = {value} 超出允许范围"),
            Error::Length { name, found, wanted } => format!("序列 {name} 有 {found} 个值，需要 {wanted} 个"),
            Error::TooLarge { name, found, limit } => format!("{name}：{found} 超过上限 {limit}"),
            Error::NoSolution(_) => "在给定条件下无解".to_owned(),
            Error::DidNotConverge { what, iterations } => format!("{what} 迭代 {iterations} 次仍未收敛"),
        };
        Bilingual::new(zh, self.to_string())
    }
}

/// `value` when it is finite and above zero.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    Err(Error::Argument { name, value, range: "finite and above 0" })
}

/// `value` when it is finite and not below zero.
pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    Err(Error::Argument { name, value, range: "finite and not below 0" })
}

/// `value` when it lies strictly between 0 and 1.
pub(crate) fn share(name: &'static str, value: f64) -> Result<f64, Error> {
    if value > 0.0 && value < 1.0 {
        return Ok(value);
    }
    Err(Error::Argument { name, value, range: "above 0 and below 1" })
}
