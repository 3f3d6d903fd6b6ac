//! Laws: what is signed verifies, and nothing else does.

use super::{ISSUER, credential, document, key, method, now};
use crate::{Bits, Did, Secured, SigningKey, integrity, json, jwt};
use proptest::prelude::*;
use serde_json::{Map, Value, json as js};

/// Any JSON that survives canonical form.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991i64..=9_007_199_254_740_991).prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |f| serde_json::Number::from_f64(f).map(Value::Number)),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,6}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn with_subject(subject: Value) -> Value {
    let mut value = credential();
    value["credentialSubject"]["more"] = subject;
    value
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_said_comes_back_and_verifies(subject in value(), seed in any::<[u8; 32]>()) {
        let key = SigningKey::from_seed(&seed);
        let multikey = key.public().to_multikey();
        let did = Did::parse(&format!("did:key:{multikey}")).unwrap();
        let method = format!("did:key:{multikey}#{multikey}");
        let mut said = with_subject(subject);
        said["issuer"] = js!(did.as_str());
        let document = did.own_document().unwrap();
        for secured in [
            jwt::sign(&said, &key, &method).unwrap(),
            integrity::sign(&said, &key, &method, now()).unwrap().to_string(),
        ] {
            let verified = Secured::read(secured.as_bytes()).unwrap().verify(&document, now()).unwrap();
            let back = Value::Object(verified.credential.value().clone());
            prop_assert_eq!(json::canonical(&back).unwrap(), json::canonical(&said).unwrap());
        }
    }

    #[test]
    fn no_changed_character_of_a_jwt_verifies(position in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.-]") {
        let jwt = jwt::sign(&credential(), &key(), &method()).unwrap();
        let position = position.index(jwt.len());
        let mut changed = jwt.clone();
        changed.replace_range(position..=position, &to);
        prop_assume!(changed != jwt);
        let outcome = Secured::read(changed.as_bytes()).and_then(|secured| secured.verify(&document(), now()));
        prop_assert!(outcome.is_err(), "changed at {}", position);
    }

    #[test]
    fn no_changed_text_inside_a_proved_document_verifies(position in any::<prop::sample::Index>(), to in "[A-Za-z0-9]") {
        let proved = integrity::sign(&credential(), &key(), &format!("{ISSUER}#key-1-multikey"), now()).unwrap().to_string();
        let letters: Vec<usize> =
            proved.bytes().enumerate().filter(|(_, b)| b.is_ascii_alphanumeric()).map(|(at, _)| at).collect();
        let position = letters[position.index(letters.len())];
        let mut changed = proved.clone();
        changed.replace_range(position..=position, &to);
        prop_assume!(changed != proved);
        let outcome = Secured::read(changed.as_bytes()).and_then(|secured| secured.verify(&document(), now()));
        prop_assert!(outcome.is_err(), "changed at {}: {}", position, changed);
    }

    #[test]
    fn strict_json_is_json(value in value()) {
        let text = value.to_string();
        let strict = json::read(text.as_bytes()).unwrap();
        prop_assert_eq!(strict, serde_json::from_str::<Value>(&text).unwrap());
    }

    #[test]
    fn bits_keep_what_was_set(positions in prop::collection::btree_set(0u64..131_072, 0..200)) {
        let mut bits = Bits::new();
        for position in &positions {
            bits.set(*position, true).unwrap();
        }
        let read = Bits::decode(&bits.encode().unwrap()).unwrap();
        for position in 0..131_072 {
            prop_assert_eq!(read.get(position).unwrap(), positions.contains(&position));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,80}") {
        let _ = Secured::read(&bytes);
        let _ = Secured::read(text.as_bytes());
        let _ = Bits::decode(&text);
        let _ = Did::parse(&text);
        let _: Option<Map<String, Value>> = json::read_object(&bytes).ok();
    }
}
