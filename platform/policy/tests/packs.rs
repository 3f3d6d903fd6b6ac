//! Packs through their public door: what is accepted, what is refused and where.

use jiff::civil::date;
use policy::{Bilingual, Condition, Facts, Mode, Pack, Report, Row, Source, TableRow, Variable};

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Rule {
    terms: Vec<String>,
    severity: Severity,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    unless: Option<Condition>,
}

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Severity {
    Minor,
    Major,
}

impl TableRow for Rule {
    const TABLE: &'static str = "rules";
    const VARIABLES: &'static [Variable] =
        &[Variable::int("price_minor"), Variable::text("brand"), Variable::texts("atoms")];

    fn conditions(&self) -> Vec<(&'static str, &Condition)> {
        self.unless.iter().map(|one| ("unless", one)).collect()
    }

    fn references(&self) -> Vec<String> {
        self.parent.iter().cloned().collect()
    }

    fn check(row: &Row<Self>, _: &Pack, report: &mut Report<'_>) {
        if row.body.terms.is_empty() {
            report.refuse("terms", "terms_empty", Bilingual::new("请写词", "Name a term"));
        }
    }
}

const LAWS: &str = "table: laws
rows:
  - id: advertising-law
    from: 2015-09-01
    title: { zh: 广告法, en: Advertising Law }
    language: zh-CN
    citation: 2021
    articles: 74
";

const LAWS_OK: &str = "table: laws
rows:
  - id: advertising-law
    from: 2015-09-01
    title: { zh: 广告法, en: Advertising Law }
    language: zh-CN
    citation: '2021'
    articles: 74
";

fn pack(rows: &str) -> Result<Pack, policy::Diagnostics> {
    Pack::from_sources(
        "cn",
        &[Source::new("cn/laws.yaml", LAWS_OK), Source::new("cn/rules.yaml", format!("table: rules\nrows:\n{rows}"))],
    )
}

/// The one refusal: code, line, column, row.
fn refused(rows: &str) -> (String, u32, u32, Option<Box<str>>, String) {
    let found = match pack(rows) {
        Err(found) => found,
        Ok(pack) => pack.rows::<Rule>().expect_err("should be refused"),
    };
    let first = found.iter().next().expect("at least one").clone();
    assert!(!first.message.zh.is_empty() && !first.message.en.is_empty());
    assert_eq!(&*first.file, "cn/rules.yaml", "{first}");
    (first.code.to_owned(), first.line, first.column, first.row, first.message.en)
}

const GOOD: &str = "  - id: absolute
    from: 2021-04-29
    mode: 'percentage: 25'
    basis: [{ law: advertising-law, article: 9(3) }]
    reason: { zh: 绝对化用语, en: Absolute claim }
    fix: { zh: 删去, en: Remove it }
    when: price_minor > 100 && brand != 'x'
    tests:
      - { title: 最佳, hit: true }
    terms: [最佳, '100%']
    severity: major
";

#[test]
fn a_good_row_is_read_whole() {
    let pack = pack(GOOD).unwrap();
    let rows = pack.rows_at::<Rule>(date(2024, 1, 1)).unwrap();
    let row = &rows[0];
    assert_eq!(row.mode, Mode::Percentage(25));
    assert_eq!(row.body.terms, ["最佳", "100%"]);
    assert_eq!((row.place.line, row.place.column), (3, 5));
    let cited = &pack.cite(&row.basis, date(2024, 1, 1))[0].text;
    assert_eq!(cited.zh, "《广告法》第九条第（三）项");
    assert_eq!(cited.en, "Advertising Law, Article 9, item (3)");
    let mut facts = Facts::new();
    facts.clear(Rule::VARIABLES).set("price_minor", 101_i64).set("brand", "y");
    assert!(row.when.as_ref().unwrap().holds(&facts).unwrap());
    facts.set("price_minor", 100_i64);
    assert!(!row.when.as_ref().unwrap().holds(&facts).unwrap());
    assert!(pack.rows_at::<Rule>(date(2021, 4, 28)).unwrap().is_empty(), "not yet in force");
    assert_eq!(row.tests.len(), 1);
    assert_eq!(row.tests[0].to_json()["title"], "最佳");
}

#[test]
fn a_wrong_column_is_refused_with_its_place_and_the_nearest_name() {
    let text = GOOD.replace("    severity: major", "    serverity: major");
    let (code, line, column, row, message) = refused(&text);
    assert_eq!((code.as_str(), line, column), ("policy_column_unknown", 13, 5));
    assert_eq!(row.as_deref(), Some("absolute"));
    assert!(message.contains("`severity`"), "{message}");
}

#[test]
fn a_misspelt_envelope_column_is_named() {
    let (code, _, _, _, message) = refused(&GOOD.replace("    reason:", "    reasons:"));
    assert_eq!(code, "policy_column_unknown");
    assert!(message.contains("`reason`"), "{message}");
}

