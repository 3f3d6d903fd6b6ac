//! Rows of merchant files, their categories and the numbers they hold alone.

use super::tables::{categories, claims, merchants, qualifications};
use super::{damaged, findings_json, key, micros, moment, read_findings, read_texts, texts_json};
use crate::model::{Company, Contacts, Merchant, QualificationState, ReturnAddress, State};
use crate::{Error, rules};
use db::{DatabaseConnection, Tx};
use ground::Timestamp;
use jiff::civil::Date;
use kernel::{Page, Paging};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// Most merchants one directory look-up or one turn of a job takes.
pub(crate) const BATCH_MAX: usize = 500;

fn addresses_json(addresses: &[ReturnAddress]) -> String {
    let list: Vec<Value> =
        addresses.iter().map(|a| json!({"name": a.name, "phone": a.phone, "address": a.address})).collect();
    Value::Array(list).to_string()
}

fn read_addresses(text: &str) -> Option<Vec<ReturnAddress>> {
    let list: Vec<BTreeMap<String, String>> = serde_json::from_str(text).ok()?;
    let mut addresses = Vec::with_capacity(list.len());
    for mut map in list {
        addresses.push(ReturnAddress {
            name: map.remove("name")?,
            phone: map.remove("phone")?,
            address: map.remove("address")?,
        });
    }
    Some(addresses)
}

fn write(merchant: &Merchant) -> merchants::ActiveModel {
    let (company, contacts) = (&merchant.company, &merchant.contacts);
    merchants::ActiveModel {
        id: Set(merchant.id.clone()),
        market: Set(merchant.market.clone()),
        state: Set(merchant.state.name().to_owned()),
        version: Set(merchant.version),
        uscc: Set(key(&company.uscc)),
        name_key: Set(key(&rules::comparable(&company.legal_name))),
        legal_name: Set(company.legal_name.clone()),
        shop_name: Set(company.shop_name.clone()),
        representative: Set(company.representative.clone()),
        representative_id: Set(company.representative_id.clone()),
        address: Set(company.address.clone()),
        contact_name: Set(contacts.name.clone()),
        phone: Set(contacts.phone.clone()),
        email: Set(contacts.email.clone()),
        bank_name: Set(contacts.bank_name.clone()),
        bank_holder: Set(contacts.bank_holder.clone()),
        bank_account: Set(contacts.bank_account.clone()),
        return_addresses: Set(addresses_json(&contacts.return_addresses)),
        devices: Set(texts_json(&contacts.devices)),
        findings: Set(findings_json(&merchant.findings).to_string()),
        reasons: Set(texts_json(&merchant.reasons)),
        note: Set(merchant.note.clone()),
        open_reason: Set(merchant.open_reason.clone()),
        created_at: Set(merchant.created_at.micros()),
        updated_at: Set(merchant.updated_at.micros()),
        submitted_at: Set(micros(merchant.submitted_at)),
        verified_at: Set(micros(merchant.verified_at)),
        verify_due_at: Set(micros(merchant.verify_due_at)),
        confirm_asked_at: Set(micros(merchant.confirm_asked_at)),
        suspended_until: Set(micros(merchant.suspended_until)),
    }
}

