//! The rows of anchors: which tree stands where.

use crate::anchors::{AnchorRow, State};
use db::{Migrations, Table};
use ground::Timestamp;
use kernel::{Kernel, Page, Paging, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

mod rows {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_anchors")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub kind: String,
        pub place: String,
        pub size: i64,
        pub root: String,
        pub at: i64,
        pub state: String,
        pub reference: String,
        pub checkpoint: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

db::migration!(CreateAnchors, "m20261124_000201_proofs_anchors", |schema| {
    Table::new("ledger_anchors")
        .id()
        .key("kind")
        .key("place")
        .integer("size")
        .key("root")
        .time("at")
        .key("state")
        .text("reference")
        .text("checkpoint")
        .index(&["kind", "place", "size"])
        .index(&["state", "at"])
        .index(&["at"])
        .create(schema)
        .await?;
});

/// The migrations of this crate.
pub fn migrations() -> Migrations {
    vec![Box::new(CreateAnchors)]
}

fn read(row: rows::Model) -> AnchorRow {
    AnchorRow {
        id: row.id,
        kind: row.kind,
        place: row.place,
        size: u64::try_from(row.size).unwrap_or(0),
        root: row.root,
        at: Timestamp::from_micros(row.at),
        state: State::from_name(&row.state),
        reference: row.reference,
        checkpoint: row.checkpoint,
    }
}

/// Keeps that a tree was put somewhere.
pub async fn insert(kernel: &Kernel, anchor: &AnchorRow) -> Result<()> {
    let tx = kernel.db().write_tx().await?;
    let row = rows::ActiveModel {
        id: Set(anchor.id.clone()),
        kind: Set(anchor.kind.clone()),
        place: Set(anchor.place.clone()),
        size: Set(i64::try_from(anchor.size).unwrap_or(i64::MAX)),
        root: Set(anchor.root.clone()),
        at: Set(anchor.at.micros()),
        state: Set(anchor.state.name().to_owned()),
        reference: Set(anchor.reference.clone()),
        checkpoint: Set(anchor.checkpoint.clone()),
    };
    row.insert(&tx).await.map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// Records what became of an anchor.
pub async fn set_state(kernel: &Kernel, id: &str, state: State) -> Result<()> {
    let tx = kernel.db().write_tx().await?;
    rows::Entity::update_many()
        .col_expr(rows::Column::State, Expr::value(state.name()))
        .filter(rows::Column::Id.eq(id))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// The newest anchor of a place that was not lost.
pub async fn newest(kernel: &Kernel, kind: &str, place: &str) -> Result<Option<AnchorRow>> {
    let row = rows::Entity::find()
        .filter(rows::Column::Kind.eq(kind))
        .filter(rows::Column::Place.eq(place))
        .filter(rows::Column::State.ne(State::Lost.name()))
        .order_by_desc(rows::Column::Size)
        .one(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(row.map(read))
}

/// Anchors of which it is not known yet whether they are there for good, oldest first.
pub async fn pending(kernel: &Kernel, kind: &str, place: &str, most: u64) -> Result<Vec<AnchorRow>> {
    let rows = rows::Entity::find()
        .filter(rows::Column::Kind.eq(kind))
        .filter(rows::Column::Place.eq(place))
        .filter(rows::Column::State.eq(State::Sent.name()))
        .order_by_asc(rows::Column::At)
        .limit(most)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(rows.into_iter().map(read).collect())
}

/// One anchor.
pub async fn one(kernel: &Kernel, id: &str) -> Result<Option<AnchorRow>> {
    let row = rows::Entity::find_by_id(id).one(kernel.db().read()).await.map_err(db::Error::from)?;
    Ok(row.map(read))
}

/// Anchors, newest first; of one kind where asked.
pub async fn list(kernel: &Kernel, kind: Option<&str>, paging: &Paging) -> Result<Page<AnchorRow>> {
    let mut query = rows::Entity::find();
    if let Some(kind) = kind {
        query = query.filter(rows::Column::Kind.eq(kind));
    }
    let total = query.clone().count(kernel.db().read()).await.map_err(db::Error::from)?;
    let rows = query
        .order_by_desc(rows::Column::At)
        .order_by_desc(rows::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(Page { rows: rows.into_iter().map(read).collect(), total, paging: paging.clone() })
}

/// The smallest anchored tree that has a leaf, preferring what is there for good.
pub async fn covering(kernel: &Kernel, leaf: u64) -> Result<Option<AnchorRow>> {
    let found = async |state: State| {
        rows::Entity::find()
            .filter(rows::Column::State.eq(state.name()))
            .filter(rows::Column::Size.gt(i64::try_from(leaf).unwrap_or(i64::MAX)))
            .order_by_asc(rows::Column::Size)
            .order_by_asc(rows::Column::At)
            .one(kernel.db().read())
            .await
            .map_err(db::Error::from)
    };
    let row = match found(State::Final).await? {
        Some(row) => Some(row),
        None => found(State::Sent).await?,
    };
    Ok(row.map(read))
}
