//! Queries: every page of an answer, in order, whole, whatever comes in between.

use super::*;
use epcis::query::Query;

async fn pages(
    bench: &Bench,
    actor: &Actor,
    pairs: &[(&str, &str)],
    mut between: impl AsyncFnMut(usize),
) -> Vec<String> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    for page in 0..200 {
        let mut asked: Vec<(&str, &str)> = pairs.to_vec();
        asked.extend(token.as_deref().map(|token| ("nextPageToken", token)));
        let query = Query::from_params(&asked).unwrap();
        let found = crate::search(&bench.kernel, actor, &query).await.unwrap();
        all.extend(names(&found.events));
        match found.next {
            Some((next, _)) => token = Some(next),
            None => return all,
        }
        between(page).await;
    }
    panic!("the pages do not end");
}

fn numbered(count: usize) -> Vec<Value> {
    (0..count)
        .map(|n| {
            let time = format!("2026-02-{:02}T{:02}:00:00Z", 1 + n % 20, n % 7);
            object(
                &format!("e{n:03}"),
                &time,
                &[&format!("S{}", n % 10)],
                json!({ "action": if n % 3 == 0 { "ADD" } else { "OBSERVE" } }),
            )
        })
        .collect()
}

#[tokio::test]
async fn every_event_comes_once_on_some_page_also_while_others_are_captured() {
    for bench in Bench::each(migrations).await {
        let (merchant, _, manager) = people();
        captured(&bench, &merchant, numbered(60)).await;
        let expected = |mut names: Vec<String>| {
            names.sort();
            names
        };
        let all: Vec<String> = (0..60).map(|n| format!("e{n:03}")).collect();
        for (actor, pairs) in [
            (&manager, vec![("perPage", "7")]),
            (&merchant, vec![("perPage", "7")]),
            (&manager, vec![("perPage", "7"), ("orderBy", "recordTime"), ("orderDirection", "ASC")]),
            (&merchant, vec![("perPage", "7"), ("orderBy", "recordTime")]),
            (
                &manager,
                vec![
                    ("perPage", "7"),
                    ("EQ_bizStep", "shipping|receiving"),
                    ("orderBy", "eventTime"),
                    ("orderDirection", "ASC"),
                ],
            ),
        ] {
            let found = pages(&bench, actor, &pairs, async |_| {}).await;
            assert_eq!(found.len(), 60, "{} {pairs:?}", bench.kind);
            assert_eq!(expected(found), all, "{} {pairs:?}", bench.kind);
        }
        let found = pages(&bench, &manager, &[("perPage", "7")], async |page| {
            let late = object(&format!("late{page}"), "2026-02-10T03:00:00Z", &["S1"], json!({}));
            captured(&bench, &merchant, vec![late]).await;
        })
        .await;
        assert_eq!(expected(found), all, "{}: later events stay out of an answer that has begun", bench.kind);
    }
}

#[tokio::test]
async fn answers_are_in_the_order_asked_for() {
    for bench in Bench::each(migrations).await {
        let (merchant, ..) = people();
        let at = |id: &str, time: &str, weight: Value| object(id, time, &["1"], json!({ "ext:weight": weight }));
        captured(
            &bench,
            &merchant,
            vec![
                at("a", "2026-02-02T00:00:00Z", json!(5)),
                at("b", "2026-02-03T00:00:00Z", json!(30)),
                at("c", "2026-02-01T00:00:00Z", json!(7)),
            ],
        )
        .await;
        assert_eq!(find(&bench, &merchant, &[]).await, ["b", "a", "c"]);
        assert_eq!(
            find(&bench, &merchant, &[("orderBy", "eventTime"), ("orderDirection", "ASC")]).await,
            ["c", "a", "b"]
        );
        assert_eq!(
            find(&bench, &merchant, &[("orderBy", "recordTime"), ("orderDirection", "ASC")]).await,
            ["a", "b", "c"]
        );
        let by_weight = [("orderBy", "{https://example.com/ext/}weight"), ("perPage", "2")];
        assert_eq!(pages(&bench, &merchant, &by_weight, async |_| {}).await, ["b", "c", "a"], "{}", bench.kind);
        let first = [("orderBy", "eventTime"), ("eventCountLimit", "2"), ("perPage", "1")];
        assert_eq!(pages(&bench, &merchant, &first, async |_| {}).await, ["b", "a"]);
        let most = Query::from_params(&[("maxEventCount", "2")]).unwrap();
        let refused = crate::search(&bench.kernel, &merchant, &most).await;
        assert!(matches!(refused, Err(crate::Error::TooLarge { most: 2 })));
        assert_eq!(find(&bench, &merchant, &[("maxEventCount", "3")]).await.len(), 3);
    }
}

#[tokio::test]
async fn record_time_bounds_hold() {
    for bench in Bench::each(migrations).await {
        let (merchant, ..) = people();
        let mut moments = Vec::new();
        for n in 0..6 {
            captured(&bench, &merchant, vec![object(&format!("e{n}"), "2026-02-01T00:00:00Z", &["1"], json!({}))])
                .await;
            moments.push(bench.kernel.now().to_rfc3339());
            bench.clock.advance_micros(ground::time::HOUR_MICROS);
        }
        let bounds = [("GE_recordTime", moments[2].as_str()), ("LT_recordTime", moments[4].as_str())];
        let mut found = find(&bench, &merchant, &bounds).await;
        found.sort();
        assert_eq!(found, ["e2", "e3"], "{}", bench.kind);
    }
}

#[tokio::test]
async fn a_token_belongs_to_one_question_of_one_reader_and_expires() {
    let bench = Bench::sqlite(migrations).await;
    let (merchant, _, manager) = people();
    captured(&bench, &merchant, numbered(5)).await;
    let query = Query::from_params(&[("perPage", "2")]).unwrap();
    let (token, _) = crate::search(&bench.kernel, &manager, &query).await.unwrap().next.unwrap();
    let with =
        |pairs: &[(&str, &str)]| Query::from_params(&[pairs, &[("nextPageToken", token.as_str())]].concat()).unwrap();
    assert!(crate::search(&bench.kernel, &manager, &with(&[])).await.is_ok());
    for (actor, query) in [(&merchant, with(&[])), (&manager, with(&[("EQ_action", "ADD")]))] {
        assert!(matches!(crate::search(&bench.kernel, actor, &query).await, Err(crate::Error::Token)));
    }
    bench.clock.advance_micros(2 * ground::time::HOUR_MICROS);
    assert!(matches!(crate::search(&bench.kernel, &manager, &with(&[])).await, Err(crate::Error::Token)));
}
