//! Published examples of the standards.

use super::now;
use crate::key::from_base58;
use crate::{Algorithm, Bits, Did, PublicKey, SigningKey, integrity, json};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ground::Timestamp;
use serde_json::{Value, json as js};
use sha2::{Digest, Sha256};

/// Data Integrity EdDSA Cryptosuites 1.0, the example of eddsa-jcs-2022.
const MULTIKEY: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
const SECRET: &str = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq";
const PROOF_VALUE: &str = "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX";

fn alumni() -> Value {
    js!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "description": "A minimum viable example of an Alumni Credential.",
        "issuer": "https://vc.example/issuers/5678",
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
    })
}

#[test]
fn the_example_of_eddsa_jcs_2022_comes_out_byte_for_byte_and_verifies() {
    let document = alumni();
    let hash = hex::encode(Sha256::digest(json::canonical(&document).unwrap()));
    assert_eq!(hash, "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19");
    let mut secured = document.clone();
    secured["proof"] = js!({
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": format!("did:key:{MULTIKEY}#{MULTIKEY}"),
        "proofPurpose": "assertionMethod",
        "@context": document["@context"],
        "proofValue": PROOF_VALUE,
    });
    let secret = from_base58(SECRET).unwrap();
    assert_eq!(secret[..2], [0x80, 0x26], "the multicodec of an Ed25519 secret");
    let key = SigningKey::from_seed(secret[2..].try_into().unwrap());
    assert_eq!(key.public().to_multikey(), MULTIKEY);
    let method = format!("did:key:{MULTIKEY}#{MULTIKEY}");
    let created = Timestamp::parse_rfc3339("2023-02-24T23:36:38Z").unwrap();
    assert_eq!(integrity::add_proof(document.as_object().unwrap(), &key, &method, created).unwrap(), secured);
    let (proof, unsecured) = integrity::read_proof(secured.as_object().unwrap().clone()).unwrap();
    assert_eq!(Value::Object(unsecured), document);
    let did = Did::parse(&format!("did:key:{MULTIKEY}")).unwrap().own_document().unwrap();
    proof.verify(did.assertion_key(&proof.method, now()).unwrap()).unwrap();
}

#[test]
fn the_ed25519_example_of_rfc_8037_verifies() {
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let key = SigningKey::from_seed(&seed.try_into().unwrap());
    let jwk = js!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let public = PublicKey::from_jwk(jwk.as_object().unwrap()).unwrap();
    assert_eq!(key.public(), public);
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(URL_SAFE_NO_PAD.encode(key.sign(message)), signature);
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public.verify(Algorithm::EdDsa, message, &signature).unwrap();
    assert!(public.verify(Algorithm::Es256, message, &signature).is_err(), "another algorithm");
}

#[test]
fn the_es256_example_of_rfc_7515_verifies() {
    let jwk = js!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    let public = PublicKey::from_jwk(jwk.as_object().unwrap()).unwrap();
    let message = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public.verify(Algorithm::Es256, message, &signature).unwrap();
    assert!(public.verify(Algorithm::EdDsa, message, &signature).is_err(), "another algorithm");
    assert!(public.verify(Algorithm::Es256, b"another message", &signature).is_err());
    assert_eq!(PublicKey::from_multikey(&public.to_multikey()).unwrap(), public);
}

#[test]
fn the_empty_list_of_the_standard_reads_as_131072_clear_bits() {
    let text = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA";
    let bits = Bits::decode(text).unwrap();
    assert_eq!(bits, Bits::new());
    assert_eq!(bits.len(), 131_072);
}

/// RFC 8785, §3.2.3: keys are sorted by UTF-16 code units.
#[test]
fn canonical_keys_are_sorted_as_utf_16() {
    let value = json::read(
        "{\"\u{20ac}\":1,\"\\r\":2,\"\u{fb33}\":3,\"1\":4,\"\u{1f600}\":5,\"\u{80}\":6,\"\u{f6}\":7}".as_bytes(),
    )
    .unwrap();
    let canonical = String::from_utf8(json::canonical(&value).unwrap()).unwrap();
    assert_eq!(
        canonical,
        "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
    );
    let numbers = json::read(b"[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001, -0]").unwrap();
    assert_eq!(json::canonical(&numbers).unwrap(), b"[333333333.3333333,1e+30,4.5,0.002,1e-27,0]");
}

#[test]
fn a_did_web_leads_to_its_document() {
    let cases = [
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        ("did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json"),
        ("did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json"),
    ];
    for (did, address) in cases {
        assert_eq!(Did::parse(did).unwrap().document_address().as_deref(), Some(address));
    }
    assert_eq!(Did::web("Shop.Example:8443", &["did", "l1"]).unwrap().as_str(), "did:web:shop.example%3A8443:did:l1");
}
