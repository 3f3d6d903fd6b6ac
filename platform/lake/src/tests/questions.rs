//! Questions: what is answered, what is refused and in which words, and what is cut.

use super::{DAY, Log, Sent, now, open, zone};
use crate::output::Json;
use crate::{Answer, Cell, Column, Extra, Lake, Limits, Place, QueryError, Refusal, Type};
use std::sync::Arc;
use std::time::Duration;

async fn lake_with(signals: usize) -> (tempfile::TempDir, Lake) {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(&folder);
    let log = Log::default();
    let sent = (0..signals).map(|number| Sent::new(number, DAY + (number % 3) as i32)).collect();
    let last = log.append(sent);
    log.compact(&lake, last).unwrap();
    (folder, lake)
}

async fn ask(lake: &Lake, sql: &str) -> Result<Answer, QueryError> {
    lake.query(sql, Extra::default(), now()).await
}

fn texts(answer: &Answer) -> Vec<Vec<String>> {
    answer.rows().map(|row| row.iter().map(|cell| cell.text(&zone())).collect()).collect()
}

#[tokio::test]
async fn days_moments_and_money_are_the_operators() {
    let (_folder, lake) = lake_with(30).await;
    let sql = "SELECT day, min(at) AS first, sum(amount_minor) AS money, count(*) AS n
               FROM signals WHERE at >= '2026-11-24T00:00:00' GROUP BY day ORDER BY day";
    let answer = ask(&lake, sql).await.unwrap();
    assert_eq!(texts(&answer)[0], ["2026-11-24", "2026-11-24 01:00:00+08:00", "12500", "10"]);
    let kinds: Vec<Type> = answer.columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [Type::Date, Type::Moment, Type::Whole, Type::Whole]);
    let hours = "SELECT DISTINCT date_trunc('day', at) AS midnight FROM signals ORDER BY 1";
    assert_eq!(texts(&ask(&lake, hours).await.unwrap())[0], ["2026-11-24 00:00:00+08:00"]);
    let clock = "SELECT current_date AS today, now() AS at, count(*) FROM signals WHERE day <= current_date";
    assert_eq!(texts(&ask(&lake, clock).await.unwrap())[0], ["2026-11-24", "2026-11-24 10:00:00+08:00", "10"]);
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let (_folder, lake) = lake_with(3).await;
    for sql in [
        "DROP TABLE signals",
        "CREATE TABLE x AS SELECT 1",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "INSERT INTO signals SELECT * FROM signals",
        "UPDATE signals SET id = 'x'",
        "DELETE FROM signals",
        "COPY signals TO '/tmp/x.parquet'",
        "COPY (SELECT 1) TO 'x.csv'",
        "SET datafusion.execution.batch_size = 1",
        "RESET datafusion.execution.batch_size",
        "SHOW ALL",
        "SHOW datafusion.execution.time_zone",
        "EXPLAIN DELETE FROM signals",
        "EXPLAIN COPY signals TO 'x'",
        "SELECT * INTO x FROM signals",
        "WITH gone AS (DELETE FROM signals RETURNING *) SELECT * FROM gone",
        "BEGIN",
        "PREPARE q AS SELECT 1",
        "EXECUTE q",
        "TRUNCATE signals",
        "VACUUM",
        "ATTACH 'x' AS y",
        "CALL f()",
        "SELECT * FROM signals FOR UPDATE",
    ] {
        let refused = ask(&lake, sql).await.unwrap_err();
        let expected = matches!(refused.refusal, Refusal::NotReading(_) | Refusal::Syntax(_));
        assert!(expected, "{sql}: {refused}");
    }
    assert_eq!(ask(&lake, "SELECT 1; SELECT 2").await.unwrap_err().refusal, Refusal::Several);
    assert_eq!(ask(&lake, " ; -- nothing").await.unwrap_err().refusal, Refusal::Empty);
    assert!(matches!(ask(&lake, &"x".repeat(100_000)).await.unwrap_err().refusal, Refusal::TooLong(_)));
    assert_eq!(texts(&ask(&lake, "SELECT count(*) FROM signals;").await.unwrap()), [["3"]]);
}

