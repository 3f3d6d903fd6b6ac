#![no_main]
//! Any table is rows, each an event or a refusal with its line; an event that is made reads back.
use epcis::template::{Options, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let options = Options { time_zone_offset: "+08:00".to_owned(), base: "urn:touchstone:m1".to_owned() };
    let with_heading = format!("时间,步骤,追溯码,商品条码,批号,数量,单位,箱码,发货方,收货方,地点,单据号,单据类型\n{text}");
    for table in [read(text, &options), read(&with_heading, &options)].into_iter().flatten() {
        for row in table.rows {
            match row.event {
                Ok(event) => {
                    let alone = epcis::read_event(event.standalone()).expect("a made event is valid");
                    assert_eq!(epcis::hash(&alone), epcis::hash(&event));
                }
                Err(error) => assert!(error.pointer.starts_with("/rows/")),
            }
        }
    }
});
