//! Rows of laboratories, their keys and their status lists.

use super::{day, micros, moment};
use crate::Error;
use crate::model::{Accreditation, Laboratory, LaboratoryKey, LaboratoryState};
use db::{DatabaseConnection, Tx};
use ground::Timestamp;
use kernel::{Page, Paging};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "laboratories")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub name: String,
        pub name_en: String,
        pub state: String,
        pub reason: String,
        pub cma_number: String,
        pub cma_until: Option<String>,
        pub cnas_number: String,
        pub cnas_until: Option<String>,
        pub did: String,
        pub own_did: bool,
        pub confirmed_at: Option<i64>,
        pub created_at: i64,
        pub updated_at: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod keys {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "laboratory_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub laboratory_id: String,
        pub did: String,
        pub fragment: String,
        pub public: String,
        pub sealed: Option<String>,
        pub created_at: i64,
        pub revoked_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod lists {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "report_status_lists")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub laboratory_id: String,
        pub next_index: i64,
        pub start: i64,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Most keys of one laboratory.
pub(crate) const KEYS_MAX: u64 = 20;

fn write(laboratory: &Laboratory) -> row::ActiveModel {
    let number = |accreditation: &Option<Accreditation>| {
        accreditation.as_ref().map(|accreditation| accreditation.number.clone()).unwrap_or_default()
    };
    let until = |accreditation: &Option<Accreditation>| {
        accreditation.as_ref().and_then(|accreditation| accreditation.valid_until).map(|day| day.to_string())
    };
    row::ActiveModel {
        id: Set(laboratory.id.clone()),
        name: Set(laboratory.name.clone()),
        name_en: Set(laboratory.name_en.clone()),
        state: Set(laboratory.state.name().to_owned()),
        reason: Set(laboratory.reason.clone()),
        cma_number: Set(number(&laboratory.cma)),
        cma_until: Set(until(&laboratory.cma)),
        cnas_number: Set(number(&laboratory.cnas)),
        cnas_until: Set(until(&laboratory.cnas)),
        did: Set(laboratory.did.clone()),
        own_did: Set(laboratory.own_did),
        confirmed_at: Set(micros(laboratory.confirmed_at)),
        created_at: Set(laboratory.created_at.micros()),
        updated_at: Set(laboratory.updated_at.micros()),
        version: Set(laboratory.version),
    }
}

fn read(row: row::Model) -> Result<Laboratory, Error> {
    let accreditation = |number: String, until: Option<&String>| {
        (!number.is_empty()).then(|| Accreditation { number, valid_until: day(until) })
    };
    Ok(Laboratory {
        state: LaboratoryState::from_name(&row.state).ok_or_else(|| Error::damaged("state", &row.id))?,
        cma: accreditation(row.cma_number, row.cma_until.as_ref()),
        cnas: accreditation(row.cnas_number, row.cnas_until.as_ref()),
        id: row.id,
        name: row.name,
        name_en: row.name_en,
        reason: row.reason,
        did: row.did,
        own_did: row.own_did,
        confirmed_at: moment(row.confirmed_at),
        created_at: Timestamp::from_micros(row.created_at),
        updated_at: Timestamp::from_micros(row.updated_at),
        version: row.version,
    })
}

pub(crate) async fn insert(tx: &Tx, laboratory: &Laboratory) -> Result<(), Error> {
    row::Entity::insert(write(laboratory)).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes it if it still is at the version before.
pub(crate) async fn update(tx: &Tx, laboratory: &Laboratory) -> Result<(), Error> {
    let changed = row::Entity::update_many()
        .set(write(laboratory))
        .filter(row::Column::Id.eq(&laboratory.id))
        .filter(row::Column::Version.eq(laboratory.version - 1))
        .exec(tx)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}

pub(crate) async fn one(db: &impl ConnectionTrait, id: &str) -> Result<Option<Laboratory>, Error> {
    row::Entity::find_by_id(id).one(db).await?.map(read).transpose()
}

/// The laboratory a DID is or was of.
pub(crate) async fn by_did(db: &impl ConnectionTrait, did: &str) -> Result<Option<Laboratory>, Error> {
    if let Some(found) = row::Entity::find().filter(row::Column::Did.eq(did)).one(db).await? {
        return read(found).map(Some);
    }
    match keys::Entity::find().filter(keys::Column::Did.eq(did)).one(db).await? {
        Some(key) => one(db, &key.laboratory_id).await,
        None => Ok(None),
    }
}

/// What a list of laboratories shows.
#[derive(Debug, Clone, Default)]
pub struct LaboratoryFilter {
    /// Only this state.
    pub state: Option<LaboratoryState>,
    /// Part of the name, or the whole number of an accreditation.
    pub search: Option<String>,
}

pub(crate) async fn list(
    db: &DatabaseConnection,
    filter: &LaboratoryFilter,
    paging: &Paging,
) -> Result<Page<Laboratory>, Error> {
    let mut all = Condition::all();
    if let Some(state) = filter.state {
        all = all.add(row::Column::State.eq(state.name()));
    }
    if let Some(search) = filter.search.as_ref().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        let part = db::containing(&search.to_lowercase());
        all = all.add(
            Condition::any()
                .add(Expr::expr(Func::lower(Expr::col(row::Column::Name))).like(part.clone()))
                .add(Expr::expr(Func::lower(Expr::col(row::Column::NameEn))).like(part))
                .add(row::Column::CmaNumber.eq(search))
                .add(row::Column::CnasNumber.eq(search)),
        );
    }
    let query = row::Entity::find().filter(all);
    let total = query.clone().count(db).await?;
    let rows = query
        .order_by(row::Column::UpdatedAt, Order::Desc)
        .order_by_asc(row::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_, _>>()?, total, paging: paging.clone() })
}

