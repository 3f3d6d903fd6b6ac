//! Versions of a market's pack: checked as a whole, then kept.

use kernel::{Act, Actor, Kernel, Page, Paging, Permission};
use policy::{Diagnostics, Pack, Source};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::edit::{self, RowText};
use crate::error::{Error, Result};
use crate::model::*;
use crate::{store, tables};

/// A version with the pack it reads as.
#[derive(Debug, Clone)]
pub struct ReadVersion {
    /// The version.
    pub version: Version,
    /// Its pack.
    pub pack: Arc<Pack>,
}

/// Reads files as a pack and has every table checked by its owner. Nothing is kept.
///
/// # Errors
/// Every fault with file, line, column and row.
pub fn check(market: &str, sources: &[Source]) -> Result<Pack> {
    let pack = Pack::from_sources(market, sources).map_err(Error::Refused)?;
    tables().check(&pack).map_err(Error::Refused)?;
    Ok(pack)
}

/// What a person asks to check, without keeping it.
///
/// # Errors
/// `forbidden`; every fault of the files.
pub fn check_for(actor: &Actor, market: &str, sources: &[Source]) -> Result<Pack> {
    actor.require(Permission::PoliciesRead)?;
    check(market, sources)
}

/// The version in force of a market, with its pack.
///
/// # Errors
/// `forbidden`, `policy_market_unknown`.
pub async fn active(kernel: &Kernel, actor: &Actor, market: &str) -> Result<(Active, Arc<Pack>)> {
    actor.require(Permission::PoliciesRead)?;
    active_unchecked(kernel, market).await
}

pub(crate) async fn active_unchecked(kernel: &Kernel, market: &str) -> Result<(Active, Arc<Pack>)> {
    let active = store::active(kernel.db().read(), market).await?.ok_or_else(|| Error::Market(market.to_owned()))?;
    let in_process = kernel.packs().market(market).ok().filter(|pack| pack.version() == active.hash).cloned();
    let pack = match in_process {
        Some(pack) => pack,
        None => read_unchecked(kernel, &active.version_id).await?.pack,
    };
    Ok((active, pack))
}

/// A version and its pack.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn read(kernel: &Kernel, actor: &Actor, id: &str) -> Result<ReadVersion> {
    actor.require(Permission::PoliciesRead)?;
    read_unchecked(kernel, id).await
}

pub(crate) async fn read_unchecked(kernel: &Kernel, id: &str) -> Result<ReadVersion> {
    let kept = store::version(kernel.db().read(), id).await?.ok_or(Error::Missing)?;
    let market = kept.version.market.clone();
    let pack = Pack::from_sources(&market, &kept.sources).map_err(|reason| Error::Stored { market, reason })?;
    Ok(ReadVersion { version: kept.version, pack: Arc::new(pack) })
}

/// The versions of a market, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn list(kernel: &Kernel, actor: &Actor, market: &str, paging: &Paging) -> Result<Page<Version>> {
    actor.require(Permission::PoliciesRead)?;
    store::versions(kernel.db().read(), market, paging).await
}

/// Keeps another set of files as a version made from `base_id`. It is not in force.
///
/// # Errors
/// `forbidden`, `invalid_input` with the places, `policy_unchanged`, `not_found`.
pub async fn save(kernel: &Kernel, actor: &Actor, base_id: &str, sources: &[Source], note: &str) -> Result<Version> {
    actor.require(Permission::PoliciesManage)?;
    let base = read_unchecked(kernel, base_id).await?;
    save_from(kernel, actor, &base, sources, note).await
}

