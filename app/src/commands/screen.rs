//! `touchstone screen`: screens listings from a file or standard input, without a server.
//!
//! One line in, one line out, in the same order. A line that cannot be read gives a line with its number and what would
//! be right; the others go on.

use anyhow::{Context, Result};
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use ground::Clock as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use screening::claims::Scratch;
use screening::input::LINE_BYTES_MAX;
use screening::recalls::{RecallBank, parse};
use screening::{Banks, Decision, Input, InputError, Rules, Text};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Largest picture that is read; bytes.
const IMAGE_BYTES_MAX: u64 = 32 << 20;
/// Lines between two updates of the progress line.
const PROGRESS_LINES: u64 = 500;
/// Lines of a file of notices that are told on standard error at most.
const REFUSED_SHOWN_MAX: usize = 20;
/// Exit code when some lines could not be read; the others were screened.
pub const EXIT_SOME_REFUSED: u8 = 3;

/// Screen listings: one JSON object a line in, one report a line out. Exit code 0: every line was screened; 3: some
/// lines could not be read (each has an output line with its number and the error); 1: nothing could be done.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Listings as NDJSON, may end in .gz; `-` or left out: standard input
    #[arg(long = "in", value_name = "FILE")]
    input: Option<PathBuf>,
    /// Reports as NDJSON, may end in .gz; `-` or left out: standard output
    #[arg(long = "out", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Market of listings that do not name one: cn, us, eu
    #[arg(long, default_value = "cn")]
    market: String,
    /// Folder with one policy pack a market (DIR/cn/*.yaml); left out: the packs shipped with the program
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,
    /// Day whose rules apply, YYYY-MM-DD; left out: today
    #[arg(long, value_name = "DATE")]
    at: Option<Date>,
    /// Recall notices to compare with: EU Safety Gate alerts as JSON lines or CPSC notices as a table with tabs; may be
    /// given several times
    #[arg(long, value_name = "FILE")]
    recalls: Vec<PathBuf>,
    /// Do not read pictures
    #[arg(long)]
    no_images: bool,
}

#[derive(Debug, Default)]
struct Counts {
    pass: u64,
    review: u64,
    reject: u64,
    refused: u64,
}

/// Runs the command.
///
/// # Errors
/// Files that cannot be opened, policy packs that are not valid, a market without a pack, a full disk.
pub fn run(args: &Args) -> Result<ExitCode> {
    let packs = match &args.policies {
        Some(folder) => {
            policy::Packs::from_folder(folder).map_err(|faults| anyhow::anyhow!("{}:\n{faults}", folder.display()))?
        }
        None => policy::shipped(),
    };
    let at = args.at.unwrap_or_else(today);
    let mut screener = Screener {
        packs,
        at,
        rules: HashMap::new(),
        banks: Banks { recalls: recall_bank(&args.recalls)?, ..Banks::default() },
        scratch: Scratch::default(),
        default_market: args.market.to_lowercase(),
        images: None,
    };
    screener
        .rules_of(&args.market.to_lowercase())
        .map_err(|error| anyhow::anyhow!("--market {}: {}", args.market, error.text.en))?;
    let (reader, base) = open_input(args.input.as_deref())?;
    screener.images = (!args.no_images).then_some(base);
    let file = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let counts = match file {
        None => screen_lines(reader, BufWriter::new(io::stdout().lock()), &mut screener, false)?,
        Some(path) => to_file(reader, path, &mut screener)?,
    };
    let Counts { pass, review, reject, refused } = counts;
    eprintln!(
        "{} screened on {at}: {pass} pass, {review} review, {reject} reject; {refused} lines refused",
        pass + review + reject
    );
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(EXIT_SOME_REFUSED) })
}

/// The notices of these files. Lines that are no notice are told and left out; a file without any is refused.
fn recall_bank(files: &[PathBuf]) -> Result<Arc<RecallBank>> {
    let mut bank = RecallBank::default();
    for path in files {
        let bytes = std::fs::read(path).with_context(|| format!("cannot open {}", path.display()))?;
        let text = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", path.display()))?;
        let (notices, errors) = parse(&text);
        for error in errors.iter().take(REFUSED_SHOWN_MAX) {
            eprintln!("{}:{}: {error}", path.display(), error.line);
        }
        anyhow::ensure!(!notices.is_empty(), "{} holds no recall notice", path.display());
        notices.into_iter().for_each(|notice| bank.add(notice));
    }
    Ok(Arc::new(bank))
}

