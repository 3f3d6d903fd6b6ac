//! Documents of lots: certificates and reports as files.

use crate::model::{DOCUMENTS_MAX, DocumentKind, Lot, LotDocument, LotState};
use crate::{Error, lots, store, text};
use blobs::Kind;
use bytes::Bytes;
use ground::Fault;
use ground::limits::{LINE_CHARS_MAX, UPLOAD_BYTES_MAX};
use kernel::{Actor, Kernel, Permission};

/// A document as it is handed in: days as `YYYY-MM-DD` or empty.
#[derive(Debug, Clone, Default)]
pub struct NewDocument {
    /// A name of [`DocumentKind`].
    pub kind: String,
    /// Number on the paper.
    pub number: String,
    /// Who issued it.
    pub issuer: String,
    /// Day of issue.
    pub issued_on: String,
    /// Last day it holds.
    pub valid_until: String,
    /// Whether the public page shows it.
    pub public: bool,
    /// Name of the file, for display.
    pub file_name: String,
    /// The file: PDF, JPEG, PNG or WebP.
    pub content: Bytes,
}

/// Hands in a document of a lot.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state` once the lot is withdrawn, `invalid_input`, `unavailable` when the file store is
/// full.
pub async fn add_document(
    kernel: &Kernel,
    actor: &Actor,
    lot_id: &str,
    new: NewDocument,
) -> Result<LotDocument, Error> {
    let lot = lots::own(kernel, actor, lot_id).await?;
    let mut document = read(kernel, &lot, &new)?;
    let blob = kernel.blobs().put(new.content, &Kind::DOCUMENTS, UPLOAD_BYTES_MAX).await.map_err(refused)?;
    document.sha256 = blob.sha256;
    document.bytes = i64::try_from(blob.bytes).unwrap_or(i64::MAX);
    document.media_type = blob.kind.media_type().to_owned();
    let mut write = kernel.begin(actor).await?;
    if store::count_documents(write.tx(), &lot.id).await? >= DOCUMENTS_MAX {
        return Err(Error::Invalid(vec![Fault::field("file", "trace-fault-documents").arg("most", DOCUMENTS_MAX)]));
    }
    document.id = write.new_id();
    document.created_at = write.now();
    let act = lots::about("lot.document_added", &lot)
        .about("lot_document", &document.id)
        .public("document", document.id.as_str())
        .public("document_kind", document.kind.name())
        .public("issuer", document.issuer.as_str())
        .public("valid_until", document.valid_until.map(|day| day.to_string()).unwrap_or_default())
        .private("number", document.number.as_str())
        .evidence(&document.sha256);
    document.act_id = write.act(act).await?;
    store::insert_document(write.tx(), &document).await?;
    write.commit().await?;
    Ok(document)
}

fn read(kernel: &Kernel, lot: &Lot, new: &NewDocument) -> Result<LotDocument, Error> {
    if lot.state == LotState::Withdrawn {
        return Err(Error::WrongState { what: "document", state: lot.state.name() });
    }
    let mut faults = Vec::new();
    let kind = DocumentKind::from_name(&new.kind);
    if kind.is_none() {
        faults.push(Fault::field("kind", "trace-fault-document-kind"));
    }
    let number = text::line(&mut faults, "document_number", &new.number, LINE_CHARS_MAX);
    let issuer = text::needed(&mut faults, "issuer", &new.issuer, LINE_CHARS_MAX);
    let issued_on = text::date(&mut faults, "issued_on", &new.issued_on);
    let valid_until = text::date(&mut faults, "valid_until", &new.valid_until);
    if issued_on.is_some_and(|day| day > kernel.today()) {
        faults.push(Fault::field("issued_on", "trace-fault-issued-later"));
    }
    if let (Some(issued), Some(until)) = (issued_on, valid_until)
        && until < issued
    {
        faults.push(Fault::field("valid_until", "trace-fault-valid-before"));
    }
    let name = text::line(&mut faults, "file", &new.file_name.replace(['/', '\\'], "_"), LINE_CHARS_MAX);
    if new.content.is_empty() {
        faults.push(Fault::field("file", "trace-fault-file-needed"));
    }
    Error::check(faults)?;
    Ok(LotDocument {
        id: String::new(),
        lot_id: lot.id.clone(),
        kind: kind.unwrap_or(DocumentKind::Other),
        number,
        issuer,
        issued_on,
        valid_until,
        sha256: String::new(),
        file_name: if name.is_empty() { "document".to_owned() } else { name },
        bytes: 0,
        media_type: String::new(),
        public: new.public,
        created_at: kernel.now(),
        withdrawn_at: None,
        act_id: String::new(),
    })
}