async fn save_from(
    kernel: &Kernel,
    actor: &Actor,
    base: &ReadVersion,
    sources: &[Source],
    note: &str,
) -> Result<Version> {
    check_note(note)?;
    let pack = check(&base.version.market, sources)?;
    // A file left out by mistake would switch off every rule in it, and the working parameters with it.
    if base.pack.table_names().any(|table| !pack.table_names().any(|kept| kept == table)) {
        return Err(Error::Field("files", "policies-table-lost"));
    }
    if pack.sources() == base.pack.sources() {
        return Err(Error::Unchanged);
    }
    let mut write = kernel.begin(actor).await?;
    let version = Version {
        id: write.new_id(),
        market: base.version.market.clone(),
        hash: pack.version().to_owned(),
        origin: Origin::Edited,
        base_id: Some(base.version.id.clone()),
        note: note.trim().to_owned(),
        changed: changes(&base.pack, &pack),
        created_by: actor.id.clone(),
        created_at: write.now(),
        activated_at: None,
    };
    store::insert_version(write.tx(), &version, pack.sources()).await?;
    let act = Act::new("policy.saved", "policy_version", &version.id)
        .about("policy", &version.market)
        .public("market", version.market.clone())
        .public("version", version.hash.clone())
        .public("base", base.version.hash.clone())
        .public("changed", json!(named(&version.changed)))
        .private("note", version.note.clone());
    write.act(act).await?;
    write.commit().await?;
    Ok(version)
}

/// What a person typed into the form of one row.
#[derive(Debug, Clone)]
pub struct RowEdit {
    /// The version the row was read from.
    pub base_id: String,
    /// Table.
    pub table: String,
    /// Row.
    pub row: String,
    /// First day of the period in question.
    pub from: jiff::civil::Date,
    /// The new text; empty takes the row out.
    pub text: String,
    /// Why.
    pub note: String,
}

/// Keeps a version in which one row has another text.
///
/// # Errors
/// `forbidden`, `invalid_input` with line and column in the text, `policy_unchanged`, `policy_row_not_separate`.
pub async fn save_row(kernel: &Kernel, actor: &Actor, edit: &RowEdit) -> Result<Version> {
    actor.require(Permission::PoliciesManage)?;
    check_text(&edit.text)?;
    let base = read_unchecked(kernel, &edit.base_id).await?;
    let place = edit::row_text(&base.pack, &edit.table, &edit.row, edit.from)
        .ok_or_else(|| Error::NotSeparate(edit.row.clone()))?;
    let sources = edit::replace_row(base.pack.sources(), &place, &edit.text);
    let edited = RowText { lines: edit.text.lines().count().max(1), ..place };
    save_from(kernel, actor, &base, &sources, &edit.note).await.map_err(|error| in_form(error, &edited))
}

/// Keeps a version with one more row at the end of a file of the table.
///
/// # Errors
/// `forbidden`, `invalid_input` with line and column in the text, `not_found` where the table has no file.
pub async fn add_row(
    kernel: &Kernel,
    actor: &Actor,
    base_id: &str,
    table: &str,
    text: &str,
    note: &str,
) -> Result<Version> {
    actor.require(Permission::PoliciesManage)?;
    check_text(text)?;
    let base = read_unchecked(kernel, base_id).await?;
    let path = base.pack.written_rows(table).last().map(|row| row.place().file.to_string()).ok_or(Error::Missing)?;
    let (sources, line) = edit::append_row(base.pack.sources(), &path, text).ok_or(Error::Missing)?;
    let edited = RowText { path, line, lines: text.lines().count().max(1), indent: 4, text: String::new() };
    save_from(kernel, actor, &base, &sources, note).await.map_err(|error| in_form(error, &edited))
}

/// Keeps a version in which one file has another text. A path that is not there yet makes a new file.
///
/// # Errors
/// `forbidden`, `invalid_input` with line and column, `policy_unchanged`.
pub async fn save_file(
    kernel: &Kernel,
    actor: &Actor,
    base_id: &str,
    path: &str,
    text: &str,
    note: &str,
) -> Result<Version> {
    actor.require(Permission::PoliciesManage)?;
    let base = read_unchecked(kernel, base_id).await?;
    check_path(&base.version.market, path)?;
    let mut sources = base.pack.sources().to_vec();
    let text = text.replace("\r\n", "\n");
    match sources.iter_mut().find(|source| source.path == path) {
        Some(source) => source.text = text,
        None => sources.push(Source::new(path, text)),
    }
    save_from(kernel, actor, &base, &sources, note).await
}