#[test]
fn wrong_values_are_refused_where_they_stand() {
    for (from, to, code, line, column) in [
        ("severity: major", "severity: majer", "policy_value_unknown", 13, 15),
        ("[最佳, '100%']", "[最佳, 100]", "policy_type_wrong", 12, 17),
        ("[最佳, '100%']", "[]", "terms_empty", 12, 12),
        ("2021-04-29", "2021-04-31", "policy_value_invalid", 4, 11),
        ("'percentage: 25'", "'percentage: 250'", "policy_value_invalid", 5, 11),
        ("law: advertising-law", "law: advertizing-law", "policy_law_unknown", 6, 13),
        ("9(3)", "99(3)", "policy_article_unknown", 6, 13),
        ("9(3)", "第九条", "policy_article_unknown", 6, 13),
        ("brand != 'x'", "brnad != 'x'", "policy_condition_invalid", 9, 11),
        ("brand != 'x'", "brand > 3", "policy_condition_invalid", 9, 11),
        ("brand != 'x'", "(brand", "policy_value_invalid", 9, 11),
        ("brand != 'x'", "brand.nosuch()", "policy_condition_invalid", 9, 11),
        ("price_minor > 100 && brand != 'x'", "price_minor + 1", "policy_condition_invalid", 9, 11),
        (", en: Remove it", "", "policy_column_missing", 8, 10),
        ("id: absolute", "id: 'Absolute !'", "policy_id_invalid", 3, 9),
        ("    from: 2021-04-29\n", "", "policy_column_missing", 3, 5),
        ("    from: 2021-04-29\n", "    from: 2021-04-29\n    until: 2021-04-29\n", "policy_dates_reversed", 5, 12),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let found = refused(&text);
        assert_eq!((found.0.as_str(), found.1, found.2), (code, line, column), "{to}: {}", found.4);
    }
}

#[test]
fn conditions_in_the_tables_own_columns_are_checked_too() {
    let (code, line, _, _, message) = refused(&format!("{GOOD}    unless: pric_minor > 1\n"));
    assert_eq!((code.as_str(), line), ("policy_condition_invalid", 14));
    assert!(message.contains("`price_minor`"), "{message}");
    let fine = format!("{GOOD}    unless: atoms.exists(one, one == 'a')\n");
    assert!(pack(&fine).unwrap().rows::<Rule>().is_ok(), "its own variable is not a free one");
}

#[test]
fn a_condition_too_long_or_too_deep_is_refused() {
    for (label, text) in [
        ("long", format!("{} true", "true || ".repeat(400))),
        ("brackets", format!("{}true{}", "(".repeat(200), ")".repeat(200))),
        ("lists", format!("{}{} == []", "[".repeat(400), "]".repeat(400))),
        ("choices", format!("{}true", "true?true:".repeat(90))),
    ] {
        assert!(Condition::compile(&text).is_err(), "{label}");
    }
    // Long chains within the length are either refused or evaluated; they never overflow.
    for text in [
        format!("a{}", ".a".repeat(490)),
        format!("1{} > 2", "+1".repeat(490)),
        format!("{}true", "!".repeat(990)),
        format!("{}1 > 2", "-".repeat(990)),
        format!("true{}", "||true".repeat(160)),
        format!("a{}", "[0]".repeat(330)),
        format!("a{}", ".b()".repeat(240)),
        format!("a{}", ".b()".repeat(19)),
        format!("a{}", ".a".repeat(39)),
        format!("a{}", "[0]".repeat(39)),
    ] {
        if let Ok(condition) = Condition::compile(&text) {
            let _ = condition.check(&[Variable::bool("a")]);
        }
    }
}

fn row(id: &str, more: &str) -> String {
    format!("  - id: {id}\n    terms: [a]\n    severity: minor\n{more}")
}

#[test]
fn rows_of_one_id_must_not_be_in_force_together() {
    let one = row("a", "    from: 2020-01-01\n    until: 2022-01-01\n");
    let next = row("a", "    from: 2022-01-01\n");
    let both = pack(&format!("{one}{next}")).unwrap();
    assert_eq!(both.rows_at::<Rule>(date(2021, 12, 31)).unwrap().len(), 1);
    assert_eq!(both.rows_at::<Rule>(date(2022, 1, 1)).unwrap()[0].from, date(2022, 1, 1));
    let early = row("a", "    from: 2021-12-31\n");
    assert_eq!(refused(&format!("{one}{early}")).0, "policy_dates_overlap");
    let same = row("a", "    from: 2022-01-01\n");
    assert_eq!(refused(&format!("{next}{same}")).0, "policy_id_duplicate");
}

#[test]
fn an_id_belongs_to_one_table() {
    let (code, ..) = refused(&row("advertising-law", "    from: 2020-01-01\n"));
    assert_eq!(code, "policy_id_duplicate");
}

