//! The links of an address (GS1-Conformant Resolver; RFC 9264 for the document, RFC 8288 for the header).

use crate::address::{Address, Level};
use crate::known::Known;
use crate::model::Outcome;
use ground::Language;
use serde_json::{Map, Value, json};

/// Where the link types are defined.
const VOCABULARY: &str = "https://gs1.org/voc/";

/// The kinds of link this resolver has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkType {
    /// Product information page.
    Pip,
    /// Where it has been.
    Traceability,
    /// Certificates and test reports.
    CertificationInfo,
    /// Whether it is called back.
    RecallStatus,
    /// Who answers for it: where to complain.
    Support,
}

impl LinkType {
    /// Every kind.
    pub const ALL: [LinkType; 5] =
        [LinkType::Pip, LinkType::Traceability, LinkType::CertificationInfo, LinkType::RecallStatus, LinkType::Support];

    /// Its name in the vocabulary.
    pub fn name(self) -> &'static str {
        match self {
            LinkType::Pip => "pip",
            LinkType::Traceability => "traceability",
            LinkType::CertificationInfo => "certificationInfo",
            LinkType::RecallStatus => "recallStatus",
            LinkType::Support => "support",
        }
    }

    /// Its full name.
    pub fn uri(self) -> String {
        format!("{VOCABULARY}{}", self.name())
    }

    /// Reads `gs1:pip`, `pip` or the full name.
    pub fn from_name(name: &str) -> Option<LinkType> {
        let short = name.strip_prefix("gs1:").or_else(|| name.strip_prefix(VOCABULARY)).unwrap_or(name);
        LinkType::ALL.into_iter().find(|link| link.name() == short)
    }

    fn title(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            LinkType::Pip => ("商品信息", "Product information"),
            LinkType::Traceability => ("流转过程", "Journey"),
            LinkType::CertificationInfo => ("证书与检测报告", "Certificates and test reports"),
            LinkType::RecallStatus => ("召回情况", "Recall state"),
            LinkType::Support => ("举报可疑商品", "Report a suspicious product"),
        };
        match language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its kind.
    pub kind: LinkType,
    /// Where it leads, below the base address.
    pub path: String,
    /// Media type.
    pub media: &'static str,
}

/// The links of an address itself, not of what it belongs to.
pub fn links(known: &Known, address: &Address) -> Vec<Link> {
    let path = address.path();
    let page = |kind, part: &str| Link { kind, path: format!("{path}{part}"), media: "text/html" };
    let mut all = vec![page(LinkType::Pip, "")];
    if address.level() > Level::Product && known.lot.is_some() {
        all.push(page(LinkType::Traceability, "#journey"));
        all.push(page(LinkType::CertificationInfo, "#papers"));
    }
    all.push(page(LinkType::RecallStatus, "#recall"));
    let code = url::form_urlencoded::Serializer::new(String::new()).append_pair("code", &path).finish();
    all.push(Link { kind: LinkType::Support, path: format!("/s/report?{code}"), media: "text/html" });
    all
}

/// The link of a kind: the address's own, or that of the nearest thing above that has one.
pub fn find(known: &Known, kind: LinkType) -> Option<Link> {
    let mut levels = known.address.upwards();
    levels.truncate(if is_known(known) { usize::MAX } else { 0 });
    levels.iter().find_map(|address| links(known, address).into_iter().find(|link| link.kind == kind))
}

/// Whether there is anything to link to: of a forged or unknown code there is not.
pub fn is_known(known: &Known) -> bool {
    !matches!(known.outcome, Outcome::Forged | Outcome::Invalid) && known.product.is_some()
}

/// The linkset: the address and everything it belongs to, each with its links.
pub fn document(known: &Known, base: &str) -> Value {
    let mut sets = Vec::new();
    for address in known.address.upwards() {
        let mut set = Map::new();
        set.insert("anchor".into(), json!(format!("{base}{}", address.path())));
        if let Some(product) = &known.product {
            set.insert("itemDescription".into(), json!(product));
        }
        let default = json!([{ "href": format!("{base}{}", address.path()), "title": LinkType::Pip.title(Language::En), "type": "text/html", "hreflang": ["zh-CN", "en"] }]);
        set.insert(format!("{VOCABULARY}defaultLink"), default);
        for link in links(known, &address) {
            // Both languages are one address: which one is shown is negotiated, or asked for with `lang`.
            let entry = json!([target(base, &link, Language::Zh), target(base, &link, Language::En),]);
            set.insert(link.kind.uri(), entry);
        }
        sets.push(Value::Object(set));
    }
    json!({ "linkset": sets })
}

fn target(base: &str, link: &Link, language: Language) -> Value {
    json!({
        "href": format!("{base}{}", in_language(&link.path, language)),
        "title": link.kind.title(language),
        "type": link.media,
        "hreflang": [language.tag()],
    })
}

/// The same address in one language; the part behind `#` stays last.
fn in_language(path: &str, language: Language) -> String {
    let (path, part) = path.split_once('#').map_or((path, None), |(path, part)| (path, Some(part)));
    let joint = if path.contains('?') { '&' } else { '?' };
    let part = part.map(|part| format!("#{part}")).unwrap_or_default();
    format!("{path}{joint}lang={}{part}", language.tag())
}

/// The `Link` header: this address's own links, the linkset, and the same thing in GS1's own name space.
pub fn header(known: &Known, base: &str) -> String {
    let path = known.address.path();
    let mut parts = vec![
        format!("<{base}{path}?linkType=linkset>; rel=\"linkset\"; type=\"application/linkset+json\""),
        format!("<https://id.gs1.org{path}>; rel=\"owl:sameAs\""),
    ];
    if is_known(known) {
        for link in links(known, &known.address) {
            parts.push(format!(
                "<{base}{}>; rel=\"{}\"; type=\"{}\"; hreflang=\"zh-CN\"; hreflang=\"en\"; title=\"{}\"",
                link.path,
                link.kind.uri(),
                link.media,
                link.kind.title(Language::En)
            ));
        }
    }
    parts.join(", ")
}

/// What this resolver can do, for `/.well-known/gs1resolver`.
pub fn description(base: &str) -> Value {
    let kinds: Map<String, Value> = LinkType::ALL
        .into_iter()
        .map(|kind| (kind.uri(), json!({ "title": kind.title(Language::En), "gs1": format!("gs1:{}", kind.name()) })))
        .collect();
    json!({
        "name": "Touchstone 试金石",
        "resolverRoot": base,
        "supportedPrimaryKeys": ["01"],
        "linkTypeDefaultCanBeLinkset": false,
        "supportedContextValuesEnumerated": [],
        "validatesSyntax": true,
        "activeLinkTypes": { "zh-CN": kinds.clone(), "en": kinds },
    })
}
