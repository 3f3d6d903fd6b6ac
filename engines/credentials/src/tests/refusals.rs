//! What is refused, and by which name.

use super::{ISSUER, credential, document, document_of, key, method, now, published};
use crate::did::PublishedKey;
use crate::key::PublicKey;
use crate::{Bits, Credential, Did, DidDocument, Error, Purpose, Secured, SigningKey, StatusEntry, StatusList};
use crate::{integrity, json, jwt};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::write::GzEncoder;
use ground::Timestamp;
use serde_json::{Value, json as js};
use std::io::Write;

fn part(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A JWT with this header, well signed.
fn with_header(header: &Value) -> String {
    let message = format!("{}.{}", part(&header.to_string()), part(&credential().to_string()));
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(key().sign(message.as_bytes())))
}

fn verify(text: &str) -> Result<(), Error> {
    Secured::read(text.as_bytes())?.verify(&document(), now()).map(|_| ())
}

fn code(text: &str) -> &'static str {
    verify(text).map_or_else(|error| error.code(), |()| "verified")
}

fn changed(change: impl Fn(&mut Value)) -> Value {
    let mut value = credential();
    change(&mut value);
    value
}

#[test]
fn a_signed_credential_verifies_in_both_forms() {
    let jwt = jwt::sign(&credential(), &key(), &method()).unwrap();
    let verified = Secured::read(jwt.as_bytes()).unwrap().verify(&document(), now()).unwrap();
    assert_eq!(verified.credential.issuer, ISSUER);
    let proved = integrity::sign(&credential(), &key(), &format!("{ISSUER}#key-1-multikey"), now()).unwrap();
    let verified = Secured::read(proved.to_string().as_bytes()).unwrap().verify(&document(), now()).unwrap();
    assert_eq!(Value::Object(verified.credential.value().clone()), credential());
    let enveloped = js!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": "EnvelopedVerifiableCredential",
        "id": format!("data:application/vc+jwt,{jwt}"),
    });
    assert_eq!(code(&enveloped.to_string()), "verified");
}

#[test]
fn headers_that_try_to_choose_the_rules_are_refused() {
    let header = |change: &dyn Fn(&mut Value)| {
        let mut header = js!({"alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": method()});
        change(&mut header);
        code(&with_header(&header))
    };
    assert_eq!(header(&|_| ()), "verified");
    assert_eq!(header(&|h| h["typ"] = js!("application/vc+jwt")), "verified");
    assert_eq!(header(&|h| h["kid"] = js!("#key-1")), "verified");
    assert_eq!(header(&|h| h["alg"] = js!("Ed25519")), "verified", "the name of RFC 9864");
    for alg in ["none", "None", "HS256", "RS256", "ES384", "eddsa", ""] {
        assert_eq!(header(&|h| h["alg"] = js!(alg)), "algorithm", "{alg}");
    }
    assert_eq!(header(&|h| h["alg"] = js!("ES256")), "algorithm_mismatch");
    assert_eq!(header(&|h| h["typ"] = js!("JWT")), "type");
    assert_eq!(header(&|h| drop(h.as_object_mut().unwrap().remove("typ"))), "type");
    assert_eq!(header(&|h| h["cty"] = js!("vp")), "type");
    assert_eq!(header(&|h| h["crit"] = js!(["exp"])), "critical");
    assert_eq!(header(&|h| h["b64"] = js!(false)), "critical");
    assert_eq!(header(&|h| drop(h.as_object_mut().unwrap().remove("kid"))), "key_id");
    assert_eq!(header(&|h| h["kid"] = js!("did:web:evil.example#key-1")), "key_id");
    assert_eq!(header(&|h| h["kid"] = js!("#key-2")), "method");
    assert_eq!(header(&|h| h["iss"] = js!("did:web:evil.example")), "field");
    let own_key = SigningKey::from_seed(&[1; 32]).public().to_jwk();
    assert_eq!(header(&|h| h["jwk"] = own_key.clone().unwrap()), "verified", "a key in the header has no effect");
}

