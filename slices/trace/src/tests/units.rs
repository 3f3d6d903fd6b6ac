//! Commissioning, decommissioning, sales, covered codes.

use super::*;
use crate::{After, Covered, Order, Outcome, Reveal, UnitState};
use ground::Timestamp;

async fn code(kernel: &Kernel, batch: &Batch, number: u64) -> crate::Code {
    file(kernel, batch).await.code(number).unwrap()
}

async fn state(kernel: &Kernel, batch: &Batch, number: u64) -> UnitState {
    let serial = code(kernel, batch, number).await.serial;
    crate::standing(kernel, &batch.gtin, &serial).await.unwrap().state
}

#[tokio::test]
async fn units_go_from_minted_to_commissioned_to_sold_to_taken_out() {
    for bench in each().await {
        let kernel = &bench.kernel;
        let (lot, batch) = (lot(kernel, "m1", "L1").await, mint(kernel, "m1", 100).await);
        let after = crate::commission(kernel, &owner("m1"), &lot.id, range(&batch, 11, 20)).await.unwrap();
        assert_eq!(after.units_commissioned, 20);
        for (number, expected) in [
            (10, UnitState::Minted),
            (11, UnitState::Commissioned),
            (30, UnitState::Commissioned),
            (31, UnitState::Minted),
        ] {
            assert_eq!(state(kernel, &batch, number).await, expected, "{} {number}", bench.kind);
        }
        let sold = code(kernel, &batch, 12).await.digital_link;
        let orders = [Order { number: "DD-1".into(), codes: vec![sold.clone()], sold_at: None }];
        crate::record_sales(kernel, &owner("m1"), &orders).await.unwrap();
        assert_eq!(state(kernel, &batch, 12).await, UnitState::Sold);
        let listed = Units::Codes(vec![sold, format!(" {} ", code(kernel, &batch, 40).await.bracketed)]);
        let gone = crate::decommission(kernel, &owner("m1"), listed, "destroyed", "退货销毁").await.unwrap();
        assert_eq!(gone, 2);
        assert_eq!(state(kernel, &batch, 12).await, UnitState::Decommissioned);
        assert_eq!(state(kernel, &batch, 40).await, UnitState::Decommissioned);
        let now = crate::batch(kernel, &owner("m1"), &batch.id).await.unwrap();
        assert_eq!((now.commissioned, now.decommissioned), (20, 2));
        let runs = crate::runs(kernel, &owner("m1"), &batch.id).await.unwrap();
        assert_eq!(runs, [crate::Run { first: 11, last: 30, lot_id: lot.id.clone() }]);
        assert!(bench.acts("lot", &lot.id).await.contains(&"codes.commissioned".to_owned()));
        assert!(bench.acts("code_batch", &batch.id).await.contains(&"codes.decommissioned".to_owned()));
    }
}

#[tokio::test]
async fn a_code_goes_to_one_lot_and_all_of_a_call_fit_or_none() {
    for bench in each().await {
        let kernel = &bench.kernel;
        let (one, two) = (lot(kernel, "m1", "L1").await, lot(kernel, "m1", "L2").await);
        let batch = mint(kernel, "m1", 100).await;
        crate::commission(kernel, &owner("m1"), &one.id, range(&batch, 20, 10)).await.unwrap();
        for (first, count) in [(20, 10), (15, 6), (29, 5), (22, 1), (1, 100)] {
            let refused = crate::commission(kernel, &owner("m1"), &two.id, range(&batch, first, count)).await;
            assert_eq!(said(refused), "invalid_input codes", "{} {first} {count}", bench.kind);
        }
        crate::commission(kernel, &owner("m1"), &two.id, range(&batch, 10, 10)).await.unwrap();
        crate::commission(kernel, &owner("m1"), &two.id, range(&batch, 30, 71)).await.unwrap();
        for (first, count, field) in [(0, 1, "first"), (101, 1, "first"), (100, 2, "count"), (1, 0, "count")] {
            let refused = crate::commission(kernel, &owner("m1"), &two.id, range(&batch, first, count)).await;
            assert_eq!(said(refused), format!("invalid_input {field}"));
        }
        let good = code(kernel, &batch, 1).await.digital_link;
        let mixed = Units::Codes(vec![good.clone(), "no code".into(), format!("{GTIN} 00000000000000000000")]);
        assert_eq!(said(crate::commission(kernel, &owner("m1"), &two.id, mixed).await), "invalid_input codes codes");
        assert_eq!(state(kernel, &batch, 1).await, UnitState::Minted, "nothing is half kept");
        let other = NewBatch { gtin: OTHER_GTIN.into(), ..codes_of("m1", 5) };
        let other = crate::mint(kernel, &owner("m1"), other).await.unwrap();
        let wrong = crate::commission(kernel, &owner("m1"), &two.id, range(&other, 1, 5)).await;
        assert_eq!(said(wrong), "invalid_input codes", "codes of other goods");
        crate::set_lot_state(kernel, &manager(), &two.id, crate::LotState::Blocked, "查").await.unwrap();
        let blocked = crate::commission(kernel, &owner("m1"), &two.id, Units::Codes(vec![good])).await;
        assert_eq!(said(blocked), "wrong_state");
        let total = crate::lot(kernel, &manager(), &two.id).await.unwrap().units_commissioned;
        assert_eq!(total, 81);
    }
}

