use super::house::{House, code, judgement, person};
use crate::decide::decide_with;
use crate::model::Verdict;
use crate::onsite::{self, Appointment, Outcome};
use crate::queue::{self, Filter};
use crate::{golden, measures, second};
use kernel::{Paging, Permission, Role};

/// What each public function asks for: every role is tried, and passes exactly when it holds the permission.
#[tokio::test]
async fn every_role_may_do_exactly_what_its_permissions_say() {
    let house = House::new(&[("review.golden_share", "0.0"), ("review.blind_second_share", "0.0")]).await;
    let item = house.request(1).await;
    let paging = Paging::default();
    for role in Role::ALL {
        let (kernel, actor) = (&house.kernel, &person("someone", &[role]));
        let judgement = judgement(&item, Verdict::Approve);
        let appointment = Appointment::default();
        let read = [
            code(queue::list(kernel, actor, &Filter::default(), &paging).await),
            code(queue::queues(kernel, actor).await),
            code(queue::held(kernel, actor).await),
            code(measures::measures(kernel, actor).await),
            code(onsite::visits(kernel, actor, None, false, &paging).await),
            code(onsite::visit(kernel, actor, "none").await),
        ];
        let decide = [
            code(queue::claim(kernel, actor, "none").await),
            code(queue::renew(kernel, actor, &item.id, "none").await),
            code(queue::release(kernel, actor, &item.id).await),
            code(decide_with(house.shelf.as_ref(), kernel, actor, "none", &judgement).await),
            code(onsite::report(kernel, actor, "none", Outcome::Passed).await),
            code(queue::take_next(kernel, actor, Some("no-such-queue")).await),
        ];
        let manage = [
            code(golden::list(kernel, actor, None, &paging).await),
            code(golden::add(kernel, actor, "none", Verdict::Approve, &[], "").await),
            code(golden::retire(kernel, actor, "none").await),
            code(second::disagreements(kernel, actor, true, &paging).await),
            code(second::resolve(kernel, actor, "none", Verdict::Approve, "note").await),
            code(queue::reviewers(kernel, actor).await),
            code(queue::set_skills(kernel, actor, "", &[]).await),
            code(queue::conflicts(kernel, actor).await),
            code(queue::declare_conflict(kernel, actor, "other", "", "").await),
            code(queue::lift_conflict(kernel, actor, "other", "none").await),
            code(onsite::schedule_at(kernel, actor, &appointment, None).await),
            code(onsite::cancel(kernel, actor, "none", "reason").await),
        ];
        let all = [
            (Permission::ReviewRead, &read[..]),
            (Permission::ReviewDecide, &decide[..]),
            (Permission::ReviewManage, &manage[..]),
        ];
        for (permission, codes) in all {
            for (place, found) in codes.iter().enumerate() {
                assert_eq!(
                    *found == "forbidden",
                    !actor.may(permission),
                    "{role:?} {permission:?} number {place}: {found}"
                );
            }
        }
        assert_eq!(queue::waiting(kernel, actor).await.unwrap() > 0, actor.may(Permission::ReviewRead), "{role:?}");
    }
}

#[tokio::test]
async fn reviewers_see_their_own_measures_and_managers_all() {
    let house = House::new(&[("review.golden_share", "0.0"), ("review.blind_second_share", "0.0")]).await;
    for (number, name) in [(1, "a"), (2, "b")] {
        let actor = person(name, &[Role::Reviewer]);
        let item = house.request(number).await;
        let claimed = queue::claim(&house.kernel, &actor, &item.id).await.unwrap();
        house.decide(&actor, &claimed, Verdict::Approve).await.unwrap();
    }
    let names = |role: Role| {
        let kernel = house.kernel.clone();
        async move {
            let found = measures::measures(&kernel, &person("a", &[role])).await.unwrap();
            let mut names: Vec<String> = found.reviewers.into_iter().map(|row| row.name).collect();
            names.sort();
            (names, found.total.decisions)
        }
    };
    assert_eq!(names(Role::Reviewer).await, (vec!["a".to_owned()], 2));
    assert_eq!(names(Role::Manager).await, (vec!["a".to_owned(), "b".to_owned()], 2));
    assert_eq!(names(Role::Auditor).await.0.len(), 2);
}
