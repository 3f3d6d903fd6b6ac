//! Rows of the policy table `detectors`.

use crate::names::{Level, Measure, Method, Scope};
use crate::policy::{Policy, Refused};
use policy::text::nearest;
use policy::{Bilingual, Pack, Report, Row, TableRow};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Whom a key is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CohortBy {
    /// Goods of its category; all goods where the category is small or not known.
    Category,
    /// All goods.
    All,
}

/// What is proposed to whoever handles the alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Look at it.
    Look,
    /// Have it tested.
    Inspect,
    /// Stop its sale.
    StopSale,
}

impl Action {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Action::Look => "look",
            Action::Inspect => "inspect",
            Action::StopSale => "stop_sale",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Action> {
        [Action::Look, Action::Inspect, Action::StopSale].into_iter().find(|action| action.name() == name)
    }
}

/// A row of the table `detectors`: one detector as it is run. Reason and fix are what the merchant reads once something is
/// done about an alert.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorRow {
    /// How staff call it.
    pub title: Bilingual,
    /// Name of a [`Method`].
    pub method: String,
    /// Name of a [`Measure`], for methods that count one.
    #[serde(default)]
    pub measure: Option<String>,
    /// Name of a [`Scope`].
    pub scope: String,
    /// Name of a [`Level`].
    pub level: String,
    /// The error rate to hold, in 0..1; what it promises depends on the method.
    pub error_rate: f64,
    /// Whom a key is compared with.
    pub cohort: CohortBy,
    /// What is proposed.
    pub action: Action,
    /// How long handling one alert takes, minutes.
    pub minutes_per_alert: u32,
    /// Thresholds by name; which, the method says.
    pub limits: BTreeMap<String, f64>,
}

impl DetectorRow {
    /// The row as the engine runs it. `id` is the row's.
    ///
    /// # Errors
    /// The column to blame, and why.
    pub fn policy(&self, id: &str) -> Result<Policy, (&'static str, Bilingual)> {
        let method = word("method", &self.method, Method::from_name, Method::ALL.iter().map(|one| one.name()))?;
        let measure = match &self.measure {
            None => None,
            Some(name) => Some(word("measure", name, Measure::from_name, Measure::ALL.iter().map(|one| one.name()))?),
        };
        let scope = word("scope", &self.scope, Scope::from_name, Scope::ALL.iter().map(|one| one.name()))?;
        let level = word("level", &self.level, Level::from_name, Level::ALL.iter().map(|one| one.name()))?;
        let given = self.limits.iter().map(|(name, value)| (name.as_str(), *value));
        Policy::new(id, (method, measure), scope, level, self.error_rate, given)
            .map_err(|refused| explain(&refused, method))
    }
}

fn word<T>(
    column: &'static str,
    text: &str,
    read: impl Fn(&str) -> Option<T>,
    known: impl Iterator<Item = &'static str> + Clone,
) -> Result<T, (&'static str, Bilingual)> {
    read(text).ok_or_else(|| {
        let all = known.clone().collect::<Vec<_>>().join(", ");
        let near = nearest(text, known);
        let zh = near.map(|near| format!("，您是否想写“{near}”？")).unwrap_or_default();
        let en = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let zh = format!("没有“{text}”{zh}。可用：{all}");
        (column, Bilingual::new(zh, format!("There is no `{text}`{en}. Known: {all}")))
    })
}

fn explain(refused: &Refused, method: Method) -> (&'static str, Bilingual) {
    let name = method.name();
    match refused {
        Refused::Scope => {
            let all = method.scopes().iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", ");
            let zh = format!("“{name}”不能用于这一对象。可用：{all}");
            ("scope", Bilingual::new(zh, format!("`{name}` cannot be about this. Possible: {all}")))
        }
        Refused::Measure if method.is_counting() => (
            "measure",
            Bilingual::new(format!("“{name}”需要写明统计什么（measure）"), format!("`{name}` needs a `measure`")),
        ),
        Refused::Measure => (
            "measure",
            Bilingual::new(format!("“{name}”不用 measure，请删去"), format!("`{name}` has no `measure`; leave it out")),
        ),
        Refused::ErrorRate => {
            ("error_rate", Bilingual::new("应大于 0 且小于 1", "It lies between 0 and 1, both excluded"))
        }
        Refused::Missing(limit) => (
            "limits",
            Bilingual::new(format!("缺少阈值“{limit}”，请补上"), format!("The threshold `{limit}` is missing; add it")),
        ),
        Refused::Unknown(limit) => {
            let known = || method.limits().iter().map(|limit| limit.name);
            let all = known().collect::<Vec<_>>().join(", ");
            let near = nearest(limit, known());
            let zh = near.map(|near| format!("，您是否想写“{near}”？")).unwrap_or_default();
            let en = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let zh = format!("没有“{limit}”这个阈值{zh}。可用：{all}");
            ("limits", Bilingual::new(zh, format!("There is no threshold `{limit}`{en}. Known: {all}")))
        }
        Refused::Range(limit) => (
            "limits",
            Bilingual::new(
                format!("“{}”应在 {} 与 {} 之间", limit.name, limit.minimum, limit.maximum),
                format!("`{}` lies between {} and {}", limit.name, limit.minimum, limit.maximum),
            ),
        ),
    }
}

impl TableRow for DetectorRow {
    const TABLE: &'static str = "detectors";
    const REASON_REQUIRED: bool = true;

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        if let Err((column, message)) = row.body.policy(&row.id) {
            report.refuse(column, "detector_refused", message);
        }
    }
}

/// Declares the policy table `detectors`.
pub fn tables(tables: &mut policy::Tables) {
    tables.with::<DetectorRow>();
}
