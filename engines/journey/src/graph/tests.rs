use super::*;
use proptest::prelude::*;

fn link(event: u32, at: i64, kind: Kind, from: &[&str], to: &[&str]) -> Link {
    let texts = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    Link { event, kind, from: texts(from), to: texts(to), at, declared_wrong: false }
}

fn names(start: &str, direction: Direction, links: &[Link]) -> Vec<String> {
    let at = if direction == Direction::Forward { BEGINNING } else { END };
    let (mut reached, _, cut) = reach(&[(start.to_owned(), at)], direction, links, 1_000);
    assert!(!cut);
    reached.sort_by(|a, b| a.0.cmp(&b.0));
    reached.into_iter().map(|(name, _)| name).collect()
}

/// Milk into cheese, cheese onto a pallet with jam, the pallet to a shop's order, the pallet reused later.
fn dairy() -> Vec<Link> {
    vec![
        link(1, 10, Kind::Transformation, &["milk"], &["cheese-lot"]),
        link(2, 11, Kind::Member, &["cheese-lot"], &["cheese-1", "cheese-2"]),
        link(3, 20, Kind::Into, &["cheese-1", "jam-1"], &["pallet"]),
        link(4, 21, Kind::Into, &["pallet"], &["truck"]),
        link(5, 22, Kind::Sale, &["pallet"], &["order-a"]),
        link(6, 30, Kind::OutOf, &[], &["pallet"]),
        link(7, 31, Kind::OutOf, &["pallet"], &["truck"]),
        link(8, 32, Kind::Return, &["pallet"], &["order-a"]),
        link(9, 40, Kind::Into, &["socks"], &["pallet"]),
        link(10, 41, Kind::Sale, &["pallet"], &["order-b"]),
        link(11, 42, Kind::Sale, &["cheese-2"], &["order-c"]),
    ]
}

#[test]
fn forward_reaches_products_units_carriers_and_orders_but_not_what_stood_beside() {
    let reached = names("milk", Direction::Forward, &dairy());
    assert_eq!(reached, ["cheese-1", "cheese-2", "cheese-lot", "milk", "order-a", "order-c", "pallet", "truck"]);
    assert_eq!(names("jam-1", Direction::Forward, &dairy()), ["jam-1", "order-a", "pallet", "truck"]);
    // A trace that begins at the pallet takes everything that was ever in it.
    let pallet = names("pallet", Direction::Forward, &dairy());
    assert!(["cheese-1", "jam-1", "socks", "order-a", "order-b"].iter().all(|id| pallet.contains(&(*id).to_owned())));
}

#[test]
fn backward_reaches_the_sources() {
    assert_eq!(names("cheese-2", Direction::Backward, &dairy()), ["cheese-2", "cheese-lot", "milk", "order-c"]);
    let order = names("order-a", Direction::Backward, &dairy());
    assert_eq!(order, ["cheese-1", "cheese-lot", "jam-1", "milk", "order-a", "pallet", "truck"]);
}

#[test]
fn what_was_taken_out_before_is_not_on_the_order_and_what_came_back_has_an_end() {
    let mut links = dairy();
    let all = |links: &[Link]| reach(&[("cheese-1".into(), BEGINNING)], Direction::Forward, links, 100).0;
    let order = all(&links).into_iter().find(|(name, _)| name == "order-a").unwrap().1;
    // In the order from the sale until the goods left the pallet.
    assert_eq!((order.since, order.until, order.role), (22, 30, Role::Carrier));
    links[5].at = 21;
    assert!(all(&links).iter().all(|(name, _)| name != "order-a"), "unpacked before the sale");
}

#[test]
fn an_event_declared_wrong_is_not_followed() {
    let mut links = dairy();
    links[0].declared_wrong = true;
    assert_eq!(names("milk", Direction::Forward, &links), ["milk"]);
}

