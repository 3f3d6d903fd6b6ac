//! The slice through its public door: requests to the router and public functions, with the shipped packs, a fake clock and
//! real stores.

mod console;
mod copies;
mod page;
mod resolver;
mod shared;

use crate::{CATALOG, Settings, routes};
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use kernel::testing::{Bench, owner};
use kernel::{Kernel, Reaction};
use ledger::Ledger;
use listings::{Content, testing as goods};
use web::Routes;
use web::testing::{Answer, People, call, site};

/// A trade item of the test's merchant.
const GTIN: &str = "06901234567892";

fn migrations() -> db::Migrations {
    let mut all = goods::migrations();
    all.extend(web::migrations());
    all.extend(ledger::migrations());
    all.extend(trace::migrations());
    all.extend(events::migrations());
    all.extend(reports::migrations());
    all.extend(recalls::migrations());
    all.extend(ratings::migrations());
    all.extend(crate::migrations());
    all
}

fn reactions() -> Vec<Reaction> {
    vec![
        Reaction::new("scans-orders", &["units.sold"], crate::on_units_sold),
        Reaction::new("scans-changed", &["lot.blocked", "lot.withdrawn", "lot.recalled"], crate::on_changed),
    ]
}

/// An enrolled merchant with a lot of ten commissioned units, behind the router.
struct House {
    bench: Bench,
    router: Router,
    ledger: Ledger,
    lot: trace::Lot,
    serials: Vec<String>,
    covered: Vec<String>,
}

/// A page about goods.
trait Page {
    /// What stands on its sign.
    fn sign(&self) -> &str;
}

impl Page for Answer {
    fn sign(&self) -> &str {
        let (_, rest) = self.body.split_once("data-sign=\"").unwrap_or(("", "none\""));
        rest.split_once('"').map_or("", |(sign, _)| sign)
    }
}

async fn house() -> House {
    house_over(Bench::sqlite(migrations).await).await
}

async fn house_over(bench: Bench) -> House {
    let kernel = bench.kernel.clone();
    goods::merchant(&kernel, "m1", 1, &["daily/home"]).await;
    let content = Content { gtin: GTIN[1..].to_owned(), ..goods::honest("保温杯") };
    goods::offer(&kernel, "m1", "x-1", content).await;
    let actor = owner("m1");
    let new = trace::NewLot {
        merchant_id: "m1".into(),
        gtin: GTIN.into(),
        number: "L-1".into(),
        product: "不锈钢保温杯".into(),
        produced_on: "2026-02-01".into(),
        expires_on: "2031-02-01".into(),
        origin: "浙江永康".into(),
        plant: "永康杯业".into(),
    };
    let lot = trace::create(&kernel, &actor, new).await.expect("a lot");
    let batch = trace::NewBatch {
        merchant_id: "m1".into(),
        gtin: GTIN.into(),
        count: 10,
        lot_id: Some(lot.id.clone()),
        covered: true,
    };
    let batch = trace::mint(&kernel, &actor, batch).await.expect("codes");
    let file = trace::code_file(&kernel, &actor, &batch.id, "https://quality.example").await.expect("the codes");
    let codes: Vec<trace::Code> = (1..=10).map(|number| file.code(number).expect("a code")).collect();
    let settings = ledger::Settings { folder: bench.folder.path().join("ledger"), ..ledger::Settings::default() };
    let ledger = Ledger::open(&kernel, settings).await.expect("a ledger");
    let site = site(&kernel, &[web::CATALOG, ratings::CATALOG, CATALOG], People::default()).await;
    let settings = Settings { country_header: Some("x-country".into()) };
    let router = Routes::default().merge(routes(ledger.view().clone(), settings)).into_router(site);
    let lot = trace::lot_by_id(&kernel, &lot.id).await.expect("the store").expect("the lot");
    let serials = codes.iter().map(|code| code.serial.clone()).collect();
    let covered = codes.into_iter().map(|code| code.covered).collect();
    House { bench, router, ledger, lot, serials, covered }
}

impl House {
    fn kernel(&self) -> &Kernel {
        &self.bench.kernel
    }

    /// The path of a unit's page.
    fn unit(&self, number: usize) -> String {
        format!("/01/{GTIN}/21/{}", self.serials[number])
    }

    async fn settle(&self) {
        self.bench.settle(crate::jobs(), reactions).await;
        self.ledger.settle(self.kernel()).await.expect("the acts in a published tree");
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        call(&self.router, method, path, headers, body).await
    }

    /// A phone opens an address.
    async fn get_as(&self, phone: &str, path: &str) -> Answer {
        let headers = [("user-agent", phone), ("accept", "text/html"), ("accept-language", "zh-CN")];
        self.send("GET", path, &headers, Body::empty()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.get_as("phone-1", path).await
    }

    /// An app reports a scan.
    async fn app(&self, body: serde_json::Value) -> Answer {
        let headers = [("content-type", "application/json"), ("accept-language", "en")];
        self.send("POST", "/v1/scans", &headers, body.to_string()).await
    }

    /// Somebody signed in asks.
    async fn staff(&self, token: &str, path: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("accept-language", "zh-CN")];
        self.send("GET", path, &headers, Body::empty()).await
    }

    /// Sends a public form as a browser without script would: its mark and its cookie included.
    async fn form(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).await;
        let cookie = shown.header("set-cookie");
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let marker = format!("name=\"{}\" value=\"", ui::CSRF_FIELD);
        let (_, rest) = shown.body.split_once(&marker).expect("a form with its mark");
        let mark = rest.split_once('"').map_or("", |(mark, _)| mark);
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair(ui::CSRF_FIELD, mark);
        body.extend_pairs(fields);
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", cookie.as_str()),
            ("user-agent", "phone-1"),
            ("accept-language", "zh-CN"),
        ];
        self.send("POST", action, &headers, body.finish()).await
    }
}

#[test]
fn both_catalogs_have_the_same_texts() {
    let ids = |text: &str| {
        let mut ids: Vec<String> = text
            .lines()
            .filter(|line| !line.starts_with([' ', '#']))
            .filter_map(|line| line.split_once(" =").map(|(id, _)| id.to_owned()))
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(CATALOG.zh), ids(CATALOG.en));
}
