//! Anything anybody holds up, checked step by step: can it be read, is the issuer known, did it sign, are the dates good, was
//! it withdrawn.

use crate::content::Content;
use crate::home::Home;
use crate::model::{AccreditationRule, Laboratory, LaboratoryState};
use crate::store::laboratories;
use crate::{Error, content, publish};
use bytes::Bytes;
use credentials::{Credential, Did, DidDocument, Form, Purpose, Secured, StatusList};
use ground::time::MINUTE_MICROS;
use ground::{Fault, Timestamp};
use kernel::Kernel;
use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Largest credential that is checked, bytes.
pub const CREDENTIAL_BYTES_MAX: usize = 512 * 1024;
/// How long a fetched document or list is used again, microseconds.
const KEPT_MICROS: i64 = 5 * MINUTE_MICROS;
/// Most fetched documents and lists that are kept.
const KEPT_MAX: usize = 200;

/// What is checked, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is a credential of a form that is understood.
    Read,
    /// The issuer is a laboratory that staff confirmed.
    Issuer,
    /// The issuer's key signed it.
    Signature,
    /// It is valid today.
    Dates,
    /// Its issuer did not withdraw it.
    Status,
}

impl Step {
    /// In order.
    pub const ALL: [Step; 5] = [Step::Read, Step::Issuer, Step::Signature, Step::Dates, Step::Status];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Step::Read => "read",
            Step::Issuer => "issuer",
            Step::Signature => "signature",
            Step::Dates => "dates",
            Step::Status => "status",
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All steps hold.
    Valid,
    /// It is not a credential that can be read.
    Unreadable,
    /// The issuer is no laboratory that is registered here.
    UnknownIssuer,
    /// The laboratory is not confirmed, or its accreditation was not in force on the day it signed.
    NotCompetent,
    /// The laboratory is suspended: nothing it signed is relied on while it is.
    LaboratorySuspended,
    /// The issuer's document cannot be had now.
    IssuerUnreachable,
    /// The named issuer did not sign this.
    Forged,
    /// Not yet valid.
    NotYet,
    /// No longer valid.
    Expired,
    /// Withdrawn.
    Revoked,
    /// Withdrawn for a time.
    Suspended,
    /// Whether it was withdrawn cannot be learned now.
    StatusUnknown,
}

impl Outcome {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Valid => "valid",
            Outcome::Unreadable => "unreadable",
            Outcome::UnknownIssuer => "unknown_issuer",
            Outcome::NotCompetent => "not_competent",
            Outcome::LaboratorySuspended => "laboratory_suspended",
            Outcome::IssuerUnreachable => "issuer_unreachable",
            Outcome::Forged => "forged",
            Outcome::NotYet => "not_yet",
            Outcome::Expired => "expired",
            Outcome::Revoked => "revoked",
            Outcome::Suspended => "suspended",
            Outcome::StatusUnknown => "status_unknown",
        }
    }

    /// The step that failed; `None` for [`Outcome::Valid`].
    pub fn step(self) -> Option<Step> {
        match self {
            Outcome::Valid => None,
            Outcome::Unreadable => Some(Step::Read),
            Outcome::UnknownIssuer | Outcome::NotCompetent | Outcome::LaboratorySuspended => Some(Step::Issuer),
            Outcome::IssuerUnreachable | Outcome::Forged => Some(Step::Signature),
            Outcome::NotYet | Outcome::Expired => Some(Step::Dates),
            Outcome::Revoked | Outcome::Suspended | Outcome::StatusUnknown => Some(Step::Status),
        }
    }

    /// Whether asking again later may give another answer without anybody's doing here.
    pub fn is_passing(self) -> bool {
        matches!(self, Outcome::IssuerUnreachable | Outcome::StatusUnknown)
    }
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Check {
    /// What came of it.
    pub outcome: Outcome,
    /// The engine's code of what failed (`signature`, `algorithm`, …); empty when nothing did or it is not the engine's.
    pub code: &'static str,
    /// The same for people who know the formats, in English.
    pub detail: String,
    /// How it is secured.
    pub form: Option<Form>,
    /// What it claims; believe it where the signature holds.
    pub credential: Option<Credential>,
    /// DID URL of the key it claims.
    pub method: String,
    /// The laboratory it claims, where that is registered here.
    pub laboratory: Option<Laboratory>,
    /// What it says about a lot, where it says anything that is understood.
    pub content: Option<Content>,
    /// Why what it says is not understood.
    pub content_faults: Vec<Fault>,
}