#[tokio::test]
async fn what_was_taken_out_is_neither_taken_out_again_nor_put_on_goods() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let (lot, batch) = (lot(kernel, "m1", "L1").await, mint(kernel, "m1", 10).await);
    crate::decommission(kernel, &owner("m1"), range(&batch, 3, 2), "misprinted", "").await.unwrap();
    let again = crate::decommission(kernel, &owner("m1"), range(&batch, 4, 3), "sample", "").await;
    assert_eq!(said(again), "invalid_input codes");
    let used = crate::commission(kernel, &owner("m1"), &lot.id, range(&batch, 1, 10)).await;
    assert_eq!(said(used), "invalid_input codes");
    let reason = crate::decommission(kernel, &owner("m1"), range(&batch, 6, 1), "bored", "").await;
    assert_eq!(said(reason), "invalid_input reason");
    let stranger = crate::decommission(kernel, &owner("m2"), range(&batch, 6, 1), "sample", "").await;
    assert_eq!(said(stranger), "not_found");
    let none = crate::decommission(kernel, &owner("m1"), Units::Codes(vec![]), "sample", "").await;
    assert_eq!(said(none), "invalid_input codes");
}

#[tokio::test]
async fn a_unit_sold_in_two_orders_is_a_fact_that_stays() {
    for bench in each().await {
        let kernel = &bench.kernel;
        let (lot, batch) = (lot(kernel, "m1", "L1").await, mint(kernel, "m1", 10).await);
        crate::commission(kernel, &owner("m1"), &lot.id, range(&batch, 1, 10)).await.unwrap();
        let (one, two) = (code(kernel, &batch, 1).await, code(kernel, &batch, 2).await);
        let order = |number: &str, codes: &[&str], at: Option<&str>| Order {
            number: number.into(),
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
            sold_at: at.map(|at| Timestamp::parse_rfc3339(at).unwrap()),
        };
        let forged = format!("{GTIN} 00000000000000000000");
        let first = [
            order("DD-1", &[&one.digital_link, &two.bracketed, &forged, "???"], Some("2026-03-01T08:00:00Z")),
            order("DD-2", &[&one.digital_link, &one.bracketed], None),
        ];
        let outcomes = crate::record_sales(kernel, &manager(), &first).await.unwrap();
        use Outcome::{Duplicate, Forged, Recorded, SoldBefore, Unreadable};
        assert_eq!(
            outcomes,
            [vec![Recorded, Recorded, Forged, Unreadable], vec![SoldBefore, Duplicate]],
            "{}",
            bench.kind
        );
        let again = crate::record_sales(kernel, &manager(), &first).await.unwrap();
        assert_eq!(again, [vec![Duplicate, Duplicate, Forged, Unreadable], vec![Duplicate, Duplicate]]);
        let unit = crate::standing(kernel, &batch.gtin, &one.serial).await.unwrap();
        assert_eq!((unit.orders, unit.state), (2, UnitState::Sold));
        assert_eq!(unit.first_sold_at, Timestamp::parse_rfc3339("2026-03-01T08:00:00Z"));
        let sales = crate::sales_of_unit(kernel, &batch.gtin, &one.serial).await.unwrap();
        assert_eq!(sales.len(), 2);
        assert!(sales.iter().all(|sale| !sale.order_code.contains("DD-")));
        let twice = crate::units_sold_twice(kernel, 10).await.unwrap();
        assert_eq!(twice, [format!("06901234567892.{}", one.serial)]);
        let act = kernel::store::act(kernel, &sales[0].act_id).await.unwrap().unwrap();
        assert_eq!(act.public["sold_before"][0], twice[0].as_str());
        assert_eq!((&act.public["units"], &act.public["forged"]), (&3.into(), &1.into()));
        assert!(!act.public.to_string().contains("DD-1"), "orders are private");
        // A recall reads the orders of a lot, a few at a time.
        let (mut at, mut found) = (Some(After::default()), Vec::new());
        while let Some(after) = at {
            let (some, next) = crate::orders_of_lot(kernel, &manager(), &lot.id, &after, 1).await.unwrap();
            found.extend(some.into_iter().map(|sale| (sale.unit_id, sale.order)));
            at = next;
        }
        found.sort();
        let mut expected = [(&one.serial, "DD-1"), (&one.serial, "DD-2"), (&two.serial, "DD-1")]
            .map(|(serial, order)| (format!("06901234567892.{serial}"), order.to_owned()));
        expected.sort();
        assert_eq!(found, expected, "{}", bench.kind);
        let curious = crate::orders_of_lot(kernel, &owner("m1"), &lot.id, &After::default(), 1).await;
        assert_eq!(said(curious), "forbidden");
    }
}