#[test]
fn an_unsigned_or_reassembled_credential_is_refused() {
    let jwt = jwt::sign(&credential(), &key(), &method()).unwrap();
    let (message, signature) = jwt.rsplit_once('.').unwrap();
    assert_eq!(code(&format!("{message}.")), "signature");
    assert_eq!(code(message), "not_secured");
    assert_eq!(code(&format!("{jwt}.{signature}")), "not_secured");
    assert_eq!(code(&format!("{jwt}=")), "encoding");
    let other = changed(|c| c["credentialSubject"]["result"] = js!("fail"));
    let header = message.split('.').next().unwrap();
    let swapped = format!("{header}.{}.{signature}", part(&other.to_string()));
    assert_eq!(code(&swapped), "signature");
    assert!(verify(&swapped).unwrap_err().is_forgery());
    let stranger = jwt::sign(&credential(), &SigningKey::from_seed(&[1; 32]), &method()).unwrap();
    assert_eq!(code(&stranger), "signature");
    assert_eq!(code(&credential().to_string()), "not_secured", "no proof");
}

#[test]
fn a_key_counts_only_where_the_issuer_asserts_with_it() {
    let jwt = jwt::sign(&credential(), &key(), &method()).unwrap();
    let secured = Secured::read(jwt.as_bytes()).unwrap();
    let whole = crate::did::document(&Did::parse(ISSUER).unwrap(), &[published(&key())]);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut document = whole.clone();
        change(&mut document);
        let read = DidDocument::read(document.to_string().as_bytes()).unwrap();
        secured.verify(&read, now()).map_or_else(|error| error.code(), |_| "verified")
    };
    assert_eq!(with(&|_| ()), "verified");
    assert_eq!(with(&|d| d["assertionMethod"] = js!([])), "method");
    assert_eq!(with(&|d| d["assertionMethod"] = js!(["#key-1"])), "verified", "a relative reference");
    assert_eq!(with(&|d| d["verificationMethod"][0]["controller"] = js!("did:web:evil.example")), "method");
    assert_eq!(with(&|d| d["id"] = js!("did:web:evil.example")), "other_document");
    assert_eq!(with(&|d| d["verificationMethod"][0]["publicKeyJwk"]["alg"] = js!("ES256")), "method");
    assert_eq!(with(&|d| d["verificationMethod"][0]["publicKeyJwk"]["d"] = js!("AA")), "method");
    assert_eq!(with(&|d| d["verificationMethod"][0]["revoked"] = js!("2026-01-01T00:00:00Z")), "method_ended");
    assert_eq!(with(&|d| d["verificationMethod"][0]["expires"] = js!("2026-01-01T00:00:00Z")), "method_ended");
    assert_eq!(with(&|d| d["verificationMethod"][0]["expires"] = js!("2027-01-01T00:00:00Z")), "verified");
    assert_eq!(with(&|d| d["verificationMethod"][0]["revoked"] = js!("soon")), "method", "unreadable is not valid");
    let revoked = PublishedKey { revoked: Some(now()), ..published(&key()) };
    assert_eq!(secured.verify(&document_of(&[revoked]), now()).unwrap_err().code(), "method_ended");
}

#[test]
fn dates_are_kept_to_the_second() {
    let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
    let jwt = jwt::sign(&credential(), &key(), &method()).unwrap();
    let secured = Secured::read(jwt.as_bytes()).unwrap();
    let code = |moment: Timestamp| secured.verify(&document(), moment).map_or_else(|e| e.code(), |_| "verified");
    assert_eq!(code(at("2026-02-28T23:58:59Z")), "not_yet_valid");
    assert_eq!(code(at("2026-02-28T23:59:30Z")), "verified", "a clock may be ahead by a minute");
    assert_eq!(code(at("2027-02-28T23:59:59Z")), "verified");
    assert_eq!(code(at("2027-03-01T00:00:00Z")), "expired");
    assert!(secured.verify_signature(&document(), at("2027-03-01T00:00:00Z")).is_ok());
    for (claim, seconds, expected) in [
        ("exp", 1_767_225_600.0, "expired"),
        ("nbf", 1_900_000_000.0, "not_yet_valid"),
        ("iat", 1_900_000_000.0, "not_yet_valid"),
    ] {
        let jwt = jwt::sign(&changed(|c| c[claim] = js!(seconds)), &key(), &method()).unwrap();
        assert_eq!(verify(&jwt).unwrap_err().code(), expected, "{claim}");
    }
}