#[test]
fn a_row_takes_from_the_row_it_extends() {
    let child = "  - id: child\n    from: 2022-01-01\n    extends: absolute\n    severity: minor\n";
    let pack = pack(&format!("{child}{GOOD}")).unwrap();
    let rows = pack.rows::<Rule>().unwrap();
    assert_eq!(rows[0].id, "child");
    assert_eq!(rows[0].body.terms, ["最佳", "100%"]);
    assert_eq!(rows[0].body.severity, Severity::Minor);
    assert_eq!(rows[0].basis, rows[1].basis);
    assert_eq!(rows[0].mode, Mode::On, "the mode is the row's own");
    assert!(rows[0].tests.is_empty());
}

#[test]
fn circles_are_refused_and_named() {
    let a = row("a", "    from: 2020-01-01\n    extends: b\n");
    let b = row("b", "    from: 2020-01-01\n    extends: a\n");
    let (code, .., message) = refused(&format!("{a}{b}"));
    assert_eq!(code, "policy_cycle");
    assert!(message.contains("a → b → a") || message.contains("b → a → b"), "{message}");
    let c = row("c", "    from: 2020-01-01\n    parent: d\n");
    let d = row("d", "    from: 2020-01-01\n    parent: c\n");
    assert_eq!(refused(&format!("{c}{d}")).0, "policy_cycle");
    let own = row("e", "    from: 2020-01-01\n    extends: e\n");
    assert_eq!(refused(&own).0, "policy_cycle");
    let lost = row("f", "    from: 2020-01-01\n    parent: nobody\n");
    assert_eq!(refused(&lost).0, "policy_row_unknown");
}

#[test]
fn the_version_follows_values_and_not_layout() {
    let one = pack(GOOD).unwrap();
    let commented = pack(&format!("  # a comment\n{GOOD}")).unwrap();
    let reordered = pack(&GOOD.replacen(
        "    terms: [最佳, '100%']\n    severity: major",
        "    severity: major\n    terms: [ '最佳', '100%' ]",
        1,
    ))
    .unwrap();
    let changed = pack(&GOOD.replace("100 &&", "101 &&")).unwrap();
    assert_eq!(one.version(), commented.version());
    assert_eq!(one.version(), reordered.version());
    assert_ne!(one.version(), changed.version());
    assert_eq!(one.version().len(), 64);
}

#[test]
fn yaml_that_cannot_be_read_is_refused_with_a_line() {
    for rows in [
        "  - id: a\n   from: 2020-01-01\n",
        "  - id: a\n    id: b\n    from: 2020-01-01\n",
        "  - id: [a\n",
        "  - id: a\n    from: \"2020\n",
    ] {
        let (code, line, ..) = refused(rows);
        assert_eq!(code, "policy_yaml_unreadable", "{rows}");
        assert!(line >= 3, "{rows}: line {line}");
    }
}

#[test]
fn bombs_are_refused() {
    let mut bomb = String::from("  - id: a\n    from: 2020-01-01\n    x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n");
    for level in 1..8 {
        let refs = vec![format!("*x{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("    x{level}: &x{level} [{refs}]\n"));
    }
    assert_eq!(refused(&bomb).0, "policy_yaml_unreadable");
    let deep = format!("  - id: a\n    from: 2020-01-01\n    terms: {}{}\n", "[".repeat(100), "]".repeat(100));
    assert_eq!(refused(&deep).0, "policy_yaml_unreadable");
    let large = "#".repeat(policy::node::FILE_BYTES_MAX + 1);
    assert_eq!(refused(&large).0, "policy_file_too_large");
}

#[test]
fn a_file_of_another_shape_is_refused() {
    for (text, code) in [
        ("[1, 2]", "policy_file_shape"),
        ("table: rules\n", "policy_file_shape"),
        ("table: rules\nrows: 7\n", "policy_file_shape"),
        ("table: rules\nrow: []\nrows: []\n", "policy_column_unknown"),
        ("", "policy_file_shape"),
    ] {
        let found = Pack::from_sources("cn", &[Source::new("cn/x.yaml", text)]).expect_err(text);
        assert_eq!(found.iter().next().unwrap().code, code, "{text}");
    }
}

#[test]
fn all_that_is_wrong_comes_at_once_in_order() {
    let a = row("a", "    from: never\n");
    let b = row("b", "    from: 2020-01-01\n    mode: maybe\n");
    let found = pack(&format!("{a}{b}")).expect_err("two faults");
    assert_eq!(found.0.len(), 2);
    assert!(found.0[0].line < found.0[1].line);
    assert_eq!(found.0[1].row.as_deref(), Some("b"));
}

#[test]
fn a_number_where_a_text_belongs_says_to_quote_it() {
    let sources = [Source::new("cn/laws.yaml", LAWS)];
    let found = Pack::from_sources("cn", &sources).expect_err("citation is a number");
    let first = found.iter().next().unwrap();
    assert_eq!((first.line, first.field.as_deref()), (7, Some("citation")));
    assert!(first.message.en.contains("quotes"), "{first}");
}
