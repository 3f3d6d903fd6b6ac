//! Texts with columns in them: `{InvoiceNo}:{row}`, `{Quantity|abs}`, `{StockCode|upper}`.

/// What is done with a value before it is put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    Upper,
    Lower,
    /// Without a leading minus.
    Abs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The number of the data row, from 1.
    Row,
    Column(String, Vec<Filter>),
}

/// A text with columns in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

impl Template {
    /// Reads one.
    ///
    /// # Errors
    /// The part that is none.
    pub fn parse(text: &str) -> Result<Template, String> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let (inside, left) = after.split_once('}').ok_or_else(|| format!("{{{after}"))?;
            parts.push(part(inside)?);
            rest = left;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Template(parts))
    }

    /// The columns it needs.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Column(name, _) => Some(name.as_str()),
            Part::Text(_) | Part::Row => None,
        })
    }

    /// The text for a row; `None` where a column it names is empty there.
    pub fn fill(&self, row: u64, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Row => filled.push_str(&row.to_string()),
                Part::Column(name, filters) => {
                    let text = value(name)?;
                    filled.push_str(&filters.iter().fold(text, |text, filter| filter.apply(text)));
                }
            }
        }
        Some(filled)
    }
}

impl Filter {
    fn apply(self, text: String) -> String {
        match self {
            Filter::Upper => text.to_uppercase(),
            Filter::Lower => text.to_lowercase(),
            Filter::Abs => text.strip_prefix('-').map(str::to_owned).unwrap_or(text),
        }
    }
}

fn part(inside: &str) -> Result<Part, String> {
    if inside == "row" {
        return Ok(Part::Row);
    }
    let mut words = inside.split('|');
    let name = words.next().unwrap_or_default();
    if name.is_empty() {
        return Err(format!("{{{inside}}}"));
    }
    let filter = |word: &str| match word {
        "upper" => Ok(Filter::Upper),
        "lower" => Ok(Filter::Lower),
        "abs" => Ok(Filter::Abs),
        _ => Err(format!("{{{inside}}}: {word} (upper, lower, abs)")),
    };
    Ok(Part::Column(name.to_owned(), words.map(filter).collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_put_in_and_a_missing_one_leaves_the_text_out() {
        let template = Template::parse("{No}:{row}/{Qty|abs}{Code|upper}").unwrap();
        let value = |name: &str| match name {
            "No" => Some("C1".to_owned()),
            "Qty" => Some("-12".to_owned()),
            "Code" => Some("85a".to_owned()),
            _ => None,
        };
        assert_eq!(template.fill(7, value).as_deref(), Some("C1:7/1285A"));
        assert_eq!(template.columns().collect::<Vec<_>>(), ["No", "Qty", "Code"]);
        assert_eq!(Template::parse("{Else}").unwrap().fill(1, value), None);
        assert_eq!(Template::parse("plain").unwrap().fill(1, value).as_deref(), Some("plain"));
    }

    #[test]
    fn what_is_no_template_is_named() {
        for (text, part) in [("{open", "{open"), ("{}", "{}"), ("{A|round}", "round")] {
            let said = Template::parse(text).unwrap_err();
            assert!(said.contains(part), "{text}: {said}");
        }
    }
}
