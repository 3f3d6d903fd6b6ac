//! Days that end, looks, and what other duties see.

use super::*;
use crate::model::day_number;

fn march(day: i8) -> i32 {
    day_number(jiff::civil::Date::constant(2026, 3, day))
}

#[tokio::test]
async fn a_day_ends_when_the_newest_signal_is_later_than_its_end_and_the_lateness() {
    let house = house().await;
    // 1 March, 20:00 in Shanghai; the day ends 4 hours later, and 2 hours are allowed.
    testing::send(house.kernel(), &[order("a", "cup", at(-16))]).await;
    testing::send(house.kernel(), &[order("b", "cup", at(-10) - 1)]).await;
    testing::settle(house.kernel()).await;
    let of_sunday = async |house: &House| {
        let mut closed = house.bench.acts_of_kind("signals.day_closed").await;
        closed.retain(|act| act.subject.id == "2026-03-01");
        closed
    };
    assert_eq!(of_sunday(&house).await.len(), 0, "something may still come in time");
    testing::send(house.kernel(), &[order("c", "cup", at(-10) + 1)]).await;
    testing::settle(house.kernel()).await;
    let closed = of_sunday(&house).await;
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].public["signals"], 1, "{}", closed[0].public);
    assert_eq!(closed[0].public["day_number"], march(1));
    let mut rows = Vec::new();
    crate::windows::day_rows(house.kernel(), march(1), march(1), |row| rows.push(row)).unwrap();
    let product = rows.iter().find(|row| row.key.kind == KeyKind::Product).expect("a row of the product");
    assert_eq!((product.key.id.as_str(), product.counts.orders, product.day), ("m1/cup", 1, march(1)));
    assert_eq!(closed[0].public["rows"], rows.len());
    testing::settle(house.kernel()).await;
    assert_eq!(of_sunday(&house).await.len(), 1, "once");
}

#[tokio::test]
async fn what_comes_late_is_told_with_the_next_closing_and_sums_stay_right() {
    let house = house().await;
    testing::send(house.kernel(), &[order("a", "cup", at(-40)), order("b", "cup", at(-9))]).await;
    let late = order("late", "cup", at(-41));
    testing::send(house.kernel(), &[late]).await;
    testing::send(house.kernel(), &[order("d", "cup", at(0))]).await;
    let today = jiff::civil::Date::constant(2026, 3, 2);
    crate::close_through(house.kernel(), &Actor::system("test"), today).await.unwrap();
    testing::settle(house.kernel()).await;
    let mut of_first = Vec::new();
    crate::windows::day_rows(house.kernel(), march(1) - 10, march(2), |row| {
        if row.key.kind == KeyKind::Product && row.day == march(1) - 1 {
            of_first.push((row.closed_in, row.counts.orders));
        }
    })
    .unwrap();
    assert_eq!(of_first.iter().map(|(_, orders)| orders).sum::<u32>(), 2, "{of_first:?}");
    assert!(
        of_first.iter().any(|(closed_in, _)| *closed_in > march(1) - 1),
        "the late one with a later closing: {of_first:?}"
    );
    assert_eq!(crate::closed_through(house.kernel()).unwrap(), Some(march(2)));
    let mut seen = 0;
    crate::windows::each_closed(house.kernel(), KeyKind::Product, |window| seen += window.totals.orders).unwrap();
    assert_eq!(seen, 4);
}

#[tokio::test]
async fn looks_tell_what_was_touched_since_and_fall_due_together() {
    let house = house().await;
    testing::send(house.kernel(), &[order("a", "cup", at(-5)), order("b", "bowl", at(-5))]).await;
    testing::settle(house.kernel()).await;
    let first = house.bench.acts_of_kind("signals.looked").await;
    assert_eq!(first.len(), 1);
    assert_eq!((&first[0].public["since"], &first[0].public["position"]), (&0.into(), &1.into()));
    testing::send(house.kernel(), &[order("c", "cup", at(-5) + 1)]).await;
    testing::settle(house.kernel()).await;
    assert_eq!(house.bench.acts_of_kind("signals.looked").await.len(), 1, "within the hour nothing more");
    for hours in [-3, -2, -1] {
        testing::send(house.kernel(), &[order(&format!("d{hours}"), "cup", at(hours))]).await;
    }
    testing::settle(house.kernel()).await;
    let all = house.bench.acts_of_kind("signals.looked").await;
    assert_eq!(all.len(), 2, "three hours that passed together are one look");
    let since = all[1].public["since"].as_u64().unwrap();
    let mut touched = Vec::new();
    crate::windows::touched(house.kernel(), since, |window| touched.push(window.key.id.clone())).unwrap();
    assert_eq!(touched, ["m1/cup", "m1"], "the bowl was not touched since");
}

#[tokio::test]
async fn the_fold_holds_at_a_days_end_until_reactions_are_done_and_signals_still_come_in() {
    let house = closed_house().await;
    let settings =
        crate::Settings { hold_seconds_max: 600, room_ms_max: 20, ..testing::settings(house.bench.folder.path()) };
    crate::open(house.kernel(), crate::Settings { lag_bytes_max: 1, ..settings }).await.unwrap();
    let system = Actor::system("test");
    let first = [order("a", "cup", at(-40)), order("b", "cup", at(-10) + 1)];
    crate::submit(house.kernel(), &system, &first).await.unwrap();
    let works = crate::works::works(house.kernel()).unwrap();
    let mut heard = works.fold.listen();
    heard.wait_for(|told| told.holding.is_some()).await.unwrap();
    // The log goes on; only when much waits a sender is told to come again.
    let kept = crate::submit(house.kernel(), &system, &[order("c", "cup", at(-1))]).await.unwrap();
    assert_eq!(kept.accepted, 1);
    let answer = house.post(line("d", "order", -1)).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.body);
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(house.orders("cup"), 2, "reactions to the day's end see the day");
    let reaction = kernel::Reaction::new("x", &["signals.day_closed"], |_, _| async { Ok(()) });
    for _ in 0..10 {
        crate::closing::turn(house.kernel()).await.unwrap();
        kernel::outbox::react(house.kernel(), std::slice::from_ref(&reaction)).await.unwrap();
    }
    crate::closing::turn(house.kernel()).await.unwrap();
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(house.orders("cup"), 3);
    assert_eq!(house.status().await.counts.busy, 1);
}

#[tokio::test]
async fn products_lead_to_listings_and_lots_to_products() {
    let house = house().await;
    listings::testing::merchant(house.kernel(), "m1", 1, &["daily/home"]).await;
    let listing =
        listings::testing::offer(house.kernel(), "m1", "cup", listings::testing::honest("不锈钢保温杯")).await;
    let lot = Signal { lot: Some("L-7"), ..order("a", "cup", at(-1)) };
    testing::send(house.kernel(), &[lot, order("b", "unknown", at(-1))]).await;
    let pairs = [("m1".to_owned(), "cup".to_owned()), ("m1".to_owned(), "unknown".to_owned())];
    let links = crate::links::products(house.kernel(), &pairs).await.unwrap();
    assert_eq!(links.len(), 1, "a product may come before its listing");
    assert_eq!(links[&pairs[0]].listing_id, listing.id);
    assert_eq!(links[&pairs[0]].category, listing.category);
    assert_eq!(crate::links::lot(house.kernel(), "m1", "L-7").unwrap().as_deref(), Some("cup"));
    house.restart(true).await;
    assert_eq!(crate::links::lot(house.kernel(), "m1", "L-7").unwrap().as_deref(), Some("cup"));
    assert_eq!(crate::links::lot(house.kernel(), "m2", "L-7").unwrap(), None);
}