#[tokio::test]
async fn no_file_address_or_setting_can_be_named() {
    let (folder, lake) = lake_with(3).await;
    let path = folder.path().join("signals").display().to_string();
    for sql in [
        format!("SELECT * FROM '{path}'"),
        format!("SELECT * FROM \"{path}/x.parquet\""),
        "SELECT * FROM '/etc/passwd'".to_owned(),
        "SELECT * FROM \"http://127.0.0.1/x.csv\"".to_owned(),
        "SELECT * FROM read_csv('/etc/passwd')".to_owned(),
        "SELECT * FROM read_parquet('x')".to_owned(),
        "SELECT * FROM parquet_metadata('x')".to_owned(),
        "SELECT * FROM information_schema.df_settings".to_owned(),
        "SELECT * FROM information_schema.tables".to_owned(),
        "SELECT version()".to_owned(),
        "SELECT input_file_name() FROM signals".to_owned(),
        "SELECT getenv('HOME')".to_owned(),
    ] {
        let refused = ask(&lake, &sql).await.unwrap_err();
        let internal = matches!(refused.refusal, Refusal::Internal(_));
        assert!(!internal, "{sql}: {refused}");
        if !sql.contains(&path) {
            assert!(!refused.to_string().contains(&folder.path().display().to_string()), "{refused}");
        }
    }
    let plan = texts(&ask(&lake, "EXPLAIN SELECT count(*) FROM signals WHERE merchant = 'm1'").await.unwrap());
    let plan = format!("{plan:?}");
    assert!(plan.contains("signals"), "{plan}");
    assert!(!plan.contains(&folder.path().display().to_string()), "{plan}");
    let damaged = folder.path().join("signals/day=2026-11-24");
    let file = std::fs::read_dir(&damaged).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&file, vec![7; std::fs::metadata(&file).unwrap().len() as usize]).unwrap();
    let refused = ask(&lake, "SELECT * FROM signals").await.unwrap_err();
    let (_, arguments) = refused.message();
    assert!(!format!("{arguments:?}").contains(".parquet"), "{refused}");
}

#[tokio::test]
async fn whether_a_key_occurs_is_asked_of_distinct_keys_and_answered_right() {
    let (_folder, lake) = lake_with(30).await;
    let texts_of = async |sql: &str| format!("{:?}", texts(&ask(&lake, sql).await.unwrap()));
    for (asks, keys) in [
        ("product IN (SELECT product FROM signals WHERE quantity = 1)", "product"),
        ("EXISTS (SELECT 1 FROM signals t WHERE t.kind = s.kind AND t.merchant = s.merchant)", "kind"),
    ] {
        let plan = texts_of(&format!("EXPLAIN SELECT count(*) FROM signals s WHERE {asks}")).await;
        let grouped = plan.contains("__correlated_sq_1.product]]") || plan.contains("__correlated_sq_1.kind");
        assert!(plan.contains("Semi") && grouped, "{keys}: {plan}");
    }
    let whole = texts_of("SELECT id FROM signals WHERE product IS NOT NULL ORDER BY id").await;
    let with = "WITH k AS (SELECT product FROM signals UNION ALL SELECT product FROM signals)";
    for sql in [
        format!("{with} SELECT id FROM signals WHERE product IN (SELECT product FROM k) ORDER BY id"),
        format!(
            "{with} SELECT id FROM signals s WHERE EXISTS (SELECT 1 FROM k WHERE k.product = s.product) ORDER BY id"
        ),
    ] {
        assert_eq!(texts_of(&sql).await, whole, "{sql}");
    }
    // A null among the keys: nothing is certainly outside them (SQL:2023, three-valued logic).
    let none = "SELECT id FROM signals WHERE product NOT IN (SELECT CASE WHEN quantity = 1 THEN product END FROM signals \
                UNION ALL SELECT CAST(NULL AS VARCHAR))";
    assert_eq!(ask(&lake, none).await.unwrap().rows().count(), 0);
}

