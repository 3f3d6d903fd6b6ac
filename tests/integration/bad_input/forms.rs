//! Forms of the pages: fields that are missing, there twice, too many, too long, of the wrong kind.

use super::*;
use axum::http::StatusCode;
use std::collections::BTreeSet;

/// A form of a page: where it is posted to, whether with files, and its fields.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    action: String,
    files: bool,
    fields: Vec<String>,
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

fn shapes(page: &str, path: &str) -> Vec<Shape> {
    let forms = page.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next());
    let shape = |form: &str| {
        let head = form.split('>').next().unwrap_or("");
        if !head.contains("method=\"post\"") {
            return None;
        }
        let action = between(head, "action=\"", "\"").unwrap_or(path).replace("&amp;", "&");
        let mut fields: Vec<String> =
            form.split(" name=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect();
        fields.retain(|field| field != ui::CSRF_FIELD);
        fields.dedup();
        Some(Shape { action, files: head.contains("multipart"), fields })
    };
    forms.filter_map(shape).collect()
}

/// What is typed into every field, one round after another.
fn typed(round: usize) -> String {
    match round {
        0 => "好".repeat(20_000),
        1 => "a\u{0}b\u{202E}c\r\nSet-Cookie: x=y".to_owned(),
        2 => HOSTILE.to_owned(),
        3 => "-99999999999999999999".to_owned(),
        4 => "2026-02-30".to_owned(),
        _ => "%_'\";--".to_owned(),
    }
}

async fn submit(app: &App, client: &Client, shape: &Shape, fields: &[(&str, &str)]) -> Answer {
    pass(app);
    if shape.files {
        client.post_files(&shape.action, fields, &[]).await.unwrap()
    } else {
        client.post_form(&shape.action, fields).await.unwrap()
    }
}

