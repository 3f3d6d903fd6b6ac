//! The parts: escaping, labels, drawings.

use ground::Problem;
use maud::html;
use proptest::prelude::*;
use ui::parts::*;
use ui::{icon_names, is_icon};

use crate::{now, text, zh};

#[test]
fn a_field_says_its_label_hint_and_error_to_a_screen_reader() {
    let cx = zh();
    let problem = Problem::invalid_field("name", "error-malformed");
    let errors = FormErrors::of_problem(&cx, &problem);
    let field = text(Field::text(&cx, "name", "名称<b>").hint("提示").required().value("\"x").errors(&errors));
    for needed in [
        r#"<label for="field-name">名称&lt;b&gt;</label>"#,
        r#"value="&quot;x""#,
        r#"aria-describedby="field-name-hint field-name-error""#,
        r#"aria-invalid="true""#,
        " required",
    ] {
        assert!(field.contains(needed), "{needed} in {field}");
    }
    assert!(text(&errors).contains("href=\"#field-name\""));
    assert!(text(Field::text(&cx, "other", "x").errors(&errors)).contains("选填"));
}

#[test]
fn a_refused_password_is_never_written_back() {
    let field = text(Field::password(&zh(), "password", "密码").value("hunter2"));
    assert!(!field.contains("hunter2"));
}

#[test]
fn further_attributes_are_escaped_and_cannot_be_scripts() {
    let cx = zh();
    let field =
        Field::text(&cx, "n", "x").attribute("onclick", "a()").attribute("style", "b").attribute("data-key", "\"><i");
    let field = text(field);
    assert!(
        field.contains("data-key=\"&quot;&gt;&lt;i\"") && !field.contains("onclick") && !field.contains("style"),
        "{field}"
    );
}

