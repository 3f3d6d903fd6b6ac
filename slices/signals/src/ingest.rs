//! Taking signals in: a body of lines or of Arrow batches, or signals made in this process. What is answered as accepted is
//! on the disk.

use crate::body::{Body, Packing, Piece, Pieces};
use crate::error::Error;
use crate::intake::Batch;
use crate::model::{Receipt, Refused, excerpt};
use crate::parameters::parameters;
use crate::works::{Works, works};
use bytes::Bytes;
use futures::stream::FuturesOrdered;
use futures::{Stream, StreamExt};
use ground::{Bilingual, Problem, Timestamp};
use kernel::{Actor, Kernel, Permission, Result};
use std::sync::Arc;
use stream::{Limits, LineError, Signal};

/// Pieces of one body worked through at once.
const AHEAD: usize = 3;
/// Signals of this process taken at once.
const TAKEN_AT_ONCE: usize = 8_192;

/// The form of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line (`application/x-ndjson`).
    Ndjson,
    /// An Arrow IPC stream or file (`application/vnd.apache.arrow.stream`, `…arrow.file`).
    Arrow,
}

/// Takes a body in. When it breaks off, or the disk is full half-way, the problem says how many signals of it are kept; the
/// whole body can be sent again, since what came before counts once.
///
/// # Errors
/// `forbidden`; `signals_busy` when more comes in than is worked through; `signals_full`, `signals_storage` by the disk;
/// `signals_body`, `signals_slow`, `too_large` by the body; `signals_closed`.
pub async fn ingest<S, E>(
    kernel: &Kernel,
    actor: &Actor,
    format: Format,
    packing: Packing,
    stream: S,
) -> Result<Receipt>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Send + 'static,
    E: std::fmt::Display + Send + 'static,
{
    actor.require(Permission::SignalsIngest)?;
    let desk = Desk::open(kernel, actor)?;
    let body = Body::new(stream, packing, desk.works.settings.silence_ms_max);
    match format {
        Format::Ndjson => desk.read_lines(body).await,
        Format::Arrow => desk.read_arrow(body).await,
    }
}

/// Takes lines in that are all here.
///
/// # Errors
/// As [`ingest`].
pub async fn lines(kernel: &Kernel, actor: &Actor, lines: Bytes) -> Result<Receipt> {
    actor.require(Permission::SignalsIngest)?;
    let desk = Desk::open(kernel, actor)?;
    let receipt = desk.take_piece(Piece::Lines(lines), 0).await;
    receipt.map_err(Problem::from)
}

