//! Documents of a listing: is all there that the category needs, and does each say what it should?
//!
//! [`facts`] keeps the documents (they are short) and how far they agree with the listing; [`findings`] holds them against the
//! requirement matrix on a date. Every finding names the field of the document and shows, as evidence, what it was
//! compared with: `{ "document": kind, "stated": …, "source": field, "expected": … }`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::finding::{Check, Finding, Text};
use crate::input::{DocumentInput, Input};
use crate::names;
use crate::numbers::{self, NumberKind, Verdict};
use crate::qualifications::{Holder, Qualification};

mod rules;

pub use rules::{DocumentRow, DocumentRules, Need, NeedRow, Question};

/// What is known of a listing's documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentsFacts {
    pub category: String,
    pub brand: String,
    pub merchant: String,
    pub merchant_uscc: String,
    /// Standards the listing claims to follow, normalised.
    pub standards: Vec<String>,
    /// Lots the listing names, folded.
    pub lots: Vec<String>,
    /// Imported, by the listing's own attributes.
    pub imported: Option<bool>,
    /// Short attributes, in which a number may be stated.
    pub stated: Vec<StatedNumber>,
    pub documents: Vec<DocumentFacts>,
}

/// An attribute short enough to be a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedNumber {
    /// Name of the attribute as written.
    pub attribute: String,
    pub value: String,
}

/// One document beside its listing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentFacts {
    pub kind: String,
    pub number: String,
    pub holder: String,
    pub product: String,
    pub brand: String,
    pub lot: String,
    pub standard: String,
    pub scope: String,
    pub issuer: String,
    pub accreditation: String,
    pub issued: Option<Date>,
    pub from: Option<Date>,
    pub until: Option<Date>,
    /// How much of the document's product stands in title and attributes, 0 to 1000.
    pub product_agreement: u16,
    /// How much of the document's brand stands in brand and title, 0 to 1000.
    pub brand_agreement: u16,
}

/// Names of attributes that are read, folded as [`names::key`] folds.
const STANDARD: &[&str] = &["执行标准", "产品标准", "产品标准号", "产品标准代号", "标准", "standard"];
const ORIGIN: &[&str] = &["产地", "原产地", "原产国", "origin", "countryoforigin"];
const LOT: &[&str] = &["批号", "生产批号", "批次", "lot", "batch", "batchnumber"];
const IMPORTED: &[&str] = &["是否进口", "进口", "imported"];

/// Reads a listing's documents once.
#[must_use]
pub fn facts(input: &Input) -> DocumentsFacts {
    let keyed: Vec<(String, &str)> =
        input.attributes.iter().map(|(name, value)| (names::key(name), value.as_str())).collect();
    let attribute = |wanted: &[&str]| {
        let hits = keyed.iter().filter(|(name, _)| wanted.contains(&name.as_str()));
        hits.map(|(_, value)| *value).collect::<Vec<_>>()
    };
    let merchant = input.merchant.as_ref();
    let standards = attribute(STANDARD);
    let origin = attribute(ORIGIN);
    DocumentsFacts {
        category: input.category.clone(),
        brand: input.brand.clone(),
        merchant: merchant.map(|merchant| merchant.name.clone()).unwrap_or_default(),
        merchant_uscc: merchant.map(|merchant| merchant.uscc.clone()).unwrap_or_default(),
        standards: standards.into_iter().flat_map(split_standards).collect(),
        lots: attribute(LOT).into_iter().map(names::key).filter(|lot| !lot.is_empty()).collect(),
        imported: is_imported(&attribute(IMPORTED), &origin),
        stated: stated_numbers(input),
        documents: documents(input),
    }
}

fn documents(input: &Input) -> Vec<DocumentFacts> {
    if input.documents.is_empty() {
        return Vec::new();
    }
    let values = input.attributes.values().map(String::as_str);
    let listing = std::iter::once(input.title.as_str()).chain(values).collect::<Vec<_>>().join(" ");
    let listing = names::Pieces::of(&listing);
    let brands = names::Pieces::of(&format!("{} {}", input.brand, input.title));
    input.documents.iter().map(|document| document_facts(document, &listing, &brands)).collect()
}

/// A number has digits and is short; whatever else stands in attributes is not kept.
fn stated_numbers(input: &Input) -> Vec<StatedNumber> {
    let is_short = |text: &str| text.chars().count() <= numbers::NUMBER_CHARACTERS_MAX;
    let short = input.attributes.iter().filter(|(name, value)| is_short(name) && is_short(value) && !value.is_empty());
    short.map(|(name, value)| StatedNumber { attribute: name.clone(), value: value.clone() }).collect()
}

