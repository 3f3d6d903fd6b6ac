//! Witnesses and anchors over HTTP on loopback: the jobs, the pages, the rows.

use crate::anchors::chain::{ChainAnchor, look_up};
use crate::anchors::{self, AnchorSettings, State as AnchorState};
use crate::tests::{House, house_with};
use crate::witnesses::JOB;
use alloy_consensus::TxEnvelope;
use alloy_consensus::transaction::SignerRecoverable;
use alloy_eips::eip2718::Decodable2718;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use kernel::{Actor, Job, Paging};
use ledger::anchor::{Anchor, AnchorError, Statement, digest};
use ledger::disk::LocalDisk;
use ledger::witness::{NotSigned, WatchedLog, Witness};
use ledger::{Ledger, WitnessPolicy};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tlog::SignerKey;
use tlog::note::KeyType;
use web::outbound::{Client, SystemResolver};

fn key(seed: u8) -> SignerKey {
    SignerKey::from_seed(&format!("witness.example/{seed}"), KeyType::Cosignature, &[seed; 32]).unwrap()
}

/// Serves a router on a free loopback port until the test ends.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

type Shared = Arc<Mutex<Option<Witness>>>;

/// A witness behind HTTP that is there from the moment it is put in.
async fn witness_server() -> (Shared, String) {
    async fn answer(State(witness): State<Shared>, body: Bytes) -> Response {
        let witness = witness.lock().unwrap();
        let Some(witness) = witness.as_ref() else {
            return (StatusCode::SERVICE_UNAVAILABLE, "not yet").into_response();
        };
        match witness.add_checkpoint(&body, 1_800_000_000) {
            Ok(lines) => lines.into_response(),
            Err(NotSigned::Refused(refusal)) => {
                let body = refusal.known_size().map(|size| format!("{size}\n")).unwrap_or_default();
                (StatusCode::from_u16(refusal.status()).unwrap(), body).into_response()
            }
            Err(NotSigned::Store(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
    let shared = Shared::default();
    let router = Router::new().route("/w/add-checkpoint", post(answer)).with_state(Arc::clone(&shared));
    let address = serve(router).await;
    (shared, format!("{address}/w"))
}

fn open_witness(house: &House, seed: u8) -> Witness {
    let view = house.ledger.view();
    let log = WatchedLog { origin: view.origin().into(), keys: view.verifiers().to_vec() };
    let folder = house.folder.path().join(format!("witness-{seed}"));
    Witness::open(Arc::new(LocalDisk::open(&folder).unwrap()), key(seed), &[log]).unwrap()
}

fn jobs(ledger: &Ledger, settings: &AnchorSettings) -> Vec<Job> {
    let client = crate::outside_client(&web::Settings::default(), ledger.view().witnesses(), settings).unwrap();
    crate::jobs(ledger, &client, settings).unwrap()
}

async fn run(house: &House, jobs: &[Job]) {
    for job in jobs {
        assert_eq!((job.run)(house.kernel.clone()).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn trees_go_to_the_witnesses_and_the_pages_say_who_signed() {
    let (first, first_url) = witness_server().await;
    let (second, second_url) = witness_server().await;
    let lines = [format!("{} {first_url}", key(1).verifier()), format!("{} {second_url}/", key(2).verifier())];
    let house = house_with(WitnessPolicy::parse(&lines, 2).unwrap()).await;
    *first.lock().unwrap() = Some(open_witness(&house, 1));
    let id = house.act("listing.rejected", "listing-1", "merchant-1").await;
    house.ledger.settle(&house.kernel).await.unwrap();
    let jobs = jobs(&house.ledger, &AnchorSettings::default());
    assert_eq!(jobs.iter().map(|job| job.name).collect::<Vec<_>>(), [JOB]);
    run(&house, &jobs).await;
    let (_, page) = house.get(&format!("/console/ledger/{id}"), Some("auditor")).await;
    assert!(page.contains("1 witness") && page.contains("witness.example/1"), "{page}");
    let (_, page) = house.get("/console/ledger/outside", Some("auditor")).await;
    assert!(page.contains("a tree needs the cosignatures of 2") && page.contains("HTTP 503: not yet"), "{page}");
    assert_eq!(house.get("/ledger/cosigned", None).await.0, StatusCode::NOT_FOUND, "one is not enough");
    // The second one comes back; it is asked again after a pause, and only it.
    *second.lock().unwrap() = Some(open_witness(&house, 2));
    run(&house, &jobs).await;
    assert_eq!(house.get("/ledger/cosigned", None).await.0, StatusCode::NOT_FOUND, "the pause is not over");
    house.clock.advance_micros(30_000_000);
    run(&house, &jobs).await;
    let cosigned = house.response("/ledger/cosigned", None).await;
    assert_eq!((cosigned.status, cosigned.headers["cache-control"].to_str().unwrap()), (StatusCode::OK, "no-cache"));
    let (_, page) = house.get(&format!("/console/ledger/{id}"), Some("auditor")).await;
    assert!(page.contains("2 witnesses"));
    let (_, file) = house.get(&format!("/v1/acts/{id}/proof"), Some("auditor")).await;
    assert!(file.contains("— witness.example/1 ") && file.contains("— witness.example/2 "));
    let (_, page) = house.verify(&file).await;
    assert!(page.contains("The proof holds") && page.contains("2 witnesses"));
    let forged = file.replace("— witness.example/2 ", "— witness.example/1 ");
    assert!(house.verify(&forged).await.1.contains("The proof holds"), "lines of unknown keys are ignored");
    // The log grows; a job that was started anew learns each witness's size from its answer.
    for number in 2..9 {
        house.act("listing.rejected", &format!("listing-{number}"), "merchant-1").await;
    }
    house.ledger.settle(&house.kernel).await.unwrap();
    run(&house, &self::jobs(&house.ledger, &AnchorSettings::default())).await;
    let (_, body) = house.get("/v1/ledger/witnesses", None).await;
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&answer["needed"], &answer["witnesses"][1]["size"]), (&json!(2), &json!(8)));
    assert_eq!(answer["witnesses"][0]["at"], "2027-01-15T08:00:00Z");
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_with_their_name() {
    let house = house_with(WitnessPolicy::default()).await;
    let client = Client::with_resolver(&[], Arc::new(SystemResolver));
    let named = |settings: AnchorSettings| crate::jobs(&house.ledger, &client, &settings).err().unwrap_or_default();
    let text = |text: &str| text.to_owned();
    assert!(
        named(AnchorSettings { file: text("/no/such/folder/a"), ..Default::default() }).contains("/no/such/folder")
    );
    assert!(named(AnchorSettings { webhook: text("ftp://x"), ..Default::default() }).contains("webhook"));
    let secret =
        AnchorSettings { webhook: text("https://x.example"), webhook_secret: text("abc"), ..Default::default() };
    assert!(named(secret).contains("whsec_"));
    let key = AnchorSettings { chain: text("https://x.example"), chain_key: text("00"), ..Default::default() };
    assert!(named(key).contains("64 hexadecimal digits"));
    let line = format!("{} http://10.0.0.1:1", self::key(1).verifier());
    let ledger = house.ledger.clone().with_witnesses(WitnessPolicy::parse(&[line], 1).unwrap()).unwrap();
    assert!(crate::jobs(&ledger, &client, &AnchorSettings::default()).err().unwrap().contains("witness.example/1"));
    // The operator's own address is an exception by itself.
    assert_eq!(self::jobs(&ledger, &AnchorSettings::default()).len(), 1);
}

type Received = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

#[tokio::test]
async fn trees_are_anchored_in_a_file_and_at_an_address_and_shown_with_their_receipts() {
    async fn receive(State(received): State<Received>, headers: HeaderMap, body: Bytes) -> StatusCode {
        received.lock().unwrap().push((headers, body));
        if received.lock().unwrap().len() == 1 { StatusCode::BAD_GATEWAY } else { StatusCode::ACCEPTED }
    }
    let received = Received::default();
    let url = serve(Router::new().route("/hook", post(receive)).with_state(Arc::clone(&received))).await;
    let house = house_with(WitnessPolicy::default()).await;
    let file = house.folder.path().join("anchors.ndjson");
    let secret = web::webhooks::new_secret(house.kernel.rng());
    let settings = AnchorSettings {
        every_minutes: 60,
        file: file.display().to_string(),
        webhook: format!("{url}/hook"),
        webhook_secret: secret.clone(),
        ..AnchorSettings::default()
    };
    let id = house.act("listing.rejected", "listing-1", "merchant-1").await;
    house.ledger.settle(&house.kernel).await.unwrap();
    let jobs = jobs(&house.ledger, &settings);
    run(&house, &jobs).await;
    let (_, page) = house.get("/console/ledger/outside", Some("auditor")).await;
    assert!(page.contains("answered with status 502") && page.contains("anchors.ndjson"), "{page}");
    house.clock.advance_micros(301_000_000);
    run(&house, &jobs).await;
    run(&house, &jobs).await;
    let list = async |kind| anchors::list(&house.kernel, kind, &Paging::default()).await.unwrap();
    assert_eq!(list(None).await.total, 2, "the same tree is anchored once in each place");
    assert!(list(None).await.rows.iter().all(|row| row.state == AnchorState::Final && row.size == 1));
    // What was received is signed twice over: by the log, and with the agreed secret.
    let (headers, body) = received.lock().unwrap().last().unwrap().clone();
    let view = house.ledger.view();
    let statement = Statement::parse(&body, view.origin(), view.verifiers()).unwrap();
    assert_eq!(statement.checkpoint.checkpoint.size, 1);
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let seconds: i64 = header("webhook-timestamp").parse().unwrap();
    let at = ground::Timestamp::from_micros(seconds * 1_000_000);
    let text = String::from_utf8(body.to_vec()).unwrap();
    let expected = web::webhooks::signature(&secret, &header("webhook-id"), at, &text).unwrap();
    assert_eq!(header("webhook-signature"), expected);
    assert!(Statement::parse(text.replace("2026", "2025").as_bytes(), view.origin(), view.verifiers()).is_err());
    // A grown log is anchored when the interval is over, not before.
    house.act("listing.rejected", "listing-2", "merchant-1").await;
    house.ledger.settle(&house.kernel).await.unwrap();
    run(&house, &jobs).await;
    assert_eq!(list(None).await.total, 2);
    house.clock.advance_micros(3_600_000_000);
    run(&house, &jobs).await;
    assert_eq!((list(None).await.total, list(Some("file")).await.total), (4, 2));
    // The act is proved in the earliest tree that stands outside, and the receipt says where.
    let (proof, receipt) = anchors::proof(&house.kernel, view, &Actor::system("test"), &id).await.unwrap().unwrap();
    assert_eq!((proof.checkpoint.size, receipt.reference.as_str()), (1, "1"));
    let row = list(Some("webhook")).await.rows.remove(0);
    let (status, body) = house.get(&format!("/console/ledger/outside/{}/receipt", row.id), Some("auditor")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(ledger::anchor::Receipt::parse(body.as_bytes()).unwrap(), row.receipt());
    let (_, csv) = house.get("/console/ledger/outside.csv?kind=webhook", Some("auditor")).await;
    assert_eq!(csv.lines().count(), 3, "{csv}");
    let (_, body) = house.get("/v1/ledger/anchors?rows=1", None).await;
    assert!(body.contains("\"total\":4") && body.contains("\"state\":\"final\""), "{body}");
    assert_ne!(house.get("/console/ledger/outside", None).await.0, StatusCode::OK);
}

/// A node that keeps what is sent to it.
#[derive(Default)]
struct Node {
    sent: Vec<(String, TxEnvelope)>,
    block: u64,
    altered: bool,
}

async fn node(State(node): State<Arc<Mutex<Node>>>, body: Bytes) -> String {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let mut node = node.lock().unwrap();
    let result = match asked["method"].as_str().unwrap() {
        "eth_chainId" => json!("0x7a69"),
        "eth_getTransactionCount" => json!(format!("{:#x}", node.sent.len())),
        "eth_estimateGas" => json!("0x5800"),
        "eth_getBlockByNumber" => json!({"baseFeePerGas": "0x3b9aca00"}),
        "eth_blockNumber" => json!(format!("{:#x}", node.block)),
        "eth_sendRawTransaction" => {
            let raw = hex::decode(asked["params"][0].as_str().unwrap().trim_start_matches("0x")).unwrap();
            let transaction = TxEnvelope::decode_2718(&mut raw.as_slice()).unwrap();
            let hash = format!("{:#x}", transaction.tx_hash());
            node.sent.push((hash.clone(), transaction));
            node.block += 1;
            json!(hash)
        }
        "eth_getTransactionReceipt" => match node.sent.iter().position(|(hash, _)| asked["params"][0] == json!(hash)) {
            Some(position) => json!({"blockNumber": format!("{:#x}", position + 1), "status": "0x1"}),
            None => Value::Null,
        },
        "eth_getTransactionByHash" => {
            use alloy_consensus::Transaction;
            let (_, transaction) = node.sent.iter().find(|(hash, _)| asked["params"][0] == json!(hash)).unwrap();
            let data = if node.altered { vec![1] } else { transaction.input().to_vec() };
            json!({"input": format!("0x{}", hex::encode(data))})
        }
        other => return json!({"jsonrpc": "2.0", "id": 1, "error": {"message": format!("no {other}")}}).to_string(),
    };
    json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string()
}

/// The first account of the well-known development phrase that local nodes begin with.
const DEVELOPMENT_KEY: &str = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d";

#[tokio::test]
async fn a_tree_is_written_into_a_chain_as_a_signed_transaction_and_followed_until_it_is_final() {
    use alloy_consensus::Transaction;
    let shared = Arc::new(Mutex::new(Node::default()));
    let url = serve(Router::new().route("/", post(node)).with_state(Arc::clone(&shared))).await;
    let house = house_with(WitnessPolicy::default()).await;
    house.act("listing.rejected", "listing-1", "merchant-1").await;
    house.ledger.settle(&house.kernel).await.unwrap();
    let settings = AnchorSettings {
        chain: url.clone(),
        chain_key: DEVELOPMENT_KEY.to_owned(),
        chain_confirmations: 3,
        ..AnchorSettings::default()
    };
    let jobs = jobs(&house.ledger, &settings);
    run(&house, &jobs).await;
    let head = house.ledger.view().head().unwrap().checkpoint;
    let data = digest(&head.origin, head.size, &head.root);
    {
        let node = shared.lock().unwrap();
        let (_, sent) = node.sent.first().unwrap();
        assert_eq!(sent.input().as_ref(), data);
        assert_eq!((sent.chain_id(), sent.nonce(), sent.gas_limit()), (Some(31_337), 0, 0x5800));
        assert_eq!(sent.max_fee_per_gas(), 3_000_000_000);
        let signer = sent.recover_signer().unwrap();
        assert_eq!(signer.to_checksum(None), "0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1");
        assert_eq!(sent.to(), Some(signer));
    }
    let row = async || anchors::list(&house.kernel, None, &Paging::default()).await.unwrap().rows.remove(0);
    assert_eq!(row().await.state, AnchorState::Sent);
    shared.lock().unwrap().block = 2;
    run(&house, &jobs).await;
    assert_eq!(row().await.state, AnchorState::Sent, "two blocks are not three");
    shared.lock().unwrap().block = 3;
    run(&house, &jobs).await;
    assert_eq!(row().await.state, AnchorState::Final);
    // Whoever has a node looks it up; other data under that transaction is no proof.
    let client = Client::with_resolver(&["127.0.0.1".to_owned()], Arc::new(SystemResolver));
    assert_eq!(look_up(&client, &url, &row().await.reference, &data).await, Ok(Some(3)));
    shared.lock().unwrap().altered = true;
    let altered = look_up(&client, &url, &row().await.reference, &data).await;
    assert!(matches!(altered, Err(AnchorError::Contradiction(_))));
    assert_eq!(look_up(&client, &url, "chain 31337 0x00", &data).await, Ok(None));
    assert!(look_up(&client, &url, "line 4", &data).await.is_err());
}

/// Against a real node (`TOUCHSTONE_TEST_EVM`, started by `scripts/test`): it checks signature, nonce, fees and encoding.
#[tokio::test]
async fn a_real_node_takes_the_transaction_and_gives_it_back() {
    let Ok(url) = std::env::var("TOUCHSTONE_TEST_EVM") else {
        eprintln!("TOUCHSTONE_TEST_EVM is not set: this run leaves the chain's real node out");
        return;
    };
    let house = house_with(WitnessPolicy::default()).await;
    house.act("listing.rejected", "listing-1", "merchant-1").await;
    house.ledger.settle(&house.kernel).await.unwrap();
    let client = Client::with_resolver(&["127.0.0.1".to_owned()], Arc::new(SystemResolver));
    let anchor = ChainAnchor::new(client.clone(), &url, DEVELOPMENT_KEY, 1).unwrap();
    let tree = house.ledger.view().head().unwrap();
    let signing = house.ledger.clone();
    let sign = move |text: &str| signing.sign(text);
    let first = anchor.put(&tree, house.kernel.now(), &sign).await.unwrap();
    let second = anchor.put(&tree, house.kernel.now(), &sign).await.unwrap();
    assert_ne!(first, second, "each transaction has its own nonce");
    let data = digest(&tree.checkpoint.origin, tree.checkpoint.size, &tree.checkpoint.root);
    for reference in [&first, &second] {
        assert_eq!(anchor.is_final(reference, &tree).await, Ok(Some(true)));
        assert!(look_up(&client, &url, reference, &data).await.unwrap().is_some());
    }
    assert!(look_up(&client, &url, &first, b"other").await.is_err());
}
