//! The end of a day: its rows go into the lake, a note says so, and a job makes an act of the note. The note outlives the
//! process; folding the same blocks again writes the same rows and the same note.

use crate::error::Error;
use crate::fold::Fold;
use crate::model::{Closing, day_date, day_number};
use crate::parameters::parameters;
use crate::store;
use crate::works::{Works, works};
use ground::{Problem, Timestamp};
use kernel::outbox::Consumer;
use kernel::{Act, Actor, Kernel, Result};
use lake::Lake;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use stream::DayRow;

/// Name of the job that writes acts.
pub const JOB: &str = "signals";
/// Closings looked at in one turn.
const TURN_CLOSINGS_MAX: usize = 100;
/// Who writes these acts.
const ACTOR: &str = "signals";

/// The notes of closings that have no act yet: one small file a day.
#[derive(Debug, Clone)]
pub(crate) struct Closings {
    folder: PathBuf,
}

impl Closings {
    pub fn open(folder: &Path) -> io::Result<Closings> {
        fs::create_dir_all(folder)?;
        Ok(Closings { folder: folder.to_owned() })
    }

    fn path(&self, day: i32) -> PathBuf {
        self.folder.join(format!("{}.json", day_date(day)))
    }

    fn note(&self, closing: &Closing) -> io::Result<()> {
        let text = json!({
            "day": closing.day, "position": closing.position, "signals": closing.signals,
            "keys": closing.keys, "rows": closing.rows, "sha256": closing.sha256,
        });
        let draft = self.folder.join("draft");
        let mut file = fs::File::create(&draft)?;
        file.write_all(text.to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, self.path(closing.day))?;
        fs::File::open(&self.folder)?.sync_all()
    }

