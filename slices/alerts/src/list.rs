//! Alerts for people and for other duties: lists, one with what stands beside it, counts, labels.

use crate::model::{Alert, Brief, Ending, Label, Shadow, State, Suppression, Sweep};
use crate::store;
use detectors::{Action, Family, Level, Scope};
use ground::{Problem, Timestamp};
use kernel::{ActRecord, Actor, Kernel, Page, Paging, Permission, Result};

/// Columns a list may be sorted by.
pub const SORTS: &[&str] = &["raised", "updated", "since", "times", "title", "level"];
/// Alerts shown beside another.
const BESIDE_MAX: u64 = 12;
/// Alerts of one product handed out.
const PRODUCT_MAX: u64 = 50;
/// Acts shown below an alert.
const ACTS_MAX: u64 = 100;
/// Labels handed out at once.
pub const LABELS_MAX: u64 = 1_000;

/// Which alerts.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Where they stand; all where none is named.
    pub states: Vec<State>,
    /// What trouble.
    pub family: Option<Family>,
    /// How strongly.
    pub level: Option<Level>,
    /// What they turned out to be.
    pub ending: Option<Ending>,
    /// What is proposed.
    pub action: Option<Action>,
    /// A merchant's.
    pub merchant_id: Option<String>,
    /// A category's.
    pub category: Option<String>,
    /// A part of the title or of the key.
    pub search: Option<String>,
}

impl Filter {
    fn kept(&self) -> store::alerts::Filter {
        store::alerts::Filter {
            states: self.states.clone(),
            family: self.family,
            level: self.level,
            ending: self.ending,
            action: self.action,
            merchant_id: self.merchant_id.clone(),
            category: self.category.clone(),
            search: self.search.clone(),
            acted_on: false,
        }
    }
}

/// A page of alerts. A merchant sees those about its own goods about which something is, or was, done.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn list(kernel: &Kernel, actor: &Actor, filter: &Filter, paging: &Paging) -> Result<Page<Alert>> {
    let mut filter = filter.kept();
    if !actor.may(Permission::AlertsRead) {
        actor.require(Permission::OwnListings)?;
        filter.merchant_id = Some(actor.own_organisation()?.to_owned());
        filter.acted_on = true;
    }
    store::alerts::list(kernel.db().read(), &filter, paging).await
}

/// An alert with what stands beside it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The alert.
    pub alert: Alert,
    /// Alerts about the same merchant, or of the same kind in the same category.
    pub beside: Vec<Alert>,
    /// Earlier alerts about the same product or its lots.
    pub earlier: Vec<Alert>,
    /// What was done, newest first; for staff.
    pub acts: Vec<ActRecord>,
    /// The suppression that holds for its subject.
    pub suppression: Option<Suppression>,
}

/// One alert with what stands beside it. A merchant sees its own once something is done about it, and nothing beside it.
///
/// # Errors
/// `forbidden`; `not_found`, also for another merchant's.
pub async fn one(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Case> {
    let db = kernel.db().read();
    if !actor.may(Permission::AlertsRead) {
        actor.require(Permission::OwnListings)?;
    }
    let alert = store::alerts::get(db, id).await?.ok_or_else(Problem::not_found)?;
    actor.require_own(Permission::AlertsRead, Permission::OwnListings, alert.merchant())?;
    if !actor.may(Permission::AlertsRead) {
        if !is_acted_on(&alert) {
            return Err(Problem::not_found());
        }
        return Ok(Case { alert, beside: Vec::new(), earlier: Vec::new(), acts: Vec::new(), suppression: None });
    }
    let beside = store::alerts::beside(db, &alert, BESIDE_MAX).await?;
    let product = match alert.subject.scope {
        Scope::Product => Some(alert.subject.key.clone()),
        _ => alert.about.product.clone(),
    };
    let mut earlier = match product {
        Some(product) => store::alerts::of_product(db, &product, PRODUCT_MAX).await?,
        None => Vec::new(),
    };
    earlier.retain(|other| other.id != alert.id && beside.iter().all(|near| near.id != other.id));
    let acts = kernel::store::history(kernel, "alert", &alert.id, ACTS_MAX).await?;
    let suppression = store::suppressions::holding(db, alert.family, &alert.subject, kernel.now()).await?;
    Ok(Case { alert, beside, earlier, acts, suppression })
}

/// What a merchant may see of its own goods.
pub(crate) fn is_acted_on(alert: &Alert) -> bool {
    alert.state == State::InAction
        || alert.ending == Some(Ending::True)
        || alert.stopped_at.is_some()
        || alert.inspection_at.is_some()
}

/// Alerts that wait for somebody, for the navigation.
///
/// # Errors
/// What the store says.
pub async fn open_count(kernel: &Kernel) -> Result<u64> {
    let filter = store::alerts::Filter { states: vec![State::Open], ..Default::default() };
    store::alerts::total(kernel.db().read(), &filter).await
}

/// Alerts about a product (its shop's number) and its lots, newest first, for other duties.
///
/// # Errors
/// What the store says.
pub async fn of_product(kernel: &Kernel, merchant: &str, product: &str) -> Result<Vec<Brief>> {
    let key = format!("{merchant}/{product}");
    let found = store::alerts::of_product(kernel.db().read(), &key, PRODUCT_MAX).await?;
    Ok(found.iter().map(Brief::from).collect())
}

/// What closed alerts teach, in the order of their closing, after a moment and the id that was had last (empty at first): at
/// most [`LABELS_MAX`], for duties that learn.
///
/// # Errors
/// What the store says.
pub async fn labels(kernel: &Kernel, since: Timestamp, after_id: &str) -> Result<Vec<Label>> {
    let closed = store::alerts::closed_after(kernel.db().read(), since, after_id, LABELS_MAX).await?;
    Ok(closed.into_iter().filter_map(label).collect())
}

/// What one alert teaches; `None` while it stands or where there is none.
///
/// # Errors
/// What the store says.
pub async fn label_of(kernel: &Kernel, id: &str) -> Result<Option<Label>> {
    Ok(store::alerts::get(kernel.db().read(), id).await?.and_then(label))
}

fn label(alert: Alert) -> Option<Label> {
    let product = match alert.subject.scope {
        Scope::Product => Some(alert.subject.key.clone()),
        _ => alert.about.product.clone(),
    };
    Some(Label {
        ending: alert.ending?,
        reason: alert.reason?,
        closed_at: alert.closed_at?,
        alert_id: alert.id,
        family: alert.family,
        level: alert.level,
        subject: alert.subject,
        product,
        day: alert.last_day,
    })
}

/// Suppressions that hold.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn suppressions(kernel: &Kernel, actor: &Actor, paging: &Paging) -> Result<Page<Suppression>> {
    actor.require(Permission::AlertsRead)?;
    store::suppressions::list(kernel.db().read(), kernel.now(), paging).await
}

/// What detectors in shadow would have raised.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn shadows(kernel: &Kernel, actor: &Actor, policy: Option<&str>, paging: &Paging) -> Result<Page<Shadow>> {
    actor.require(Permission::AlertsRead)?;
    store::shadows::list(kernel.db().read(), policy, paging).await
}

/// The newest sweeps.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn sweeps(kernel: &Kernel, actor: &Actor, most: u64) -> Result<Vec<Sweep>> {
    actor.require(Permission::AlertsRead)?;
    store::watching::sweeps(kernel.db().read(), most).await
}
