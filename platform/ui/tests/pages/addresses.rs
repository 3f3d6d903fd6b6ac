//! Links that keep the list as it is.

use ground::Language;
use maud::html;
use ui::parts::{Column, FilterBar, Paging, Row, Sort, Table};
use ui::shell;

use crate::{text, view, zh};

#[test]
fn paging_keeps_filter_and_sort_and_shows_a_window_of_pages() {
    let cx = view(Language::Zh, "/list", "state=open&page=7&q=a%26b");
    let paging = text(Paging::pages(&cx, 7, 1_000_000, 20_000_000));
    assert!(paging.contains(r#"href="/list?state=open&amp;q=a%26b&amp;page=8" rel="next""#), "{paging}");
    assert!(
        paging.contains(r#"href="/list?state=open&amp;q=a%26b" "#)
            || paging.contains(r#"href="/list?state=open&amp;q=a%26b">1<"#)
    );
    assert!(paging.contains(r#"aria-current="page">7<"#));
    assert_eq!(paging.matches("<li>").count(), 9, "previous, 1, …, 6, 7, 8, …, last, next: {paging}");
}

#[test]
fn a_list_of_one_page_has_no_paging_links() {
    let paging = text(Paging::pages(&zh(), 1, 1, 3));
    assert!(!paging.contains("<nav") && paging.contains("共 3 条"));
    let cursor = text(Paging::cursor(&view(Language::Zh, "/l", "before=x"), None, Some("n/1"), None));
    assert!(cursor.contains(r#"href="/l?after=n%2F1""#), "{cursor}");
}

#[test]
fn sorting_turns_round_and_forgets_the_page() {
    let cx = view(Language::Zh, "/list", "sort=-name&page=4");
    let sort = Sort::from_view(&cx, &["name"], "name");
    assert!(sort.descending);
    let table = Table::new(&cx, "表").column(Column::text("名").sort("name")).sorted(sort).row(Row::new().cell("x"));
    let table = text(table);
    assert!(table.contains(r#"aria-sort="descending""#) && table.contains(r#"href="/list?sort=name""#), "{table}");
    let refused = Sort::from_view(&view(Language::Zh, "/", "sort=password"), &["name"], "-name");
    assert_eq!(refused, Sort { key: "name".into(), descending: true });
}

#[test]
fn a_filter_chip_is_removed_by_its_link_and_exports_keep_the_filter() {
    let cx = view(Language::Zh, "/list", "state=open&q=%3Cb%3E&sort=name&page=2");
    let bar = FilterBar::new(&cx).search("q", "搜索").choice("state", "状态", vec![("open".into(), "待审".into())]);
    let bar = text(bar);
    assert!(bar.contains("状态: 待审") && bar.contains(r#"href="/list?q=%3Cb%3E&amp;sort=name""#), "{bar}");
    assert!(bar.contains("搜索: &lt;b&gt;") && bar.contains(r#"type="hidden" name="sort" value="name""#));
    let table = text(Table::new(&cx, "表").export("CSV", "/list.csv").row(Row::new().cell("x")));
    assert!(table.contains(r#"href="/list.csv?state=open&amp;q=%3Cb%3E&amp;sort=name""#), "{table}");
}

#[test]
fn the_language_link_keeps_the_page() {
    let cx = view(Language::Zh, "/list", "state=open&lang=zh-CN");
    let page = shell::public(&cx, "题", html! {}).into_string();
    assert!(page.contains(r#"href="/list?state=open&amp;lang=en""#), "{page}");
    assert!(page.contains(r#"<html lang="zh-CN""#));
}
