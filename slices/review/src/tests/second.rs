use super::house::{House, code, person, reviewer};
use crate::decide::show_with;
use crate::measures;
use crate::model::{ItemState, Kind, Verdict};
use crate::queue::{self, Filter};
use crate::second::{self, Effect};
use kernel::{Paging, Role};
use listings::VersionState;

const ALWAYS: &[(&str, &str)] = &[("review.golden_share", "0.0"), ("review.blind_second_share", "1.0")];

async fn disagree(house: &House, first: Verdict, second: Verdict) -> (crate::Item, crate::Item) {
    let (a, b) = (reviewer("a"), reviewer("b"));
    let item = house.request(1).await;
    let claimed = queue::claim(&house.kernel, &a, &item.id).await.unwrap();
    house.decide(&a, &claimed, first).await.unwrap();
    let again = queue::take_next(&house.kernel, &b, None).await.unwrap().unwrap();
    assert_eq!((again.kind, again.version_id.as_str()), (Kind::Second, item.version_id.as_str()), "{}", house.kind);
    house.decide(&b, &again, second).await.unwrap();
    (item, again)
}

#[tokio::test]
async fn a_second_look_never_goes_to_the_first_reviewer_and_hides_the_first_decision() {
    for house in House::each(ALWAYS).await {
        let (a, b) = (reviewer("a"), reviewer("b"));
        let item = house.request(1).await;
        let claimed = queue::claim(&house.kernel, &a, &item.id).await.unwrap();
        house.decide(&a, &claimed, Verdict::Reject).await.unwrap();
        let second = house.items().await.into_iter().find(|other| other.kind == Kind::Second).unwrap();
        // The first reviewer: not in the list, not as next, not by its number.
        let seen = queue::list(&house.kernel, &a, &Filter { open: true, ..Filter::default() }, &Paging::default())
            .await
            .unwrap();
        assert_eq!(seen.total, 0, "{}", house.kind);
        assert!(queue::take_next(&house.kernel, &a, None).await.unwrap().is_none());
        assert_eq!(code(queue::claim(&house.kernel, &a, &second.id).await), "not_found");
        let first_as_manager = person("a", &[Role::Manager]);
        assert_eq!(code(queue::claim(&house.kernel, &first_as_manager, &second.id).await), "review_conflict");
        // The second reviewer: the same evidence, no decision, and none at the first item either.
        let taken = queue::claim(&house.kernel, &b, &second.id).await.unwrap();
        let work = show_with(house.shelf.as_ref(), &house.kernel, &b, &taken.id).await.unwrap();
        assert!(work.decision.is_none() && work.held && !work.stale);
        assert_eq!(work.evidence.title, "最好的水壶 1 号");
        assert!(work.evidence.similar.is_empty(), "the first decision is not shown as a similar one");
        assert_eq!((work.evidence.merchant.approved, work.evidence.merchant.rejected), (0, 0));
        let first = show_with(house.shelf.as_ref(), &house.kernel, &b, &item.id).await.unwrap();
        assert!(first.decision.is_none());
        // Agreement is recorded; the listing hears of the first decision alone.
        let agreed = house.decide(&b, &taken, Verdict::Reject).await.unwrap();
        assert_eq!(agreed.agrees, Some(true));
        assert_eq!(house.told().len(), 1);
        let there = house.items().await.into_iter().find(|other| other.id == item.id).unwrap();
        assert_eq!(there.state, ItemState::Decided);
    }
}

#[tokio::test]
async fn a_third_person_overturns_an_approval_and_the_goods_leave_the_shelf() {
    for house in House::each(ALWAYS).await {
        let (item, _) = disagree(&house, Verdict::Approve, Verdict::Reject).await;
        let manager = person("m", &[Role::Manager]);
        let open = second::disagreements(&house.kernel, &manager, true, &Paging::default()).await.unwrap();
        assert_eq!(open.total, 1, "{}", house.kind);
        let id = open.rows[0].id.clone();
        let resolve = |who: &str, note: &'static str| {
            let (actor, id) = (person(who, &[Role::Manager]), id.clone());
            let house = &house;
            async move {
                second::resolve_with(house.shelf.as_ref(), &house.kernel, &actor, &id, Verdict::Reject, note).await
            }
        };
        assert_eq!(code(resolve("a", "首次决定人").await), "review_conflict");
        assert_eq!(code(resolve("b", "复核人").await), "review_conflict");
        assert_eq!(code(resolve("m", "短").await), "invalid_input");
        assert_eq!(resolve("m", "标题确有绝对化用语").await.unwrap(), Effect::Overturned);
        assert_eq!(code(resolve("m", "标题确有绝对化用语").await), "review_state");
        let told = house.told();
        assert_eq!((told.len(), told[1].1, told[1].2), (2, VersionState::Passed, Verdict::Reject));
        let acts = house.acts("review.overturned").await;
        assert_eq!((acts.len(), acts[0].subject.id.as_str()), (1, item.id.as_str()));
        let found = measures::measures(&house.kernel, &manager).await.unwrap();
        let of_a = found.reviewers.iter().find(|row| row.name == "a").unwrap();
        assert_eq!((of_a.checked, of_a.overturned, of_a.overturn_rate()), (1, 1, Some(1.0)));
        assert_eq!(found.total.agreement.unwrap().observed, 0.0);
        assert!(
            second::disagreements(&house.kernel, &manager, true, &Paging::default()).await.unwrap().rows.is_empty()
        );
    }
}

#[tokio::test]
async fn an_overturned_rejection_stays_on_record_and_an_upheld_decision_changes_nothing() {
    let house = House::new(ALWAYS).await;
    disagree(&house, Verdict::Reject, Verdict::Approve).await;
    let manager = person("m", &[Role::Manager]);
    let id = second::disagreements(&house.kernel, &manager, true, &Paging::default()).await.unwrap().rows[0].id.clone();
    let effect =
        second::resolve_with(house.shelf.as_ref(), &house.kernel, &manager, &id, Verdict::Approve, "语境中合法").await;
    assert_eq!(effect.unwrap(), Effect::OverturnedOnRecord);
    assert_eq!(house.told().len(), 1, "a rejected version stays rejected");

    let other = House::new(ALWAYS).await;
    disagree(&other, Verdict::Approve, Verdict::Reject).await;
    let id = second::disagreements(&other.kernel, &manager, true, &Paging::default()).await.unwrap().rows[0].id.clone();
    let effect =
        second::resolve_with(other.shelf.as_ref(), &other.kernel, &manager, &id, Verdict::Approve, "维持首次决定")
            .await;
    assert_eq!(effect.unwrap(), Effect::Upheld);
    assert_eq!(other.told().len(), 1);
    assert_eq!(other.acts("review.upheld").await.len(), 1);
}

#[tokio::test]
async fn the_share_given_a_second_look_is_near_the_policys() {
    let house = House::new(&[("review.golden_share", "0.0"), ("review.blind_second_share", "0.3")]).await;
    for number in 1..=100 {
        let item = house.request(number).await;
        let claimed = queue::claim(&house.kernel, &reviewer("a"), &item.id).await.unwrap();
        house.decide(&reviewer("a"), &claimed, Verdict::Reject).await.unwrap();
    }
    let seconds = house.items().await.iter().filter(|item| item.kind == Kind::Second).count();
    // Binomial(100, 0.3): outside 15..=45 with probability below 0.001.
    assert!((15..=45).contains(&seconds), "{seconds}");
}
