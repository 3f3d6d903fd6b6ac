//! Rows of tests and remedies that wait to be taken in.

use super::schema::evidence::{Column, Entity, Model};
use super::{fail, unknown};
use crate::model::{Day, DayInput, ProductDay};
use db::Tx;
use ground::Timestamp;
use kernel::Result;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

/// What was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    TestPassed,
    TestFailed,
    Remedy,
    RemedyLate,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::TestPassed => "test_passed",
            Kind::TestFailed => "test_failed",
            Kind::Remedy => "remedy",
            Kind::RemedyLate => "remedy_late",
        }
    }

    fn input(name: &str) -> Result<DayInput> {
        let none = DayInput::default();
        Ok(match name {
            "test_passed" => DayInput { tests_passed: 1, ..none },
            "test_failed" => DayInput { tests_failed: 1, ..none },
            "remedy" => DayInput { remedies: 1, ..none },
            "remedy_late" => DayInput { remedies: 1, remedies_late: 1, ..none },
            other => return Err(unknown("evidence", other)),
        })
    }
}

/// Keeps what an act told; a second time changes nothing.
pub(crate) async fn note(tx: &Tx, id: &str, merchant_id: &str, product: &str, kind: Kind, at: Timestamp) -> Result<()> {
    let row = Model {
        id: id.to_owned(),
        merchant_id: merchant_id.to_owned(),
        product: product.to_owned(),
        kind: kind.name().to_owned(),
        at: at.micros(),
        taken_in: None,
    };
    let once = OnConflict::column(Column::Id).do_nothing_on([Column::Id]).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(once).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

/// One piece that waits.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub id: String,
    pub at: Timestamp,
    pub told: ProductDay,
}

/// What waits and happened before a moment, in the order of ids after one.
pub(crate) async fn waiting(
    db: &impl ConnectionTrait,
    before: Timestamp,
    after: &str,
    most: u64,
) -> Result<Vec<Waiting>> {
    let rows = Entity::find()
        .filter(Column::TakenIn.is_null())
        .filter(Column::At.lt(before.micros()))
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    let read = |row: Model| {
        let key = format!("{}/{}", row.merchant_id, row.product);
        Ok(Waiting {
            at: Timestamp::from_micros(row.at),
            told: ProductDay { key, input: Kind::input(&row.kind)? },
            id: row.id,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Marks these as taken in by a day.
pub(crate) async fn take_in(tx: &Tx, day: Day, ids: &[String]) -> Result<()> {
    for chunk in ids.chunks(400) {
        Entity::update_many()
            .col_expr(Column::TakenIn, Expr::value(i64::from(day)))
            .filter(Column::Id.is_in(chunk.iter().map(String::as_str)))
            .exec(tx)
            .await
            .map_err(fail)?;
    }
    Ok(())
}
