//! Minting, keys, the code file and label sheets.

use super::*;
use crate::{Authenticity, Purpose, SheetRequest, UnitState};
use std::collections::HashSet;

fn lines(file: &CodeFile) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    file.write(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let cells = |line: &str| {
        // The tests' cells hold a comma only inside quotes.
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    };
    text.lines().map(cells).collect()
}

#[tokio::test]
async fn minted_codes_are_all_different_genuine_and_read_back_in_every_form() {
    for bench in each().await {
        let kernel = &bench.kernel;
        let batch = mint(kernel, "m1", 250).await;
        let next = mint(kernel, "m1", 50).await;
        assert_eq!((batch.from, batch.until, next.from, next.until), (0, 250, 250, 300), "{}", bench.kind);
        let rows = lines(&file(kernel, &batch).await);
        assert_eq!(rows[0], crate::file::COLUMNS);
        assert_eq!(rows.len(), 251);
        let serials: HashSet<&String> = rows[1..].iter().map(|row| &row[1]).collect();
        assert_eq!(serials.len(), 250);
        for row in [&rows[1], &rows[250]] {
            assert_eq!(row[2], format!("{BASE}/01/06901234567892/21/{}", row[1]));
            assert_eq!(row[3], format!("(01)06901234567892(21){}", row[1]));
            assert_eq!(row[4], "", "no covered code was asked for");
            let typed = format!("{GTIN} {}", row[1].to_lowercase());
            for form in [&row[2], &row[3], &typed, &format!("]d2010690123456789221{}", row[1])] {
                let (gtin, serial) = crate::read_code(form).unwrap();
                let unit = crate::standing(kernel, &gtin, &serial).await.unwrap();
                assert_eq!((unit.authenticity, unit.state), (Authenticity::Genuine, UnitState::Minted), "{form}");
                assert_eq!(unit.position.unwrap().to_string(), row[0]);
                assert_eq!(unit.batch.unwrap().id, batch.id);
            }
        }
        assert_eq!(bench.acts("code_batch", &batch.id).await, ["codes.minted", "codes.taken"], "{}", bench.kind);
    }
}

#[tokio::test]
async fn what_cannot_be_minted_is_refused_and_reserves_nothing() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let with = |gtin: &str, count| NewBatch { gtin: gtin.into(), ..codes_of("m1", count) };
    for (new, expected) in [
        (codes_of("m1", 0), "invalid_input count"),
        (codes_of("m1", 10_000_001), "invalid_input count"),
        (with("6901234567890", 5), "invalid_input gtin"),
        (with("690123456789", 5), "invalid_input gtin"),
        (with("69O1234567892", 5), "invalid_input gtin"),
        (with("5410013101703", 5), "invalid_input gtin"),
        (NewBatch { lot_id: Some("none".into()), ..codes_of("m1", 5) }, "not_found"),
    ] {
        assert_eq!(said(crate::mint(kernel, &owner("m1"), new).await), expected);
    }
    assert_eq!(said(crate::mint(kernel, &owner("m2"), codes_of("m1", 5)).await), "not_found");
    assert_eq!(said(crate::mint(kernel, &staff(Role::Auditor), codes_of("m1", 5)).await), "forbidden");
    let lot = lot(kernel, "m1", "L1").await;
    let other = NewBatch { lot_id: Some(lot.id.clone()), ..with(OTHER_GTIN, 5) };
    assert_eq!(said(crate::mint(kernel, &owner("m1"), other).await), "invalid_input lot_id");
    let file = merchants::get(kernel, &manager(), "m1").await.unwrap();
    let reason = merchants::reasons_for(merchants::Move::Suspend)[0].to_owned();
    let decision =
        merchants::Decision { reasons: vec![reason], note: "核查".into(), ..merchants::Decision::default() };
    merchants::decide(kernel, &manager(), "m1", file.version, merchants::Move::Suspend, decision).await.unwrap();
    assert_eq!(said(crate::mint(kernel, &owner("m1"), codes_of("m1", 5)).await), "codes_merchant_stopped");
    assert_eq!(said(crate::create(kernel, &owner("m1"), new_lot("m1", "L2")).await), "codes_merchant_stopped");
    let all = crate::batches(kernel, &manager(), &Default::default(), &Default::default()).await.unwrap();
    assert_eq!(all.total, 0);
}