// --- keys

pub(crate) async fn insert_key(tx: &Tx, key: &LaboratoryKey) -> Result<(), Error> {
    keys::Entity::insert(keys::ActiveModel {
        id: Set(key.id.clone()),
        laboratory_id: Set(key.laboratory_id.clone()),
        did: Set(key.did.clone()),
        fragment: Set(key.fragment.clone()),
        public: Set(key.public.clone()),
        sealed: Set(key.sealed.clone()),
        created_at: Set(key.created_at.micros()),
        revoked_at: Set(micros(key.revoked_at)),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// Withdraws a key; its sealed seed is taken away.
pub(crate) async fn revoke_key(tx: &Tx, id: &str, at: Timestamp) -> Result<(), Error> {
    let changed = keys::Entity::update_many()
        .col_expr(keys::Column::RevokedAt, Expr::value(Some(at.micros())))
        .col_expr(keys::Column::Sealed, Expr::value(Option::<String>::None))
        .filter(keys::Column::Id.eq(id))
        .filter(keys::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Retires a key from signing: it stays good for what it signed, its sealed seed is taken away.
pub(crate) async fn retire_key(tx: &Tx, id: &str) -> Result<(), Error> {
    keys::Entity::update_many()
        .col_expr(keys::Column::Sealed, Expr::value(Option::<String>::None))
        .filter(keys::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// All keys of a laboratory, oldest first.
pub(crate) async fn keys_of(db: &impl ConnectionTrait, laboratory_id: &str) -> Result<Vec<LaboratoryKey>, Error> {
    let rows = keys::Entity::find()
        .filter(keys::Column::LaboratoryId.eq(laboratory_id))
        .order_by_asc(keys::Column::CreatedAt)
        .order_by_asc(keys::Column::Id)
        .limit(KEYS_MAX)
        .all(db)
        .await?;
    let read = |row: keys::Model| LaboratoryKey {
        id: row.id,
        laboratory_id: row.laboratory_id,
        did: row.did,
        fragment: row.fragment,
        public: row.public,
        sealed: row.sealed,
        created_at: Timestamp::from_micros(row.created_at),
        revoked_at: moment(row.revoked_at),
    };
    Ok(rows.into_iter().map(read).collect())
}

// --- status lists

/// Takes the next place in a laboratory's newest list, or none where that list is full or there is none. Places are handed
/// out in a fixed order that visits each once, so that a position tells little about when a report was signed.
pub(crate) async fn take_place(tx: &Tx, laboratory_id: &str, entries: i64) -> Result<Option<(String, u64)>, Error> {
    let newest = lists::Entity::find()
        .filter(lists::Column::LaboratoryId.eq(laboratory_id))
        .order_by_desc(lists::Column::CreatedAt)
        .order_by_desc(lists::Column::Id)
        .one(tx)
        .await?;
    let Some(list) = newest.filter(|list| list.next_index < entries) else { return Ok(None) };
    let taken = lists::Entity::update_many()
        .col_expr(lists::Column::NextIndex, Expr::value(list.next_index + 1))
        .filter(lists::Column::Id.eq(&list.id))
        .filter(lists::Column::NextIndex.eq(list.next_index))
        .exec(tx)
        .await?;
    if taken.rows_affected != 1 {
        return Err(Error::Stale);
    }
    // An odd step visits every place of a list whose size is a power of two.
    let place = (list.start + list.next_index * STEP).rem_euclid(entries);
    Ok(Some((list.id, place.unsigned_abs())))
}

const STEP: i64 = 40_503;

pub(crate) async fn insert_list(
    tx: &Tx,
    id: &str,
    laboratory_id: &str,
    start: i64,
    at: Timestamp,
) -> Result<(), Error> {
    lists::Entity::insert(lists::ActiveModel {
        id: Set(id.to_owned()),
        laboratory_id: Set(laboratory_id.to_owned()),
        next_index: Set(0),
        start: Set(start),
        created_at: Set(at.micros()),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// Whose list it is.
pub(crate) async fn list_owner(db: &impl ConnectionTrait, id: &str) -> Result<Option<String>, Error> {
    Ok(lists::Entity::find_by_id(id).one(db).await?.map(|list| list.laboratory_id))
}
