//! What every page function is handed: who reads, in which language, where, when.

use std::sync::Arc;

use ground::{Bilingual, Language, Timestamp};
use maud::{Markup, html};

use crate::language::{Arg, Catalogs};
use crate::parts::Tone;

/// The name of the hidden field that carries the CSRF token in every form.
pub const CSRF_FIELD: &str = "csrf_token";

/// The four places of the product. Each has its own shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    Console,
    Merchant,
    Partner,
    Public,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub id: String,
    pub name: String,
    pub roles: Vec<String>,
    pub area: Area,
    /// The merchant, laboratory or authority the person acts for; none for the operator's own people.
    pub organisation: Option<String>,
}

/// One entry of the left navigation. `key` is a Fluent id, `icon` a name known to [`crate::icon`].
#[derive(Clone, Debug)]
pub struct NavEntry {
    pub area: Area,
    pub href: String,
    pub key: String,
    pub icon: &'static str,
    /// Open work, shown beside the entry; nothing is shown for `None` and 0.
    pub count: Option<u64>,
    /// Roles that see it; everyone in the area when empty.
    pub roles: Vec<String>,
    /// Addresses outside of `href` whose pages belong to the entry.
    pub covers: Vec<String>,
}

impl NavEntry {
    /// An entry without count, seen by everyone in the area.
    pub fn new(area: Area, key: &str, href: &str, icon: &'static str) -> Self {
        Self { area, href: href.into(), key: key.into(), icon, count: None, roles: Vec::new(), covers: Vec::new() }
    }

    /// Pages below these addresses belong to the entry too.
    #[must_use]
    pub fn covers(mut self, addresses: &[&str]) -> Self {
        self.covers = addresses.iter().map(|address| (*address).to_owned()).collect();
        self
    }

    #[must_use]
    pub fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    #[must_use]
    pub fn roles(mut self, roles: &[&str]) -> Self {
        self.roles = roles.iter().map(|r| (*r).to_owned()).collect();
        self
    }
}

/// A message shown once at the top of the next page.
#[derive(Clone, Debug)]
pub struct Flash {
    pub tone: Tone,
    pub text: String,
}

/// Light, dark, or as the reader's device says. The toggle keeps it in the cookie `theme`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Device,
    Light,
    Dark,
}

/// The page context. Page functions take `cx: &View` as their first argument.
#[derive(Clone, Debug)]
pub struct View {
    pub language: Language,
    pub catalogs: Arc<Catalogs>,
    /// Path of this page, starting with `/`.
    pub path: String,
    /// Query string without `?`, as it came.
    pub query: String,
    pub csrf: String,
    pub viewer: Option<Viewer>,
    pub nav: Vec<NavEntry>,
    pub now: Timestamp,
    /// The reader's zone, in which every time is shown.
    pub zone: jiff::tz::TimeZone,
    pub flash: Vec<Flash>,
    pub theme: Theme,
    /// Shows the banner that says the data is made up.
    pub demonstration: bool,
}

impl View {
    /// A view with nothing but language, path and time: for tests, and to start from in the web layer.
    pub fn new(catalogs: Arc<Catalogs>, language: Language, path: &str, now: Timestamp) -> Self {
        Self {
            language,
            catalogs,
            path: path.into(),
            query: String::new(),
            csrf: String::new(),
            viewer: None,
            nav: Vec::new(),
            now,
            zone: jiff::tz::TimeZone::UTC,
            flash: Vec::new(),
            theme: Theme::Device,
            demonstration: false,
        }
    }

    /// The text of a message.
    pub fn t(&self, id: &str) -> String {
        self.catalogs.text(self.language, id, &[])
    }

    /// The text of a message with values: `cx.ta("x-count", &[("n", 3.into())])`.
    pub fn ta(&self, id: &str, args: &[Arg<'_>]) -> String {
        self.catalogs.text(self.language, id, args)
    }

    /// `zh-CN` or `en`, for the `lang` attribute.
    pub fn lang(&self) -> &'static str {
        self.language.tag()
    }

