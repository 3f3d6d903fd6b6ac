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

#[tokio::test]
async fn the_owner_of_a_lot_or_unit_sees_what_others_do_with_it_from_its_first_day_on() {
    let bench = Bench::sqlite(|| {
        let mut all = listings::testing::migrations();
        all.extend(web::migrations());
        all.extend(trace::migrations());
        all.extend(crate::migrations());
        all
    })
    .await;
    let kernel = &bench.kernel;
    let (owner, carrier, _) = people();
    listings::testing::merchant(kernel, "m1", 1, &["daily/home"]).await;
    let goods =
        listings::Content { gtin: "09506000134352".into(), ..listings::testing::honest("竹纤维洗碗布 5 片装") };
    listings::testing::offer(kernel, "m1", "A", goods).await;
    let class = |number: &str| format!("https://id.gs1.org/01/{GTIN}/10/{number}");
    let of_lot = |id: &str, number: &str, time: &str| {
        let quantity = json!({ "epcList": null, "quantityList": [{ "epcClass": class(number), "quantity": 5 }] });
        object(id, time, &[], quantity)
    };
    // Before the lot is entered nobody can know whose it is.
    captured(&bench, &carrier, vec![of_lot("early", "L-1", "2026-02-20T10:00:00Z")]).await;
    assert_eq!(find(&bench, &owner, &[]).await, Vec::<String>::new());
    let new = trace::NewLot {
        merchant_id: "m1".into(),
        gtin: GTIN.into(),
        number: "L-1".into(),
        product: "洗碗布".into(),
        origin: "浙江".into(),
        ..trace::NewLot::default()
    };
    let lot = trace::create(kernel, &owner, new).await.unwrap();
    let reactions = || vec![kernel::Reaction::new("events-of-lot", &["lot.created"], crate::on_lot_created)];
    bench.settle(Vec::new(), reactions).await;
    assert_eq!(
        find(&bench, &owner, &[]).await,
        ["early"],
        "what was said about the lot before belongs to its owner too"
    );
    let batch = trace::NewBatch {
        merchant_id: "m1".into(),
        gtin: GTIN.into(),
        count: 2,
        lot_id: Some(lot.id.clone()),
        covered: false,
    };
    let batch = trace::mint(kernel, &owner, batch).await.unwrap();
    let file = trace::code_file(kernel, &owner, &batch.id, "https://quality.example").await.unwrap();
    let serial = file.code(1).unwrap().serial;
    let events = vec![
        object("unit", "2026-02-21T10:00:00Z", &[&serial], json!({})),
        object("strange", "2026-02-21T11:00:00Z", &["not-a-code-of-ours"], json!({})),
        of_lot("lot", "L-1", "2026-02-21T12:00:00Z"),
        of_lot("other-lot", "L-2", "2026-02-21T13:00:00Z"),
    ];
    captured(&bench, &carrier, events).await;
    assert_eq!(
        find(&bench, &owner, &[]).await,
        ["lot", "unit", "early"],
        "neither a number nor a lot of somebody else"
    );
}

