//! An import from beginning to end: from a kept file as a job, or from a file on the disk by the command line.

use super::mapping::{self, Compiled};
use super::record::{self, Item};
use super::table::Table;
use super::writer::{self, BATCH_ITEMS};
use super::{Failed, GROUPS_MAX, Import, ImportState, JOB, ROWS_KEPT_MAX, Reason, RowReport, RowStatus, group, source};
use crate::error::{Error, IMPORT_RUNNING};
use crate::{store, versions};
use ground::limits::IMPORT_BYTES_MAX;
use ground::time::MINUTE_MICROS;
use ground::{Fault, Place, Problem};
use kernel::{Act, Actor, Kernel, Page, Paging, Permission, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use tokio::sync::mpsc;

/// A claim older than this is void: its worker has died.
const CLAIM_MICROS: i64 = 2 * MINUTE_MICROS;
/// Batches read ahead of the writer.
const AHEAD_BATCHES: usize = 4;
/// Lines between two looks at the progress while a file is only read.
const REPORT_LINES: u64 = 20_000;

/// What an import starts from.
#[derive(Debug, Clone)]
pub struct NewImport {
    /// For which merchant.
    pub merchant_id: String,
    /// Name of the file as people know it.
    pub file_name: String,
    /// Name of the mapping.
    pub mapping_name: String,
    /// The mapping, TOML or YAML.
    pub mapping: String,
    /// Whether the listings are handed in for screening.
    pub screen: bool,
}

/// How far an import is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// Bytes of the file read.
    pub bytes_read: u64,
    /// Bytes of the file.
    pub bytes_total: u64,
    /// Lines read.
    pub lines_read: u64,
    /// Items written.
    pub rows_done: u64,
    /// Items in all, once known.
    pub rows_total: Option<u64>,
}

/// Keeps an uploaded file and queues its import; the job does the rest. The same file under the same mapping that is
/// still on its way is given back instead.
///
/// # Errors
/// `import_mapping`, `file_too_large`, `file_kind`, `forbidden`, `not_found`, `listing_market`.
pub async fn begin(kernel: &Kernel, actor: &Actor, new: NewImport, path: &Path) -> Result<Import> {
    prepare(kernel, actor, &new).await?;
    let blob = kernel.blobs().put_file(path, &blobs::Kind::TABLES, IMPORT_BYTES_MAX).await?;
    let import = record_new(kernel, actor, new, blob.sha256, blob.bytes, false).await?;
    kernel.wake(JOB);
    Ok(import)
}

/// Records the import of a file that stays where it lies, for the command line; [`run_to_end`] does the rest. A stopped
/// import of the same file goes on where it was.
///
/// # Errors
/// As [`begin`].
pub async fn begin_at(kernel: &Kernel, actor: &Actor, new: NewImport, path: &Path) -> Result<Import> {
    prepare(kernel, actor, &new).await?;
    let owned = path.to_owned();
    let (sha256, bytes) = tokio::task::spawn_blocking(move || measure(&owned)).await.map_err(Problem::internal)??;
    record_new(kernel, actor, new, sha256, bytes, true).await
}

async fn prepare(kernel: &Kernel, actor: &Actor, new: &NewImport) -> Result<()> {
    versions::may_write(actor, &new.merchant_id)?;
    crate::standing::exists(kernel, &new.merchant_id).await?;
    let compiled = mapping::parse(&new.mapping_name, &new.mapping)?;
    versions::known_market(kernel, &compiled.mapping.market)
}

fn measure(path: &Path) -> Result<(String, u64)> {
    use sha2::Digest;
    let unreadable = |error: std::io::Error| {
        let failed = source::failed(0, &error);
        Problem::from(Error::Unreadable(Box::new(fault_of(&failed, &path.display().to_string()))))
    };
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes > IMPORT_BYTES_MAX {
        let reason = Reason::new("", "listings-import-large").arg("mebibytes", IMPORT_BYTES_MAX / (1024 * 1024));
        return Err(
            Error::Unreadable(Box::new(fault_of(&Failed { line: 0, reason }, &path.display().to_string()))).into()
        );
    }
    let mut hasher = sha2::Sha256::new();
    std::io::copy(&mut file, &mut hasher).map_err(unreadable)?;
    Ok((hex::encode(hasher.finalize()), bytes))
}