impl Check {
    fn new(outcome: Outcome) -> Self {
        Check {
            outcome,
            code: "",
            detail: String::new(),
            form: None,
            credential: None,
            method: String::new(),
            laboratory: None,
            content: None,
            content_faults: Vec::new(),
        }
    }

    fn failed(self, outcome: Outcome, error: &credentials::Error) -> Self {
        Check { outcome, code: error.code(), detail: error.to_string(), ..self }
    }

    /// Whether a step held; `None` for one that was not reached.
    pub fn held(&self, step: Step) -> Option<bool> {
        match self.outcome.step() {
            None => Some(true),
            Some(failed) if step == failed => Some(false),
            Some(failed) => {
                let place = |step: Step| Step::ALL.iter().position(|other| *other == step);
                (place(step) < place(failed)).then_some(true)
            }
        }
    }
}

/// Checks a credential now. Calls other hosts only for issuers that are registered here with a DID of their own.
///
/// # Errors
/// What the store says; everything about the credential is in the answer.
pub async fn check(kernel: &Kernel, home: &Home, bytes: &[u8]) -> Result<Check, Error> {
    let begun = Check::new(Outcome::Valid);
    if bytes.len() > CREDENTIAL_BYTES_MAX {
        let error = credentials::Error::TooLarge { max: CREDENTIAL_BYTES_MAX };
        return Ok(begun.failed(Outcome::Unreadable, &error));
    }
    let secured = match Secured::read(bytes) {
        Ok(secured) => secured,
        // A key id of another party is a claim to be somebody without being it.
        Err(error) if error.is_forgery() => return Ok(begun.failed(Outcome::Forged, &error)),
        Err(error) => return Ok(begun.failed(Outcome::Unreadable, &error)),
    };
    let credential = secured.claimed().clone();
    let (content, content_faults) = match content::read(&credential) {
        Ok(content) => (Some(content), Vec::new()),
        Err(faults) => (None, faults),
    };
    let mut check = Check {
        form: Some(secured.form()),
        method: secured.method().to_owned(),
        credential: Some(credential.clone()),
        content,
        content_faults,
        ..begun
    };
    let Some(laboratory) = laboratories::by_did(kernel.db().read(), secured.issuer()).await? else {
        return Ok(Check { outcome: Outcome::UnknownIssuer, ..check });
    };
    check.laboratory = Some(laboratory.clone());
    let now = kernel.now();
    let document = match issuer_document(kernel, home, &laboratory, secured.issuer()).await? {
        Ok(document) => document,
        Err(detail) => return Ok(Check { outcome: Outcome::IssuerUnreachable, detail, ..check }),
    };
    if let Err(error) = secured.verify_signature(&document, now) {
        return Ok(check.failed(Outcome::Forged, &error));
    }
    // Who is not confirmed is not believed, however well it signs; the day that counts is the day of signing.
    let signed_on = credential.valid_from.unwrap_or(now).date_in(kernel.zone());
    if laboratory.state == LaboratoryState::Suspended {
        return Ok(Check { outcome: Outcome::LaboratorySuspended, ..check });
    }
    if !laboratory.is_believed_for(signed_on, AccreditationRule::in_force(kernel)?) {
        return Ok(Check { outcome: Outcome::NotCompetent, ..check });
    }
    match secured.check_dates(now) {
        Err(error @ credentials::Error::NotYetValid(_)) => return Ok(check.failed(Outcome::NotYet, &error)),
        Err(error) => return Ok(check.failed(Outcome::Expired, &error)),
        Ok(()) => {}
    }
    let (outcome, detail) = status(kernel, home, &credential, &document).await?;
    Ok(Check { outcome, detail, ..check })
}

