//! Markup in fields: every page shows it as text.

use super::*;

/// Every way a text could have become part of the page.
fn runs(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    ["<script>alert", "<img src=x", "onerror=alert(2)>", "href=\"javascript:", "src=\"javascript:", "\"'><img"]
        .into_iter()
        .find(|sign| lower.contains(sign))
        .map(|sign| {
            let at = lower.find(sign).unwrap_or(0);
            lower[at.saturating_sub(60)..].chars().take(200).collect()
        })
}

fn hostile_goods(shop: &Shop) -> Value {
    with(
        goods(&shop.merchant),
        &[
            ("external_id", json!("<b onerror=alert(2)>")),
            ("title", json!(format!("{HOSTILE} 国家级 最佳"))),
            ("description", json!(format!("javascript:alert(1) {HOSTILE} 包治百病"))),
            ("brand", json!(HOSTILE)),
            ("gtin", json!("\"><script>alert(1)</script>")),
            ("attributes", json!({ HOSTILE: HOSTILE, "产地": HOSTILE })),
            (
                "documents",
                json!([{ "kind": HOSTILE, "number": HOSTILE, "holder": HOSTILE, "product": HOSTILE, "brand": HOSTILE,
                "lot": HOSTILE, "standard": HOSTILE, "scope": HOSTILE, "issuer": HOSTILE, "accreditation": HOSTILE }]),
            ),
            ("batch", json!({ "lot": HOSTILE, "origin": HOSTILE })),
        ],
    )
}

async fn visit(app: &App, client: &Client, paths: &mut Vec<String>, wrong: &mut Vec<String>) -> usize {
    let mut seen = 0;
    paths.sort();
    paths.dedup();
    for path in paths.iter() {
        for client in [client.clone(), client.clone().in_english()] {
            pass(app);
            let answer = client.get(path).await.unwrap();
            if answer.content_type.starts_with("text/html") {
                seen += usize::from(answer.text().contains("alert(1)"));
                wrong.extend(runs(&answer.text()).map(|found| format!("{path}: {found}")));
                if answer.text().contains('⟨') {
                    let text = answer.text();
                    wrong.push(format!(
                        "{path} misses a text: {}",
                        text.split('⟨').nth(1).unwrap_or("").chars().take(60).collect::<String>()
                    ));
                }
            }
            wrong.extend(flaws(&answer, false).into_iter().map(|flaw| format!("{path}: {flaw}")));
        }
    }
    seen
}

/// Every address a page links to.
fn links(page: &str) -> Vec<String> {
    let found = page.split("href=\"/").skip(1).filter_map(|rest| rest.split('"').next());
    found
        .map(|path| format!("/{}", path.replace("&amp;", "&")))
        .filter(|path| !path.starts_with("/assets") && !path.contains("/sign-") && !path.contains("lang="))
        .collect()
}

