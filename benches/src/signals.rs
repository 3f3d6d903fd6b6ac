//! Signals from a client's lines to the state, on this machine, client included: lines made, read, ids asked, one block a
//! body, appended and synced, acknowledged, folded. `BENCH_SECONDS` sets how long (20; the figure of a release takes 600).

use crate::clock::processor_seconds;
use crate::table::{Table, quantile, shown};
use jiff::tz::TimeZone;
use segments::{Answer, Log, Seen, SpillFile};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use stream::block::{Content, Writer};
use stream::fingerprint::{Fingerprint, Fingerprints};
use stream::wire::{Limits, write_line};
use stream::{Kind, Settings, Signal, State, parse_lines};

/// Seconds without `BENCH_SECONDS`.
const SECONDS: u64 = 20;
/// Requests on their way at once.
const CLIENTS: u64 = 6;
/// Signals in a body.
const BODY_SIGNALS: u64 = 10_000;
/// Products, merchants, buyers of the made marketplace.
const PRODUCTS: u64 = 1_000_000;
const MERCHANTS: u64 = 20_000;
const BUYERS: u64 = 10_000_000;
/// Event time the run covers: more than a day, so that a day is closed under load.
const COVERED_US: i64 = 36 * 3_600_000_000;
/// 2026-11-10T16:00:00Z: midnight in Shanghai.
const BEGIN_US: i64 = 1_794_326_400_000_000;
const SECRET: [u64; 2] = [0x5eed, 0xc0de];
/// Blocks after a snapshot that a restart has to replay, at most.
const SNAPSHOT_BLOCKS: u64 = 1_000;

/// What the client makes.
struct Maker {
    random: u64,
    client: u64,
    made: u64,
    texts: [String; 5],
}

impl Maker {
    fn new(client: u64) -> Maker {
        Maker { random: client.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1, client, made: 0, texts: Default::default() }
    }

    /// Numbers without a pattern (SplitMix64).
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One signal as a line; few products have most of the orders.
    fn line(&mut self, at_us: i64, out: &mut Vec<u8>) {
        use std::fmt::Write;
        let random = self.next();
        let share = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        let product = (share.powi(3) * PRODUCTS as f64) as u64;
        self.made += 1;
        let mut texts = std::mem::take(&mut self.texts);
        texts.iter_mut().for_each(String::clear);
        let [id, merchant, name, buyer, order] = &mut texts;
        // Writing to memory cannot fail.
        let _ = write!(id, "{:x}-{:x}", self.client, self.made);
        let _ = write!(merchant, "m{:05}", product % MERCHANTS);
        let _ = write!(name, "sku-{product}");
        let _ = write!(buyer, "b{}", random % BUYERS);
        let _ = write!(order, "o{}", random >> 24);
        let kind = match (random >> 8) % 100 {
            0..40 => Kind::Order,
            40..55 => Kind::Shipment,
            55..70 => Kind::Delivery,
            70..78 => Kind::Review,
            78..82 => Kind::Return,
            82 => Kind::Complaint,
            83..85 => Kind::Scan,
            _ => Kind::View,
        };
        let mut signal = Signal::new(id, kind, at_us, merchant, name);
        signal.order = (kind != Kind::View).then_some(order.as_str());
        match kind {
            Kind::Order => {
                signal.quantity = 1 + (random >> 16) as i64 % 3;
                signal.amount_minor = signal.quantity * (990 + product as i64 % 50_000);
                signal.attributes.buyer = Some(buyer);
                signal.attributes.buyer_age_days = Some((random >> 20) as u32 % 2_000);
            }
            Kind::Shipment => signal.attributes.weight_grams = Some(200 + product as u32 % 3_000),
            Kind::Review => {
                signal.attributes.rating = Some(1 + (random >> 18) as u8 % 5);
                signal.attributes.text_hash = Some(random);
            }
            Kind::Complaint | Kind::Return => signal.attributes.reason = Some("broken"),
            _ => {}
        }
        write_line(&signal, out);
        self.texts = texts;
    }

