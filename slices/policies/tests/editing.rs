//! A row's text: taken out, put back, given another mode, without disturbing its neighbours.

use jiff::civil::date;
use policies::edit::{append_row, replace_row, row_text, with_mode, within_row};
use policy::{Mode, Pack, Source};

const FILE: &str = "# Head
table: parameters
rows:
  # the first
  - id: one
    from: 2024-01-01
    title: { zh: 一, en: One }
    value: 1
    unit: count

  # about the second
  - id: two
    from: 2024-01-01
    until: 2025-01-01
    title:
      zh: 二
      # inside
      en: Two
    value: |
      long
        text
    unit: text
  - id: two
    from: 2025-01-01
    mode: shadow
    title: { zh: 二, en: Two }
    value: 2
    unit: count
# end
";

fn pack(text: &str) -> Pack {
    Pack::from_sources("cn", &[Source::new("cn/p.yaml", text)]).expect("a good pack")
}

#[test]
fn a_row_is_taken_out_with_its_own_lines_only() {
    let pack = pack(FILE);
    let one = row_text(&pack, "parameters", "one", date(2024, 1, 1)).unwrap();
    assert_eq!(one.text, "id: one\nfrom: 2024-01-01\ntitle: { zh: 一, en: One }\nvalue: 1\nunit: count\n");
    assert_eq!((one.line, one.lines), (5, 5));
    let two = row_text(&pack, "parameters", "two", date(2024, 1, 1)).unwrap();
    assert!(
        two.text.starts_with("id: two\n")
            && two.text.contains("  # inside\n")
            && two.text.contains("value: |\n  long\n    text\n")
    );
    let later = row_text(&pack, "parameters", "two", date(2025, 1, 1)).unwrap();
    assert!(later.text.contains("mode: shadow"));
    assert!(row_text(&pack, "parameters", "three", date(2024, 1, 1)).is_none());
}

#[test]
fn putting_a_row_back_unchanged_changes_nothing() {
    let pack = pack(FILE);
    for (id, from) in [("one", date(2024, 1, 1)), ("two", date(2024, 1, 1)), ("two", date(2025, 1, 1))] {
        let row = row_text(&pack, "parameters", id, from).unwrap();
        let back = replace_row(pack.sources(), &row, &row.text);
        assert_eq!(back[0].text, FILE, "{id} {from}");
        assert_eq!(
            replace_row(pack.sources(), &row, &row.text.replace('\n', "\r\n"))[0].text,
            FILE,
            "as a form sends it"
        );
    }
}

#[test]
fn every_shipped_row_can_be_taken_out_and_put_back() {
    for pack in policy::shipped().iter() {
        let tables: Vec<String> = pack.table_names().map(str::to_owned).collect();
        for table in tables {
            for row in pack.written_rows(&table) {
                let Some(text) = row_text(pack, &table, row.id(), row.from()) else { continue };
                let sources = replace_row(pack.sources(), &text, &text.text);
                let again = Pack::from_sources(pack.market(), &sources).expect("still good");
                assert_eq!(again.version(), pack.version(), "{table}/{}", row.id());
                break;
            }
        }
    }
}

#[test]
fn another_mode_is_written_and_read() {
    let pack = pack(FILE);
    for (id, from) in [("one", date(2024, 1, 1)), ("two", date(2024, 1, 1)), ("two", date(2025, 1, 1))] {
        for mode in [Mode::Off, Mode::Shadow, Mode::Percentage(25), Mode::On] {
            let row = row_text(&pack, "parameters", id, from).unwrap();
            let sources = replace_row(pack.sources(), &row, &with_mode(&row.text, mode));
            let changed =
                Pack::from_sources("cn", &sources).unwrap_or_else(|found| panic!("{found}\n{}", sources[0].text));
            let rows = changed.written_rows("parameters");
            let found = rows.iter().find(|one| one.id() == id && one.from() == from).unwrap();
            assert_eq!(found.mode(), mode);
            let others = rows.iter().filter(|one| !(one.id() == id && one.from() == from));
            for other in others {
                let before = pack
                    .written_rows("parameters")
                    .into_iter()
                    .find(|one| one.id() == other.id() && one.from() == other.from());
                assert_eq!(before.unwrap().mode(), other.mode(), "a neighbour keeps its mode");
            }
        }
    }
    assert_eq!(
        with_mode("id: a\nfrom: x\nmode:\n  percentage: 10\nunit: b\n", Mode::On),
        "id: a\nfrom: x\nmode: on\nunit: b\n"
    );
}

#[test]
fn a_row_is_taken_away_and_another_added() {
    let pack = pack(FILE);
    let row = row_text(&pack, "parameters", "one", date(2024, 1, 1)).unwrap();
    let without = Pack::from_sources("cn", &replace_row(pack.sources(), &row, "")).unwrap();
    assert!(!without.has_row("one") && without.has_row("two"));
    let (sources, line) = append_row(
        pack.sources(),
        "cn/p.yaml",
        "id: new\nfrom: 2024-01-01\ntitle: { zh: 新, en: New }\nvalue: [1]\nunit: days\n",
    )
    .unwrap();
    let with = Pack::from_sources("cn", &sources).unwrap();
    assert!(with.has_row("new"));
    let place = with.written_rows("parameters").last().unwrap().place().line;
    assert_eq!(place as usize, line, "a fault in the new row is found by its line");
    let empty = [Source::new("cn/q.yaml", "table: parameters\nrows: []\n")];
    let (filled, _) = append_row(&empty, "cn/q.yaml", "id: x\nfrom: 2024-01-01\n").unwrap();
    assert!(Pack::from_sources("cn", &filled).unwrap().has_row("x"));
    assert!(append_row(&empty, "cn/none.yaml", "id: x").is_none());
}

#[test]
fn a_fault_is_shown_at_the_line_the_person_typed() {
    let pack = pack(FILE);
    let row = row_text(&pack, "parameters", "two", date(2025, 1, 1)).unwrap();
    let bad = row.text.replace("mode: shadow", "mode: maybe");
    let sources = replace_row(pack.sources(), &row, &bad);
    let found = Pack::from_sources("cn", &sources).unwrap_err();
    let fault = found.iter().next().unwrap();
    let lines = bad.lines().count();
    let moved = within_row(fault, &row.path, row.line, lines, row.indent).expect("inside the row");
    assert_eq!((moved.line, moved.column), (3, 7), "third line, where the value begins");
    assert!(within_row(fault, "cn/other.yaml", row.line, lines, row.indent).is_none());
}

#[test]
fn rows_that_share_a_line_are_left_to_the_file() {
    let pack = pack(
        "table: parameters\nrows: [{ id: a, from: 2024-01-01, title: { zh: 一, en: A }, value: 1, unit: count }]\n",
    );
    assert!(row_text(&pack, "parameters", "a", date(2024, 1, 1)).is_none());
}
