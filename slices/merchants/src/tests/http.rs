//! Through the router: who sees what, and that nothing a merchant writes runs anywhere.

use super::*;
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use web::testing::{call, site};
use web::{Authenticator, SignedSession};

struct Tokens;

#[async_trait::async_trait]
impl Authenticator for Tokens {
    async fn session(&self, _kernel: &Kernel, _token: &str) -> kernel::Result<Option<SignedSession>> {
        Ok(None)
    }

    async fn bearer(&self, _kernel: &Kernel, token: &str) -> kernel::Result<Option<Actor>> {
        Ok(match token {
            "reviewer" => Some(reviewer()),
            "auditor" => Some(auditor()),
            other => other.strip_prefix("owner-").map(owner),
        })
    }
}

async fn router(bench: &Bench) -> Router {
    crate::routes().into_router(site(&bench.kernel, &[crate::CATALOG, web::CATALOG], Tokens).await)
}

async fn send(
    router: &Router,
    token: &str,
    method: &str,
    path: &str,
    kind: &str,
    body: impl Into<Body>,
) -> (StatusCode, String) {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", kind), ("accept-language", "zh")];
    let answer = call(router, method, path, &headers, body).await;
    (answer.status, answer.body)
}

async fn get(router: &Router, token: &str, path: &str) -> (StatusCode, String) {
    send(router, token, "GET", path, "text/plain", Body::empty()).await
}

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// A draft whose every field a person types carries markup.
async fn hostile(bench: &Bench) {
    let actor = owner("m1");
    let mut company = company(1, HOSTILE);
    company.shop_name = format!("=cmd|{HOSTILE}");
    company.representative = HOSTILE.into();
    company.representative_id = HOSTILE.into();
    company.address = HOSTILE.into();
    let mut contacts = contacts(1, HOSTILE);
    contacts.name = HOSTILE.into();
    contacts.bank_name = HOSTILE.into();
    contacts.return_addresses[0] =
        ReturnAddress { name: HOSTILE.into(), phone: "057112345678".into(), address: HOSTILE.into() };
    let change = Change {
        company: Some(company),
        contacts: Some(contacts),
        categories: Some(vec!["food/snacks".into()]),
        complete: false,
    };
    let merchant = create(&bench.kernel, &actor, "cn", change).await.unwrap();
    for mut paper in [business_licence(1, HOSTILE), food_trading_licence(1, HOSTILE)] {
        paper.issuer = HOSTILE.into();
        let file = NewFile { name: HOSTILE.into(), content: Bytes::from_static(b"%PDF-1.4") };
        crate::add_qualification(&bench.kernel, &actor, "m1", paper, Some(file)).await.unwrap();
    }
    let link =
        crate::NewLink { grantor: HOSTILE.into(), grantee: HOSTILE.into(), file: pdf(), ..crate::NewLink::default() };
    let brand = crate::NewBrand {
        brand: HOSTILE.into(),
        trademark_number: "12345678".into(),
        trademark_owner: HOSTILE.into(),
        trademark_until: String::new(),
        chain: vec![link],
    };
    crate::add_brand(&bench.kernel, &actor, "m1", brand).await.unwrap();
    crate::submit(&bench.kernel, &actor, "m1", merchant.version).await.unwrap();
    bench.settle().await;
}

#[tokio::test]
async fn markup_in_any_field_is_shown_as_text_on_every_page() {
    let bench = Bench::sqlite().await;
    hostile(&bench).await;
    let entry = crate::NewEntry {
        kind: "representative".into(),
        value: HOSTILE.into(),
        reason: HOSTILE.into(),
        until: String::new(),
    };
    crate::add_blacklist(&bench.kernel, &reviewer(), entry).await.unwrap();
    let router = router(&bench).await;
    let pages = [
        ("reviewer", "/console/merchants"),
        ("reviewer", "/console/merchants/m1"),
        ("auditor", "/console/merchants/m1"),
        ("reviewer", "/console/merchants/verification"),
        ("reviewer", "/console/merchants/blacklist"),
        ("owner-m1", "/merchant"),
        ("owner-m1", "/merchant/enrol/company"),
        ("owner-m1", "/merchant/enrol/categories"),
        ("owner-m1", "/merchant/enrol/qualifications"),
        ("owner-m1", "/merchant/enrol/contacts"),
        ("owner-m1", "/merchant/enrol/review"),
        ("owner-m1", "/merchant/qualifications"),
        ("owner-m1", "/merchant/qualifications/new?kind=business-licence"),
        ("owner-m1", "/merchant/brands/new"),
    ];
    for (token, path) in pages {
        for language in ["zh-CN", "en"] {
            let joint = if path.contains('?') { '&' } else { '?' };
            let (status, body) = get(&router, token, &format!("{path}{joint}lang={language}")).await;
            assert_eq!(status, StatusCode::OK, "{path}: {body}");
            assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{path}");
            assert!(!body.contains('⟨'), "a text is missing on {path}: {}", body.split('⟨').nth(1).unwrap_or(""));
        }
    }
}

