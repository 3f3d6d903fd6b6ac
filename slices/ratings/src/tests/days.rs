//! From signals to ratings: what was sent in is what is rated.

use super::{migrations, reactions};
use crate::{day_of, of};
use kernel::Actor;
use kernel::testing::Bench;
use stream::{Kind, Signal};

const HOUR_US: i64 = 3_600_000_000;

#[tokio::test]
async fn a_closed_day_of_signals_is_rated_and_what_comes_late_is_counted_with_its_age() {
    let bench = Bench::sqlite(migrations).await;
    let kernel = bench.kernel.clone();
    signals::testing::open(&bench).await;
    let now = kernel.now().micros();
    let ids: Vec<String> = (0..60).map(|number| format!("s-{number}")).collect();
    let mut sent: Vec<Signal<'_>> =
        ids[..50].iter().map(|id| Signal::new(id, Kind::Delivery, now - HOUR_US, "m1", "cup")).collect();
    sent.extend(ids[50..53].iter().map(|id| Signal::new(id, Kind::Complaint, now - HOUR_US / 2, "m1", "cup")));
    signals::testing::send(&kernel, &sent).await;
    let settle = async || {
        let mut jobs = signals::jobs();
        jobs.extend(crate::jobs());
        bench.settle(jobs, reactions).await;
    };
    let today = kernel.today();
    signals::close_through(&kernel, &Actor::system("test"), today).await.expect("closed");
    settle().await;
    let first = of(&kernel, "m1", "cup").await.expect("store").expect("a rating");
    assert_eq!(first.day, day_of(today));
    assert_eq!(first.line.sums[crate::Component::Complaints.index()], [3.0, 50.0]);
    // The next day: a complaint about yesterday comes late.
    bench.clock.advance_days(1);
    let late = [Signal::new(&ids[53], Kind::Complaint, now, "m1", "cup")];
    signals::testing::send(&kernel, &late).await;
    signals::close_through(&kernel, &Actor::system("test"), kernel.today()).await.expect("closed");
    settle().await;
    let second = of(&kernel, "m1", "cup").await.expect("store").expect("a rating");
    let left = (-1.0f64 / 45.0).exp2();
    let complaints = second.line.sums[crate::Component::Complaints.index()];
    assert_eq!(second.day, first.day + 1);
    assert!((complaints[0] - 4.0 * left).abs() < 1e-6, "{complaints:?}: all four happened a day ago");
    let replayed = crate::replay(&kernel, None, &crate::replay::Request::default()).await.expect("a replay");
    assert!(replayed.holds(), "{replayed:?}");
    let compared: u64 = replayed.days.iter().map(|day| day.compared).sum();
    assert_eq!(compared, 2, "once on each day that the product had: {replayed:?}");
    signals::shutdown(&kernel).await.expect("an end");
}