/// A fault of the whole file, for people.
pub fn fault_of(failed: &Failed, file_name: &str) -> Fault {
    let mut fault = failed.reason.fault(failed.line);
    fault.place =
        Place { file: Some(file_name.to_owned()), line: Some(failed.line).filter(|line| *line > 0), ..fault.place };
    fault
}

async fn record_new(
    kernel: &Kernel,
    actor: &Actor,
    new: NewImport,
    sha256: String,
    bytes: u64,
    from_disk: bool,
) -> Result<Import> {
    let compiled = mapping::parse(&new.mapping_name, &new.mapping)?;
    let mapping_hash = crate::banks::sketch::digest(&new.mapping);
    let mut write = kernel.begin(actor).await?;
    let there = store::imports::unfinished(write.tx(), &new.merchant_id, &sha256, &mapping_hash, new.screen).await?;
    if let Some(there) = there.filter(|there| there.from_disk == from_disk) {
        return Ok(there);
    }
    let import = Import {
        id: write.new_id(),
        merchant_id: new.merchant_id,
        market: compiled.mapping.market.clone(),
        file_sha256: sha256,
        file_name: new.file_name.chars().filter(|c| !c.is_control()).take(300).collect(),
        file_bytes: bytes,
        mapping_name: compiled.mapping.name.clone(),
        mapping: new.mapping,
        screen: new.screen,
        from_disk,
        state: ImportState::Queued,
        bytes_read: 0,
        lines_read: 0,
        rows_done: 0,
        rows_total: None,
        created: 0,
        updated: 0,
        unchanged: 0,
        refused: 0,
        skipped: BTreeMap::new(),
        failure: None,
        created_by: actor.id.clone(),
        created_at: write.now(),
        finished_at: None,
    };
    store::imports::insert(write.tx(), &import, &mapping_hash).await?;
    let act = Act::new("import.started", "import", &import.id)
        .about("merchant", &import.merchant_id)
        .evidence(&import.file_sha256)
        .public("mapping", import.mapping_name.as_str())
        .public("mapping_sha256", mapping_hash)
        .public("screen", import.screen)
        .private("file", import.file_name.as_str());
    write.act(act).await?;
    write.commit().await?;
    Ok(import)
}

/// One turn of the job: the oldest waiting import, to its end. It is bounded by the limit on files; its claim is renewed
/// with every batch.
pub(crate) async fn turn(kernel: Kernel) -> Result<u64> {
    let void_before = kernel.now().plus_micros(-CLAIM_MICROS);
    let Some(import) = store::imports::waiting(kernel.db().read(), void_before).await? else { return Ok(0) };
    let folder = tempfile::tempdir().map_err(|error| Problem::new(&ground::problem::UNAVAILABLE).because(error))?;
    let path = folder.path().join("import");
    kernel.blobs().get_file(&import.file_sha256, &path).await?;
    match run_to_end(&kernel, &import.id, &path, |_| {}).await {
        Err(problem) if problem.code.code == IMPORT_RUNNING.code => Ok(0),
        Err(problem) => Err(problem),
        Ok(_) => Ok(1),
    }
}

/// What the reader hands to the writer.
enum Piece {
    Items { items: Vec<(u64, Item)>, known: Known },
    Reading(Known),
    Failed(Failed),
}

/// What the reader knows.
#[derive(Debug, Clone, Default)]
struct Known {
    bytes_read: u64,
    lines_read: u64,
    rows_total: Option<u64>,
    skipped: BTreeMap<String, u64>,
}

/// Runs an import to its end, behind its checkpoint. `progress` is called after every batch. A fault of the file ends it
/// as failed; what was written before stays, each row whole, and the report says which.
///
/// # Errors
/// `import_running` when another worker has it; what the store says. A fault of the file is no error: see `failure`.
pub async fn run_to_end(kernel: &Kernel, import_id: &str, path: &Path, progress: impl Fn(&Progress)) -> Result<Import> {
    let mut import = store::imports::get(kernel.db().read(), import_id).await?.ok_or_else(Problem::not_found)?;
    if matches!(import.state, ImportState::Finished | ImportState::Failed) {
        return Ok(import);
    }
    let compiled = mapping::parse(&import.mapping_name, &import.mapping)?;
    import = advance(kernel, &import, &Import { state: ImportState::Running, ..import.clone() }).await?;
    let (to_writer, mut from_reader) = mpsc::channel::<Piece>(AHEAD_BATCHES);
    let (owned, checkpoint) = (path.to_owned(), import.rows_done);
    let reader = tokio::task::spawn_blocking(move || read(&owned, &compiled, checkpoint, &to_writer));
    let base = import.from_disk.then(|| path.parent().map(Path::to_owned)).flatten();
    let mut failure = None;
    while let Some(piece) = from_reader.recv().await {
        let (items, known) = match piece {
            Piece::Items { items, known } => (items, known),
            Piece::Reading(known) => (Vec::new(), known),
            Piece::Failed(failed) => {
                failure = Some(failed);
                break;
            }
        };
        let told = with(&import, &known);
        for mut batch in writer::batches(items) {
            pictures(kernel, &import.merchant_id, base.as_deref(), &mut batch).await?;
            import = writer::write_batch(kernel, &import, &told, &batch).await?;
        }
        if import.rows_total != told.rows_total || import.bytes_read != told.bytes_read {
            import = advance(kernel, &import, &with(&import, &known)).await?;
        }
        progress(&progress_of(&import));
    }
    drop(from_reader);
    reader.await.map_err(Problem::internal)?;
    finish(kernel, import, failure).await
}