/// Takes in signals made in this process: complaints, scans, a demonstration. Each is checked as a line would be; the place in
/// the list stands for the line.
///
/// # Errors
/// As [`ingest`].
pub async fn submit(kernel: &Kernel, actor: &Actor, signals: &[Signal<'_>]) -> Result<Receipt> {
    actor.require(Permission::SignalsIngest)?;
    let desk = Desk::open(kernel, actor)?;
    let (mut receipt, mut first) = (Receipt::default(), 0);
    for signals in signals.chunks(TAKEN_AT_ONCE) {
        let mut written = Vec::with_capacity(signals.len() * 200);
        for signal in signals {
            stream::wire::write_line(signal, &mut written);
        }
        let taken = desk.take_piece(Piece::Lines(written.into()), first).await;
        receipt.add(taken.map_err(|error| Problem::from(error.having_kept(receipt.accepted)))?);
        first += signals.len() as u64;
    }
    Ok(receipt)
}

/// One request being worked through.
#[derive(Clone)]
struct Desk {
    works: Arc<Works>,
    limits: Arc<Limits>,
    now: Timestamp,
    sender: String,
}

impl Desk {
    fn open(kernel: &Kernel, actor: &Actor) -> Result<Desk> {
        let (works, parameters, now) = (works(kernel)?, parameters(kernel)?, kernel.now());
        let limits = Limits {
            earliest_us: now.micros().saturating_sub(parameters.age_micros_max),
            ahead_us_max: parameters.ahead_micros,
            ..Limits::default()
        };
        Ok(Desk { works, limits: Arc::new(limits), now, sender: actor.id.clone() })
    }

    async fn read_lines(&self, mut body: Body) -> Result<Receipt> {
        let mut pieces = Pieces::new(self.limits.line_bytes_max);
        let (mut receipt, mut at_work) = (Receipt::default(), FuturesOrdered::new());
        let (mut line, mut ended) = (0u64, false);
        loop {
            while let Some(piece) = pieces.take(ended) {
                let first = line;
                line += lines_of(&piece);
                if at_work.len() == AHEAD {
                    self.gather(&mut receipt, &mut at_work).await?;
                }
                let (desk, kept) = (self.clone(), receipt.accepted);
                at_work.push_back(async move { (kept, desk.take_piece(piece, first).await) });
            }
            if ended {
                break;
            }
            match body.next().await {
                Ok(Some(bytes)) => pieces.push(&bytes),
                Ok(None) => ended = true,
                Err(problem) => {
                    // What was read before the end came so suddenly is kept, and said.
                    while !at_work.is_empty() {
                        self.gather(&mut receipt, &mut at_work).await?;
                    }
                    return Err(with_kept(problem, receipt.accepted));
                }
            }
        }
        while !at_work.is_empty() {
            self.gather(&mut receipt, &mut at_work).await?;
        }
        Ok(receipt)
    }

    async fn gather<F>(&self, receipt: &mut Receipt, at_work: &mut FuturesOrdered<F>) -> Result<()>
    where
        F: Future<Output = (u64, std::result::Result<Receipt, Error>)>,
    {
        if let Some((_, taken)) = at_work.next().await {
            receipt.add(taken.map_err(|error| Problem::from(error.having_kept(receipt.accepted)))?);
        }
        Ok(())
    }

    async fn read_arrow(&self, mut body: Body) -> Result<Receipt> {
        let limits = lake::ipc::Limits { signal: (*self.limits).clone(), ..lake::ipc::Limits::default() };
        let mut reader = lake::ipc::Reader::new(limits, self.now.micros());
        let mut receipt = Receipt::default();
        loop {
            let bytes = match body.next().await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => break,
                Err(problem) => return Err(with_kept(problem, receipt.accepted)),
            };
            let mut batch = self.works.intake.batch();
            let mut rows = Receipt::default();
            let read = reader.push(&bytes, &mut |row, read: std::result::Result<Signal<'_>, LineError>| match read {
                Ok(signal) => batch.push(row, &signal),
                Err(error) => rows.refuse(refused_line(row, &error, &[])),
            });
            // Rows before the place where the body stops making sense are good.
            let taken = self.take_batch(batch, rows).await;
            receipt.add(taken.map_err(|error| Problem::from(error.having_kept(receipt.accepted)))?);
            read.map_err(|refused| self.not_arrow(&refused, &receipt))?;
        }
        reader.finish().map_err(|refused| self.not_arrow(&refused, &receipt))?;
        Ok(receipt)
    }

    fn not_arrow(&self, refused: &lake::ipc::Refused, receipt: &Receipt) -> Problem {
        Error::Body { detail: refused.to_string(), kept: receipt.accepted }.into()
    }

    async fn take_batch(&self, batch: Batch, rows: Receipt) -> std::result::Result<Receipt, Error> {
        if batch.len() == 0 && rows.lines.is_empty() {
            return Ok(rows);
        }
        let permit = self.works.admit(batch.len() * 128).await?;
        let desk = self.clone();
        let taken = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            desk.take(batch, rows)
        });
        taken.await.map_err(Error::storage)?
    }

    async fn take_piece(&self, piece: Piece, first: u64) -> std::result::Result<Receipt, Error> {
        let lines = match piece {
            Piece::Lines(lines) => lines,
            Piece::Long(start) => {
                let mut receipt = Receipt::default();
                receipt.refuse(long_line(first + 1, self.limits.line_bytes_max, &start));
                self.works.figures.note(self.now, &self.sender, &receipt, &[0; crate::figures::KINDS]);
                return Ok(receipt);
            }
        };
        let permit = self.works.admit(lines.len()).await?;
        let desk = self.clone();
        let taken = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            desk.parse(&lines, first)
        });
        taken.await.map_err(Error::storage)?
    }

    fn parse(&self, lines: &[u8], first: u64) -> std::result::Result<Receipt, Error> {
        let mut batch = self.works.intake.batch();
        let mut receipt = Receipt::default();
        stream::parse_lines(lines, &self.limits, self.now.micros(), |number, read| match read {
            Ok(signal) => batch.push(first + number, &signal),
            Err(error) => receipt.refuse(refused_line(number, &error, &[])),
        });
        show_lines(&mut receipt.lines, lines);
        receipt.lines.iter_mut().for_each(|line| line.line += first);
        self.take(batch, receipt)
    }

    /// Keeps a batch; `before` holds what was refused of the same lines. Blocks its thread.
    fn take(&self, batch: Batch, before: Receipt) -> std::result::Result<Receipt, Error> {
        let taken = self.works.intake.take(batch, self.now.micros())?;
        let mut receipt = before;
        receipt.accepted += taken.accepted;
        receipt.duplicates += taken.duplicates;
        receipt.conflicts += taken.conflicts.len() as u64;
        receipt.position = receipt.position.max(taken.position);
        receipt.lines.extend(taken.conflicts.iter().map(|(number, id)| conflict(*number, id)));
        receipt.lines.sort_by_key(|line| line.line);
        receipt.lines.truncate(crate::model::REFUSED_NAMED_MAX);
        self.works.figures.note(self.now, &self.sender, &receipt, &taken.by_kind);
        Ok(receipt)
    }
}