    fn body(&mut self, from_us: i64, out: &mut Vec<u8>) {
        out.clear();
        (0..BODY_SIGNALS as i64).for_each(|number| self.line(from_us + number, out));
    }
}

/// A body read: the block of its signals, and what the ids are asked.
#[derive(Default)]
struct Batch {
    writer: Writer,
    ids: Vec<(Fingerprint, u64)>,
    space: Vec<u8>,
    newest_us: i64,
}

impl Batch {
    fn read(&mut self, body: &[u8], prints: &Fingerprints) {
        self.ids.clear();
        parse_lines(body, &Limits::default(), i64::MAX / 2, |line, signal| match signal {
            Ok(signal) => {
                let content = prints.content(&signal, &mut self.space);
                self.ids.push((prints.id(signal.id), content));
                self.newest_us = self.newest_us.max(signal.at_us);
                self.writer.push(&signal);
            }
            Err(error) => panic!("line {line} was refused: {error}"),
        });
    }
}

/// What the threads share.
struct Run<'a> {
    log: &'a Log,
    seen: &'a Mutex<Seen>,
    prints: Fingerprints,
    begun: Instant,
    seconds: f64,
    acknowledged: AtomicU64,
    body_bytes: AtomicU64,
    stop: AtomicBool,
}

impl Run<'_> {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One client: makes a body, hands it in, waits for the acknowledgement, again. Gives how long each took.
    fn client(&self, number: u64) -> anyhow::Result<Vec<f64>> {
        let mut maker = Maker::new(number + 1);
        let (mut body, mut batch, mut waits) = (Vec::new(), Batch::default(), Vec::new());
        while !self.stop.load(Ordering::Relaxed) {
            let now = self.begun.elapsed().as_secs_f64() / self.seconds;
            maker.body(BEGIN_US + (now * COVERED_US as f64) as i64, &mut body);
            let handed_in = Instant::now();
            batch.read(&body, &self.prints);
            self.take(&mut batch)?;
            waits.push(handed_in.elapsed().as_secs_f64() * 1_000.0);
            self.acknowledged.fetch_add(BODY_SIGNALS, Ordering::Relaxed);
            self.body_bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
        }
        Ok(waits)
    }

    fn take(&self, batch: &mut Batch) -> anyhow::Result<()> {
        {
            let seen = self.seen();
            for (id, content) in &batch.ids {
                anyhow::ensure!(seen.check(*id, *content)? == Answer::New, "every id is new");
            }
        }
        let payload = batch.writer.finish(batch.newest_us);
        self.log.append(payload, batch.ids.len() as u32)?;
        let flush = {
            let mut seen = self.seen();
            batch.ids.iter().for_each(|(id, content)| seen.insert(*id, *content));
            // Blocks on their way are not in: what is complete is told generously late.
            let complete_through = self.log.end().saturating_sub(4 * CLIENTS);
            if seen.is_full() { seen.begin_flush(complete_through) } else { None }
        };
        if let Some(flush) = flush {
            let flushed = flush.write();
            self.seen().end_flush(flushed)?;
        }
        Ok(())
    }
}

/// The fold: reads the log behind its writer. Gives the signals folded, the days closed, and the seconds this took.
fn fold(run: &Run<'_>, state: &mut State, snapshot: &Path) -> anyhow::Result<(u64, u64, f64)> {
    let (mut folded, mut closed, mut busy, mut since_snapshot) = (0, 0, 0.0, 0);
    loop {
        let position = state.position();
        if !run.log.wait_past(position, Duration::from_millis(50)) {
            if run.stop.load(Ordering::Relaxed) && run.log.end() == position {
                return Ok((folded, closed, busy));
            }
            continue;
        }
        for block in run.log.read(position + 1) {
            let block = block.map_err(|damage| anyhow::anyhow!("{damage}"))?;
            let begun = Instant::now();
            let done = state.fold(&block.payload, block.sequence, &mut |_| {})?;
            busy += begun.elapsed().as_secs_f64();
            folded += done.signals;
            closed += done.closed.len() as u64;
            since_snapshot += 1;
        }
        if since_snapshot >= SNAPSHOT_BLOCKS && !snapshot.exists() {
            // One snapshot early in the run: the time it takes under load is part of the figure.
            write_snapshot(state, snapshot)?;
        }
        let complete = run.seen().complete_through();
        run.log.retain_from(state.position().min(complete))?;
    }
}

