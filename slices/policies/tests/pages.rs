//! The slice through its addresses: pages in both languages, forms, JSON.

use axum::Router;
use axum::http::StatusCode;
use ground::{FakeClock, Language, SeededRng};
use kernel::Kernel;
use std::sync::Arc;
use web::Routes;
use web::testing::{People, call, site};

struct House {
    kernel: Kernel,
    router: Router,
    _db: db::testing::TestDb,
    _folder: tempfile::TempDir,
}

fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(web::migrations());
    all.extend(listings::migrations());
    all.extend(policies::migrations());
    all
}

async fn house() -> House {
    let db = db::testing::sqlite(migrations).await;
    let folder = tempfile::tempdir().unwrap();
    let kernel = Kernel::new(
        db.db.clone(),
        blobs::Blobs::folder(&folder.path().join("files")).unwrap(),
        Arc::new(FakeClock::at_rfc3339("2026-11-23T08:00:00Z")),
        Arc::new(SeededRng::new(1)),
        policy::shipped(),
        jiff::tz::TimeZone::UTC,
    );
    policies::put_in_force(&kernel).await.unwrap();
    let sources = [web::CATALOG, policies::CATALOG];
    let catalogs = ui::Catalogs::new(&sources).unwrap();
    assert_eq!(catalogs.missing_keys(), Vec::<String>::new());
    assert_eq!(catalogs.differing_variables(), Vec::<String>::new());
    let site = site(&kernel, &sources, People { language: Language::Zh, ..People::default() }).await;
    let router = Routes::default().merge(policies::routes()).into_router(site);
    House { kernel, router, _db: db, _folder: folder }
}

impl House {
    async fn send(
        &self,
        role: &str,
        method: &str,
        path: &str,
        kind: &str,
        body: String,
    ) -> (StatusCode, String, String) {
        let bearer = format!("Bearer {role}");
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        let answer = call(&self.router, method, path, &headers, body).await;
        (answer.status, answer.header("location"), answer.body)
    }

    async fn page(&self, role: &str, path: &str) -> String {
        let (status, _, body) = self.send(role, "GET", path, "text/plain", String::new()).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        assert!(
            !body.contains('⟨'),
            "{path} lacks a text: {}",
            body.split('⟨').nth(1).unwrap_or("").chars().take(60).collect::<String>()
        );
        body
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String, String) {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.send("manager", "POST", path, "application/x-www-form-urlencoded", body.finish()).await
    }

    fn first_row(&self, table: &str) -> (String, String) {
        let packs = self.kernel.packs();
        let rows = packs.home().written_rows(table);
        (rows[0].id().to_owned(), rows[0].from().to_string())
    }