fn with(import: &Import, known: &Known) -> Import {
    Import {
        bytes_read: known.bytes_read,
        lines_read: known.lines_read,
        rows_total: known.rows_total,
        skipped: known.skipped.clone(),
        ..import.clone()
    }
}

fn progress_of(import: &Import) -> Progress {
    Progress {
        bytes_read: import.bytes_read,
        bytes_total: import.file_bytes,
        lines_read: import.lines_read,
        rows_done: import.rows_done,
        rows_total: import.rows_total,
    }
}

async fn advance(kernel: &Kernel, before: &Import, after: &Import) -> Result<Import> {
    let tx = kernel.db().write_tx().await?;
    if !store::imports::advance(&tx, before, after, kernel.now()).await? {
        return Err(Problem::new(&IMPORT_RUNNING));
    }
    tx.commit().await.map_err(db::Error::from)?;
    Ok(after.clone())
}

async fn finish(kernel: &Kernel, import: Import, failure: Option<Failed>) -> Result<Import> {
    let mut write = kernel.begin(&Actor::system("import")).await?;
    let state = if failure.is_some() { ImportState::Failed } else { ImportState::Finished };
    let done = Import { state, failure, finished_at: Some(write.now()), ..import.clone() };
    if !store::imports::advance(write.tx(), &import, &done, write.now()).await? {
        return Err(Problem::new(&IMPORT_RUNNING));
    }
    let mut act = Act::new("import.finished", "import", &done.id)
        .about("merchant", &done.merchant_id)
        .outcome(done.state.name())
        .public("created", done.created)
        .public("updated", done.updated)
        .public("unchanged", done.unchanged)
        .public("refused", done.refused)
        .public("skipped", done.skipped.values().sum::<u64>());
    if let Some(failed) = &done.failure {
        act = act.reason(&failed.reason.message).public("line", failed.line);
    }
    write.act(act).await?;
    write.commit().await?;
    Ok(done)
}

/// Resolves the pictures of a batch: content hashes of kept files, and, from the command line, files beside the import.
async fn pictures(kernel: &Kernel, merchant_id: &str, base: Option<&Path>, batch: &mut [(u64, Item)]) -> Result<()> {
    for (_, item) in batch {
        let Item::Product(product) = item else { continue };
        let mut reasons = Vec::new();
        for name in std::mem::take(&mut product.pictures) {
            match picture(kernel, merchant_id, base, &name).await? {
                Ok(image) => product.content.images.push(image),
                Err(reason) => reasons.push(reason),
            }
        }
        if !reasons.is_empty() {
            *item = Item::Refused { line: product.line, external_id: product.external_id.clone(), reasons };
        }
    }
    Ok(())
}

async fn picture(
    kernel: &Kernel,
    merchant_id: &str,
    base: Option<&Path>,
    name: &str,
) -> Result<Result<crate::Image, Reason>> {
    let refuse = |message: &str| Ok(Err(Reason::new("images", message).arg("value", name)));
    if blobs::is_sha256(name) {
        return match crate::pictures::resolve(kernel, Some(merchant_id), &[name.to_owned()]).await {
            Ok(mut found) => Ok(found.pop().ok_or_else(|| Reason::new("images", "listings-row-picture"))),
            Err(_) => refuse("listings-row-picture"),
        };
    }
    let Some(path) = base.and_then(|base| beside(base, name)) else { return refuse("listings-row-picture") };
    let small = tokio::fs::metadata(&path)
        .await
        .is_ok_and(|meta| meta.is_file() && meta.len() <= ground::limits::UPLOAD_BYTES_MAX);
    if !small {
        return refuse("listings-row-picture-file");
    }
    let Ok(bytes) = tokio::fs::read(&path).await else { return refuse("listings-row-picture-file") };
    match crate::pictures::keep(kernel, &Actor::system("import"), bytes.into(), name).await {
        Ok(image) => Ok(Ok(image)),
        Err(problem) if problem.code.status < 500 => refuse("listings-row-picture-file"),
        Err(problem) => Err(problem),
    }
}

