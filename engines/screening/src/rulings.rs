//! What a row of a rule table says once it applies: severity, words, law. Shared by the checks that are decided row by row.

use jiff::civil::Date;
use policy::{Pack, Row};

use crate::finding::{Basis, Check, Finding, Mode, Severity, Text};

/// The compiled head of one policy row.
#[derive(Clone, Debug)]
pub struct Ruling {
    /// Id of the row.
    pub id: String,
    pub severity: Severity,
    /// May hold `{name}` places that the check fills in.
    pub reason: Text,
    pub fix: Option<Text>,
    pub basis: Vec<Basis>,
    pub mode: policy::Mode,
    pub zero_tolerance: bool,
}

impl Ruling {
    /// Reads the head of a row as it is on `date`.
    #[must_use]
    pub fn of<T>(row: &Row<T>, pack: &Pack, date: Date, severity: Severity, zero_tolerance: bool) -> Self {
        let both = |text: &policy::Bilingual| Text::new(text.zh.clone(), text.en.clone());
        let basis = pack.cite(&row.basis, date).into_iter().map(|citation| Basis {
            law: citation.law,
            article: citation.article,
            name: Text::new(citation.text.zh, citation.text.en),
        });
        Self {
            id: row.id.clone(),
            severity,
            reason: row.reason.as_ref().map(both).unwrap_or_default(),
            fix: row.fix.as_ref().map(both),
            basis: basis.collect(),
            mode: row.mode,
            zero_tolerance,
        }
    }

    /// The finding for one listing; `None` where the row is off. `fills` replaces `{name}` in reason and fix.
    #[must_use]
    pub fn finding(&self, check: Check, listing_id: &str, field: &str, fills: &[(&str, &str)]) -> Option<Finding> {
        if !self.mode.is_evaluated() {
            return None;
        }
        let mut finding = Finding::new(check, &self.id, self.severity, field, filled(&self.reason, fills));
        finding.fix = self.fix.as_ref().map(|fix| filled(fix, fills));
        finding.basis.clone_from(&self.basis);
        finding.zero_tolerance = self.zero_tolerance;
        finding.mode = if policy::applies(self.mode, listing_id, &self.id) { Mode::On } else { Mode::Shadow };
        Some(finding)
    }
}

fn filled(text: &Text, fills: &[(&str, &str)]) -> Text {
    let fill = |template: &str| {
        let mut out = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            let (before, from_open) = rest.split_at(open);
            out.push_str(before);
            let place = from_open.find('}').and_then(|close| {
                let name = &from_open[1..close];
                fills.iter().find(|(key, _)| *key == name).map(|(_, value)| (close, *value))
            });
            match place {
                Some((close, value)) => {
                    out.push_str(value);
                    rest = &from_open[close + 1..];
                }
                None => {
                    out.push('{');
                    rest = &from_open[1..];
                }
            }
        }
        out + rest
    };
    Text::new(fill(&text.zh), fill(&text.en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once_and_unknown_ones_stay() {
        let text = Text::new("{a}和{b}{", "{a} and {b}");
        let out = filled(&text, &[("a", "{b}"), ("b", "2")]);
        assert_eq!((out.zh.as_str(), out.en.as_str()), ("{b}和2{", "{b} and 2"));
    }
}
