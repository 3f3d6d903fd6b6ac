//! Behaviour through the public door, over lots, codes, sales and events as other duties keep them.

mod http;
mod orders;

use crate::model::Done;
use crate::{
    InformedBy, Kind, New, Origin, Part, Recall, Remedy, State, Step, answer, cancel, change, clocks, close, get, jobs,
    notices, notices_for, notices_to, open, open_count, preview, reach_page, report_progress, start,
};
use ground::Problem;
use gs1::Gtin;
use kernel::testing::{Bench, owner, said, staff};
use kernel::{Actor, Paging, Role};
use listings::testing::honest;
use listings::{Content, Listing};
use trace::{Lot, LotState};

const CLOTH: &str = "06901234567892";
const SHIRT: &str = "06901234567908";

fn migrations() -> db::Migrations {
    let mut all = listings::testing::migrations();
    all.extend(web::migrations());
    all.extend(trace::migrations());
    all.extend(events::migrations());
    all.extend(crate::migrations());
    all
}

fn manager() -> Actor {
    staff(Role::Manager)
}

fn refused<T: std::fmt::Debug>(result: Result<T, crate::Error>) -> String {
    said(result.map_err(Problem::from))
}

/// Two merchants: m1 weaves cloth, m2 makes shirts of it. Both are on sale.
struct Scene {
    bench: Bench,
    cloth: Lot,
    shirts: Lot,
    listing: Listing,
}

impl Scene {
    async fn over(bench: Bench) -> Scene {
        let kernel = &bench.kernel;
        for (merchant, serial) in [("m1", 1), ("m2", 2)] {
            listings::testing::merchant(kernel, merchant, serial, &["daily/home"]).await;
        }
        let goods = |gtin: &str, title: &str| Content { gtin: gtin.into(), ..honest(title) };
        listings::testing::offer(kernel, "m1", "A", goods(CLOTH, "棉布 2 米")).await;
        let listing = listings::testing::offer(kernel, "m2", "B", goods(SHIRT, "棉布收纳袋 3 件")).await;
        assert_eq!(listing.state, listings::State::OnSale);
        let cloth = lot(&bench, "m1", CLOTH, "RAW-1").await;
        let shirts = lot(&bench, "m2", SHIRT, "S/1").await;
        let scene = Scene { bench, cloth, shirts, listing };
        scene
            .capture(
                "m2",
                "TransformationEvent",
                r#""inputQuantityList":[{"epcClass":"https://id.gs1.org/01/06901234567892/10/RAW-1"}],
            "outputQuantityList":[{"epcClass":"https://id.gs1.org/01/06901234567908/10/S%2F1"}]"#,
                "2026-02-01T08:00:00Z",
            )
            .await;
        scene
    }

    async fn sqlite() -> Scene {
        Scene::over(Bench::sqlite(migrations).await).await
    }

