//! The slice through its public door: requests to the router.

use crate::{CATALOG, routes};
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use db::testing::TestDb;
use ground::{FakeClock, SeededRng};
use kernel::{Act, Actor, Kernel};
use ledger::{Ledger, Settings};
use std::sync::Arc;
use ui::Catalogs;
use web::Routes;
use web::testing::{Answer, People, call, site};

pub(crate) struct House {
    pub kernel: Kernel,
    pub ledger: Ledger,
    pub router: Router,
    pub clock: Arc<FakeClock>,
    pub folder: tempfile::TempDir,
    _db: TestDb,
}

pub(crate) fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(ledger::migrations());
    all.extend(web::migrations());
    all.extend(crate::migrations());
    all
}

async fn house() -> House {
    house_with(ledger::WitnessPolicy::default()).await
}

/// The same with witnesses.
pub(crate) async fn house_with(policy: ledger::WitnessPolicy) -> House {
    let db = db::testing::sqlite(migrations).await;
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at_rfc3339("2026-11-23T08:00:00Z"));
    let kernel = Kernel::new(
        db.db.clone(),
        blobs::Blobs::folder(&folder.path().join("files")).unwrap(),
        clock.clone(),
        Arc::new(SeededRng::new(1)),
        policy::shipped(),
        jiff::tz::TimeZone::UTC,
    );
    let settings = Settings { folder: folder.path().join("ledger"), ..Settings::default() };
    let ledger = Ledger::open(&kernel, settings).await.unwrap().with_witnesses(policy).unwrap();
    let site = site(&kernel, &[web::CATALOG, CATALOG], People::default()).await;
    let router = Routes::default().merge(routes(ledger.view().clone())).into_router(site);
    House { kernel, ledger, router, clock, folder, _db: db }
}

impl House {
    pub(crate) async fn act(&self, kind: &str, listing: &str, merchant: &str) -> String {
        self.clock.advance_micros(60_000_000);
        let mut write = self.kernel.begin(&Actor::system("screening")).await.unwrap();
        let act = Act::new(kind, "listing", listing)
            .about("merchant", merchant)
            .policy("cn", &"ab".repeat(32))
            .reason("claims.absolute")
            .outcome("rejected")
            .public("title", "<script>alert(1)</script>")
            .private("note", "李雷的电话");
        let id = write.act(act).await.unwrap();
        write.commit().await.unwrap();
        id
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> (StatusCode, String) {
        let answer = self.response(path, token).await;
        (answer.status, answer.body)
    }

    pub(crate) async fn response(&self, path: &str, token: Option<&str>) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("accept-language", "en")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        call(&self.router, "GET", path, &headers, Body::empty()).await
    }

    /// Sends the form of `/verify` as a browser without script would: its mark and its cookie included.
    pub(crate) async fn verify(&self, content: &str) -> (StatusCode, String) {
        let form = self.response("/verify", None).await;
        let cookies: Vec<&str> = form
            .headers
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok()?.split(';').next())
            .collect();
        let cookies = cookies.join("; ");
        let marker = format!("name=\"{}\" value=\"", ui::CSRF_FIELD);
        let mark =
            form.body.split(&marker).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
        let field = |name: &str, extra: &str, value: &str| {
            format!("--frame\r\nContent-Disposition: form-data; name=\"{name}\"{extra}\r\n\r\n{value}\r\n")
        };
        let body = format!(
            "{}{}--frame--\r\n",
            field(ui::CSRF_FIELD, "", &mark),
            field("file", "; filename=\"a.tlog-proof\"\r\nContent-Type: text/plain", content)
        );
        let headers = [
            ("accept-language", "en"),
            ("cookie", cookies.as_str()),
            ("content-type", "multipart/form-data; boundary=frame"),
        ];
        let answer = call(&self.router, "POST", "/verify", &headers, body).await;
        (answer.status, answer.body)
    }
}

