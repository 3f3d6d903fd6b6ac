//! The days of the demonstration: forty days of ordinary trade, then one day on which things go wrong, played at a chosen
//! speed, and after it trade as it comes. What is staged is told on the demonstration's page; the duties are not told.

use crate::Application;
use anyhow::{Context, Result};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ground::limits::PAGE_ROWS_MAX;
use ground::time::{DAY_MICROS, SECOND_MICROS};
use ground::{Problem, Timestamp};

use kernel::{Actor, Job, Kernel, Paging};
use market::Demonstration;
use market::days::{Goods, Part, Story};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use ui::View;
use ui::parts::*;
use web::{Access, Failure, Form, Routes};

/// Where the player keeps how far it has come.
const FILE: &str = "demonstration-days.json";
/// Days of ordinary trade before the live day.
const HISTORY_DAYS: i64 = 40;
/// Goods that are bought.
const GOODS_MAX: usize = 48;
/// Longest stretch that is made and handed in at once.
const STRETCH_MICROS: i64 = DAY_MICROS;
/// Simulated seconds in a second while the live day is played; the day takes four minutes.
pub const SPEED: u64 = 360;
/// The fastest day: three seconds.
pub const SPEED_MAX: u64 = 28_800;
/// Seed of the trade.
const SEED: u64 = 20_261_124;

/// What is played and how far.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// Start of the live day, UTC microseconds.
    pub live_from_us: i64,
    /// Everything up to here was handed in, UTC microseconds.
    pub told_until_us: i64,
    /// The goods and what is true of them.
    pub goods: Vec<Staged>,
}

/// Goods with what is staged for them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Staged {
    /// Whose.
    pub merchant: String,
    /// The shop's number.
    pub product: String,
    /// How people know them.
    pub title: String,
    /// Price, fen.
    pub price_minor: i64,
    /// Orders a day.
    pub orders_a_day: u64,
    /// Name of the part.
    pub part: String,
}

impl Plan {
    fn story(&self) -> Story {
        let goods = self.goods.iter().map(|staged| Goods {
            merchant: staged.merchant.clone(),
            product: staged.product.clone(),
            price_minor: staged.price_minor,
            orders_a_day: staged.orders_a_day,
            part: Part::from_name(&staged.part).unwrap_or(Part::Ordinary),
        });
        Story { seed: SEED, goods: goods.collect(), live_from_us: self.live_from_us }
    }

    /// The end of the live day, UTC microseconds.
    pub fn live_until_us(&self) -> i64 {
        self.live_from_us + DAY_MICROS
    }
}

