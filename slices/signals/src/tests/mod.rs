//! The slice through its public door: requests to the router and public functions, with the shipped packs, a fake clock, a
//! real store and a real folder.

mod broker;
mod days;
mod files;
mod history;
mod storms;
mod taking_in;

use crate::testing;
use crate::{CATALOG, Receipt, Status, routes};
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use ground::{Language, Timestamp};
use kernel::testing::{Bench, staff};
use kernel::{Actor, ActorKind, Kernel, Permission, Role};
use stream::{KeyKind, Kind, Signal};
use web::testing::{Answer, call, site};
use web::{Authenticator, Routes, SignedSession};

/// The moment the bench begins at: a Monday noon in Shanghai.
const NOON: &str = "2026-03-02T04:00:00Z";
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// The token says who it is: `shop` is an API token that may send signals, else the name of a role.
struct People;

#[async_trait::async_trait]
impl Authenticator for People {
    async fn session(&self, _: &Kernel, _: &str) -> kernel::Result<Option<SignedSession>> {
        Ok(None)
    }

    async fn bearer(&self, _: &Kernel, token: &str) -> kernel::Result<Option<Actor>> {
        let role = if token == "shop" { Role::Admin } else { Role::from_name(token).unwrap_or(Role::Merchant) };
        let scopes = match token {
            "shop" => [Permission::SignalsIngest].into(),
            _ => Permission::ALL.into_iter().filter(|p| *p != Permission::SignalsIngest).collect(),
        };
        Ok(Some(Actor {
            id: format!("user-{token}"),
            name: token.to_owned(),
            roles: [role].into(),
            organisation: (role == Role::Merchant).then(|| "m1".to_owned()),
            kind: ActorKind::Token { token: "t".into(), scopes },
            language: Language::En,
        }))
    }
}

struct House {
    bench: Bench,
    router: Router,
}

async fn closed_house() -> House {
    let migrations = || {
        let mut all = testing::migrations();
        all.extend(web::migrations());
        all
    };
    let bench = Bench::sqlite(migrations).await;
    let site = site(&bench.kernel, &[web::CATALOG, CATALOG], People).await;
    let router = Routes::default().merge(routes()).into_router(site);
    House { bench, router }
}

async fn house() -> House {
    let house = closed_house().await;
    testing::open(&house.bench).await;
    house
}

impl House {
    fn kernel(&self) -> &Kernel {
        &self.bench.kernel
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        call(&self.router, method, path, headers, body).await
    }

    /// The shop sends lines.
    async fn post(&self, body: impl Into<Body>) -> Answer {
        let headers = [("authorization", "Bearer shop"), ("content-type", "application/x-ndjson")];
        self.send("POST", "/v1/signals", &headers, body).await
    }

    async fn get_as(&self, token: &str, path: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send("GET", path, &[("authorization", bearer.as_str())], Body::empty()).await
    }

    async fn status(&self) -> Status {
        crate::status(self.kernel(), &staff(Role::Analyst)).await.expect("figures")
    }

    /// Orders counted for a product, the open day included.
    fn orders(&self, product: &str) -> u32 {
        let found = crate::windows::product(self.kernel(), "m1", product, |window| window.sum().orders);
        found.expect("the state").unwrap_or(0)
    }

    fn digest(&self) -> [u8; 32] {
        let works = crate::works::works(self.kernel()).expect("open");
        works.fold.state().digest().expect("a digest")
    }

    async fn restart(&self, orderly: bool) -> crate::Recovered {
        match orderly {
            true => crate::shutdown(self.kernel()).await.expect("an end"),
            false => testing::kill(self.kernel()).await,
        }
        let recovered = testing::open(&self.bench).await;
        crate::drain(self.kernel()).await.expect("folded");
        recovered
    }
}

/// So many hours after noon of the first day; before it where negative.
fn at(hours: i64) -> i64 {
    Timestamp::parse_rfc3339(NOON).expect("a moment").micros() + hours * HOUR
}

fn order<'a>(id: &'a str, product: &'a str, at_us: i64) -> Signal<'a> {
    Signal { amount_minor: 1_000, ..Signal::new(id, Kind::Order, at_us, "m1", product) }
}

/// A line as the shop writes it.
fn line(id: &str, kind: &str, hours: i64) -> String {
    let moment = Timestamp::from_micros(at(hours)).to_rfc3339();
    format!(r#"{{"id":"{id}","kind":"{kind}","at":"{moment}","merchant":"m1","product":"cup"}}"#)
}

/// Orders of several products and days, some of them late, and some complaints: enough that a mistake would show.
async fn busy_days(kernel: &Kernel) -> Receipt {
    let mut all = Receipt::default();
    for number in 0..600i64 {
        let ids = [format!("o{number}"), format!("c{number}")];
        let product = format!("p{}", number % 7);
        let lot = format!("L{}", number % 3);
        let moment = at(-96) + number * 9 * 60_000_000;
        let late = if number % 11 == 0 { DAY } else { 0 };
        let mut signals = vec![Signal { lot: Some(&lot), ..order(&ids[0], &product, moment - late) }];
        if number % 5 == 0 {
            signals.push(Signal::new(&ids[1], Kind::Complaint, moment, "m1", &product));
        }
        let receipt = crate::submit(kernel, &Actor::system("test"), &signals).await.expect("taken in");
        assert_eq!(receipt.lines, []);
        all.accepted += receipt.accepted;
    }
    crate::drain(kernel).await.expect("folded");
    all
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

#[test]
fn every_parameter_of_signals_is_read() {
    let pack = policy::shipped();
    let today: jiff::civil::Date = "2026-03-02".parse().unwrap();
    let source = include_str!("../parameters.rs");
    let rows = pack.home().written_rows("parameters");
    let own: Vec<&str> = rows.iter().map(|row| row.id()).filter(|id| id.starts_with("signals.")).collect();
    assert!(own.len() >= 11, "{own:?}");
    for id in own {
        assert!(source.contains(&format!("\"{id}\"")), "nothing reads {id}");
        assert!(pack.home().parameter(id, today).is_ok(), "{id} is in force");
    }
}