/// Puts the beginning of each refused line (ascending, counted from 1 in `text`) beside it.
fn show_lines(refused: &mut [Refused], text: &[u8]) {
    let (mut number, mut start) = (1, 0);
    for line in refused {
        while number < line.line {
            match memchr::memchr(b'\n', &text[start..]) {
                Some(end) => start += end + 1,
                None => return,
            }
            number += 1;
        }
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |end| start + end);
        line.excerpt = excerpt(&text[start..end]);
    }
}

fn long_line(number: u64, bytes_max: usize, start: &[u8]) -> Refused {
    Refused {
        line: number,
        code: stream::wire::Code::LineTooLong.as_str().to_owned(),
        field: String::new(),
        detail: Bilingual::new(
            format!("这一行超过 {bytes_max} 字节；一行只写一个信号"),
            format!("the line is longer than {bytes_max} bytes; write one signal to a line"),
        ),
        excerpt: excerpt(start),
    }
}

fn lines_of(piece: &Piece) -> u64 {
    match piece {
        Piece::Lines(lines) => memchr::memchr_iter(b'\n', lines).count() as u64 + u64::from(!lines.ends_with(b"\n")),
        Piece::Long(_) => 1,
    }
}

fn with_kept(problem: Problem, kept: u64) -> Problem {
    match problem.args.iter().any(|(name, _)| name == "kept") {
        // The body itself knew of none.
        true => {
            let mut problem = problem;
            problem.args.retain(|(name, _)| name != "kept");
            problem.arg("kept", kept)
        }
        false => problem,
    }
}

fn refused_line(number: u64, error: &LineError, line: &[u8]) -> Refused {
    Refused {
        line: number,
        code: error.code.as_str().to_owned(),
        field: error.field.clone().unwrap_or_default(),
        detail: error.detail.clone(),
        excerpt: excerpt(line),
    }
}

fn conflict(line: u64, id: &str) -> Refused {
    Refused {
        line,
        code: "conflict".to_owned(),
        field: "id".to_owned(),
        detail: Bilingual::new(
            "此前已有相同编号、内容不同的信号；原信号保留，这一条不计",
            "A signal with this id but other content came before; that one is kept and this one does not count",
        ),
        excerpt: excerpt(id.as_bytes()),
    }
}
