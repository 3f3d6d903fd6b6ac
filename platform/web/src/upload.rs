//! Uploads: multipart forms received part by part, files straight to a temporary file, everything with a limit.

use crate::body;
use crate::codes::UNSUPPORTED_TYPE;
use crate::failure::Failure;
use crate::site::Site;
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use blobs::{Blob, Blobs, Kind};
use bytes::Bytes;
use futures::StreamExt;
use ground::limits::UPLOAD_BYTES_MAX;
use ground::problem::{MALFORMED, TOO_LARGE, UNAVAILABLE};
use ground::{Fault, Place, Problem};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

/// What an upload may hold.
#[derive(Debug, Clone, Copy)]
pub struct UploadLimits {
    /// Largest file, bytes.
    pub file_bytes_max: u64,
    /// Most files.
    pub files_max: usize,
    /// Largest text field, bytes.
    pub field_bytes_max: usize,
    /// Most text fields.
    pub fields_max: usize,
}

impl Default for UploadLimits {
    fn default() -> Self {
        UploadLimits { file_bytes_max: UPLOAD_BYTES_MAX, files_max: 20, field_bytes_max: 64 * 1024, fields_max: 200 }
    }
}

/// A multipart form that has not been read yet. Take it as the last argument and call [`Upload::read`].
pub struct Upload {
    multipart: Multipart,
    folder: Option<PathBuf>,
}

impl FromRequest<Site> for Upload {
    type Rejection = Failure;

    async fn from_request(mut request: Request, site: &Site) -> Result<Self, Failure> {
        if body::content_type(request.headers()) != "multipart/form-data" {
            return Err(Problem::new(&UNSUPPORTED_TYPE).arg("expected", "multipart/form-data").into());
        }
        // The limits below count bytes as they arrive; axum's own limit would cut imports short.
        DefaultBodyLimit::disable().apply(&mut request);
        let folder = site.settings().temporary_folder.clone();
        let request = request.map(one_at_a_time);
        let multipart = Multipart::from_request(request, site)
            .await
            .map_err(|rejection| Problem::new(&MALFORMED).because(rejection))?;
        Ok(Upload { multipart, folder })
    }
}

/// The multipart reader takes all that is ready before it hands anything on (and, when the end is ready together with the
/// start, may miss the start). With a pause after each piece a fast sender cannot fill the memory before a limit is looked at.
fn one_at_a_time(body: Body) -> Body {
    let pieces = futures::stream::unfold((body.into_data_stream(), false), |(mut stream, started)| async move {
        if started {
            tokio::task::yield_now().await;
        }
        stream.next().await.map(|piece| (piece, (stream, true)))
    });
    Body::from_stream(pieces)
}

/// What was received.
#[derive(Debug, Default)]
pub struct Uploaded {
    fields: Vec<(String, String)>,
    /// The files, in the order they came; inputs left empty are left out.
    pub files: Vec<UploadedFile>,
}

/// A received file. It goes away with this value unless it is kept.
#[derive(Debug)]
pub struct UploadedFile {
    /// Name of the form's field.
    pub field: String,
    /// File name as the sender gave it: the last part of its path, without control characters. For display only.
    pub name: String,
    /// Size.
    pub bytes: u64,
    content: NamedTempFile,
}

impl Upload {
    /// Receives everything.
    ///
    /// # Errors
    /// `too_large` with the field, as soon as a limit is passed; `malformed` when the frame is broken or the peer stops;
    /// `unavailable` when the disk is full.
    pub async fn read(mut self, limits: &UploadLimits) -> kernel::Result<Uploaded> {
        let mut uploaded = Uploaded::default();
        while let Some(part) = self.multipart.next_field().await.map_err(broken)? {
            let field = part.name().unwrap_or("").to_owned();
            match part.file_name().map(shown_name) {
                None => {
                    if uploaded.fields.len() >= limits.fields_max {
                        return Err(too_many("web-upload-fields", limits.fields_max));
                    }
                    let text = text_field(part, &field, limits.field_bytes_max).await?;
                    if field != ui::CSRF_FIELD {
                        uploaded.fields.push((field, text));
                    }
                }
                Some(name) => {
                    if uploaded.files.len() >= limits.files_max {
                        return Err(too_many("web-upload-files", limits.files_max));
                    }
                    let folder = self.folder.clone();
                    let file = receive_into(folder, part, field, name, limits.file_bytes_max).await?;
                    if !(file.name.is_empty() && file.bytes == 0) {
                        uploaded.files.push(file);
                    }
                }
            }
        }
        Ok(uploaded)
    }
}

