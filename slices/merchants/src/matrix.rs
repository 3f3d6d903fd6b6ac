//! What a market asks of merchants: its categories, the kinds of papers, and which category needs which. Read from the
//! policy pack (tables `categories` and `qualifications`, whose rows `screening` owns) as of a day.

use crate::Error;
use ground::Bilingual;
use jiff::civil::Date;
use kernel::Kernel;
use screening::categories::Categories;
use screening::numbers::{self, NumberKind, Verdict};
pub use screening::qualifications::Holder;
use screening::qualifications::{Bearer, Qualifications};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

/// What the form and check digits of a number say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberOutcome {
    /// As issued numbers are.
    Good,
    /// A person must look; never refused for this alone.
    Doubt,
    /// Nobody issued it.
    Wrong,
}

impl NumberOutcome {
    fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Valid => NumberOutcome::Good,
            Verdict::Suspicious { .. } => NumberOutcome::Doubt,
            Verdict::Invalid { .. } => NumberOutcome::Wrong,
        }
    }
}

/// A kind of paper a merchant may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindRule {
    /// Key, for instance `food-business-licence`.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// Who issues it.
    pub issuer: Bilingual,
    /// Form of its number; `None`: any.
    pub number: Option<NumberKind>,
    /// Whose name stands on it.
    pub holder: Holder,
    /// Whether it must state a last day.
    pub ends: bool,
    /// Longest time it is taken from its first day where it states no last day, days.
    pub valid_days: Option<i32>,
    /// Its number is the merchant's own register number.
    pub is_identity: bool,
    /// Whether its issuer must be named.
    pub issuer_required: bool,
    /// Asked of merchants for a category. The others (a trademark, a test report) a merchant may show too: they speak for
    /// its listings.
    pub is_asked_of_merchants: bool,
}

/// One requirement: any one of these kinds will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Keys of the kinds, the usual one first.
    pub any_of: Vec<String>,
    /// Categories it holds in, and for everything under them; `*` is every one.
    pub required_in: Vec<String>,
}

/// A category as forms show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryName {
    /// Slash path.
    pub path: String,
    /// Names from the root down.
    pub name: Bilingual,
    /// Levels from the root, 1 for a root.
    pub depth: usize,
}

/// The requirements of one market on one day.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    market: String,
    version: String,
    categories: BTreeMap<String, CategoryName>,
    kinds: BTreeMap<String, KindRule>,
    requirements: Vec<Requirement>,
}

/// Most matrices kept ready: markets times days around a change of day or pack.
const READY_MAX: usize = 16;

/// Market, version of its pack, day.
type ReadyKey = (String, String, Date);

static READY: LazyLock<Mutex<HashMap<ReadyKey, Arc<Matrix>>>> = LazyLock::new(Mutex::default);

impl Matrix {
    /// The matrix in force today.
    ///
    /// # Errors
    /// [`Error::Market`] when there is no pack for the market or a row cannot be read.
    pub fn of(kernel: &Kernel, market: &str) -> Result<Arc<Matrix>, Error> {
        let refused = |reason: String| Error::Market { market: market.chars().take(20).collect(), reason };
        let packs = kernel.packs();
        let pack = packs.market(market).map_err(|error| refused(error.to_string()))?;
        let key: ReadyKey = (market.to_owned(), pack.version().to_owned(), kernel.today());
        let ready = || READY.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(matrix) = ready().get(&key) {
            return Ok(Arc::clone(matrix));
        }
        let categories = Categories::from_pack(pack, key.2).map_err(|error| refused(error.to_string()))?;
        let qualifications = Qualifications::from_pack(pack, key.2).map_err(|error| refused(error.to_string()))?;
        let matrix = Arc::new(Matrix::join(market, pack.version(), &categories, &qualifications));
        let mut ready = ready();
        if ready.len() >= READY_MAX {
            ready.clear();
        }
        ready.insert(key, Arc::clone(&matrix));
        Ok(matrix)
    }

    fn join(market: &str, version: &str, categories: &Categories, qualifications: &Qualifications) -> Matrix {
        let categories = categories.iter().map(|category| {
            let line = categories.breadcrumb(&category.path);
            let name = CategoryName {
                path: category.path.clone(),
                name: Bilingual::new(line.zh.clone(), line.en.clone()),
                depth: category.depth(),
            };
            (category.path.clone(), name)
        });
        let of_merchant = || qualifications.iter().filter(|q| q.bearer == Bearer::Merchant);
        let alternatives: Vec<&String> = of_merchant().flat_map(|q| &q.or).collect();
        let kinds = qualifications.iter().map(|q| {
            let rule = KindRule {
                id: q.kind.clone(),
                name: Bilingual::new(q.name.zh.clone(), q.name.en.clone()),
                issuer: Bilingual::new(q.issuer.zh.clone(), q.issuer.en.clone()),
                number: q.number,
                // A paper that serves instead of a merchant's must be the merchant's own.
                holder: if alternatives.contains(&&q.kind) { Holder::Merchant } else { q.holder },
                ends: q.expires,
                valid_days: q.valid_days,
                is_identity: q.number == Some(NumberKind::Uscc),
                issuer_required: true,
                is_asked_of_merchants: q.bearer == Bearer::Merchant || alternatives.contains(&&q.kind),
            };
            (q.kind.clone(), rule)
        });
        let requirements = of_merchant().filter(|q| !q.required_in.is_empty()).map(|q| Requirement {
            any_of: std::iter::once(q.kind.clone()).chain(q.or.iter().cloned()).collect(),
            required_in: q.required_in.clone(),
        });
        Matrix {
            market: market.to_owned(),
            version: version.to_owned(),
            categories: categories.collect(),
            kinds: kinds.collect(),
            requirements: requirements.collect(),
        }
    }