#[test]
fn goods_are_affected_only_from_the_moment_on() {
    let links = [
        link(1, 10, Kind::Transformation, &["tank"], &["early"]),
        link(2, 20, Kind::Transformation, &["tank"], &["late"]),
    ];
    let (reached, ..) = reach(&[("tank".into(), 15)], Direction::Forward, &links, 10);
    let names: Vec<_> = reached.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["tank", "late"]);
    let (reached, ..) = reach(&[("late".into(), END)], Direction::Backward, &links, 10);
    assert_eq!(reached.len(), 2);
}

#[test]
fn each_node_says_why_it_was_reached() {
    let (reached, graph, _) = reach(&[("milk".into(), BEGINNING)], Direction::Forward, &dairy(), 100);
    let why = |id: &str| {
        let (_, reached) = reached.iter().find(|(name, _)| name == id).unwrap();
        reached.via.map(|via| (graph.name(via.node).unwrap().to_owned(), via.event))
    };
    assert_eq!(why("milk"), None);
    assert_eq!(why("cheese-lot"), Some(("milk".into(), Some(1))));
    assert_eq!(why("cheese-1"), Some(("cheese-lot".into(), None)));
    assert_eq!(why("truck"), Some(("pallet".into(), Some(4))));
}

#[test]
fn cycles_end_and_a_limit_cuts() {
    let mut links = vec![
        link(1, 5, Kind::Into, &["a"], &["b"]),
        link(2, 5, Kind::Into, &["b"], &["a"]),
        link(3, 5, Kind::Into, &["a"], &["a"]),
        link(4, 6, Kind::Transformation, &["a", "b"], &["a", "b"]),
        link(5, 6, Kind::Member, &["a"], &["a", "b"]),
    ];
    for direction in [Direction::Forward, Direction::Backward] {
        assert_eq!(names("a", direction, &links), ["a", "b"]);
    }
    for number in 0..50 {
        links.push(link(9, 7, Kind::Transformation, &["a"], &[&format!("out-{number}")]));
    }
    let (reached, _, cut) = reach(&[("a".into(), BEGINNING)], Direction::Forward, &links, 20);
    assert!(cut && reached.len() == 20);
}

#[test]
fn units_side_by_side_need_no_edge_each() {
    let mut builder = Builder::default();
    let (lot, other) = (builder.node("lot"), builder.node("other"));
    let units = builder.nodes(100_000);
    let strangers = builder.nodes(10);
    builder.member(lot, units.start..units.start + 60_000);
    builder.member(lot, units.start + 60_000..units.end);
    builder.member(other, strangers.clone());
    let order = builder.node("order");
    builder.put_into(1, 5, order, [units.end - 1, strangers.start]);
    let graph = builder.build();
    let reach = graph.reach(&[Start { node: lot, at: BEGINNING }], Direction::Forward, 1_000_000);
    assert_eq!(reach.nodes.len(), 100_002);
    let back = graph.reach(&[Start { node: units.start + 60_000, at: END }], Direction::Backward, 10);
    assert_eq!(back.nodes.iter().map(|reached| reached.node).collect::<Vec<_>>(), [lot, units.start + 60_000]);
    let unknown = graph.reach(&[Start { node: 9_999_999, at: END }], Direction::Backward, 10);
    assert!(unknown.nodes.is_empty());
}

const NODES: usize = 7;
const MOMENTS: i64 = 9;

/// A record of the random histories.
#[derive(Debug, Clone)]
struct Told {
    kind: Kind,
    at: i64,
    from: Vec<usize>,
    to: usize,
    more: Option<usize>,
}

fn told() -> impl Strategy<Value = Told> {
    let kind = prop_oneof![
        3 => Just(Kind::Transformation), 4 => Just(Kind::Into), 3 => Just(Kind::OutOf), 1 => Just(Kind::Sale),
        1 => Just(Kind::Return), 1 => Just(Kind::Member)
    ];
    let from = proptest::collection::vec(0..NODES, 0..3);
    (kind, 0..MOMENTS, from, 0..NODES, proptest::option::of(0..NODES)).prop_map(|(kind, at, from, to, more)| Told {
        kind,
        at,
        from,
        to,
        more,
    })
}