/// A file below a folder; never one outside it.
fn beside(base: &Path, name: &str) -> Option<PathBuf> {
    let relative = Path::new(name);
    let inside = relative
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir));
    inside.then(|| base.join(relative))
}

/// Reads the file and sends its items behind the checkpoint. Runs on a thread of its own.
fn read(path: &Path, mapping: &Compiled, checkpoint: u64, to: &mpsc::Sender<Piece>) {
    let outcome = if mapping.mapping.group_by.is_some() {
        read_grouped(path, mapping, checkpoint, to)
    } else {
        // First to the end without writing: a damaged file is refused before its first row is taken.
        count(path, mapping, to).and_then(|total| read_rows(path, mapping, checkpoint, total, to))
    };
    if let Err(Some(failed)) = outcome {
        let _ = to.blocking_send(Piece::Failed(failed));
    }
}

/// `Err(None)`: nobody listens any more.
type Stopped = Option<Failed>;

fn send(to: &mpsc::Sender<Piece>, piece: Piece) -> std::result::Result<(), Stopped> {
    to.blocking_send(piece).map_err(|_| None)
}

fn count(path: &Path, mapping: &Compiled, to: &mpsc::Sender<Piece>) -> std::result::Result<u64, Stopped> {
    let source = source::open(path, &mapping.mapping.encoding).map_err(Some)?;
    let read = std::sync::Arc::clone(&source.read);
    let mut table = Table::open(source, mapping).map_err(Some)?;
    let (mut lines, mut items) = (0u64, 0u64);
    while let Some(row) = table.next_row().map_err(Some)? {
        lines += 1;
        let skipped = row.values.as_ref().is_ok_and(|values| record::skipped(&table, values, mapping).is_some());
        items += u64::from(!skipped);
        if lines % REPORT_LINES == 0 {
            send(
                to,
                Piece::Reading(Known {
                    bytes_read: read.load(Ordering::Relaxed),
                    lines_read: lines,
                    ..Known::default()
                }),
            )?;
        }
    }
    Ok(items)
}

fn read_rows(
    path: &Path,
    mapping: &Compiled,
    checkpoint: u64,
    total: u64,
    to: &mpsc::Sender<Piece>,
) -> std::result::Result<(), Stopped> {
    let source = source::open(path, &mapping.mapping.encoding).map_err(Some)?;
    let read = std::sync::Arc::clone(&source.read);
    let mut table = Table::open(source, mapping).map_err(Some)?;
    let mut known = Known { rows_total: Some(total), ..Known::default() };
    let mut sender = Sender { to, checkpoint, position: 0, items: Vec::with_capacity(BATCH_ITEMS) };
    while let Some(row) = table.next_row().map_err(Some)? {
        known.lines_read += 1;
        let item = match &row.values {
            Err(reason) => Item::Refused { line: row.line, external_id: String::new(), reasons: vec![reason.clone()] },
            Ok(values) => match record::skipped(&table, values, mapping) {
                Some(rule) => {
                    *known.skipped.entry(rule).or_default() += 1;
                    continue;
                }
                None => record::read(&table, row.line, values, mapping),
            },
        };
        known.bytes_read = read.load(Ordering::Relaxed);
        sender.push(item, &known)?;
    }
    sender.flush(&known)
}