#[tokio::test]
async fn a_reviewer_sees_an_act_its_private_part_and_its_proof() {
    let house = house().await;
    let id = house.act("listing.rejected", "listing-1", "merchant-1").await;
    let (status, page) = house.get(&format!("/console/ledger/{id}"), Some("reviewer")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Not yet in the ledger"), "before it is sequenced the page says so");
    house.ledger.settle(&house.kernel).await.unwrap();
    let (_, list) = house.get("/console/ledger", Some("reviewer")).await;
    assert!(list.contains("Listing rejected") && list.contains(&id) && list.contains("screening"));
    let (_, page) = house.get(&format!("/console/ledger/{id}"), Some("reviewer")).await;
    for expected in [
        "Listing rejected",
        "claims.absolute",
        "李雷的电话",
        "What this proof says",
        "<svg viewBox=\"0 0 430",
        "&lt;script&gt;",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("<script>alert"), "what a merchant wrote is text");
    let (status, opening) = house.get(&format!("/console/ledger/{id}/opening"), Some("reviewer")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(ledger::leaf::Opening::parse(opening.as_bytes()).is_some());
    for token in [None, Some("merchant:merchant-1")] {
        assert_ne!(house.get(&format!("/console/ledger/{id}"), token).await.0, StatusCode::OK, "{token:?}");
    }
    let (status, page) = house.get(&format!("/console/ledger/{id}"), Some("regulator")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!page.contains("李雷"), "a regulator sees the act, not its private part");
}

#[tokio::test]
async fn a_merchant_sees_the_acts_about_itself_and_learns_of_no_other() {
    let house = house().await;
    let own = house.act("listing.rejected", "listing-1", "merchant-1").await;
    let other = house.act("listing.approved", "listing-2", "merchant-2").await;
    house.ledger.settle(&house.kernel).await.unwrap();
    let (_, list) = house.get("/v1/acts", Some("merchant:merchant-1")).await;
    assert!(list.contains(&own) && !list.contains(&other) && !list.contains("李雷"));
    let (status, page) = house.get(&format!("/merchant/acts/{own}"), Some("merchant:merchant-1")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("What this proof says") && !page.contains("李雷"));
    let (status, _) = house.get(&format!("/merchant/acts/{own}/proof"), Some("merchant:merchant-1")).await;
    assert_eq!(status, StatusCode::OK);
    for path in [
        format!("/merchant/acts/{other}"),
        format!("/v1/acts/{other}"),
        format!("/v1/acts/{other}/proof"),
        "/v1/acts?subject_kind=listing&subject=listing-2".into(),
        "/v1/acts?subject=merchant-2".into(),
    ] {
        assert_eq!(house.get(&path, Some("merchant:merchant-1")).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let response = house.response(&format!("/proofs/{own}"), Some("merchant:merchant-1")).await;
    assert_eq!(response.headers["location"], format!("/merchant/acts/{own}").as_str());
    let response = house.response(&format!("/console/ledger/{own}"), Some("merchant:merchant-1")).await;
    assert_eq!(response.headers["location"], format!("/merchant/acts/{own}").as_str(), "links are the same for all");
    let response = house.response(&format!("/proofs/{own}"), Some("auditor")).await;
    assert_eq!(response.headers["location"], format!("/console/ledger/{own}").as_str());
}

#[tokio::test]
async fn acts_are_found_by_thing_kind_person_and_time_and_taken_away_as_csv() {
    let house = house().await;
    let first = house.act("listing.rejected", "listing-1", "merchant-1").await;
    house.clock.advance_days(2);
    let second = house.act("listing.approved", "listing-2", "merchant-1").await;
    let found = async |query: &str| {
        let (status, body) = house.get(&format!("/v1/acts?{query}"), Some("auditor")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {body}");
        (body.contains(&first), body.contains(&second))
    };
    assert_eq!(found("subject=listing-1").await, (true, false));
    assert_eq!(found("subject_kind=merchant&subject=merchant-1").await, (true, true));
    assert_eq!(found("kind=listing.approved").await, (false, true));
    assert_eq!(found("kind=listing.").await, (true, true));
    assert_eq!(found("actor=system:screening").await, (true, true));
    assert_eq!(found("actor=nobody").await, (false, false));
    assert_eq!(found("from=2026-11-24").await, (false, true));
    assert_eq!(found("until=2026-11-23").await, (true, false));
    assert_eq!(found("rows=1").await, (false, true));
    let (status, body) = house.get("/v1/acts?from=yesterday", Some("auditor")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("\"from\""), "{body}");
    let (status, page) = house.get("/console/ledger?from=yesterday", Some("auditor")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Give a date"));
    let (_, csv) = house.get("/console/ledger.csv?kind=listing.rejected", Some("auditor")).await;
    assert_eq!(csv.lines().count(), 2);
    assert!(csv.contains(&first) && csv.contains("claims.absolute"));
}

#[tokio::test]
async fn anybody_can_check_a_proof_file_and_is_told_which_step_fails() {
    let house = house().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(house.act("listing.rejected", &format!("listing-{number}"), "merchant-1").await);
    }
    house.ledger.settle(&house.kernel).await.unwrap();
    let (_, file) = house.get(&format!("/v1/acts/{}/proof", ids[2]), Some("auditor")).await;
    // The log has grown since the file was made.
    house.act("listing.approved", "listing-9", "merchant-1").await;
    house.ledger.settle(&house.kernel).await.unwrap();
    let (status, page) = house.verify(&file).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("The proof holds") && page.contains(&ids[2]) && page.contains("Listing rejected"));
    let forged_leaf = {
        let leaf = tlog::ProofFile::parse(file.as_bytes()).unwrap();
        tlog::ProofFile { extra: Some(b"{}".to_vec()), ..leaf }.to_string()
    };
    let stranger =
        tlog::SignerKey::from_seed("touchstone.local/ledger", tlog::note::KeyType::Ed25519, &[9; 32]).unwrap();
    let foreign = {
        let proof = tlog::ProofFile::parse(file.as_bytes()).unwrap();
        let text = tlog::Note::parse(proof.checkpoint.as_bytes()).unwrap().text().to_owned();
        tlog::ProofFile { checkpoint: tlog::Note::sign(&text, &stranger).unwrap().to_string(), ..proof }.to_string()
    };
    for (content, expected) in [
        ("hello", "not a whole proof file"),
        (&file[..file.len() / 2], "not a whole proof file"),
        (&file.replace("index 2", "index 3"), "entry, position or path were changed"),
        (&forged_leaf, "entry, position or path were changed"),
        (&foreign, "was not signed by this ledger"),
        ("", "Choose a proof file"),
    ] {
        let (_, page) = house.verify(content).await;
        assert!(page.contains(expected) && !page.contains("The proof holds"), "{expected}");
    }
    let (_, page) = house.verify(&"x".repeat(3_000_000)).await;
    assert!(!page.contains("The proof holds"));
}

#[tokio::test]
async fn the_log_is_served_as_files_that_can_be_kept_for_ever() {
    let house = house().await;
    for number in 0..3 {
        house.act("listing.rejected", &format!("listing-{number}"), "merchant-1").await;
    }
    house.ledger.settle(&house.kernel).await.unwrap();
    let checkpoint = house.response("/ledger/checkpoint", None).await;
    assert_eq!(checkpoint.headers["cache-control"], "no-cache");
    assert!(checkpoint.body.starts_with("touchstone.local/ledger\n3\n"));
    let tile = house.response("/ledger/tile/0/000.p/3", None).await;
    assert_eq!(tile.headers["cache-control"], "public, max-age=60", "a partial tile is soon replaced");
    assert_eq!(tile.headers["content-type"], "application/octet-stream");
    let tag = tile.header("etag");
    let again = async |tag: &str| {
        call(&house.router, "GET", "/ledger/tile/0/000.p/3", &[("if-none-match", tag)], Body::empty()).await
    };
    for same in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let answer = again(&same).await;
        assert_eq!((answer.status, answer.headers["etag"].to_str().unwrap()), (StatusCode::NOT_MODIFIED, &*tag));
        assert_eq!(answer.body, "");
    }
    assert_eq!(again("\"other\"").await.status, StatusCode::OK);
    let (status, key) = house.get("/ledger/verifier.key", None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(tlog::VerifierKey::parse(key.trim()).is_ok());
    let (status, body) = house.get("/v1/ledger/consistency?old_size=2", None).await;
    assert_eq!(status, StatusCode::OK);
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    let hashes =
        answer["proof"].as_array().unwrap().iter().map(|hash| tlog::Hash::from_base64(hash.as_str().unwrap()).unwrap());
    let (old, new) = (house.ledger.view().root(2).unwrap(), house.ledger.view().root(3).unwrap());
    tlog::verify_consistency(2, 3, &old, &new, &hashes.collect::<Vec<_>>()).unwrap();
    for wrong in ["0", "4", "x", ""] {
        let (status, _) = house.get(&format!("/v1/ledger/consistency?old_size={wrong}"), None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    for path in [
        "signing.key",
        "lock",
        "journal/00000000000000000000",
        "tile/0/000",
        "..%2Fsigning.key",
        "tile/0/..%2f..%2fsigning.key",
        "tile/0/000.p/03",
    ] {
        let (status, body) = house.get(&format!("/ledger/{path}"), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(!body.contains("PRIVATE"));
    }
    let leaf = |number: usize| ledger::NewLeaf { id: number.to_string(), bytes: number.to_string().into_bytes() };
    house.ledger.log().append((3..256).map(leaf).collect()).await.unwrap();
    house.ledger.log().published(256).await.unwrap();
    for full in ["/ledger/tile/0/000", "/ledger/tile/entries/000"] {
        let full = house.response(full, None).await;
        assert_eq!(full.headers["cache-control"], "public, max-age=31536000, immutable");
    }
}

#[tokio::test]
async fn only_an_administrator_may_erase_and_the_proof_outlives_it() {
    let house = house().await;
    let id = house.act("listing.rejected", "listing-1", "merchant-1").await;
    house.ledger.settle(&house.kernel).await.unwrap();
    let post = async |token: &str, body: &'static str| {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("accept-language", "en"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let answer = call(&house.router, "POST", "/console/ledger/erase", &headers, body).await;
        (answer.status, answer.body)
    };
    let whole = "subject_kind=listing&subject=listing-1&reason=request+of+the+person";
    assert_eq!(post("reviewer", whole).await.0, StatusCode::FORBIDDEN);
    let (status, page) = post("admin", "subject_kind=listing&subject=&reason=x").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("This is needed"));
    let (status, page) = post("admin", "subject_kind=listing&subject=unknown&reason=x").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("No act about this"));
    assert_eq!(post("admin", whole).await.0, StatusCode::SEE_OTHER);
    house.ledger.settle(&house.kernel).await.unwrap();
    let (_, page) = house.get(&format!("/console/ledger/{id}"), Some("admin")).await;
    assert!(page.contains("Erased") && !page.contains("李雷"));
    assert_eq!(house.get(&format!("/console/ledger/{id}/opening"), Some("admin")).await.0, StatusCode::NOT_FOUND);
    let (_, file) = house.get(&format!("/v1/acts/{id}/proof"), Some("admin")).await;
    assert!(house.verify(&file).await.1.contains("The proof holds"));
}

#[test]
fn both_languages_say_the_same_things_with_the_same_values() {
    let catalogs = Catalogs::new(&[web::CATALOG, CATALOG]).unwrap();
    assert_eq!(catalogs.missing_keys(), Vec::<String>::new());
    assert_eq!(catalogs.differing_variables(), Vec::<String>::new());
    for code in ledger::CODES {
        assert!(catalogs.has(&code.message_id()), "{}", code.code);
    }
}