async fn receive_into(
    folder: Option<PathBuf>,
    mut part: Field<'_>,
    field: String,
    name: String,
    bytes_max: u64,
) -> kernel::Result<UploadedFile> {
    let unavailable = |error: std::io::Error| Problem::new(&UNAVAILABLE).because(error);
    let made = tokio::task::spawn_blocking(move || match folder {
        Some(folder) => NamedTempFile::new_in(folder),
        None => NamedTempFile::new(),
    });
    let content = made.await.map_err(Problem::internal)?.map_err(unavailable)?;
    let mut out = tokio::fs::File::from_std(content.reopen().map_err(unavailable)?);
    let mut bytes = 0u64;
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        bytes += chunk.len() as u64;
        if bytes > bytes_max {
            return Err(too_large_field(&field, &name, bytes_max));
        }
        out.write_all(&chunk).await.map_err(unavailable)?;
    }
    out.flush().await.map_err(unavailable)?;
    Ok(UploadedFile { field, name, bytes, content })
}

async fn text_field(mut part: Field<'_>, field: &str, bytes_max: usize) -> kernel::Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > bytes_max {
            return Err(too_large_field(field, "", bytes_max as u64));
        }
    }
    String::from_utf8(bytes).map_err(|_| Problem::invalid_field(field, "web-field-utf8"))
}

fn broken(error: MultipartError) -> Problem {
    let mut problem = Problem::new(&MALFORMED);
    problem.faults.push(Fault::at(Place::default(), "web-upload-broken"));
    problem.because(error)
}

fn too_large_field(field: &str, name: &str, bytes_max: u64) -> Problem {
    let mut problem = body::too_large(bytes_max);
    for fault in &mut problem.faults {
        fault.place.field = Some(field.to_owned());
        fault.place.file = (!name.is_empty()).then(|| name.to_owned());
    }
    problem
}

fn too_many(message: &'static str, most: usize) -> Problem {
    let mut problem = Problem::new(&TOO_LARGE);
    problem.faults.push(Fault::at(Place::default(), message).arg("most", most));
    problem
}

/// The name without folders, control characters and direction marks, at most 200 characters.
fn shown_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let hidden = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    };
    last.chars().filter(|c| !hidden(c)).take(200).collect()
}

impl Uploaded {
    /// The text fields as a typed form, like [`crate::Form`].
    ///
    /// # Errors
    /// `invalid_input` naming the field.
    pub fn form<T: DeserializeOwned>(&self) -> kernel::Result<T> {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(&self.fields);
        body::from_pairs(pairs.finish().as_bytes())
    }

    /// The first value of a text field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Every text field, in the order they came.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The first file of a field.
    pub fn file(&self, field: &str) -> Option<&UploadedFile> {
        self.files.iter().find(|file| file.field == field)
    }
}

impl UploadedFile {
    /// Where it stands while this value lives.
    pub fn path(&self) -> &Path {
        self.content.path()
    }

    /// The whole content, in memory. Only for files whose limit is small.
    ///
    /// # Errors
    /// `unavailable` when the disk cannot be read.
    pub async fn read(&self) -> kernel::Result<Bytes> {
        let content = tokio::fs::read(self.path()).await;
        content.map(Bytes::from).map_err(|error| Problem::new(&UNAVAILABLE).because(error))
    }

    /// Keeps it among the files, when it is of an accepted kind.
    ///
    /// # Errors
    /// What the file store says, with the field and file name where it is the sender's to mend.
    pub async fn keep(&self, blobs: &Blobs, accepted: &[Kind], bytes_max: u64) -> kernel::Result<Blob> {
        blobs.put(self.read().await?, accepted, bytes_max).await.map_err(Problem::from)
    }

    /// Takes the temporary file over; it still goes away when dropped, unless persisted.
    pub fn into_file(self) -> NamedTempFile {
        self.content
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_for_display_only() {
        assert_eq!(shown_name("../../etc/passwd"), "passwd");
        assert_eq!(shown_name("C:\\证件\\执照.jpg"), "执照.jpg");
        assert_eq!(shown_name("a\u{202E}gpj.exe\r\n"), "agpj.exe");
    }
}
