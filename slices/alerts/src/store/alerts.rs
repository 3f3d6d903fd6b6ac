//! Rows of alerts.

use super::schema::alerts::{Column, Entity, Model};
use super::{count, day, fail, hash_of, hash_of_product, standing_key, unknown};
use crate::evidence;
use crate::model::{About, Alert, Ending, Reason, State, Subject};
use detectors::{Action, Family, Level, Measure, Method, Scope};
use ground::{Problem, Timestamp};
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};

fn named<T>(what: &str, text: &str, read: impl Fn(&str) -> Option<T>) -> Result<T> {
    read(text).ok_or_else(|| unknown(what, text))
}

fn read(row: Model) -> Result<Alert> {
    let kept: serde_json::Value = serde_json::from_str(&row.contributions).map_err(Problem::internal)?;
    Ok(Alert {
        family: named("family", &row.family, Family::from_name)?,
        subject: Subject { scope: named("scope", &row.scope, Scope::from_name)?, key: row.subject_key },
        state: named("state", &row.state, State::from_name)?,
        level: named("level", &row.level, Level::from_name)?,
        action: named("action", &row.action, Action::from_name)?,
        method: named("method", &row.method, Method::from_name)?,
        measure: row.measure.as_deref().and_then(Measure::from_name),
        ending: row.ending.as_deref().and_then(Ending::from_name),
        reason: row.reason.as_deref().and_then(Reason::from_name),
        id: row.id,
        about: About {
            listing_id: row.listing_id,
            title: row.title,
            category: row.category,
            market: row.market,
            product: row.product_key,
        },
        since_day: day(row.since_day),
        last_day: day(row.last_day),
        times: count(row.times),
        raised_at: Timestamp::from_micros(row.raised_at),
        updated_at: Timestamp::from_micros(row.updated_at),
        contributions: evidence::from_json(&kept),
        handler: row.handler,
        acknowledged_at: row.acknowledged_at.map(Timestamp::from_micros),
        inspection_at: row.inspection_at.map(Timestamp::from_micros),
        stopped_at: row.stopped_at.map(Timestamp::from_micros),
        note: row.note,
        closed_by: row.closed_by,
        closed_at: row.closed_at.map(Timestamp::from_micros),
        warning_id: row.warning_id,
        policy: (row.policy_market, row.policy_version),
        version: row.version,
    })
}

fn write(alert: &Alert) -> Model {
    let product = match alert.subject.scope {
        Scope::Product => Some(alert.subject.key.as_str()),
        _ => alert.about.product.as_deref(),
    };
    Model {
        id: alert.id.clone(),
        family: alert.family.name().to_owned(),
        scope: alert.subject.scope.name().to_owned(),
        subject_key: alert.subject.key.clone(),
        subject_hash: hash_of(&alert.subject),
        product_hash: product.map(hash_of_product),
        merchant_id: alert.merchant().to_owned(),
        listing_id: alert.about.listing_id.clone(),
        title: alert.about.title.clone(),
        category: alert.about.category.clone(),
        market: alert.about.market.clone(),
        product_key: alert.about.product.clone(),
        state: alert.state.name().to_owned(),
        level: alert.level.name().to_owned(),
        action: alert.action.name().to_owned(),
        method: alert.method.name().to_owned(),
        measure: alert.measure.map(|measure| measure.name().to_owned()),
        since_day: i64::from(alert.since_day),
        last_day: i64::from(alert.last_day),
        times: i64::from(alert.times),
        raised_at: alert.raised_at.micros(),
        updated_at: alert.updated_at.micros(),
        contributions: evidence::to_json(&alert.contributions).to_string(),
        handler: alert.handler.clone(),
        acknowledged_at: alert.acknowledged_at.map(Timestamp::micros),
        inspection_at: alert.inspection_at.map(Timestamp::micros),
        stopped_at: alert.stopped_at.map(Timestamp::micros),
        ending: alert.ending.map(|ending| ending.name().to_owned()),
        reason: alert.reason.map(|reason| reason.name().to_owned()),
        note: alert.note.clone(),
        closed_by: alert.closed_by.clone(),
        closed_at: alert.closed_at.map(Timestamp::micros),
        warning_id: alert.warning_id.clone(),
        policy_market: alert.policy.0.clone(),
        policy_version: alert.policy.1.clone(),
        version: alert.version,
        dedupe: if alert.state == State::Closed {
            alert.id.clone()
        } else {
            standing_key(alert.family, &alert.subject)
        },
    }
}