#[tokio::test]
async fn two_merchants_with_the_same_gtin_have_keys_and_codes_of_their_own() {
    for bench in each().await {
        let kernel = &bench.kernel;
        with_m2(kernel).await;
        let (one, two) = (mint(kernel, "m1", 20).await, mint(kernel, "m2", 20).await);
        assert_eq!((one.from, two.from), (0, 0), "each counts for itself");
        assert_ne!(one.key_id, two.key_id);
        assert_eq!(one.key_number, two.key_number);
        for batch in [&one, &two] {
            let code = file(kernel, batch).await.code(7).unwrap();
            let unit = crate::standing(kernel, &batch.gtin, &code.serial).await.unwrap();
            assert_eq!(unit.authenticity, Authenticity::Genuine, "{}", bench.kind);
            assert_eq!(unit.batch.unwrap().merchant_id, batch.merchant_id);
        }
        assert_eq!(said(crate::batch(kernel, &owner("m2"), &one.id).await), "not_found");
        assert_eq!(said(crate::code_file(kernel, &owner("m2"), &one.id, BASE).await), "not_found");
        let auditor = crate::code_file(kernel, &staff(Role::Auditor), &one.id, BASE).await;
        assert!(auditor.is_err(), "who may only read does not take codes away");
        assert_eq!(said(crate::keys(kernel, &owner("m2"), Some("m1")).await), "not_found");
        let lot = lot(kernel, "m2", "L1").await;
        let stolen = crate::commission(kernel, &owner("m2"), &lot.id, range(&one, 1, 1)).await;
        assert_eq!(said(stolen), "not_found");
        let code = file(kernel, &one).await.code(1).unwrap().digital_link;
        let stolen = crate::commission(kernel, &owner("m2"), &lot.id, Units::Codes(vec![code])).await;
        assert_eq!(said(stolen), "invalid_input codes");
    }
}

#[tokio::test]
async fn a_forged_code_is_told_from_an_unknown_one() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let batch = mint(kernel, "m1", 10).await;
    let serial = file(kernel, &batch).await.code(3).unwrap().serial;
    let standing = async |gtin: &str, serial: &str| {
        crate::standing(kernel, &gtin.parse().unwrap(), serial).await.unwrap().authenticity
    };
    assert_eq!(standing(GTIN, &serial).await, Authenticity::Genuine);
    for place in 0..20 {
        let mut forged = serial.clone().into_bytes();
        forged[place] = if forged[place] == b'7' { b'8' } else { b'7' };
        let forged = String::from_utf8(forged).unwrap();
        assert_eq!(standing(GTIN, &forged).await, Authenticity::Forged, "{forged}");
    }
    assert_eq!(standing(OTHER_GTIN, &serial).await, Authenticity::UnknownKey, "no codes are made for those goods");
    assert_eq!(standing(GTIN, "SN-0001").await, Authenticity::UnknownKey, "another form");
    let other = NewBatch { gtin: OTHER_GTIN.into(), ..codes_of("m1", 1) };
    crate::mint(kernel, &owner("m1"), other).await.unwrap();
    assert_eq!(standing(OTHER_GTIN, &serial).await, Authenticity::Forged, "a code of other goods");
}

#[tokio::test]
async fn codes_of_retired_keys_verify_also_when_their_number_comes_back() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let first = mint(kernel, "m1", 5).await;
    let refused = crate::rotate(kernel, &owner("m1"), "m1", Purpose::Unit, "x").await;
    assert_eq!(said(refused), "forbidden");
    assert_eq!(said(crate::rotate(kernel, &manager(), "m1", Purpose::Unit, " ").await), "invalid_input reason");
    assert_eq!(said(crate::rotate(kernel, &manager(), "m1", Purpose::Covered, "x").await), "not_found");
    let mut batches = vec![first];
    for epoch in 1..=33u64 {
        let key = crate::rotate(kernel, &manager(), "m1", Purpose::Unit, "年度更换").await.unwrap();
        assert_eq!((key.epoch, u64::from(key.number)), (epoch, epoch % 32));
        batches.push(mint(kernel, "m1", 5).await);
    }
    assert_eq!(batches[0].key_number, batches[32].key_number);
    for batch in &batches {
        assert_eq!(batch.from, 0, "each key counts for itself");
        let code = file(kernel, batch).await.code(2).unwrap();
        let unit = crate::standing(kernel, &batch.gtin, &code.serial).await.unwrap();
        assert_eq!(unit.batch.unwrap().id, batch.id);
    }
    let keys = crate::keys(kernel, &manager(), Some("m1")).await.unwrap();
    assert_eq!(keys.iter().filter(|key| key.retired_at.is_none()).count(), 1);
    assert_eq!(bench.acts("merchant", "m1").await.iter().filter(|kind| *kind == "code_key.rotated").count(), 33);
}