    async fn capture(&self, merchant: &str, kind: &str, body: &str, at: &str) {
        let event = format!(
            r#"{{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument","schemaVersion":"2.0",
            "creationDate":"{at}","epcisBody":{{"eventList":[{{"type":"{kind}","eventTime":"{at}","eventTimeZoneOffset":"+08:00",{body}}}]}}}}"#
        );
        let options = events::CaptureOptions::default();
        let capture = events::capture(&self.bench.kernel, &owner(merchant), event.as_bytes(), options).await.unwrap();
        let results = events::results(&self.bench.kernel, &manager(), &capture.id, 0, 10).await.unwrap();
        assert_eq!((capture.accepted, capture.rejected), (1, 0), "{results:?}");
    }

    /// Mints codes for the shirts and puts them on.
    async fn make(&self, count: u64) -> Vec<String> {
        let new = trace::NewBatch {
            merchant_id: "m2".into(),
            gtin: SHIRT.into(),
            count,
            lot_id: Some(self.shirts.id.clone()),
            covered: false,
        };
        trace::mint(&self.bench.kernel, &owner("m2"), new).await.unwrap();
        trace::unit_serials(&self.bench.kernel, &self.shirts.id, count).await.unwrap()
    }

    async fn sell(&self, order: &str, serials: &[String]) {
        for (number, part) in serials.chunks(100).enumerate() {
            let order = trace::Order {
                number: format!("{order}-{number}"),
                codes: part.iter().map(|serial| format!("(01){SHIRT}(21){serial}")).collect(),
                sold_at: None,
            };
            trace::record_sales(&self.bench.kernel, &owner("m2"), &[order]).await.unwrap();
        }
    }

    async fn settle(&self) {
        self.bench.settle(jobs(), Vec::new).await;
    }

    async fn lot_state(&self, id: &str) -> LotState {
        trace::lot_by_id(&self.bench.kernel, id).await.unwrap().unwrap().state
    }

    async fn listing_state(&self) -> listings::State {
        listings::get(&self.bench.kernel, &manager(), &self.listing.id).await.unwrap().state
    }

    async fn recall(&self, id: &str) -> Recall {
        get(&self.bench.kernel, &manager(), id).await.unwrap()
    }

    /// Opens, shows and starts a recall of a lot, and lets it run.
    async fn started(&self, lot: &Lot) -> Recall {
        let kernel = &self.bench.kernel;
        let recall = open(kernel, &manager(), of_lot(&lot.id)).await.unwrap();
        let recall = preview(kernel, &manager(), &recall.id, recall.version).await.unwrap();
        start(kernel, &manager(), &recall.id, recall.version).await.unwrap();
        self.settle().await;
        self.recall(&recall.id).await
    }

    async fn shown(&self, gtin: &str, lot: Option<&str>, serial: Option<&str>) -> Vec<State> {
        let gtin: Gtin = gtin.parse().unwrap();
        let found = notices_for(&self.bench.kernel, &gtin, lot, serial).await.unwrap();
        found.into_iter().map(|notice| notice.state).collect()
    }
}

async fn lot(bench: &Bench, merchant: &str, gtin: &str, number: &str) -> Lot {
    let new = trace::NewLot {
        merchant_id: merchant.into(),
        gtin: gtin.into(),
        number: number.into(),
        product: String::new(),
        produced_on: "2026-02-01".into(),
        expires_on: String::new(),
        origin: "浙江杭州".into(),
        plant: "杭州第一织造厂".into(),
    };
    trace::create(&bench.kernel, &owner(merchant), new).await.unwrap()
}

fn of_lot(lot_id: &str) -> New {
    New {
        origin: Origin::Lot.name().into(),
        origin_ref: lot_id.into(),
        level: 1,
        informed_by: InformedBy::Authority.name().into(),
        stop_sale: true,
        remedy: Remedy::Refund.name().into(),
        reason_zh: "甲醛超标".into(),
        reason_en: "Too much formaldehyde".into(),
        advice_zh: "停止使用，等候退款".into(),
        ..New::default()
    }
}

