//! `touchstone detect series.csv`: a score for every value of a series, as the values come.

use anyhow::{Context, Result, bail};
use series::{Detector, Verdict, rows};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Tell the unusual moments of a series of values.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A CSV file with a time and a value on each line; standard input when absent or -
    file: Option<PathBuf>,
    /// Column of the time: its name in the header, or its number from 1
    #[arg(long, default_value = "timestamp", value_name = "COLUMN")]
    time: String,
    /// Column of the value: its name in the header, or its number from 1
    #[arg(long, default_value = "value", value_name = "COLUMN")]
    value: String,
    /// Form of the answers
    #[arg(long, value_enum, default_value_t = Form::Csv)]
    format: Form,
    /// Tell only the alerts
    #[arg(long)]
    alerts: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// timestamp,value,anomaly_score,alert,expected,lower,upper
    Csv,
    /// One JSON object a line with the same fields
    Json,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read; a line that is no time and value, by its number; a time that goes back.
pub fn run(args: &Args) -> Result<ExitCode> {
    let out = std::io::BufWriter::new(std::io::stdout().lock());
    match args.file.as_deref().filter(|file| file.as_os_str() != "-") {
        Some(file) => {
            let opened = std::fs::File::open(file).with_context(|| file.display().to_string())?;
            judge(opened, out, args, false).with_context(|| file.display().to_string())?;
        }
        None => judge(std::io::stdin().lock(), out, args, true).context("standard input")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `live`: each answer is written out at once, for who feeds value by value.
fn judge(input: impl Read, mut out: impl Write, args: &Args, live: bool) -> Result<()> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(input);
    let mut detector = Detector::new();
    let (mut columns, mut before) = (None, f64::NEG_INFINITY);
    let mut record = csv::StringRecord::new();
    if args.format == Form::Csv {
        writeln!(out, "timestamp,value,anomaly_score,alert,expected,lower,upper")?;
    }
    while reader.read_record(&mut record).context("not CSV in UTF-8")? {
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().map(str::len).sum::<usize>() > rows::LINE_BYTES_MAX {
            bail!("line {line}: longer than {} bytes", rows::LINE_BYTES_MAX);
        }
        let Some((time, value)) = columns else {
            let (found, header) = find(&record, args)?;
            columns = Some(found);
            if header {
                continue;
            }
            tell(&mut detector, &record, found, line, &mut before, &mut out, args)?;
            continue;
        };
        tell(&mut detector, &record, (time, value), line, &mut before, &mut out, args)?;
        if live {
            out.flush()?;
        }
    }
    out.flush()?;
    Ok(())
}

fn tell(
    detector: &mut Detector,
    record: &csv::StringRecord,
    (time, value): (usize, usize),
    line: u64,
    before: &mut f64,
    out: &mut impl Write,
    args: &Args,
) -> Result<()> {
    let time = record.get(time).unwrap_or_default();
    let at = rows::moment(time).with_context(|| format!("line {line}"))?;
    if at < *before {
        bail!("line {line}: {time} is before the line above it; sort the file by time");
    }
    *before = at;
    let number = rows::value(record.get(value).unwrap_or_default()).with_context(|| format!("line {line}"))?;
    let verdict = detector.judge(at, number);
    if args.alerts && !verdict.alert {
        return Ok(());
    }
    write(out, time, number, &verdict, args.format)
}

fn write(out: &mut impl Write, time: &str, value: f64, verdict: &Verdict, form: Form) -> Result<()> {
    let known = |number: f64| number.is_finite().then(|| (number * 1e6).round() / 1e6);
    match form {
        Form::Csv => {
            let text = |number: f64| known(number).map(|number| number.to_string()).unwrap_or_default();
            writeln!(
                out,
                "{time},{},{:.6},{},{},{},{}",
                text(value),
                verdict.score,
                u8::from(verdict.alert),
                text(verdict.expected),
                text(verdict.lower),
                text(verdict.upper)
            )?;
        }
        Form::Json => {
            let line = serde_json::json!({
                "timestamp": time, "value": known(value), "anomaly_score": verdict.score, "alert": verdict.alert,
                "expected": known(verdict.expected), "lower": known(verdict.lower), "upper": known(verdict.upper),
            });
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// Where time and value stand, and whether the first line is a header.
fn find(first: &csv::StringRecord, args: &Args) -> Result<((usize, usize), bool)> {
    let header = rows::moment(first.get(0).unwrap_or_default()).is_err();
    let place = |name: &str, usual: usize| -> Result<usize> {
        let bare = |text: &str| text.trim_start_matches('\u{feff}').to_lowercase();
        if let Some(place) = first.iter().position(|column| header && bare(column) == name.to_lowercase()) {
            return Ok(place);
        }
        if let Ok(number) = name.parse::<usize>() {
            return number.checked_sub(1).with_context(|| format!("column {name}: columns count from 1"));
        }
        if !header && ["timestamp", "value"].contains(&name) {
            return Ok(usual);
        }
        bail!("no column {name:?}; the first line is: {}", first.iter().collect::<Vec<_>>().join(","))
    };
    Ok(((place(&args.time, 0)?, place(&args.value, 1)?), header))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(text: &str, args: &Args) -> Result<String> {
        let mut out = Vec::new();
        judge(text.as_bytes(), &mut out, args, false)?;
        Ok(String::from_utf8(out)?)
    }

    fn args() -> Args {
        Args { file: None, time: "timestamp".into(), value: "value".into(), format: Form::Csv, alerts: false }
    }

    #[test]
    fn a_jump_is_an_alert_and_the_quiet_before_it_is_not() {
        let mut text = String::from("timestamp,value\n");
        for minute in 0..400 {
            let value = if minute < 360 { 20.0 + f64::from(minute % 7) } else { 400.0 };
            text.push_str(&format!(
                "2026-01-{:02} {:02}:{:02}:00,{value}\n",
                1 + minute / 288,
                minute / 12 % 24,
                minute % 12 * 5
            ));
        }
        let told = answers(&text, &Args { alerts: true, ..args() }).unwrap();
        let alerts: Vec<&str> = told.lines().skip(1).collect();
        assert!(!alerts.is_empty(), "{told}");
        assert!(alerts[0].starts_with("2026-01-02 06:0"), "{told}");
        assert_eq!(answers(&text, &args()).unwrap().lines().count(), 401);
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line() {
        let wrong = |text: &str| format!("{:#}", answers(text, &args()).unwrap_err());
        assert!(wrong("timestamp,value\n2026-01-01,1\nyesterday,2\n").contains("line 3"));
        assert!(wrong("timestamp,value\n2026-01-01,one\n").contains("\"one\" is no number"));
        assert!(wrong("timestamp,value\n2026-01-02,1\n2026-01-01,2\n").contains("before the line above"));
        assert!(wrong("when,value\n2026-01-02,1\n").contains("no column \"timestamp\""));
    }

    #[test]
    fn columns_are_found_by_name_by_number_and_without_a_header() {
        let named = Args { time: "day".into(), value: "sold".into(), ..args() };
        assert!(answers("sold,day\n5,2026-01-01\n", &named).unwrap().contains("2026-01-01,5,"));
        assert!(answers("1767225600,7\n", &args()).unwrap().contains("1767225600,7,"));
        let numbered = Args { time: "1".into(), value: "3".into(), ..args() };
        assert!(answers("2026-01-01,x,9\n", &numbered).unwrap().contains("2026-01-01,9,"));
    }
}
