//! An independent decoder reads every label back from every kind of page, as a camera would see it.
mod raster;

use labels::{Error, LAYOUTS, Label, Layout, MODULE_MM_MIN, Options, Sheet, Symbol, TextPlace, Written};
use proptest::prelude::*;
use raster::{Gray, decode, page_of_pdf, page_of_png, page_of_svg};

const SYMBOLS: [Symbol; 2] = [Symbol::Qr, Symbol::GsDataMatrix];
/// Dots per inch at which vector pages are looked at: no whole number of dots per module, as with a camera.
const LOOK_DPI: f64 = 290.0;

/// The label of one unit, with the payload that a decoder is to give back.
fn unit(symbol: Symbol, number: u64) -> (Label, String) {
    let serial = format!("K7{:018X}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let (payload, expected) = match symbol {
        Symbol::Qr => {
            let uri = format!("https://id.example.cn/01/06901234567892/21/{serial}");
            (uri.clone(), uri)
        }
        // FNC1 after the serial number, which is of variable length; the decoder says GS.
        Symbol::GsDataMatrix => {
            (format!("^010690123456789221{serial}^10L{number}"), format!("010690123456789221{serial}\u{1d}10L{number}"))
        }
    };
    let lines = vec!["(01)06901234567892".into(), format!("(21){serial}"), "明前龙井 250 g".into()];
    (Label { payload, lines }, expected)
}

fn units(symbol: Symbol, count: u64) -> (Vec<Label>, Vec<String>) {
    (0..count).map(|number| unit(symbol, number)).unzip()
}

/// Cuts the page into its labels and decodes each.
fn read_back(symbol: Symbol, layout: &Layout, page: &Gray, first: usize, expected: &[String], format: &str) {
    for (index, expected) in expected.iter().enumerate() {
        let position = first + index;
        let left = layout.left_mm + (position % layout.columns) as f64 * layout.pitch_x_mm;
        let top = layout.top_mm + (position / layout.columns) as f64 * layout.pitch_y_mm;
        let cut = page.cut(left, top, layout.label_width_mm, layout.label_height_mm);
        let read = decode(symbol, &cut);
        assert_eq!(read.as_deref(), Ok(expected.as_str()), "{format}, {}, {symbol:?}, label {position}", layout.name);
    }
}

fn pdf(sheet: &Sheet, labels: &[Label]) -> (Vec<u8>, Written) {
    let mut bytes = Vec::new();
    let written = sheet.pdf(labels.iter().cloned().map(Ok::<_, Error>), &mut bytes).unwrap();
    assert_eq!(written.bytes, bytes.len() as u64);
    (bytes, written)
}

#[test]
fn every_label_of_every_layout_reads_back_from_svg_png_and_pdf() {
    for symbol in SYMBOLS {
        for layout in LAYOUTS {
            let sheet = Sheet::new(symbol, layout, Options::default()).unwrap();
            let (labels, expected) = units(symbol, layout.labels_per_page() as u64);
            let svg = sheet.svg(0, &labels).unwrap();
            read_back(symbol, layout, &page_of_svg(&svg, LOOK_DPI), 0, &expected, "SVG");
            let png = sheet.png(0, &labels, 300).unwrap();
            read_back(symbol, layout, &page_of_png(&png, 300.0, layout), 0, &expected, "PNG");
            let (pdf, written) = pdf(&sheet, &labels);
            assert_eq!((written.pages, written.labels), (1, labels.len() as u64));
            read_back(symbol, layout, &page_of_pdf(&pdf, 0, LOOK_DPI), 0, &expected, "PDF");
        }
    }
}

#[test]
fn a_second_pdf_reader_sees_the_same_page() {
    let Some(version) = raster::poppler() else {
        // The reader of this test file has read every page above; this is the second opinion.
        println!("pdftoppm is not installed: the second opinion on the PDF is left out");
        return;
    };
    println!("second opinion on the PDF: {version}");
    for symbol in SYMBOLS {
        let layout = Layout::by_name("a4-5x13").unwrap();
        let sheet = Sheet::new(symbol, layout, Options::default()).unwrap();
        let (labels, expected) = units(symbol, 130);
        let (pdf, _) = pdf(&sheet, &labels);
        for (page, expected) in expected.chunks(65).enumerate() {
            let seen = raster::page_by_poppler(&pdf, page, 300, layout);
            read_back(symbol, layout, &seen, 0, expected, "PDF by poppler");
        }
    }
}

