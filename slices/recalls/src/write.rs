//! Opening a recall, changing it, reading it.

use crate::clocks::next_due;
use crate::model::{Content, Counts, InformedBy, Kind, Notice, Origin, ReachRow, Recall, Remedy, State};
use crate::{Error, Filter, store};
use ground::limits::{LINE_CHARS_MAX, NOTE_CHARS_MAX};
use ground::{Fault, Timestamp};
use jiff::civil::Date;
use kernel::{Act, ActRecord, Actor, Kernel, Page, Paging, Permission};

/// Acts shown in the history of one recall.
const HISTORY_MAX: u64 = 500;

/// A recall as it is written; every field as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct New {
    /// `cn` when empty.
    pub market: String,
    /// Stable name of an [`Origin`].
    pub origin: String,
    /// Which.
    pub origin_ref: String,
    /// 1 to 3.
    pub level: u8,
    /// Stable name of an [`InformedBy`].
    pub informed_by: String,
    /// The day, `YYYY-MM-DD`; empty: now.
    pub informed_on: String,
    /// See [`Content::from_sources`].
    pub from_sources: bool,
    /// See [`Content::stop_sale`].
    pub stop_sale: bool,
    /// Stable name of a [`Remedy`].
    pub remedy: String,
    /// At least one language.
    pub reason_zh: String,
    /// At least one language.
    pub reason_en: String,
    /// At least one language.
    pub advice_zh: String,
    /// At least one language.
    pub advice_en: String,
}

fn choice<T>(
    faults: &mut Vec<Fault>,
    field: &'static str,
    text: &str,
    read: fn(&str) -> Option<T>,
    known: String,
) -> Option<T> {
    let found = read(text.trim());
    if found.is_none() {
        faults.push(Fault::field(field, "recalls-fault-choice").arg("known", known));
    }
    found
}

fn text(faults: &mut Vec<Fault>, field: &'static str, text: &str, chars_max: usize) -> String {
    let text = text.trim();
    if text.chars().count() > chars_max {
        faults.push(Fault::field(field, "recalls-fault-too-long").arg("max", chars_max));
    }
    if text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t')) {
        faults.push(Fault::field(field, "recalls-fault-control"));
    }
    text.to_owned()
}

/// The day as a moment: its beginning, or now where it is today or not given.
fn informed_at(kernel: &Kernel, faults: &mut Vec<Fault>, text: &str) -> Timestamp {
    let now = kernel.now();
    if text.trim().is_empty() {
        return now;
    }
    match text.trim().parse::<Date>() {
        Ok(day) if day == kernel.today() => now,
        Ok(day) if day < kernel.today() => Timestamp::start_of(day, kernel.zone()),
        Ok(_) => {
            faults.push(Fault::field("informed_on", "recalls-fault-future"));
            now
        }
        Err(_) => {
            faults.push(Fault::field("informed_on", "recalls-fault-day"));
            now
        }
    }
}

fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> String {
    all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", ")
}

/// Checks what was typed.
fn read(kernel: &Kernel, new: &New) -> Result<(String, Content), Error> {
    let mut faults = Vec::new();
    let market = if new.market.trim().is_empty() { policy::packs::HOME_MARKET } else { new.market.trim() }.to_owned();
    if kernel.packs().market(&market).is_err() {
        faults.push(Fault::field("market", "recalls-fault-market"));
    }
    let origin =
        choice(&mut faults, "origin", &new.origin, Origin::from_name, names(Origin::ALL, |one: Origin| one.name()));
    let informed_by = choice(
        &mut faults,
        "informed_by",
        &new.informed_by,
        InformedBy::from_name,
        names(InformedBy::ALL, |one: InformedBy| one.name()),
    );
    let remedy =
        choice(&mut faults, "remedy", &new.remedy, Remedy::from_name, names(Remedy::ALL, |one: Remedy| one.name()));
    if !(1..=3).contains(&new.level) {
        faults.push(Fault::field("level", "recalls-fault-level"));
    }
    let origin_ref = text(&mut faults, "origin_ref", &new.origin_ref, LINE_CHARS_MAX * 4);
    let mut long = |field, value: &str| text(&mut faults, field, value, NOTE_CHARS_MAX);
    let (reason_zh, reason_en) = (long("reason_zh", &new.reason_zh), long("reason_en", &new.reason_en));
    let (advice_zh, advice_en) = (long("advice_zh", &new.advice_zh), long("advice_en", &new.advice_en));
    for (field, missing) in [
        ("origin_ref", origin_ref.is_empty()),
        ("reason_zh", reason_zh.is_empty() && reason_en.is_empty()),
        ("advice_zh", advice_zh.is_empty() && advice_en.is_empty()),
    ] {
        if missing {
            faults.push(Fault::field(field, "recalls-fault-missing"));
        }
    }
    let informed_at_micros = informed_at(kernel, &mut faults, &new.informed_on).micros();
    match (origin, informed_by, remedy) {
        (Some(origin), Some(informed_by), Some(remedy)) if faults.is_empty() => {
            let content = Content {
                origin,
                origin_ref,
                level: new.level,
                informed_by,
                informed_at_micros,
                from_sources: new.from_sources,
                stop_sale: new.stop_sale,
                remedy,
                reason_zh,
                reason_en,
                advice_zh,
                advice_en,
            };
            Ok((market, content))
        }
        _ => Err(Error::Invalid(faults)),
    }
}

/// What every act of a recall says.
pub(crate) fn act(kind: &str, recall: &Recall) -> Act {
    Act::new(kind, "recall", &recall.id)
        .public("level", u64::from(recall.content.level))
        .public("origin", recall.content.origin.name())
}

