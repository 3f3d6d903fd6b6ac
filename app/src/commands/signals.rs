//! `touchstone signals`: signals from a file into a data folder or a running server, folding again what was folded, and how it
//! all is doing.

use super::door::{Door, TRIES_MAX};
use super::words::Words;
use crate::{Config, assemble, open};
use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use axum::http::Method;
use ground::{Problem, Timestamp};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::outbox::Consumer;
use kernel::{Actor, Kernel};
use signals::mapping::file::{Counts, Item, SignalFile};
use signals::{Owned, Receipt, mapping};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::mpsc;

/// Signals sent together.
const TOGETHER: usize = 5_000;
/// Batches read ahead.
const AHEAD: usize = 4;
/// Refused lines that are printed one by one.
const REFUSED_SHOWN: u64 = 20;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Take in a file: lines of signals (NDJSON), or a shop's export under a mapping.
    Ingest(Ingest),
    /// Fold the log again into a second state and compare: the same, bit by bit? With --day, count a closed day's signals one
    /// by one and compare with its sums. Exit code 1 where they differ.
    Replay {
        /// Data folder; from the settings when absent. No server may run on it.
        #[arg(long, value_name = "FOLDER")]
        data: Option<PathBuf>,
        /// A closed day, for instance 2011-01-05.
        #[arg(long, value_name = "DATE")]
        day: Option<jiff::civil::Date>,
    },
    /// Say how signals are doing.
    Status(Where),
}

#[derive(Debug, clap::Args)]
struct Where {
    /// Data folder; from the settings when absent. No server may run on it.
    #[arg(long, value_name = "FOLDER", conflicts_with = "server")]
    data: Option<PathBuf>,
    /// A running server: https://quality.example
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// An API token of the server.
    #[arg(long, requires = "server", conflicts_with = "token_file")]
    token: Option<String>,
    /// A file that holds it.
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
}

impl Where {
    fn door(&self, url: &str) -> Result<Door> {
        Door::new(self.token.as_deref(), self.token_file.as_deref(), url)
    }
}

#[derive(Debug, clap::Args)]
struct Ingest {
    /// The file, plain or gzip.
    #[arg(value_name = "FILE")]
    input: PathBuf,
    /// A mapping file (TOML, or YAML by its ending), or the name of a shipped one. Without it the file holds a signal a line.
    #[arg(long, value_name = "FILE|NAME")]
    mapping: Option<String>,
    /// Whose signals they are, instead of what the mapping says.
    #[arg(long, value_name = "ID", requires = "mapping")]
    merchant: Option<String>,
    /// How many times faster than it happened (3600x: an hour in a second), or max.
    #[arg(long, default_value = "max", value_parser = speed)]
    speed: Speed,
    /// Move every moment by so many days, so that an old export ends today.
    #[arg(long, value_name = "DAYS", default_value_t = 0, allow_hyphen_values = true, requires = "mapping")]
    shift_days: i64,
    /// At the end, close all days through the last signal's.
    #[arg(long, conflicts_with = "server")]
    close: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Speed {
    Max,
    Times(f64),
}

fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    let number = text.strip_suffix('x').unwrap_or(text).parse::<f64>().ok();
    number.filter(|times| *times > 0.0 && times.is_finite()).map(Speed::Times).ok_or_else(|| "max, or 3600x".to_owned())
}

/// Runs it.
///
/// # Errors
/// When the folder cannot be opened, the server does not answer, or the file cannot be read.
pub async fn run(args: &Args, file: Option<&Path>) -> Result<ExitCode> {
    let words = Words::load()?;
    match &args.what {
        What::Ingest(args) => ingest(args, file, &words).await,
        What::Replay { data, day } => replay(data.as_deref(), *day, file, &words).await,
        What::Status(place) => status(place, file, &words).await,
    }
}

/// The product without a server in front of it.
struct House {
    app: assemble::Application,
    config: Config,
}