fn is_imported(stated: &[&str], origin: &[&str]) -> Option<bool> {
    let stated = stated.iter().find_map(|text| match names::key(text).as_str() {
        "是" | "进口" | "yes" | "true" | "1" => Some(true),
        "否" | "国产" | "no" | "false" | "0" => Some(false),
        _ => None,
    });
    stated.or_else(|| {
        origin.iter().find_map(|text| ["进口", "原装"].iter().any(|mark| text.contains(mark)).then_some(true))
    })
}

fn document_facts(document: &DocumentInput, listing: &names::Pieces, brands: &names::Pieces) -> DocumentFacts {
    let date = |text: &str| text.parse().ok();
    DocumentFacts {
        kind: document.kind.clone(),
        number: document.number.clone(),
        holder: document.holder.clone(),
        product: document.product.clone(),
        brand: document.brand.clone(),
        lot: document.lot.clone(),
        standard: document.standard.clone(),
        scope: document.scope.clone(),
        issuer: document.issuer.clone(),
        accreditation: document.accreditation.clone(),
        issued: date(&document.issued),
        from: date(&document.from),
        until: date(&document.until),
        product_agreement: listing.containment(&document.product),
        brand_agreement: brands.containment(&document.brand),
    }
}

/// Several standards in one text (`GB/T 1234-2020、GB 7718-2011`), each as [`standard_key`] has it.
fn split_standards(text: &str) -> Vec<String> {
    text.split(['、', ',', '，', ';', '；', '\n']).map(standard_key).filter(|key| !key.is_empty()).collect()
}

/// A standard without its year and writing: `GB/T 1234—2020` and `gb/t1234` are one.
fn standard_key(text: &str) -> String {
    let normal = numbers::normalised(text);
    let cut = normal.rfind(['-', ':']).filter(|at| {
        let year = &normal[at + 1..];
        year.len() == 4
            && (year.starts_with("19") || year.starts_with("20"))
            && year.bytes().all(|byte| byte.is_ascii_digit())
    });
    cut.map_or(normal.clone(), |at| normal[..at].to_owned()).replace('/', "")
}

/// Holds the facts against the requirement matrix as it is on `at`.
#[must_use]
pub fn findings(facts: &DocumentsFacts, rules: &DocumentRules, listing_id: &str, at: Date) -> Vec<Finding> {
    let mut found = Vec::new();
    let stated_keys = facts.stated.iter().map(|stated| names::key(&stated.attribute)).collect();
    let review = Review { facts, rules, listing_id, at, stated_keys };
    let needs: Vec<&Need> = rules.needs.iter().filter(|need| need.concerns(facts)).collect();
    for need in &needs {
        found.extend(review.missing(need));
    }
    for (stated, key) in facts.stated.iter().zip(&review.stated_keys) {
        found.extend(review.stated(stated, key, &needs));
    }
    for (index, document) in facts.documents.iter().enumerate() {
        match rules.qualifications.get(&document.kind) {
            Some(qualification) => review.document(index, document, qualification, &mut found),
            None => {
                let near = rules.qualifications.nearest(&document.kind).unwrap_or("test-report").to_owned();
                let place = Place { index, document, column: "kind" };
                found.extend(review.say(
                    Question::UnknownKind,
                    &place,
                    &document.kind,
                    "",
                    &near,
                    &[("known", near.as_str())],
                ));
            }
        }
    }
    found
}

/// The place a finding speaks of.
struct Place<'a> {
    index: usize,
    document: &'a DocumentFacts,
    column: &'static str,
}

struct Review<'a> {
    facts: &'a DocumentsFacts,
    rules: &'a DocumentRules,
    listing_id: &'a str,
    at: Date,
    /// The names of the stated attributes, folded; in the order of [`DocumentsFacts::stated`].
    stated_keys: Vec<String>,
}

