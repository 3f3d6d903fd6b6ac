//! The duty through its public door: signals come in, people ask.

use crate::{CATALOG, Error, ask, routes, saved};
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use ground::{Language, Problem};
use kernel::testing::Bench;
use kernel::{Actor, Kernel};
use serde_json::json;
use stream::{Attributes, Kind, Signal};
use web::Routes;
use web::testing::{Answer, People, call, site};

/// 2026-03-02 08:00 in Shanghai, UTC microseconds: four hours before a bench begins.
const MORNING_US: i64 = 1_772_409_600_000_000;

fn migrations() -> db::Migrations {
    let mut all = signals::testing::migrations();
    all.extend(web::migrations());
    all.extend(alerts::migrations());
    all.extend(ratings::migrations());
    all.extend(crate::migrations());
    all
}

/// Merchants belong to `m1`.
const PEOPLE: People = People { language: Language::En, organisation: Some("m1") };

fn person(token: &str) -> Actor {
    PEOPLE.actor(token).expect("a role")
}

fn analyst() -> Actor {
    person("analyst")
}

struct House {
    bench: Bench,
    router: Router,
}

/// A market with one merchant's two products, forty orders and four complaints: half of it compacted, half still in the log.
async fn house() -> House {
    let bench = Bench::sqlite(migrations).await;
    signals::testing::open(&bench).await;
    let kernel = &bench.kernel;
    listings::testing::merchant(kernel, "m1", 1, &["daily/home"]).await;
    listings::testing::offer(kernel, "m1", "sku-0", listings::testing::honest("保温杯")).await;
    for half in 0..2 {
        let ids: Vec<String> = (0..22).map(|number| format!("s-{half}-{number}")).collect();
        let signals: Vec<Signal<'_>> = ids.iter().enumerate().map(|(number, id)| signal(id, number, half)).collect();
        signals::testing::send(kernel, &signals).await;
        if half == 0 {
            signals::testing::compact(kernel).await;
        }
    }
    let site = site(kernel, &[web::CATALOG, CATALOG], PEOPLE).await;
    let router = Routes::default().merge(routes()).into_router(site);
    House { bench, router }
}

fn signal(id: &str, number: usize, half: usize) -> Signal<'_> {
    let (kind, reason) = if number < 20 { (Kind::Order, None) } else { (Kind::Complaint, Some("safety")) };
    let at = MORNING_US + (number as i64) * 60_000_000 + half as i64 * 3_600_000_000;
    let product = if number.is_multiple_of(2) { "sku-0" } else { "sku-1" };
    Signal {
        amount_minor: if number < 20 { 1_000 + 10 * number as i64 } else { 0 },
        attributes: Attributes { reason, ..Attributes::default() },
        ..Signal::new(id, kind, at, "m1", product)
    }
}

impl House {
    fn kernel(&self) -> &Kernel {
        &self.bench.kernel
    }

    async fn send(&self, method: &str, token: &str, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("accept-language", "zh-CN"), ("content-type", kind)];
        if !token.is_empty() {
            headers.push(("authorization", bearer.as_str()));
        }
        call(&self.router, method, path, &headers, body).await
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        self.send("GET", token, path, "text/plain", Body::empty()).await
    }

    async fn question(&self, token: &str, sql: &str) -> Answer {
        let body = json!({ "sql": sql }).to_string();
        self.send("POST", token, "/v1/history/query", "application/json", body).await
    }
}

fn page(sql: &str, more: &str) -> String {
    let encoded: String = sql.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("/console/history?sql={encoded}{more}")
}

#[tokio::test]
async fn a_question_sees_every_signal_once_and_the_tables_of_other_duties() {
    let house = house().await;
    let sql = "SELECT kind, count(*) AS n, count(DISTINCT id) AS ids FROM signals GROUP BY kind ORDER BY kind";
    let answer = house.question("analyst", sql).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.json()["rows"], json!([["complaint", 4, 4], ["order", 40, 40]]));
    assert_eq!(answer.json()["columns"][0], json!({"name": "kind", "type": "text"}));
    let sql = "SELECT l.title, l.state, m.market, count(*) AS n FROM signals s
               JOIN listings l ON s.merchant = l.merchant AND s.product = l.product
               JOIN merchants m ON m.merchant = s.merchant GROUP BY 1, 2, 3";
    assert_eq!(house.question("manager", sql).await.json()["rows"], json!([["保温杯", "on_sale", "cn", 22]]));
    let sql = "SELECT (SELECT count(*) FROM alerts) AS alerts, (SELECT count(*) FROM ratings) AS ratings";
    assert_eq!(house.question("auditor", sql).await.json()["rows"], json!([[0, 0]]));
    let tables = house.get("analyst", "/v1/history/tables").await.json();
    let names: Vec<&str> = tables.as_array().unwrap().iter().filter_map(|table| table["name"].as_str()).collect();
    assert_eq!(names, ["signals", "days", "listings", "merchants", "alerts", "ratings"]);
}