impl House {
    async fn open(data: Option<&Path>, file: Option<&Path>, words: &Words, start: bool) -> Result<House> {
        let mut config = Config::load(file, std::env::vars())?;
        if let Some(data) = data {
            config.data.folder = data.to_owned();
        }
        let opened = open::open(&config, false).await?;
        let kernel = opened.kernel;
        if signals::position(&kernel).is_err() {
            let settings = config.signals()?;
            let recovered = signals::open(&kernel, settings).await.map_err(|problem| words.problem(&problem))?;
            recovered.damage.iter().for_each(|damage| eprintln!("{damage}"));
        }
        let ledger = open::open_ledger(&kernel, &config).await?;
        let parts = assemble::Parts::from_config(&config, None)?;
        let app = assemble::assemble(kernel, ledger, config.web(false), parts).await?;
        if start {
            app.start();
        }
        Ok(House { app, config })
    }

    fn kernel(&self) -> &Kernel {
        &self.app.kernel
    }

    /// Waits until all is folded and every reaction to it is done.
    async fn settle(&self, words: &Words) -> Result<()> {
        let said = |problem: Problem| words.problem(&problem);
        signals::drain(self.kernel()).await.map_err(said)?;
        let mut quiet = 0;
        while quiet < 3 {
            let waiting = kernel::store::waiting(self.kernel(), Consumer::Loops).await.map_err(said)?;
            quiet = if waiting == 0 { quiet + 1 } else { 0 };
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        Ok(())
    }

    async fn close(self, words: &Words) -> Result<()> {
        signals::shutdown(self.kernel()).await.map_err(|problem| words.problem(&problem))?;
        self.app.ledger.settle(self.kernel()).await.map_err(anyhow::Error::new).context("ledger")?;
        self.app.ledger.close(self.kernel()).await.map_err(anyhow::Error::new).context("ledger")
    }
}

/// Where signals go.
enum Target {
    House(Box<House>),
    Door(Door),
}

impl Target {
    async fn send(&self, batch: &[Owned], words: &Words) -> Result<Receipt> {
        match self {
            Target::House(house) => {
                let actor = Actor::system("command-line");
                let borrowed: Vec<_> = batch.iter().map(Owned::as_signal).collect();
                for _ in 0..TRIES_MAX {
                    match signals::submit(house.kernel(), &actor, &borrowed).await {
                        Err(problem) if problem.code.code == "signals_busy" => {
                            tokio::time::sleep(Duration::from_secs(1)).await;
                        }
                        sent => return sent.map_err(|problem| words.problem(&problem)),
                    }
                }
                bail!("no room for {TRIES_MAX} tries")
            }
            Target::Door(door) => {
                let mut lines = Vec::with_capacity(batch.len() * 200);
                batch.iter().for_each(|signal| signal.write_line(&mut lines));
                door.send(lines.into()).await
            }
        }
    }
}

async fn ingest(args: &Ingest, file: Option<&Path>, words: &Words) -> Result<ExitCode> {
    let target = match &args.place.server {
        Some(url) => Target::Door(args.place.door(url)?),
        None => Target::House(Box::new(House::open(args.place.data.as_deref(), file, words, true).await?)),
    };
    let zone = match &target {
        Target::House(house) => house.kernel().zone().clone(),
        Target::Door(_) => jiff::tz::TimeZone::UTC,
    };
    let begun = tokio::time::Instant::now();
    let (receipt, counts) = match &args.mapping {
        Some(name) => mapped(args, name, &target, &zone, words).await?,
        None => (raw(args, &target, words).await?, None),
    };
    if let Target::House(house) = target {
        if args.close
            && let Some(at) = newest(&house, words).await?
        {
            let actor = Actor::system("command-line");
            let closed = signals::close_through(house.kernel(), &actor, at.date_in(&zone)).await;
            closed.map_err(|problem| words.problem(&problem))?;
        }
        house.settle(words).await?;
        house.close(words).await?;
    }
    summary(&receipt, counts.as_ref(), begun.elapsed().as_secs_f64());
    Ok(ExitCode::SUCCESS)
}

async fn newest(house: &House, words: &Words) -> Result<Option<Timestamp>> {
    let said = |problem: Problem| words.problem(&problem);
    signals::drain(house.kernel()).await.map_err(said)?;
    let status = signals::status(house.kernel(), &Actor::system("command-line")).await.map_err(said)?;
    Ok(status.newest)
}

fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    // The pattern is a constant of this file; where it did not parse, the plain bar would do.
    if let Ok(style) = ProgressStyle::with_template("{msg:>40} {bar:40} {percent:>3}% {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// Lines of signals as they are: the whole file in pieces of whole lines.
async fn raw(args: &Ingest, target: &Target, words: &Words) -> Result<Receipt> {
    let bytes = std::fs::metadata(&args.input).with_context(|| args.input.display().to_string())?.len();
    let bar = bar(bytes);
    let path = args.input.clone();
    let (send, mut batches) = mpsc::channel::<Result<(Vec<u8>, u64)>>(AHEAD);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = read_lines(&path, &send) {
            let _ = send.blocking_send(Err(error));
        }
    });
    let mut receipt = Receipt::default();
    let mut lines_before = 0;
    let actor = Actor::system("command-line");
    while let Some(batch) = batches.recv().await {
        let (lines, read) = batch?;
        let count = lines.iter().filter(|byte| **byte == b'\n').count() as u64;
        let mut sent = match target {
            Target::House(house) => signals::ingest::lines(house.kernel(), &actor, lines.into())
                .await
                .map_err(|problem| words.problem(&problem))?,
            Target::Door(door) => door.send(lines.into()).await?,
        };
        sent.lines.iter_mut().for_each(|line| line.line += lines_before);
        lines_before += count;
        join(&mut receipt, sent);
        bar.set_position(read.min(bytes));
        bar.set_message(format!("{} signals", receipt.accepted));
    }
    bar.finish_and_clear();
    Ok(receipt)
}