#[tokio::test]
async fn sales_of_others_units_and_impossible_orders_are_not_recorded() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let batch = mint(kernel, "m1", 3).await;
    let link = code(kernel, &batch, 1).await.digital_link;
    let order = |number: &str| Order { number: number.into(), codes: vec![link.clone()], sold_at: None };
    let stranger = crate::record_sales(kernel, &owner("m2"), &[order("X")]).await.unwrap();
    assert_eq!(stranger, [[Outcome::Unknown]]);
    assert_eq!(said(crate::record_sales(kernel, &owner("m1"), &[order(" ")]).await), "invalid_input order");
    assert_eq!(said(crate::record_sales(kernel, &owner("m1"), &[]).await), "invalid_input orders");
    let later = Order { sold_at: Timestamp::parse_rfc3339("2026-03-03T00:00:00Z"), ..order("Y") };
    assert_eq!(said(crate::record_sales(kernel, &owner("m1"), &[later]).await), "invalid_input sold_at");
    assert_eq!(said(crate::record_sales(kernel, &staff(Role::Analyst), &[order("Z")]).await), "forbidden");
    assert_eq!(state(kernel, &batch, 1).await, UnitState::Minted);
}

#[tokio::test]
async fn a_covered_code_is_new_once() {
    for bench in each().await {
        let kernel = &bench.kernel;
        let new = NewBatch { covered: true, ..codes_of("m1", 5) };
        let batch = crate::mint(kernel, &owner("m1"), new).await.unwrap();
        let (unit, other) = (code(kernel, &batch, 1).await, code(kernel, &batch, 2).await);
        let covered = async |serial: &str| crate::standing(kernel, &batch.gtin, serial).await.unwrap().covered;
        assert_eq!(covered(&unit.serial).await, Covered::Unused);
        let wrong = crate::reveal(kernel, &unit.digital_link, &other.covered).await.unwrap();
        assert_eq!(wrong, Reveal::Wrong, "{}", bench.kind);
        assert_eq!(crate::reveal(kernel, &unit.digital_link, "").await.unwrap(), Reveal::Wrong);
        assert_eq!(covered(&unit.serial).await, Covered::Unused, "a wrong try uses nothing up");
        let at = kernel.now();
        let typed = unit.covered.to_lowercase();
        assert_eq!(crate::reveal(kernel, &unit.digital_link, &typed).await.unwrap(), Reveal::First { at });
        bench.clock.advance_days(3);
        let again = crate::reveal(kernel, &unit.bracketed, &unit.covered).await.unwrap();
        assert_eq!(again, Reveal::Again { first_at: at });
        assert_eq!(covered(&unit.serial).await, Covered::Used { at });
        let plain = mint(kernel, "m1", 1).await;
        let none = crate::reveal(kernel, &code(kernel, &plain, 1).await.digital_link, &unit.covered).await.unwrap();
        assert_eq!(none, Reveal::None);
        let forged = crate::reveal(kernel, &format!("{GTIN} 00000000000000000000"), &unit.covered).await.unwrap();
        assert_eq!(forged, Reveal::NotGenuine(crate::Authenticity::Forged));
        assert_eq!(said(crate::reveal(kernel, "hello", "x").await), "invalid_input code");
        let acts = bench.acts("code_batch", &batch.id).await;
        assert_eq!(acts.iter().filter(|kind| *kind == "unit.uncovered").count(), 1);
    }
}