#[tokio::test]
async fn a_refusal_says_in_words_what_is_wrong_and_where() {
    let house = house().await;
    let answer = house.question("analyst", "SELECT id,\n  merchnt FROM signals").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let body = answer.json();
    assert_eq!(body["code"], "query_invalid", "{body}");
    let said = body.to_string();
    assert!(said.contains("merchnt") && said.contains("merchant"), "{said}");
    assert!(said.contains("\"line\":2") && said.contains("\"column\":3"), "{said}");
    let answer = house.question("analyst", "DELETE FROM signals").await;
    assert_eq!(answer.json()["code"], "query_read_only");
    let shown = house.get("analyst", &page("SELECT id,\n  merchnt FROM signals", "")).await;
    assert_eq!(shown.status, StatusCode::BAD_REQUEST);
    assert!(shown.body.contains("第 2 行第 3 列") && shown.body.contains("<mark>merchnt</mark>"), "{}", shown.body);
    let counted = house.question("analyst", "SELECT count(*) FROM signals").await;
    assert_eq!(counted.json()["rows"], json!([[44]]));
}

#[tokio::test]
async fn the_page_shows_the_answer_draws_it_and_gives_it_away() {
    let house = house().await;
    let sql = "SELECT product, count(*) AS n, avg(amount_minor) AS mean FROM signals GROUP BY product ORDER BY product";
    let start = house.get("analyst", "/console/history").await;
    assert_eq!(start.status, StatusCode::OK, "{}", start.body);
    assert!(start.body.contains("<code>amount_minor</code>") && start.body.contains("<textarea"));
    let shown = house.get("analyst", &page(sql, "")).await;
    assert!(shown.body.contains("sku-1") && shown.body.contains("共 2 行"), "{}", shown.body);
    let names = |body: &str| {
        body.split(['<', '>', '"']).filter(|part| part.starts_with("insight-")).map(str::to_owned).collect::<Vec<_>>()
    };
    for body in [&start.body, &shown.body] {
        assert_eq!(names(body), Vec::<String>::new(), "every text has words");
    }
    for (chart, x) in [("line", "product"), ("bar", "product"), ("scatter", "n")] {
        let drawn = house.get("analyst", &page(sql, &format!("&chart={chart}&x={x}&y=mean"))).await;
        assert!(drawn.body.contains("answer-chart-option"), "{chart}: {}", drawn.body);
        assert!(drawn.body.contains(&format!("\"type\":\"{chart}\"")), "{chart}: {}", drawn.body);
    }
    let wrong = house.get("analyst", &page(sql, "&chart=scatter&x=product&y=mean")).await;
    assert!(wrong.body.contains("散点需要两列数字"), "{}", wrong.body);
    let csv = house.get("analyst", &page(sql, "").replace("history?", "history.csv?")).await;
    let unasked = house.get("analyst", "/console/history.csv").await;
    assert!(unasked.status.is_client_error(), "no question, no answer: {}", unasked.status);
    assert!(csv.body.starts_with("\u{FEFF}product,n,mean\r\nsku-0,22,"), "{}", csv.body);
    assert!(csv.headers["content-disposition"].to_str().unwrap().contains("history.csv"));
    let rows = house.get("analyst", &page(sql, "").replace("history?", "history.json?")).await.json();
    assert_eq!(rows[1]["product"], "sku-1");
    let parquet = house.get("analyst", &page(sql, "").replace("history?", "history.parquet?")).await;
    assert!(parquet.body.starts_with("PAR1"));
}

#[tokio::test]
async fn long_answers_are_shown_page_by_page() {
    let house = house().await;
    let sql = "SELECT a.id FROM signals a, signals b WHERE b.kind = 'complaint' ORDER BY a.id";
    let second = house.get("analyst", &page(sql, "&page=4")).await;
    assert!(second.body.contains("共 176 行"), "{}", second.body);
    // The tables and their columns stand beside the answer.
    let beside = house.get("analyst", "/console/history").await.body.matches("<td").count();
    assert_eq!(second.body.matches("<td").count() - beside, 26, "the last page has the rest");
}

