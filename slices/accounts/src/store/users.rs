//! People and their recovery codes.

use crate::model::{Organisation, OrganisationKind, User, UserFilter, UserState};
use db::Tx;
use ground::{Language, Timestamp};
use kernel::{Kernel, Page, Paging, Result, Role};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::collections::BTreeSet;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub login: String,
        pub name: String,
        pub email: Option<String>,
        pub phone: Option<String>,
        pub roles: String,
        pub organisation_kind: Option<String>,
        pub organisation_id: Option<String>,
        pub organisation_name: Option<String>,
        pub language: String,
        pub zone: String,
        pub state: String,
        pub password_hash: Option<String>,
        pub password_changed_at: Option<i64>,
        pub totp_secret: Option<String>,
        pub totp_on: bool,
        pub totp_step: i64,
        pub created_at: i64,
        pub changed_at: i64,
        pub signed_in_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod codes {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_recovery_codes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        pub hash: String,
        pub used_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A person with their secrets: never leaves the crate.
#[derive(Clone)]
pub(crate) struct Secrets {
    pub(crate) user: User,
    pub(crate) password_hash: Option<String>,
    pub(crate) totp_secret: Option<String>,
    pub(crate) totp_step: i64,
}

/// Roles as stored: names between blanks, a blank at both ends, so that one can be looked for.
fn stored_roles(roles: &BTreeSet<Role>) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    format!(" {} ", names.join(" "))
}

fn read(model: row::Model) -> Secrets {
    let organisation = match (model.organisation_kind, model.organisation_id) {
        (Some(kind), Some(id)) => OrganisationKind::from_name(&kind).map(|kind| Organisation {
            kind,
            id,
            name: model.organisation_name.unwrap_or_default(),
        }),
        _ => None,
    };
    let user = User {
        id: model.id,
        login: model.login,
        name: model.name,
        email: model.email,
        phone: model.phone,
        roles: model.roles.split_whitespace().filter_map(Role::from_name).collect(),
        organisation,
        language: Language::from_tag(&model.language).unwrap_or_default(),
        zone: model.zone,
        state: UserState::from_name(&model.state),
        has_password: model.password_hash.is_some(),
        second_factor: model.totp_on,
        created_at: Timestamp::from_micros(model.created_at),
        signed_in_at: model.signed_in_at.map(Timestamp::from_micros),
    };
    Secrets { user, password_hash: model.password_hash, totp_secret: model.totp_secret, totp_step: model.totp_step }
}