fn today() -> Date {
    ground::SystemClock.now().date_in(&TimeZone::UTC)
}

/// The listings and the folder their pictures lie in.
fn open_input(path: Option<&Path>) -> Result<(Box<dyn BufRead>, PathBuf)> {
    let (raw, base): (Box<dyn Read>, PathBuf) = match path.filter(|path| *path != Path::new("-")) {
        None => (Box::new(io::stdin()), PathBuf::from(".")),
        Some(path) => {
            let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
            (Box::new(file), path.parent().unwrap_or(Path::new(".")).to_owned())
        }
    };
    let mut reader = BufReader::with_capacity(1 << 18, raw);
    let zipped = reader.fill_buf().context("cannot read the input")?.starts_with(&[0x1f, 0x8b]);
    Ok(if zipped {
        (Box::new(BufReader::with_capacity(1 << 18, MultiGzDecoder::new(reader))), base)
    } else {
        (Box::new(reader), base)
    })
}

/// Writes beside the target and renames at the end: an interrupted run leaves no half file under the asked name.
fn to_file(reader: Box<dyn BufRead>, path: &Path, screener: &mut Screener) -> Result<Counts> {
    let partial = path.with_file_name(format!("{}.partial", path.file_name().unwrap_or_default().to_string_lossy()));
    let file = File::create(&partial).with_context(|| format!("cannot write {}", partial.display()))?;
    let writer = BufWriter::with_capacity(1 << 18, file);
    let counts = if path.extension().is_some_and(|ending| ending == "gz") {
        let mut zipped = GzEncoder::new(writer, Compression::fast());
        let counts = screen_lines(reader, &mut zipped, screener, true)?;
        zipped.finish()?.flush()?;
        counts
    } else {
        screen_lines(reader, writer, screener, true)?
    };
    std::fs::rename(&partial, path).with_context(|| format!("cannot rename to {}", path.display()))?;
    Ok(counts)
}

fn screen_lines(
    mut reader: Box<dyn BufRead>,
    mut writer: impl Write,
    screener: &mut Screener,
    show: bool,
) -> Result<Counts> {
    let progress = if show && io::stderr().is_terminal() {
        indicatif::ProgressBar::new_spinner()
    } else {
        indicatif::ProgressBar::hidden()
    };
    let mut counts = Counts::default();
    let mut line = Vec::new();
    for number in 1_u64.. {
        let read = read_line(&mut reader, &mut line);
        let outcome = match &read {
            Ok(0) => break,
            Ok(_) => screener.line(number, &line),
            Err(error) => Some(Err(stream_error(error))),
        };
        let broken = read.is_err();
        match outcome {
            None => {}
            Some(Ok(report)) => {
                match report.decision {
                    Decision::Pass => counts.pass += 1,
                    Decision::Review => counts.review += 1,
                    Decision::Reject => counts.reject += 1,
                }
                serde_json::to_writer(&mut writer, &report)?;
                writer.write_all(b"\n")?;
            }
            Some(Err(error)) => {
                counts.refused += 1;
                let refusal = serde_json::json!({ "line": number, "id": id_of(&line), "error": { "code": error.code, "field": error.field, "text": { "zh": error.text.zh, "en": error.text.en } } });
                serde_json::to_writer(&mut writer, &refusal)?;
                writer.write_all(b"\n")?;
            }
        }
        if broken {
            break;
        }
        if number % PROGRESS_LINES == 0 {
            progress.set_message(format!("{number} lines"));
            progress.tick();
        }
    }
    writer.flush()?;
    progress.finish_and_clear();
    Ok(counts)
}

/// Reads one line without its end. Of a line beyond the limit only the first bytes are kept; the rest is skipped.
fn read_line(reader: &mut Box<dyn BufRead>, line: &mut Vec<u8>) -> io::Result<usize> {
    line.clear();
    let limit = LINE_BYTES_MAX as u64 + 2;
    let mut read = reader.by_ref().take(limit).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') || (read as u64) < limit {
        return Ok(read);
    }
    loop {
        let chunk = reader.fill_buf()?;
        let end = chunk.iter().position(|&byte| byte == b'\n');
        let used = end.map_or(chunk.len(), |end| end + 1);
        reader.consume(used);
        read = read.saturating_add(used);
        if end.is_some() || used == 0 {
            return Ok(read);
        }
    }
}