#[tokio::test]
async fn nothing_is_stopped_before_the_reach_was_shown_and_a_person_started_it() {
    for bench in Bench::each(migrations).await {
        let kind = bench.kind;
        let scene = Scene::over(bench).await;
        let kernel = &scene.bench.kernel;
        let serials = scene.make(10).await;
        scene.sell("O", &serials[..3]).await;
        let recall = open(kernel, &manager(), of_lot(&scene.cloth.id)).await.unwrap();
        assert_eq!(refused(start(kernel, &manager(), &recall.id, recall.version).await), "wrong_state", "{kind}");
        let shown = preview(kernel, &manager(), &recall.id, recall.version).await.unwrap();
        let counts = shown.counts;
        assert_eq!((counts.lots, counts.units, counts.sold, counts.merchants), (2, 10, 3, 2), "{kind}");
        assert_eq!((counts.listings, shown.cut), (2, false), "{kind}");
        assert_eq!(scene.lot_state(&scene.shirts.id).await, LotState::Open);
        assert_eq!(scene.listing_state().await, listings::State::OnSale);
        assert!(scene.shown(SHIRT, Some("S/1"), None).await.is_empty());
        assert_eq!(refused(start(kernel, &manager(), &recall.id, recall.version).await), "stale", "{kind}");

        start(kernel, &manager(), &recall.id, shown.version).await.unwrap();
        scene.settle().await;
        let recall = scene.recall(&recall.id).await;
        assert_eq!((recall.state, recall.counts.told), (State::Remedying, 3), "{kind}");
        for lot in [&scene.cloth, &scene.shirts] {
            assert_eq!(scene.lot_state(&lot.id).await, LotState::Recalled, "{kind}");
        }
        assert_eq!(scene.listing_state().await, listings::State::Suspended, "{kind}");
        assert_eq!(scene.shown(SHIRT, Some("S/1"), None).await, [State::Remedying], "{kind}");
        assert_eq!(scene.shown(SHIRT, None, Some(&serials[9])).await, [State::Remedying], "by the unit alone");
        assert!(scene.shown(SHIRT, Some("S/2"), None).await.is_empty(), "another lot");
        let told = notices(kernel, &manager(), &recall.id).await.unwrap();
        let told: Vec<&str> = told.iter().map(|notice| notice.merchant_id.as_str()).collect();
        assert_eq!(told, ["m1", "m2"], "{kind}");
        let acts = scene.bench.acts("recall", &recall.id).await;
        assert_eq!(
            acts,
            [
                "recall.opened",
                "recall.previewed",
                "recall.started",
                "recall.sale_stopped",
                "recall.notified",
                "recall.notices_sent"
            ],
            "{kind}"
        );
        // Running the jobs again does nothing.
        scene.settle().await;
        assert_eq!(scene.recall(&recall.id).await, recall, "{kind}");
    }
}

#[tokio::test]
async fn order_numbers_stay_out_of_the_public_part_and_each_sold_unit_is_told_once() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let serials = scene.make(400).await;
    scene.sell("BUYER", &serials[..350]).await;
    let recall = scene.started(&scene.shirts).await;
    assert_eq!((recall.counts.sold, recall.counts.told), (350, 350));
    let mut units = Vec::new();
    for act in crate::history(kernel, &manager(), &recall.id).await.unwrap() {
        assert!(!act.public.to_string().contains("BUYER"), "{}", act.kind);
        let named = act.public.get("units").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
        units.extend(named.into_iter().map(|unit| unit.as_str().unwrap().to_owned()));
    }
    units.sort();
    let mut expected: Vec<String> = serials[..350].iter().map(|serial| format!("{SHIRT}.{serial}")).collect();
    expected.sort();
    assert_eq!(units, expected);
    let mut orders = crate::batch_orders(kernel, &manager(), &recall.id, 1).await.unwrap();
    orders.extend(crate::batch_orders(kernel, &manager(), &recall.id, 2).await.unwrap());
    assert_eq!(orders.len(), 350);
    assert!(orders.iter().all(|(_, order)| order.starts_with("BUYER-")));
    assert_eq!(refused(crate::batch_orders(kernel, &manager(), &recall.id, 3).await), "not_found");
    assert_eq!(refused(crate::batch_orders(kernel, &staff(Role::Auditor), &recall.id, 1).await), "forbidden");
}