/// Every third code of several batches whose ranges lie in pieces, sold, taken out, uncovered and forged ones among them.
#[tokio::test]
async fn a_list_is_answered_as_each_of_its_codes_alone() {
    for bench in each().await {
        let kernel = &bench.kernel;
        let (one, two) = (lot(kernel, "m1", "L1").await, lot(kernel, "m1", "L2").await);
        let mut codes =
            vec!["no code".to_owned(), format!("{GTIN} 00000000000000000000"), "(01)04006381333931(21)ABC".into()];
        for batch_number in 0..3 {
            let new = NewBatch { covered: batch_number == 1, ..codes_of("m1", 200) };
            let batch = crate::mint(kernel, &owner("m1"), new).await.unwrap();
            for (lot, first, count) in [(&one, 1, 10), (&two, 11, 5), (&one, 40, 30), (&two, 150, 51)] {
                crate::commission(kernel, &owner("m1"), &lot.id, range(&batch, first, count)).await.unwrap();
            }
            crate::decommission(kernel, &owner("m1"), range(&batch, 8, 40), "destroyed", "").await.unwrap();
            let file = file(kernel, &batch).await;
            let links: Vec<String> = (1..=200).map(|number| file.code(number).unwrap().digital_link).collect();
            let orders =
                [Order { number: format!("DD-{batch_number}"), codes: links[148..152].to_vec(), sold_at: None }];
            crate::record_sales(kernel, &owner("m1"), &orders).await.unwrap();
            let covered = file.code(3).unwrap().covered;
            if !covered.is_empty() {
                crate::reveal(kernel, &links[2], &covered).await.unwrap();
                crate::reveal(kernel, &links[5], "0000-0000-0000").await.unwrap();
            }
            codes.extend(links.into_iter().enumerate().filter(|(at, _)| at % 3 != 1).map(|(_, link)| link));
        }
        let listed = crate::verify(kernel, &manager(), &codes).await.unwrap();
        assert_eq!(listed.len(), codes.len());
        let mut states = std::collections::BTreeSet::new();
        let (mut units, mut one_by_one) = (Vec::new(), Vec::new());
        for (code, standing) in codes.iter().zip(&listed) {
            let Ok((gtin, serial)) = crate::read_code(code) else {
                assert!(standing.is_err(), "{code}");
                continue;
            };
            let alone = crate::standing(kernel, &gtin, &serial).await.unwrap();
            assert_eq!(standing.as_ref(), Ok(&alone), "{code}");
            one_by_one.push(alone.clone());
            units.push((gtin, serial));
            states.insert(format!("{:?} {:?}", alone.state, alone.authenticity));
        }
        assert_eq!(states.len(), 6, "{states:?}");
        assert_eq!(crate::standings_recent(kernel, &units, 10_000_000).await.unwrap(), one_by_one);
    }
}

#[tokio::test]
async fn what_was_read_lately_is_believed_until_it_is_forgotten() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let (lot, batch) = (lot(kernel, "m1", "L1").await, mint(kernel, "m1", 10).await);
    let (gtin, serial) = (batch.gtin, code(kernel, &batch, 1).await.serial);
    let unit = [(gtin, serial)];
    let recent = async || crate::standings_recent(kernel, &unit, 10_000_000).await.unwrap()[0].state;
    assert_eq!(recent().await, UnitState::Minted);
    crate::commission(kernel, &owner("m1"), &lot.id, range(&batch, 1, 10)).await.unwrap();
    assert_eq!(recent().await, UnitState::Minted);
    crate::forget_recent(kernel);
    assert_eq!(recent().await, UnitState::Commissioned);
    crate::decommission(kernel, &owner("m1"), range(&batch, 1, 1), "destroyed", "").await.unwrap();
    bench.clock.advance_micros(10_000_001);
    assert_eq!(recent().await, UnitState::Decommissioned);
}
