//! One merchant never sees another's: not a page, not a file, not whether it is there.

use super::*;
use axum::http::StatusCode;

struct Neighbours {
    app: App,
    one: Shop,
    other: Shop,
    listing: String,
    version: String,
    import: String,
}

async fn neighbours() -> Neighbours {
    let app = App::start().await.unwrap();
    let one = enrolled(&app, 0, |_| {}).await.unwrap();
    let other = enrolled(&app, 1, |_| {}).await.unwrap();
    let made = one
        .door
        .post_json("/v1/listings", &with(goods(&one.merchant), &[("submit", json!(true))]))
        .await
        .unwrap()
        .ok()
        .unwrap();
    let (listing, version) = (made["id"].as_str().unwrap().to_owned(), made["version_id"].as_str().unwrap().to_owned());
    let file = b"id,title,category,price_minor\nX1,\xE6\x9D\xAF\xE5\xAD\x90,daily/home,100\n";
    let import = one
        .door
        .post_files("/v1/imports", &[("mapping", "touchstone")], &[("file", "a.csv", "text/csv", file)])
        .await
        .unwrap();
    let import = import.ok().unwrap()["id"].as_str().unwrap().to_owned();
    app.settle().await.unwrap();
    Neighbours { app, one, other, listing, version, import }
}

#[tokio::test]
async fn another_merchants_things_are_not_there() {
    let n = neighbours().await;
    let acts = n.one.door.get("/v1/acts").await.unwrap().ok().unwrap();
    let rows = acts["rows"].as_array().or(acts["items"].as_array()).cloned().unwrap_or_default();
    let act = rows.first().and_then(|act| act["id"].as_str()).expect("an act").to_owned();
    let reads = [
        format!("/v1/merchants/{}", n.one.id),
        format!("/v1/merchants/{}/standing", n.one.id),
        format!("/v1/merchants/{}/history", n.one.id),
        format!("/v1/merchants/{}/qualifications", n.one.id),
        format!("/v1/merchants/{}/brands", n.one.id),
        format!("/v1/qualifications/{}/document", n.one.paper),
        format!("/documents/qualifications/{}", n.one.paper),
        format!("/v1/listings/{}", n.listing),
        format!("/merchant/listings/{}", n.listing),
        format!("/merchant/listings/{}/edit", n.listing),
        format!("/documents/listings/{}/0", n.version),
        format!("/v1/imports/{}", n.import),
        format!("/v1/imports/{}/rows", n.import),
        format!("/merchant/imports/{}", n.import),
        format!("/merchant/imports/{}/progress", n.import),
        format!("/merchant/imports/{}/report.csv", n.import),
        format!("/v1/acts/{act}"),
        format!("/v1/acts/{act}/proof"),
        format!("/merchant/acts/{act}"),
        format!("/merchant/acts/{act}/proof"),
    ];
    for path in reads {
        let own = n.one.door.get(&path).await.unwrap();
        let theirs = n.other.door.get(&path).await.unwrap();
        assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{path}: {}", theirs.text());
        let last = path.split('/').rfind(|part| part.len() == 36).unwrap();
        let missing = path.replace(last, "01890000-0000-7000-8000-000000000000");
        let nowhere = n.other.door.get(&missing).await.unwrap();
        assert_eq!(nowhere.status, StatusCode::NOT_FOUND, "{missing}");
        let same = |answer: &Answer| answer.json().map(|body| (body["code"].clone(), body["title"].clone())).ok();
        assert_eq!(same(&theirs), same(&nowhere), "{path} tells whether it is there");
        assert!(own.status != StatusCode::FORBIDDEN && !own.status.is_server_error(), "{path}: {}", own.status);
        assert!(!theirs.text().contains(&n.one.merchant.name), "{path}");
    }
    for (path, list) in [("/v1/listings", "rows"), ("/v1/imports", "rows")] {
        for query in [format!("?merchant={}", n.one.id), format!("?merchant_id={}", n.one.id), "?q=%25".to_owned()] {
            let answer = n.other.door.get(&format!("{path}{query}")).await.unwrap();
            assert!(
                !answer.text().contains(&n.listing) && !answer.text().contains(&n.import),
                "{path}{query} {list}: {}",
                answer.text()
            );
        }
    }
}