#[tokio::test]
async fn only_who_may_ask_asks_and_every_question_is_noted_without_its_text() {
    let house = house().await;
    for token in ["merchant", "reviewer", "laboratory", "service"] {
        assert_eq!(house.question(token, "SELECT 1").await.status, StatusCode::FORBIDDEN, "{token}");
        assert_eq!(house.get(token, "/console/history").await.status, StatusCode::FORBIDDEN, "{token}");
    }
    let refused = ask::ask(house.kernel(), &person("merchant"), "SELECT 1").await;
    assert_eq!(Problem::from(refused.unwrap_err()).code.code, "forbidden");
    house.question("analyst", "SELECT count(*) FROM signals WHERE buyer = 'somebody'").await;
    house.question("analyst", "SELECT nothing FROM signals").await;
    let paging = kernel::Paging::default();
    let runs = ask::runs(house.kernel(), &analyst(), &paging).await.unwrap();
    assert_eq!(runs.total, 2);
    let outcomes: Vec<(&str, i64)> = runs.rows.iter().map(|run| (run.outcome.as_str(), run.rows)).collect();
    assert!(outcomes.contains(&("answered", 1)), "{outcomes:?}");
    assert!(runs.rows.iter().all(|run| run.actor_id == "user-analyst" && run.sql_hash.len() == 64));
    let shown = house.get("auditor", "/console/history/runs").await;
    assert!(shown.body.contains("user-analyst") && !shown.body.contains("somebody"), "{}", shown.body);
}

#[tokio::test]
async fn a_saved_question_is_its_owners_and_others_see_it_only_when_shared() {
    let house = house().await;
    let kernel = house.kernel();
    let own = saved::save(kernel, &analyst(), "  mine ", "SELECT 1", false).await.unwrap();
    let manager = person("manager");
    assert_eq!(saved::list(kernel, &manager).await.unwrap(), []);
    let shared = saved::save(kernel, &analyst(), "mine", "SELECT 2", true).await.unwrap();
    assert_eq!((shared.id.as_str(), shared.name.as_str()), (own.id.as_str(), "mine"));
    let seen = saved::list(kernel, &manager).await.unwrap();
    assert_eq!(seen.iter().map(|one| one.sql.as_str()).collect::<Vec<_>>(), ["SELECT 2"]);
    let refused = saved::remove(kernel, &manager, &own.id).await.unwrap_err();
    assert_eq!(Problem::from(refused).code.code, "not_found");
    let form = "name=by%20form&sql=SELECT%203&shared=true";
    let kind = "application/x-www-form-urlencoded";
    let answer = house.send("POST", "analyst", "/console/history/saved", kind, form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert!(house.get("manager", "/console/history").await.body.contains("by form"));
    let gone = format!("/console/history/saved/{}/remove", own.id);
    assert_eq!(house.send("POST", "analyst", &gone, kind, "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(saved::list(kernel, &analyst()).await.unwrap().len(), 1);
    for (name, sql) in [("", "SELECT 1"), ("x", " ")] {
        let wrong = saved::save(kernel, &analyst(), name, sql, false).await.unwrap_err();
        assert!(matches!(wrong, Error::Platform(problem) if !problem.faults.is_empty()));
    }
}

#[tokio::test]
async fn every_example_is_answered_and_drawn_over_its_own_columns() {
    let house = house().await;
    for example in &crate::examples::ALL {
        let asked = ask::ask(house.kernel(), &analyst(), example.sql).await;
        let asked = asked.unwrap_or_else(|error| panic!("{}: {error}", example.message));
        let (chart, x, y) = example.drawn;
        if !chart.is_empty() {
            let names: Vec<&str> = asked.answer.columns.iter().map(|column| column.name.as_str()).collect();
            assert!(names.contains(&x) && names.contains(&y), "{}: {names:?}", example.message);
        }
    }
}

#[tokio::test]
async fn rows_of_questions_go_at_the_end_of_their_time() {
    let house = house().await;
    ask::ask(house.kernel(), &analyst(), "SELECT 1").await.unwrap();
    house.bench.clock.advance_days(401);
    assert_eq!(crate::store::expire(house.kernel()).await.unwrap(), 1);
    assert_eq!(ask::runs(house.kernel(), &analyst(), &kernel::Paging::default()).await.unwrap().total, 0);
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