fn read_lines(path: &Path, send: &mpsc::Sender<Result<(Vec<u8>, u64)>>) -> Result<()> {
    use std::io::{BufRead, BufReader, Read};
    const PIECE_BYTES: usize = 1 << 20;
    let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    let mut counted = BufReader::with_capacity(1 << 18, file);
    let gzip = counted.fill_buf()?.starts_with(&[0x1F, 0x8B]);
    let mut reader: Box<dyn BufRead> = match gzip {
        true => Box::new(BufReader::with_capacity(1 << 18, flate2::bufread::MultiGzDecoder::new(counted))),
        false => Box::new(counted),
    };
    let mut read = 0u64;
    loop {
        let mut piece = Vec::with_capacity(PIECE_BYTES + 4096);
        (&mut reader).take(PIECE_BYTES as u64).read_to_end(&mut piece).context("the file")?;
        if piece.is_empty() {
            return Ok(());
        }
        if !piece.ends_with(b"\n") {
            // A line longer than the limit is refused by its reader; it is not read for ever here.
            (&mut reader).take(PIECE_BYTES as u64).read_until(b'\n', &mut piece).context("the file")?;
        }
        read += piece.len() as u64;
        if send.blocking_send(Ok((piece, read))).is_err() {
            return Ok(());
        }
    }
}

fn join(receipt: &mut Receipt, sent: Receipt) {
    receipt.accepted += sent.accepted;
    receipt.duplicates += sent.duplicates;
    receipt.conflicts += sent.conflicts;
    receipt.refused += sent.refused;
    receipt.position = receipt.position.max(sent.position);
    receipt.lines.extend(sent.lines);
    receipt.lines.truncate(signals::model::REFUSED_NAMED_MAX);
}

/// A batch of a mapped file, or what could not be read of it.
enum Read {
    Batch(Vec<Owned>, u64),
    Refused(u64, listings::import::Reason),
    Done(Counts),
    Failed(listings::import::Failed),
}

