//! Rows of on-site inspections.

use super::schema::visits;
use super::{fail, json, to_json, unknown};
use crate::onsite::{Answer, CheckItem, Outcome, Photo, Visit, VisitState};
use db::Tx;
use ground::{Problem, Timestamp};
use jiff::civil::Date;
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::BTreeMap;

fn date(text: &str) -> Result<Date> {
    text.parse().map_err(Problem::internal)
}

fn read(model: visits::Model) -> Result<Visit> {
    let outcome = model.outcome.as_deref().map(|name| Outcome::from_name(name).ok_or_else(|| unknown("outcome", name)));
    Ok(Visit {
        state: VisitState::from_name(&model.state).ok_or_else(|| unknown("state", &model.state))?,
        date: date(&model.date)?,
        report_due: date(&model.report_due)?,
        checklist: json::<Vec<CheckItem>>(&model.checklist)?,
        answers: json::<BTreeMap<String, Answer>>(&model.answers)?,
        photos: json::<Vec<Photo>>(&model.photos)?,
        outcome: outcome.transpose()?,
        id: model.id,
        merchant_id: model.merchant_id,
        merchant_name: model.merchant_name,
        address: model.address,
        contact: model.contact,
        purpose: model.purpose,
        inspector: model.inspector,
        inspector_name: model.inspector_name,
        summary: model.summary,
        created_by: model.created_by,
        created_at: Timestamp::from_micros(model.created_at),
        reported_at: model.reported_at.map(Timestamp::from_micros),
        overdue_act_id: model.overdue_act_id,
    })
}

/// Inserts an appointment.
pub(crate) async fn insert(tx: &Tx, visit: &Visit) -> Result<()> {
    let model = visits::Model {
        id: visit.id.clone(),
        merchant_id: visit.merchant_id.clone(),
        merchant_name: visit.merchant_name.clone(),
        address: visit.address.clone(),
        contact: visit.contact.clone(),
        purpose: visit.purpose.clone(),
        date: visit.date.to_string(),
        inspector: visit.inspector.clone(),
        inspector_name: visit.inspector_name.clone(),
        state: visit.state.name().to_owned(),
        checklist: to_json(&visit.checklist)?,
        answers: to_json(&visit.answers)?,
        photos: to_json(&visit.photos)?,
        outcome: visit.outcome.map(|outcome| outcome.name().to_owned()),
        summary: visit.summary.clone(),
        report_due: visit.report_due.to_string(),
        created_by: visit.created_by.clone(),
        created_at: visit.created_at.micros(),
        reported_at: visit.reported_at.map(Timestamp::micros),
        overdue_act_id: visit.overdue_act_id.clone(),
    };
    visits::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

/// One.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Visit>> {
    visits::Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// Those in a state, the next date first (the last date first once they are over); one person's only where named.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    state: Option<VisitState>,
    inspector: Option<&str>,
    paging: &Paging,
) -> Result<Page<Visit>> {
    let mut query = visits::Entity::find();
    if let Some(state) = state {
        query = query.filter(visits::Column::State.eq(state.name()));
    }
    if let Some(inspector) = inspector {
        query = query.filter(visits::Column::Inspector.eq(inspector));
    }
    let total = query.clone().count(db).await.map_err(fail)?;
    query = match state {
        Some(VisitState::Scheduled) => query.order_by_asc(visits::Column::Date),
        _ => query.order_by_desc(visits::Column::Date),
    };
    let rows = query
        .order_by_asc(visits::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_>>()?, total, paging: paging.clone() })
}

/// Writes answers and photos of a visit that is still open. `false`: it is not.
pub(crate) async fn save(
    tx: &Tx,
    id: &str,
    answers: &BTreeMap<String, Answer>,
    photos: &[Photo],
    summary: &str,
) -> Result<bool> {
    let done = visits::Entity::update_many()
        .col_expr(visits::Column::Answers, Expr::value(to_json(answers)?))
        .col_expr(visits::Column::Photos, Expr::value(to_json(photos)?))
        .col_expr(visits::Column::Summary, Expr::value(summary))
        .filter(visits::Column::Id.eq(id))
        .filter(visits::Column::State.eq(VisitState::Scheduled.name()))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// Ends an open visit. `false`: it is not open.
pub(crate) async fn finish(
    tx: &Tx,
    id: &str,
    state: VisitState,
    outcome: Option<Outcome>,
    now: Timestamp,
) -> Result<bool> {
    let done = visits::Entity::update_many()
        .col_expr(visits::Column::State, Expr::value(state.name()))
        .col_expr(visits::Column::Outcome, Expr::value(outcome.map(|outcome| outcome.name().to_owned())))
        .col_expr(visits::Column::ReportedAt, Expr::value(now.micros()))
        .filter(visits::Column::Id.eq(id))
        .filter(visits::Column::State.eq(VisitState::Scheduled.name()))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// Visits whose report should have been there before a day and of which nobody has said so.
pub(crate) async fn newly_overdue(db: &impl ConnectionTrait, today: Date, most: u64) -> Result<Vec<Visit>> {
    let rows = visits::Entity::find()
        .filter(visits::Column::State.eq(VisitState::Scheduled.name()))
        .filter(visits::Column::ReportDue.lt(today.to_string()))
        .filter(visits::Column::OverdueActId.is_null())
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Notes the act that said so.
pub(crate) async fn set_overdue(tx: &Tx, id: &str, act_id: &str) -> Result<bool> {
    let done = visits::Entity::update_many()
        .col_expr(visits::Column::OverdueActId, Expr::value(act_id))
        .filter(visits::Column::Id.eq(id))
        .filter(visits::Column::OverdueActId.is_null())
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}
