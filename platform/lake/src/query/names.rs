//! The nearest known name, for errors.

/// How many letters may differ.
const DISTANCE_MAX: usize = 3;

/// The known name most like `name`, if one is near: at most three letters changed, fewer than half of them, or one the
/// beginning of the other.
pub(crate) fn nearest(name: &str, known: &[String]) -> Option<String> {
    let asked = name.to_lowercase();
    let mut best: Option<(usize, &String)> = None;
    for candidate in known {
        let lower = candidate.to_lowercase();
        let begins = asked.len() >= 3 && lower.len() >= 3 && (lower.starts_with(&asked) || asked.starts_with(&lower));
        let distance = if begins { DISTANCE_MAX } else { strsim::osa_distance(&asked, &lower) };
        let near = begins || (distance <= DISTANCE_MAX && distance * 2 < asked.chars().count()) || distance < 2;
        if near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["merchant".to_owned(), "amount_minor".to_owned(), "at".to_owned()];
        assert_eq!(nearest("merchnat", &known).as_deref(), Some("merchant"));
        assert_eq!(nearest("amount", &known).as_deref(), Some("amount_minor"));
        assert_eq!(nearest("weather", &known), None);
        let functions = ["cot".to_owned(), "count".to_owned()];
        assert_eq!(nearest("cuont", &functions).as_deref(), Some("count"));
    }
}
