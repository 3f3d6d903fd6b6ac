//! What everybody may fetch: DID documents, status lists, credentials.

use crate::home::Home;
use crate::model::{LaboratoryKey, Report, State};
use crate::store::{laboratories, reports};
use crate::{Error, laboratory};
use credentials::did::PublishedKey;
use credentials::{Bits, Did, PublicKey, Purpose, StatusList, did, jwt};
use ground::Timestamp;
use ground::time::DAY_MICROS;
use kernel::Kernel;
use serde_json::{Value, json};

/// The document of the operator's own name: it signs nothing as an issuer, and says where the services are.
///
/// # Errors
/// `not_found` where the product is reached under a bare number.
pub fn operator_document(home: &Home) -> Result<Value, Error> {
    let did = home.operator_did().ok_or(Error::Missing)?;
    let mut document = did::document(&did, &[]);
    let service = |name: &str, kind: &str, path: &str| json!({"id": format!("{}#{name}", did.as_str()), "type": kind, "serviceEndpoint": format!("{}{path}", home.base_url)});
    if let Some(map) = document.as_object_mut() {
        let services = [
            service("reports", "TestReportVerification", "/reports/verify"),
            service("ledger", "TransparencyLog", "/ledger/checkpoint"),
        ];
        map.insert("service".to_owned(), json!(services));
    }
    Ok(document)
}

/// The document of a laboratory whose keys are published here.
///
/// # Errors
/// `not_found`.
pub async fn laboratory_document(kernel: &Kernel, id: &str) -> Result<Value, Error> {
    let laboratory = laboratories::one(kernel.db().read(), id).await?.ok_or(Error::Missing)?;
    if laboratory.own_did || laboratory.did.is_empty() {
        return Err(Error::Missing);
    }
    document_of(kernel, id, &laboratory.did).await
}

/// The document of one of the DIDs a laboratory has here.
pub(crate) async fn document_of(kernel: &Kernel, id: &str, did: &str) -> Result<Value, Error> {
    let did = Did::parse(did)?;
    let keys = laboratories::keys_of(kernel.db().read(), id).await?;
    let published: Vec<PublishedKey> =
        keys.iter().filter(|key| key.did == did.as_str()).filter_map(published).collect();
    Ok(did::document(&did, &published))
}

fn published(key: &LaboratoryKey) -> Option<PublishedKey> {
    let public = PublicKey::from_multikey(&key.public).ok()?;
    Some(PublishedKey { fragment: key.fragment.clone(), key: public, revoked: key.revoked_at })
}

/// Whether a place of one of our lists is set.
///
/// # Errors
/// What the store says.
pub(crate) async fn is_revoked(kernel: &Kernel, list: &str, index: u64) -> Result<bool, Error> {
    Ok(reports::revoked_places(kernel.db().read(), list).await?.contains(&index))
}

/// A status list as a `vc+jwt` of its laboratory, made from the reports as they stand. It is valid for at most two days, so
/// that nobody can hold up an old one for long.
///
/// # Errors
/// `not_found`; `laboratory_not_ready` where the laboratory has no key here any more.
pub async fn status_list(kernel: &Kernel, home: &Home, id: &str) -> Result<String, Error> {
    let db = kernel.db().read();
    let owner = laboratories::list_owner(db, id).await?.ok_or(Error::Missing)?;
    let (key, row) = laboratory::signing_key(kernel, db, &owner).await?.ok_or(Error::NotReady("key"))?;
    let mut bits = Bits::new();
    for place in reports::revoked_places(db, id).await? {
        bits.set(place, true)?;
    }
    let today = Timestamp::from_micros(kernel.now().micros().div_euclid(DAY_MICROS) * DAY_MICROS);
    let address = home.list_address(id);
    let credential = json!({
        "@context": [credentials::credential::CONTEXT],
        "id": address,
        "type": [credentials::credential::TYPE, credentials::status::LIST_CREDENTIAL_TYPE],
        "issuer": row.did,
        "validFrom": today.to_rfc3339(),
        "validUntil": today.plus_days(2).to_rfc3339(),
        "credentialSubject": StatusList::subject(&address, Purpose::Revocation, &bits)?,
    });
    Ok(jwt::sign(&credential, &key, &format!("{}#{}", row.did, row.fragment))?)
}

/// The credential of a report that is shown: its text, and whether that is JSON. `json`: the form with a proof inside, where
/// there is one.
///
/// # Errors
/// `not_found`, also for drafts and for what was not accepted.
pub async fn credential(kernel: &Kernel, id: &str, json: bool) -> Result<(String, bool), Error> {
    let shown =
        |report: &Report| matches!(report.state, State::Valid | State::Suspended | State::Revoked | State::Forged);
    let report = reports::one(kernel.db().read(), id).await?.filter(shown).ok_or(Error::Missing)?;
    match report.credential_json.filter(|_| json) {
        Some(text) => Ok((text, true)),
        None => {
            let is_json = report.credential.starts_with('{');
            Ok((report.credential, is_json))
        }
    }
}