#[tokio::test]
async fn another_merchants_things_cannot_be_changed() {
    let n = neighbours().await;
    let before = n.one.door.get(&format!("/v1/merchants/{}", n.one.id)).await.unwrap().ok().unwrap();
    let shelf = n.one.door.get(&format!("/v1/listings/{}", n.listing)).await.unwrap().ok().unwrap();
    let mut revision = with(goods(&n.one.merchant), &[("number", json!(1))]);
    revision.as_object_mut().unwrap().remove("external_id");
    let writes = [
        ("PATCH", format!("/v1/merchants/{}", n.one.id), json!({ "version": before["version"], "categories": [] })),
        ("POST", format!("/v1/merchants/{}/submit", n.one.id), json!({ "version": before["version"] })),
        ("POST", format!("/v1/merchants/{}/confirm", n.one.id), json!({ "version": before["version"] })),
        (
            "POST",
            format!("/v1/merchants/{}/decisions", n.one.id),
            json!({ "version": before["version"], "move": "withdraw" }),
        ),
        ("POST", format!("/v1/qualifications/{}/withdraw", n.one.paper), json!({ "version": 1 })),
        ("POST", format!("/v1/listings/{}/versions", n.listing), revision),
        ("POST", format!("/v1/listings/{}/submit", n.listing), json!({ "version_id": n.version })),
        (
            "POST",
            "/v1/listings".to_owned(),
            with(goods(&n.one.merchant), &[("merchant_id", json!(n.one.id)), ("external_id", json!("NEW"))]),
        ),
        ("POST", "/v1/screen".to_owned(), with(goods(&n.one.merchant), &[("merchant_id", json!(n.one.id))])),
    ];
    for (method, path, body) in writes {
        let answer =
            n.other.door.send_json(Method::from_bytes(method.as_bytes()).unwrap(), &path, &body).await.unwrap();
        let (status, code, _) = told(&answer);
        assert!(
            status == 404 || (path == "/v1/screen" && status < 500),
            "{method} {path}: {status} {code} {}",
            answer.text()
        );
        assert_eq!(flaws(&answer, true), Vec::<String>::new());
    }
    let file = b"id,title,category\nSTOLEN,x,daily/home\n".as_slice();
    let answer = n
        .other
        .door
        .post_files("/v1/imports", &[("merchant_id", &n.one.id)], &[("file", "a.csv", "text/csv", file)])
        .await
        .unwrap();
    refused(&answer, 404, "not_found");
    n.app.settle().await.unwrap();
    let after = n.one.door.get(&format!("/v1/merchants/{}", n.one.id)).await.unwrap().ok().unwrap();
    assert_eq!(after, before);
    let still = n.one.door.get(&format!("/v1/listings/{}", n.listing)).await.unwrap().ok().unwrap();
    assert_eq!(still["listing"], shelf["listing"]);
    assert_eq!(n.one.door.get("/v1/listings").await.unwrap().ok().unwrap()["total"], 2);
}

#[tokio::test]
async fn whoever_knows_the_hash_of_a_file_does_not_get_the_file() {
    let n = neighbours().await;
    let papers = n.one.door.get(&format!("/v1/merchants/{}/qualifications", n.one.id)).await.unwrap().ok().unwrap();
    let sha256 = papers[0]["file"]["sha256"].as_str().expect("a file");
    let claimed = with(
        goods(&n.other.merchant),
        &[("external_id", json!("CLAIM")), ("documents", json!([{ "kind": "test-report", "sha256": sha256 }]))],
    );
    let answer = n.other.door.post_json("/v1/listings", &claimed).await.unwrap();
    if let Ok(made) = answer.ok() {
        let version = made["version_id"].as_str().unwrap();
        let file = n.other.door.get(&format!("/documents/listings/{version}/0")).await.unwrap();
        assert_eq!(file.status, StatusCode::NOT_FOUND, "another merchant's licence was given out");
    } else {
        assert_eq!(told(&answer).0, 422);
    }
    let picture = n.other.door.get(&format!("/pictures/listings/{sha256}")).await.unwrap();
    assert_eq!(picture.status, StatusCode::NOT_FOUND);
}
