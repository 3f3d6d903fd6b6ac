//! Rows of reports.

use super::{micros, moment};
use crate::Error;
use crate::model::{Origin, Report, State, TestItem, TestResult, Verdict};
use db::{DatabaseConnection, Tx};
use ground::Timestamp;
use kernel::{Page, Paging};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::{Value, json};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "reports")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub origin: String,
        pub state: String,
        pub laboratory_id: String,
        pub laboratory: String,
        pub issuer: String,
        pub method: String,
        pub merchant_id: String,
        pub lot_id: String,
        pub gtin: String,
        pub lot_number: String,
        pub product: String,
        pub number: String,
        pub title: String,
        pub standard: String,
        pub tested_on: String,
        pub items: String,
        pub result: String,
        pub issued_at: Option<i64>,
        pub valid_until: Option<i64>,
        pub credential: String,
        pub credential_json: Option<String>,
        pub digest: String,
        pub list_id: Option<String>,
        pub list_index: Option<i64>,
        pub failure: String,
        pub reason: String,
        pub document: Option<String>,
        pub checked_at: Option<i64>,
        pub check_due_at: Option<i64>,
        pub tries: i64,
        pub created_at: i64,
        pub revoked_at: Option<i64>,
        pub act_id: Option<String>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Most reports of one lot that are shown.
const LOT_REPORTS_MAX: u64 = 100;

fn items_json(items: &[TestItem]) -> String {
    let item = |item: &TestItem| {
        json!([item.name, item.limit, item.value, item.unit, item.method, item.verdict.map(Verdict::name)])
    };
    Value::Array(items.iter().map(item).collect()).to_string()
}

fn read_items(text: &str) -> Option<Vec<TestItem>> {
    let rows: Vec<Vec<Option<String>>> = serde_json::from_str(text).ok()?;
    rows.into_iter()
        .map(|mut row| {
            let verdict = row.pop()?.map(|name| Verdict::from_name(&name));
            let [name, limit, value, unit, method] = <[Option<String>; 5]>::try_from(row).ok()?;
            let verdict = match verdict {
                None => None,
                Some(found) => Some(found?),
            };
            Some(TestItem { name: name?, limit: limit?, value: value?, unit: unit?, method: method?, verdict })
        })
        .collect()
}

fn write(report: &Report, digest: &str) -> row::ActiveModel {
    row::ActiveModel {
        id: Set(report.id.clone()),
        origin: Set(report.origin.name().to_owned()),
        state: Set(report.state.name().to_owned()),
        laboratory_id: Set(report.laboratory_id.clone()),
        laboratory: Set(report.laboratory.clone()),
        issuer: Set(report.issuer.clone()),
        method: Set(report.method.chars().take(db::table::KEY_CHARS_MAX as usize).collect()),
        merchant_id: Set(report.merchant_id.clone()),
        lot_id: Set(report.lot_id.clone()),
        gtin: Set(report.gtin.clone()),
        lot_number: Set(report.lot_number.clone()),
        product: Set(report.product.clone()),
        number: Set(report.number.clone()),
        title: Set(report.title.clone()),
        standard: Set(report.standard.clone()),
        tested_on: Set(report.tested_on.to_string()),
        items: Set(items_json(&report.items)),
        result: Set(report.result.name().to_owned()),
        issued_at: Set(micros(report.issued_at)),
        valid_until: Set(micros(report.valid_until)),
        credential: Set(report.credential.clone()),
        credential_json: Set(report.credential_json.clone()),
        digest: Set(digest.to_owned()),
        list_id: Set(report.status.as_ref().map(|(list, _)| list.clone())),
        list_index: Set(report.status.as_ref().and_then(|(_, index)| i64::try_from(*index).ok())),
        failure: Set(report.failure.clone()),
        reason: Set(report.reason.clone()),
        document: Set(report.document.clone()),
        checked_at: Set(micros(report.checked_at)),
        check_due_at: Set(micros(report.check_due_at)),
        tries: Set(report.tries),
        created_at: Set(report.created_at.micros()),
        revoked_at: Set(micros(report.revoked_at)),
        act_id: Set(report.act_id.clone()),
        version: Set(report.version),
    }
}