async fn mapped(
    args: &Ingest,
    name: &str,
    target: &Target,
    zone: &jiff::tz::TimeZone,
    words: &Words,
) -> Result<(Receipt, Option<Counts>)> {
    let (mapping_name, text) = mapping_of(name)?;
    let compiled = mapping::parse(&mapping_name, &text).map_err(|error| words.problem(&error.into()))?;
    let bytes = std::fs::metadata(&args.input).with_context(|| args.input.display().to_string())?.len();
    let bar = bar(bytes);
    let (send, mut batches) = mpsc::channel::<Read>(AHEAD);
    let (path, merchant, zone) = (args.input.clone(), args.merchant.clone(), zone.clone());
    let shift = args.shift_days.saturating_mul(ground::time::DAY_MICROS);
    tokio::task::spawn_blocking(move || read_mapped(&path, &compiled, merchant, shift, &zone, &send));
    let mut pace = Pace::new(args.speed);
    let (mut receipt, mut counts, mut shown) = (Receipt::default(), None, 0);
    while let Some(read) = batches.recv().await {
        match read {
            Read::Batch(batch, position) => {
                if let Some(first) = batch.first() {
                    pace.wait(first.at_us).await;
                }
                join(&mut receipt, target.send(&batch, words).await?);
                bar.set_position(position.min(bytes));
                let at = batch.last().map(|last| Timestamp::from_micros(last.at_us).to_rfc3339()).unwrap_or_default();
                bar.set_message(format!("{} signals, {at}", receipt.accepted));
            }
            Read::Refused(line, reason) => {
                shown += 1;
                if shown <= REFUSED_SHOWN {
                    bar.suspend(|| eprintln!("{}", words.fault(&reason.fault(line))));
                }
            }
            Read::Done(done) => counts = Some(done),
            Read::Failed(failed) => {
                bar.finish_and_clear();
                let name = args.input.display().to_string();
                bail!("{}", words.fault(&listings::import::run::fault_of(&failed, &name)));
            }
        }
    }
    bar.finish_and_clear();
    Ok((receipt, counts))
}

/// Reads a file under a mapping, in batches that do not reach over the end of a day: what rests on a day's end sees that day.
fn read_mapped(
    path: &Path,
    mapping: &mapping::Compiled,
    merchant: Option<String>,
    shift_micros: i64,
    zone: &jiff::tz::TimeZone,
    send: &mpsc::Sender<Read>,
) {
    let mut file = match SignalFile::open(path, mapping, merchant, shift_micros) {
        Ok(file) => file,
        Err(failed) => {
            let _ = send.blocking_send(Read::Failed(failed));
            return;
        }
    };
    let mut batch: Vec<Owned> = Vec::with_capacity(TOGETHER);
    let mut day = None;
    loop {
        let read = match file.next_item() {
            Ok(Some(Item::Signal(signal))) => {
                let of = Timestamp::from_micros(signal.at_us).date_in(zone);
                let over = day.is_some_and(|day| day != of) || batch.len() == TOGETHER;
                day = Some(of);
                let full = over.then(|| std::mem::replace(&mut batch, Vec::with_capacity(TOGETHER)));
                batch.push(signal);
                match full {
                    Some(full) => Read::Batch(full, file.bytes_read()),
                    None => continue,
                }
            }
            Ok(Some(Item::Refused { line, reason })) => Read::Refused(line, reason),
            Ok(None) => {
                let _ = send.blocking_send(Read::Batch(std::mem::take(&mut batch), file.bytes_read()));
                let _ = send.blocking_send(Read::Done(file.counts().clone()));
                return;
            }
            Err(failed) => {
                let _ = send.blocking_send(Read::Failed(failed));
                return;
            }
        };
        if send.blocking_send(read).is_err() {
            return;
        }
    }
}

fn mapping_of(name: &str) -> Result<(String, String)> {
    let path = Path::new(name);
    if path.is_file() {
        let large = std::fs::metadata(path)?.len() > mapping::MAPPING_BYTES_MAX as u64;
        anyhow::ensure!(!large, "{name}: a mapping has at most {} bytes", mapping::MAPPING_BYTES_MAX);
        return Ok((name.to_owned(), std::fs::read_to_string(path).with_context(|| name.to_owned())?));
    }
    let known: Vec<&str> = mapping::SHIPPED.iter().map(|(known, _)| *known).collect();
    let text = mapping::shipped(name).with_context(|| {
        format!("{name}: no such file, and no shipped mapping of that name (known: {})", known.join(", "))
    })?;
    Ok((name.to_owned(), text.to_owned()))
}

/// Lets the time between signals pass, so many times faster.
struct Pace {
    speed: Speed,
    begun: Option<(i64, tokio::time::Instant)>,
}

impl Pace {
    fn new(speed: Speed) -> Pace {
        Pace { speed, begun: None }
    }

    async fn wait(&mut self, at_us: i64) {
        let Speed::Times(times) = self.speed else { return };
        let (first_us, begun) = *self.begun.get_or_insert((at_us, tokio::time::Instant::now()));
        let passed = at_us.saturating_sub(first_us).max(0) as f64 / 1e6 / times;
        tokio::time::sleep_until(begun + Duration::from_secs_f64(passed.min(1e9))).await;
    }
}