#[tokio::test]
async fn refusals_name_the_place_and_what_is_near() {
    let (_folder, lake) = lake_with(3).await;
    let refused = ask(&lake, "SELECT id\nFORM signals WHERE").await.unwrap_err();
    assert!(matches!(&refused.refusal, Refusal::Syntax(_)), "{refused}");
    assert_eq!(refused.place.unwrap().line, 2);
    let refused = ask(&lake, "SELECT id,\n  merchnt FROM signals").await.unwrap_err();
    assert_eq!(refused.refusal, Refusal::UnknownColumn("merchnt".into(), Some("merchant".into())));
    assert_eq!(refused.place, Some(Place { line: 2, column: 3 }));
    let refused = ask(&lake, "SELECT * FROM signal").await.unwrap_err();
    assert_eq!(refused.refusal, Refusal::UnknownTable("signal".into(), Some("signals".into())));
    let refused = ask(&lake, "SELECT cuont(*) FROM signals").await.unwrap_err();
    assert_eq!(refused.refusal, Refusal::UnknownFunction("cuont".into(), Some("count".into())));
    let refused = ask(&lake, "SELECT merchant, count(*) FROM signals").await.unwrap_err();
    assert!(matches!(&refused.refusal, Refusal::Types(_) | Refusal::UnknownColumn(..)), "{refused}");
    let refused = ask(&lake, "SELECT sum(quantity) / 0 FROM signals").await.unwrap_err();
    assert!(matches!(&refused.refusal, Refusal::Value(_)), "{refused}");
    let refused = ask(&lake, "SELECT CAST(id AS BIGINT) FROM signals").await.unwrap_err();
    assert!(matches!(&refused.refusal, Refusal::Value(_)), "{refused}");
    let deep = format!("SELECT {}1{}", "(".repeat(500), ")".repeat(500));
    let refused = ask(&lake, &deep).await.unwrap_err();
    assert!(matches!(&refused.refusal, Refusal::Unsupported(_)), "{refused}");
}

#[tokio::test]
async fn tables_and_columns_are_shown() {
    let (_folder, lake) = lake_with(3).await;
    let extra =
        Extra::default().table("alerts", vec![Column::new("id", Type::Text)], vec![vec![Cell::Text("a".into())]]);
    let shown = lake.query("SHOW TABLES", extra.clone(), now()).await.unwrap();
    let names: Vec<String> = texts(&shown).into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(names, ["signals", "days", "alerts"]);
    let columns = ask(&lake, "DESCRIBE signals").await.unwrap();
    assert!(texts(&columns).contains(&vec!["amount_minor".to_owned(), "whole".to_owned()]));
    assert_eq!(ask(&lake, "SHOW COLUMNS FROM days").await.unwrap().columns.len(), 2);
    let joined = "SELECT a.id, count(*) FROM signals s CROSS JOIN alerts a GROUP BY a.id";
    assert_eq!(texts(&lake.query(joined, extra, now()).await.unwrap()), [["a", "3"]]);
}

#[tokio::test]
async fn answers_are_cut_at_their_limits_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { rows_max: 10, result_bytes_max: 4_000, ..Limits::default() };
    let lake = Lake::open(folder.path(), zone(), limits).unwrap();
    let log = Log::default();
    let last = log.append((0..50).map(|number| Sent::new(number, DAY)).collect());
    log.compact(&lake, last).unwrap();
    let answer = ask(&lake, "SELECT id FROM signals ORDER BY id").await.unwrap();
    assert_eq!((answer.len(), answer.truncated), (10, true));
    let answer = ask(&lake, "SELECT id FROM signals ORDER BY id LIMIT 10").await.unwrap();
    assert_eq!((answer.len(), answer.truncated), (10, false));
    let answer = ask(&lake, "SELECT repeat(id, 500) AS long FROM signals LIMIT 10").await.unwrap();
    assert!(answer.truncated && answer.len() < 10, "{}", answer.len());
}

#[tokio::test]
async fn a_question_that_would_take_everything_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { memory_bytes: 4 << 20, spill_bytes: 0, seconds_max: 2, ..Limits::default() };
    let lake = Lake::open(folder.path(), zone(), limits).unwrap();
    let log = Log::default();
    let last = log.append((0..3_000).map(|number| Sent::new(number, DAY)).collect());
    log.compact(&lake, last).unwrap();
    let sql = "SELECT count(*) FROM signals a, signals b, signals c WHERE a.id < b.id AND b.id < c.id AND a.quantity + b.quantity > c.quantity";
    let refused = ask(&lake, sql).await.unwrap_err();
    assert!(matches!(refused.refusal, Refusal::Slow(2) | Refusal::Memory(_)), "{refused}");
    let sql = "SELECT a.id, b.id, count(*) FROM signals a, signals b GROUP BY a.id, b.id ORDER BY 3";
    let refused = ask(&lake, sql).await.unwrap_err();
    assert!(matches!(refused.refusal, Refusal::Slow(2) | Refusal::Memory(_)), "{refused}");
    for sql in [
        "SELECT repeat('x', 2000000000)",
        "SELECT length(repeat('x', quantity * 1000000)) FROM signals",
        "SELECT lpad('x', 1000000000)",
        "SELECT range(0, 9000000000)",
        "SELECT array_repeat(1, 99999999)",
        "SELECT * FROM generate_series(1, 100000000)",
    ] {
        let refused = ask(&lake, sql).await.unwrap_err();
        assert!(matches!(refused.refusal, Refusal::Function(_)), "{sql}: {refused}");
    }
    assert_eq!(texts(&ask(&lake, "SELECT count(*) FROM signals").await.unwrap()), [["3000"]]);
}

