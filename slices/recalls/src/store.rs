//! The only SQL of this duty. Nobody's permission is checked here.

use crate::Error;
use crate::model::{Content, Counts, Done, Kind, Notice, Part, ReachRow, Recall, State};
use db::{Migrations, Table, Tx};
use ground::{Problem, Timestamp};
use kernel::{Page, Paging};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

mod public;
mod tables;
pub(crate) use public::public_of_each;
use tables::{batches, notices, reach, recalls};

db::migration!(CreateRecalls, "m20261124_000160_recalls", |schema| {
    Table::new("recalls")
        .id()
        .key("market")
        .key("state")
        .integer("level")
        .integer("version")
        .text("content")
        .text("counts")
        .bool("cut")
        .key("created_by")
        .time("created_at")
        .time("updated_at")
        .optional_time("previewed_at")
        .optional_time("started_at")
        .optional_time("stopped_at")
        .optional_time("notified_at")
        .optional_time("closed_at")
        .optional_time("due_at")
        .optional_key("start_act_id")
        .text("closing_note")
        .index(&["state", "due_at"])
        .index(&["created_at"])
        .create(schema)
        .await?;
    Table::new("recall_reach")
        .id()
        .key("recall_id")
        .integer("position")
        .key("kind")
        .text("reference")
        .key("part")
        .key("code")
        .text("name")
        .key("merchant_id")
        .integer("units")
        .integer("sold")
        .optional_time("since")
        .optional_time("until")
        .text("via")
        .text("event")
        .bool("wanted")
        .key("done")
        .index(&["recall_id", "kind", "position"])
        .index(&["code"])
        .create(schema)
        .await?;
    Table::new("recall_notices")
        .key("recall_id")
        .key("merchant_id")
        .time("sent_at")
        .optional_time("answered_at")
        .key("answered_by")
        .text("answer")
        .integer("returned")
        .integer("remedied")
        .primary(&["recall_id", "merchant_id"])
        .index(&["merchant_id", "sent_at"])
        .create(schema)
        .await?;
    Table::new("recall_batches")
        .key("recall_id")
        .integer("number")
        .key("lot_id")
        .text("mark")
        .integer("units")
        .key("act_id")
        .time("at")
        .primary(&["recall_id", "number"])
        .create(schema)
        .await?;
});

/// The migrations of this duty.
pub fn migrations() -> Migrations {
    vec![Box::new(CreateRecalls)]
}

/// Columns a list may be sorted by.
pub const SORTS: [&str; 4] = ["created", "updated", "due", "level"];
/// Rows written in one statement.
const INSERT_ROWS: usize = 50;

/// Which recalls.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<State>,
    /// Of this level.
    pub level: Option<u8>,
    /// Only those under way.
    pub running: bool,
}

fn damaged(what: &str, id: &str) -> Error {
    Error::Platform(Problem::internal(format!("the stored {what} of recall {id} cannot be read")))
}

fn moment(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}

fn micros(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(Timestamp::micros)
}

fn key(text: &str) -> String {
    text.chars().take(db::table::KEY_CHARS_MAX as usize).collect()
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Platform(Problem::internal(error)))
}

fn read(row: recalls::Model) -> Result<Recall, Error> {
    Ok(Recall {
        state: State::from_name(&row.state).ok_or_else(|| damaged("state", &row.id))?,
        content: serde_json::from_str::<Content>(&row.content).map_err(|_| damaged("content", &row.id))?,
        counts: serde_json::from_str::<Counts>(&row.counts).map_err(|_| damaged("counts", &row.id))?,
        id: row.id,
        market: row.market,
        version: row.version,
        cut: row.cut,
        created_by: row.created_by,
        created_at: Timestamp::from_micros(row.created_at),
        updated_at: Timestamp::from_micros(row.updated_at),
        previewed_at: moment(row.previewed_at),
        started_at: moment(row.started_at),
        stopped_at: moment(row.stopped_at),
        notified_at: moment(row.notified_at),
        closed_at: moment(row.closed_at),
        due_at: moment(row.due_at),
        start_act_id: row.start_act_id,
        closing_note: row.closing_note,
    })
}

