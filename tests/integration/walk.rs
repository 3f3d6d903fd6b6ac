//! The loops that join the duties, through the JSON doors: enrol, list, lose the licence, renew it, come back.

use ground::time::DAY_MICROS;
use kernel::Role;
use serde_json::{Value, json};
use testkit::{App, Client};

const FILE: &[u8] = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n";
/// Made by the rules of GB 32100.
const USCC: &str = "91350100M000100Y43";

async fn enrolled(app: &App, merchant: &Client, reviewer: &Client) -> String {
    let file = json!({
        "market": "cn",
        "company": {"uscc": USCC, "legal_name": "福州测试食品有限公司", "shop_name": "测试食品店", "representative": "张三",
                    "representative_id": "350102198001011237", "address": "福州市鼓楼区一号"},
        "contacts": {"contact_name": "张三", "phone": "13800000000", "email": "zhang@example.com", "bank_name": "工商银行福州分行",
                     "bank_holder": "福州测试食品有限公司", "bank_account": "6222000000000000",
                     "return_addresses": [{"name": "张三", "phone": "13800000000", "address": "福州市鼓楼区一号"}]},
        "categories": ["food/snacks"],
    });
    let made = merchant.post_json("/v1/merchants", &file).await.unwrap().ok().unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    paper(merchant, &id, "business-licence", USCC, "2020-01-01", "", None).await;
    paper(merchant, &id, "food-trading-licence", &licence("JY135010000123", 3), "2022-01-01", "2026-04-30", None).await;
    let version = merchant.get(&format!("/v1/merchants/{id}")).await.unwrap().ok().unwrap()["version"].clone();
    merchant
        .post_json(&format!("/v1/merchants/{id}/submit"), &json!({"version": version}))
        .await
        .unwrap()
        .ok()
        .unwrap();
    let seen = reviewer.get(&format!("/v1/merchants/{id}")).await.unwrap().ok().unwrap();
    let decision = json!({"version": seen["version"], "move": "enrol", "reasons": ["in_order"], "note": "原件已核对", "confirm_papers": true});
    reviewer.post_json(&format!("/v1/merchants/{id}/decisions"), &decision).await.unwrap().ok().unwrap();
    app.settle().await.unwrap();
    id
}

/// A licence number with its ISO 7064 MOD 11,10 check digit: `head` and one more digit before it.
fn licence(head: &str, digit: u32) -> String {
    let body = format!("{}{digit}", &head[2..]);
    let mut product = 10;
    for digit in body.bytes().map(|byte| u32::from(byte - b'0')) {
        let sum = match (product + digit) % 10 {
            0 => 10,
            sum => sum,
        };
        product = sum * 2 % 11;
    }
    format!("{}{body}{}", &head[..2], (11 - product) % 10)
}

async fn paper(
    client: &Client,
    merchant: &str,
    kind: &str,
    number: &str,
    from: &str,
    until: &str,
    renews: Option<&str>,
) -> Value {
    let mut fields = vec![
        ("kind", kind),
        ("number", number),
        ("holder", "福州测试食品有限公司"),
        ("issuer", "福州市市场监督管理局"),
        ("valid_from", from),
        ("valid_until", until),
    ];
    if let Some(renews) = renews {
        fields.push(("renews", renews));
    }
    let files = [("file", "paper.pdf", "application/pdf", FILE)];
    let path = format!("/v1/merchants/{merchant}/qualifications");
    client.post_files(&path, &fields, &files).await.unwrap().ok().unwrap()
}

async fn list(client: &Client, sku: &str, title: &str) -> String {
    let body = json!({"external_id": sku, "title": title, "category": "food/snacks", "brand": "田野家", "price_minor": 3990, "currency": "CNY",
                      "description": "独立小包装，开袋即食。", "attributes": {"食品生产许可证编号": licence("SC118350100001", 1), "净含量": "175克"},
                      "submit": true});
    let made = client.post_json("/v1/listings", &body).await.unwrap().ok().unwrap();
    made["id"].as_str().unwrap().to_owned()
}

async fn state(client: &Client, id: &str) -> String {
    let shown = client.get(&format!("/v1/listings/{id}")).await.unwrap().ok().unwrap();
    shown["state"].as_str().or(shown["listing"]["state"].as_str()).unwrap_or_else(|| panic!("{shown}")).to_owned()
}

#[tokio::test]
async fn goods_leave_the_shelf_with_the_licence_and_come_back_with_it() {
    let app = App::start().await.unwrap();
    let merchant = app.signed_in(Role::Merchant, "zhang").await.unwrap();
    let reviewer = app.signed_in(Role::Reviewer, "reviewer").await.unwrap();
    let id = enrolled(&app, &merchant, &reviewer).await;
    let honest = list(&merchant, "A-1", "田野家 每日坚果 175克").await;
    let false_claim = list(&merchant, "A-2", "田野家 每日坚果 治疗糖尿病 根治高血压").await;
    app.settle().await.unwrap();
    assert_eq!(state(&merchant, &honest).await, "on_sale");
    assert_ne!(state(&merchant, &false_claim).await, "on_sale", "a disease claim on food is not sold");

    app.clock.advance_micros(70 * DAY_MICROS);
    app.settle().await.unwrap();
    // A session does not outlive 70 days: they sign in again.
    let merchant = app.signed_in(Role::Merchant, "zhang").await.unwrap();
    let reviewer = app.signed_in(Role::Reviewer, "reviewer").await.unwrap();
    assert_eq!(state(&merchant, &honest).await, "suspended", "the food licence ended on 30 April");

    let papers = merchant.get(&format!("/v1/merchants/{id}/qualifications")).await.unwrap().ok().unwrap();
    let old = papers.as_array().unwrap().iter().find(|paper| paper["kind"] == "food-trading-licence").unwrap();
    let renewed = paper(
        &merchant,
        &id,
        "food-trading-licence",
        old["number"].as_str().unwrap(),
        "2026-05-01",
        "2031-04-30",
        old["id"].as_str(),
    )
    .await;
    app.settle().await.unwrap();
    let path = format!("/v1/qualifications/{}/decision", renewed["id"].as_str().unwrap());
    let version = reviewer.get(&format!("/v1/merchants/{id}/qualifications")).await.unwrap().ok().unwrap();
    let version =
        version.as_array().unwrap().iter().find(|paper| paper["id"] == renewed["id"]).unwrap()["version"].clone();
    reviewer.post_json(&path, &json!({"version": version, "confirmed": true})).await.unwrap().ok().unwrap();
    app.settle().await.unwrap();
    assert_eq!(state(&merchant, &honest).await, "on_sale");

    assert_eq!(listings::unsound(app.kernel(), 10).await.unwrap(), Vec::<String>::new());
    app.product.ledger.settle(app.kernel()).await.unwrap();
    let audit = ledger::audit::audit(app.kernel(), app.product.ledger.view()).await.unwrap();
    assert_eq!(audit.difference, None);
    assert!(audit.acts > 15, "{}", audit.acts);
}