    /// Content hash of the pack it was read from.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// A kind of paper.
    pub fn kind(&self, id: &str) -> Option<&KindRule> {
        self.kinds.get(id)
    }

    /// Every kind of paper a merchant may show: first those asked of merchants, each part by key.
    pub fn kinds(&self) -> impl Iterator<Item = &KindRule> {
        let (asked, others): (Vec<_>, Vec<_>) = self.kinds.values().partition(|kind| kind.is_asked_of_merchants);
        asked.into_iter().chain(others)
    }

    /// Every category, by path.
    pub fn categories(&self) -> impl Iterator<Item = &CategoryName> {
        self.categories.values()
    }

    /// Whether a path is a category of the market. A market without a table takes every well-formed path.
    pub fn knows_category(&self, path: &str) -> bool {
        let well_formed = || {
            let plain = |part: &str| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            };
            path.split('/').count() <= screening::categories::DEPTH_MAX && path.split('/').all(plain)
        };
        if self.categories.is_empty() { well_formed() } else { self.categories.contains_key(path) }
    }

    /// The name of a category from the root down; its path where it is not known (any more).
    pub fn category_name(&self, path: &str) -> Bilingual {
        self.categories.get(path).map_or_else(|| Bilingual::new(path, path), |category| category.name.clone())
    }

    /// The name of a kind; its key where it is not known (any more).
    pub fn kind_name(&self, id: &str) -> Bilingual {
        self.kinds.get(id).map_or_else(|| Bilingual::new(id, id), |kind| kind.name.clone())
    }

    /// What a merchant needs for a category.
    pub fn requirements_of_merchant<'a>(&'a self, category: &'a str) -> impl Iterator<Item = &'a Requirement> {
        self.requirements.iter().filter(move |requirement| {
            requirement.required_in.iter().any(|above| screening::categories::is_within(category, above))
        })
    }

    /// The kinds that any of the categories asks for, each once, alternatives left out.
    pub fn kinds_asked<'a>(&'a self, categories: &'a [String]) -> Vec<&'a KindRule> {
        let mut asked: Vec<&KindRule> = Vec::new();
        for category in categories {
            for requirement in self.requirements_of_merchant(category) {
                if let Some(rule) = requirement.any_of.first().and_then(|id| self.kind(id))
                    && !asked.iter().any(|known| known.id == rule.id)
                {
                    asked.push(rule);
                }
            }
        }
        asked
    }

    /// Checks a paper's number.
    pub fn check_number(&self, rule: &KindRule, number: &str) -> NumberOutcome {
        match rule.number {
            Some(kind) => NumberOutcome::of(&numbers::check(kind, number)),
            None if number.trim().is_empty() => NumberOutcome::Wrong,
            None => NumberOutcome::Good,
        }
    }

    /// Checks the merchant's own register number. Only the cn market has one form for all.
    pub fn check_uscc(&self, number: &str) -> NumberOutcome {
        match self.market.as_str() {
            "cn" => NumberOutcome::of(&numbers::check(NumberKind::Uscc, number)),
            _ => NumberOutcome::Good,
        }
    }

    /// Checks the registration number of a trademark.
    pub fn check_trademark(&self, number: &str) -> NumberOutcome {
        let kind = match self.market.as_str() {
            "us" => NumberKind::TrademarkUs,
            "eu" => NumberKind::TrademarkEu,
            _ => NumberKind::TrademarkCn,
        };
        NumberOutcome::of(&numbers::check(kind, number))
    }
}

/// A small matrix for the tests of the rules: every category needs a licence, food a food licence or a filing.
#[cfg(test)]
pub(crate) fn fixture() -> Matrix {
    let kind = |id: &str, is_identity: bool| {
        let rule = KindRule {
            id: id.to_owned(),
            name: Bilingual::new(id, id),
            issuer: Bilingual::new("市场监管局", "market regulator"),
            number: is_identity.then_some(NumberKind::Uscc),
            holder: Holder::Merchant,
            ends: !is_identity,
            valid_days: None,
            is_identity,
            issuer_required: true,
            is_asked_of_merchants: true,
        };
        (id.to_owned(), rule)
    };
    let requirement = |any_of: &[&str], required_in: &str| Requirement {
        any_of: any_of.iter().map(|&id| id.to_owned()).collect(),
        required_in: vec![required_in.to_owned()],
    };
    Matrix {
        market: "cn".to_owned(),
        version: "test".to_owned(),
        categories: BTreeMap::new(),
        kinds: [kind("business-licence", true), kind("food-licence", false), kind("food-sales-filing", false)].into(),
        requirements: vec![
            requirement(&["business-licence"], "*"),
            requirement(&["food-licence", "food-sales-filing"], "food"),
        ],
    }
}