pub(crate) async fn insert(
    tx: &Tx,
    user: &User,
    password_hash: Option<String>,
    now: Timestamp,
) -> Result<(), db::Error> {
    let organisation = user.organisation.as_ref();
    row::Entity::insert(row::ActiveModel {
        id: Set(user.id.clone()),
        login: Set(user.login.clone()),
        name: Set(user.name.clone()),
        email: Set(user.email.clone()),
        phone: Set(user.phone.clone()),
        roles: Set(stored_roles(&user.roles)),
        organisation_kind: Set(organisation.map(|o| o.kind.name().to_owned())),
        organisation_id: Set(organisation.map(|o| o.id.clone())),
        organisation_name: Set(organisation.map(|o| o.name.clone())),
        language: Set(user.language.tag().to_owned()),
        zone: Set(user.zone.clone()),
        state: Set(user.state.name().to_owned()),
        password_changed_at: Set(password_hash.as_ref().map(|_| now.micros())),
        password_hash: Set(password_hash),
        totp_secret: Set(None),
        totp_on: Set(false),
        totp_step: Set(0),
        created_at: Set(user.created_at.micros()),
        changed_at: Set(now.micros()),
        signed_in_at: Set(None),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

pub(crate) async fn by_id(db: &impl ConnectionTrait, id: &str) -> Result<Option<Secrets>> {
    Ok(row::Entity::find_by_id(id).one(db).await.map_err(db::Error::from)?.map(read))
}

pub(crate) async fn by_login(db: &impl ConnectionTrait, login: &str) -> Result<Option<Secrets>> {
    let found = row::Entity::find().filter(row::Column::Login.eq(login)).one(db).await;
    Ok(found.map_err(db::Error::from)?.map(read))
}

pub(crate) async fn list(kernel: &Kernel, filter: &UserFilter, paging: &Paging) -> Result<Page<User>> {
    let mut query = row::Entity::find();
    if let Some(text) = &filter.text {
        let text = text.to_lowercase();
        let anywhere = Condition::any()
            .add(row::Column::Login.like(db::containing(&text)))
            .add(row::Column::Name.like(db::containing(filter.text.as_deref().unwrap_or(""))))
            .add(row::Column::Email.like(db::containing(&text)))
            .add(row::Column::OrganisationName.like(db::containing(filter.text.as_deref().unwrap_or(""))));
        query = query.filter(anywhere);
    }
    if let Some(role) = filter.role {
        query = query.filter(row::Column::Roles.contains(format!(" {} ", role.name())));
    }
    if let Some(state) = filter.state {
        query = query.filter(row::Column::State.eq(state.name()));
    }
    if let Some(organisation) = &filter.organisation {
        query = query.filter(row::Column::OrganisationId.eq(organisation));
    }
    let db = kernel.db().read();
    let total = query.clone().count(db).await.map_err(db::Error::from)?;
    let (by, descending) = paging.sort.as_ref().map_or(("login", false), |sort| (sort.by.as_str(), sort.descending));
    let column = match by {
        "name" => row::Column::Name,
        "state" => row::Column::State,
        "created" => row::Column::CreatedAt,
        "signed_in" => row::Column::SignedInAt,
        _ => row::Column::Login,
    };
    let query = if descending { query.order_by_desc(column) } else { query.order_by_asc(column) };
    let rows = query
        .order_by_asc(row::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(db::Error::from)?;
    Ok(Page { rows: rows.into_iter().map(|model| read(model).user).collect(), total, paging: paging.clone() })
}

/// How many active people hold a role, besides one.
pub(crate) async fn others_with_role(db: &impl ConnectionTrait, role: Role, except: &str) -> Result<u64> {
    Ok(row::Entity::find()
        .filter(row::Column::Roles.contains(format!(" {} ", role.name())))
        .filter(row::Column::State.eq(UserState::Active.name()))
        .filter(row::Column::Id.ne(except))
        .count(db)
        .await
        .map_err(db::Error::from)?)
}

/// What may change about a person in one statement; `None` leaves it.
#[derive(Default)]
pub(crate) struct Change {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<Option<String>>,
    pub(crate) phone: Option<Option<String>>,
    pub(crate) language: Option<Language>,
    pub(crate) zone: Option<String>,
    pub(crate) roles: Option<BTreeSet<Role>>,
    pub(crate) state: Option<UserState>,
    pub(crate) password_hash: Option<String>,
    pub(crate) totp: Option<(Option<String>, bool)>,
    pub(crate) signed_in_at: Option<Timestamp>,
}

pub(crate) async fn change(tx: &Tx, id: &str, change: Change, now: Timestamp) -> Result<()> {
    let mut update = row::Entity::update_many().filter(row::Column::Id.eq(id));
    let mut set = |column: row::Column, value: Expr| {
        update = update.clone().col_expr(column, value);
    };
    set(row::Column::ChangedAt, Expr::value(now.micros()));
    if let Some(name) = change.name {
        set(row::Column::Name, Expr::value(name));
    }
    if let Some(email) = change.email {
        set(row::Column::Email, Expr::value(email));
    }
    if let Some(phone) = change.phone {
        set(row::Column::Phone, Expr::value(phone));
    }
    if let Some(language) = change.language {
        set(row::Column::Language, Expr::value(language.tag()));
    }
    if let Some(zone) = change.zone {
        set(row::Column::Zone, Expr::value(zone));
    }
    if let Some(roles) = change.roles {
        set(row::Column::Roles, Expr::value(stored_roles(&roles)));
    }
    if let Some(state) = change.state {
        set(row::Column::State, Expr::value(state.name()));
    }
    if let Some(hash) = change.password_hash {
        set(row::Column::PasswordHash, Expr::value(hash));
        set(row::Column::PasswordChangedAt, Expr::value(now.micros()));
    }
    if let Some((secret, on)) = change.totp {
        set(row::Column::TotpSecret, Expr::value(secret));
        set(row::Column::TotpOn, Expr::value(on));
    }
    if let Some(at) = change.signed_in_at {
        set(row::Column::SignedInAt, Expr::value(at.micros()));
    }
    update.exec(tx).await.map_err(db::Error::from)?;
    Ok(())
}

/// Uses up a time step of the second factor. `false` when this step or a later one was used before.
pub(crate) async fn take_totp_step(tx: &Tx, id: &str, step: i64) -> Result<bool> {
    let taken = row::Entity::update_many()
        .col_expr(row::Column::TotpStep, Expr::value(step))
        .filter(row::Column::Id.eq(id))
        .filter(Expr::col(row::Column::TotpStep).lt(step))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(taken.rows_affected == 1)
}

pub(crate) async fn replace_codes(tx: &Tx, user_id: &str, hashes: Vec<(String, String)>) -> Result<()> {
    codes::Entity::delete_many().filter(codes::Column::UserId.eq(user_id)).exec(tx).await.map_err(db::Error::from)?;
    if hashes.is_empty() {
        return Ok(());
    }
    let rows = hashes.into_iter().map(|(id, hash)| codes::ActiveModel {
        id: Set(id),
        user_id: Set(user_id.to_owned()),
        hash: Set(hash),
        used_at: Set(None),
    });
    codes::Entity::insert_many(rows).exec_without_returning(tx).await.map_err(db::Error::from)?;
    Ok(())
}

/// Uses up a recovery code. `false` when there is none.
pub(crate) async fn take_code(tx: &Tx, user_id: &str, hash: &str, now: Timestamp) -> Result<bool> {
    let taken = codes::Entity::update_many()
        .col_expr(codes::Column::UsedAt, Expr::value(now.micros()))
        .filter(codes::Column::UserId.eq(user_id))
        .filter(codes::Column::Hash.eq(hash))
        .filter(codes::Column::UsedAt.is_null())
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(taken.rows_affected > 0)
}

pub(crate) async fn codes_left(kernel: &Kernel, user_id: &str) -> Result<u64> {
    Ok(codes::Entity::find()
        .filter(codes::Column::UserId.eq(user_id))
        .filter(codes::Column::UsedAt.is_null())
        .count(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

pub(crate) async fn rename_organisation(tx: &Tx, organisation_id: &str, name: &str) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::OrganisationName, Expr::value(name))
        .filter(row::Column::OrganisationId.eq(organisation_id))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(())
}