fn write_snapshot(state: &mut State, path: &Path) -> anyhow::Result<()> {
    let mut file = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    state.snapshot(&mut file)?;
    file.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?.sync_all()?;
    Ok(())
}

fn settings() -> anyhow::Result<Settings> {
    Ok(Settings { lateness_us: 3_600_000_000, ..Settings::new(TimeZone::get("Asia/Shanghai")?, SECRET) })
}

/// The tables of this part.
///
/// # Errors
/// When the disk refuses, or something is not as it was sent.
pub fn run() -> anyhow::Result<Vec<Table>> {
    let seconds: u64 = std::env::var("BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let folder = tempfile::tempdir()?;
    let mut table = Table::new(
        &format!("Signals, {seconds} s, {CLIENTS} clients on the same machine, acknowledged after fsync"),
        &["figure", "value"],
    );
    sustained(&mut table, folder.path(), seconds)?;
    Ok(vec![table, parts()?, memory()?])
}

fn sustained(table: &mut Table, folder: &Path, seconds: u64) -> anyhow::Result<()> {
    let log_settings = segments::Settings::default();
    let id_settings = segments::seen::Settings::default();
    let (log, _) = Log::open(&folder.join("log"), log_settings.clone())?;
    let (seen, _) = Seen::open(&folder.join("ids"), id_settings)?;
    let seen = Mutex::new(seen);
    let mut state = State::new(settings()?, Box::new(SpillFile::open(&folder.join("spill"))?));
    let snapshot = folder.join("snapshot");
    let run = Run {
        log: &log,
        seen: &seen,
        prints: Fingerprints::new(SECRET),
        begun: Instant::now(),
        seconds: seconds as f64,
        acknowledged: AtomicU64::new(0),
        body_bytes: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    };
    let processor_before = processor_seconds()?;
    let (mut waits, folded) = std::thread::scope(|scope| -> anyhow::Result<_> {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                scope.spawn({
                    let run = &run;
                    move || run.client(number)
                })
            })
            .collect();
        let (run, state, snapshot) = (&run, &mut state, &snapshot);
        let folder = scope.spawn(move || fold(run, state, snapshot));
        std::thread::sleep(Duration::from_secs(seconds));
        run.stop.store(true, Ordering::Relaxed);
        let mut waits = Vec::new();
        for client in clients {
            waits.extend(client.join().map_err(|_| anyhow::anyhow!("a client broke"))??);
        }
        let folded = folder.join().map_err(|_| anyhow::anyhow!("the fold broke"))??;
        Ok((waits, folded))
    })?;
    let took = run.begun.elapsed().as_secs_f64();
    let (acknowledged, bytes) = (run.acknowledged.load(Ordering::Relaxed), run.body_bytes.load(Ordering::Relaxed));
    let processor = processor_seconds()? - processor_before;
    let (folded, closed, busy) = folded;
    anyhow::ensure!(folded == acknowledged, "{folded} folded, {acknowledged} acknowledged");
    let signals = acknowledged as f64;
    let mut row = |name: &str, value: String| table.row(&[name.to_owned(), value]);
    row("signals acknowledged and folded", shown(signals));
    row("signals a second, the fold's end included", shown(signals / took));
    row("processor nanoseconds a signal, client included", shown(processor / signals * 1e9));
    row("processors in use", shown(processor / took));
    row("acknowledgement of 10 000 signals, p50 ms", shown(quantile(&mut waits, 0.5)));
    row("acknowledgement of 10 000 signals, p99 ms", shown(quantile(&mut waits, 0.99)));
    row("bytes a signal as sent", shown(bytes as f64 / signals));
    row("days closed in the run", closed.to_string());
    row("share of the time the fold was busy", shown(busy / took));
    recovery(table, folder, log, seen, state, &snapshot)
}