fn stream_error(error: &io::Error) -> InputError {
    let text = Text::new(
        format!("读到此处中断：{error}；压缩文件可能不完整，请重新导出"),
        format!("reading stopped here: {error}; the compressed file may be cut off, export it again"),
    );
    InputError { code: "input_unreadable", field: String::new(), text }
}

/// The id of a line that was refused, where it can be told.
fn id_of(line: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(line.get(..line.len().min(LINE_BYTES_MAX))?).ok()?;
    let id = value.get("id")?;
    Some(id.as_str().map_or_else(|| id.to_string(), str::to_owned).chars().take(300).collect())
}

struct Screener {
    packs: policy::Packs,
    at: Date,
    rules: HashMap<String, Rules>,
    banks: Banks,
    scratch: Scratch,
    default_market: String,
    /// Folder pictures lie in; none: not read.
    images: Option<PathBuf>,
}

impl Screener {
    /// Screens a line; nothing for an empty one.
    fn line(&mut self, number: u64, line: &[u8]) -> Option<Result<screening::Report, InputError>> {
        let line = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
        let Ok(text) = std::str::from_utf8(line) else {
            let text = Text::new(
                "不是 UTF-8 编码：请另存为 UTF-8（如由 GBK 转换）后重试",
                "not UTF-8: save the file as UTF-8 (for instance converted from GBK)",
            );
            return Some(Err(InputError { code: "encoding", field: String::new(), text }));
        };
        if text.trim().is_empty() {
            return None;
        }
        Some(self.screen(text))
    }

    fn screen(&mut self, text: &str) -> Result<screening::Report, InputError> {
        let value = Input::value_of(text)?;
        let unnamed = value
            .get("market")
            .is_none_or(|market| market.as_str().is_some_and(|market| market.trim().is_empty()) || market.is_null());
        let mut input = Input::from_value(value)?;
        if unnamed {
            input.market.clone_from(&self.default_market);
        }
        self.load_images(&mut input);
        self.rules_of(&input.market.clone())?;
        let rules = &self.rules[&input.market];
        Ok(screening::screen_with(&input, rules, &self.banks, self.at, &mut self.scratch))
    }

    /// Compiles the rules of a market once.
    fn rules_of(&mut self, market: &str) -> Result<(), InputError> {
        if self.rules.contains_key(market) {
            return Ok(());
        }
        let refuse = |zh: String, en: String| InputError {
            code: "field_value",
            field: "market".to_owned(),
            text: Text::new(zh, en),
        };
        let known = self.packs.markets().collect::<Vec<_>>().join(", ");
        let pack = self.packs.market(market).map_err(|_| {
            refuse(
                format!("没有市场“{market}”的规则；可用：{known}"),
                format!("no policy pack for market `{market}`; known: {known}"),
            )
        })?;
        let rules = Rules::compile(pack, self.at).map_err(|faults| {
            refuse(format!("规则无效：{faults}"), format!("the policy pack is not valid: {faults}"))
        })?;
        self.rules.insert(market.to_owned(), rules);
        Ok(())
    }

    fn load_images(&self, input: &mut Input) {
        let Some(base) = &self.images else { return };
        for image in &mut input.images {
            if image.path.is_empty() || image.path.contains("://") {
                continue;
            }
            match read_image(&base.join(&image.path)) {
                Ok(bytes) => image.bytes = Some(bytes.into()),
                Err(error) => {
                    let path: String = image.path.chars().take(200).collect();
                    input.notes.push(Text::new(
                        format!("图片未读取：{path}（{error}）"),
                        format!("picture not read: {path} ({error})"),
                    ));
                }
            }
        }
    }
}

fn read_image(path: &Path) -> io::Result<Vec<u8>> {
    let meta = std::fs::metadata(path)?;
    if !meta.is_file() || meta.len() > IMAGE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("no file, or larger than {} MB", IMAGE_BYTES_MAX >> 20),
        ));
    }
    std::fs::read(path)
}