    async fn seen(&self) -> String {
        let body = self.send("manager", "GET", "/v1/policies/cn", "", String::new()).await.2;
        let pack: serde_json::Value = serde_json::from_str(&body).unwrap();
        pack["version_id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn every_page_is_shown_in_both_languages() {
    let house = house().await;
    let tables: Vec<String> = house.kernel.packs().home().table_names().map(str::to_owned).collect();
    for language in ["zh-CN", "en"] {
        for path in [
            "/console/policies",
            "/console/policies/cn",
            "/console/policies/cn/history",
            "/console/policies/eu",
            "/console/policies/cn/affected",
        ] {
            house.page("manager", &format!("{path}?lang={language}")).await;
        }
        for table in &tables {
            house.page("manager", &format!("/console/policies/cn/tables/{table}?lang={language}")).await;
            house.page("manager", &format!("/console/policies/cn/tables/{table}/new?lang={language}")).await;
            let (row, from) = house.first_row(table);
            house.page("manager", &format!("/console/policies/cn/rows/{row}?from={from}&lang={language}")).await;
        }
        house.page("manager", &format!("/console/policies/cn/file?table=laws&lang={language}")).await;
        let seen = house.seen().await;
        house.page("manager", &format!("/console/policy-versions/{seen}?lang={language}")).await;
    }
}

#[tokio::test]
async fn a_reader_sees_no_forms() {
    let house = house().await;
    let (row, _) = house.first_row("parameters");
    let page = house.page("auditor", &format!("/console/policies/cn/rows/{row}")).await;
    assert!(!page.contains("name=\"text\"") && !page.contains("name=\"mode\""));
    let (status, ..) = house
        .send(
            "auditor",
            "POST",
            &format!("/console/policies/cn/rows/{row}/mode"),
            "application/x-www-form-urlencoded",
            String::new(),
        )
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, ..) = house.send("merchant", "GET", "/console/policies", "", String::new()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_row_is_edited_and_put_in_force_from_the_pages() {
    let house = house().await;
    let row = "review.lease_minutes";
    let seen = house.seen().await;
    let body = house.send("manager", "GET", &format!("/v1/policies/cn/rows/{row}"), "", String::new()).await.2;
    let detail: serde_json::Value = serde_json::from_str(&body).unwrap();
    let text = detail["text"].as_str().unwrap().replace("value: 20", "value: 25");
    let from = detail["from"].as_str().unwrap();
    let path = format!("/console/policies/cn/rows/{row}/text");
    let fields = |text: &str| -> Vec<(String, String)> {
        [("base", seen.as_str()), ("table", "parameters"), ("from", from), ("text", text), ("note", "旺季")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    };
    let send = async |text: &str| {
        let fields = fields(text);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        house.form(&path, &fields).await
    };
    let (status, _, page) = send(&text.replace("unit:", "untit:")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("untit") && page.contains("unit"), "the text stays and the nearest name is told");
    assert!(page.contains("行") && page.contains("列"), "with line and column");
    let (status, to, page) = send(&text).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    let version = house.page("manager", &to).await;
    assert!(version.contains("value: 25") && version.contains("value: 20"), "the difference is shown");
    let (status, affected, page) = house.form(&format!("{to}/activate"), &[("seen", &seen), ("note", "同意")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    assert_eq!(affected, "/console/policies/cn/affected");
    house.page("manager", &affected).await;
    assert_eq!(house.kernel.packs().home().integer(row, house.kernel.today()).unwrap(), 25);
    let (status, ..) = house.form(&format!("{to}/activate"), &[("seen", &seen), ("note", "again")]).await;
    assert_eq!(status, StatusCode::CONFLICT, "another version is in force by now");
}

#[tokio::test]
async fn a_script_in_a_note_is_only_text() {
    let house = house().await;
    let seen = house.seen().await;
    let (status, to, body) = house
        .form(
            "/console/policies/cn/rows/review.lease_minutes/mode",
            &[
                ("seen", &seen),
                ("table", "parameters"),
                ("from", "2024-01-01"),
                ("mode", "shadow"),
                ("note", "<script>alert(1)</script>"),
                ("step", "try"),
            ],
        )
        .await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    let page = house.page("manager", &to).await;
    assert!(!page.contains("<script>alert(1)") && page.contains("&lt;script&gt;alert(1)"));
}

#[tokio::test]
async fn files_are_checked_without_being_kept() {
    let house = house().await;
    let check = async |text: &str| {
        let body = serde_json::json!({ "files": [{ "path": "cn/p.yaml", "text": text }] }).to_string();
        house.send("analyst", "POST", "/v1/policies/cn/check", "application/json", body).await
    };
    let good = "table: parameters\nrows:\n  - id: a\n    from: 2024-01-01\n    title: { zh: 一, en: A }\n    value: 1\n    unit: count\n";
    let (status, _, body) = check(good).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let (status, _, body) = check(&good.replace("unit", "unt")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["errors"][0]["line"], 7);
    assert_eq!(problem["errors"][0]["file"], "cn/p.yaml");
    let (status, _, body) = check("table: nosuch\nrows:\n  - id: a\n    from: 2024-01-01\n").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
}

#[tokio::test]
async fn a_trial_of_nothing_on_sale_ends_with_no_cost() {
    let house = house().await;
    let seen = house.seen().await;
    let (status, _, body) = house
        .send("manager", "POST", &format!("/v1/policy-versions/{seen}/trials"), "application/json", String::new())
        .await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let trial: serde_json::Value = serde_json::from_str(&body).unwrap();
    let id = trial["id"].as_str().unwrap().to_owned();
    let (status, ..) = house
        .send("manager", "POST", &format!("/v1/policy-versions/{seen}/trials"), "application/json", String::new())
        .await;
    assert_eq!(status, StatusCode::CONFLICT, "one at a time");
    kernel::job::settle(&house.kernel, &policies::jobs(), 50).await.unwrap();
    let body = house.send("auditor", "GET", &format!("/v1/policy-trials/{id}"), "", String::new()).await.2;
    let trial: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(trial["state"], "finished", "{body}");
    assert_eq!(trial["cost"]["changed"], 0);
    house.page("manager", &format!("/console/policy-trials/{id}")).await;
    let (status, _, csv) =
        house.send("manager", "GET", &format!("/console/policy-trials/{id}/hits.csv"), "", String::new()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(csv.starts_with('\u{feff}'));
}