#[tokio::test]
async fn whom_a_number_stands_for_is_said_by_staff_and_shown_to_staff() {
    let house = house().await;
    let gln = "urn:epc:id:sgln:9506000.13437.0";
    let body = json!({ "identifier": gln, "party": "m2" }).to_string();
    let (status, said, _) = house.post("merchant:m2", "/v1/epcis-parties", body.as_bytes()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{said}");
    let (status, made, _) = house.post("manager", "/v1/epcis-parties", body.as_bytes()).await;
    assert_eq!((status, &made["identifier"]), (StatusCode::CREATED, &json!("https://id.gs1.org/414/9506000134376")));
    let (_, all, _) = house.get("manager", "/v1/epcis-parties").await;
    assert_eq!(all, json!([made]));
    assert_eq!(house.get("merchant:m2", "/v1/epcis-parties").await.0, StatusCode::FORBIDDEN);
    // Named in whichever form, with the extension that says there is none: it is the same place.
    let named = |id: &str, time: &str, place: &str| {
        object(id, time, &[id], json!({ "destinationList": [{ "type": "location", "destination": place }] }))
    };
    let events = vec![
        named("urn", "2026-03-01T08:00:00Z", gln),
        named("link", "2026-03-01T09:00:00Z", "https://id.gs1.org/414/9506000134376/254/0"),
        named("dock", "2026-03-01T10:00:00Z", "https://id.gs1.org/414/9506000134376/254/7"),
    ];
    house.capture("merchant:m1", &document(events)).await;
    assert_eq!(house.events("merchant:m2", "/v1/epcis/events").await, ["link", "urn"]);
    let path = "/v1/epcis-parties/https%3A%2F%2Fid.gs1.org%2F414%2F9506000134376%2F254%2F0";
    let gone = house.call("manager", ("DELETE", path), &[], Body::empty()).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(house.get("manager", "/v1/epcis-parties").await.1, json!([]));
    let missing = house.call("manager", ("DELETE", path), &[], Body::empty()).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let (status, ..) = house.post("manager", "/v1/epcis-parties", br#"{"identifier":"no uri","party":"m2"}"#).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn programs_send_tables_and_every_row_is_answered() {
    let house = house().await;
    let (status, template, headers) = house.get("merchant:m1", "/v1/epcis-table").await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (StatusCode::OK, "text/csv; charset=utf-8"));
    let template = template.as_str().unwrap().to_owned();
    let send = async |token: &str, text: String| {
        read(house.call(token, ("POST", "/v1/epcis-table"), &[("content-type", "text/csv")], text).await)
    };
    let (status, said, _) = send("merchant:m1", format!("{template}nonsense\n")).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let statuses: Vec<&str> =
        said["rows"].as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["accepted", "accepted", "rejected"], "{said}");
    assert!(said["rows"][2]["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{said}");
    let (_, again, _) = send("merchant:m1", template).await;
    assert!(again["rows"].as_array().unwrap().iter().all(|row| row["status"] == "duplicate"), "{again}");
    assert_eq!(send("laboratory", String::new()).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_list_of_captures_and_the_results_of_one_can_be_taken_away() {
    let house = house().await;
    let bad = object("b", "2026-03-01T10:00:00Z", &["2"], json!({ "bizStep": "no such step!" }));
    let events = vec![object("a", "2026-03-01T10:00:00Z", &["1"], json!({})), bad];
    let headers = [("content-type", "application/json"), ("gs1-capture-error-behaviour", "proceed")];
    let sent = house.call("merchant:m1", ("POST", "/v1/epcis/capture"), &headers, document(events)).await;
    let (status, _, headers) = read(sent);
    assert_eq!(status, StatusCode::ACCEPTED);
    while crate::capturing::work(&house.bench.kernel).await.unwrap() > 0 {}
    let id = headers["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned();
    for (token, base) in [("merchant:m1", "/merchant/events"), ("manager", "/console/events")] {
        let (status, list, _) = house.get(token, &format!("{base}/captures")).await;
        assert!(status == StatusCode::OK && list.as_str().unwrap().contains(&id), "{base}");
        let (_, csv, _) = house.get(token, &format!("{base}/captures/{id}/results.csv")).await;
        let lines: Vec<String> = csv.as_str().unwrap().lines().map(str::to_owned).collect();
        assert!(lines.len() == 3 && lines[1].contains("accepted") && lines[2].contains("rejected"), "{lines:?}");
    }
    let (status, list, _) = house.get("merchant:m2", "/merchant/events/captures").await;
    assert!(status == StatusCode::OK && !list.as_str().unwrap().contains(&id));
    let (status, ..) = house.get("merchant:m2", &format!("/merchant/events/captures/{id}/results.csv")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