fn read(row: merchants::Model, categories: Vec<String>) -> Result<Merchant, Error> {
    let bad = |what: &str| damaged(what, &row.id);
    let state = State::from_name(&row.state).ok_or_else(|| bad("state"))?;
    let return_addresses = read_addresses(&row.return_addresses).ok_or_else(|| bad("return addresses"))?;
    let devices = read_texts(&row.devices).ok_or_else(|| bad("devices"))?;
    let findings = read_findings(&row.findings).ok_or_else(|| bad("findings"))?;
    let reasons = read_texts(&row.reasons).ok_or_else(|| bad("reasons"))?;
    Ok(Merchant {
        id: row.id,
        market: row.market,
        state,
        version: row.version,
        company: Company {
            uscc: row.uscc,
            legal_name: row.legal_name,
            shop_name: row.shop_name,
            representative: row.representative,
            representative_id: row.representative_id,
            address: row.address,
        },
        contacts: Contacts {
            name: row.contact_name,
            phone: row.phone,
            email: row.email,
            bank_name: row.bank_name,
            bank_holder: row.bank_holder,
            bank_account: row.bank_account,
            return_addresses,
            devices,
        },
        categories,
        findings,
        reasons,
        note: row.note,
        open_reason: row.open_reason,
        created_at: Timestamp::from_micros(row.created_at),
        updated_at: Timestamp::from_micros(row.updated_at),
        submitted_at: moment(row.submitted_at),
        verified_at: moment(row.verified_at),
        verify_due_at: moment(row.verify_due_at),
        confirm_asked_at: moment(row.confirm_asked_at),
        suspended_until: moment(row.suspended_until),
    })
}

async fn with_categories(db: &impl ConnectionTrait, rows: Vec<merchants::Model>) -> Result<Vec<Merchant>, Error> {
    let mut by_merchant: HashMap<String, Vec<String>> = HashMap::new();
    for chunk in rows.chunks(BATCH_MAX) {
        let found = categories::Entity::find()
            .filter(categories::Column::MerchantId.is_in(chunk.iter().map(|row| row.id.as_str())))
            .order_by_asc(categories::Column::Category)
            .all(db)
            .await?;
        for row in found {
            by_merchant.entry(row.merchant_id).or_default().push(row.category);
        }
    }
    rows.into_iter()
        .map(|row| {
            let categories = by_merchant.remove(&row.id).unwrap_or_default();
            read(row, categories)
        })
        .collect()
}

async fn write_categories(tx: &Tx, merchant: &Merchant) -> Result<(), Error> {
    categories::Entity::delete_many().filter(categories::Column::MerchantId.eq(&merchant.id)).exec(tx).await?;
    if merchant.categories.is_empty() {
        return Ok(());
    }
    let rows = merchant.categories.iter().map(|category| categories::ActiveModel {
        merchant_id: Set(merchant.id.clone()),
        category: Set(key(category)),
    });
    categories::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn insert_merchant(tx: &Tx, merchant: &Merchant) -> Result<(), Error> {
    merchants::Entity::insert(write(merchant)).exec_without_returning(tx).await?;
    write_categories(tx, merchant).await
}

/// Writes the file if it still is at the version before `merchant.version`.
pub(crate) async fn update_merchant(tx: &Tx, merchant: &Merchant, categories_too: bool) -> Result<(), Error> {
    let changed = merchants::Entity::update_many()
        .set(write(merchant))
        .filter(merchants::Column::Id.eq(&merchant.id))
        .filter(merchants::Column::Version.eq(merchant.version - 1))
        .exec(tx)
        .await?;
    if changed.rows_affected != 1 {
        return Err(Error::Stale);
    }
    if categories_too {
        write_categories(tx, merchant).await?;
    }
    Ok(())
}

pub(crate) async fn merchant(db: &impl ConnectionTrait, id: &str) -> Result<Option<Merchant>, Error> {
    let Some(row) = merchants::Entity::find_by_id(id).one(db).await? else {
        return Ok(None);
    };
    Ok(with_categories(db, vec![row]).await?.pop())
}

/// The merchant of a number: the live one first, then the newest.
pub(crate) async fn merchant_by_uscc(db: &impl ConnectionTrait, uscc: &str) -> Result<Option<Merchant>, Error> {
    let rows = merchants::Entity::find()
        .filter(merchants::Column::Uscc.eq(uscc))
        .order_by_desc(merchants::Column::UpdatedAt)
        .limit(BATCH_MAX as u64)
        .all(db)
        .await?;
    let mut found = with_categories(db, rows).await?;
    found.sort_by_key(|m| matches!(m.state, State::Draft | State::Refused | State::Closed));
    Ok(found.into_iter().next())
}

/// What a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this state.
    pub state: Option<State>,
    /// Only merchants of this category or one under it.
    pub category: Option<String>,
    /// Only this market.
    pub market: Option<String>,
    /// Only merchants with a verified qualification that ends on or before this day.
    pub expiring_by: Option<Date>,
    /// Only merchants a person must look at.
    pub to_verify: bool,
    /// Part of the name, or the whole number.
    pub search: Option<String>,
}

