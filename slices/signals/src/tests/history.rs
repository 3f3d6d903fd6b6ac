//! Into the columnar history, and folding again.

use super::*;
use kernel::testing::staff;

#[tokio::test]
async fn folding_the_log_again_gives_the_same_state_also_from_a_snapshot() {
    let house = house().await;
    let sent = busy_days(house.kernel()).await;
    let analyst = staff(Role::Analyst);
    let found = crate::replay::replay(house.kernel(), &analyst).await.unwrap();
    assert!(found.is_same(), "{found:?}");
    assert_eq!((found.from, found.signals), (0, sent.accepted));
    assert!(found.closed >= 3, "{found:?}");
    let nobody = kernel::testing::owner("m1");
    assert_eq!(kernel::testing::said(crate::replay::replay(house.kernel(), &nobody).await), "forbidden");
}

#[tokio::test]
async fn blocks_in_the_history_leave_the_log_and_nothing_is_missing_or_twice() {
    let house = closed_house().await;
    let settings = crate::Settings {
        segment_bytes_max: 4_096,
        ids_in_memory_max: 100,
        ..testing::settings(house.bench.folder.path())
    };
    crate::open(house.kernel(), settings.clone()).await.unwrap();
    let sent = busy_days(house.kernel()).await;
    let count = async |house: &House| {
        let (lake, tail) = (crate::lake(house.kernel()).unwrap(), crate::tail(house.kernel()).unwrap());
        let extra = lake::Extra::default().with_tail(tail);
        let answer =
            lake.query("SELECT count(*), count(DISTINCT id) FROM signals", extra, house.kernel().now()).await.unwrap();
        let row = answer.rows().next().unwrap();
        row.iter().map(|cell| cell.number().unwrap() as u64).collect::<Vec<_>>()
    };
    assert_eq!(count(&house).await, [sent.accepted; 2], "while all is in the log");
    assert!(testing::compact(house.kernel()).await > 0);
    assert_eq!(count(&house).await, [sent.accepted; 2], "when all is in the history");
    testing::send(house.kernel(), &[order("behind", "cup", at(-1))]).await;
    assert_eq!(count(&house).await, [sent.accepted + 1; 2], "and when some is in each");
    // Two snapshots later the log can forget.
    for number in 0..2 {
        crate::shutdown(house.kernel()).await.unwrap();
        crate::open(house.kernel(), settings.clone()).await.unwrap();
        let id = format!("more{number}");
        testing::send(house.kernel(), &[order(&id, "cup", at(-1))]).await;
    }
    testing::compact(house.kernel()).await;
    let status = house.status().await;
    assert!(status.log_start > 1, "the log begins later now: {} to {}", status.log_start, status.log_end);
    assert_eq!(count(&house).await, [sent.accepted + 3; 2]);
    let found = crate::replay::replay(house.kernel(), &staff(Role::Analyst)).await.unwrap();
    assert!(found.is_same() && found.from > 0, "from a snapshot: {found:?}");
    testing::kill(house.kernel()).await;
    crate::open(house.kernel(), settings).await.unwrap();
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(count(&house).await, [sent.accepted + 3; 2]);
    assert_eq!(busy_days(house.kernel()).await.accepted, 0, "ids outlive the log");
}

#[tokio::test]
async fn the_signals_of_a_closed_day_counted_one_by_one_are_its_sums() {
    let house = house().await;
    busy_days(house.kernel()).await;
    testing::compact(house.kernel()).await;
    let day = crate::closed_through(house.kernel()).unwrap().unwrap() - 1;
    let found = crate::replay::recount(house.kernel(), &staff(Role::Analyst), day).await.unwrap();
    assert!(found.signals > 100, "{found:?}");
    assert_eq!((found.signals, found.differing.as_slice()), (found.summed, &[][..]), "{found:?}");
}

#[tokio::test]
async fn an_export_of_years_ago_keeps_what_it_brings_until_later_days_have_passed() {
    let house = house().await;
    let years_ago = |years: i64, hours: i64| at(hours - years * 365 * 24);
    let held = async |house: &House| {
        let lake = crate::lake(house.kernel()).unwrap();
        let extra = lake::Extra::default().with_tail(crate::tail(house.kernel()).unwrap());
        let asked = "SELECT 1 AS place, count(*) FROM signals UNION ALL \
                     SELECT 2, count(*) FROM days WHERE key_kind = 'product' ORDER BY place";
        let answer = lake.query(asked, extra, house.kernel().now()).await.unwrap();
        answer.rows().map(|row| row[1].number().unwrap() as u64).collect::<Vec<_>>()
    };
    let close = async |house: &House, last_us: i64| {
        let last = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::from_microsecond(last_us).unwrap()).date();
        crate::close_through(house.kernel(), &Actor::system("test"), last).await.unwrap();
        crate::drain(house.kernel()).await.unwrap();
        testing::settle(house.kernel()).await;
        testing::compact(house.kernel()).await;
        crate::compaction::retain(house.kernel()).await.unwrap();
    };
    let ids = ["a", "b", "c"];
    for (number, id) in (0..).zip(ids) {
        testing::send(house.kernel(), &[order(id, "cup", years_ago(12, 24 * number))]).await;
        close(&house, years_ago(12, 24 * number)).await;
    }
    assert_eq!(held(&house).await, [3, 3], "twelve years old by the clock, and new by the last closed day");

    testing::send(house.kernel(), &[order("d", "cup", years_ago(5, 0))]).await;
    close(&house, years_ago(5, 0)).await;
    assert_eq!(held(&house).await, [1, 4], "seven years later signals are past their time, sums of days are not");
    testing::send(house.kernel(), &[order("e", "cup", years_ago(1, 0))]).await;
    close(&house, years_ago(1, 0)).await;
    assert_eq!(held(&house).await, [1, 2], "and eleven years later these too");
}