#[tokio::test]
async fn a_change_makes_the_shown_reach_void() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let recall = open(kernel, &manager(), of_lot(&scene.cloth.id)).await.unwrap();
    let recall = preview(kernel, &manager(), &recall.id, recall.version).await.unwrap();
    let other = New { level: 2, ..of_lot(&scene.shirts.id) };
    let changed = change(kernel, &manager(), &recall.id, recall.version, other).await.unwrap();
    assert_eq!((changed.state, changed.counts.lots), (State::Draft, 0));
    assert_eq!(refused(start(kernel, &manager(), &recall.id, changed.version).await), "wrong_state");
    assert_eq!(reach_page(kernel, &manager(), &recall.id, None, &Paging::default()).await.unwrap().total, 0);
    let shown = preview(kernel, &manager(), &recall.id, changed.version).await.unwrap();
    // Forward of the shirts lies nothing else; the cloth is shown as what went in, and is not recalled.
    assert_eq!((shown.counts.lots, shown.counts.merchants), (1, 1));
    let rows = reach_page(kernel, &manager(), &recall.id, Some(Kind::Lot), &Paging::default()).await.unwrap().rows;
    let parts: Vec<(&str, Part)> = rows.iter().map(|row| (row.reference.as_str(), row.part)).collect();
    assert_eq!(parts, [(scene.shirts.id.as_str(), Part::Start), (scene.cloth.id.as_str(), Part::Source)]);
    start(kernel, &manager(), &recall.id, shown.version).await.unwrap();
    scene.settle().await;
    assert_eq!(scene.lot_state(&scene.cloth.id).await, LotState::Open);
    assert_eq!(scene.lot_state(&scene.shirts.id).await, LotState::Recalled);
    assert!(scene.shown(CLOTH, Some("RAW-1"), None).await.is_empty());
}

#[tokio::test]
async fn from_the_sources_everything_made_of_them_is_recalled() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let sister = lot(&scene.bench, "m2", SHIRT, "S-2").await;
    scene
        .capture(
            "m2",
            "TransformationEvent",
            r#""inputQuantityList":[{"epcClass":"https://id.gs1.org/01/06901234567892/10/RAW-1"}],
        "outputQuantityList":[{"epcClass":"https://id.gs1.org/01/06901234567908/10/S-2"}]"#,
            "2026-02-02T08:00:00Z",
        )
        .await;
    for (from_sources, lots) in [(false, 1), (true, 3)] {
        let new = New { from_sources, ..of_lot(&scene.shirts.id) };
        let recall = open(kernel, &manager(), new).await.unwrap();
        let shown = preview(kernel, &manager(), &recall.id, recall.version).await.unwrap();
        assert_eq!(shown.counts.lots, lots, "from sources: {from_sources}");
        let rows = reach_page(kernel, &manager(), &recall.id, Some(Kind::Lot), &Paging::default()).await.unwrap().rows;
        let reached = rows.iter().any(|row| row.reference == sister.id && row.part == Part::Affected);
        assert_eq!(reached, from_sources);
    }
}

#[tokio::test]
async fn packed_goods_lead_to_the_container_they_were_in() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let serials = scene.make(3).await;
    let unit = |index: usize| format!("https://id.gs1.org/01/{SHIRT}/21/{}", serials[index]);
    let sscc = "https://id.gs1.org/00/106141412345678908";
    scene
        .capture(
            "m2",
            "AggregationEvent",
            &format!(r#""action":"ADD","parentID":"{sscc}","childEPCs":["{}"]"#, unit(0)),
            "2026-02-03T08:00:00Z",
        )
        .await;
    let recall = open(kernel, &manager(), of_lot(&scene.cloth.id)).await.unwrap();
    let shown = preview(kernel, &manager(), &recall.id, recall.version).await.unwrap();
    assert_eq!(shown.counts.containers, 1, "the pallet, by way of a unit of a lot made of the cloth");
    let rows =
        reach_page(kernel, &manager(), &recall.id, Some(Kind::Container), &Paging::default()).await.unwrap().rows;
    assert_eq!(
        (rows[0].name.as_str(), rows[0].part, rows[0].via.as_str()),
        ("106141412345678908", Part::Carrier, unit(0).as_str())
    );
}

