//! The slice through its public door: acts of other duties, requests to the router, with the shipped packs, a fake clock, a
//! real store and real signals.

mod learning;
mod pages;
mod world;

use crate::features::{FEATURES, Vector};
use crate::model::{Example, Source};
use crate::{CATALOG, routes, store};
use axum::Router;
use axum::http::StatusCode;
use ground::Timestamp;
use kernel::testing::Bench;
use kernel::{Act, Actor, Kernel, Reaction, Role};
use stream::{Kind, Signal};
use web::Routes;
use web::testing::{Answer, People, call, site};

fn migrations() -> db::Migrations {
    let mut all = signals::testing::migrations();
    all.extend(web::migrations());
    all.extend(crate::migrations());
    all
}

fn reactions() -> Vec<Reaction> {
    vec![
        Reaction::new("raised", &["alert.raised"], crate::on_alert_raised),
        Reaction::new("closed", &["alert.closed"], crate::on_alert_closed),
        Reaction::new("day", &["signals.day_closed"], crate::on_day_closed),
        Reaction::new("report", &["report.issued", "report.received"], crate::on_report),
        Reaction::new(
            "listing",
            &["listing.approved", "listing.rejected", "listing.removed"],
            crate::on_listing_decided,
        ),
    ]
}

/// Nobody takes alerts down when they are raised.
fn late_reactions() -> Vec<Reaction> {
    reactions().into_iter().filter(|reaction| reaction.name != "raised").collect()
}

/// A store with signals, behind the router.
struct House {
    bench: Bench,
    router: Router,
}

async fn house() -> House {
    house_over(Bench::sqlite(migrations).await).await
}

async fn house_over(bench: Bench) -> House {
    signals::testing::open(&bench).await;
    let people = People { organisation: Some("m1"), ..People::default() };
    let site = site(&bench.kernel, &[web::CATALOG, CATALOG], people).await;
    let router = Routes::default().merge(routes()).into_router(site);
    House { bench, router }
}

impl House {
    fn kernel(&self) -> &Kernel {
        &self.bench.kernel
    }

    async fn send(&self, method: &str, token: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept-language", "zh-CN"),
        ];
        call(&self.router, method, path, &headers, body.to_owned()).await
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        self.send("GET", token, path, "").await
    }

    async fn json(&self, path: &str) -> serde_json::Value {
        let answer = self.get("analyst", path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.json()
    }

    /// Lets acts lead to what they lead to.
    async fn settle(&self) {
        self.bench.settle(Vec::new(), reactions).await;
    }

    /// Something happens to a product, so many times, at this moment.
    async fn happens(&self, kind: Kind, merchant: &str, product: &str, times: usize) {
        let at = self.kernel().now().micros() - 1_000_000;
        let ids: Vec<String> = (0..times).map(|_| self.kernel().new_id()).collect();
        let signals: Vec<Signal> = ids.iter().map(|id| Signal::new(id, kind, at, merchant, product)).collect();
        signals::testing::send(self.kernel(), &signals).await;
    }

    /// So many orders are placed and delivered.
    async fn sold(&self, merchant: &str, product: &str, times: usize) {
        let at = self.kernel().now().micros() - 2_000_000;
        let kinds = [Kind::Order, Kind::Delivery].into_iter().cycle().take(2 * times);
        let ids: Vec<(Kind, String)> = kinds.map(|kind| (kind, self.kernel().new_id())).collect();
        let signals: Vec<Signal> = ids.iter().map(|(kind, id)| Signal::new(id, *kind, at, merchant, product)).collect();
        signals::testing::send(self.kernel(), &signals).await;
    }

    /// The day ends: its closing becomes an act and what follows from it happens.
    async fn day_ends(&self) {
        let today = self.kernel().today();
        self.bench.clock.advance_days(1);
        signals::close_through(self.kernel(), &Actor::system("test"), today).await.expect("the day closes");
        signals::drain(self.kernel()).await.expect("folded");
        signals::testing::settle(self.kernel()).await;
        self.settle().await;
    }

    /// An act of another duty.
    async fn act(&self, act: Act, by: &Actor) {
        let mut write = self.kernel().begin(by).await.expect("a transaction");
        write.act(act).await.expect("an act");
        write.commit().await.expect("committed");
    }

    async fn alert(&self, id: &str, merchant: &str, product: &str) {
        let act = Act::new("alert.raised", "alert", id).public("merchant", merchant).public("product", product);
        self.act(act, &Actor::system("alerts")).await;
    }

    async fn ends(&self, id: &str, merchant: &str, product: &str, ending: &str) {
        let act = Act::new("alert.closed", "alert", id)
            .public("merchant", merchant)
            .public("product", product)
            .public("closed_as", ending)
            .outcome(ending);
        self.act(act, &kernel::testing::staff(Role::Analyst)).await;
    }

    async fn example(&self, source: Source, reference: &str, product: &str) -> Option<Example> {
        store::examples::find(self.kernel().db().read(), source, reference, product).await.expect("the store")
    }
}

/// Examples of a stated truth over 200 days: complaints matter, but not where sales grow (a promotion brings both), which the
/// prior does not know. `told`: the share of labels that follow the truth.
fn truth(count: usize, told: f64) -> Vec<Example> {
    let mut state = 7u64;
    let mut unit = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..count)
        .map(|index| {
            let mut vector = Vector::default();
            for named in FEATURES {
                vector.set(named.name, if unit() < 0.1 { None } else { Some(unit()) });
            }
            let (complaints, growth) = (3.0 * unit() - 1.0, 2.0 * unit());
            vector.set("complaint_ratio", complaints);
            vector.set("growth", growth);
            let wrong = complaints > 0.3 && growth < 1.2;
            let label = if unit() < told { wrong } else { unit() < 0.3 };
            let day = 20_000 + (200 * index / count) as i32;
            Example {
                id: format!("example-{index}"),
                source: Source::Alert,
                reference: format!("alert-{index}"),
                merchant: "m1".into(),
                product: format!("p{index}"),
                day,
                taken_at: Timestamp::from_micros(i64::from(day) * 86_400_000_000),
                due_day: None,
                vector,
                label: Some(label),
                labelled_day: Some(day),
            }
        })
        .collect()
}

async fn keep(kernel: &Kernel, examples: &[Example]) {
    let tx = kernel.db().write_tx().await.expect("a transaction");
    for example in examples {
        store::examples::insert(&tx, example).await.expect("kept");
    }
    tx.commit().await.expect("committed");
}
