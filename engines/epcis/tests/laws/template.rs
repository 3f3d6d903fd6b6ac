//! The table for merchants who will never write EPCIS.

use epcis::template::{Column, Options, Table, columns, read, sample, steps};
use epcis::{Action, Code, Event, Kind, Role};

fn options() -> Options {
    Options { time_zone_offset: "+08:00".to_owned(), base: "urn:touchstone:m1".to_owned() }
}

fn table(text: &str) -> Table {
    read(text, &options()).unwrap_or_else(|error| panic!("{error}"))
}

fn only(text: &str) -> Event {
    let table = table(text);
    assert_eq!(table.rows.len(), 1);
    table.rows.into_iter().next().unwrap().event.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_template_itself_reads_in_both_languages() {
    for chinese in [true, false] {
        let table = table(&sample(chinese));
        assert!(table.ignored.is_empty());
        assert_eq!(table.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3]);
        for row in table.rows {
            row.event.unwrap_or_else(|error| panic!("{error}"));
        }
    }
    let hashes = |chinese| {
        let rows = table(&sample(chinese)).rows;
        rows.into_iter().map(|row| row.event.unwrap().biz_step).collect::<Vec<_>>()
    };
    assert_eq!(hashes(true), hashes(false));
}

#[test]
fn a_row_says_who_gave_what_to_whom() {
    let event = only(
        "时间,步骤,追溯码,发货方,收货方,地点,单据号,单据类型\n\
         2024年5月1日 8:30,发货,(01)09506000134352(21)1001；https://shop.example/01/09506000134352/21/1002,杭州一厂,9506000134307,东仓,FH 7,发货单\n",
    );
    assert_eq!(event.kind, Kind::Object);
    assert_eq!(event.event_time.to_string(), "2024-05-01T00:30:00Z");
    assert_eq!(event.event_time_zone_offset, "+08:00");
    assert_eq!(
        event.ids(Role::Object).collect::<Vec<_>>(),
        ["https://id.gs1.org/01/09506000134352/21/1001", "https://id.gs1.org/01/09506000134352/21/1002"]
    );
    assert_eq!(event.destinations[0].id, "https://id.gs1.org/417/9506000134307");
    assert!(event.sources[0].id.starts_with("urn:touchstone:m1:party:%E6%9D%AD"), "{}", event.sources[0].id);
    assert!(event.read_point.unwrap().starts_with("urn:touchstone:m1:place:"));
    assert_eq!(event.biz_transactions[0].id, "urn:touchstone:m1:document:FH%207");
    assert_eq!(event.biz_transactions[0].kind.as_deref(), Some("https://ref.gs1.org/cbv/BTT-desadv"));
}

#[test]
fn a_lot_with_its_quantity_is_a_class() {
    let event = only(
        "Time\tStep\tBarcode\tBatch Number\tQty\tUnit\n2024-05-01T08:30:00+02:00\tReceived\t9506000134352\tL1\t\"1,200.5\"\tkg\n",
    );
    let quantity = event.classes(Role::Object).next().unwrap();
    assert_eq!(quantity.class, "https://id.gs1.org/01/09506000134352/10/L1");
    assert_eq!((quantity.quantity, quantity.uom.as_deref()), (Some(1200.5), Some("KGM")));
    assert_eq!(event.event_time_zone_offset, "+02:00");
}

#[test]
fn packing_and_unpacking_have_a_box() {
    let head = "时间,步骤,追溯码,箱码\n2024-05-01,";
    let packed = only(
        &format!("{head}装箱,(01)09506000134352(21)1,095060001343520009\n")
            .replace("095060001343520009", "(00)095060000000000015"),
    );
    assert_eq!((packed.kind.clone(), packed.action), (Kind::Aggregation, Some(Action::Add)));
    assert_eq!(packed.parent(), Some("https://id.gs1.org/00/095060000000000015"));
    let emptied = only(&format!("{head}拆箱,,095060000000000015\n"));
    assert_eq!((emptied.action, emptied.ids(Role::Child).count()), (Some(Action::Delete), 0));
}

#[test]
fn each_row_is_judged_by_itself_with_line_and_column() {
    let good = "2024-05-01,发货,(01)09506000134352(21)1,,,";
    let text = format!(
        "时间,步骤,追溯码,商品条码,批号,数量\n{good}\n\
         昨天,发货,(01)09506000134352(21)1,,,\n\
         2024-05-01,飞行,(01)09506000134352(21)1,,,\n\
         2024-05-01,发货,(01)09506000134353(21)1,,,\n\
         2024-05-01,发货,,,,\n\
         \n\
         2024-05-01,发货,,9506000134353,L1,1\n\
         2024-05-01,发货,,9.50600E+12,L1,1\n\
         2024-05-01,发货,,9506000134352,批号一,1\n\
         2024-05-01,发货,,9506000134352,L1,-4\n\
         2024-05-01,发货,(01)09506000134352(21)1,,,2\n\
         2024-05-01,装箱,(01)09506000134352(21)1,,,\n\
         ,发货,(01)09506000134352(21)1,,,\n\
         2024-02-30,发货,(01)09506000134352(21)1,,,\n{good}\n"
    );
    let rows = table(&text).rows;
    let found: Vec<(u64, Option<String>)> =
        rows.into_iter().map(|row| (row.line, row.event.err().map(|error| error.pointer))).collect();
    let wanted = [
        (2, None),
        (3, Some("time")),
        (4, Some("step")),
        (5, Some("codes")),
        (6, Some("codes")),
        (8, Some("gtin")),
        (9, Some("gtin")),
        (10, Some("lot")),
        (11, Some("quantity")),
        (12, Some("quantity")),
        (13, Some("parent")),
        (14, Some("time")),
        (15, Some("time")),
        (16, None),
    ];
    let wanted: Vec<(u64, Option<String>)> =
        wanted.iter().map(|(line, column)| (*line, column.map(|column| format!("/rows/{line}/{column}")))).collect();
    assert_eq!(found, wanted);
}

#[test]
fn headings_are_known_by_many_names_and_others_are_passed_over() {
    let table = table("\u{feff} 日期 ;环节（必填）;Unit Codes;备注\n2024/5/1;签收;(01)09506000134352(21)1;小心轻放\n");
    assert_eq!(table.ignored, ["备注"]);
    assert!(table.rows[0].event.is_ok());
    for info in columns() {
        assert_eq!(Column::of_heading(info.zh), Some(info.column));
        assert_eq!(Column::of_heading(&info.name.to_uppercase()), Some(info.column));
        for alias in info.aliases {
            assert_eq!(Column::of_heading(alias), Some(info.column), "{alias}");
        }
    }
    for text in ["", "步骤,追溯码\n", "时间,步骤\n", "时间,日期,步骤,追溯码\n"] {
        assert_eq!(read(text, &options()).unwrap_err().code, Code::Row, "{text}");
    }
}

#[test]
fn every_step_makes_a_valid_event() {
    for step in steps() {
        for word in [step.zh, step.en].iter().chain(step.aliases) {
            let parent = if step.packs.is_some() { "095060000000000015" } else { "" };
            let event = only(&format!("time,step,codes,parent\n2024-05-01,{word},(01)09506000134352(21)1,{parent}\n"));
            assert_eq!(event.biz_step.as_deref().map(epcis::vocabulary::bare), Some(step.biz_step), "{word}");
        }
    }
}
