use super::house::{House, code, minutes, person, reviewer};
use crate::model::{ItemState, Kind, Verdict, Worst};
use crate::queue::{self, Filter};
use kernel::{Act, Paging, Role};
use listings::VersionState;

const QUIET: &[(&str, &str)] = &[("review.golden_share", "0.0"), ("review.blind_second_share", "0.0")];

#[tokio::test]
async fn of_many_who_reach_for_one_item_exactly_one_gets_it() {
    for house in House::each(QUIET).await {
        let item = house.request(1).await;
        let tries = (0..6).map(|n| {
            let (kernel, id) = (house.kernel.clone(), item.id.clone());
            tokio::spawn(async move { queue::claim(&kernel, &reviewer(&format!("r{n}")), &id).await })
        });
        let mut codes = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            codes.push(code(one.await.unwrap()));
        }
        codes.sort_unstable();
        assert_eq!(
            codes,
            ["done", "review_taken", "review_taken", "review_taken", "review_taken", "review_taken"],
            "{}",
            house.kind
        );
        let there = house.item_of(&item.version_id).await;
        assert!(there.is_held(house.kernel.now()));
    }
}

#[tokio::test]
async fn two_who_take_the_next_get_different_items() {
    for house in House::each(QUIET).await {
        house.request(1).await;
        house.request(2).await;
        let (first, second) = (reviewer("a"), reviewer("b"));
        let (one, other) =
            tokio::join!(queue::take_next(&house.kernel, &first, None), queue::take_next(&house.kernel, &second, None));
        let (one, other) = (one.unwrap().unwrap(), other.unwrap().unwrap());
        assert_ne!(one.id, other.id, "{}", house.kind);
        assert!(queue::take_next(&house.kernel, &reviewer("c"), None).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn one_act_makes_one_item_however_often_it_arrives() {
    for house in House::each(QUIET).await {
        let version = house.place(1, VersionState::InReview);
        let act = house.ask(&version, false).await;
        queue::request(house.shelf.as_ref(), &house.kernel, &act).await.unwrap();
        assert_eq!(house.items().await.len(), 1, "{}", house.kind);
        let item = house.item_of(&version).await;
        assert_eq!(
            (item.state, item.worst, item.rules.as_slice()),
            (ItemState::Waiting, Worst::Major, &["cn-test-absolute".to_owned()][..])
        );
        assert_eq!(item.due_at.micros() - item.requested_at.micros(), minutes(24 * 60), "the clock of a major finding");
    }
}

#[tokio::test]
async fn a_claim_runs_out_and_its_holder_decides_nothing_any_more() {
    for house in House::each(QUIET).await {
        let (first, second) = (reviewer("a"), reviewer("b"));
        let item = house.request(1).await;
        let claimed = queue::claim(&house.kernel, &first, &item.id).await.unwrap();
        house.clock.advance_micros(minutes(20));
        assert_eq!(code(house.decide(&first, &claimed, Verdict::Reject).await), "lease_lost", "{}", house.kind);
        let taken = queue::claim(&house.kernel, &second, &item.id).await.unwrap();
        assert_eq!(code(house.decide(&first, &claimed, Verdict::Reject).await), "lease_lost");
        assert_eq!(code(house.decide(&first, &taken, Verdict::Reject).await), "lease_lost", "another's claim");
        assert!(house.told().is_empty());
        assert_eq!(code(house.decide(&second, &taken, Verdict::Reject).await), "done");
        assert_eq!(house.told().len(), 1);
    }
}

#[tokio::test]
async fn what_nobody_decided_in_time_goes_back_by_itself() {
    for house in House::each(QUIET).await {
        let item = house.request(1).await;
        queue::claim(&house.kernel, &reviewer("a"), &item.id).await.unwrap();
        assert_eq!(queue::expire_leases(house.kernel.clone()).await.unwrap(), 0);
        house.clock.advance_micros(minutes(20));
        assert_eq!(queue::expire_leases(house.kernel.clone()).await.unwrap(), 1, "{}", house.kind);
        let there = house.item_of(&item.version_id).await;
        assert_eq!((there.state, there.claimed_by, there.claim_id), (ItemState::Waiting, None, None));
    }
}

#[tokio::test]
async fn a_claim_is_renewed_as_often_as_the_policy_says() {
    for house in House::each(QUIET).await {
        let a = reviewer("a");
        let item = house.request(1).await;
        let claimed = queue::claim(&house.kernel, &a, &item.id).await.unwrap();
        let claim = claimed.claim_id.clone().unwrap();
        for _ in 0..3 {
            house.clock.advance_micros(minutes(19));
            queue::renew(&house.kernel, &a, &item.id, &claim).await.unwrap();
        }
        assert_eq!(code(queue::renew(&house.kernel, &a, &item.id, &claim).await), "review_renewals", "{}", house.kind);
        assert_eq!(code(queue::renew(&house.kernel, &reviewer("b"), &item.id, &claim).await), "lease_lost");
        house.clock.advance_micros(minutes(19));
        assert_eq!(code(house.decide(&a, &claimed, Verdict::Approve).await), "done", "the last renewal still holds");
    }
}

#[tokio::test]
async fn nobody_holds_more_than_the_policy_allows_even_in_many_windows() {
    for house in House::each(QUIET).await {
        for number in 1..=6 {
            house.request(number).await;
        }
        let tries: Vec<_> = (0..6)
            .map(|_| {
                let kernel = house.kernel.clone();
                tokio::spawn(async move { queue::take_next(&kernel, &reviewer("a"), None).await })
            })
            .collect();
        let mut codes = Vec::new();
        for one in tries {
            codes.push(code(one.await.unwrap()));
        }
        assert_eq!(codes.iter().filter(|code| **code == "done").count(), 3, "{} {codes:?}", house.kind);
        assert!(codes.iter().all(|code| ["done", "review_claims_full"].contains(code)));
        let held = queue::held(&house.kernel, &reviewer("a")).await.unwrap();
        queue::release(&house.kernel, &reviewer("a"), &held[0].id).await.unwrap();
        assert_eq!(code(queue::release(&house.kernel, &reviewer("b"), &held[1].id).await), "lease_lost");
        assert!(queue::take_next(&house.kernel, &reviewer("a"), None).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_replaced_version_leaves_the_queue_and_another_listings_stays() {
    for house in House::each(QUIET).await {
        let (gone, stays) = (house.request(1).await, house.request(2).await);
        house.place(1, VersionState::Superseded);
        let act = house.write(Act::new("listing.submitted", "listing", "listing-1").public("version", "newer")).await;
        queue::superseded(house.shelf.as_ref(), &house.kernel, &act).await.unwrap();
        assert_eq!(house.item_of(&gone.version_id).await.state, ItemState::Closed, "{}", house.kind);
        assert_eq!(house.item_of(&stays.version_id).await.state, ItemState::Waiting);
        let removed = house.write(Act::new("listing.removed", "listing", "listing-2")).await;
        queue::superseded(house.shelf.as_ref(), &house.kernel, &removed).await.unwrap();
        assert_eq!(house.item_of(&stays.version_id).await.state, ItemState::Closed);
    }
}

#[tokio::test]
async fn a_late_item_is_called_late_once() {
    for house in House::each(QUIET).await {
        let item = house.request(1).await;
        assert_eq!(queue::mark_overdue(house.kernel.clone()).await.unwrap(), 0);
        house.clock.advance_micros(minutes(24 * 60) + 1);
        assert_eq!(queue::mark_overdue(house.kernel.clone()).await.unwrap(), 1, "{}", house.kind);
        assert_eq!(queue::mark_overdue(house.kernel.clone()).await.unwrap(), 0);
        let acts = house.acts("review.overdue").await;
        assert_eq!(acts.len(), 1);
        assert_eq!(acts[0].subject.id, item.id);
        let counts = queue::queues(&house.kernel, &reviewer("a")).await.unwrap();
        let general = counts.iter().find(|count| count.queue == item.queue).unwrap();
        assert_eq!((general.waiting, general.claimed, general.overdue), (1, 0, 1));
    }
}

#[tokio::test]
async fn a_queue_that_asks_for_a_skill_is_closed_to_others_in_every_way() {
    for house in House::each(QUIET).await {
        let version = house.place(1, VersionState::InReview);
        house.shelf.versions.lock().unwrap().get_mut(&version).unwrap().0.category = "medical/devices".into();
        house.ask(&version, false).await;
        let item = house.item_of(&version).await;
        assert_eq!((item.queue.as_str(), item.skill.as_str()), ("review-route-health", "health"));
        let (manager, a) = (person("m", &[Role::Manager]), reviewer("a"));
        let (all, paging) = (Filter::default(), Paging::default());
        let seen = || queue::list(&house.kernel, &a, &all, &paging);
        assert_eq!(seen().await.unwrap().total, 0, "{}", house.kind);
        assert_eq!(queue::waiting(&house.kernel, &a).await.unwrap(), 0);
        assert_eq!(code(queue::claim(&house.kernel, &a, &item.id).await), "not_found");
        assert!(queue::take_next(&house.kernel, &a, None).await.unwrap().is_none());
        queue::set_skills(&house.kernel, &manager, "a", &["health".into()]).await.unwrap();
        assert_eq!(seen().await.unwrap().total, 1);
        assert_eq!(queue::take_next(&house.kernel, &a, None).await.unwrap().unwrap().id, item.id);
    }
}

#[tokio::test]
async fn the_related_neither_see_nor_take_the_merchants_items() {
    for house in House::each(QUIET).await {
        let item = house.request(1).await;
        let a = reviewer("a");
        queue::declare_conflict(&house.kernel, &a, "a", "merchant-1", "家人任职").await.unwrap();
        assert_eq!(code(queue::claim(&house.kernel, &a, &item.id).await), "not_found", "{}", house.kind);
        assert!(queue::take_next(&house.kernel, &a, None).await.unwrap().is_none());
        assert_eq!(code(queue::declare_conflict(&house.kernel, &a, "b", "merchant-1", "x").await), "forbidden");
        // A manager oversees the item and still may not decide it once related.
        let manager = person("m", &[Role::Manager]);
        queue::declare_conflict(&house.kernel, &manager, "m", "merchant-1", "持股").await.unwrap();
        assert_eq!(code(queue::claim(&house.kernel, &manager, &item.id).await), "review_conflict");
        let mut own = reviewer("x");
        own.organisation = Some("merchant-1".into());
        assert_eq!(code(queue::claim(&house.kernel, &own, &item.id).await), "review_conflict");
        queue::lift_conflict(&house.kernel, &manager, "a", "merchant-1").await.unwrap();
        assert_eq!(code(queue::claim(&house.kernel, &a, &item.id).await), "done");
        let acts = house.acts("review.conflict_declared").await;
        assert!(acts.iter().all(|act| !act.public.to_string().contains("家人")), "the reason is private");
    }
}

#[tokio::test]
async fn the_list_filters_sorts_and_pages() {
    let house = House::new(QUIET).await;
    for number in 1..=5 {
        house.clock.advance_micros(minutes(1));
        house.request(number).await;
    }
    let a = reviewer("a");
    let mut paging = Paging::new(1, 2);
    paging.sort = Some(kernel::Sort { by: "requested".into(), descending: true });
    let page = queue::list(&house.kernel, &a, &Filter::default(), &paging).await.unwrap();
    assert_eq!((page.total, page.rows.len(), page.rows[0].listing_id.as_str()), (5, 2, "listing-5"));
    let search = Filter {
        search: Some("水壶 3 号".into()),
        worst: Some(Worst::Major),
        category: Some("home".into()),
        ..Filter::default()
    };
    assert_eq!(queue::list(&house.kernel, &a, &search, &Paging::default()).await.unwrap().total, 1);
    let none = Filter { worst: Some(Worst::Severe), ..Filter::default() };
    assert_eq!(queue::list(&house.kernel, &a, &none, &Paging::default()).await.unwrap().total, 0);
    assert!(house.items().await.iter().all(|item| item.kind == Kind::Listing));
}
