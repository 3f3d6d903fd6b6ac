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
use kernel::testing::Bench;
use kernel::{Kernel, Reaction};
use ledger::Ledger;
use listings::testing as goods;
use web::Routes;
use web::testing::{Answer, People, call, site};

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

/// A market with an enrolled merchant `m1`, a ledger and a router; days are closed by hand.
struct House {
    bench: Bench,
    ledger: Ledger,
    router: Router,
    day: Day,
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
    let site = site(&kernel, &[web::CATALOG, CATALOG], People::default()).await;
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
        call(&self.router, method, path, headers, body).await
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