impl Review<'_> {
    fn missing(&self, need: &Need) -> Option<Finding> {
        let is_there = |kind: &String| self.facts.documents.iter().any(|document| document.kind == *kind);
        // A wrong number in an attribute is a finding of its own; saying it is missing as well would mislead.
        let is_stated = |kind: &String| {
            let names = self.rules.qualifications.get(kind).map_or(&[][..], |known| &known.attributes);
            self.stated_keys.iter().any(|key| names.contains(key))
        };
        if need.kinds.iter().any(|kind| is_there(kind) || is_stated(kind)) {
            return None;
        }
        let name = |pick: fn(&Text) -> &str, or: &str| {
            let names = need
                .kinds
                .iter()
                .map(|kind| self.rules.qualifications.get(kind).map_or(kind.as_str(), |known| pick(&known.name)));
            names.collect::<Vec<_>>().join(or)
        };
        let (zh, en) = (name(|text| &text.zh, "或"), name(|text| &text.en, " or "));
        let mut finding = need.ruling.finding(Check::Documents, self.listing_id, "documents", &[])?;
        let fill = |text: &mut Text| {
            text.zh = text.zh.replace("{document}", &zh);
            text.en = text.en.replace("{document}", &en);
        };
        fill(&mut finding.reason);
        finding.fix.iter_mut().for_each(fill);
        finding.evidence = Some(json!({ "missing": need.kinds, "category": self.facts.category }));
        Some(finding)
    }

    /// A number in an attribute: it must fit one of the kinds that the category needs and that go by this attribute's name.
    fn stated(&self, stated: &StatedNumber, attribute: &String, needs: &[&Need]) -> Option<Finding> {
        let kinds = needs.iter().flat_map(|need| &need.kinds).filter_map(|kind| self.rules.qualifications.get(kind));
        let verdicts: Vec<(&str, Verdict)> = kinds
            .filter(|known| known.attributes.contains(attribute))
            .map(|known| (known.kind.as_str(), known.check_number(&stated.value)))
            .collect();
        let best = verdicts.iter().min_by_key(|(_, verdict)| (!verdict.is_valid(), verdict.is_invalid()))?;
        let document =
            DocumentFacts { kind: best.0.to_owned(), number: stated.value.clone(), ..DocumentFacts::default() };
        let mut finding = self.verdict(&Place { index: 0, document: &document, column: "number" }, &best.1)?;
        finding.field = format!("attributes.{}", stated.attribute);
        Some(finding)
    }

    /// One finding about one field of one document.
    fn say(
        &self,
        question: Question,
        place: &Place<'_>,
        stated: &str,
        source: &str,
        expected: &str,
        more: &[(&str, &str)],
    ) -> Option<Finding> {
        let field = format!("documents[{}].{}", place.index, place.column);
        let mut fills = vec![("stated", stated), ("expected", expected), ("document", place.document.kind.as_str())];
        fills.extend(more);
        let mut finding = self.rules.ruling(question)?.finding(Check::Documents, self.listing_id, &field, &fills)?;
        stated.clone_into(&mut finding.text);
        finding.evidence =
            Some(json!({ "document": place.document.kind, "stated": stated, "source": source, "expected": expected }));
        Some(finding)
    }

    fn document(
        &self,
        index: usize,
        document: &DocumentFacts,
        qualification: &Qualification,
        found: &mut Vec<Finding>,
    ) {
        let at = |column: &'static str| Place { index, document, column };
        found.extend(self.number(&at("number"), qualification));
        found.extend(self.dates(index, document, qualification));
        if qualification.holder == Holder::Merchant
            && !self.facts.merchant.is_empty()
            && !document.holder.is_empty()
            && !names::same(&document.holder, &self.facts.merchant)
        {
            found.extend(self.say(
                Question::HolderDiffers,
                &at("holder"),
                &document.holder,
                "merchant.name",
                &self.facts.merchant,
                &[],
            ));
        }
        if qualification.number == Some(NumberKind::Uscc)
            && !self.facts.merchant_uscc.is_empty()
            && numbers::normalised(&document.number) != numbers::normalised(&self.facts.merchant_uscc)
        {
            found.extend(self.say(
                Question::HolderDiffers,
                &at("number"),
                &document.number,
                "merchant.uscc",
                &self.facts.merchant_uscc,
                &[],
            ));
        }
        if !document.brand.is_empty()
            && !self.facts.brand.is_empty()
            && document.brand_agreement < self.rules.limits.brand_agreement_min
        {
            found.extend(self.say(
                Question::BrandDiffers,
                &at("brand"),
                &document.brand,
                "brand",
                &self.facts.brand,
                &[],
            ));
        }
        if !document.product.is_empty() && document.product_agreement < self.rules.limits.product_agreement_min {
            found.extend(self.say(Question::ProductDiffers, &at("product"), &document.product, "title", "", &[]));
        }
        if !document.lot.is_empty()
            && !self.facts.lots.is_empty()
            && !self.facts.lots.contains(&names::key(&document.lot))
        {
            found.extend(self.say(
                Question::LotDiffers,
                &at("lot"),
                &document.lot,
                "attributes",
                &self.facts.lots.join(", "),
                &[],
            ));
        }
        let standards = split_standards(&document.standard);
        if !standards.is_empty()
            && !self.facts.standards.is_empty()
            && !standards.iter().any(|standard| self.facts.standards.contains(standard))
        {
            found.extend(self.say(
                Question::StandardDiffers,
                &at("standard"),
                &document.standard,
                "attributes",
                &self.facts.standards.join(", "),
                &[],
            ));
        }
        if let Some(scope) = self.rules.scope_of(&self.facts.category)
            && self.rules.limits.scoped_kinds.contains(&document.kind)
            && !document.scope.is_empty()
            && !scope.iter().any(|word| names::key(&document.scope).contains(&names::key(word)))
        {
            found.extend(self.say(
                Question::ScopeDiffers,
                &at("scope"),
                &document.scope,
                "category",
                &scope.join(" / "),
                &[],
            ));
        }
        if self.rules.limits.laboratory_kinds.contains(&document.kind) {
            found.extend(self.laboratory(&at("accreditation")));
        }
    }

    fn number(&self, place: &Place<'_>, qualification: &Qualification) -> Option<Finding> {
        let number = &place.document.number;
        if number.trim().is_empty() {
            return qualification.number.and_then(|_| self.say(Question::NumberMissing, place, "", "", "", &[]));
        }
        self.verdict(place, &qualification.check_number(number))
    }

    fn verdict(&self, place: &Place<'_>, verdict: &Verdict) -> Option<Finding> {
        let number = &place.document.number;
        let (question, reason) = match verdict {
            Verdict::Valid => return None,
            Verdict::Suspicious { reason } => (Question::NumberSuspicious, reason),
            Verdict::Invalid { reason, .. } => (Question::NumberInvalid, reason),
        };
        let mut finding = self.say(question, place, number, "", "", &[])?;
        finding.reason.zh = finding.reason.zh.replace("{why}", &reason.zh);
        finding.reason.en = finding.reason.en.replace("{why}", &reason.en);
        let length = number.chars().count();
        if length > 0 {
            (finding.start, finding.end) = (Some(0), Some(length));
        }
        Some(finding)
    }

    fn dates(&self, index: usize, document: &DocumentFacts, qualification: &Qualification) -> Option<Finding> {
        let place = |column| Place { index, document, column };
        let today = self.at.to_string();
        if let (Some(from), Some(until)) = (document.from.or(document.issued), document.until)
            && until < from
        {
            return self.say(
                Question::DatesContradict,
                &place("until"),
                &until.to_string(),
                "from",
                &from.to_string(),
                &[],
            );
        }
        if let Some(issued) = document.issued.filter(|issued| *issued > self.at) {
            return self.say(Question::IssuedInFuture, &place("issued"), &issued.to_string(), "", &today, &[]);
        }
        if let Some(from) = document.from.filter(|from| *from > self.at) {
            return self.say(Question::NotYetValid, &place("from"), &from.to_string(), "", &today, &[]);
        }
        match document.until {
            Some(until) if until < self.at => {
                self.say(Question::Expired, &place("until"), &until.to_string(), "", &today, &[])
            }
            Some(_) => None,
            None => match (qualification.valid_days, document.issued) {
                (Some(days), Some(issued)) => {
                    let last = issued.checked_add(jiff::Span::new().days(days)).unwrap_or(Date::MAX);
                    (last < self.at)
                        .then(|| {
                            self.say(
                                Question::TooOld,
                                &place("issued"),
                                &issued.to_string(),
                                "",
                                &last.to_string(),
                                &[],
                            )
                        })
                        .flatten()
                }
                _ if qualification.expires => self.say(Question::UntilMissing, &place("until"), "", "", "", &[]),
                _ => None,
            },
        }
    }

    /// A report needs a laboratory with a number that can have been issued.
    fn laboratory(&self, place: &Place<'_>) -> Option<Finding> {
        let stated = &place.document.accreditation;
        let holds = stated.split(['、', ',', '，', ';', '；', '/', '\n']).any(|part| {
            let part = numbers::normalised(part);
            self.rules.limits.laboratory_numbers.iter().any(|kind| numbers::check(*kind, &part).is_valid())
        });
        if holds { None } else { self.say(Question::LaboratoryUnproven, place, stated, "", "", &[]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_attributes_that_are_read_are_written_folded() {
        for name in [STANDARD, ORIGIN, LOT, IMPORTED].concat() {
            assert_eq!(names::key(name), name);
        }
    }
}