#[tokio::test]
async fn markup_in_every_field_of_merchants_and_listings_is_text_on_every_page() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |merchant| {
        merchant.shop_name = HOSTILE.into();
        merchant.bank_name = HOSTILE.into();
        merchant.return_address = HOSTILE.into();
    })
    .await
    .unwrap();
    let listing =
        shop.door.post_json("/v1/listings", &with(hostile_goods(&shop), &[("submit", json!(true))])).await.unwrap();
    let listing = listing.ok().unwrap()["id"].as_str().unwrap().to_owned();
    let file = format!("id,title\n\"{}\",{}\n", HOSTILE.replace('"', "\"\""), "x");
    let mapping = "name = \"<script>alert(1)</script>\"\ntitle = { zh = \"试\", en = \"t\" }\noptional = true\n[columns]\nexternal_id = \"id\"\ntitle = \"title\"\ncategory = \"category\"\n";
    let import = shop
        .door
        .post_files(
            "/v1/imports",
            &[("mapping", "x"), ("mapping_text", mapping)],
            &[("file", "<script>alert(1)<script>.csv", "text/csv", file.as_bytes())],
        )
        .await
        .unwrap();
    let import = import.ok().unwrap()["id"].as_str().unwrap().to_owned();
    app.settle().await.unwrap();
    let mut wrong = Vec::new();
    let mut own: Vec<String> = app
        .product
        .table
        .iter()
        .filter(|row| row.method == "GET" && row.access.admits(Role::Merchant) && !row.path.contains('{'))
        .map(|row| row.path.clone())
        .collect();
    own.extend([
        format!("/merchant/listings/{listing}"),
        format!("/merchant/listings/{listing}/edit"),
        format!("/merchant/imports/{import}?status=all"),
        "/search?q=%3Cscript%3E".into(),
    ]);
    for path in own.clone() {
        own.extend(links(&shop.door.get(&path).await.unwrap().text()));
        pass(&app);
    }
    let seen = visit(&app, &shop.door, &mut own, &mut wrong).await;
    assert!(seen > 8, "the fields are shown on {seen} pages of the portal only");
    for role in [Role::Manager, Role::Admin, Role::Reviewer] {
        let staff = app.signed_in(role, role.name()).await.unwrap();
        let mut pages: Vec<String> = app
            .product
            .table
            .iter()
            .filter(|row| row.method == "GET" && row.access.admits(role) && !row.path.contains('{'))
            .map(|row| row.path.clone())
            .collect();
        pages.extend([
            format!("/console/merchants/{}", shop.id),
            format!("/console/listings/{listing}"),
            format!("/console/listings/imports/{import}?status=all"),
            "/search?q=%3Cscript%3E".into(),
            "/console/listings?q=%3Cscript%3E".into(),
        ]);
        for path in pages.clone() {
            pages.extend(links(&staff.get(&path).await.unwrap().text()));
            pass(&app);
        }
        let seen = visit(&app, &staff, &mut pages, &mut wrong).await;
        assert!(role == Role::Admin || seen > 6, "the fields are shown on {seen} pages to {}", role.name());
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} places: {wrong:#?}", wrong.len());
}

#[tokio::test]
async fn an_export_runs_no_formula_in_a_spreadsheet() {
    let app = App::start().await.unwrap();
    let shop =
        enrolled(&app, 0, |merchant| merchant.shop_name = "=HYPERLINK(\"http://evil.example\")".into()).await.unwrap();
    for (place, start) in ["=", "+", "-", "@", "＝"].into_iter().enumerate() {
        let title = format!("{start}cmd|' /C calc'!A{place}");
        let body = with(
            goods(&shop.merchant),
            &[("external_id", json!(format!("{start}1+{place}"))), ("title", json!(title)), ("brand", json!(title))],
        );
        shop.door.post_json("/v1/listings", &body).await.unwrap().ok().unwrap();
    }
    app.settle().await.unwrap();
    let manager = app.signed_in(Role::Manager, "manager").await.unwrap();
    let mut cells = 0;
    for row in app.product.table.clone().iter().filter(|row| row.path.ends_with(".csv") && !row.path.contains('{')) {
        let client = if row.path.starts_with("/merchant/") { &shop.door } else { &manager };
        if !row.access.admits(if row.path.starts_with("/merchant/") { Role::Merchant } else { Role::Manager }) {
            continue;
        }
        // The history answers questions only: the goods are asked for.
        let asked = if row.path == "/console/history.csv" { "?sql=SELECT%20*%20FROM%20listings" } else { "" };
        let answer = client.get(&format!("{}{asked}", row.path)).await.unwrap();
        assert!(answer.status.is_success(), "{}: {}", row.path, answer.status);
        let text = answer.text();
        for cell in text.trim_start_matches('\u{feff}').split([',', '\n']) {
            let cell = cell.trim_end_matches('\r').trim_start_matches('"');
            cells += 1;
            let number = cell.parse::<f64>().is_ok();
            assert!(
                number
                    || !cell.starts_with(['=', '+', '@', '＝', '\t'])
                        && !cell.starts_with("-c")
                        && !cell.starts_with("-1+"),
                "{}: {cell:?}",
                row.path
            );
        }
    }
    assert!(cells > 50, "only {cells} cells");
}