fn putting(kind: Kind) -> Option<bool> {
    match kind {
        Kind::Into | Kind::Sale => Some(true),
        Kind::OutOf | Kind::Return => Some(false),
        Kind::Transformation | Kind::Member => None,
    }
}

/// Whether `child` is in `parent` at a moment, straight from the words: put in before (or now) and not taken out since; or
/// taken out later (or now) without having been told of before.
fn inside(history: &[Told], child: usize, parent: usize, at: i64) -> bool {
    let mut order: Vec<usize> = (0..history.len()).collect();
    order.sort_by_key(|index| (history[*index].at, *index));
    let names = |told: &Told| told.to == parent && told.from.contains(&child);
    let all = |told: &Told| told.to == parent && told.from.is_empty();
    let out = |told: &Told| putting(told.kind) == Some(false) && (names(told) || all(told));
    let put = |told: &Told| putting(told.kind) == Some(true) && names(told);
    order.iter().enumerate().any(|(rank, index)| {
        let told = &history[*index];
        if put(told) {
            told.at <= at && !order[rank + 1..].iter().any(|later| out(&history[*later]) && history[*later].at < at)
        } else if putting(told.kind) == Some(false) && names(told) {
            let before = order[..rank].iter().map(|earlier| &history[*earlier]);
            told.at >= at && !before.into_iter().any(|told| putting(told.kind).is_some() && names(told))
        } else {
            false
        }
    })
}