/// Plays the days. Cheap to clone.
#[derive(Clone)]
pub struct Player {
    folder: PathBuf,
    speed: Arc<AtomicU64>,
    plan: Arc<Mutex<Option<Plan>>>,
    /// One stretch at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Player {
    /// Over a folder; goes on where an earlier start stopped.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn open(folder: &Path, speed: u64) -> Result<Player> {
        let path = folder.join(FILE);
        let plan = match std::fs::read(&path) {
            Ok(bytes) => Some(serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        Ok(Player {
            folder: folder.to_owned(),
            speed: Arc::new(AtomicU64::new(speed.min(SPEED_MAX))),
            plan: Arc::new(Mutex::new(plan)),
            turn: Arc::default(),
        })
    }

    /// What is played, if anything is.
    pub fn plan(&self) -> Option<Plan> {
        self.plan.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Simulated seconds in a second; 0 stands still.
    pub fn speed(&self) -> u64 {
        self.speed.load(Ordering::Relaxed)
    }

    /// Sets the speed.
    pub fn set_speed(&self, speed: u64) {
        self.speed.store(speed.min(SPEED_MAX), Ordering::Relaxed);
    }

    fn keep(&self, plan: Plan) -> Result<()> {
        let path = self.folder.join(FILE);
        let written = path.with_extension("new");
        std::fs::write(&written, serde_json::to_vec_pretty(&plan)?).with_context(|| written.display().to_string())?;
        std::fs::rename(&written, &path).with_context(|| path.display().to_string())?;
        *self.plan.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(plan);
        Ok(())
    }

    /// Stages the day over what is on sale, and tells the days before it.
    ///
    /// # Errors
    /// What the product does not take.
    pub async fn begin(&self, app: &Application, made: &Demonstration) -> Result<()> {
        let now = app.kernel.now().micros();
        let live_from_us = now - DAY_MICROS;
        let goods = staged(&app.kernel, made).await?;
        let started = Plan { live_from_us, told_until_us: live_from_us - HISTORY_DAYS * DAY_MICROS, goods };
        self.keep(started)?;
        while self.plan().is_some_and(|plan| plan.told_until_us < plan.live_from_us) {
            let _turn = self.turn.lock().await;
            let Some(plan) = self.plan() else { break };
            let until = (plan.told_until_us + STRETCH_MICROS).min(plan.live_from_us);
            self.tell(&app.kernel, plan, until).await?;
        }
        Ok(())
    }

    /// Hands in everything up to a moment.
    async fn tell(&self, kernel: &Kernel, mut plan: Plan, until_us: i64) -> Result<u64> {
        let (story, from) = (plan.story(), plan.told_until_us);
        let lines = tokio::task::spawn_blocking(move || story.between(from, until_us)).await?;
        let count = lines.len() as u64;
        if count > 0 {
            let mut body = Vec::with_capacity(lines.iter().map(|line| line.json.len() + 1).sum());
            for line in &lines {
                body.extend_from_slice(line.json.as_bytes());
                body.push(b'\n');
            }
            let body = futures::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(body))]);
            let shop = Actor::system("demonstration-shop");
            let receipt =
                signals::ingest(kernel, &shop, signals::Format::Ndjson, signals::Packing::Plain, body).await?;
            anyhow::ensure!(
                receipt.refused == 0 && receipt.conflicts == 0,
                "the demonstration's own signals are refused: {receipt:?}"
            );
        }
        plan.told_until_us = until_us;
        self.keep(plan)?;
        Ok(count)
    }

    /// The next stretch: the live day at its speed, then as time goes.
    async fn turn(&self, kernel: &Kernel, elapsed_seconds: i64) -> Result<u64> {
        let _turn = self.turn.lock().await;
        let Some(plan) = self.plan() else { return Ok(0) };
        let now = kernel.now().micros();
        let speed = self.speed() as i64;
        if speed == 0 || plan.told_until_us >= now || plan.told_until_us < plan.live_from_us {
            return Ok(0);
        }
        let step = if plan.told_until_us < plan.live_until_us() {
            (elapsed_seconds * speed * SECOND_MICROS).min(plan.live_until_us() - plan.told_until_us)
        } else {
            STRETCH_MICROS
        };
        let until = (plan.told_until_us + step).min(now);
        self.tell(kernel, plan, until).await
    }

    /// A turn a second.
    pub fn job(&self) -> Job {
        let player = self.clone();
        Job::new("demonstration-days", Duration::from_secs(1), move |kernel| {
            let player = player.clone();
            async move {
                player.turn(&kernel, 1).await.map_err(ground::Problem::internal)?;
                // Never at once again: a second is a second.
                Ok(0)
            }
        })
    }
}

/// The merchant, by its place from 0, whose new lot is faulty: one with a sign-in link.
const FAULTY_MERCHANT: usize = 36;

