//! Orders that events name, returns, error declarations, and telling buyers on over a restart.

use super::*;

impl Scene {
    async fn orders(&self, recall: &Recall) -> Vec<(String, bool)> {
        let kernel = &self.bench.kernel;
        let shown = preview(kernel, &manager(), &recall.id, recall.version).await.unwrap();
        let rows =
            reach_page(kernel, &manager(), &recall.id, Some(Kind::Order), &Paging::default()).await.unwrap().rows;
        assert_eq!(shown.counts.orders as usize, rows.len());
        let mut orders: Vec<(String, bool)> = rows.into_iter().map(|row| (row.name, row.until.is_some())).collect();
        orders.sort();
        orders
    }
}

#[tokio::test]
async fn orders_named_in_events_are_reached_and_returns_end_them() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let serials = scene.make(4).await;
    let unit = |index: usize| format!("https://id.gs1.org/01/{SHIRT}/21/{}", serials[index]);
    let event = async |step: &str, things: &str, transactions: &str, at: &str| {
        let body = format!(r#""action":"OBSERVE","bizStep":"{step}",{things}{transactions}"#);
        scene.capture("m2", "ObjectEvent", &body, at).await;
    };
    let of = |kind: &str, id: &str| format!(r#","bizTransactionList":[{{"type":"{kind}","bizTransaction":"{id}"}}]"#);
    let list = |index: usize| format!(r#""epcList":["{}"]"#, unit(index));
    // One unit each: sold under a purchase order, invoiced, in a despatched container; a report names no order.
    event("retail_selling", &list(0), &of("po", "urn:example:po:1"), "2026-02-05T08:00:00Z").await;
    event("shipping", &list(1), &of("inv", "urn:example:inv:2"), "2026-02-05T09:00:00Z").await;
    let sscc = "https://id.gs1.org/00/106141412345678908";
    let packing = format!(r#""action":"ADD","parentID":"{sscc}","childEPCs":["{}"]"#, unit(2));
    scene.capture("m2", "AggregationEvent", &packing, "2026-02-05T10:00:00Z").await;
    let pallet = format!(r#""epcList":["{sscc}"]"#);
    event("shipping", &pallet, &of("desadv", "urn:example:desadv:3"), "2026-02-05T11:00:00Z").await;
    event("inspecting", &list(3), &of("testres", "urn:example:testres:4"), "2026-02-05T12:00:00Z").await;
    let recall = open(kernel, &manager(), of_lot(&scene.cloth.id)).await.unwrap();
    let named = |orders: Vec<(String, bool)>| -> Vec<(String, bool)> { orders };
    let open_orders = [("urn:example:desadv:3", false), ("urn:example:inv:2", false), ("urn:example:po:1", false)];
    let expected = |orders: &[(&str, bool)]| -> Vec<(String, bool)> {
        orders.iter().map(|(order, ended)| ((*order).to_owned(), *ended)).collect()
    };
    assert_eq!(named(scene.orders(&recall).await), expected(&open_orders));
    // One comes back and names its order, one comes back and names none.
    event("receiving\",\"disposition\":\"returned", &list(0), &of("po", "urn:example:po:1"), "2026-02-07T08:00:00Z")
        .await;
    event("receiving\",\"disposition\":\"returned", &list(1), "", "2026-02-07T09:00:00Z").await;
    let recall = scene.recall(&recall.id).await;
    let ended = [("urn:example:desadv:3", false), ("urn:example:inv:2", true), ("urn:example:po:1", true)];
    assert_eq!(scene.orders(&recall).await, expected(&ended));
}

#[tokio::test]
async fn what_was_declared_wrong_is_not_followed() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let sister = lot(&scene.bench, "m2", SHIRT, "S-2").await;
    let body = |more: &str| {
        format!(
            r#""eventID":"urn:uuid:7d8f3c1e-0000-4000-8000-000000000001",{more}
            "inputQuantityList":[{{"epcClass":"https://id.gs1.org/01/06901234567892/10/RAW-1"}}],
            "outputQuantityList":[{{"epcClass":"https://id.gs1.org/01/06901234567908/10/S-2"}}]"#
        )
    };
    scene.capture("m2", "TransformationEvent", &body(""), "2026-02-02T08:00:00Z").await;
    let recall = open(kernel, &manager(), of_lot(&scene.cloth.id)).await.unwrap();
    let shown = preview(kernel, &manager(), &recall.id, recall.version).await.unwrap();
    assert_eq!(shown.counts.lots, 3, "cloth, shirts, and what was made of it too");
    let declared = r#""errorDeclaration":{"declarationTime":"2026-02-20T08:00:00Z","reason":"incorrect_data"},"#;
    scene.capture("m2", "TransformationEvent", &body(declared), "2026-02-02T08:00:00Z").await;
    let shown = preview(kernel, &manager(), &recall.id, shown.version).await.unwrap();
    let rows = reach_page(kernel, &manager(), &recall.id, Some(Kind::Lot), &Paging::default()).await.unwrap().rows;
    assert!(shown.counts.lots == 2 && rows.iter().all(|row| row.reference != sister.id), "{rows:?}");
}

#[tokio::test]
async fn buyers_are_told_once_over_a_restart_in_the_middle() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let serials = scene.make(900).await;
    scene.sell("O", &serials[..850]).await;
    let mut after = String::new();
    let mut units = Vec::new();
    loop {
        // A mark is all that is kept between two calls.
        let (sold, next) = crate::supply::sold(kernel, &scene.shirts.id, &after, 300).await.unwrap();
        units.extend(sold.into_iter().map(|sold| sold.unit));
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    let told = units.len();
    units.sort();
    units.dedup();
    assert_eq!((told, units.len()), (850, 850));
    assert!(crate::supply::sold(kernel, &scene.shirts.id, "no mark", 10).await.is_err());
}