/// The naive transitive closure over nodes and moments: everything is tried until nothing changes.
fn naive(history: &[Told], start: usize, at: i64, direction: Direction) -> (Vec<bool>, Vec<bool>) {
    let moments = MOMENTS as usize;
    let mut affected = vec![vec![false; moments]; NODES];
    let mut carrier = vec![vec![false; moments]; NODES];
    for moment in 0..MOMENTS {
        let on = if direction == Direction::Forward { moment >= at } else { moment <= at };
        affected[start][moment as usize] = on;
    }
    loop {
        let before = (affected.clone(), carrier.clone());
        for told in history {
            let at = told.at as usize;
            let to: Vec<usize> = std::iter::once(told.to).chain(told.more).collect();
            let (first, second) = match direction {
                Direction::Forward => (&told.from, &to),
                Direction::Backward => (&to, &told.from),
            };
            match told.kind {
                Kind::Transformation if first.iter().any(|node| affected[*node][at] || carrier[*node][at]) => {
                    second.iter().for_each(|node| affected[*node][at] = true);
                }
                Kind::Member => {
                    for (one, other) in first.iter().flat_map(|one| second.iter().map(move |other| (*one, *other))) {
                        let source = affected[one].clone();
                        affected[other].iter_mut().zip(source).for_each(|(on, also)| *on |= also);
                    }
                }
                _ => {}
            }
        }
        for moment in 0..moments {
            for (child, parent) in (0..NODES).flat_map(|child| (0..NODES).map(move |parent| (child, parent))) {
                if inside(history, child, parent, moment as i64) {
                    carrier[parent][moment] |= affected[child][moment] || carrier[child][moment];
                    affected[child][moment] |= affected[parent][moment];
                }
            }
        }
        for row in &mut affected {
            let earliest = row.iter().position(|on| *on);
            let latest = row.iter().rposition(|on| *on);
            for (moment, on) in row.iter_mut().enumerate() {
                *on |= match direction {
                    Direction::Forward => earliest.is_some_and(|earliest| moment >= earliest),
                    Direction::Backward => latest.is_some_and(|latest| moment <= latest),
                };
            }
        }
        if before == (affected.clone(), carrier.clone()) {
            let any = |rows: &[Vec<bool>]| rows.iter().map(|row| row.contains(&true)).collect();
            return (any(&affected), any(&carrier));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn reach_equals_the_naive_closure(
        history in proptest::collection::vec(told(), 0..14),
        start in 0..NODES,
        at in 0..MOMENTS,
        forward in any::<bool>(),
    ) {
        // A pair that a nameless taking out meets only after it was told of by name: both say the same.
        let direction = if forward { Direction::Forward } else { Direction::Backward };
        let mut builder = Builder::default();
        let base = builder.nodes(NODES as u32).start;
        let node = |node: usize| base + node as u32;
        for (number, told) in history.iter().enumerate() {
            let number = number as u32;
            let from = told.from.iter().map(|from| node(*from));
            match told.kind {
                Kind::Transformation => {
                    let to = std::iter::once(told.to).chain(told.more).map(node);
                    builder.transformation(number, told.at, from, to);
                }
                Kind::Into | Kind::Sale => builder.put_into(number, told.at, node(told.to), from),
                Kind::OutOf | Kind::Return => builder.take_out(number, told.at, node(told.to), from),
                Kind::Member => {
                    for unit in std::iter::once(told.to).chain(told.more).map(node) {
                        told.from.iter().for_each(|lot| builder.member(node(*lot), unit..unit + 1));
                    }
                }
            }
        }
        let graph = builder.build();
        let reach = graph.reach(&[Start { node: node(start), at }], direction, 1_000);
        prop_assert!(!reach.cut);
        let (affected, carrier) = naive(&history, start, at, direction);
        for one in 0..NODES {
            let found = reach.nodes.iter().find(|reached| reached.node == node(one)).map(|reached| reached.role);
            let wanted = match (affected[one], carrier[one]) {
                (true, _) => Some(Role::Affected),
                (false, true) => Some(Role::Carrier),
                (false, false) => None,
            };
            prop_assert_eq!(found, wanted, "node {} of {:?}", one, &history);
        }
    }

    /// What was declared wrong is as if it had never been told, in the same random histories, returns from orders included.
    #[test]
    fn reach_of_texts_equals_the_naive_closure_without_what_was_declared_wrong(
        history in proptest::collection::vec((told(), proptest::bool::weighted(0.3)), 0..14),
        start in 0..NODES,
        at in 0..MOMENTS,
        forward in any::<bool>(),
    ) {
        let direction = if forward { Direction::Forward } else { Direction::Backward };
        let name = |node: usize| format!("n{node}");
        let links: Vec<Link> = history
            .iter()
            .enumerate()
            .map(|(number, (told, declared_wrong))| {
                let more = told.more.filter(|_| matches!(told.kind, Kind::Transformation | Kind::Member));
                Link {
                    event: number as u32,
                    kind: told.kind,
                    from: told.from.iter().map(|node| name(*node)).collect(),
                    to: std::iter::once(told.to).chain(more).map(name).collect(),
                    at: told.at,
                    declared_wrong: *declared_wrong,
                }
            })
            .collect();
        let (reached, _, cut) = reach(&[(name(start), at)], direction, &links, 1_000);
        prop_assert!(!cut);
        let standing: Vec<Told> =
            history.iter().filter(|(_, declared_wrong)| !declared_wrong).map(|(told, _)| told.clone()).collect();
        let (affected, carrier) = naive(&standing, start, at, direction);
        for one in 0..NODES {
            let found = reached.iter().find(|(id, _)| *id == name(one)).map(|(_, reached)| reached.role);
            let wanted = match (affected[one], carrier[one]) {
                (true, _) => Some(Role::Affected),
                (false, true) => Some(Role::Carrier),
                (false, false) => None,
            };
            prop_assert_eq!(found, wanted, "node {} of {:?}", one, &history);
        }
    }

    #[test]
    fn times_that_are_added_cover_what_was_added_once(times in proptest::collection::vec((0i64..20, 0i64..8), 1..12)) {
        let (mut merged, mut covered) = (Vec::new(), [0u32; 32]);
        for (from, length) in &times {
            for (from, until) in add_time(&mut merged, *from, from + length) {
                (from..=until).for_each(|at| covered[at as usize] += 1);
            }
        }
        for at in 0..32i64 {
            let inside = times.iter().any(|(from, length)| (*from..=from + length).contains(&at));
            prop_assert_eq!(covered[at as usize], u32::from(inside));
            prop_assert_eq!(merged.iter().any(|(from, until)| (*from..=*until).contains(&at)), inside);
        }
        prop_assert!(merged.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
    }
}
