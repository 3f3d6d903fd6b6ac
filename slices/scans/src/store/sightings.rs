//! Rows of what was seen.

use super::schema::sightings::{Column, Entity, Model};
use super::{fail, unknown};
use crate::model::{Channel, LotBrief, Outcome, Sighting};
use db::Tx;
use ground::Timestamp;
use journey::clones::{Event, Facts, Observation, Place, Rule, Source, UnitState};
use kernel::{Page, Paging, Result};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// Rows of one statement: all stores take so many values.
const INSERT_ROWS_MAX: usize = 40;

fn row(sighting: &Sighting) -> Model {
    let seen = &sighting.seen;
    let place = seen.place;
    let detail = match seen.event {
        Event::Sale { order } => Some(format!("{order:016x}")),
        Event::Cleared(rule) => Some(rule.name().to_owned()),
        _ => sighting.detail.clone(),
    };
    Model {
        id: sighting.id.clone(),
        at: seen.at.micros(),
        recorded_at: sighting.recorded_at.micros(),
        kind: sighting.kind().to_owned(),
        outcome: sighting.outcome.name().to_owned(),
        channel: sighting.channel.name().to_owned(),
        gtin: sighting.gtin.clone(),
        serial: sighting.serial.clone(),
        lot_id: sighting.lot.as_ref().map(|lot| lot.id.clone()),
        lot_number: sighting.lot.as_ref().map(|lot| lot.number.clone()).unwrap_or_default(),
        merchant_id: sighting.lot.as_ref().map(|lot| lot.merchant_id.clone()),
        ordinal: i64::from(sighting.ordinal),
        device: seen.device.map(|device| format!("{device:016x}")),
        country: sighting.country.clone(),
        latitude_e4: place.map(|place| i64::from(place.latitude_e4)),
        longitude_e4: place.map(|place| i64::from(place.longitude_e4)),
        radius_km: place.map(|place| i64::from(place.radius_km)),
        place_source: place.map(|place| if place.source == Source::Given { "given" } else { "network" }.to_owned()),
        abroad: seen.abroad.map(i64::from),
        detail,
    }
}

fn read(row: Model) -> Result<Sighting> {
    let number = |text: &Option<String>| text.as_deref().and_then(|text| u64::from_str_radix(text, 16).ok());
    let event = match row.kind.as_str() {
        "scan" => Event::Scan,
        "located" => Event::Located,
        "sale" => Event::Sale { order: number(&row.detail).unwrap_or_default() },
        "return" => Event::Return,
        "cleared" => {
            let name = row.detail.as_deref().unwrap_or_default();
            Event::Cleared(Rule::from_name(name).ok_or_else(|| unknown("rule", name))?)
        }
        other => return Err(unknown("kind of sighting", other)),
    };
    let place = match (row.latitude_e4, row.longitude_e4) {
        (Some(latitude), Some(longitude)) => Some(Place {
            latitude_e4: latitude as i32,
            longitude_e4: longitude as i32,
            radius_km: row.radius_km.unwrap_or_default().clamp(0, i64::from(u16::MAX)) as u16,
            source: if row.place_source.as_deref() == Some("network") { Source::Network } else { Source::Given },
        }),
        _ => None,
    };
    let lot = row.lot_id.map(|id| LotBrief {
        id,
        number: row.lot_number,
        product: String::new(),
        merchant_id: row.merchant_id.unwrap_or_default(),
        market: String::new(),
        units: 0,
    });
    Ok(Sighting {
        seen: Observation {
            at: Timestamp::from_micros(row.at),
            event,
            device: number(&row.device),
            place,
            abroad: row.abroad.map(|abroad| abroad == 1),
        },
        recorded_at: Timestamp::from_micros(row.recorded_at),
        outcome: Outcome::from_name(&row.outcome).ok_or_else(|| unknown("outcome", &row.outcome))?,
        channel: Channel::from_name(&row.channel).ok_or_else(|| unknown("channel", &row.channel))?,
        facts: (row.ordinal > 0).then_some(Facts { state: UnitState::Commissioned }),
        ordinal: row.ordinal as u32,
        id: row.id,
        gtin: row.gtin,
        serial: row.serial,
        lot,
        country: row.country,
        detail: row.detail,
    })
}