fn summary(receipt: &Receipt, counts: Option<&Counts>, seconds: f64) {
    if let Some(counts) = counts {
        say!("lines       {}", counts.lines);
        say!("signals     {}", counts.signals);
        if counts.refused > 0 {
            say!("unreadable  {}", counts.refused);
        }
        if counts.unmatched > 0 {
            say!("no rule     {}", counts.unmatched);
        }
        for (rule, lines) in &counts.skipped {
            say!("left out    {rule}: {lines}");
        }
    }
    say!("accepted    {}", receipt.accepted);
    say!("duplicates  {}", receipt.duplicates);
    say!("conflicts   {}", receipt.conflicts);
    say!("refused     {}", receipt.refused);
    for line in receipt.lines.iter().take(REFUSED_SHOWN as usize) {
        say!("line {}  {} {}: {}", line.line, line.code, line.field, line.detail.en);
    }
    say!("kept up to  block {}", receipt.position);
    say!("time        {seconds:.1} s, {:.0} signals/s", receipt.seen() as f64 / seconds.max(0.001));
}

async fn replay(
    data: Option<&Path>,
    day: Option<jiff::civil::Date>,
    file: Option<&Path>,
    words: &Words,
) -> Result<ExitCode> {
    let house = House::open(data, file, words, false).await?;
    let actor = Actor::system("command-line");
    let said = |problem: Problem| words.problem(&problem);
    signals::drain(house.kernel()).await.map_err(said)?;
    let same = match day {
        None => {
            let found = signals::replay::replay(house.kernel(), &actor).await.map_err(said)?;
            say!("blocks      {} to {}", found.from + 1, found.until);
            say!("signals     {}", found.signals);
            say!("days closed {}", found.closed);
            say!("running     {}", found.digest);
            say!("replayed    {}", found.replayed_digest);
            found.damage.iter().for_each(|damage| say!("unreadable  {damage}"));
            found.is_same()
        }
        Some(day) => {
            let found =
                signals::replay::recount(house.kernel(), &actor, signals::day_number(day)).await.map_err(said)?;
            say!("day         {}", found.day);
            say!("one by one  {}", found.signals);
            say!("summed up   {}", found.summed);
            found.differing.iter().for_each(|merchant| say!("differs     {merchant}"));
            found.differing.is_empty()
        }
    };
    say!("{}", if same { "一致 SAME" } else { "不一致 DIFFERENT" });
    house.close(words).await?;
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn status(place: &Where, file: Option<&Path>, words: &Words) -> Result<ExitCode> {
    if let Some(url) = &place.server {
        let door = place.door(url)?;
        let (status, body, _) = door.ask(Method::GET, "/v1/signals/status", None, Bytes::new()).await?;
        anyhow::ensure!(status == 200, "{url} answered {status}: {}", String::from_utf8_lossy(&body));
        let value: serde_json::Value = serde_json::from_slice(&body).context("the server's answer")?;
        say!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(ExitCode::SUCCESS);
    }
    let house = House::open(place.data.as_deref(), file, words, false).await?;
    let said = |problem: Problem| words.problem(&problem);
    signals::drain(house.kernel()).await.map_err(said)?;
    let status = signals::status(house.kernel(), &Actor::system("command-line")).await.map_err(said)?;
    let moment = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), Timestamp::to_rfc3339);
    say!("folder      {}", house.config.data.folder.display());
    say!("signals     {}", status.signals);
    say!("keys        {} ({} in memory, {} bytes)", status.keys, status.hot_keys, status.memory_bytes);
    say!("newest      {}", moment(status.newest));
    say!("watermark   {}", moment(status.watermark));
    say!(
        "closed      {}",
        status.closed_through.map_or_else(|| "-".to_owned(), |day| signals::day_date(day).to_string())
    );
    say!(
        "log         {} to {}, {} bytes in {} segments",
        status.log_start,
        status.log_end,
        status.log_bytes,
        status.segments
    );
    say!("folded      {}", status.folded);
    say!("snapshot    {}", status.snapshot);
    say!("history     from block {} on not yet", status.compacted);
    say!("too late    {}", status.too_late);
    say!("unbelieved  {}", status.implausible);
    status.damage.iter().for_each(|damage| say!("damage      {damage}"));
    house.close(words).await?;
    Ok(ExitCode::SUCCESS)
}