impl Filter {
    fn condition(&self) -> Condition {
        let mut all = Condition::all();
        if let Some(state) = self.state {
            all = all.add(merchants::Column::State.eq(state.name()));
        }
        if let Some(market) = &self.market {
            all = all.add(merchants::Column::Market.eq(market));
        }
        if let Some(category) = self.category.as_ref().filter(|category| !category.is_empty()) {
            let ids = categories::Entity::find().select_only().column(categories::Column::MerchantId).filter(
                categories::Column::Category
                    .eq(category)
                    .or(categories::Column::Category.starts_with(format!("{category}/"))),
            );
            all = all.add(merchants::Column::Id.in_subquery(ids.into_query()));
        }
        if let Some(day) = self.expiring_by {
            let ids = qualifications::Entity::find()
                .select_only()
                .column(qualifications::Column::MerchantId)
                .filter(qualifications::Column::State.eq(QualificationState::Verified.name()))
                .filter(qualifications::Column::ValidUntil.lte(day.to_string()));
            all = all.add(merchants::Column::Id.in_subquery(ids.into_query()));
        }
        if self.to_verify {
            let open = qualifications::Entity::find()
                .select_only()
                .column(qualifications::Column::MerchantId)
                .filter(qualifications::Column::State.eq(QualificationState::Submitted.name()));
            let enrolled = Condition::all()
                .add(merchants::Column::State.is_in([State::Enrolled.name(), State::Suspended.name()]))
                .add(
                    Condition::any()
                        .add(merchants::Column::OpenReason.is_not_null())
                        .add(merchants::Column::Id.in_subquery(open.into_query())),
                );
            all = all.add(
                Condition::any()
                    .add(merchants::Column::State.is_in([State::Submitted.name(), State::Verifying.name()]))
                    .add(enrolled),
            );
        }
        if let Some(search) = self.search.as_ref().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            let part = rules::comparable(search);
            let shop = Expr::expr(Func::lower(Expr::col(merchants::Column::ShopName)));
            let mut any = Condition::any()
                .add(shop.like(db::containing(&search.to_lowercase())))
                .add(merchants::Column::Uscc.eq(search.to_uppercase()))
                .add(merchants::Column::Id.eq(search));
            // Signs alone leave nothing to compare names by; nothing would be part of every name.
            if !part.is_empty() {
                any = any.add(merchants::Column::NameKey.like(db::containing(&part)));
            }
            all = all.add(any);
        }
        all
    }
}

/// The columns a list may be sorted by.
pub const SORTS: [&str; 6] = ["name", "state", "updated", "submitted", "created", "due"];