/// What is on sale, with what is staged for some of it.
async fn staged(kernel: &Kernel, made: &Demonstration) -> Result<Vec<Staged>> {
    let actor = Actor::system("demonstration-shop");
    let filter = listings::Filter { state: Some(listings::State::OnSale), ..listings::Filter::default() };
    let mut on_sale = HashMap::new();
    for page in 1.. {
        let found = listings::list(kernel, &actor, &filter, &Paging::new(page, PAGE_ROWS_MAX)).await?;
        let last = found.rows.is_empty();
        on_sale.extend(found.rows.into_iter().map(|listing| (listing.external_id.clone(), listing)));
        if last {
            break;
        }
    }
    let mut parts = vec![Part::Promotion, Part::Brushing, Part::BoughtReviews, Part::PriceShock];
    parts.reverse();
    let mut seen = HashSet::new();
    let mut staged = Vec::new();
    for listing in &made.listings {
        let Some(shown) = on_sale.get(&listing.external_id) else { continue };
        // The first goods of a merchant may have a part; all others trade as usual.
        let part = match (seen.insert(listing.merchant), listing.merchant) {
            (true, FAULTY_MERCHANT) => Part::BatchFault,
            (true, place) if place > 0 => parts.pop().unwrap_or(Part::Ordinary),
            _ => Part::Ordinary,
        };
        let place = staged.len();
        if place >= GOODS_MAX && part == Part::Ordinary {
            continue;
        }
        staged.push(Staged {
            merchant: shown.merchant_id.clone(),
            product: shown.external_id.clone(),
            title: shown.title.clone(),
            price_minor: shown.price_minor.unwrap_or(4_900),
            orders_a_day: if part == Part::Ordinary { 14 + (place as u64 * 7) % 40 } else { 48 },
            part: part.name().to_owned(),
        });
    }
    Ok(staged)
}

/// What is played, how far it has come, what is staged.
pub fn section(cx: &View, player: &Player) -> Markup {
    let Some(plan) = player.plan() else { return html! {} };
    let done = (plan.told_until_us - plan.live_from_us).clamp(0, DAY_MICROS) as f64 / DAY_MICROS as f64;
    let moment = |micros: i64| cx.moment_text(Timestamp::from_micros(micros));
    let table = Table::new(cx, cx.t("app-days-staged"))
        .column(Column::text(cx.t("app-days-goods")))
        .column(Column::text(cx.t("app-days-part")))
        .column(Column::number(cx.t("app-days-orders")).quiet())
        .rows(plan.goods.iter().filter(|staged| staged.part != Part::Ordinary.name()).map(|staged| {
            let href = format!("/console/listings?search={}", staged.product);
            Row::new()
                .key(staged.product.clone(), staged.title.clone())
                .link(href)
                .cell(staged.title.as_str())
                .cell(cx.t(&format!("app-days-part-{}", staged.part.replace('_', "-"))))
                .cell(cx.number(i128::from(staged.orders_a_day)))
        }));
    html! {
        (card(&cx.t("app-days-title"), html! {
            p { (cx.t("app-days-lead")) }
            (facts()
                .add(cx.t("app-days-from"), moment(plan.live_from_us))
                .add(cx.t("app-days-until"), moment(plan.told_until_us))
                .add(cx.t("app-days-done"), cx.percent_to(done, 0)))
            (form_post(cx, "/console/demonstration/days", html! {
                (Field::number(cx, "speed", cx.t("app-days-speed")).value(player.speed().to_string()).required())
                (submit(&cx.t("app-days-set"), None))
            }))
        }))
        (table)
    }
}

#[derive(Deserialize)]
struct Speed {
    speed: String,
}

/// The form that sets the speed.
pub fn routes(player: Player, may: Access) -> Routes {
    Routes::new().page(
        may,
        "/console/demonstration/days",
        post(move |Form(form): Form<Speed>| {
            let player = player.clone();
            async move {
                let speed = form.speed.trim().parse().ok().filter(|speed| *speed <= SPEED_MAX);
                let speed = speed.ok_or_else(|| Problem::invalid_field("speed", "app-days-speed-wrong"))?;
                player.set_speed(speed);
                Ok::<Response, Failure>(
                    web::redirect_with_flash("/console/demonstration", "app-days-set-done").into_response(),
                )
            }
        }),
    )
}