pub(crate) async fn insert(tx: &Tx, recall: &Recall) -> Result<(), Error> {
    recalls::Entity::insert(recalls::ActiveModel {
        id: Set(recall.id.clone()),
        market: Set(key(&recall.market)),
        state: Set(recall.state.name().to_owned()),
        level: Set(i64::from(recall.content.level)),
        version: Set(recall.version),
        content: Set(json(&recall.content)?),
        counts: Set(json(&recall.counts)?),
        cut: Set(recall.cut),
        created_by: Set(key(&recall.created_by)),
        created_at: Set(recall.created_at.micros()),
        updated_at: Set(recall.updated_at.micros()),
        previewed_at: Set(micros(recall.previewed_at)),
        started_at: Set(micros(recall.started_at)),
        stopped_at: Set(micros(recall.stopped_at)),
        notified_at: Set(micros(recall.notified_at)),
        closed_at: Set(micros(recall.closed_at)),
        due_at: Set(micros(recall.due_at)),
        start_act_id: Set(recall.start_act_id.clone()),
        closing_note: Set(recall.closing_note.clone()),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// Keeps a change; the version counts on.
pub(crate) async fn update(tx: &Tx, recall: &Recall) -> Result<(), Error> {
    use recalls::Column;
    let changed = recalls::Entity::update_many()
        .col_expr(Column::State, Expr::value(recall.state.name()))
        .col_expr(Column::Level, Expr::value(i64::from(recall.content.level)))
        .col_expr(Column::Version, Expr::value(recall.version + 1))
        .col_expr(Column::Content, Expr::value(json(&recall.content)?))
        .col_expr(Column::Counts, Expr::value(json(&recall.counts)?))
        .col_expr(Column::Cut, Expr::value(recall.cut))
        .col_expr(Column::UpdatedAt, Expr::value(recall.updated_at.micros()))
        .col_expr(Column::PreviewedAt, Expr::value(micros(recall.previewed_at)))
        .col_expr(Column::StartedAt, Expr::value(micros(recall.started_at)))
        .col_expr(Column::StoppedAt, Expr::value(micros(recall.stopped_at)))
        .col_expr(Column::NotifiedAt, Expr::value(micros(recall.notified_at)))
        .col_expr(Column::ClosedAt, Expr::value(micros(recall.closed_at)))
        .col_expr(Column::DueAt, Expr::value(micros(recall.due_at)))
        .col_expr(Column::StartActId, Expr::value(recall.start_act_id.clone()))
        .col_expr(Column::ClosingNote, Expr::value(recall.closing_note.clone()))
        .filter(Column::Id.eq(&recall.id))
        .filter(Column::Version.eq(recall.version))
        .exec(tx)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}

pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Recall>, Error> {
    recalls::Entity::find_by_id(id).one(db).await?.map(read).transpose()
}

pub(crate) async fn list(
    db: &(impl ConnectionTrait + sea_orm::TransactionTrait),
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<Recall>, Error> {
    use recalls::Column;
    let mut query = recalls::Entity::find();
    if let Some(state) = filter.state {
        query = query.filter(Column::State.eq(state.name()));
    }
    if let Some(level) = filter.level {
        query = query.filter(Column::Level.eq(i64::from(level)));
    }
    if filter.running {
        query = query.filter(Column::State.is_in(running()));
    }
    let total = query.clone().count(db).await?;
    let (by, descending) = paging.sort.as_ref().map_or(("created", true), |sort| (sort.by.as_str(), sort.descending));
    let column = match by {
        "updated" => Column::UpdatedAt,
        "due" => Column::DueAt,
        "level" => Column::Level,
        _ => Column::CreatedAt,
    };
    let order = if descending { sea_orm::Order::Desc } else { sea_orm::Order::Asc };
    let rows = query
        .order_by(column, order)
        .order_by_desc(Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_, _>>()?, total, paging: paging.clone() })
}

fn running() -> Vec<&'static str> {
    State::ALL.iter().filter(|state| state.is_running()).map(|state| state.name()).collect()
}

/// Recalls whose clocks run: those written and not started, and those under way.
pub(crate) async fn open_count(db: &impl ConnectionTrait) -> Result<u64, Error> {
    let open = State::ALL.iter().filter(|state| state.is_running() || state.is_writable()).map(|state| state.name());
    Ok(recalls::Entity::find().filter(recalls::Column::State.is_in(open)).count(db).await?)
}

/// Recalls with something to be carried out, oldest first.
pub(crate) async fn to_carry_out(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Recall>, Error> {
    let states = [State::Started, State::Notifying, State::Cancelled, State::Closed];
    let pending = reach::Entity::find()
        .select_only()
        .column(reach::Column::RecallId)
        .distinct()
        .filter(undone())
        .limit(most)
        .into_tuple::<String>()
        .all(db)
        .await?;
    let of_states = recalls::Entity::find()
        .filter(
            Condition::any()
                .add(recalls::Column::State.is_in([State::Started.name(), State::Notifying.name()]))
                .add(recalls::Column::Id.is_in(pending)),
        )
        .filter(recalls::Column::State.is_in(states.map(State::name)))
        .order_by_asc(recalls::Column::UpdatedAt)
        .limit(most)
        .all(db)
        .await?;
    of_states.into_iter().map(read).collect()
}

/// Rows where what is wanted is not so yet.
fn undone() -> Condition {
    use reach::Column;
    Condition::any()
        .add(Condition::all().add(Column::Wanted.eq(true)).add(Column::Done.eq(Done::Off.name())))
        .add(Condition::all().add(Column::Wanted.eq(false)).add(Column::Done.eq(Done::On.name())))
}

fn read_reach(row: reach::Model) -> Result<(String, ReachRow), Error> {
    let bad = |what: &str| damaged(what, &row.recall_id);
    Ok((
        row.id,
        ReachRow {
            kind: Kind::from_name(&row.kind).ok_or_else(|| bad("kind"))?,
            part: Part::from_name(&row.part).ok_or_else(|| bad("part"))?,
            done: Done::from_name(&row.done).ok_or_else(|| bad("done"))?,
            reference: row.reference,
            code: row.code,
            name: row.name,
            merchant_id: row.merchant_id,
            units: row.units,
            sold: row.sold,
            since: moment(row.since),
            until: moment(row.until),
            via: row.via,
            event: row.event,
            wanted: row.wanted,
        },
    ))
}

/// Replaces the whole reach of a recall.
pub(crate) async fn replace_reach(
    tx: &Tx,
    recall_id: &str,
    rows: &[ReachRow],
    mut new_id: impl FnMut() -> String,
) -> Result<(), Error> {
    reach::Entity::delete_many().filter(reach::Column::RecallId.eq(recall_id)).exec(tx).await?;
    let mut position = 0;
    for chunk in rows.chunks(INSERT_ROWS) {
        let models: Vec<reach::ActiveModel> = chunk
            .iter()
            .map(|row| {
                position += 1;
                reach::ActiveModel {
                    id: Set(new_id()),
                    recall_id: Set(recall_id.to_owned()),
                    position: Set(position),
                    kind: Set(row.kind.name().to_owned()),
                    reference: Set(row.reference.clone()),
                    part: Set(row.part.name().to_owned()),
                    code: Set(key(&row.code)),
                    name: Set(row.name.clone()),
                    merchant_id: Set(key(&row.merchant_id)),
                    units: Set(row.units),
                    sold: Set(row.sold),
                    since: Set(micros(row.since)),
                    until: Set(micros(row.until)),
                    via: Set(row.via.clone()),
                    event: Set(row.event.clone()),
                    wanted: Set(row.wanted),
                    done: Set(row.done.name().to_owned()),
                }
            })
            .collect();
        reach::Entity::insert_many(models).exec_without_returning(tx).await?;
    }
    Ok(())
}

pub(crate) async fn reach_page(
    db: &(impl ConnectionTrait + sea_orm::TransactionTrait),
    recall_id: &str,
    kind: Option<Kind>,
    paging: &Paging,
) -> Result<Page<ReachRow>, Error> {
    let mut query = reach::Entity::find().filter(reach::Column::RecallId.eq(recall_id));
    if let Some(kind) = kind {
        query = query.filter(reach::Column::Kind.eq(kind.name()));
    }
    let total = query.clone().count(db).await?;
    let rows = query.order_by_asc(reach::Column::Position).offset(paging.offset()).limit(paging.rows).all(db).await?;
    let rows = rows.into_iter().map(|row| read_reach(row).map(|(_, row)| row)).collect::<Result<_, _>>()?;
    Ok(Page { rows, total, paging: paging.clone() })
}

/// The reach of one kind, all of it, at most `most` rows.
pub(crate) async fn reach_of_kind(
    db: &impl ConnectionTrait,
    recall_id: &str,
    kind: Kind,
    most: u64,
) -> Result<Vec<ReachRow>, Error> {
    let rows = reach::Entity::find()
        .filter(reach::Column::RecallId.eq(recall_id))
        .filter(reach::Column::Kind.eq(kind.name()))
        .order_by_asc(reach::Column::Position)
        .limit(most)
        .all(db)
        .await?;
    rows.into_iter().map(|row| read_reach(row).map(|(_, row)| row)).collect()
}

/// Rows still to be carried out, with their row ids.
pub(crate) async fn undone_of(
    db: &impl ConnectionTrait,
    recall_id: &str,
    most: u64,
) -> Result<Vec<(String, ReachRow)>, Error> {
    let rows = reach::Entity::find()
        .filter(reach::Column::RecallId.eq(recall_id))
        .filter(undone())
        .order_by_asc(reach::Column::Position)
        .limit(most)
        .all(db)
        .await?;
    rows.into_iter().map(read_reach).collect()
}

pub(crate) async fn set_done(tx: &Tx, row_id: &str, done: Done) -> Result<(), Error> {
    reach::Entity::update_many()
        .col_expr(reach::Column::Done, Expr::value(done.name()))
        .filter(reach::Column::Id.eq(row_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Says what is wanted of lots or listings of ours; sources are shown only, and never stopped.
pub(crate) async fn set_wanted(tx: &Tx, recall_id: &str, kind: Kind, wanted: bool) -> Result<(), Error> {
    reach::Entity::update_many()
        .col_expr(reach::Column::Wanted, Expr::value(wanted))
        .filter(reach::Column::RecallId.eq(recall_id))
        .filter(reach::Column::Kind.eq(kind.name()))
        .filter(reach::Column::Part.ne(Part::Source.name()))
        .filter(reach::Column::MerchantId.ne(""))
        .exec(tx)
        .await?;
    Ok(())
}

fn read_notice(row: notices::Model) -> Notice {
    Notice {
        recall_id: row.recall_id,
        merchant_id: row.merchant_id,
        sent_at: Timestamp::from_micros(row.sent_at),
        answered_at: moment(row.answered_at),
        answered_by: row.answered_by,
        answer: row.answer,
        returned: row.returned,
        remedied: row.remedied,
    }
}

pub(crate) async fn insert_notice(tx: &Tx, notice: &Notice) -> Result<(), Error> {
    notices::Entity::insert(notices::ActiveModel {
        recall_id: Set(notice.recall_id.clone()),
        merchant_id: Set(key(&notice.merchant_id)),
        sent_at: Set(notice.sent_at.micros()),
        answered_at: Set(None),
        answered_by: Set(String::new()),
        answer: Set(String::new()),
        returned: Set(0),
        remedied: Set(0),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

pub(crate) async fn update_notice(tx: &Tx, notice: &Notice) -> Result<(), Error> {
    notices::Entity::update_many()
        .col_expr(notices::Column::AnsweredAt, Expr::value(micros(notice.answered_at)))
        .col_expr(notices::Column::AnsweredBy, Expr::value(key(&notice.answered_by)))
        .col_expr(notices::Column::Answer, Expr::value(notice.answer.clone()))
        .col_expr(notices::Column::Returned, Expr::value(notice.returned))
        .col_expr(notices::Column::Remedied, Expr::value(notice.remedied))
        .filter(notices::Column::RecallId.eq(&notice.recall_id))
        .filter(notices::Column::MerchantId.eq(&notice.merchant_id))
        .exec(tx)
        .await?;
    Ok(())
}

pub(crate) async fn notice(
    db: &impl ConnectionTrait,
    recall_id: &str,
    merchant_id: &str,
) -> Result<Option<Notice>, Error> {
    let key = (recall_id.to_owned(), merchant_id.to_owned());
    Ok(notices::Entity::find_by_id(key).one(db).await?.map(read_notice))
}

/// Everybody who is told of a recall.
pub(crate) async fn notices_of(db: &impl ConnectionTrait, recall_id: &str) -> Result<Vec<Notice>, Error> {
    let query = notices::Entity::find().filter(notices::Column::RecallId.eq(recall_id));
    let rows = query.order_by_asc(notices::Column::MerchantId).limit(5_000).all(db).await?;
    Ok(rows.into_iter().map(read_notice).collect())
}

/// What a merchant was told, newest first, with the recalls.
pub(crate) async fn notices_to(
    db: &(impl ConnectionTrait + sea_orm::TransactionTrait),
    merchant_id: &str,
    paging: &Paging,
) -> Result<Page<(Notice, Recall)>, Error> {
    let query = notices::Entity::find().filter(notices::Column::MerchantId.eq(merchant_id));
    let total = query.clone().count(db).await?;
    let found = query
        .order_by_desc(notices::Column::SentAt)
        .order_by_desc(notices::Column::RecallId)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await?;
    let mut rows = Vec::with_capacity(found.len());
    for notice in found.into_iter().map(read_notice) {
        if let Some(recall) = get(db, &notice.recall_id).await? {
            rows.push((notice, recall));
        }
    }
    Ok(Page { rows, total, paging: paging.clone() })
}

/// Notices of a merchant that wait for its answer.
pub(crate) async fn unanswered_of(db: &impl ConnectionTrait, merchant_id: &str) -> Result<u64, Error> {
    let query = notices::Entity::find()
        .filter(notices::Column::MerchantId.eq(merchant_id))
        .filter(notices::Column::AnsweredAt.is_null());
    Ok(query.count(db).await?)
}

/// The newest batch of buyers told: its number, lot and the mark to go on at.
pub(crate) async fn last_batch(
    db: &impl ConnectionTrait,
    recall_id: &str,
) -> Result<Option<(i64, String, String)>, Error> {
    let row = batches::Entity::find()
        .filter(batches::Column::RecallId.eq(recall_id))
        .order_by_desc(batches::Column::Number)
        .one(db)
        .await?;
    Ok(row.map(|row| (row.number, row.lot_id, row.mark)))
}

/// One batch of buyers that were told.
pub(crate) struct Batch<'a> {
    pub recall_id: &'a str,
    pub number: i64,
    pub lot_id: &'a str,
    pub mark: &'a str,
    pub units: i64,
    pub act_id: &'a str,
    pub at: Timestamp,
}

pub(crate) async fn insert_batch(tx: &Tx, batch: Batch<'_>) -> Result<(), Error> {
    batches::Entity::insert(batches::ActiveModel {
        recall_id: Set(batch.recall_id.to_owned()),
        number: Set(batch.number),
        lot_id: Set(key(batch.lot_id)),
        mark: Set(batch.mark.to_owned()),
        units: Set(batch.units),
        act_id: Set(batch.act_id.to_owned()),
        at: Set(batch.at.micros()),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// The act of a batch.
pub(crate) async fn batch_act(
    db: &impl ConnectionTrait,
    recall_id: &str,
    number: i64,
) -> Result<Option<String>, Error> {
    Ok(batches::Entity::find_by_id((recall_id.to_owned(), number)).one(db).await?.map(|row| row.act_id))
}