/// Stops everything as a kill would leave it (the last snapshot is behind the log's end), opens it again and compares.
fn recovery(
    table: &mut Table,
    folder: &Path,
    log: Log,
    seen: Mutex<Seen>,
    mut state: State,
    snapshot: &Path,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    write_snapshot(&mut state, snapshot)?;
    let snapshot_seconds = begun.elapsed().as_secs_f64();
    let (prints, mut maker, mut body, mut batch) =
        (Fingerprints::new(SECRET), Maker::new(99), Vec::new(), Batch::default());
    let before = log.bytes();
    for number in 0..200 {
        maker.body(BEGIN_US + COVERED_US + number * 20_000, &mut body);
        batch.read(&body, &prints);
        let sequence = log.append(batch.writer.finish(batch.newest_us), BODY_SIGNALS as u32)?;
        let block = log.read(sequence).next().ok_or_else(|| anyhow::anyhow!("the block is gone"))?;
        state.fold(&block.map_err(|damage| anyhow::anyhow!("{damage}"))?.payload, sequence, &mut |_| {})?;
    }
    let on_disk = (log.bytes() - before) as f64 / (200.0 * BODY_SIGNALS as f64);
    let digest = state.digest()?;
    let records = state.stats().keys;
    drop((log, seen, state));
    let begun = Instant::now();
    let (mut seen, _) = Seen::open(&folder.join("ids"), segments::seen::Settings::default())?;
    let ids_seconds = begun.elapsed().as_secs_f64();
    let after = seen.complete_through();
    let begun = Instant::now();
    let (log, found) = Log::open(&folder.join("log"), segments::Settings { after, ..segments::Settings::default() })?;
    let log_seconds = begun.elapsed().as_secs_f64();
    anyhow::ensure!(found.damage.is_empty() && found.torn.is_none(), "{found:?}");
    let begun = Instant::now();
    let ids_again = ids_again(&log, &mut seen)?;
    let again_seconds = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let spill = Box::new(SpillFile::open(&folder.join("spill"))?);
    let mut file = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(snapshot)?);
    let mut state = State::restore(settings()?, spill, &mut file)?;
    let restore_seconds = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let mut replayed = 0;
    for block in log.read(state.position() + 1) {
        let block = block.map_err(|damage| anyhow::anyhow!("{damage}"))?;
        replayed += state.fold(&block.payload, block.sequence, &mut |_| {})?.signals;
    }
    let replay_seconds = begun.elapsed().as_secs_f64();
    anyhow::ensure!(state.digest()? == digest, "the restored state is another");
    let mut row = |name: String, value: f64| table.row(&[name, shown(value)]);
    row("bytes a signal in the log".to_owned(), on_disk);
    row(format!("snapshot of {records} keys, s"), snapshot_seconds);
    row(format!("restart: {} ids opened, s", seen.in_runs()), ids_seconds);
    row(format!("restart: log of {} MiB opened and checked, s", log.bytes() >> 20), log_seconds);
    row(format!("restart: {ids_again} ids put in again from the log, s"), again_seconds);
    row("restart: snapshot restored, s".to_owned(), restore_seconds);
    row(format!("restart: {replayed} signals replayed to the same digest, s"), replay_seconds);
    Ok(())
}

/// Puts the ids of blocks in again that are in no run.
fn ids_again(log: &Log, seen: &mut Seen) -> anyhow::Result<u64> {
    let (prints, mut space, mut count) = (Fingerprints::new(SECRET), Vec::new(), 0);
    for block in log.read(seen.complete_through() + 1) {
        let block = block.map_err(|damage| anyhow::anyhow!("{damage}"))?;
        if let Content::Signals(signals) = stream::block::read(&block.payload)?.content {
            for signal in signals.iter() {
                let signal = signal?;
                seen.insert(prints.id(signal.id), prints.content(&signal, &mut space));
                count += 1;
            }
        }
    }
    Ok(count)
}

