//! The resolver, for programs.

use super::*;
use serde_json::Value;

async fn asked(house: &House, path: &str, accept: &str) -> Answer {
    house.send("GET", path, &[("accept", accept), ("accept-language", "en")], Body::empty()).await
}

fn anchors(body: &str) -> Vec<String> {
    let body: Value = serde_json::from_str(body).expect("JSON");
    let sets = body["linkset"].as_array().cloned().unwrap_or_default();
    sets.iter().map(|set| set["anchor"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_linkset_names_the_unit_its_lot_and_its_product_with_their_links() {
    let house = house().await;
    let path = format!("/01/{GTIN}/10/L-1/21/{}", house.serials[0]);
    for (query, accept, kind) in [
        ("", "application/linkset+json", "application/linkset+json"),
        ("?linkType=linkset", "text/html", "application/linkset+json"),
        ("?linkType=all", "*/*", "application/linkset+json"),
        ("", "application/json", "application/json"),
    ] {
        let answer = asked(&house, &format!("{path}{query}"), accept).await;
        assert_eq!((answer.status, answer.header("content-type").as_str()), (StatusCode::OK, kind), "{query} {accept}");
        let base = "https://quality.example";
        let product = format!("{base}/01/{GTIN}");
        assert_eq!(anchors(&answer.body), [format!("{base}{path}"), format!("{product}/10/L-1"), product]);
        let set: Value = serde_json::from_str(&answer.body).unwrap();
        for link in ["defaultLink", "pip", "traceability", "certificationInfo", "recallStatus"] {
            let targets = set["linkset"][0][format!("https://gs1.org/voc/{link}")].as_array().expect(link);
            assert!(
                targets.iter().all(|target| target["href"].as_str().is_some_and(|href| href.starts_with(base))),
                "{link}"
            );
        }
        assert!(set["linkset"][2]["https://gs1.org/voc/traceability"].is_null(), "a product has no journey");
    }
}

#[tokio::test]
async fn a_link_type_leads_to_its_place_and_walks_up_where_there_is_none() {
    let house = house().await;
    let unit = house.unit(0);
    for (kind, part) in [
        ("gs1:traceability", "#journey"),
        ("gs1:certificationInfo", "#papers"),
        ("https%3A%2F%2Fgs1.org%2Fvoc%2FrecallStatus", "#recall"),
        ("gs1:pip", ""),
    ] {
        let answer = asked(&house, &format!("{unit}?linkType={kind}"), "text/html").await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{kind}");
        assert_eq!(answer.header("location"), format!("{unit}{part}"));
    }
    // Nothing is known of this serial number, but of the product.
    let other = format!("/01/{GTIN}/21/OTHER-SYSTEM-1");
    let answer = asked(&house, &format!("{other}?linkType=gs1:pip"), "text/html").await;
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{}", answer.body);
    let missing = asked(&house, &format!("/01/{GTIN}?linkType=gs1:traceability"), "text/html").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.body.contains("scan_no_link"), "{}", missing.body);
    let unknown = asked(&house, &format!("{unit}?linkType=gs1:recipeInfo"), "application/json").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let forged = asked(&house, "/01/04006381333931/21/X?linkType=linkset", "*/*").await;
    assert_eq!(forged.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_answer_carries_its_links_and_may_be_read_from_any_site() {
    let house = house().await;
    for accept in ["text/html", "application/linkset+json"] {
        let answer = asked(&house, &house.unit(0), accept).await;
        let link = answer.header("link");
        for part in [
            "rel=\"linkset\"",
            "https://gs1.org/voc/pip",
            "owl:sameAs",
            &format!("https://id.gs1.org{}", house.unit(0)),
        ] {
            assert!(link.contains(part), "{part} in {link}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.header("vary").contains("accept") && answer.header("vary").contains("accept-language"));
    }
    let preflight = house.send("OPTIONS", &house.unit(0), &[("origin", "https://shop.example")], Body::empty()).await;
    assert_eq!(preflight.status, StatusCode::NO_CONTENT);
    assert_eq!(preflight.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
    assert_eq!(
        house.send("PUT", &house.unit(0), &[("authorization", "Bearer analyst")], Body::empty()).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn head_says_what_get_says_without_a_body_and_counts_no_scan() {
    let house = house().await;
    let head = house.send("HEAD", &house.unit(0), &[("accept", "text/html")], Body::empty()).await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    assert!(head.header("link").contains("linkset"));
    let ahead = [("accept", "text/html"), ("sec-purpose", "prefetch"), ("user-agent", "eager")];
    house.send("GET", &house.unit(0), &ahead, Body::empty()).await;
    house.settle().await;
    assert!(house.get(&house.unit(0)).await.body.contains("第 1 次验证"));
}

#[tokio::test]
async fn links_may_be_kept_and_are_sent_once() {
    let house = house().await;
    let first = asked(&house, &house.unit(0), "application/linkset+json").await;
    let etag = first.header("etag");
    assert!(etag.starts_with('"') && first.header("cache-control").contains("max-age"), "{etag}");
    let headers = [("accept", "application/linkset+json"), ("if-none-match", etag.as_str())];
    let again = house.send("GET", &house.unit(0), &headers, Body::empty()).await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(house.get(&house.unit(0)).await.header("cache-control"), "no-store", "a page never is");
}

#[tokio::test]
async fn a_wrong_address_is_refused_with_the_place_and_what_would_be_right() {
    let house = house().await;
    let serial = &house.serials[0];
    for (path, said) in [
        (format!("/01/{GTIN}/21/{serial}/10/L-1"), "22, 10, 21"),
        (format!("/01/{GTIN}/17/261231"), "question mark"),
        ("/01/06901234567893".to_owned(), "check digit"),
        (format!("/01/{GTIN}/10/{}", "A".repeat(21)), ""),
        (format!("/01/{GTIN}/10/%E4%B8%AD"), ""),
        (format!("/01/{GTIN}?17=269999"), ""),
        (format!("/01/{GTIN}?21={serial}"), "path"),
        ("/01/abc".to_owned(), "digits"),
    ] {
        let program = asked(&house, &path, "application/json").await;
        assert_eq!(program.status, StatusCode::BAD_REQUEST, "{path}: {}", program.body);
        let body: Value = serde_json::from_str(&program.body).unwrap();
        assert_eq!(body["code"], "scan_code_invalid");
        let detail = body["errors"][0]["detail"].as_str().unwrap_or_default();
        assert!(!detail.is_empty() && detail.contains(said), "{path}: {detail}");
        assert!(body["errors"][0]["column"].as_u64().is_some_and(|column| column >= 1), "{path}");
        let person = house.get(&path).await;
        assert_eq!((person.status, person.sign()), (StatusCode::BAD_REQUEST, "invalid"), "{path}");
        assert!(person.body.contains("/s/report?code="), "{path}");
    }
    let long = format!("/01/{GTIN}?x={}", "y".repeat(5000));
    assert_eq!(asked(&house, &long, "application/json").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn one_thing_has_one_address() {
    let house = house().await;
    let short = asked(&house, &format!("/01/{}/21/{}?lang=en", &GTIN[1..], house.serials[0]), "text/html").await;
    assert_eq!(short.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(short.header("location"), format!("{}?lang=en", house.unit(0)));
}

#[tokio::test]
async fn the_resolver_describes_itself() {
    let house = house().await;
    let answer = asked(&house, "/.well-known/gs1resolver", "application/json").await;
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["supportedPrimaryKeys"], serde_json::json!(["01"]));
    assert_eq!(body["resolverRoot"], "https://quality.example");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}
