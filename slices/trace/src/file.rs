//! The code file of a batch: every code made again from its key, line by line, never stored.

use crate::model::Batch;
use crate::{Error, codes, keys};
use gs1::Scan;
use gs1::unit::UnitKey;
use kernel::{Actor, Kernel, Permission};
use std::io::{self, Write};
use std::sync::Arc;

/// The columns of the file.
pub const COLUMNS: [&str; 5] = ["number", "serial", "digital_link", "element_string", "covered_code"];
/// Codes made between two writes.
const CHUNK_CODES: u64 = 1_000;

/// A batch with its opened keys: makes its codes again.
#[derive(Debug, Clone)]
pub struct CodeFile {
    /// The batch.
    pub batch: Batch,
    key: Arc<UnitKey>,
    covered: Option<Arc<UnitKey>>,
    link: (String, String),
    brackets: (String, String),
    raw: (String, String),
}

/// One code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Which of its batch, from 1.
    pub number: u64,
    /// The serial (AI 21).
    pub serial: String,
    /// The Digital Link URI: what a QR code holds.
    pub digital_link: String,
    /// The element string with brackets: what stands beside a symbol.
    pub bracketed: String,
    /// The element string as a GS1 DataMatrix holds it, `^` for FNC1.
    pub element_string: String,
    /// The covered second code in groups of four; empty where there is none.
    pub covered: String,
}

/// Stands for the serial in a composed text, where it is the last element.
const MARK: &str = "ZZZZZZZZZZZZZZZZZZZZ";

/// Opens the codes of a batch for a file or for labels; an act says who took them.
///
/// # Errors
/// `forbidden`, `not_found`; a key that does not open.
pub async fn code_file(kernel: &Kernel, actor: &Actor, batch_id: &str, base: &str) -> Result<CodeFile, Error> {
    let file = openable(kernel, actor, batch_id, base).await?;
    taken(kernel, actor, &file.batch, (1, file.batch.count())).await?;
    Ok(file)
}

/// The codes of a batch for somebody who may take them; nothing is taken yet.
pub(crate) async fn openable(kernel: &Kernel, actor: &Actor, batch_id: &str, base: &str) -> Result<CodeFile, Error> {
    let batch = codes::batch(kernel, actor, batch_id).await?;
    // Who may only look at traces does not take the codes away.
    actor.require_own(Permission::TraceManage, Permission::OwnTrace, &batch.merchant_id)?;
    open(kernel, batch, base).await
}

/// Writes who took which codes of a batch: from a first one, so many.
pub(crate) async fn taken(
    kernel: &Kernel,
    actor: &Actor,
    batch: &Batch,
    (first, count): (u64, u64),
) -> Result<(), Error> {
    let mut write = kernel.begin(actor).await?;
    write.act(codes::about("codes.taken", batch).public("count", count).public("from", first)).await?;
    write.commit().await?;
    Ok(())
}

async fn open(kernel: &Kernel, batch: Batch, base: &str) -> Result<CodeFile, Error> {
    let db = kernel.db().read();
    let key = keys::open(kernel, db, &batch.key_id).await?;
    let covered = match &batch.covered_key_id {
        Some(id) => Some(keys::open(kernel, db, id).await?),
        None => None,
    };
    let mut elements = vec![("01", batch.gtin.as_str())];
    elements.extend(batch.lot.as_ref().map(|(_, number)| ("10", number.as_str())));
    elements.push(("21", MARK));
    let scan = Scan::from_elements(&elements).map_err(ground::Problem::internal)?;
    let link = scan.digital_link(base.trim_end_matches('/')).map_err(ground::Problem::internal)?;
    Ok(CodeFile {
        link: around(&link)?,
        brackets: around(&scan.bracketed())?,
        raw: around(&scan.element_string())?,
        batch,
        key,
        covered,
    })
}

/// What stands before and after the serial.
fn around(text: &str) -> Result<(String, String), Error> {
    let (head, tail) = text
        .rsplit_once(MARK)
        .ok_or_else(|| ground::Problem::internal(format!("a composed code has no serial: {text}")))?;
    Ok((head.to_owned(), tail.to_owned()))
}

impl CodeFile {
    /// The code at a position, from 1.
    ///
    /// # Errors
    /// `not_found` beyond the batch.
    pub fn code(&self, number: u64) -> Result<Code, Error> {
        if number == 0 || number > self.batch.count() {
            return Err(Error::Missing);
        }
        let serial = gs1::unit::mint(&self.key, &self.batch.gtin, self.batch.from + (number - 1))?;
        let put = |(head, tail): &(String, String)| format!("{head}{serial}{tail}");
        let covered = self.covered.as_ref().map(|key| gs1::unit::second_code(key, &self.batch.gtin, &serial).grouped());
        Ok(Code {
            number,
            serial: serial.as_str().to_owned(),
            digital_link: put(&self.link),
            bracketed: put(&self.brackets),
            element_string: put(&self.raw),
            covered: covered.unwrap_or_default(),
        })
    }

    /// Writes the whole file as CSV (RFC 4180, UTF-8): header and one line a code.
    ///
    /// # Errors
    /// What `out` says; a reader that stops reading ends the work.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(COLUMNS.join(",").as_bytes())?;
        out.write_all(b"\r\n")?;
        // A lot number may hold a comma or a quote; the parts around the serial are quoted once for all lines.
        let (link, brackets) = (quoted(&self.link), quoted(&self.brackets));
        let mut lines = Vec::with_capacity(CHUNK_CODES as usize * 160);
        let (from, until) = (self.batch.from, self.batch.until);
        for counter in from..until {
            let serial = gs1::unit::mint(&self.key, &self.batch.gtin, counter).map_err(io::Error::other)?;
            write!(lines, "{},", self.batch.position(counter))?;
            for part in [serial.as_str(), ",", &link.0, serial.as_str(), &link.1, ","] {
                lines.extend_from_slice(part.as_bytes());
            }
            for part in [&brackets.0, serial.as_str(), &brackets.1, ","] {
                lines.extend_from_slice(part.as_bytes());
            }
            if let Some(key) = &self.covered {
                let covered = gs1::unit::second_code(key, &self.batch.gtin, &serial);
                lines.extend_from_slice(covered.grouped().as_bytes());
            }
            lines.extend_from_slice(b"\r\n");
            if (counter - from + 1) % CHUNK_CODES == 0 {
                out.write_all(&lines)?;
                lines.clear();
            }
        }
        out.write_all(&lines)?;
        out.flush()
    }
}

/// A cell's parts around the serial, quoted where a cell must be. An apostrophe keeps a spreadsheet from taking it for a
/// formula; links and element strings begin with a letter or a bracket, so none is needed.
fn quoted((head, tail): &(String, String)) -> (String, String) {
    let special = |text: &String| text.contains([',', '"', '\r', '\n']);
    if !special(head) && !special(tail) {
        return (head.clone(), tail.clone());
    }
    (format!("\"{}", head.replace('"', "\"\"")), format!("{}\"", tail.replace('"', "\"\"")))
}

/// The first code of a batch, to look at on its page; without its covered code.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn first_code(kernel: &Kernel, actor: &Actor, batch_id: &str, base: &str) -> Result<Code, Error> {
    let batch = codes::batch(kernel, actor, batch_id).await?;
    actor.require_own(Permission::TraceManage, Permission::OwnTrace, &batch.merchant_id)?;
    let mut code = open(kernel, batch, base).await?.code(1)?;
    code.covered = String::new();
    Ok(code)
}