    /// Those without an act, oldest first.
    pub fn waiting(&self, most: usize) -> io::Result<Vec<Closing>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let Some(date) = name.to_str().and_then(|name| name.strip_suffix(".json")) else { continue };
            let Ok(date) = date.parse::<jiff::civil::Date>() else { continue };
            found.push(day_number(date));
        }
        found.sort_unstable();
        found.truncate(most);
        found.into_iter().map(|day| self.read(day)).collect()
    }

    fn read(&self, day: i32) -> io::Result<Closing> {
        let value: Value = serde_json::from_slice(&fs::read(self.path(day))?)?;
        let number = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or(0);
        Ok(Closing {
            day,
            position: number("position"),
            signals: number("signals"),
            keys: number("keys"),
            rows: number("rows"),
            sha256: value.get("sha256").and_then(Value::as_str).unwrap_or_default().to_owned(),
            act_id: None,
            closed_at: None,
        })
    }

    fn done(&self, day: i32) -> io::Result<()> {
        match fs::remove_file(self.path(day)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Writes the rows of a closed day and its note.
pub(crate) fn keep(
    lake: &Lake,
    closings: &Closings,
    day: i32,
    position: u64,
    signals: u64,
    rows: Vec<DayRow>,
) -> std::result::Result<(), Error> {
    let keys = rows.chunk_by(|a, b| a.key == b.key).count() as u64;
    let written = lake.write_days(day, rows).map_err(Error::storage)?;
    let sha256 = written.sha256.map(hex::encode).unwrap_or_default();
    let closing = Closing { day, position, signals, keys, rows: written.rows, sha256, act_id: None, closed_at: None };
    closings.note(&closing).map_err(|source| Error::Disk { kept: 0, source })
}

/// One turn of the job: acts for closed days, then for looks, then the fold is let go on where all that rests on a day's
/// closing is done. Returns how many acts were written.
///
/// # Errors
/// What the store says; the next turn tries again.
pub async fn turn(kernel: &Kernel) -> Result<u64> {
    let Ok(works) = works(kernel) else { return Ok(0) };
    let mut written = 0;
    for closing in works.closings.waiting(TURN_CLOSINGS_MAX).map_err(Problem::internal)? {
        written += u64::from(announce(kernel, &works, &closing).await?);
    }
    written += u64::from(look(kernel, &works).await?);
    if let Some(day) = works.fold.told().holding {
        release(kernel, &works.fold, day).await?;
    }
    Ok(written)
}

async fn announce(kernel: &Kernel, works: &Works, closing: &Closing) -> Result<bool> {
    let there = store::closings::of_day(kernel.db().read(), closing.day).await?;
    let is_new = match &there {
        None => true,
        Some(there) if there.sha256 == closing.sha256 => false,
        Some(there) => {
            // The same blocks give the same rows; where they do not, the log was damaged in between.
            tracing::error!(day = closing.day, before = there.sha256, now = closing.sha256, "a day closed differently");
            false
        }
    };
    if is_new {
        let mut write = kernel.begin(&Actor::system(ACTOR)).await?;
        let act_id = write.act(day_closed(kernel, closing)?).await?;
        store::closings::insert(write.tx(), closing, &act_id, write.now()).await?;
        write.commit().await?;
    }
    works.closings.done(closing.day).map_err(Problem::internal)?;
    Ok(is_new)
}

fn day_closed(kernel: &Kernel, closing: &Closing) -> Result<Act> {
    let pack = parameters(kernel)?.pack;
    let day = day_date(closing.day).to_string();
    Ok(Act::new("signals.day_closed", "signal_day", &day)
        .policy(&pack.0, &pack.1)
        .outcome("closed")
        .evidence(&closing.sha256)
        .public("day", day.as_str())
        .public("day_number", closing.day)
        .public("closing", closing.day)
        .public("position", closing.position)
        .public("signals", closing.signals)
        .public("keys", closing.keys)
        .public("rows", closing.rows)
        .public("sha256", closing.sha256.as_str()))
}

/// Tells loops to look at what was touched, once every so much time of events. Looks that fell due together are one.
async fn look(kernel: &Kernel, works: &Works) -> Result<bool> {
    let told = works.fold.told();
    let Some(newest_us) = told.newest_us else { return Ok(false) };
    let every = parameters(kernel)?.look_micros;
    let due = newest_us.div_euclid(every);
    {
        let mut looks = works.looks();
        if told.position <= looks.position || looks.slot.is_some_and(|slot| slot >= due) {
            return Ok(false);
        }
        looks.slot = Some(due);
    }
    let since = store::closings::looked(kernel.db().read()).await?;
    if told.position <= since {
        works.looks().position = since;
        return Ok(false);
    }
    let mut write = kernel.begin(&Actor::system(ACTOR)).await?;
    let watermark = Timestamp::from_micros(told.watermark_us.unwrap_or(newest_us));
    let act = Act::new("signals.looked", "signal_look", &told.position.to_string())
        .public("since", since)
        .public("position", told.position)
        .public("watermark", watermark.to_rfc3339());
    write.act(act).await?;
    store::closings::set_looked(write.tx(), told.position, write.now()).await?;
    write.commit().await?;
    works.looks().position = told.position;
    Ok(true)
}

/// Lets the fold go on where the loops are done with the closing of this day.
async fn release(kernel: &Kernel, fold: &Fold, day: i32) -> Result<()> {
    let Some(closing) = store::closings::of_day(kernel.db().read(), day).await? else { return Ok(()) };
    let Some(act_id) = closing.act_id else { return Ok(()) };
    if !kernel::store::is_waiting(kernel, &act_id, Consumer::Loops).await? {
        fold.release(day);
    }
    Ok(())
}

/// The job's turn while the fold holds: looks again soon, so that a fast replay does not wait a second at every day.
pub(crate) async fn patient_turn(kernel: Kernel) -> Result<u64> {
    const NAPS_MAX: u32 = 50;
    let mut written = turn(&kernel).await?;
    for _ in 0..NAPS_MAX {
        let holding = works(&kernel).ok().and_then(|works| works.fold.told().holding);
        if holding.is_none() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        written += turn(&kernel).await?;
    }
    Ok(written)
}