#[tokio::test]
async fn a_recall_called_off_gives_back_what_it_stopped() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let recall = scene.started(&scene.shirts).await;
    assert_eq!(scene.listing_state().await, listings::State::Suspended);
    // Another officer cannot put it back on sale while the recall lasts.
    let (suspended, restore, why) =
        (listings::State::Suspended, listings::Measure::Restore, ["other-violation".to_owned()]);
    let restored =
        listings::take_measure(kernel, &manager(), &scene.listing.id, suspended, &restore, &why, "再看一遍").await;
    assert!(restored.is_err());
    assert_eq!(refused(cancel(kernel, &manager(), &recall.id, recall.version, " ").await), "invalid_input reason");
    cancel(kernel, &manager(), &recall.id, recall.version, "检测报告有误").await.unwrap();
    scene.settle().await;
    let recall = scene.recall(&recall.id).await;
    assert_eq!(recall.state, State::Cancelled);
    assert_eq!(scene.lot_state(&scene.shirts.id).await, LotState::Open);
    assert_eq!(scene.listing_state().await, listings::State::OnSale);
    assert!(scene.shown(SHIRT, Some("S/1"), None).await.is_empty(), "called off: the public is told no more");
    assert_eq!(refused(cancel(kernel, &manager(), &recall.id, recall.version, "again").await), "wrong_state");
}

#[tokio::test]
async fn answers_and_remedies_are_counted_and_the_end_has_a_report() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let serials = scene.make(10).await;
    scene.sell("O", &serials[..4]).await;
    let recall = scene.started(&scene.shirts).await;
    let m2 = owner("m2");
    assert_eq!(open_count(kernel, &m2).await.unwrap(), 1);
    assert_eq!(refused(answer(kernel, &owner("m3"), &recall.id, "好").await), "not_found", "not told");
    assert_eq!(refused(answer(kernel, &m2, &recall.id, "").await), "invalid_input answer");
    answer(kernel, &m2, &recall.id, "已停售，库存 6 件").await.unwrap();
    assert_eq!(refused(answer(kernel, &m2, &recall.id, "再答").await), "wrong_state");
    assert_eq!(open_count(kernel, &m2).await.unwrap(), 0);
    let step = |returned, remedied| Step { returned, remedied, note: String::new() };
    assert_eq!(refused(report_progress(kernel, &m2, &recall.id, "m2", step(-1, 0)).await), "invalid_input returned");
    assert_eq!(refused(report_progress(kernel, &m2, &recall.id, "m2", step(0, 0)).await), "invalid_input returned");
    assert_eq!(refused(report_progress(kernel, &m2, &recall.id, "m2", step(11, 0)).await), "invalid_input returned");
    assert_eq!(refused(report_progress(kernel, &m2, &recall.id, "m1", step(1, 0)).await), "not_found");
    report_progress(kernel, &m2, &recall.id, "m2", step(2, 1)).await.unwrap();
    report_progress(kernel, &manager(), &recall.id, "m2", step(1, 2)).await.unwrap();
    let recall = scene.recall(&recall.id).await;
    assert_eq!((recall.counts.returned, recall.counts.remedied, recall.counts.answered), (3, 3, 1));
    assert_eq!(recall.counts.effectiveness(), Some(0.75));
    let version = recall.version;
    assert_eq!(refused(close(kernel, &manager(), &recall.id, version, "", true).await), "invalid_input note");
    close(kernel, &manager(), &recall.id, version, "已完成", true).await.unwrap();
    scene.settle().await;
    assert_eq!(scene.lot_state(&scene.shirts.id).await, LotState::Recalled, "the lot stays recalled");
    assert_eq!(scene.listing_state().await, listings::State::OnSale, "other lots are sold again");
    assert_eq!(scene.shown(SHIRT, Some("S/1"), None).await, [State::Closed]);
    assert_eq!(refused(report_progress(kernel, &m2, &recall.id, "m2", step(1, 0)).await), "wrong_state");
    let closed = crate::history(kernel, &manager(), &recall.id).await.unwrap().remove(0);
    assert_eq!(closed.kind, "recall.closed");
    assert_eq!(closed.public.get("effectiveness").and_then(serde_json::Value::as_f64), Some(0.75));
}

