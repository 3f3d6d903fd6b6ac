//! The slice through its public door: signals go in, days are closed, alerts come out; with the shipped packs, a fake clock
//! and real stores.

mod day;
mod http;
mod people;
mod trials;

use crate::list::{self, Filter};
use crate::model::{Alert, Sweep};
use crate::{on_day_closed, sweep_day};
use kernel::testing::{Bench, staff};
use kernel::{Kernel, Paging, Reaction, Role};
use policy::{Pack, Source};
use std::sync::Arc;
use stream::{Attributes, Kind, Signal};

/// Days of signals a scene has; the last one is yesterday of the bench's clock.
const DAYS: i32 = 40;

fn migrations() -> db::Migrations {
    let mut all = signals::testing::migrations();
    all.extend(web::migrations());
    all.extend(trace::migrations());
    all.extend(crate::migrations());
    all
}

/// Signals being written down.
#[derive(Default)]
struct Story {
    rows: Vec<Row>,
}

struct Row {
    id: String,
    kind: Kind,
    at_us: i64,
    product: String,
    lot: Option<String>,
    quantity: i64,
    buyer: Option<String>,
    rating: Option<u8>,
}

impl Story {
    fn add(&mut self, kind: Kind, day: i32, product: &str) -> &mut Row {
        let number = self.rows.len();
        // Noon in Shanghai of the civil day, a few microseconds apart.
        let at_us = i64::from(day) * 86_400_000_000 + 4 * 3_600_000_000 + number as i64;
        self.rows.push(Row {
            id: format!("s-{number}-{day}"),
            kind,
            at_us,
            product: product.to_owned(),
            lot: None,
            quantity: 1,
            buyer: None,
            rating: None,
        });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    /// A day of a product: shipments and complaints about them.
    fn sold(&mut self, day: i32, product: &str, lot: Option<&str>, shipments: u32, complaints: u32) {
        for _ in 0..shipments {
            self.add(Kind::Shipment, day, product).lot = lot.map(str::to_owned);
        }
        for _ in 0..complaints {
            self.add(Kind::Complaint, day, product).lot = lot.map(str::to_owned);
        }
    }

    async fn send(mut self, kernel: &Kernel) {
        self.rows.sort_by_key(|row| row.at_us);
        let signals: Vec<Signal<'_>> = self
            .rows
            .iter()
            .map(|row| Signal {
                lot: row.lot.as_deref(),
                quantity: row.quantity,
                attributes: Attributes { buyer: row.buyer.as_deref(), rating: row.rating, ..Attributes::default() },
                ..Signal::new(&row.id, row.kind, row.at_us, "m1", &row.product)
            })
            .collect();
        signals::testing::send(kernel, &signals).await;
    }
}

/// The last day of a scene.
fn last_day(bench: &Bench) -> i32 {
    signals::day_number(bench.kernel.today()) - 1
}

/// Twenty calm products, one whose complaints rise in its last week with a new lot, and one with a promotion on its last day.
fn story(last: i32) -> Story {
    let mut story = Story::default();
    for place in 0..DAYS {
        let day = last - DAYS + 1 + place;
        for product in 0..20 {
            story.sold(day, &format!("calm-{product}"), None, 100, u32::from((place + product) % 2 == 0));
        }
        let (lot, complaints) = if place >= DAYS - 6 { ("L-new", 8) } else { ("L-old", u32::from(place % 2 == 0)) };
        story.sold(day, "faulty", Some(lot), 100, complaints);
        let orders = if place == DAYS - 1 { 300 } else { 10 };
        for order in 0..orders {
            let row = story.add(Kind::Order, day, "promoted");
            row.buyer = Some(format!("b-{day}-{order}"));
            row.quantity = 2;
        }
        story.sold(day, "promoted", None, orders, 0);
    }
    story
}

/// A marketplace whose signals are closed through its last day, and not swept yet.
async fn closed() -> (Bench, i32) {
    let bench = Bench::sqlite(migrations).await;
    signals::testing::open(&bench).await;
    let last = last_day(&bench);
    story(last).send(&bench.kernel).await;
    close(&bench, last).await;
    (bench, last)
}

async fn close(bench: &Bench, day: i32) {
    let actor = kernel::Actor::system("test");
    signals::close_through(&bench.kernel, &actor, signals::day_date(day)).await.expect("the day is closed");
    signals::testing::settle(&bench.kernel).await;
}

/// The same, swept.
async fn swept() -> (Bench, i32, Sweep) {
    let (bench, last) = closed().await;
    let sweep = sweep_day(&bench.kernel, last).await.expect("a sweep");
    (bench, last, sweep)
}

fn reactions() -> Vec<Reaction> {
    vec![Reaction::new("alerts-day", &["signals.day_closed"], on_day_closed)]
}

async fn alerts(kernel: &Kernel) -> Vec<Alert> {
    let paging = Paging::new(1, 200);
    list::list(kernel, &staff(Role::Analyst), &Filter::default(), &paging).await.expect("the alerts").rows
}

/// The alert about a subject by its local part.
async fn about(kernel: &Kernel, local: &str) -> Option<Alert> {
    alerts(kernel).await.into_iter().find(|alert| alert.subject.local() == local)
}

/// Another text of the home market's detectors in force.
fn change_detectors(kernel: &Kernel, change: impl Fn(&str) -> String) {
    let packs = kernel.packs();
    let home = packs.home();
    let sources: Vec<Source> = home
        .sources()
        .iter()
        .map(|source| {
            let is_table = source.path.ends_with("detectors.yaml");
            Source::new(source.path.clone(), if is_table { change(&source.text) } else { source.text.clone() })
        })
        .collect();
    let pack = Pack::from_sources(home.market(), &sources).expect("a pack");
    kernel.replace_packs(packs.replaced(Arc::new(pack)));
}

/// The same mode for every detector.
fn set_mode(kernel: &Kernel, mode: &str) {
    change_detectors(kernel, |text| {
        let text = text.replace("    mode: shadow\n", "");
        text.replace("    from: 2024-01-01\n", &format!("    from: 2024-01-01\n    mode: \"{mode}\"\n"))
    });
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
    assert_eq!(ids(crate::CATALOG.zh), ids(crate::CATALOG.en));
}

#[test]
fn every_name_a_page_makes_up_has_its_words() {
    let mut wanted: Vec<String> = Vec::new();
    let mut want = |kind: &str, name: &str| wanted.push(format!("alerts-{kind}-{}", name.replace('_', "-")));
    detectors::Family::ALL.iter().for_each(|one| want("family", one.name()));
    detectors::Method::ALL.iter().for_each(|one| {
        want("method", one.name());
        want("says", one.name());
    });
    detectors::Measure::ALL.iter().for_each(|one| want("measure", one.name()));
    detectors::Scope::ALL.iter().for_each(|one| want("scope", one.name()));
    detectors::Level::ALL.iter().for_each(|one| want("level", one.name()));
    detectors::Promise::ALL.iter().for_each(|one| want("promise", one.name()));
    detectors::finding::FIGURES.iter().for_each(|one| want("figure", one));
    crate::model::State::ALL.iter().for_each(|one| want("state", one.name()));
    crate::model::Ending::ALL.iter().for_each(|one| {
        want("ending", one.name());
        want("ending-hint", one.name());
    });
    crate::model::Reason::ALL.iter().for_each(|one| want("reason", one.name()));
    let missing: Vec<&String> = wanted.iter().filter(|id| !crate::CATALOG.en.contains(&format!("{id} ="))).collect();
    assert_eq!(missing, Vec::<&String>::new());
}
