//! The slice through its public door: acts of other duties, requests to the router, with the shipped packs, a fake clock, a
//! real store and real signals.

mod learning;
mod pages;
mod world;

use crate::features::{FEATURES, Vector};
use crate::model::{Example, Source};
use crate::{CATALOG, routes, store};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use ground::{Language, Timestamp};
use http_body_util::BodyExt;
use kernel::testing::Bench;
use kernel::{Act, Actor, ActorKind, Kernel, Permission, Reaction, Role};
use std::sync::Arc;
use stream::{Kind, Signal};
use tower::ServiceExt;
use web::{Authenticator, FixedNav, Routes, SignedSession, Site};

fn migrations() -> db::Migrations {
    let mut all = signals::testing::migrations();
    all.extend(web::migrations());
    all.extend(crate::migrations());
    all
}

/// The token says who it is: a role, and behind a colon which of several.
struct People;

#[async_trait::async_trait]
impl Authenticator for People {
    async fn session(&self, _: &Kernel, _: &str) -> kernel::Result<Option<SignedSession>> {
        Ok(None)
    }

    async fn bearer(&self, _: &Kernel, token: &str) -> kernel::Result<Option<Actor>> {
        let role = token.split(':').next().unwrap_or_default();
        Ok(Role::from_name(role).map(|role| Actor {
            id: format!("user-{token}"),
            name: token.to_owned(),
            roles: [role].into(),
            organisation: (role == Role::Merchant).then(|| "m1".to_owned()),
            kind: ActorKind::Token { token: "t".into(), scopes: Permission::ALL.into_iter().collect() },
            language: Language::En,
        }))
    }
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

/// One answer.
struct Answer {
    status: StatusCode,
    body: String,
}

async fn house() -> House {
    house_over(Bench::sqlite(migrations).await).await
}

async fn house_over(bench: Bench) -> House {
    signals::testing::open(&bench).await;
    let catalogs = Arc::new(ui::Catalogs::new(&[web::CATALOG, CATALOG]).expect("the texts"));
    let settings = web::Settings { address_requests_per_minute: 1_000_000, ..web::Settings::default() };
    let site = Site::new(bench.kernel.clone(), catalogs, settings, Arc::new(People), Arc::new(FixedNav(vec![])))
        .await
        .expect("a site");
    let router = Routes::default().merge(routes()).into_router(site);
    House { bench, router }
}

impl House {
    fn kernel(&self) -> &Kernel {
        &self.bench.kernel
    }

    async fn send(&self, method: &str, token: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept-language", "zh-CN")
            .body(Body::from(body.to_owned()))
            .expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("an answer");
        let status = answer.status();
        let bytes = answer.into_body().collect().await.expect("the body").to_bytes();
        Answer { status, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        self.send("GET", token, path, "").await
    }

    async fn json(&self, path: &str) -> serde_json::Value {
        let answer = self.get("analyst", path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
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