/// The issuer's document: from our own keys, from the name itself, or from its own host. The inner error says why it cannot
/// be had.
async fn issuer_document(
    kernel: &Kernel,
    home: &Home,
    laboratory: &Laboratory,
    did: &str,
) -> Result<Result<DidDocument, String>, Error> {
    let name = match Did::parse(did) {
        Ok(name) => name,
        Err(error) => return Ok(Err(error.to_string())),
    };
    if !(laboratory.own_did && laboratory.did == did) {
        let document = publish::document_of(kernel, &laboratory.id, did).await?;
        return Ok(DidDocument::read(document.to_string().as_bytes()).map_err(|error| error.to_string()));
    }
    if let Some(document) = name.own_document() {
        return Ok(Ok(document));
    }
    let address = name.document_address().unwrap_or_default();
    Ok(match fetch(kernel, home, &address).await {
        Ok(bytes) => DidDocument::read(&bytes).map_err(|error| error.to_string()),
        Err(reason) => Err(reason),
    })
}

/// What the status lists say.
async fn status(
    kernel: &Kernel,
    home: &Home,
    credential: &Credential,
    document: &DidDocument,
) -> Result<(Outcome, String), Error> {
    let entries = match credential.status_entries() {
        Ok(entries) => entries,
        Err(error) => return Ok((Outcome::StatusUnknown, error.to_string())),
    };
    let mut worst = (Outcome::Valid, String::new());
    for entry in entries {
        let set = match home.own_list(&entry.list) {
            Some(list) => Ok(publish::is_revoked(kernel, list, entry.index).await?),
            None => fetched_status(kernel, home, credential, document, &entry).await,
        };
        match (set, entry.purpose) {
            (Ok(true), Purpose::Revocation) => return Ok((Outcome::Revoked, entry.list)),
            (Ok(true), Purpose::Suspension) => worst = (Outcome::Suspended, entry.list),
            (Ok(false), _) => {}
            (Err(reason), _) if worst.0 == Outcome::Valid => worst = (Outcome::StatusUnknown, reason),
            (Err(_), _) => {}
        }
    }
    Ok(worst)
}

/// Fetches a list, which must be signed by the issuer of the credential, and asks it.
async fn fetched_status(
    kernel: &Kernel,
    home: &Home,
    credential: &Credential,
    document: &DidDocument,
    entry: &credentials::StatusEntry,
) -> Result<bool, String> {
    let bytes = fetch(kernel, home, &entry.list).await?;
    let said = |error: credentials::Error| error.to_string();
    let list = Secured::read(&bytes).map_err(said)?;
    if list.issuer() != credential.issuer {
        return Err("the status list is of another issuer".to_owned());
    }
    let list = list.verify(document, kernel.now()).map_err(said)?.credential;
    StatusList::read(&list).and_then(|read| read.is_set(&list, entry)).map_err(said)
}

/// What was fetched a moment ago.
#[derive(Default)]
struct Fetched(Mutex<HashMap<String, (Timestamp, Bytes)>>);

async fn fetch(kernel: &Kernel, home: &Home, address: &str) -> Result<Bytes, String> {
    let kept: Arc<Fetched> = kernel.memory();
    let now = kernel.now();
    let fresh = |at: Timestamp| now.micros() - at.micros() < KEPT_MICROS;
    {
        let held = kept.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, bytes)) = held.get(address).filter(|(at, _)| fresh(*at)) {
            return Ok(bytes.clone());
        }
    }
    let mut headers = HeaderMap::new();
    let accepted =
        "application/vc+jwt, application/did+json, application/did+ld+json, application/vc, application/json";
    headers.insert(ACCEPT, HeaderValue::from_static(accepted));
    let answer = home.outbound.send(Method::GET, address, headers, Bytes::new()).await;
    let answer = answer.map_err(|error| error.to_string())?;
    if answer.status != 200 {
        return Err(format!("{address} answered {}", answer.status));
    }
    let mut held = kept.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if held.len() >= KEPT_MAX {
        held.retain(|_, (at, _)| fresh(*at));
    }
    if held.len() < KEPT_MAX {
        held.insert(address.to_owned(), (now, answer.body.clone()));
    }
    Ok(answer.body)
}