    /// The text of a policy row or finding in the reader's language.
    pub fn both<'a>(&self, text: &'a Bilingual) -> &'a str {
        text.get(self.language)
    }

    /// Whether the viewer has one of these roles.
    pub fn has_role(&self, roles: &[&str]) -> bool {
        self.viewer.as_ref().is_some_and(|v| v.roles.iter().any(|r| roles.contains(&r.as_str())))
    }

    // --- this page with another query -------------------------------------------------------------------------

    /// Decoded value of a query parameter (the first, where it stands several times).
    pub fn param(&self, name: &str) -> Option<String> {
        self.params().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// All decoded query parameters in order. `lang` is left out: it is spent by the web layer.
    pub fn params(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().filter(|(key, _)| key != "lang").collect()
    }

    /// This page with some parameters set (`Some`) or removed (`None`); the others stay.
    pub fn href_with(&self, changes: &[(&str, Option<&str>)]) -> String {
        let kept = self.params().into_iter().filter(|(key, _)| !changes.iter().any(|(name, _)| name == key));
        let mut out = url::form_urlencoded::Serializer::new(String::new());
        out.extend_pairs(kept);
        out.extend_pairs(changes.iter().filter_map(|(name, value)| value.map(|v| (*name, v))));
        let query = out.finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }

    // --- numbers ----------------------------------------------------------------------------------------------

    /// A whole number with thousands separators: `12,345`.
    pub fn number(&self, value: impl Into<i128>) -> String {
        let value: i128 = value.into();
        let grouped = group(&value.unsigned_abs().to_string());
        if value < 0 { format!("−{grouped}") } else { grouped }
    }

    /// A number with a fixed count of decimals: `1,234.50`. Not finite shows as `—`.
    pub fn decimal(&self, value: f64, decimals: usize) -> String {
        if !value.is_finite() {
            return "—".into();
        }
        let text = format!("{:.decimals$}", value.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let sign = if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) { "−" } else { "" };
        let dot = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{}{dot}{fraction}", group(whole))
    }

    /// A share in 0..=1 as percent with one decimal: `98.4 %` (en), `98.4%` (zh).
    pub fn percent(&self, share: f64) -> String {
        self.percent_to(share, 1)
    }

    /// A share in 0..=1 as percent with a fixed count of decimals.
    pub fn percent_to(&self, share: f64, decimals: usize) -> String {
        if share.is_finite() { format!("{}%", self.decimal(share * 100.0, decimals)) } else { "—".into() }
    }

    /// An amount in minor units with its ISO 4217 currency: `¥1,234.50`.
    pub fn money(&self, minor: i64, currency: &str) -> String {
        let symbol = match (currency, self.language) {
            ("CNY", Language::Zh) => "¥".to_owned(),
            ("CNY", Language::En) => "CN¥".to_owned(),
            ("USD", Language::En) => "$".to_owned(),
            ("USD", Language::Zh) => "US$".to_owned(),
            ("EUR", _) => "€".to_owned(),
            ("GBP", _) => "£".to_owned(),
            ("HKD", _) => "HK$".to_owned(),
            (code, _) => format!("{code} "),
        };
        let plain = ground::money::format_minor(minor, currency);
        let unsigned = plain.trim_start_matches('-');
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let sign = if minor < 0 { "−" } else { "" };
        let dot = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{symbol}{}{dot}{fraction}", group(whole))
    }

    // --- times ------------------------------------------------------------------------------------------------

    fn zoned(&self, at: Timestamp) -> jiff::ZonedDateTime {
        at.to_jiff().to_zoned_datetime(self.zone.clone())
    }

    /// The day in the reader's zone, plain text: `2026-03-02`.
    pub fn date_text(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%Y-%m-%d").to_string()
    }

    /// Day and minute in the reader's zone, plain text: `2026-03-02 14:05`.
    pub fn moment_text(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// Second and offset, for tooltips and proofs: `2026-03-02 14:05:09 +08:00`.
    pub fn exact_text(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    /// The day as `<time>`, exact time on hover.
    pub fn date(&self, at: Timestamp) -> Markup {
        self.time(at, &self.date_text(at))
    }

    /// Day and minute as `<time>`, exact time on hover.
    pub fn moment(&self, at: Timestamp) -> Markup {
        self.time(at, &self.moment_text(at))
    }

    /// How long ago or until when, as `<time>`, exact time on hover: `3 小时前`, `in 2 days`.
    pub fn time_ago(&self, at: Timestamp) -> Markup {
        self.time(at, &self.time_ago_text(at))
    }

    /// How long ago or until when, plain text.
    pub fn time_ago_text(&self, at: Timestamp) -> String {
        let seconds = self.now.to_jiff().as_second() - at.to_jiff().as_second();
        if seconds.abs() < 60 {
            return self.t("ui-time-now");
        }
        let span = self.span_text(seconds.abs());
        let id = if seconds > 0 { "ui-time-ago" } else { "ui-time-in" };
        self.ta(id, &[("span", span.into())])
    }

    /// A length of time in its largest fitting unit: `45 分钟`, `3 days`.
    pub fn span_text(&self, seconds: i64) -> String {
        let (id, n) = match seconds.abs() {
            s if s < 3_600 => ("ui-time-minutes", (s / 60).max(1)),
            s if s < 48 * 3_600 => ("ui-time-hours", s / 3_600),
            s if s < 60 * 86_400 => ("ui-time-days", s / 86_400),
            s if s < 730 * 86_400 => ("ui-time-months", s / (30 * 86_400)),
            s => ("ui-time-years", s / (365 * 86_400)),
        };
        self.ta(id, &[("n", n.into())])
    }

    fn time(&self, at: Timestamp, text: &str) -> Markup {
        html! { time datetime=(at.to_jiff().to_string()) title=(self.exact_text(at)) { (text) } }
    }

    /// Seconds from now until `at`; negative when it has passed.
    pub fn seconds_until(&self, at: Timestamp) -> i64 {
        at.to_jiff().as_second() - self.now.to_jiff().as_second()
    }
}

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