/// What each part of the way costs alone, on one core.
fn parts() -> anyhow::Result<Table> {
    let mut table = Table::new("A signal's way, part by part, one core", &["part", "nanoseconds a signal"]);
    let rounds = 100u64;
    let signals = (rounds * BODY_SIGNALS) as f64;
    let prints = Fingerprints::new(SECRET);
    let mut maker = Maker::new(7);
    // Processor time, so that other work on the machine does not count.
    let mut nanoseconds = |name: &str, begun: f64| -> anyhow::Result<()> {
        table.row(&[name.to_owned(), shown((processor_seconds()? - begun) * 1e9 / signals)]);
        Ok(())
    };
    let begun = processor_seconds()?;
    let bodies: Vec<Vec<u8>> = (0..rounds)
        .map(|round| {
            let mut body = Vec::new();
            maker.body(BEGIN_US + round as i64 * 1_000_000, &mut body);
            body
        })
        .collect();
    nanoseconds("client makes the line", begun)?;
    let begun = processor_seconds()?;
    let mut read = 0u64;
    for body in &bodies {
        parse_lines(body, &Limits::default(), i64::MAX / 2, |_, signal| read += u64::from(signal.is_ok()));
    }
    nanoseconds("line read", begun)?;
    anyhow::ensure!(read == rounds * BODY_SIGNALS, "{read} read");
    let mut batches: Vec<Batch> = bodies.iter().map(|_| Batch::default()).collect();
    let begun = processor_seconds()?;
    bodies.iter().zip(&mut batches).for_each(|(body, batch)| batch.read(body, &prints));
    nanoseconds("line read, fingerprints made, block written", begun)?;
    let folder = tempfile::tempdir()?;
    let (mut seen, _) = Seen::open(folder.path(), segments::seen::Settings::default())?;
    let begun = processor_seconds()?;
    for batch in &batches {
        for (id, content) in &batch.ids {
            anyhow::ensure!(seen.check(*id, *content)? == Answer::New, "every id is new");
        }
        batch.ids.iter().for_each(|(id, content)| seen.insert(*id, *content));
        if seen.is_full() {
            seen.flush(0)?;
        }
    }
    nanoseconds("id asked and kept (runs written and synced)", begun)?;
    let payloads: Vec<Vec<u8>> = batches.iter_mut().map(|batch| batch.writer.finish(batch.newest_us)).collect();
    let mut state = State::new(settings()?, Box::new(stream::state::MemorySpill::default()));
    let begun = processor_seconds()?;
    for (position, payload) in (1..).zip(&payloads) {
        state.fold(payload, position, &mut |_| {})?;
    }
    nanoseconds("folded (keys new to the state)", begun)?;
    let begun = processor_seconds()?;
    for (position, payload) in (rounds + 1..).zip(&payloads) {
        state.fold(payload, position, &mut |_| {})?;
    }
    nanoseconds("folded (keys known)", begun)?;
    Ok(table)
}

/// A million products, each with an order on each of ten days.
fn memory() -> anyhow::Result<Table> {
    let mut table = Table::new("Memory of the state", &["marketplace", "bytes a product", "keys", "MiB in all"]);
    for days in [1i64, 10] {
        let mut state = State::new(settings()?, Box::new(stream::state::MemorySpill::default()));
        let mut writer = Writer::new();
        let mut position = 0;
        for day in 0..days {
            for start in (0..PRODUCTS).step_by(50_000) {
                let names: Vec<(String, String)> = (start..start + 50_000)
                    .map(|number| (format!("sku-{number}"), format!("m{:05}", number % MERCHANTS)))
                    .collect();
                let at_us = BEGIN_US + day * 86_400_000_000;
                for (product, merchant) in &names {
                    let mut order = Signal::new(product, Kind::Order, at_us, merchant, product);
                    order.attributes.buyer = Some(product);
                    writer.push(&order);
                }
                position += 1;
                state.fold(&writer.finish(at_us), position, &mut |_| {})?;
            }
        }
        let stats = state.stats();
        table.row(&[
            format!("1 000 000 products, orders on {days} day(s)"),
            shown(stats.memory_bytes as f64 / PRODUCTS as f64),
            stats.keys.to_string(),
            shown(stats.memory_bytes as f64 / f64::from(1 << 20)),
        ]);
    }
    Ok(table)
}