/// A new alert.
pub(crate) async fn insert(db: &impl ConnectionTrait, alert: &Alert) -> Result<()> {
    let row = write(alert).into_active_model();
    Entity::insert(row).exec_without_returning(db).await.map_err(fail)?;
    Ok(())
}

/// Keeps a changed alert; its version counts up. `false`: somebody else changed it in between.
pub(crate) async fn save(db: &impl ConnectionTrait, alert: &mut Alert) -> Result<bool> {
    let before = alert.version;
    alert.version += 1;
    let row = write(alert).into_active_model().reset_all();
    let done = Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(&alert.id))
        .filter(Column::Version.eq(before))
        .exec(db)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// One.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Alert>> {
    Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// The standing alert of a family about a subject.
pub(crate) async fn standing(db: &impl ConnectionTrait, family: Family, subject: &Subject) -> Result<Option<Alert>> {
    let found = Entity::find().filter(Column::Dedupe.eq(standing_key(family, subject)));
    found.one(db).await.map_err(fail)?.map(read).transpose()
}

/// The alert of a family about a subject that was closed last.
pub(crate) async fn last_closed(db: &impl ConnectionTrait, family: Family, subject: &Subject) -> Result<Option<Alert>> {
    Entity::find()
        .filter(Column::SubjectHash.eq(hash_of(subject)))
        .filter(Column::Family.eq(family.name()))
        .filter(Column::State.eq(State::Closed.name()))
        .order_by_desc(Column::ClosedAt)
        .limit(1)
        .one(db)
        .await
        .map_err(fail)?
        .map(read)
        .transpose()
}

/// The alert that came of a warning about a copied code.
pub(crate) async fn of_warning(
    db: &impl ConnectionTrait,
    warning_id: &str,
    subject: &Subject,
) -> Result<Option<Alert>> {
    Entity::find()
        .filter(Column::SubjectHash.eq(hash_of(subject)))
        .filter(Column::WarningId.eq(warning_id))
        .limit(1)
        .one(db)
        .await
        .map_err(fail)?
        .map(read)
        .transpose()
}

/// Which alerts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub states: Vec<State>,
    pub family: Option<Family>,
    pub level: Option<Level>,
    pub ending: Option<Ending>,
    pub action: Option<Action>,
    pub merchant_id: Option<String>,
    pub category: Option<String>,
    pub search: Option<String>,
    /// What a merchant may see: something is, or was, done about its goods.
    pub acted_on: bool,
}

impl Filter {
    fn query(&self) -> Select<Entity> {
        let mut query = Entity::find();
        if !self.states.is_empty() {
            query = query.filter(Column::State.is_in(self.states.iter().map(|state| state.name())));
        }
        let words = [
            (Column::Family, self.family.map(Family::name)),
            (Column::Level, self.level.map(Level::name)),
            (Column::Ending, self.ending.map(Ending::name)),
            (Column::Action, self.action.map(Action::name)),
            (Column::MerchantId, self.merchant_id.as_deref()),
            (Column::Category, self.category.as_deref()),
        ];
        for (column, value) in words {
            if let Some(value) = value {
                query = query.filter(column.eq(value));
            }
        }
        if let Some(text) = &self.search {
            let any = [Column::Title, Column::SubjectKey]
                .into_iter()
                .fold(Condition::any(), |any, column| any.add(column.like(db::containing(text))));
            query = query.filter(any);
        }
        if self.acted_on {
            let acted = Condition::any()
                .add(Column::State.eq(State::InAction.name()))
                .add(Column::Ending.eq(Ending::True.name()))
                .add(Column::StoppedAt.is_not_null())
                .add(Column::InspectionAt.is_not_null());
            query = query.filter(acted);
        }
        query
    }
}