fn read(row: row::Model) -> Result<Report, Error> {
    let bad = |what: &str| Error::damaged(what, &row.id);
    let index = row.list_index.and_then(|index| u64::try_from(index).ok());
    Ok(Report {
        origin: Origin::from_name(&row.origin).ok_or_else(|| bad("origin"))?,
        state: State::from_name(&row.state).ok_or_else(|| bad("state"))?,
        tested_on: row.tested_on.parse().map_err(|_| bad("day"))?,
        items: read_items(&row.items).ok_or_else(|| bad("items"))?,
        result: TestResult::from_name(&row.result).ok_or_else(|| bad("result"))?,
        status: row.list_id.zip(index),
        id: row.id,
        laboratory_id: row.laboratory_id,
        laboratory: row.laboratory,
        issuer: row.issuer,
        method: row.method,
        merchant_id: row.merchant_id,
        lot_id: row.lot_id,
        gtin: row.gtin,
        lot_number: row.lot_number,
        product: row.product,
        number: row.number,
        title: row.title,
        standard: row.standard,
        issued_at: moment(row.issued_at),
        valid_until: moment(row.valid_until),
        credential: row.credential,
        credential_json: row.credential_json,
        failure: row.failure,
        reason: row.reason,
        document: row.document,
        checked_at: moment(row.checked_at),
        check_due_at: moment(row.check_due_at),
        tries: row.tries,
        created_at: Timestamp::from_micros(row.created_at),
        revoked_at: moment(row.revoked_at),
        act_id: row.act_id,
        version: row.version,
    })
}

