//! `touchstone epcis validate|hash FILE…`: EPCIS documents without a server.

use anyhow::Context as _;
use epcis::{DocumentError, Event, EventError, Limits};
use ground::Language;
use serde_json::{Value, json};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Work on EPCIS 2.0 documents (JSON-LD).
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: EpcisCommand,
}

#[derive(Debug, clap::Subcommand)]
enum EpcisCommand {
    /// Say of each event whether it is accepted, or the JSON pointer and the reason against it
    Validate(ValidateArgs),
    /// Print the event hash (CBV 2.0) of each event, one a line, in the order of the documents
    Hash(HashArgs),
}

#[derive(Debug, clap::Args)]
struct ValidateArgs {
    /// Documents, query documents, single events or lists of events; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// One JSON object for each event, with the reasons in both languages
    #[arg(long)]
    json: bool,
    /// Language of the reasons: zh-CN or en; left out: that of the environment
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
}

#[derive(Debug, clap::Args)]
struct HashArgs {
    /// Documents, query documents, single events or lists of events; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print the text that is hashed instead of the hash
    #[arg(long)]
    prehash: bool,
    /// One JSON object for each event, with its hash and the text that is hashed
    #[arg(long)]
    json: bool,
}

/// Runs the command. The exit code is 1 if any document or event was refused.
///
/// # Errors
/// A file that cannot be read, an unknown language, or output that cannot be written. A refused event is an answer, and
/// the rest goes on.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let refused = match &args.command {
        EpcisCommand::Validate(args) => {
            let language = language(args.language.as_deref())?;
            let form = if args.json { Form::Json } else { Form::Text(language) };
            each_file(&args.files, |file, bytes| validate(file, bytes, form, &mut out))?
        }
        EpcisCommand::Hash(args) => each_file(&args.files, |file, bytes| hash(file, bytes, args, &mut out))?,
    };
    out.flush()?;
    Ok(if refused > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

#[derive(Clone, Copy)]
enum Form {
    Text(Language),
    Json,
}

fn language(asked: Option<&str>) -> anyhow::Result<Language> {
    match asked {
        Some(tag) => Language::from_tag(tag).with_context(|| format!("{tag}: the languages are zh-CN and en")),
        None => {
            let named = ["LC_ALL", "LANG"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
            Ok(Language::from_tag(&named).unwrap_or(Language::En))
        }
    }
}

/// Reads each file and counts what was refused in it.
fn each_file(files: &[PathBuf], mut work: impl FnMut(&str, &[u8]) -> anyhow::Result<u64>) -> anyhow::Result<u64> {
    let mut refused = 0;
    for file in files {
        let name = file.display().to_string();
        refused += work(&name, &read(file).with_context(|| name.clone())?)?;
    }
    Ok(refused)
}

/// One byte more than the limit is read at most: the reader then refuses the document by its size.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let most = Limits::default().document_bytes_max as u64 + 1;
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn validate(file: &str, bytes: &[u8], form: Form, out: &mut impl Write) -> anyhow::Result<u64> {
    let (mut refused, mut written) = (0, Ok(()));
    let head = epcis::read_each(bytes, &Limits::default(), |index, event| {
        refused += u64::from(event.is_err());
        let line = match form {
            Form::Json => json_line(file, index, &event).to_string(),
            Form::Text(language) => text_line(file, index, &event, language),
        };
        if written.is_ok() {
            written = writeln!(out, "{line}");
        }
    });
    written?;
    if let Err(error) = head {
        refused += 1;
        match form {
            Form::Json => writeln!(out, "{}", json_document(file, &error))?,
            Form::Text(language) => writeln!(out, "{}", text_document(file, &error, language))?,
        }
    }
    Ok(refused)
}

fn text_line(file: &str, index: usize, event: &Result<Event, EventError>, language: Language) -> String {
    let number = index + 1;
    match (event, language) {
        (Ok(event), Language::Zh) => format!("{file}: 第 {number} 个事件：接受 {}", event.kind.as_str()),
        (Ok(event), Language::En) => format!("{file}: event {number}: accepted {}", event.kind.as_str()),
        (Err(error), Language::Zh) => {
            format!("{file}: 第 {number} 个事件：拒绝 {} {}：{}", error.pointer, error.code, error.zh)
        }
        (Err(error), Language::En) => {
            format!("{file}: event {number}: rejected {} {}: {}", error.pointer, error.code, error.en)
        }
    }
}

fn text_document(file: &str, error: &DocumentError, language: Language) -> String {
    let fault = &error.fault;
    match (language, error.position) {
        (Language::Zh, Some(at)) => {
            format!("{file}: 文档：拒绝，第 {} 行第 {} 列 {}：{}", at.line, at.column, fault.code, fault.zh)
        }
        (Language::En, Some(at)) => {
            format!("{file}: document: rejected, line {} column {} {}: {}", at.line, at.column, fault.code, fault.en)
        }
        (Language::Zh, None) => format!("{file}: 文档：拒绝 {} {}：{}", fault.pointer, fault.code, fault.zh),
        (Language::En, None) => format!("{file}: document: rejected {} {}: {}", fault.pointer, fault.code, fault.en),
    }
}

fn reason(error: &EventError) -> Value {
    json!({"pointer": error.pointer, "code": error.code.as_str(), "message": {"en": error.en, "zh-CN": error.zh}})
}

fn json_line(file: &str, index: usize, event: &Result<Event, EventError>) -> Value {
    let mut line = json!({"file": file, "event": index, "accepted": event.is_ok()});
    match event {
        Ok(event) => {
            line["type"] = event.kind.as_str().into();
            line["event_id"] = event.event_id.as_deref().into();
            line["hash"] = epcis::hash(event).into();
        }
        Err(error) => line["error"] = reason(error),
    }
    line
}

fn json_document(file: &str, error: &DocumentError) -> Value {
    let mut line = json!({"file": file, "event": null, "accepted": false, "error": reason(&error.fault)});
    if let Some(at) = error.position {
        line["error"]["line"] = at.line.into();
        line["error"]["column"] = at.column.into();
    }
    line
}

/// Hashes without validating: the hash is a property of what was written, and another party may have to confirm it.
fn hash(file: &str, bytes: &[u8], args: &HashArgs, out: &mut impl Write) -> anyhow::Result<u64> {
    let (mut refused, mut written) = (0, Ok(()));
    let head = epcis::read_json_each(bytes, &Limits::default(), |index, event| {
        let line = match event {
            Ok((json, context)) => {
                let prehash = epcis::hash::prehash_json(&json, &context);
                let hash = epcis::hash::of_prehash(&prehash);
                match (args.json, args.prehash) {
                    (true, _) => json!({"file": file, "event": index, "hash": hash, "prehash": prehash}).to_string(),
                    (false, true) => prehash,
                    (false, false) => hash,
                }
            }
            Err(error) => {
                refused += 1;
                eprintln!("{}", text_line(file, index, &Err(error), Language::En));
                return;
            }
        };
        if written.is_ok() {
            written = writeln!(out, "{line}");
        }
    });
    written?;
    if let Err(error) = head {
        refused += 1;
        eprintln!("{}", text_document(file, &error, Language::En));
    }
    Ok(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2024-01-01T00:00:00Z",
        "epcisBody": {"eventList": [
            {"type": "ObjectEvent", "eventTime": "2024-05-01T08:30:00+08:00", "eventTimeZoneOffset": "+08:00",
             "action": "OBSERVE", "epcList": ["https://id.gs1.org/01/09506000134352/21/1"]},
            {"type": "ObjectEvent", "eventTime": "2024-05-01T08:30:00+08:00", "eventTimeZoneOffset": "+08:00",
             "action": "OBSERVE", "epcList": ["https://id.gs1.org/01/09506000134353/21/1"]}]}}"#;

    #[test]
    fn each_event_is_answered_by_itself_in_the_asked_language() {
        let mut out = Vec::new();
        assert_eq!(validate("a", DOCUMENT.as_bytes(), Form::Text(Language::Zh), &mut out).unwrap(), 1);
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "a: 第 1 个事件：接受 ObjectEvent");
        assert!(lines[1].contains("拒绝 /epcisBody/eventList/1/epcList/0 check_digit"), "{text}");
        let mut out = Vec::new();
        validate("a", DOCUMENT.as_bytes(), Form::Json, &mut out).unwrap();
        let second: Value = serde_json::from_str(String::from_utf8(out).unwrap().lines().nth(1).unwrap()).unwrap();
        assert_eq!(second["error"]["code"], "check_digit");
    }

    #[test]
    fn a_broken_document_says_its_line() {
        let mut out = Vec::new();
        assert_eq!(validate("a", b"{\n  \"type\": nope}", Form::Text(Language::En), &mut out).unwrap(), 1);
        assert!(String::from_utf8(out).unwrap().contains("line 2"));
    }
}