#[tokio::test]
async fn codes_for_a_lot_bear_its_number_also_one_that_a_table_must_quote() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let lot = lot(kernel, "m1", "=L,\"1\"").await;
    let new = NewBatch { lot_id: Some(lot.id.clone()), covered: true, ..codes_of("m1", 30) };
    let batch = crate::mint(kernel, &owner("m1"), new).await.unwrap();
    let file = file(kernel, &batch).await;
    let mut out = Vec::new();
    file.write(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let code = file.code(30).unwrap();
    let last = text.lines().last().unwrap();
    let bracketed = code.bracketed.replace('"', "\"\"");
    let expected = format!("30,{},{},\"{bracketed}\",{}", code.serial, code.digital_link, code.covered);
    assert_eq!(last, expected);
    assert!(code.bracketed.starts_with("(01)06901234567892(10)=L,\"1\"(21)"), "{}", code.bracketed);
    for form in [&code.digital_link, &code.bracketed, &code.element_string] {
        let scan = gs1::parse(form).unwrap();
        assert_eq!((scan.lot(), scan.serial()), (Some("=L,\"1\""), Some(code.serial.as_str())), "{form}");
    }
    let unit = crate::standing(kernel, &batch.gtin, &code.serial).await.unwrap();
    assert_eq!((unit.state, unit.lot.unwrap().id), (UnitState::Commissioned, lot.id.clone()));
    assert_eq!(crate::lot(kernel, &manager(), &lot.id).await.unwrap().units_commissioned, 30);
    assert_eq!(
        bench.acts("lot", &lot.id).await,
        ["lot.created", "codes.minted", "codes.commissioned", "codes.taken"][..3]
    );
}

#[tokio::test]
async fn label_sheets_are_made_in_every_form_and_wrong_wishes_are_refused_at_their_field() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let new = NewBatch { covered: true, ..codes_of("m1", 60) };
    let batch = crate::mint(kernel, &owner("m1"), new).await.unwrap();
    let opened = file(kernel, &batch).await;
    let make = |request: SheetRequest| {
        let sheet = crate::label_sheet(opened.clone(), &request)?;
        let mut out = Vec::new();
        sheet.write(&mut out)?;
        Ok::<_, crate::Error>((sheet.name(), out))
    };
    for layout in labels::LAYOUTS {
        for symbol in ["qr", "datamatrix"] {
            let request =
                SheetRequest { symbol: symbol.into(), layout: layout.name.into(), count: 3, ..Default::default() };
            match make(request) {
                Ok((name, out)) => assert!(out.starts_with(b"%PDF-") && name.ends_with("-1-3.pdf"), "{name}"),
                Err(error) => assert_eq!(said::<()>(Err(error)), "label_sheet_refused", "{} {symbol}", layout.name),
            }
        }
    }
    for format in ["svg", "png"] {
        let request =
            SheetRequest { format: format.into(), symbol: "datamatrix".into(), used: 4, ..Default::default() };
        let (name, out) = make(request).unwrap();
        let zip = zip::ZipArchive::new(std::io::Cursor::new(out)).unwrap();
        // 60 labels behind 4 used ones on sheets of 24.
        let pages: Vec<&str> = zip.file_names().collect();
        assert_eq!((pages.len(), pages[0]), (3, format!("page-0001.{format}").as_str()), "{name}");
    }
    let usual = SheetRequest::default;
    for (request, field) in [
        (SheetRequest { symbol: "aztec".into(), ..usual() }, "symbol"),
        (SheetRequest { layout: "a3".into(), ..usual() }, "layout"),
        (SheetRequest { format: "doc".into(), ..usual() }, "format"),
        (SheetRequest { first: 61, ..usual() }, "first"),
        (SheetRequest { first: 60, count: 2, ..usual() }, "count"),
        (SheetRequest { used: 24, ..usual() }, "used"),
    ] {
        assert!(said(make(request)).starts_with(&format!("invalid_input {field}")), "{field}");
    }
    let dpi = SheetRequest { format: "png".into(), dpi: 5, ..usual() };
    assert_eq!(said(make(dpi)), "label_sheet_refused");
}

#[tokio::test]
async fn a_sheet_that_cannot_be_printed_took_no_codes() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let batch = mint(kernel, "m1", 60).await;
    let merchant = owner("m1");
    let labels = |request: SheetRequest| crate::labels_of(kernel, &merchant, &batch.id, BASE, request);
    let refused = labels(SheetRequest { first: 61, ..SheetRequest::default() }).await;
    assert!(said(refused).starts_with("invalid_input first"));
    let dpi = SheetRequest { format: "png".into(), dpi: 5, ..SheetRequest::default() };
    assert_eq!(said(labels(dpi).await), "label_sheet_refused");
    assert_eq!(bench.acts("code_batch", &batch.id).await, ["codes.minted"]);
    labels(SheetRequest { first: 11, count: 20, ..SheetRequest::default() }).await.unwrap();
    assert_eq!(bench.acts("code_batch", &batch.id).await, ["codes.minted", "codes.taken"]);
}
