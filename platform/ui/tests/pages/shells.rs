//! The frames, their files and the security policy they keep.

use ground::{Fault, Language, Place, Problem};
use maud::{Markup, html};
use ui::parts::{Chart, progress};
use ui::{Area, NavEntry, View, assets, shell};

use crate::{text, view, viewer, zh};

#[test]
fn the_console_shows_permitted_duties_in_the_order_the_application_gives() {
    let mut cx = view(Language::Zh, "/console/review/L1", "");
    cx.viewer = Some(viewer(Area::Console, &["reviewer"]));
    cx.nav = vec![
        NavEntry::new(Area::Console, "ui-nav-merchants", "/console/merchants", "building-store"),
        NavEntry::new(Area::Console, "ui-nav-review", "/console/review", "checklist").count(128),
        NavEntry::new(Area::Console, "ui-nav-policies", "/console/policies", "book").roles(&["manager"]),
        NavEntry::new(Area::Console, "ui-nav-ledger", "/console/ledger", "shield-check"),
        NavEntry::new(Area::Merchant, "ui-nav-trace", "/merchant", "route"),
    ];
    let page = shell::page(&cx, "题", html! {}).into_string();
    let place = |word: &str| page.find(&format!("<span class=\"ts-nav-text\">{word}")).unwrap_or(0);
    assert!(place("商家") > 0 && place("商家") < place("商品审核") && place("商品审核") < place("台账"));
    assert!(!page.contains("策略") && !page.contains("追溯"));
    assert!(page.contains(r#"href="/console/review" aria-current="page""#));
    assert!(page.contains(r#"action="/sign-out""#) && page.contains("tok&quot;en"));
}

fn every_page() -> Vec<String> {
    let mut cx = zh();
    let chart = |cx: &View| text(Chart::new(cx, "c", "图", "日", vec!["一".into()]).line("a", vec![Some(1.0)]));
    let body = |cx: &View| html! { h1 { "x" } (maud::PreEscaped(chart(cx))) (progress(cx, "进度", 1, 3)) };
    let mut pages: Vec<Markup> = vec![shell::public(&cx, "题", body(&cx)), shell::sign_in(&cx, "题", html! {})];
    pages.push(shell::error(&cx, &Problem::not_found(), "r-1"));
    for area in [Area::Console, Area::Merchant, Area::Partner] {
        cx.viewer = Some(viewer(area, &[]));
        pages.push(shell::page(&cx, "题", body(&cx)));
        pages.push(shell::error(&cx, &Problem::forbidden(), "r-1"));
    }
    pages.into_iter().map(Markup::into_string).collect()
}

#[test]
fn no_page_carries_an_inline_style_or_script_or_asks_another_host() {
    let inline =
        regex::Regex::new(r#"(?i)<style|\sstyle=|\son[a-z]+=|(?:src|href|action)="(?:https?:)?//"#).expect("a pattern");
    let script = regex::Regex::new(r"<script([^>]*)>").expect("a pattern");
    for page in every_page() {
        assert!(!inline.is_match(&page), "{page}");
        for found in script.captures_iter(&page) {
            assert!(found[1].contains(" src=\"/assets/") || found[1].contains("application/json"), "{}", &found[0]);
        }
        assert_eq!(page.matches("<main ").count(), 1);
        assert_eq!(page.matches("id=\"main\"").count(), 1);
    }
}

#[test]
fn every_asset_a_page_names_is_served_under_its_hash_only() {
    let address = regex::Regex::new(r#""/assets/([^"]+)""#).expect("a pattern");
    for page in every_page() {
        for found in address.captures_iter(&page) {
            let asset = assets::get(&found[1]).expect("the asset of a page");
            assert!(!asset.bytes.is_empty() && found[1].ends_with(asset.name));
        }
    }
    assert!(assets::get("app.css").is_none() && assets::get("000000000000/app.css").is_none());
}

#[test]
fn a_public_page_with_everything_it_loads_is_below_100_kb() {
    let page = shell::public(&zh(), "题", html! { p { "正文" } }).into_string();
    let address = regex::Regex::new(r#""/assets/([^"]+)""#).expect("a pattern");
    let loaded: usize = address.captures_iter(&page).filter_map(|c| assets::get(&c[1])).map(|a| a.bytes.len()).sum();
    assert!(page.len() + loaded < 100_000, "{} bytes", page.len() + loaded);
}

#[test]
fn an_error_page_says_the_places_and_never_the_cause() {
    let fault = Fault::at(Place::at(4, 7).in_file("价格.csv"), "error-malformed");
    let problem = Problem::invalid(vec![fault]).because("secret cause");
    let page = shell::error(&view(Language::En, "/x", ""), &problem, "req-9").into_string();
    assert!(page.contains("价格.csv · line 4 · column 7: The request cannot be read"), "{page}");
    assert!(page.contains("req-9") && page.contains("invalid_input") && !page.contains("secret"));
}