#[tokio::test]
async fn a_recall_begins_at_a_unit_a_code_a_paper_a_plant_a_merchant_or_a_gtin() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let serials = scene.make(2).await;
    let file = bytes::Bytes::from_static(b"%PDF-1.4 a certificate");
    let paper = trace::NewDocument {
        kind: "inspection".into(),
        number: "CERT-77".into(),
        issuer: "浙江省检".into(),
        file_name: "证书.pdf".into(),
        content: file,
        ..trace::NewDocument::default()
    };
    trace::add_document(kernel, &owner("m1"), &scene.cloth.id, paper).await.unwrap();
    let unit = format!("(01){SHIRT}(21){}", serials[0]);
    let begins = [
        (Origin::Unit, unit.as_str(), 1),
        (Origin::Lot, "(01)06901234567892(10)RAW-1", 2),
        (Origin::Lot, "https://id.example.cn/01/06901234567892/10/RAW-1", 2),
        (Origin::Document, "CERT-77", 2),
        (Origin::Supplier, "m1", 2),
        (Origin::Supplier, "杭州第一织造厂", 2),
        (Origin::Goods, "6901234567892", 2),
    ];
    for (origin, text, lots) in begins {
        let new = New { origin: origin.name().into(), origin_ref: text.into(), ..of_lot("") };
        let recall = open(kernel, &manager(), new).await.unwrap();
        let shown = preview(kernel, &manager(), &recall.id, recall.version).await.unwrap();
        assert_eq!(shown.counts.lots, lots, "{origin:?} {text}");
    }
    // A genuine form of nobody here: the unit alone is recalled; nothing else is known of it.
    let lone = New { origin: "unit".into(), origin_ref: "(01)06901234567892(21)LONE".into(), ..of_lot("") };
    let recall = open(kernel, &manager(), lone).await.unwrap();
    let shown = preview(kernel, &manager(), &recall.id, recall.version).await.unwrap();
    assert_eq!((shown.counts.lots, shown.counts.units), (0, 1));
    for (origin, text) in [
        (Origin::Lot, "(01)06901234567892(10)NONE"),
        (Origin::Lot, "(01)06901234567893(10)RAW-1"),
        (Origin::Lot, "nonsense"),
        (Origin::Unit, "(01)06901234567892(10)RAW-1"),
        (Origin::Document, "CERT-78"),
        (Origin::Supplier, "nobody"),
        (Origin::Goods, "abc"),
    ] {
        let new = New { origin: origin.name().into(), origin_ref: text.into(), ..of_lot("") };
        let recall = open(kernel, &manager(), new).await.unwrap();
        let refusal = refused(preview(kernel, &manager(), &recall.id, recall.version).await);
        assert_eq!(refusal, "invalid_input origin_ref", "{origin:?} {text}");
    }
}

#[tokio::test]
async fn bad_input_names_every_field_and_keeps_nothing() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let new = New {
        origin: "moon".into(),
        level: 9,
        informed_by: String::new(),
        informed_on: "2026-13-40".into(),
        remedy: "hug".into(),
        market: "xx".into(),
        ..New::default()
    };
    let refusal = refused(open(kernel, &manager(), new).await);
    for field in
        ["market", "origin", "informed_by", "remedy", "level", "origin_ref", "reason_zh", "advice_zh", "informed_on"]
    {
        assert!(refusal.contains(field), "{field} in {refusal}");
    }
    let future = New { informed_on: "2026-03-09".into(), ..of_lot("x") };
    assert_eq!(refused(open(kernel, &manager(), future).await), "invalid_input informed_on");
    let long = New { reason_zh: "长".repeat(100_000), ..of_lot("x") };
    assert_eq!(refused(open(kernel, &manager(), long).await), "invalid_input reason_zh");
    let all = crate::list(kernel, &manager(), &crate::Filter::default(), &Paging::default()).await.unwrap();
    assert_eq!(all.total, 0);
}

