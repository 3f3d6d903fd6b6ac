//! `touchstone gs1 parse [FILE]`: element strings, Digital Links, scan data and GTINs, one a line, read or refused as JSON.

use gs1::{INPUT_BYTES_MAX, Options, ParseError, Scan};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Work on GS1 data.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Gs1Command,
}

#[derive(Debug, clap::Subcommand)]
enum Gs1Command {
    /// Read lines and print one JSON object for each: accepted with its canonical forms, or refused with the place and the reason
    Parse(ParseArgs),
}

#[derive(Debug, clap::Args)]
struct ParseArgs {
    /// A file with one input a line; standard input when absent or -
    file: Option<PathBuf>,
    /// Take application identifiers that are not in the table
    #[arg(long)]
    unknown_ais: bool,
    /// Fill a GTIN-8, -12 or -13 in a Digital Link with zeros
    #[arg(long)]
    zero_suppressed_gtin: bool,
    /// Read also what scanners and old links leave out or write differently: a missing first FNC1, gtin/… and ser/…, short GTINs
    #[arg(long)]
    lenient: bool,
    /// End with exit code 1 when a line was refused
    #[arg(long)]
    fail: bool,
}

/// Runs the command. A refused line is an answer like the others; with `--fail` it also makes the exit code 1.
///
/// # Errors
/// When the file cannot be read or the output cannot be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Gs1Command::Parse(parse) = &args.command;
    let mut options = if parse.lenient { Options::lenient() } else { Options::default() };
    options.unknown_ais |= parse.unknown_ais;
    options.zero_suppressed_gtin |= parse.zero_suppressed_gtin;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let refused = match parse.file.as_deref().filter(|file| file.as_os_str() != "-") {
        Some(file) => {
            let opened = std::fs::File::open(file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
            print_lines(&mut BufReader::new(opened), &mut out, options)?
        }
        None => print_lines(&mut std::io::stdin().lock(), &mut out, options)?,
    };
    out.flush()?;
    Ok(if parse.fail && refused > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Answers every line; how many were refused.
fn print_lines(input: &mut impl BufRead, out: &mut impl Write, options: Options) -> anyhow::Result<u64> {
    let mut refused = 0;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if !read_line(input, &mut line)? {
            break;
        }
        let answer = answer(&line, number, options);
        refused += u64::from(answer["accepted"] == false);
        writeln!(out, "{answer}")?;
    }
    Ok(refused)
}

/// Reads one line without its end; of an over-long one only so much that it is refused. `false` at the end.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> anyhow::Result<bool> {
    let most = INPUT_BYTES_MAX as u64 + 3;
    if input.by_ref().take(most).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    } else if line.len() as u64 == most {
        skip_line(input)?;
    }
    Ok(true)
}

fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let ready = input.fill_buf()?;
        if ready.is_empty() {
            return Ok(());
        }
        let end = ready.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(ready.len(), |at| at + 1);
        input.consume(length);
        if end.is_some() {
            return Ok(());
        }
    }
}

fn answer(line: &[u8], number: u64, options: Options) -> Value {
    let shown = String::from_utf8_lossy(line);
    let parsed = match std::str::from_utf8(line) {
        Ok(text) => gs1::parse_with(text, options),
        Err(error) => {
            let at = error.valid_up_to();
            let words = json!({"en": "the line is not UTF-8", "zh-CN": "该行不是 UTF-8 编码"});
            return json!({"line": number, "input": shown, "accepted": false, "position": at, "length": 1, "code": "not_utf8",
                "ai": null, "message": words});
        }
    };
    match parsed {
        Ok(scan) => accepted(&scan, &shown, number),
        Err(error) => refused(&error, &shown, number),
    }
}

fn accepted(scan: &Scan, input: &str, number: u64) -> Value {
    let elements: Vec<Value> = scan
        .elements
        .iter()
        .map(|element| json!({"ai": element.ai, "title": element.title(), "value": element.value}))
        .collect();
    let mut answer = json!({
        "line": number,
        "input": input,
        "accepted": true,
        "form": scan.form.as_str(),
        "elements": elements,
        "bracketed": scan.bracketed(),
        "element_string": scan.element_string(),
        "gtin": scan.gtin().map(|gtin| gtin.to_string()),
        "serial": scan.serial(),
        "lot": scan.lot(),
        "expiry": scan.expiry(),
    });
    match scan.digital_link_canonical() {
        Ok(link) => answer["digital_link"] = link.into(),
        Err(error) => {
            answer["digital_link"] = Value::Null;
            answer["digital_link_code"] = error.code.as_str().into();
        }
    }
    if let Some(plain) = &scan.plain {
        answer["plain"] = plain.as_str().into();
    }
    if !scan.ignored.is_empty() {
        answer["ignored"] = json!(scan.ignored);
    }
    answer
}

fn refused(error: &ParseError, input: &str, number: u64) -> Value {
    json!({
        "line": number,
        "input": input,
        "accepted": false,
        "position": error.position,
        "length": error.length,
        "code": error.code.as_str(),
        "ai": error.ai,
        "message": {"en": error.text_en(), "zh-CN": error.text_zh()},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(input: &[u8]) -> Vec<Value> {
        let mut out = Vec::new();
        print_lines(&mut &input[..], &mut out, Options::default()).unwrap();
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn every_line_gets_one_answer_with_its_place() {
        let long = [b"(99)".as_slice(), &[b'A'; 100_000], b"\n"].concat();
        let input = [
            b"(01)09506000134352(21)ABC\r\n\n".as_slice(),
            b"https://a/01/09506000134353\n",
            &long,
            b"^99\xff\n",
            b"4006381333931",
        ]
        .concat();
        let answers = answers(&input);
        assert_eq!(answers.len(), 6);
        assert_eq!(answers[0]["digital_link"], "https://id.gs1.org/01/09506000134352/21/ABC");
        assert_eq!(answers[0]["element_string"], "^010950600013435221ABC");
        assert_eq!((&answers[1]["code"], &answers[1]["line"]), (&json!("empty"), &json!(2)));
        assert_eq!((&answers[2]["code"], &answers[2]["position"]), (&json!("check_digit"), &json!(26)));
        assert_eq!(answers[3]["code"], "too_long");
        assert_eq!((&answers[4]["code"], &answers[4]["position"]), (&json!("not_utf8"), &json!(3)));
        assert_eq!((&answers[5]["accepted"], &answers[5]["gtin"]), (&json!(true), &json!("04006381333931")));
    }
}
