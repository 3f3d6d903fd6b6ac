//! What comes out of screening. These types are the output format of `touchstone screen` and of the API: field names
//! are a contract.

use serde::{Deserialize, Serialize};

/// The same text in both languages of the product.
pub use ground::Bilingual as Text;

/// The check a finding comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Form of the input itself: control and bidi characters, unknown or empty fields.
    Form,
    Claims,
    Documents,
    Images,
    Price,
    Brand,
    Change,
    /// Goods that were refused before, under whatever merchant. Found by the listings slice, which keeps that bank.
    SameGoods,
    /// Goods a public notice recalls.
    Recalls,
}

/// How bad it is if it is true. Ordered: `Info < Minor < Major < Severe`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Minor,
    Major,
    Severe,
}

/// Whether a finding counts. A rule in shadow is reported and never decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    On,
    Shadow,
}

/// A legal basis: the pack's key of the law, the article, and both as a person reads them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// Key of the law in the pack's register of laws, for instance `ad-law`.
    pub law: String,
    /// Article, paragraph, item as the pack writes them, for instance `9(3)`.
    pub article: String,
    /// Name of the law with the article, original language and translation.
    pub name: Text,
}

/// A place on an image, in pixels of the image as handed in (before any rotation by metadata).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageBox {
    /// Index in [`crate::Input::images`].
    pub image: usize,
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

/// One thing that is wrong, or that a person should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub check: Check,
    /// Id of the policy row that speaks, for instance `cn-claims-absolute-first`.
    pub rule: String,
    pub severity: Severity,
    /// `title`, `description`, `attributes.<name>`, `images[0]`, `documents[1].number`, … Empty: the whole listing.
    pub field: String,
    /// First character of the span in the original text of the field (characters, not bytes). Absent: no span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<usize>,
    /// One past the last character of the span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<usize>,
    /// The original text of the span, or the value of the field in question.
    #[serde(default)]
    pub text: String,
    pub reason: Text,
    pub basis: Vec<Basis>,
    /// What would mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Text>,
    /// Ids of the exemptions that were tried and did not apply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exemptions_considered: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_box: Option<ImageBox>,
    /// What it rests on besides the span: the matched image, comparable prices, the brand looked like, … Shape per
    /// check; documented there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<serde_json::Value>,
    /// One of the zero-tolerance kinds of the decision policy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub zero_tolerance: bool,
    #[serde(default)]
    pub mode: Mode,
}

impl Finding {
    /// A finding about a whole field, without a span. The pattern for checks: start here and fill in what is known.
    #[must_use]
    pub fn new(check: Check, rule: &str, severity: Severity, field: &str, reason: Text) -> Self {
        Self {
            check,
            rule: rule.to_owned(),
            severity,
            field: field.to_owned(),
            start: None,
            end: None,
            text: String::new(),
            reason,
            basis: Vec::new(),
            fix: None,
            exemptions_considered: Vec::new(),
            image_box: None,
            evidence: None,
            zero_tolerance: false,
            mode: Mode::On,
        }
    }
}

/// What happens to the version by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Pass,
    Review,
    Reject,
}

/// A term that was found and let pass, and the exemption that let it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    pub rule: String,
    pub exemption: String,
    pub field: String,
    pub start: usize,
    pub end: usize,
    pub text: String,
}

/// Which policy decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackVersion {
    pub pack: String,
    /// Content hash of the pack.
    pub version: String,
}

/// The result for one listing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub id: String,
    pub market: String,
    pub decision: Decision,
    /// Sorted by severity (worst first), then field and span.
    pub findings: Vec<Finding>,
    /// Terms found and let pass, with the exemption that let them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cleared: Vec<Cleared>,
    pub packs: Vec<PackVersion>,
    /// Date the rules were applied for.
    pub at: String,
    /// Remarks on the input that are no findings, for instance fields nobody reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Text>,
}
