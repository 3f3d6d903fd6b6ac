//! Circles among things that refer to each other.

use std::collections::{BTreeMap, HashMap};

/// A circle in `edges` (name -> names it needs), as the names along it; `None` when there is none.
/// Names that are not keys are leaves.
pub fn circle<'a>(edges: &'a BTreeMap<String, Vec<String>>) -> Option<Vec<&'a str>> {
    let mut done: HashMap<&str, bool> = HashMap::new();
    for start in edges.keys() {
        let mut path: Vec<(&'a str, usize)> = vec![(start, 0)];
        if done.contains_key(start.as_str()) {
            continue;
        }
        done.insert(start, false);
        while let Some((name, next)) = path.last_mut() {
            let needs = edges.get(*name).map_or(&[][..], Vec::as_slice);
            let Some(need) = needs.get(*next) else {
                done.insert(name, true);
                path.pop();
                continue;
            };
            *next += 1;
            match done.get(need.as_str()) {
                Some(true) => {}
                Some(false) => {
                    let from = path.iter().position(|(on_path, _)| on_path == need)?;
                    return Some(path[from..].iter().map(|(on_path, _)| *on_path).collect());
                }
                None => {
                    done.insert(need, false);
                    path.push((need, 0));
                }
            }
        }
    }
    None
}