#[tokio::test]
async fn who_may_see_and_who_may_steer() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let recall = scene.started(&scene.shirts).await;
    let auditor = staff(Role::Auditor);
    assert!(get(kernel, &auditor, &recall.id).await.is_ok());
    assert_eq!(refused(open(kernel, &auditor, of_lot("x")).await), "forbidden");
    assert_eq!(refused(cancel(kernel, &auditor, &recall.id, recall.version, "x").await), "forbidden");
    let m2 = owner("m2");
    assert_eq!(refused(get(kernel, &m2, &recall.id).await), "forbidden");
    assert_eq!(refused(reach_page(kernel, &m2, &recall.id, None, &Paging::default()).await), "forbidden");
    assert_eq!(notices_to(kernel, &m2, &Paging::default()).await.unwrap().total, 1);
    assert_eq!(notices_to(kernel, &owner("m3"), &Paging::default()).await.unwrap().total, 0);
    let (_, _, rows) = crate::notice_to(kernel, &m2, &recall.id).await.unwrap();
    assert!(rows.iter().all(|row| row.merchant_id == "m2"));
    assert!(rows.iter().any(|row| row.kind == Kind::Lot && row.done == Done::On));
    assert_eq!(refused(crate::notice_to(kernel, &owner("m1"), &recall.id).await), "not_found");
}

#[tokio::test]
async fn the_clocks_of_the_pledge_count_working_days() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let due = |recall: &Recall, name: &str| {
        let all = clocks::clocks(kernel, recall).unwrap();
        all.into_iter().find(|clock| clock.name == name).map(|clock| clock.due.to_rfc3339())
    };
    // Monday noon in Shanghai: two working days end with Wednesday, five with the next Monday; level 1 starts in 24 hours.
    let authority = open(kernel, &manager(), of_lot(&scene.shirts.id)).await.unwrap();
    assert_eq!(due(&authority, "stop_sale").as_deref(), Some("2026-03-04T16:00:00Z"));
    assert_eq!(due(&authority, "start").as_deref(), Some("2026-03-03T04:00:00Z"));
    assert_eq!(due(&authority, "finish"), None, "not started");
    let public = New { informed_by: "notice".into(), level: 3, ..of_lot(&scene.shirts.id) };
    let public = open(kernel, &manager(), public).await.unwrap();
    assert_eq!(due(&public, "stop_sale").as_deref(), Some("2026-03-09T16:00:00Z"));
    assert_eq!(due(&public, "start").as_deref(), Some("2026-03-05T04:00:00Z"));
    let own = New { informed_by: "own".into(), ..of_lot(&scene.shirts.id) };
    assert_eq!(due(&open(kernel, &manager(), own).await.unwrap(), "stop_sale"), None);
    let running = scene.started(&scene.shirts).await;
    assert_eq!(due(&running, "answer").as_deref(), Some("2026-03-03T16:00:00Z"));
    assert_eq!(due(&running, "finish").as_deref(), Some("2026-03-16T16:00:00Z"), "ten working days");
    let all = clocks::clocks(kernel, &running).unwrap();
    let stop = all.iter().find(|clock| clock.name == "stop_sale").unwrap();
    assert!(stop.met.is_some() && !stop.is_late(kernel.now()));
    scene.bench.clock.advance_days(3);
    let late = all.iter().find(|clock| clock.name == "answer").unwrap();
    assert!(late.is_late(kernel.now()), "nobody answered");
}

#[test]
fn both_languages_say_the_same_things() {
    let catalogs = ui::Catalogs::new(&[crate::CATALOG]).unwrap();
    assert_eq!(catalogs.missing_keys(), Vec::<String>::new());
    assert_eq!(catalogs.differing_variables(), Vec::<String>::new());
}