#[test]
fn a_credential_must_have_the_form_of_the_data_model() {
    let field = |change: &dyn Fn(&mut Value)| {
        let value = changed(change);
        match Credential::new(value.as_object().unwrap().clone()) {
            Err(Error::Field { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(field(&|c| c["@context"] = js!("https://www.w3.org/ns/credentials/v2")), "/@context");
    assert_eq!(field(&|c| c["@context"][0] = js!("https://www.w3.org/2018/credentials/v1")), "/@context/0");
    assert_eq!(field(&|c| c["@context"] = js!(["https://www.w3.org/ns/credentials/v2", 5])), "/@context/1");
    assert_eq!(field(&|c| c["type"] = js!("TestReport")), "/type");
    assert_eq!(field(&|c| c["issuer"] = js!("nobody")), "/issuer");
    assert_eq!(field(&|c| c["issuer"] = js!({"name": "x"})), "/issuer/id");
    assert_eq!(field(&|c| c["credentialSubject"] = js!([])), "/credentialSubject");
    assert_eq!(field(&|c| c["credentialSubject"] = js!({})), "/credentialSubject");
    for bad in ["2026-03-01", "2026-03-01T00:00:00", "2026-13-01T00:00:00Z", "2026-03-01 00:00:00Z", "now"] {
        assert_eq!(field(&|c| c["validFrom"] = js!(bad)), "/validFrom", "{bad}");
    }
    assert_eq!(field(&|c| c["validUntil"] = js!("2020-01-01T00:00:00+08:00")), "/validUntil");
    assert_eq!(field(&|c| c["vc"] = js!({})), "/vc");
    assert_eq!(field(&|c| c["id"] = js!(["a:b"])), "/id");
}

#[test]
fn json_that_two_readers_could_read_differently_is_refused() {
    let code = |text: &str| json::read(text.as_bytes()).map_or_else(|error| error.code(), |_| "read");
    assert_eq!(json::read(br#"{"a":{"b":1,"b":2}}"#).unwrap_err(), Error::DuplicateKey("b".into()));
    assert_eq!(code(r#"{"a":1,"\u0061":2}"#), "duplicate_key", "escaped the same");
    assert_eq!(code(&format!("{}{}", "[".repeat(33), "]".repeat(33))), "json");
    assert_eq!(code(&format!("{}{}", "[".repeat(32), "]".repeat(32))), "read");
    assert_eq!(code("9007199254740993"), "json");
    assert_eq!(code("1e999"), "json");
    assert_eq!(code("{} {}"), "json");
    assert_eq!(code("\"\u{d}\""), "json");
    let doubled = format!(r#"{{"issuer":"did:web:evil.example",{}"#, &credential().to_string()[1..]);
    let jwt =
        format!("{}.{}.AA", part(&js!({"alg": "EdDSA", "typ": "vc+jwt", "kid": "#k"}).to_string()), part(&doubled));
    assert_eq!(verify(&jwt).unwrap_err().code(), "duplicate_key");
}

#[test]
fn proofs_of_other_kinds_and_moved_proofs_are_refused() {
    let proved = integrity::sign(&credential(), &key(), &format!("{ISSUER}#key-1-multikey"), now()).unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut value = proved.clone();
        change(&mut value);
        code(&value.to_string())
    };
    assert_eq!(with(&|_| ()), "verified");
    assert_eq!(with(&|p| p["proof"] = js!([p["proof"]])), "verified");
    assert_eq!(with(&|p| p["proof"] = js!([p["proof"], p["proof"]])), "not_secured");
    assert_eq!(with(&|p| p["proof"]["cryptosuite"] = js!("eddsa-rdfc-2022")), "cryptosuite");
    assert_eq!(with(&|p| p["proof"]["type"] = js!("Ed25519Signature2020")), "cryptosuite");
    assert_eq!(with(&|p| p["proof"]["proofPurpose"] = js!("authentication")), "field");
    assert_eq!(with(&|p| p["proof"]["created"] = js!("2026-03-02T04:00:01Z")), "signature");
    assert_eq!(with(&|p| p["proof"]["verificationMethod"] = js!("did:web:evil.example#k")), "key_id");
    assert_eq!(with(&|p| p["proof"]["@context"] = js!(["https://evil.example"])), "field");
    assert_eq!(
        with(&|p| p["@context"] = js!([p["@context"][0], "https://more.example"])),
        "verified",
        "more at the end"
    );
    assert_eq!(with(&|p| p["credentialSubject"]["result"] = js!("fail")), "signature");
    let later =
        integrity::sign(&credential(), &key(), &format!("{ISSUER}#key-1-multikey"), now().plus_days(1)).unwrap();
    assert_eq!(code(&later.to_string()), "not_yet_valid");
}

#[test]
fn hostile_names_of_issuers_are_refused() {
    for bad in [
        "did:web:",
        "did:web:127.0.0.1",
        "did:web:a..b",
        "did:web:host:..:secret",
        "did:web:host::x",
        "did:web:host%3A99999",
        "did:web:user@host",
        "did:web:host/path",
        "did:web:host?x",
        "did:web:-a.example",
        "did:web:host:%2e%2e",
        "did:web:[::1]",
        "did:ion:abc",
        "did:key:zzz",
        "did:key:z6Mk",
        "https://a.example",
        "",
    ] {
        assert!(Did::parse(bad).is_err(), "{bad}");
    }
    assert!(PublicKey::from_multikey(&format!("z{}", "1".repeat(5000))).is_err());
    let zero = js!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode([0u8; 32])});
    assert!(PublicKey::from_jwk(zero.as_object().unwrap()).is_err(), "a point of small order");
}

fn list(purpose: Purpose, bits: &Bits) -> Credential {
    let id = "https://shop.example/v1/credentials/status/s1";
    let mut value = credential();
    value["id"] = js!(id);
    value["type"] = js!(["VerifiableCredential", "BitstringStatusListCredential"]);
    value["credentialSubject"] = StatusList::subject(id, purpose, bits).unwrap();
    Credential::new(value.as_object().unwrap().clone()).unwrap()
}

#[test]
fn a_status_list_answers_for_its_own_entries_alone() {
    let mut bits = Bits::new();
    bits.set(94_567, true).unwrap();
    let credential = list(Purpose::Revocation, &bits);
    let read = StatusList::read(&credential).unwrap();
    let entry = |purpose, index: u64, list: &str| StatusEntry { purpose, index, list: list.to_owned() };
    let ours = "https://shop.example/v1/credentials/status/s1";
    let ask = |entry: &StatusEntry| read.is_set(&credential, entry).map_err(|error| error.code());
    assert_eq!(ask(&entry(Purpose::Revocation, 94_567, ours)), Ok(true));
    assert_eq!(ask(&entry(Purpose::Revocation, 94_566, ours)), Ok(false));
    assert_eq!(ask(&entry(Purpose::Suspension, 94_567, ours)), Err("status"));
    assert_eq!(ask(&entry(Purpose::Revocation, 94_567, "https://evil.example/list")), Err("status"));
    assert_eq!(ask(&entry(Purpose::Revocation, 131_072, ours)), Err("status_index"));
}

#[test]
fn a_status_that_cannot_be_understood_is_not_good() {
    let of = |status: Value| {
        let value = changed(|c| c["credentialStatus"] = status.clone());
        let credential = Credential::new(value.as_object().unwrap().clone()).unwrap();
        credential.status_entries().map_err(|error| error.code())
    };
    let entry = StatusEntry { purpose: Purpose::Revocation, index: 7, list: "https://l.example/1".into() };
    assert_eq!(of(entry.to_value()).unwrap(), std::slice::from_ref(&entry));
    assert_eq!(of(js!([entry.to_value(), entry.to_value()])).unwrap().len(), 2);
    let with = |name: &str, value: Value| {
        let mut status = entry.to_value();
        status[name] = value;
        of(status).unwrap_err()
    };
    assert_eq!(with("type", js!("RevocationList2020Status")), "status");
    assert_eq!(with("statusPurpose", js!("message")), "status");
    assert_eq!(with("statusSize", js!(2)), "status");
    assert_eq!(with("statusListIndex", js!(7)), "field");
    assert_eq!(with("statusListIndex", js!("+7")), "field");
    assert_eq!(with("statusListIndex", js!("99999999999999999999")), "field");
    assert_eq!(with("statusListCredential", js!(null)), "field");
    assert_eq!(of(js!("none")).unwrap_err(), "field");
}

#[test]
fn a_list_that_unpacks_without_end_is_refused() {
    let pack = |bytes: usize| {
        let mut packer = GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![0; bytes]).unwrap();
        format!("u{}", URL_SAFE_NO_PAD.encode(packer.finish().unwrap()))
    };
    let bomb = pack(200 << 20);
    assert!(bomb.len() < 400_000);
    assert_eq!(Bits::decode(&bomb).unwrap_err().code(), "too_large");
    assert_eq!(Bits::decode(&pack(16_383)).unwrap_err().code(), "status", "too few entries");
    assert!(Bits::decode(&pack(16_384)).is_ok());
    assert_eq!(Bits::decode("uH4sI").unwrap_err().code(), "encoding");
    assert_eq!(Bits::decode("u!").unwrap_err().code(), "encoding");
    assert!(Bits::with_entries(u64::MAX).is_err());
}
