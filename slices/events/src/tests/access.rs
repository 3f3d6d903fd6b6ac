//! Who sees what.

use super::*;

#[tokio::test]
async fn a_merchant_sees_its_own_events_and_those_that_name_it() {
    for bench in Bench::each(migrations).await {
        let (merchant, other, manager) = people();
        let named =
            json!({ "destinationList": [{ "type": "possessing_party", "destination": "urn:touchstone:party:m2" }] });
        let events = vec![
            object("own", "2026-03-01T10:00:00Z", &["1"], json!({})),
            object("named", "2026-03-01T11:00:00Z", &["2"], named),
        ];
        captured(&bench, &merchant, events).await;
        assert_eq!(find(&bench, &merchant, &[]).await, ["named", "own"], "{}", bench.kind);
        assert_eq!(find(&bench, &other, &[]).await, ["named"]);
        assert_eq!(find(&bench, &manager, &[]).await.len(), 2);
        let hidden = crate::event(&bench.kernel, &other, "urn:uuid:own").await;
        assert_eq!(ground::Problem::from(hidden.unwrap_err()).code.code, "not_found");
        assert_eq!(find(&bench, &other, &[("MATCH_epc", &unit("1"))]).await, Vec::<String>::new());
        let anything = crate::search::anything(&bench.kernel, &other, &unit("1"), 10).await.unwrap();
        assert!(anything.is_empty());
        let laboratory = crate::search(&bench.kernel, &staff(Role::Laboratory), &Default::default()).await;
        assert_eq!(ground::Problem::from(laboratory.unwrap_err()).code.code, "forbidden");
    }
}

#[tokio::test]
async fn words_and_things_of_others_are_not_listed() {
    let house = house().await;
    let event =
        |id: &str, serial: &str, step: &str| object(id, "2026-03-01T10:00:00Z", &[serial], json!({ "bizStep": step }));
    house.capture("merchant:m1", &document(vec![event("a", "1", "shipping")])).await;
    house.capture("merchant:m2", &document(vec![event("b", "2", "receiving")])).await;
    let (_, own, _) = house.get("merchant:m1", "/v1/epcis/bizSteps").await;
    assert_eq!(own["member"], json!(["shipping"]));
    let (_, all, _) = house.get("manager", "/v1/epcis/bizSteps").await;
    assert_eq!(all["member"], json!(["receiving", "shipping"]));
    let (_, things, _) = house.get("merchant:m1", "/v1/epcis/epcs").await;
    assert_eq!(things["member"], json!([unit("1")]));
    let (status, ..) = house.get("merchant:m1", "/v1/epcis/bizSteps/receiving").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, ..) = house.get("merchant:m1", "/v1/epcis/bizSteps/shipping/events").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_units_journey_holds_the_steps_of_its_box_while_it_lay_in_it() {
    for bench in Bench::each(migrations).await {
        let (merchant, ..) = people();
        let case = "https://id.gs1.org/00/195060001343520014";
        let pack = |id: &str, time: &str, action: &str| {
            object(
                id,
                time,
                &[],
                json!({ "type": "AggregationEvent", "action": action, "epcList": null, "parentID": case,
                "bizStep": if action == "ADD" { "packing" } else { "unpacking" }, "disposition": null,
                "childEPCs": [unit("1"), unit("2")] }),
            )
        };
        let moved = |id: &str, time: &str| object(id, time, &[], json!({ "epcList": [case] }));
        captured(
            &bench,
            &merchant,
            vec![
                moved("before", "2026-02-01T09:00:00Z"),
                pack("packed", "2026-02-01T10:00:00Z", "ADD"),
                moved("shipped", "2026-02-02T10:00:00Z"),
                pack("unpacked", "2026-02-03T10:00:00Z", "DELETE"),
                moved("after", "2026-02-04T10:00:00Z"),
                object(
                    "sold",
                    "2026-02-05T10:00:00Z",
                    &["1"],
                    json!({ "bizStep": "retail_selling", "disposition": "retail_sold" }),
                ),
            ],
        )
        .await;
        let steps = crate::journey(&bench.kernel, &[unit("1")], 50).await.unwrap();
        assert_eq!(names(&steps), ["packed", "shipped", "unpacked", "sold"], "{}", bench.kind);
        let links = crate::links(&bench.kernel, &[unit("1")]).await.unwrap();
        assert_eq!(
            links.iter().map(|link| link.kind).collect::<Vec<_>>(),
            [crate::LinkKind::AggregationAdd, crate::LinkKind::AggregationDelete, crate::LinkKind::Object]
        );
        assert_eq!((links[0].from.len(), links[0].to.clone()), (2, vec![case.to_owned()]));
    }
}