fn refused(error: blobs::Error) -> Error {
    match error {
        blobs::Error::TooLarge { bytes_max, .. } => Error::Invalid(vec![
            Fault::field("file", "trace-fault-file-large").arg("mebibytes", bytes_max / (1024 * 1024)),
        ]),
        blobs::Error::Kind { accepted } => {
            Error::Invalid(vec![Fault::field("file", "trace-fault-file-kind").arg("accepted", accepted)])
        }
        blobs::Error::Refused(_) => Error::field("file", "trace-fault-file-refused"),
        other => Error::File(other),
    }
}

/// Takes a document back: it is no longer shown, its act and its hash stay.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state` when it was taken back already.
pub async fn withdraw_document(kernel: &Kernel, actor: &Actor, lot_id: &str, id: &str) -> Result<(), Error> {
    let lot = lots::own(kernel, actor, lot_id).await?;
    let document = store::document(kernel.db().read(), id).await?.filter(|found| found.lot_id == lot.id);
    let document = document.ok_or(Error::Missing)?;
    let mut write = kernel.begin(actor).await?;
    if !store::withdraw_document(write.tx(), &document.id, write.now()).await? {
        return Err(Error::WrongState { what: "withdraw", state: "withdrawn" });
    }
    let act = lots::about("lot.document_withdrawn", &lot)
        .about("lot_document", &document.id)
        .public("document", document.id.as_str())
        .public("document_kind", document.kind.name())
        .evidence(&document.sha256);
    write.act(act).await?;
    write.commit().await?;
    Ok(())
}

/// The documents of a lot, newest first, those taken back included.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn documents(kernel: &Kernel, actor: &Actor, lot_id: &str) -> Result<Vec<LotDocument>, Error> {
    lots::lot(kernel, actor, lot_id).await?;
    store::documents_of(kernel.db().read(), lot_id).await
}

/// The documents the public page of a lot shows; nobody's permission is asked.
///
/// # Errors
/// What the store says.
pub async fn public_documents(kernel: &Kernel, lot_id: &str) -> Result<Vec<LotDocument>, Error> {
    let all = store::documents_of(kernel.db().read(), lot_id).await?;
    Ok(all.into_iter().filter(|document| document.public && document.withdrawn_at.is_none()).collect())
}

/// The file of a document: public ones for everybody, others for who may see the lot.
///
/// # Errors
/// `not_found`; what the files say.
pub async fn document_file(
    kernel: &Kernel,
    actor: Option<&Actor>,
    lot_id: &str,
    id: &str,
) -> Result<(LotDocument, Bytes), Error> {
    let db = kernel.db().read();
    let document = store::document(db, id).await?.filter(|found| found.lot_id == lot_id).ok_or(Error::Missing)?;
    if !(document.public && document.withdrawn_at.is_none()) {
        let lot = store::lot(db, lot_id).await?.ok_or(Error::Missing)?;
        let own =
            |actor: &Actor| actor.require_own(Permission::TraceRead, Permission::OwnTrace, &lot.merchant_id).is_ok();
        if !actor.is_some_and(own) {
            return Err(Error::Missing);
        }
    }
    let content = kernel.blobs().get(&document.sha256).await?;
    Ok((document, content))
}
