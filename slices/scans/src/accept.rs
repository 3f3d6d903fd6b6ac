//! What a request wants to have: a page for a person, or links for a program.

use crate::linkset::LinkType;

/// What a request wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The page.
    Page,
    /// All links (RFC 9264). `plain`: the answer is called `application/json`, because only that was accepted.
    Linkset {
        /// Whether `application/json` was asked for.
        plain: bool,
    },
    /// One link: a redirect.
    Link(LinkType),
    /// A link of a type this resolver does not know.
    UnknownLink(String),
}

/// Longest `linkType`, characters shown.
const SHOWN_CHARS_MAX: usize = 60;

/// Reads `linkType` of the query, and the `Accept` header where there is none.
pub fn wanted(query: &str, accept: Option<&str>) -> Wanted {
    let asked = form_value(query, "linkType").filter(|value| !value.is_empty());
    if let Some(asked) = asked {
        return match asked.as_str() {
            "linkset" | "all" => Wanted::Linkset { plain: is_json_only(accept) },
            "defaultLink" | "gs1:defaultLink" | "https://gs1.org/voc/defaultLink" => Wanted::Page,
            other => match LinkType::from_name(other) {
                Some(link) => Wanted::Link(link),
                None => Wanted::UnknownLink(other.chars().take(SHOWN_CHARS_MAX).collect()),
            },
        };
    }
    let quality = |kinds: &[&str]| kinds.iter().map(|kind| quality(accept, kind)).fold(0.0, f64::max);
    let (page, links) = (quality(&["text/html", "application/xhtml+xml"]), quality(&["application/linkset+json"]));
    let json = explicit(accept, "application/json").max(explicit(accept, "application/ld+json"));
    if explicit(accept, "application/linkset+json") > 0.0 && links >= page {
        return Wanted::Linkset { plain: false };
    }
    // A browser accepts anything; only who names JSON and no page wants links.
    if json > 0.0 && explicit(accept, "text/html") == 0.0 {
        return Wanted::Linkset { plain: true };
    }
    Wanted::Page
}

fn is_json_only(accept: Option<&str>) -> bool {
    explicit(accept, "application/json") > 0.0 && explicit(accept, "application/linkset+json") == 0.0
}

fn form_value(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The quality (RFC 9110 §12.5.1) a header gives a media type, by its most exact range; 1 where there is no header.
fn quality(accept: Option<&str>, kind: &str) -> f64 {
    let Some(accept) = accept.filter(|text| !text.trim().is_empty()) else { return 1.0 };
    let group = kind.split_once('/').map_or("", |(group, _)| group);
    let mut best = (0, 0.0);
    for (range, quality) in ranges(accept) {
        let exactness = match range.as_str() {
            range if range == kind => 3,
            range if range.strip_suffix("/*") == Some(group) => 2,
            "*/*" => 1,
            _ => 0,
        };
        if exactness > best.0 {
            best = (exactness, quality);
        }
    }
    best.1
}

/// The same, only where the type itself is named.
fn explicit(accept: Option<&str>, kind: &str) -> f64 {
    ranges(accept.unwrap_or_default()).find(|(range, _)| range == kind).map_or(0.0, |(_, quality)| quality)
}

fn ranges(accept: &str) -> impl Iterator<Item = (String, f64)> + '_ {
    accept.split(',').take(50).map(|part| {
        let mut pieces = part.split(';').map(str::trim);
        let range = pieces.next().unwrap_or_default().to_ascii_lowercase();
        let quality = pieces.find_map(|piece| piece.strip_prefix("q=").or_else(|| piece.strip_prefix("Q=")));
        (range, quality.map_or(1.0, |text| text.parse::<f64>().unwrap_or(0.0).clamp(0.0, 1.0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_a_page_and_programs_links() {
        let linkset = Wanted::Linkset { plain: false };
        let plain = Wanted::Linkset { plain: true };
        for (query, accept, expected) in [
            ("", None, Wanted::Page),
            ("", Some("*/*"), Wanted::Page),
            ("", Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Wanted::Page),
            ("", Some("application/linkset+json"), linkset.clone()),
            ("", Some("application/linkset+json;q=0.5, text/html;q=0.9"), Wanted::Page),
            ("", Some("application/linkset+json;q=0"), Wanted::Page),
            ("", Some("application/json"), plain.clone()),
            ("", Some("application/ld+json, */*;q=0.1"), plain.clone()),
            ("linkType=linkset", Some("text/html"), linkset.clone()),
            ("linkType=all", None, linkset),
            ("linkType=linkset", Some("application/json"), plain),
            ("linkType=gs1:defaultLink", Some("text/html"), Wanted::Page),
            ("linkType=gs1:traceability", None, Wanted::Link(LinkType::Traceability)),
            ("linkType=https%3A%2F%2Fgs1.org%2Fvoc%2FrecallStatus", None, Wanted::Link(LinkType::RecallStatus)),
            ("linkType=gs1:recipeInfo", None, Wanted::UnknownLink("gs1:recipeInfo".into())),
        ] {
            assert_eq!(wanted(query, accept), expected, "{query} {accept:?}");
        }
    }
}