/// Keeps a version in which one row has another mode.
///
/// # Errors
/// `forbidden`, `policy_unchanged`, `policy_row_not_separate`, `not_found`.
pub async fn save_mode(
    kernel: &Kernel,
    actor: &Actor,
    base_id: &str,
    (table, row, from): (&str, &str, jiff::civil::Date),
    mode: policy::Mode,
    note: &str,
) -> Result<Version> {
    actor.require(Permission::PoliciesManage)?;
    let base = read_unchecked(kernel, base_id).await?;
    let written = base.pack.written_rows(table);
    let present = written.iter().find(|one| one.id() == row && one.from() == from).ok_or(Error::Missing)?;
    if present.mode() == mode {
        return Err(Error::Unchanged);
    }
    let place = edit::row_text(&base.pack, table, row, from).ok_or_else(|| Error::NotSeparate(row.to_owned()))?;
    let sources = edit::replace_row(base.pack.sources(), &place, &edit::with_mode(&place.text, mode));
    save_from(kernel, actor, &base, &sources, note).await
}

/// Keeps the pack that came with the product as a version, where an edited one is in force.
///
/// # Errors
/// `forbidden`, what [`save`] says.
pub async fn keep_shipped(kernel: &Kernel, actor: &Actor, market: &str) -> Result<Version> {
    let shipped = crate::activation::shipped_beside(kernel, market).ok_or(Error::Unchanged)?;
    let (active, _) = active(kernel, actor, market).await?;
    let note = format!("shipped {}", shipped.version());
    save(kernel, actor, &active.version_id, shipped.sources(), &note).await
}

/// The rows that differ between two packs.
pub fn changes(old: &Pack, new: &Pack) -> Vec<RowChange> {
    let (before, after) = (rows_of(old), rows_of(new));
    let mut found = Vec::new();
    for (key, (row, mode)) in &after {
        match before.get(key) {
            None => found.push(change(key, ChangeKind::Added, None)),
            Some((was, was_mode)) if was != row => {
                let modes = (was_mode != mode).then(|| (was_mode.clone(), mode.clone()));
                found.push(change(key, ChangeKind::Changed, modes));
            }
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    found.extend(gone.map(|key| change(key, ChangeKind::Removed, None)));
    found
}

type RowKey = (String, String, String);

fn rows_of(pack: &Pack) -> BTreeMap<RowKey, (serde_json::Value, String)> {
    let mut rows = BTreeMap::new();
    for table in pack.table_names() {
        for row in pack.written_rows(table) {
            let key = (table.to_owned(), row.id().to_owned(), row.from().to_string());
            rows.insert(key, (row.to_json(), row.mode().to_string()));
        }
    }
    rows
}

fn change((table, row, from): &RowKey, kind: ChangeKind, mode: Option<(String, String)>) -> RowChange {
    RowChange { table: table.clone(), row: row.clone(), from: from.clone(), kind, mode }
}

/// The changed rows as an act names them: `table/row`, at most [`CHANGED_ROWS_MAX`].
pub(crate) fn named(changed: &[RowChange]) -> Vec<String> {
    changed.iter().take(CHANGED_ROWS_MAX).map(|one| format!("{}/{}", one.table, one.row)).collect()
}

/// Moves the faults inside the edited row to its form field; other faults keep their file.
fn in_form(error: Error, row: &RowText) -> Error {
    let Error::Refused(found) = error else {
        return error;
    };
    let inside: Vec<_> =
        found.iter().filter_map(|one| edit::within_row(one, &row.path, row.line, row.lines, row.indent)).collect();
    if inside.is_empty() { Error::Refused(found) } else { Error::RefusedField("text", Diagnostics(inside)) }
}

pub(crate) fn check_note(note: &str) -> Result<()> {
    match note.trim().chars().count() {
        0 => Err(Error::Field("note", "policies-note-missing")),
        chars if chars > NOTE_CHARS_MAX => Err(Error::Field("note", "policies-note-long")),
        _ => Ok(()),
    }
}

fn check_text(text: &str) -> Result<()> {
    if text.len() > policy::node::FILE_BYTES_MAX {
        return Err(Error::Field("text", "policies-text-long"));
    }
    Ok(())
}

fn check_path(market: &str, path: &str) -> Result<()> {
    let name =
        path.strip_prefix(market).and_then(|rest| rest.strip_prefix('/')).and_then(|rest| rest.strip_suffix(".yaml"));
    let plain = |name: &str| {
        !name.is_empty() && name.len() <= 60 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    if name.is_some_and(plain) || path.ends_with(".yaml") && !path.contains("..") && path.len() <= 500 {
        Ok(())
    } else {
        Err(Error::Field("path", "policies-path-wrong"))
    }
}