#[tokio::test]
async fn an_export_runs_no_formula_in_a_spreadsheet() {
    let bench = Bench::sqlite().await;
    hostile(&bench).await;
    let (status, body) = get(&router(&bench).await, "reviewer", "/console/merchants.csv?state=verifying").await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("'=cmd|"), "{body}");
    assert!(body.contains(&uscc(1)));
}

#[tokio::test]
async fn a_stranger_gets_no_page_and_no_document_of_another_merchant() {
    let bench = Bench::sqlite().await;
    ready(&bench, "m1", 1, NAME).await;
    let paper = paper_of(&bench, "m1", "business-licence").await;
    let router = router(&bench).await;
    let document = format!("/documents/qualifications/{}", paper.id);
    assert_eq!(get(&router, "owner-m1", &document).await.0, StatusCode::OK);
    assert_eq!(get(&router, "reviewer", &document).await.0, StatusCode::OK);
    assert_eq!(get(&router, "owner-m2", &document).await.0, StatusCode::NOT_FOUND);
    let answer = call(&router, "GET", &document, &[("authorization", "Bearer reviewer")], Body::empty()).await;
    assert_eq!(answer.headers["content-type"], "application/pdf");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(
        get(&router, "owner-m2", &format!("/v1/qualifications/{}/document", paper.id)).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(get(&router, "owner-m2", "/v1/merchants/m1").await.0, StatusCode::NOT_FOUND);
    assert_eq!(get(&router, "owner-m2", "/console/merchants/m1").await.0, StatusCode::FORBIDDEN);
    assert_eq!(get(&router, "owner-m2", "/v1/merchants").await.0, StatusCode::FORBIDDEN);
    assert_eq!(get(&router, "nobody", "/v1/merchants/m1").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_wizard_saves_each_step_and_says_what_is_wrong_at_the_field() {
    let bench = Bench::sqlite().await;
    let router = router(&bench).await;
    let form = "application/x-www-form-urlencoded";
    let step = "/merchant/enrol/company";
    let (status, body) =
        send(&router, "owner-m1", "POST", step, form, "version=0&market=cn&uscc=123&legal_name=x").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("field-uscc-error") && body.contains("field-representative-error"), "{body}");
    assert!(body.contains("value=\"123\""), "what was typed is kept");
    assert!(crate::own(&bench.kernel, &owner("m1")).await.unwrap().is_none(), "nothing is half-saved");
    let good = format!("version=0&market=cn&uscc={}&legal_name=甲公司&representative=李四&address=杭州", uscc(1));
    assert_eq!(send(&router, "owner-m1", "POST", step, form, good).await.0, StatusCode::SEE_OTHER);
    let step = "/merchant/enrol/categories";
    let (status, _) = send(&router, "owner-m1", "POST", step, form, "version=1&categories=food/dragons").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _) =
        send(&router, "owner-m1", "POST", step, form, "version=1&categories=apparel/men&categories=food/tea").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let merchant = crate::own(&bench.kernel, &owner("m1")).await.unwrap().unwrap();
    assert_eq!(merchant.categories, ["apparel/men", "food/tea"]);
    let contacts = format!(
        "version={}&contact_name=王五&phone=13800138000&bank_name=工行&bank_holder=甲公司&bank_account=6222021234567890\
         &return_name=仓库&return_phone=057112345678&return_address=一号&return_name=&return_phone=&return_address=",
        merchant.version
    );
    assert_eq!(
        send(&router, "owner-m1", "POST", "/merchant/enrol/contacts", form, contacts).await.0,
        StatusCode::SEE_OTHER
    );
    let merchant = crate::own(&bench.kernel, &owner("m1")).await.unwrap().unwrap();
    assert_eq!(merchant.contacts.return_addresses.len(), 1);
    let submit = format!("version={}", merchant.version);
    let (status, body) = send(&router, "owner-m1", "POST", "/merchant/enrol/review", form, submit).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("营业执照"), "the missing paper is named in words");
}

