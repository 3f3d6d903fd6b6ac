//! The slice through its public door: closed days in, ratings, acts, pages and files out.

mod days;
mod effects;
mod evidence;
mod feed;
mod files;
mod pages;
mod scores;

use crate::compute::Rows;
use crate::model::{DayInput, ProductDay, Rating};
use crate::{CATALOG, Day, day_of, routes};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use ground::Language;
use http_body_util::BodyExt;
use kernel::testing::Bench;
use kernel::{Actor, ActorKind, Kernel, Permission, Reaction, Role};
use ledger::Ledger;
use listings::testing as goods;
use std::sync::Arc;
use tower::ServiceExt;
use web::{Authenticator, FixedNav, Routes, SignedSession, Site};

fn migrations() -> db::Migrations {
    let mut all = signals::testing::migrations();
    all.extend(web::migrations());
    all.extend(ledger::migrations());
    all.extend(crate::migrations());
    all
}

fn reactions() -> Vec<Reaction> {
    let effects = &["rating.recommended", "rating.limited", "rating.removed_pending_test", "rating.restored"];
    vec![
        Reaction::new("day", &["signals.day_closed"], crate::on_day_closed),
        Reaction::new("report", &["report.issued", "report.received"], crate::on_report),
        Reaction::new("remedy", &["remedy.completed"], crate::on_remedy),
        Reaction::new("effects", effects, listings::on_rating_changed),
        Reaction::new("listed", &["listing.listed", "listing.restored"], crate::on_listed),
        Reaction::new("stopped", &["alert.sale_stopped"], listings::on_alert_stopped),
        Reaction::new("closed", &["alert.closed"], listings::on_alert_closed),
    ]
}

/// The token says who it is: a role, and for merchants the organisation behind a colon.
struct People;

#[async_trait::async_trait]
impl Authenticator for People {
    async fn session(&self, _: &Kernel, _: &str) -> kernel::Result<Option<SignedSession>> {
        Ok(None)
    }

    async fn bearer(&self, _: &Kernel, token: &str) -> kernel::Result<Option<Actor>> {
        let (role, organisation) = match token.split_once(':') {
            Some((role, organisation)) => (role, Some(organisation.to_owned())),
            None => (token, None),
        };
        Ok(Role::from_name(role).map(|role| Actor {
            id: format!("user-{token}"),
            name: token.to_owned(),
            roles: [role].into(),
            organisation,
            kind: ActorKind::Token { token: "t".into(), scopes: Permission::ALL.into_iter().collect() },
            language: Language::En,
        }))
    }
}

/// A market with an enrolled merchant `m1`, a ledger and a router; days are closed by hand.
struct House {
    bench: Bench,
    ledger: Ledger,
    router: Router,
    day: Day,
}

/// One answer.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

/// What a product's day brings.
fn brings(key: &str, purchases: i64, complaints: i64) -> ProductDay {
    ProductDay { key: key.to_owned(), input: DayInput { purchases, complaints, ..DayInput::default() } }
}

/// A good day of a product that sells: few complaints and returns, good reviews.
fn good(key: &str) -> ProductDay {
    let input = DayInput { purchases: 100, returns: 2, reviews: 20, ..DayInput::default() };
    ProductDay { key: key.to_owned(), input }
}

fn in_order(mut rows: Vec<ProductDay>) -> Rows {
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    Box::new(rows.into_iter().map(Ok))
}

async fn house() -> House {
    house_over(Bench::sqlite(migrations).await).await
}

async fn house_over(bench: Bench) -> House {
    let kernel = bench.kernel.clone();
    goods::merchant(&kernel, "m1", 1, &["daily/home"]).await;
    let settings = ledger::Settings { folder: bench.folder.path().join("ledger"), ..ledger::Settings::default() };
    let ledger = Ledger::open(&kernel, settings).await.expect("a ledger");
    let catalogs = Arc::new(ui::Catalogs::new(&[web::CATALOG, CATALOG]).expect("the texts"));
    let site = web::Settings {
        base_url: "https://quality.example".into(),
        address_requests_per_minute: 1_000_000,
        ..web::Settings::default()
    };
    let site =
        Site::new(kernel.clone(), catalogs, site, Arc::new(People), Arc::new(FixedNav(vec![]))).await.expect("a site");
    let router = Routes::default().merge(routes()).into_router(site);
    let day = day_of(kernel.today()) - 1;
    House { bench, ledger, router, day }
}

impl House {
    fn kernel(&self) -> &Kernel {
        &self.bench.kernel
    }

    /// Closes the next day with these rows and lets everything follow.
    async fn close(&mut self, rows: Vec<ProductDay>) {
        self.day += 1;
        self.bench.clock.advance_days(1);
        crate::rate(self.kernel(), self.day, in_order(rows)).await.expect("a rated day");
        self.settle().await;
    }

    /// Closes so many days with the same rows; what follows from them follows at the end.
    async fn run(&mut self, days: usize, rows: impl Fn() -> Vec<ProductDay>) {
        for _ in 0..days {
            self.day += 1;
            self.bench.clock.advance_days(1);
            crate::rate(self.kernel(), self.day, in_order(rows())).await.expect("a rated day");
        }
        self.settle().await;
    }

    async fn settle(&self) {
        let mut jobs = listings::jobs();
        jobs.extend(crate::jobs());
        self.bench.settle(jobs, reactions).await;
        self.ledger.settle(self.kernel()).await.expect("the acts in a published tree");
    }

    async fn rating(&self, product: &str) -> Rating {
        crate::of(self.kernel(), "m1", product).await.expect("the store").expect("a rating")
    }

    async fn kinds(&self, product: &str) -> Vec<String> {
        self.bench.acts("product", &format!("m1/{product}")).await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("an answer");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.into_body().collect().await.expect("the body").to_bytes();
        Answer { status, headers, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// Somebody signed in asks.
    async fn ask(&self, token: &str, path: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send("GET", path, &[("authorization", bearer.as_str()), ("accept-language", "en")], Body::empty()).await
    }
}

#[test]
fn both_catalogs_have_the_same_texts() {
    let ids = |text: &str| {
        let mut ids: Vec<String> =
            text.lines().filter_map(|line| line.split_once(" =").map(|(id, _)| id.to_owned())).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(CATALOG.zh), ids(CATALOG.en));
}

#[test]
fn the_shipped_tables_are_whole_from_the_first_day_on() {
    let mut tables = policy::Tables::new();
    crate::tables(&mut tables);
    for pack in policy::shipped().iter() {
        pack.rows::<crate::tables::RatingRow>().expect("rows without a fault");
        let policy = crate::tables::policy_at(pack, jiff::civil::date(2010, 12, 1)).expect("a whole policy");
        assert_eq!(policy.components.len(), 6);
    }
}