#[tokio::test]
async fn a_caller_that_goes_away_frees_its_turn() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { at_once_max: 1, waiting_max: 1, seconds_max: 60, ..Limits::default() };
    let lake = Lake::open(folder.path(), zone(), limits).unwrap();
    let log = Log::default();
    let last = log.append((0..4_000).map(|number| Sent::new(number, DAY)).collect());
    log.compact(&lake, last).unwrap();
    let endless = "SELECT count(*) FROM signals a, signals b, signals c WHERE a.id <> b.id AND b.id <> c.id";
    let left = tokio::time::timeout(Duration::from_millis(300), ask(&lake, endless)).await;
    assert!(left.is_err());
    assert_eq!(texts(&ask(&lake, "SELECT count(*) FROM signals").await.unwrap()), [["4000"]]);
}

#[tokio::test]
async fn more_questions_than_may_wait_are_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { at_once_max: 1, waiting_max: 0, seconds_max: 5, ..Limits::default() };
    let lake = Lake::open(folder.path(), zone(), limits).unwrap();
    let _turn = lake.0.engine.turn().await.unwrap();
    assert_eq!(ask(&lake, "SELECT 1").await.unwrap_err().refusal, Refusal::Busy(1));
}

#[tokio::test]
async fn an_empty_lake_answers_with_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open_to_read(&folder.path().join("not-there"), zone(), Limits::default()).unwrap();
    let answer = ask(&lake, "SELECT merchant, at FROM signals").await.unwrap();
    assert!(answer.is_empty() && answer.columns.len() == 2);
    assert_eq!(texts(&ask(&lake, "SELECT count(*) FROM days").await.unwrap()), [["0"]]);
}

#[tokio::test]
async fn an_answer_is_written_as_table_csv_json_and_parquet() {
    let (_folder, lake) = lake_with(3).await;
    let sql = "SELECT day, id, CAST(1.5 AS DECIMAL(10, 2)) AS share, NULL AS none, '含,逗号' AS words, at, 9007199254740993 AS big
               FROM signals WHERE id = 's-0'";
    let answer = ask(&lake, sql).await.unwrap();
    let mut csv = Vec::new();
    answer.write_csv(&mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(
        csv,
        "day,id,share,none,words,at,big\r\n2026-11-24,s-0,1.50,,\"含,逗号\",2026-11-24 01:00:00+08:00,9007199254740993\r\n"
    );
    let row = answer.json_rows().next().unwrap();
    let expected = serde_json::json!({"day": "2026-11-24", "id": "s-0", "share": "1.50", "none": null, "words": "含,逗号",
        "at": "2026-11-24T01:00:00+08:00", "big": "9007199254740993"});
    assert_eq!(row, expected);
    let mut array = Vec::new();
    answer.write_json(Json::Array, &mut array).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&array).unwrap(), serde_json::json!([expected]));
    let mut table = Vec::new();
    answer.write_table(&mut table).unwrap();
    let table = String::from_utf8(table).unwrap();
    assert!(table.starts_with("day         id   share  none  words"), "{table}");
    assert!(table.contains("2026-11-24  s-0   1.50  ∅     含,逗号"), "{table}");
    let mut parquet = Vec::new();
    answer.write_parquet(&mut parquet).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    let twice = ask(&lake, "SELECT 1 AS n, 2 AS m").await.unwrap();
    assert_eq!(twice.json_rows().next().unwrap(), serde_json::json!({"n": 1, "m": 2}));
}

#[tokio::test]
async fn what_is_not_compacted_yet_is_asked_too() {
    let (_folder, lake) = lake_with(30).await;
    let log = Arc::new(Log::default());
    log.append(vec![Sent::new(500, DAY)]);
    log.append(vec![Sent::new(501, DAY + 9)]);
    // The first block of this log has the number of the block that is in the lake: it is not counted again.
    let extra = Extra::default().with_tail(log);
    let sql = "SELECT count(*), max(day), count(DISTINCT merchant) FROM signals WHERE kind = 'order'";
    assert_eq!(texts(&lake.query(sql, extra, now()).await.unwrap()), [["31", "2026-12-03", "1"]]);
}
