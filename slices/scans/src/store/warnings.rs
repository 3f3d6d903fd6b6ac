//! Rows of warnings.

use super::schema::warnings::{Column, Entity, Model};
use super::{fail, unknown};
use crate::model::{Warning, WarningState};
use ground::{Problem, Timestamp};
use journey::clones::Rule;
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// Warnings of one unit that are shown.
const UNIT_WARNINGS_MAX: u64 = 20;

fn read(row: Model) -> Result<Warning> {
    Ok(Warning {
        rule: Rule::from_name(&row.rule).ok_or_else(|| unknown("rule", &row.rule))?,
        state: WarningState::from_name(&row.state).ok_or_else(|| unknown("state", &row.state))?,
        id: row.id,
        gtin: row.gtin,
        serial: row.serial,
        lot_id: row.lot_id,
        lot_number: row.lot_number,
        product: row.product,
        merchant_id: row.merchant_id,
        opened_at: Timestamp::from_micros(row.opened_at),
        last_at: Timestamp::from_micros(row.last_at),
        times: u32::try_from(row.times).unwrap_or(u32::MAX),
        evidence: serde_json::from_str(&row.evidence).map_err(Problem::internal)?,
        reason: row.reason,
        closed_by: row.closed_by,
        closed_at: row.closed_at.map(Timestamp::from_micros),
        open_act_id: row.open_act_id,
        close_act_id: row.close_act_id,
    })
}

/// What makes two findings the same warning while it is open.
fn dedupe(warning: &Warning) -> String {
    match warning.state {
        // Another warning of this rule may follow once this one is dismissed, and not while it is confirmed.
        WarningState::Dismissed => warning.id.clone(),
        _ if warning.serial.is_empty() => {
            format!("{}:lot:{}", warning.rule.name(), warning.lot_id.as_deref().unwrap_or(""))
        }
        _ => format!("{}:{}:{}", warning.rule.name(), warning.gtin, warning.serial),
    }
}