fn read_grouped(
    path: &Path,
    mapping: &Compiled,
    checkpoint: u64,
    to: &mpsc::Sender<Piece>,
) -> std::result::Result<(), Stopped> {
    let source = source::open(path, &mapping.mapping.encoding).map_err(Some)?;
    let read = std::sync::Arc::clone(&source.read);
    let mut table = Table::open(source, mapping).map_err(Some)?;
    let mut known = Known::default();
    let mut groups = group::Groups::new(mapping);
    let mut refused: Vec<Item> = Vec::new();
    while let Some(row) = table.next_row().map_err(Some)? {
        known.lines_read += 1;
        if known.lines_read % REPORT_LINES == 0 {
            known.bytes_read = read.load(Ordering::Relaxed);
            send(to, Piece::Reading(known.clone()))?;
        }
        let item = match &row.values {
            Err(reason) => {
                Some(Item::Refused { line: row.line, external_id: String::new(), reasons: vec![reason.clone()] })
            }
            Ok(values) => match record::skipped(&table, values, mapping) {
                Some(rule) => {
                    *known.skipped.entry(rule).or_default() += 1;
                    None
                }
                None => groups.take(&table, row.line, values).map_err(Some)?,
            },
        };
        if let Some(item) = item {
            if refused.len() >= GROUPS_MAX {
                return Err(Some(Failed {
                    line: row.line,
                    reason: Reason::new("", "listings-import-refused").arg("most", GROUPS_MAX),
                }));
            }
            refused.push(item);
        }
    }
    known.bytes_read = read.load(Ordering::Relaxed);
    known.rows_total = Some((refused.len() + groups.len()) as u64);
    send(to, Piece::Reading(known.clone()))?;
    let mut sender = Sender { to, checkpoint, position: 0, items: Vec::with_capacity(BATCH_ITEMS) };
    for item in refused.into_iter().chain(groups.finish()) {
        sender.push(item, &known)?;
    }
    sender.flush(&known)
}

struct Sender<'a> {
    to: &'a mpsc::Sender<Piece>,
    checkpoint: u64,
    position: u64,
    items: Vec<(u64, Item)>,
}

impl Sender<'_> {
    fn push(&mut self, item: Item, known: &Known) -> std::result::Result<(), Stopped> {
        self.position += 1;
        if self.position <= self.checkpoint || self.position > ROWS_KEPT_MAX {
            return Ok(());
        }
        self.items.push((self.position, item));
        if self.items.len() >= BATCH_ITEMS { self.flush(known) } else { Ok(()) }
    }

    fn flush(&mut self, known: &Known) -> std::result::Result<(), Stopped> {
        let items = std::mem::take(&mut self.items);
        send(
            self.to,
            if items.is_empty() { Piece::Reading(known.clone()) } else { Piece::Items { items, known: known.clone() } },
        )
    }
}

/// One import.
///
/// # Errors
/// `not_found` also for another merchant's, `forbidden`.
pub async fn get(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Import> {
    let import = store::imports::get(kernel.db().read(), id).await?.ok_or_else(Problem::not_found)?;
    versions::may_read(actor, &import.merchant_id)?;
    Ok(import)
}

/// One page of imports, newest first; a merchant's own people see theirs alone.
///
/// # Errors
/// `forbidden`.
pub async fn list(kernel: &Kernel, actor: &Actor, merchant_id: Option<&str>, paging: &Paging) -> Result<Page<Import>> {
    let own;
    let merchant = if actor.may(Permission::ListingsRead) {
        merchant_id
    } else {
        actor.require(Permission::OwnListings)?;
        own = actor.own_organisation()?.to_owned();
        Some(own.as_str())
    };
    store::imports::page(kernel.db().read(), merchant, paging).await
}

/// Statuses of rows after a position (0: from the beginning), of one status or all; at most 500.
///
/// # Errors
/// As [`get`].
pub async fn rows(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    status: Option<RowStatus>,
    after: u64,
    most: u64,
) -> Result<Vec<RowReport>> {
    get(kernel, actor, id).await?;
    store::imports::rows_after(kernel.db().read(), id, status, after, most.clamp(1, 500)).await
}

/// The rows of a report as a stream of pages, for a download that does not fit into memory.
///
/// # Errors
/// As [`get`]; a page that cannot be read ends the stream with its problem.
pub async fn report(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    status: Option<RowStatus>,
) -> Result<impl futures::Stream<Item = Result<Vec<RowReport>>> + Send + 'static> {
    get(kernel, actor, id).await?;
    let start = (kernel.clone(), id.to_owned(), 0u64);
    Ok(futures::stream::try_unfold(start, move |(kernel, id, after)| async move {
        let rows = store::imports::rows_after(kernel.db().read(), &id, status, after, 1_000).await?;
        let Some(last) = rows.last().map(|row| row.position) else { return Ok(None) };
        Ok(Some((rows, (kernel, id, last))))
    }))
}