pub(crate) async fn merchants(
    db: &DatabaseConnection,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<Merchant>, Error> {
    let query = merchants::Entity::find().filter(filter.condition());
    let total = query.clone().count(db).await?;
    let (by, order) = match &paging.sort {
        Some(sort) => (sort.by.as_str(), if sort.descending { Order::Desc } else { Order::Asc }),
        None => ("updated", Order::Desc),
    };
    let column = match by {
        "name" => merchants::Column::NameKey,
        "state" => merchants::Column::State,
        "submitted" => merchants::Column::SubmittedAt,
        "created" => merchants::Column::CreatedAt,
        "due" => merchants::Column::VerifyDueAt,
        _ => merchants::Column::UpdatedAt,
    };
    let rows = query
        .order_by(column, order)
        .order_by_asc(merchants::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await?;
    Ok(Page { rows: with_categories(db, rows).await?, total, paging: paging.clone() })
}

/// How many merchants a filter finds.
pub(crate) async fn count(db: &DatabaseConnection, filter: &Filter) -> Result<u64, Error> {
    Ok(merchants::Entity::find().filter(filter.condition()).count(db).await?)
}

/// Names by id: the shop's name where there is one, else the legal name.
pub(crate) async fn names(db: &DatabaseConnection, ids: &[String]) -> Result<HashMap<String, String>, Error> {
    let mut names = HashMap::new();
    for chunk in ids.chunks(BATCH_MAX) {
        let rows: Vec<(String, String, String)> = merchants::Entity::find()
            .select_only()
            .column(merchants::Column::Id)
            .column(merchants::Column::ShopName)
            .column(merchants::Column::LegalName)
            .filter(merchants::Column::Id.is_in(chunk.iter().map(String::as_str)))
            .into_tuple()
            .all(db)
            .await?;
        names.extend(rows.into_iter().map(|(id, shop, legal)| (id, if shop.is_empty() { legal } else { shop })));
    }
    Ok(names)
}

/// Merchants in a state, oldest change first.
pub(crate) async fn in_state(db: &DatabaseConnection, state: State, most: u64) -> Result<Vec<String>, Error> {
    Ok(merchants::Entity::find()
        .select_only()
        .column(merchants::Column::Id)
        .filter(merchants::Column::State.eq(state.name()))
        .order_by_asc(merchants::Column::UpdatedAt)
        .limit(most)
        .into_tuple()
        .all(db)
        .await?)
}

/// What a timer looks for.
pub(crate) enum Due {
    /// Enrolled, verification due, nothing asked yet.
    Reverification(Timestamp),
    /// Enrolled, asked to confirm before this moment and silent since.
    Silent(Timestamp),
    /// Suspended with an end that has come.
    SuspensionOver(Timestamp),
}

pub(crate) async fn due(db: &DatabaseConnection, due: Due, most: u64) -> Result<Vec<String>, Error> {
    let query = merchants::Entity::find().select_only().column(merchants::Column::Id);
    let query = match due {
        Due::Reverification(now) => query
            .filter(merchants::Column::State.eq(State::Enrolled.name()))
            .filter(merchants::Column::VerifyDueAt.lte(now.micros()))
            .filter(merchants::Column::ConfirmAskedAt.is_null())
            .filter(merchants::Column::OpenReason.is_null()),
        Due::Silent(before) => query
            .filter(merchants::Column::State.eq(State::Enrolled.name()))
            .filter(merchants::Column::ConfirmAskedAt.lte(before.micros())),
        Due::SuspensionOver(now) => query
            .filter(merchants::Column::State.eq(State::Suspended.name()))
            .filter(merchants::Column::SuspendedUntil.lte(now.micros())),
    };
    Ok(query.order_by_asc(merchants::Column::Id).limit(most).into_tuple().all(db).await?)
}

/// Takes a number for a merchant alone. `false` when another merchant holds it.
pub(crate) async fn claim(tx: &Tx, kind: &str, value: &str, merchant_id: &str, now: Timestamp) -> Result<bool, Error> {
    let (kind, value) = (key(kind), key(value));
    if let Some(holder) = claims::Entity::find_by_id((kind.clone(), value.clone())).one(tx).await? {
        return Ok(holder.merchant_id == merchant_id);
    }
    // Two that come at once: the primary key refuses the second, whose transaction ends as `stale`.
    claims::Entity::insert(claims::ActiveModel {
        kind: Set(kind),
        value: Set(value),
        merchant_id: Set(merchant_id.to_owned()),
        at: Set(now.micros()),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(true)
}

/// Gives up what a merchant holds alone.
pub(crate) async fn release_claims(tx: &Tx, merchant_id: &str) -> Result<(), Error> {
    claims::Entity::delete_many().filter(claims::Column::MerchantId.eq(merchant_id)).exec(tx).await?;
    Ok(())
}