/// Stores what was seen.
pub(crate) async fn insert(tx: &Tx, all: &[Sighting]) -> Result<()> {
    for part in all.chunks(INSERT_ROWS_MAX) {
        let rows = part.iter().map(|sighting| row(sighting).into_active_model());
        Entity::insert_many(rows).exec_without_returning(tx).await.map_err(fail)?;
    }
    Ok(())
}

/// Which sightings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub gtin: Option<String>,
    pub serial: Option<String>,
    pub lot_id: Option<String>,
    pub outcome: Option<Outcome>,
    pub channel: Option<Channel>,
    pub merchant_id: Option<String>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

fn find(filter: &Filter) -> sea_orm::Select<Entity> {
    let mut query = Entity::find();
    let texts = [
        (Column::Gtin, &filter.gtin),
        (Column::Serial, &filter.serial),
        (Column::LotId, &filter.lot_id),
        (Column::MerchantId, &filter.merchant_id),
    ];
    for (column, value) in texts {
        if let Some(value) = value {
            query = query.filter(column.eq(value));
        }
    }
    if let Some(outcome) = filter.outcome {
        query = query.filter(Column::Outcome.eq(outcome.name()));
    }
    if let Some(channel) = filter.channel {
        query = query.filter(Column::Channel.eq(channel.name()));
    }
    if let Some(from) = filter.from {
        query = query.filter(Column::At.gte(from.micros()));
    }
    if let Some(until) = filter.until {
        query = query.filter(Column::At.lt(until.micros()));
    }
    query
}

/// Sightings, newest first.
pub(crate) async fn list(db: &impl ConnectionTrait, filter: &Filter, paging: &Paging) -> Result<Page<Sighting>> {
    let query = find(filter);
    let total = query.clone().count(db).await.map_err(fail)?;
    let rows = query
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    let rows = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(Page { rows, total, paging: paging.clone() })
}

/// Sightings with a place, newest first.
pub(crate) async fn located(db: &impl ConnectionTrait, filter: &Filter, most: u64) -> Result<Vec<Sighting>> {
    let rows = find(filter)
        .filter(Column::LatitudeE4.is_not_null())
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Everything seen of a unit, in the order in which it was taken in.
pub(crate) async fn of_unit(db: &impl ConnectionTrait, gtin: &str, serial: &str, most: u64) -> Result<Vec<Sighting>> {
    let rows = Entity::find()
        .filter(Column::Gtin.eq(gtin))
        .filter(Column::Serial.eq(serial))
        .filter(Column::Ordinal.gt(0))
        .order_by_asc(Column::Ordinal)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Everything scanned of a lot in the order in which it was taken in, after this id.
pub(crate) async fn of_lot_after(
    db: &impl ConnectionTrait,
    lot_id: &str,
    after: &str,
    most: u64,
) -> Result<Vec<Sighting>> {
    let rows = Entity::find()
        .filter(Column::LotId.eq(lot_id))
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Removes what is older than this, so many rows.
pub(crate) async fn forget_before(tx: &Tx, at: Timestamp, most: u64) -> Result<u64> {
    let old: Vec<String> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::At.lt(at.micros()))
        .order_by_asc(Column::At)
        .limit(most)
        .into_tuple()
        .all(tx)
        .await
        .map_err(fail)?;
    for part in old.chunks(500) {
        Entity::delete_many().filter(Column::Id.is_in(part.iter().cloned())).exec(tx).await.map_err(fail)?;
    }
    Ok(old.len() as u64)
}