#[test]
fn every_post_form_carries_the_token_first() {
    let form = form_upload(&zh(), "/x", html! { input type="file" name="f"; }).into_string();
    assert!(form.find("csrf_token").expect("the token") < form.find("type=\"file\"").expect("the file"));
    let cx = zh();
    let table =
        Table::new(&cx, "表").bulk("/b/x", html! { button { "行" } }).row(Row::new().key("k<", "第一").cell("x"));
    let table = text(table);
    assert!(table.contains(r#"id="bulk-b-x""#) && table.contains(r#"form="bulk-b-x""#) && table.contains("csrf_token"));
    assert!(table.contains(r#"value="k&lt;""#) && table.contains(r#"aria-label="第一""#));
}

#[test]
fn an_empty_list_says_what_to_do_and_offers_no_bulk_act() {
    let cx = zh();
    let table = Table::new(&cx, "表").bulk("/b", html! { button { "行" } }).empty(empty(
        "inbox",
        "还没有商品",
        "提交第一件商品。",
        None,
    ));
    let table = text(table);
    assert!(table.contains("提交第一件商品。") && !table.contains("<table") && !table.contains("csrf_token"));
}

fn span(start: usize, end: usize, severity: Severity, label: &str) -> Span {
    Span { start, end, severity, label: label.into(), href: None }
}

#[test]
fn highlighting_counts_characters_and_names_every_overlapping_finding() {
    let cx = zh();
    let spans =
        [span(1, 4, Severity::Low, "甲"), span(3, 99, Severity::Critical, "乙<x>"), span(9, 9, Severity::High, "空")];
    let marked = highlight(&cx, "a抗菌😀<b>", &spans).into_string();
    let pieces: Vec<&str> = marked.split("<mark ").collect();
    assert_eq!(pieces.len(), 4, "{marked}");
    assert!(pieces[0].ends_with('a'));
    assert!(pieces[1].contains("severity-low") && pieces[1].contains(">抗菌<"));
    assert!(
        pieces[2].contains("severity-critical")
            && pieces[2].contains(">😀<")
            && pieces[2].contains("轻微：甲\n危急：乙&lt;x&gt;")
    );
    assert!(pieces[3].contains(">&lt;b&gt;<") && !marked.contains("<b>"));
}

proptest! {
    #[test]
    fn highlighting_never_loses_or_adds_text(words in "[a-z<>&\"抗菌😀 ]{0,40}", cuts in prop::collection::vec((0usize..50, 0usize..50), 0..8)) {
        let spans: Vec<Span> = cuts.iter().map(|(a, b)| span(*a, *b, Severity::High, "L")).collect();
        let marked = highlight(&zh(), &words, &spans).into_string();
        let hidden = regex::Regex::new(r#"<span class="visually-hidden">[^<]*</span>"#).expect("a pattern");
        let tags = regex::Regex::new(r"<[^>]*>").expect("a pattern");
        let bare = tags.replace_all(&hidden.replace_all(&marked, ""), "").into_owned();
        let bare = bare.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        prop_assert_eq!(bare, words);
    }

    #[test]
    fn inert_json_cannot_leave_its_tag_and_reads_back(words in any::<String>()) {
        let value = serde_json::json!({ "text": words });
        let tag = inert_json("id", &value).into_string();
        let body = tag.strip_prefix(r#"<script type="application/json" id="id">"#).and_then(|t| t.strip_suffix("</script>"));
        let body = body.expect("one tag");
        prop_assert!(!body.contains('<') && !body.contains("]]>"));
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(body).ok(), Some(value));
    }

    #[test]
    fn an_inline_difference_holds_both_versions(old in "[ab抗菌]{0,12}", new in "[ab抗菌]{0,12}") {
        let shown = diff_inline(&old, &new).into_string();
        let without = |tag: &str| {
            let gone = regex::Regex::new(&format!("<{tag}>[^<]*</{tag}>")).expect("a pattern").replace_all(&shown, "").into_owned();
            regex::Regex::new("<[^>]*>").expect("a pattern").replace_all(&gone, "").into_owned()
        };
        prop_assert_eq!(without("ins"), old);
        prop_assert_eq!(without("del"), new);
    }
}

#[test]
fn a_value_without_neighbours_is_a_dot_and_a_line_has_none() {
    let cx = zh();
    let days = || (1..=4).map(|day| format!("03-0{day}")).collect::<Vec<_>>();
    let line = |values: Vec<Option<f64>>| {
        let option = Chart::new(&cx, "rate", "走势", "日", days()).line("件数", values).option();
        (option["series"][0]["showSymbol"].clone(), option["series"][0]["data"].clone())
    };
    assert_eq!(
        line(vec![None, None, Some(1.0), Some(2.0)]),
        (serde_json::json!(false), serde_json::json!([null, null, 1.0, 2.0]))
    );
    let dot = serde_json::json!({"value": 80_995.0, "symbol": "circle"});
    assert_eq!(
        line(vec![None, None, None, Some(80_995.0)]),
        (serde_json::json!(true), serde_json::json!([null, null, null, dot]))
    );
}

#[test]
fn a_chart_is_inert_data_with_its_numbers_beside_it() {
    let cx = zh();
    let chart = Chart::new(&cx, "rate", "走势", "日", vec!["03-01".into(), "03-02".into()])
        .line("</script><b>", vec![Some(0.0123), None, Some(9.0)])
        .band("区间", vec![Some(0.01), Some(0.01)], vec![Some(0.02), None])
        .threshold("目标", 0.02)
        .percent()
        .decimals(2);
    let option = chart.option();
    assert_eq!(option["series"][0]["data"], serde_json::json!([1.23, null]));
    assert_eq!(option["series"][2]["data"], serde_json::json!([1.0, null]), "the height of the band");
    let page = text(chart);
    assert!(!page.contains("</script><b>") && page.matches("</script>").count() == 1);
    assert!(
        page.contains("1.23%") && page.contains("1.00%–2.00%") && page.contains("1.00%–—") && page.contains("<details")
    );
}

#[test]
fn a_strip_plot_says_in_words_where_the_value_lies() {
    let cx = zh();
    let plot = (1..=5).fold(StripPlot::new(&cx, "价格", |cx, v| cx.decimal(v, 0)), |p, v| {
        p.point(format!("商品{v}"), f64::from(v), None)
    });
    let plot = text(plot.subject("本商品", 4.5));
    assert!(
        plot.contains("本商品：4；在 5 个可比项中高于 4 个，中位数 3")
            || plot.contains("本商品：5；在 5 个可比项中高于 4 个，中位数 3"),
        "{plot}"
    );
    assert!(plot.contains("<svg") && plot.matches("<circle").count() == 5);
    assert!(text(StripPlot::new(&cx, "价格", |cx, v| cx.decimal(v, 0))).contains("没有可比较的数据"));
}

#[test]
fn drawings_stand_equal_values_and_gaps() {
    let flat = sparkline("x", &[Some(2.0), None, Some(2.0), Some(f64::NAN)]).into_string();
    assert!(!flat.contains("NaN") && flat.matches('M').count() == 3, "{flat}");
    let one = text(StripPlot::new(&zh(), "价格", |cx, v| cx.decimal(v, 0)).point("a", 3.0, None).subject("b", 3.0));
    assert!(!one.contains("NaN") && !one.contains("inf"), "{one}");
}

#[test]
fn an_act_shows_its_proof_or_that_it_is_not_in_the_ledger_yet() {
    let cx = zh();
    let with = text(Timeline::new(&cx).entry(Entry::new(now(), "通过").proof("/proofs/1")));
    assert!(with.contains(r#"href="/proofs/1""#) && with.contains("台账存证"));
    assert!(text(Timeline::new(&cx).entry(Entry::new(now(), "通过"))).contains("待入账"));
}

#[test]
fn a_finished_step_shows_no_clock() {
    let cx = zh();
    let step = |state| text(Stepper::new(&cx, "程序").step(Step::new("告知", state).due(now().plus_days(-1))));
    assert!(!step(StepState::Done).contains("已逾期") && step(StepState::Current).contains("已逾期"));
    assert!(step(StepState::Current).contains(r#"aria-current="step""#));
}

#[test]
fn a_state_is_said_in_words_beside_its_icon() {
    let cx = zh();
    for level in [Severity::Note, Severity::Low, Severity::Medium, Severity::High, Severity::Critical] {
        let marker = severity(&cx, level).into_string();
        assert!(marker.contains("<svg") && marker.contains(&level.label(&cx)));
    }
    for tone in [Tone::Neutral, Tone::Info, Tone::Good, Tone::Waiting, Tone::Danger] {
        assert!(is_icon(tone.icon()));
    }
}

#[test]
fn every_icon_this_crate_names_exists() {
    let named = regex::Regex::new(r#"icon\("([a-z0-9-]+)"\)"#).expect("a pattern");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for file in [folder.clone(), folder.join("parts")].iter().flat_map(|f| std::fs::read_dir(f).expect("a folder")) {
        let path = file.expect("a file").path();
        if path.is_dir() || path.ends_with("icon.rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a source");
        for found in named.captures_iter(&source) {
            assert!(is_icon(&found[1]), "{} in {}", &found[1], path.display());
            seen += 1;
        }
    }
    assert!(seen > 20);
    let chosen =
        ["selector", "chevron-up", "chevron-down", "chevron-left", "chevron-right", "inbox", "hourglass", "point"];
    let states =
        ["circle-check", "circle-dot", "circle", "circle-minus", "circle-x", "alert-octagon", "square-rotated"];
    let tiles = ["trending-up", "trending-down", "minus", "target", "clock-exclamation"];
    assert!(chosen.iter().chain(&states).chain(&tiles).all(|name| is_icon(name)));
    let names: Vec<_> = icon_names().collect();
    assert!(names.is_sorted(), "the table is searched by halves");
}