pub(crate) async fn insert(tx: &Tx, report: &Report, digest: &str) -> Result<(), Error> {
    row::Entity::insert(write(report, digest)).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes it if it still is at the version before.
pub(crate) async fn update(tx: &Tx, report: &Report, digest: &str) -> Result<(), Error> {
    let changed = row::Entity::update_many()
        .set(write(report, digest))
        .filter(row::Column::Id.eq(&report.id))
        .filter(row::Column::Version.eq(report.version - 1))
        .exec(tx)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Takes a draft away, if it still is one.
pub(crate) async fn delete_draft(tx: &Tx, id: &str) -> Result<(), Error> {
    let gone = row::Entity::delete_many()
        .filter(row::Column::Id.eq(id))
        .filter(row::Column::State.eq(State::Draft.name()))
        .exec(tx)
        .await?;
    if gone.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}

pub(crate) async fn one(db: &impl ConnectionTrait, id: &str) -> Result<Option<Report>, Error> {
    row::Entity::find_by_id(id).one(db).await?.map(read).transpose()
}

pub(crate) async fn by_digest(db: &impl ConnectionTrait, digest: &str) -> Result<Option<Report>, Error> {
    row::Entity::find().filter(row::Column::Digest.eq(digest)).one(db).await?.map(read).transpose()
}

/// Those of a lot that may be shown, newest first.
pub(crate) async fn shown_of_lot(db: &DatabaseConnection, lot_id: &str) -> Result<Vec<Report>, Error> {
    let shown = [State::Valid, State::Suspended, State::Revoked, State::Forged].map(State::name);
    row::Entity::find()
        .filter(row::Column::LotId.eq(lot_id))
        .filter(row::Column::State.is_in(shown))
        .order_by_desc(row::Column::CreatedAt)
        .order_by_desc(row::Column::Id)
        .limit(LOT_REPORTS_MAX)
        .all(db)
        .await?
        .into_iter()
        .map(read)
        .collect()
}

/// The revoked places of one of our lists.
pub(crate) async fn revoked_places(db: &DatabaseConnection, list: &str) -> Result<Vec<u64>, Error> {
    let places: Vec<Option<i64>> = row::Entity::find()
        .select_only()
        .column(row::Column::ListIndex)
        .filter(row::Column::ListId.eq(list))
        .filter(row::Column::State.eq(State::Revoked.name()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(places.into_iter().flatten().filter_map(|place| u64::try_from(place).ok()).collect())
}

/// Revokes every report that rests on these keys. Returns how many there were.
pub(crate) async fn revoke_by_methods(tx: &Tx, methods: &[String], reason: &str, at: Timestamp) -> Result<u64, Error> {
    let standing = [State::Valid, State::Suspended, State::Pending].map(State::name);
    let revoked = row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(State::Revoked.name()))
        .col_expr(row::Column::Reason, Expr::value(reason))
        .col_expr(row::Column::RevokedAt, Expr::value(Some(at.micros())))
        .col_expr(row::Column::CheckDueAt, Expr::value(Option::<i64>::None))
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .filter(row::Column::Method.is_in(methods.iter().map(String::as_str)))
        .filter(row::Column::State.is_in(standing))
        .exec(tx)
        .await?;
    Ok(revoked.rows_affected)
}

/// Received ones that are to be checked again.
pub(crate) async fn due(db: &DatabaseConnection, now: Timestamp, most: u64) -> Result<Vec<Report>, Error> {
    row::Entity::find()
        .filter(row::Column::CheckDueAt.lte(now.micros()))
        .order_by_asc(row::Column::CheckDueAt)
        .limit(most)
        .all(db)
        .await?
        .into_iter()
        .map(read)
        .collect()
}

/// What a list of reports shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this state.
    pub state: Option<State>,
    /// Drafts are left out: they are their laboratory's alone.
    pub signed: bool,
    /// Only this origin.
    pub origin: Option<Origin>,
    /// Only this result.
    pub result: Option<TestResult>,
    /// Only of this laboratory.
    pub laboratory_id: Option<String>,
    /// Only lots of this merchant.
    pub merchant_id: Option<String>,
    /// Only this lot.
    pub lot_id: Option<String>,
    /// Part of title, number or product; or the whole GTIN or lot number.
    pub search: Option<String>,
}

impl Filter {
    fn condition(&self) -> Condition {
        let names = [
            (row::Column::State, self.state.map(State::name)),
            (row::Column::Origin, self.origin.map(Origin::name)),
            (row::Column::Result, self.result.map(TestResult::name)),
            (row::Column::LaboratoryId, self.laboratory_id.as_deref()),
            (row::Column::MerchantId, self.merchant_id.as_deref()),
            (row::Column::LotId, self.lot_id.as_deref()),
        ];
        let mut all = Condition::all();
        for (column, value) in names {
            if let Some(value) = value {
                all = all.add(column.eq(value));
            }
        }
        if self.signed {
            all = all.add(row::Column::State.ne(State::Draft.name()));
        }
        if let Some(search) = self.search.as_ref().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            let part = db::containing(&search.to_lowercase());
            let holds = |column: row::Column| Expr::expr(Func::lower(Expr::col(column))).like(part.clone());
            all = all.add(
                Condition::any()
                    .add(holds(row::Column::Title))
                    .add(holds(row::Column::Number))
                    .add(holds(row::Column::Product))
                    .add(row::Column::LotNumber.eq(search))
                    .add(row::Column::Gtin.eq(format!("{search:0>14}"))),
            );
        }
        all
    }
}

/// The columns a list may be sorted by.
pub const SORTS: [&str; 4] = ["created", "issued", "state", "lot"];

pub(crate) async fn list(db: &DatabaseConnection, filter: &Filter, paging: &Paging) -> Result<Page<Report>, Error> {
    let query = row::Entity::find().filter(filter.condition());
    let total = query.clone().count(db).await?;
    let (by, order) = match &paging.sort {
        Some(sort) => (sort.by.as_str(), if sort.descending { Order::Desc } else { Order::Asc }),
        None => ("created", Order::Desc),
    };
    let column = match by {
        "issued" => row::Column::IssuedAt,
        "state" => row::Column::State,
        "lot" => row::Column::LotNumber,
        _ => row::Column::CreatedAt,
    };
    let rows = query
        .order_by(column, order)
        .order_by_desc(row::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_, _>>()?, total, paging: paging.clone() })
}

pub(crate) async fn count(db: &DatabaseConnection, filter: &Filter) -> Result<u64, Error> {
    Ok(row::Entity::find().filter(filter.condition()).count(db).await?)
}