#[test]
fn a_partly_used_sheet_begins_at_the_next_label() {
    for symbol in SYMBOLS {
        let layout = Layout::by_name("a4-3x8").unwrap();
        let sheet = Sheet::new(symbol, layout, Options { used_on_first_page: 5, ..Options::default() }).unwrap();
        let (labels, expected) = units(symbol, 30);
        assert_eq!(
            (sheet.labels_on_page(0), sheet.labels_on_page(1), sheet.pages(19), sheet.pages(20)),
            (19, 24, 1, 2)
        );
        let (bytes, written) = pdf(&sheet, &labels);
        assert_eq!(written.pages, 2);
        read_back(symbol, layout, &page_of_pdf(&bytes, 0, LOOK_DPI), 5, &expected[..19], "PDF");
        read_back(symbol, layout, &page_of_pdf(&bytes, 1, LOOK_DPI), 0, &expected[19..], "PDF");
        let second = sheet.svg(1, &labels[19..]).unwrap();
        read_back(symbol, layout, &page_of_svg(&second, LOOK_DPI), 0, &expected[19..], "SVG");
    }
}

#[test]
fn ten_thousand_labels_stream_into_one_pdf_and_all_read_back() {
    let symbol = Symbol::GsDataMatrix;
    let layout = Layout::by_name("a4-5x13").unwrap();
    let sheet = Sheet::new(symbol, layout, Options::default()).unwrap();
    let mut bytes = Vec::new();
    let written = sheet.pdf((0..10_000).map(|number| Ok::<_, Error>(unit(symbol, number).0)), &mut bytes).unwrap();
    assert_eq!((written.labels, written.pages), (10_000, 10_000_u64.div_ceil(65)));
    // One line in Chinese a label: no font for it in the file, so it is left out and counted.
    assert_eq!(written.lines_left_out, 10_000);
    let reader = raster::Pdf::open(&bytes);
    assert_eq!(reader.pages(), written.pages as usize);
    let mut modules_seen = 0;
    for page in 0..reader.pages() {
        let expected: Vec<String> =
            (page as u64 * 65..10_000.min((page as u64 + 1) * 65)).map(|number| unit(symbol, number).1).collect();
        // Every page is read as exact modules, and every tenth as a camera sees it.
        let symbols = reader.symbols(page);
        assert_eq!(symbols.len(), expected.len());
        for (matrix, expected) in symbols.iter().zip(&expected) {
            let read = datamatrix::DataMatrix::decode(&matrix.1, matrix.0).unwrap();
            assert_eq!(String::from_utf8(read).unwrap(), *expected);
            modules_seen += matrix.1.len();
        }
        if page % 10 == 0 {
            read_back(symbol, layout, &page_of_pdf(&bytes, page, LOOK_DPI), 0, &expected, "PDF");
        }
    }
    assert!(modules_seen > 10_000 * 20 * 20);
}

#[test]
fn a_symbol_that_could_not_be_scanned_is_refused_with_its_label() {
    let layout = Layout::by_name("a4-5x13").unwrap();
    let sheet = Sheet::new(Symbol::Qr, layout, Options::default()).unwrap();
    let (mut labels, _) = units(Symbol::Qr, 3);
    labels[1].payload = format!("https://id.example.cn/01/06901234567892/21/X?{}", "a=b&".repeat(60));
    match sheet.svg(0, &labels) {
        Err(Error::ModuleTooSmall { label: 2, module_mm, module_mm_min, raster: false, .. }) => {
            assert!(module_mm < module_mm_min && module_mm_min == MODULE_MM_MIN);
        }
        other => panic!("{other:?}"),
    }
    let streamed = sheet.pdf(labels.iter().cloned().map(Ok::<_, Error>), Vec::new());
    assert!(matches!(streamed, Err(Error::ModuleTooSmall { label: 2, .. })));
    // At 72 dots per inch a module of whole pixels is either one dot (0.353 mm) or two: one is what fits.
    let coarse = Sheet::new(Symbol::Qr, layout, Options { module_mm_min: 0.396, ..Options::default() }).unwrap();
    assert!(matches!(coarse.png(0, &labels[..1], 72), Err(Error::ModuleTooSmall { label: 1, raster: true, .. })));
    assert!(coarse.png(0, &labels[..1], 600).is_ok());
}