/// Opens a recall. Act `recall.opened`.
///
/// # Errors
/// `forbidden`, `invalid_input`.
pub async fn open(kernel: &Kernel, actor: &Actor, new: New) -> Result<Recall, Error> {
    actor.require(Permission::RecallsManage)?;
    let (market, content) = read(kernel, &new)?;
    let mut write = kernel.begin(actor).await?;
    let mut recall = Recall {
        id: write.new_id(),
        market,
        state: State::Draft,
        version: 1,
        content,
        counts: Counts::default(),
        cut: false,
        created_by: actor.id.clone(),
        created_at: write.now(),
        updated_at: write.now(),
        previewed_at: None,
        started_at: None,
        stopped_at: None,
        notified_at: None,
        closed_at: None,
        due_at: None,
        start_act_id: None,
        closing_note: String::new(),
    };
    recall.due_at = next_due(kernel, &recall)?;
    store::insert(write.tx(), &recall).await?;
    let opened = act("recall.opened", &recall)
        .public("informed_by", recall.content.informed_by.name())
        .private("origin_ref", recall.content.origin_ref.as_str());
    write.act(opened).await?;
    write.commit().await?;
    Ok(recall)
}

/// Changes what a recall says, before it is started. What it reaches must then be computed again. Act `recall.changed`.
///
/// # Errors
/// `forbidden`, `not_found`, `stale`, `wrong_state`, `invalid_input`.
pub async fn change(kernel: &Kernel, actor: &Actor, id: &str, version: i64, new: New) -> Result<Recall, Error> {
    actor.require(Permission::RecallsManage)?;
    let (market, content) = read(kernel, &new)?;
    let mut write = kernel.begin(actor).await?;
    let recall = current(write.tx(), id, version).await?;
    if !recall.state.is_writable() {
        return Err(Error::WrongState { what: "change", state: recall.state.name() });
    }
    let mut next = Recall { market, content, state: State::Draft, updated_at: write.now(), ..recall };
    next.previewed_at = None;
    next.counts = Counts::default();
    next.due_at = next_due(kernel, &next)?;
    store::replace_reach(write.tx(), id, &[], || kernel.new_id()).await?;
    store::update(write.tx(), &next).await?;
    write.act(act("recall.changed", &next).private("origin_ref", next.content.origin_ref.as_str())).await?;
    write.commit().await?;
    next.version += 1;
    Ok(next)
}

/// The recall as somebody read it; `stale` where it is another by now.
pub(crate) async fn current(db: &impl sea_orm::ConnectionTrait, id: &str, version: i64) -> Result<Recall, Error> {
    let recall = store::get(db, id).await?.ok_or(Error::Missing)?;
    if recall.version == version { Ok(recall) } else { Err(Error::Stale) }
}

/// A recall.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn get(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Recall, Error> {
    actor.require(Permission::RecallsRead)?;
    store::get(kernel.db().read(), id).await?.ok_or(Error::Missing)
}

/// One page of recalls.
///
/// # Errors
/// `forbidden`.
pub async fn list(kernel: &Kernel, actor: &Actor, filter: &Filter, paging: &Paging) -> Result<Page<Recall>, Error> {
    actor.require(Permission::RecallsRead)?;
    store::list(kernel.db().read(), filter, paging).await
}

/// Open work for the navigation: recalls that are not over; for a merchant, notices it has not answered.
///
/// # Errors
/// `forbidden`.
pub async fn open_count(kernel: &Kernel, actor: &Actor) -> Result<u64, Error> {
    if actor.may(Permission::RecallsRead) {
        return store::open_count(kernel.db().read()).await;
    }
    actor.require(Permission::OwnTrace)?;
    store::unanswered_of(kernel.db().read(), actor.own_organisation()?).await
}

/// One page of what a recall reaches.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn reach_page(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    kind: Option<Kind>,
    paging: &Paging,
) -> Result<Page<ReachRow>, Error> {
    get(kernel, actor, id).await?;
    store::reach_page(kernel.db().read(), id, kind, paging).await
}

/// Who is told, and what they answered.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn notices(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Vec<Notice>, Error> {
    get(kernel, actor, id).await?;
    store::notices_of(kernel.db().read(), id).await
}

/// What the actor's merchant was told, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn notices_to(kernel: &Kernel, actor: &Actor, paging: &Paging) -> Result<Page<(Notice, Recall)>, Error> {
    actor.require(Permission::OwnTrace)?;
    store::notices_to(kernel.db().read(), actor.own_organisation()?, paging).await
}

/// One notice of the actor's merchant, with the recall and the merchant's own lots and listings in it.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn notice_to(kernel: &Kernel, actor: &Actor, id: &str) -> Result<(Notice, Recall, Vec<ReachRow>), Error> {
    actor.require(Permission::OwnTrace)?;
    let merchant = actor.own_organisation()?;
    let db = kernel.db().read();
    let notice = store::notice(db, id, merchant).await?.ok_or(Error::Missing)?;
    let recall = store::get(db, id).await?.ok_or(Error::Missing)?;
    let mut rows = Vec::new();
    for kind in [Kind::Lot, Kind::Unit, Kind::Listing] {
        let all = store::reach_of_kind(db, id, kind, crate::reach::ROWS_MAX).await?;
        rows.extend(all.into_iter().filter(|row| row.merchant_id == merchant));
    }
    Ok((notice, recall, rows))
}

/// The acts about a recall, newest first.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn history(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Vec<ActRecord>, Error> {
    get(kernel, actor, id).await?;
    Ok(kernel::store::history(kernel, "recall", id, HISTORY_MAX).await?)
}
