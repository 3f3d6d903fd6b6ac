//! Lines of `timestamp,value`.

use thiserror::Error;

/// Longest line, bytes.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// Why a line is not a moment and a value. The line is the caller's to name.
#[derive(Debug, Error, PartialEq, Eq, Clone)]
pub enum RowError {
    /// Not a time.
    #[error(
        "{0:?} is no time: RFC 3339, YYYY-MM-DD, YYYY-MM-DD HH:MM[:SS] or Unix seconds, milliseconds or microseconds"
    )]
    Time(String),
    /// Not a number.
    #[error("{0:?} is no number; leave it empty where a value is missing")]
    Value(String),
}

/// Reads a moment as Unix seconds. A time without a zone is taken as it stands, so that days and weeks are those of the file.
///
/// # Errors
/// [`RowError::Time`].
pub fn moment(text: &str) -> Result<f64, RowError> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        let seconds = match number.abs() {
            size if size >= 1e14 => number / 1e6,
            size if size >= 1e11 => number / 1e3,
            _ => number,
        };
        return if seconds.is_finite() { Ok(seconds) } else { Err(RowError::Time(text.to_owned())) };
    }
    if let Some(moment) = ground::Timestamp::parse_rfc3339(text) {
        return Ok(moment.micros() as f64 / 1e6);
    }
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let time = if time.matches(':').count() == 1 { format!("{time}:00") } else { time.to_owned() };
    ground::Timestamp::parse_rfc3339(&format!("{}T{time}Z", date.replace('/', "-")))
        .map(|moment| moment.micros() as f64 / 1e6)
        .ok_or_else(|| RowError::Time(text.to_owned()))
}

/// Reads a value; empty, `NA`, `null` and `NaN` are missing.
///
/// # Errors
/// [`RowError::Value`].
pub fn value(text: &str) -> Result<f64, RowError> {
    let text = text.trim();
    if text.is_empty() || ["na", "nan", "null"].contains(&text.to_ascii_lowercase().as_str()) {
        return Ok(f64::NAN);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(RowError::Value(text.to_owned())),
    }
}