#[tokio::test]
async fn no_form_breaks_whatever_is_typed_into_it() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let listing = shop
        .door
        .post_json("/v1/listings", &with(goods(&shop.merchant), &[("submit", json!(true))]))
        .await
        .unwrap()
        .ok()
        .unwrap();
    let listing = listing["id"].as_str().unwrap();
    app.settle().await.unwrap();
    let mut wrong = Vec::new();
    let mut forms = 0;
    for role in [Role::Manager, Role::Admin, Role::Reviewer, Role::Merchant] {
        let client =
            if role == Role::Merchant { shop.door.clone() } else { app.signed_in(role, role.name()).await.unwrap() };
        let rows = app
            .product
            .table
            .iter()
            .filter(|row| row.method == "GET" && row.access.admits(role) && !row.path.contains('{'));
        let mut pages: Vec<String> = rows.map(|row| row.path.clone()).collect();
        pages.extend(match role {
            Role::Merchant => {
                vec![format!("/merchant/listings/{listing}"), format!("/merchant/listings/{listing}/edit")]
            }
            _ => vec![
                format!("/console/listings/{listing}"),
                format!("/console/merchants/{}", shop.id),
                "/console/policies/cn/file".into(),
                "/console/policies/cn/tables/claims/new".into(),
            ],
        });
        let mut found = BTreeSet::new();
        for path in pages {
            pass(&app);
            found.extend(shapes(&client.get(&path).await.unwrap().text(), &path));
        }
        let spared =
            |shape: &&Shape| !["sign-out", "sessions/end", "password"].iter().any(|word| shape.action.contains(word));
        for shape in found.iter().filter(spared) {
            forms += 1;
            for round in 0..8 {
                let text = typed(round);
                let mut fields: Vec<(&str, &str)> =
                    shape.fields.iter().map(|field| (field.as_str(), text.as_str())).collect();
                match round {
                    6 => fields.clear(),
                    7 => fields.extend(fields.clone()),
                    _ => {}
                }
                let answer = submit(&app, &client, shape, &fields).await;
                wrong.extend(
                    flaws(&answer, true)
                        .into_iter()
                        .map(|flaw| format!("{} {} round {round}: {flaw}", role.name(), shape.action)),
                );
                if answer.text().contains('⟨') {
                    wrong.push(format!(
                        "{} {} round {round} misses a text: {}",
                        role.name(),
                        shape.action,
                        answer.text().split('⟨').nth(1).unwrap_or("").chars().take(80).collect::<String>()
                    ));
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(forms > 20, "only {forms} forms");
    assert!(wrong.is_empty(), "{} answers: {wrong:#?}", wrong.len());
}

#[tokio::test]
async fn ten_thousand_fields_are_no_work() {
    let app = App::start().await.unwrap();
    let manager = app.signed_in(Role::Manager, "manager").await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let names: Vec<String> = (0..10_000).map(|n| format!("field{n}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    let same: Vec<(&str, &str)> = names.iter().map(|_| ("attribute_name", "x")).collect();
    for fields in [&many, &same] {
        for (client, path, files) in [
            (&manager, "/console/merchants/blacklist", false),
            (&shop.door, "/merchant/enrol/company", false),
            (&shop.door, "/merchant/listings/new", true),
            (&shop.door, "/merchant/listings/check", true),
            (&app.visitor(), "/sign-in", false),
        ] {
            let shape = Shape { action: path.to_owned(), files, fields: Vec::new() };
            let answer = submit(&app, client, &shape, fields).await;
            assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
            assert_eq!(flaws(&answer, true), Vec::<String>::new(), "{path}");
        }
    }
    assert_eq!(shop.door.get("/v1/listings").await.unwrap().ok().unwrap()["total"], 0);
}

#[tokio::test]
async fn a_form_of_another_page_or_type_is_refused() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let request = shop
        .door
        .request(Method::POST, "/merchant/confirm")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = sent(&shop.door, request.body(Body::from("version=1")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "without its mark");
    let request = shop
        .door
        .request(Method::POST, "/merchant/confirm")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = sent(&shop.door, request.body(Body::from("version=1&csrf_token=forged")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "with a forged one");
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", "application/xml"] {
        let answer = raw(&shop.door, "POST", "/merchant/enrol/company", kind, "{}").await;
        assert!(answer.status.is_client_error(), "{kind}: {}", answer.status);
        assert_eq!(flaws(&answer, true), Vec::<String>::new(), "{kind}");
    }
}

#[tokio::test]
async fn forged_numbers_and_impossible_dates_are_told_apart() {
    let app = App::start().await.unwrap();
    let merchant = honest(0);
    let door = app.signed_in(Role::Merchant, "forger").await.unwrap();
    // One character of the organisation code is another: neither it nor the whole number holds.
    let mut uscc: Vec<char> = merchant.uscc.chars().collect();
    uscc[9] = if uscc[9] == '7' { '8' } else { '7' };
    let uscc: String = uscc.into_iter().collect();
    let mut forged = file_of(&merchant);
    forged["company"]["uscc"] = json!(uscc);
    let made = door.post_json("/v1/merchants", &forged).await.unwrap();
    let refused_at_once = !made.status.is_success();
    let answer = if refused_at_once {
        made
    } else {
        let made = made.ok().unwrap();
        door.post_json(
            &format!("/v1/merchants/{}/submit", made["id"].as_str().unwrap()),
            &json!({ "version": made["version"] }),
        )
        .await
        .unwrap()
    };
    let places = refused(&answer, 422, "invalid_input");
    assert!(places.iter().any(|place| place.contains("uscc")), "{}", answer.text());
    let shop = enrolled(&app, 1, |_| {}).await.unwrap();
    for (field, value) in [
        ("price_minor", json!(-1)),
        ("list_price_minor", json!(i64::MAX)),
        ("currency", json!("YUAN")),
        ("title", json!("好".repeat(500_000))),
        ("title", json!("a\u{0}b")),
        ("title", json!("a\u{202E}b")),
        ("title", json!("  ")),
        ("category", json!("")),
        ("brand", json!("x".repeat(5_000))),
        ("batch", json!({ "expires": "2026-13-01" })),
        ("attributes", json!({ "a\u{0}": "x" })),
        ("gtin", json!("9".repeat(500))),
    ] {
        let body = with(goods(&shop.merchant), &[("external_id", json!("BAD")), (field, value)]);
        for (client, chinese) in [(shop.door.clone(), true), (shop.door.clone().in_english(), false)] {
            let answer = client.post_json("/v1/listings", &body).await.unwrap();
            let (status, _, places) = told(&answer);
            assert_eq!(status, 422, "{field}: {}", answer.text().chars().take(300).collect::<String>());
            assert!(places.iter().any(|place| place.contains(field)), "{field}: {places:?}");
            assert_eq!(flaws(&answer, chinese), Vec::<String>::new(), "{field}");
        }
    }
    for body in [
        json!({ "external_id": "" }),
        json!({ "external_id": "x".repeat(5_000) }),
        json!({ "external_id": "a\u{0}" }),
        json!({ "market": "mars" }),
        json!({ "source_at": "yesterday" }),
    ] {
        let changes: Vec<(&str, Value)> =
            body.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let answer = shop.door.post_json("/v1/listings", &with(goods(&shop.merchant), &changes)).await.unwrap();
        assert_eq!(answer.status.as_u16(), 422, "{body}: {}", answer.text());
        assert_eq!(flaws(&answer, true), Vec::<String>::new());
    }
    assert_eq!(shop.door.get("/v1/listings").await.unwrap().ok().unwrap()["total"], 0, "nothing was half kept");
}

#[tokio::test]
async fn search_takes_every_sign_for_itself() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    for (number, title) in [("A%1", "百分之百%棉"), ("A_2", "下划_线"), ("A3", "普通毛巾")] {
        let body = with(goods(&shop.merchant), &[("external_id", json!(number)), ("title", json!(title))]);
        shop.door.post_json("/v1/listings", &body).await.unwrap().ok().unwrap();
    }
    let manager = app.signed_in(Role::Manager, "manager").await.unwrap();
    for sign in ["%25", "_", "%27", "%5C", "%25%25", "%27%20OR%201%3D1--", "a%25b"] {
        for path in ["/v1/listings?q=", "/v1/merchants?q=", "/v1/banks/recalls?q=", "/v1/users?q="] {
            let answer = manager.get(&format!("{path}{sign}")).await.unwrap();
            if answer.status == StatusCode::NOT_FOUND || answer.status == StatusCode::FORBIDDEN {
                continue;
            }
            assert_eq!(answer.ok().unwrap()["total"], 0, "{path}{sign}: {}", answer.text());
        }
    }
    let admin = app.signed_in(Role::Admin, "admin").await.unwrap();
    for sign in ["%25", "_", "%27"] {
        let text = admin.get(&format!("/console/accounts?text={sign}&q={sign}")).await.unwrap().text();
        assert!(!text.contains("enrolling-manager"), "{sign} finds everybody");
    }
    assert_eq!(manager.get("/v1/listings?q=A%251").await.unwrap().ok().unwrap()["total"], 1);
}