#[test]
fn bad_input_has_a_name() {
    let layout = Layout::by_name("roll-40x30").unwrap();
    let sheet = Sheet::new(Symbol::GsDataMatrix, layout, Options::default()).unwrap();
    let label = |payload: &str| Label { payload: payload.into(), lines: Vec::new() };
    assert_eq!(sheet.svg(0, &[label("")]).unwrap_err().code(), "label_payload_empty");
    assert!(matches!(sheet.svg(0, &[label("10批")]), Err(Error::PayloadCharacter { label: 1, byte: 2 })));
    assert_eq!(sheet.svg(0, &[label(&"x".repeat(4_000))]).unwrap_err().code(), "label_payload_too_long");
    assert!(matches!(
        sheet.svg(0, &[label("10A"), label("10B")]),
        Err(Error::TooManyLabels { labels: 2, labels_max: 1 })
    ));
    for dpi in [0, 71, 1_201, u32::MAX] {
        assert!(matches!(sheet.png(0, &[label("10A")], dpi), Err(Error::Dpi { .. })));
    }
    assert!(Sheet::new(Symbol::Qr, layout, Options { used_on_first_page: 1, ..Options::default() }).is_err());
    assert!(Sheet::new(Symbol::Qr, layout, Options { module_mm_min: f64::NAN, ..Options::default() }).is_err());
}

#[test]
fn the_svg_carries_any_text_and_escapes_it_and_the_other_formats_count_what_they_leave_out() {
    let layout = Layout::by_name("roll-100x50").unwrap();
    let sheet = Sheet::new(Symbol::Qr, layout, Options::default()).unwrap();
    let label = Label {
        payload: "https://id.example.cn/01/06901234567892".into(),
        lines: vec!["(01)06901234567892".into(), "龙井 <A> & \"B\"\u{7}".into(), String::new()],
    };
    let svg = sheet.svg(0, std::slice::from_ref(&label)).unwrap();
    assert!(svg.contains("龙井 &lt;A&gt; &amp; \"B\"</text>"), "{svg}");
    assert!(svg.contains("(01)06901234567892</text>"));
    let (bytes, written) = pdf(&sheet, &[label]);
    assert_eq!(written.lines_left_out, 2);
    let text = raster::Pdf::open(&bytes).content(0);
    assert!(text.contains("(\\(01\\)06901234567892) Tj"), "{text}");
}

#[test]
fn text_stands_on_its_label_and_off_the_symbol() {
    for layout in LAYOUTS.iter().filter(|layout| layout.text != TextPlace::None) {
        let sheet = Sheet::new(Symbol::Qr, layout, Options::default()).unwrap();
        let (mut labels, expected) = units(Symbol::Qr, layout.labels_per_page() as u64);
        for label in &mut labels {
            label.lines.push("Best before 2027-01-31, keep dry, a line that is far too long for one row".into());
        }
        let page = page_of_png(&sheet.png(0, &labels, 300).unwrap(), 300.0, layout);
        // The decoder still reads it, so no character runs into the quiet zone; and nothing is drawn beyond a label.
        read_back(Symbol::Qr, layout, &page, 0, &expected, "PNG");
        let blank = page_of_png(&sheet.png(0, &labels[..1], 300).unwrap(), 300.0, layout);
        let inside = blank.cut(layout.left_mm, layout.top_mm, layout.label_width_mm, layout.label_height_mm);
        assert_eq!(blank.dark(), inside.dark(), "{}", layout.name);
        assert!(
            inside.dark()
                > page_of_png(
                    &sheet.png(0, &[Label { lines: vec![], ..labels[0].clone() }], 300).unwrap(),
                    300.0,
                    layout,
                )
                .dark(),
            "the text is drawn"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_payload_that_is_accepted_reads_back(
        elements in proptest::collection::vec("[!-Z_a-z]{1,20}", 1..4),
        path in "[A-Za-z0-9%/.~-]{1,60}",
    ) {
        let layout = Layout::by_name("roll-100x50").unwrap();
        for symbol in SYMBOLS {
            let (payload, expected) = match symbol {
                Symbol::Qr => (format!("https://e.cn/{path}"), format!("https://e.cn/{path}")),
                Symbol::GsDataMatrix => (elements.join("^"), elements.join("\u{1d}")),
            };
            let sheet = Sheet::new(symbol, layout, Options::default()).unwrap();
            let label = Label { payload, lines: vec![] };
            let page = page_of_svg(&sheet.svg(0, std::slice::from_ref(&label)).unwrap(), LOOK_DPI);
            prop_assert_eq!(decode(symbol, &page), Ok(expected.clone()));
            let page = page_of_pdf(&pdf(&sheet, &[label]).0, 0, LOOK_DPI);
            prop_assert_eq!(decode(symbol, &page), Ok(expected));
        }
    }
}