/// Opens a warning, or notes in the one that stands that the rule spoke again. `true`: it is new.
pub(crate) async fn raise(db: &impl ConnectionTrait, warning: &Warning) -> Result<bool> {
    let key = dedupe(warning);
    let again = Entity::update_many()
        .col_expr(Column::Times, Expr::col(Column::Times).add(1))
        .col_expr(Column::LastAt, Expr::value(warning.last_at.micros()))
        .col_expr(Column::Evidence, Expr::value(warning.evidence.to_string()))
        .filter(Column::Dedupe.eq(&key))
        .exec(db)
        .await
        .map_err(fail)?;
    if again.rows_affected > 0 {
        return Ok(false);
    }
    let row = Model {
        id: warning.id.clone(),
        rule: warning.rule.name().to_owned(),
        state: warning.state.name().to_owned(),
        gtin: warning.gtin.clone(),
        serial: warning.serial.clone(),
        lot_id: warning.lot_id.clone(),
        lot_number: warning.lot_number.clone(),
        product: warning.product.clone(),
        merchant_id: warning.merchant_id.clone(),
        opened_at: warning.opened_at.micros(),
        last_at: warning.last_at.micros(),
        times: i64::from(warning.times),
        evidence: warning.evidence.to_string(),
        reason: String::new(),
        closed_by: None,
        closed_at: None,
        open_act_id: None,
        close_act_id: None,
        dedupe: key,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(fail)?;
    Ok(true)
}

/// Warnings whose opening has no act yet.
pub(crate) async fn without_act(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Warning>> {
    let rows = Entity::find()
        .filter(Column::OpenActId.is_null())
        .order_by_asc(Column::OpenedAt)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Notes the act of an opening. `false`: another process has.
pub(crate) async fn set_open_act(db: &impl ConnectionTrait, id: &str, act_id: &str) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::OpenActId, Expr::value(act_id))
        .filter(Column::Id.eq(id))
        .filter(Column::OpenActId.is_null())
        .exec(db)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// Closes an open warning. `false`: it is closed already.
pub(crate) async fn close(db: &impl ConnectionTrait, closed: &Warning) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(closed.state.name()))
        .col_expr(Column::Reason, Expr::value(closed.reason.as_str()))
        .col_expr(Column::ClosedBy, Expr::value(closed.closed_by.clone()))
        .col_expr(Column::ClosedAt, Expr::value(closed.closed_at.map(Timestamp::micros)))
        .col_expr(Column::CloseActId, Expr::value(closed.close_act_id.clone()))
        .col_expr(Column::Dedupe, Expr::value(dedupe(closed)))
        .filter(Column::Id.eq(&closed.id))
        .filter(Column::State.eq(WarningState::Open.name()))
        .exec(db)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// One.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Warning>> {
    Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// Those that stand (open or confirmed) for a unit or for its whole lot.
pub(crate) async fn standing(
    db: &impl ConnectionTrait,
    gtin: &str,
    serial: &str,
    lot_id: Option<&str>,
) -> Result<Vec<Warning>> {
    let unit = Condition::all().add(Column::Gtin.eq(gtin)).add(Column::Serial.eq(serial));
    let mut any = Condition::any();
    if !serial.is_empty() {
        any = any.add(unit);
    }
    if let Some(lot_id) = lot_id {
        any = any.add(Condition::all().add(Column::LotId.eq(lot_id)).add(Column::Serial.eq("")));
    }
    if any.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Entity::find()
        .filter(any)
        .filter(Column::State.ne(WarningState::Dismissed.name()))
        .order_by_desc(Column::OpenedAt)
        .limit(UNIT_WARNINGS_MAX)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Those that stand for one of these units of a GTIN themselves.
pub(crate) async fn standing_of_units(db: &impl ConnectionTrait, gtin: &str, serials: &[&str]) -> Result<Vec<Warning>> {
    let mut found = Vec::new();
    for part in serials.chunks(super::IN_MAX) {
        let rows = Entity::find()
            .filter(Column::Gtin.eq(gtin))
            .filter(Column::Serial.is_in(part.iter().copied()))
            .filter(Column::State.ne(WarningState::Dismissed.name()))
            .order_by_desc(Column::OpenedAt)
            .limit(UNIT_WARNINGS_MAX * part.len() as u64)
            .all(db)
            .await
            .map_err(fail)?;
        found.extend(rows.into_iter().map(read).collect::<Result<Vec<_>>>()?);
    }
    Ok(found)
}

/// Which warnings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub state: Option<WarningState>,
    pub rule: Option<Rule>,
    pub search: Option<String>,
    pub merchant_id: Option<String>,
    pub lot_id: Option<String>,
}

/// A page of them; columns to sort by: `opened`, `last`, `times`, `product`, `rule`.
pub(crate) async fn list(db: &impl ConnectionTrait, filter: &Filter, paging: &Paging) -> Result<Page<Warning>> {
    let mut query = Entity::find();
    if let Some(state) = filter.state {
        query = query.filter(Column::State.eq(state.name()));
    }
    if let Some(rule) = filter.rule {
        query = query.filter(Column::Rule.eq(rule.name()));
    }
    for (column, value) in [(Column::MerchantId, &filter.merchant_id), (Column::LotId, &filter.lot_id)] {
        if let Some(value) = value {
            query = query.filter(column.eq(value));
        }
    }
    if let Some(text) = &filter.search {
        let any = [Column::Gtin, Column::Serial, Column::LotNumber, Column::Product]
            .into_iter()
            .fold(Condition::any(), |any, column| any.add(column.like(db::containing(text))));
        query = query.filter(any);
    }
    let total = query.clone().count(db).await.map_err(fail)?;
    let (column, descending) = match &paging.sort {
        Some(sort) => (
            match sort.by.as_str() {
                "last" => Column::LastAt,
                "times" => Column::Times,
                "product" => Column::Product,
                "rule" => Column::Rule,
                _ => Column::OpenedAt,
            },
            sort.descending,
        ),
        None => (Column::OpenedAt, true),
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

/// How many are open.
pub(crate) async fn open(db: &impl ConnectionTrait) -> Result<u64> {
    Entity::find().filter(Column::State.eq(WarningState::Open.name())).count(db).await.map_err(fail)
}