#[tokio::test]
async fn a_paper_comes_in_by_multipart_and_a_program_file_does_not() {
    let bench = Bench::sqlite().await;
    ready(&bench, "m1", 1, NAME).await;
    let router = router(&bench).await;
    let multipart = |content: &str| {
        let mut body = String::new();
        let number = food_licence(5);
        let fields = [
            ("kind", "food-trading-licence"),
            ("number", &number),
            ("holder", NAME),
            ("issuer", "局"),
            ("valid_until", "2027-01-01"),
        ];
        for (name, value) in fields {
            body.push_str(&format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        }
        body.push_str(&format!(
            "--B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n{content}\r\n--B--\r\n"
        ));
        body
    };
    let kind = "multipart/form-data; boundary=B";
    let path = "/v1/merchants/m1/qualifications";
    let (status, body) = send(&router, "owner-m1", "POST", path, kind, multipart("%PDF-1.4 x")).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    assert!(body.contains("\"state\":\"submitted\""));
    let (status, body) = send(&router, "owner-m1", "POST", path, kind, multipart("MZ\u{1} program")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("\"field\":\"file\""), "{body}");
    assert_eq!(send(&router, "owner-m2", "POST", path, kind, multipart("%PDF-1.4 x")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_program_enrols_a_merchant_over_json() {
    let bench = Bench::sqlite().await;
    let router = router(&bench).await;
    let json = "application/json";
    let body = serde_json::json!({
        "company": {"uscc": uscc(1), "legal_name": "甲公司"}, "categories": ["apparel/men"],
    });
    let (status, answer) = send(&router, "reviewer", "POST", "/v1/merchants", json, body.to_string()).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let merchant: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let id = merchant["id"].as_str().unwrap();
    let change = serde_json::json!({"version": 7, "categories": []}).to_string();
    let (status, answer) = send(&router, "reviewer", "PATCH", &format!("/v1/merchants/{id}"), json, change).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(answer.contains("\"code\":\"stale\""), "{answer}");
    let (status, answer) = get(&router, "auditor", &format!("/v1/merchants/{id}/standing?category=food/tea")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer.contains("food-trading-licence"), "{answer}");
    let (status, answer) = send(&router, "reviewer", "POST", "/v1/merchants", json, "{\"colour\":1}").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
}

#[tokio::test]
async fn a_reviewer_decides_on_the_page_and_a_refusal_without_reasons_is_shown_again() {
    let bench = Bench::sqlite().await;
    let merchant = ready(&bench, "m1", 1, NAME).await;
    crate::submit(&bench.kernel, &owner("m1"), "m1", merchant.version).await.unwrap();
    bench.settle().await;
    let merchant = crate::get(&bench.kernel, &reviewer(), "m1").await.unwrap();
    let router = router(&bench).await;
    let form = "application/x-www-form-urlencoded";
    let path = "/console/merchants/m1/decide";
    let refuse = format!("version={}&move=refuse&note=x", merchant.version);
    let (status, body) = send(&router, "reviewer", "POST", path, form, refuse).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("请给出理由"));
    let enrol = format!("version={}&move=enrol&confirm_papers=true", merchant.version);
    assert_eq!(send(&router, "auditor", "POST", path, form, enrol.clone()).await.0, StatusCode::FORBIDDEN);
    assert_eq!(send(&router, "reviewer", "POST", path, form, enrol.clone()).await.0, StatusCode::SEE_OTHER);
    assert_eq!(send(&router, "reviewer", "POST", path, form, enrol).await.0, StatusCode::CONFLICT);
    let (_, home) = get(&router, "owner-m1", "/merchant").await;
    assert!(home.contains("已入驻"));
}