/// A page of them; columns to sort by: `raised`, `updated`, `since`, `times`, `title`, `level`.
pub(crate) async fn list(db: &impl ConnectionTrait, filter: &Filter, paging: &Paging) -> Result<Page<Alert>> {
    let query = filter.query();
    let total = query.clone().count(db).await.map_err(fail)?;
    let (column, descending) = match &paging.sort {
        Some(sort) => (
            match sort.by.as_str() {
                "updated" => Column::UpdatedAt,
                "since" => Column::SinceDay,
                "times" => Column::Times,
                "title" => Column::Title,
                "level" => Column::Level,
                _ => Column::RaisedAt,
            },
            sort.descending,
        ),
        None => (Column::RaisedAt, true),
    };
    let rows = query
        .order_by(column, if descending { Order::Desc } else { Order::Asc })
        .order_by_desc(Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    let rows = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(Page { rows, total, paging: paging.clone() })
}

/// How many there are.
pub(crate) async fn total(db: &impl ConnectionTrait, filter: &Filter) -> Result<u64> {
    filter.query().count(db).await.map_err(fail)
}

/// Alerts about a product or one of its lots, newest first.
pub(crate) async fn of_product(db: &impl ConnectionTrait, key: &str, most: u64) -> Result<Vec<Alert>> {
    let rows = Entity::find()
        .filter(Column::ProductHash.eq(hash_of_product(key)))
        .order_by_desc(Column::RaisedAt)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Standing alerts beside this one: of the same merchant, or of the same category, newest first.
pub(crate) async fn beside(db: &impl ConnectionTrait, alert: &Alert, most: u64) -> Result<Vec<Alert>> {
    let mut near = Condition::any();
    if !alert.merchant().is_empty() {
        near = near.add(Column::MerchantId.eq(alert.merchant()));
    }
    if !alert.about.category.is_empty() {
        near = near.add(
            Condition::all()
                .add(Column::Category.eq(&alert.about.category))
                .add(Column::Family.eq(alert.family.name())),
        );
    }
    if near.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Entity::find()
        .filter(near)
        .filter(Column::Id.ne(&alert.id))
        .order_by_desc(Column::RaisedAt)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Closed alerts in the order of closing, after a moment and an id.
pub(crate) async fn closed_after(
    db: &impl ConnectionTrait,
    since: Timestamp,
    after: &str,
    most: u64,
) -> Result<Vec<Alert>> {
    let later = Condition::any()
        .add(Column::ClosedAt.gt(since.micros()))
        .add(Condition::all().add(Column::ClosedAt.eq(since.micros())).add(Column::Id.gt(after)));
    let rows = Entity::find()
        .filter(Column::State.eq(State::Closed.name()))
        .filter(later)
        .order_by_asc(Column::ClosedAt)
        .order_by_asc(Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Alerts of a family about a subject that were standing or closed with a last day in a span of days.
pub(crate) async fn in_span(
    db: &impl ConnectionTrait,
    family: Family,
    (from, until): (i32, i32),
    most: u64,
) -> Result<Vec<Alert>> {
    let rows = Entity::find()
        .filter(Column::Family.eq(family.name()))
        .filter(Column::LastDay.gte(i64::from(from)))
        .filter(Column::SinceDay.lte(i64::from(until)))
        .order_by_desc(Column::RaisedAt)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Alerts raised in a span of time.
pub(crate) async fn raised_between(db: &impl ConnectionTrait, from: Timestamp, until: Timestamp) -> Result<u64> {
    Entity::find()
        .filter(Column::RaisedAt.gte(from.micros()))
        .filter(Column::RaisedAt.lt(until.micros()))
        .count(db)
        .await
        .map_err(fail)
}

/// Alerts closed in a span of time with an ending.
pub(crate) async fn closed_between(
    db: &impl ConnectionTrait,
    ending: Ending,
    from: Timestamp,
    until: Timestamp,
) -> Result<u64> {
    Entity::find()
        .filter(Column::ClosedAt.gte(from.micros()))
        .filter(Column::ClosedAt.lt(until.micros()))
        .filter(Column::Ending.eq(ending.name()))
        .count(db)
        .await
        .map_err(fail)
}
