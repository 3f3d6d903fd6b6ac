//! The scan page beside a bare axum page of the same size, over real sockets, in the same run.

use crate::table::{Table, shown};
use anyhow::{Context, Result, bail};
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use kernel::Kernel;
use kernel::testing::{Bench, owner};
use ledger::Ledger;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const GTIN: &str = "06901234567892";
/// Units whose pages are asked for in turn.
const UNITS: u64 = 100;
/// Units that are minted, so that each look can be the first at its unit.
const UNITS_MINTED: u64 = 100_000;
/// Connections that are kept open.
const CONNECTIONS: u64 = 32;
/// Seconds each kind is measured, in three rounds.
const ROUND_SECONDS: u64 = 3;
const ROUNDS: usize = 3;

fn migrations() -> db::Migrations {
    let mut all = listings::testing::migrations();
    all.extend(web::migrations());
    all.extend(ledger::migrations());
    all.extend(trace::migrations());
    all.extend(events::migrations());
    all.extend(reports::migrations());
    all.extend(recalls::migrations());
    all.extend(::ratings::migrations());
    all.extend(scans::migrations());
    all
}

/// Runs it.
///
/// # Errors
/// When an answer is not a success.
pub async fn run() -> Result<Vec<Table>> {
    let bench = Bench::sqlite(migrations).await;
    let serials = Arc::new(units(&bench.kernel).await?);
    let router = router(&bench).await?;
    let page = serve(router).await?;
    let fresh = Arc::clone(&serials);
    let path = move |n: u64| format!("/01/{GTIN}/21/{}", serials[(n % UNITS) as usize]);
    // Each address once in the whole run.
    let next = Arc::new(AtomicU64::new(UNITS));
    let first_look = move |_: u64| {
        let n = next.fetch_add(1, Ordering::Relaxed);
        format!("/01/{GTIN}/21/{}", fresh[(n % UNITS_MINTED) as usize])
    };
    let body = one(page, &path(0), "phone").await?;
    let bytes = body.len();
    let text = String::from_utf8_lossy(&body).into_owned();
    let bare = serve(Router::new().route("/page", get(move || async move { Html(text) }))).await?;
    for job in scans::jobs() {
        tokio::spawn(job.run_forever(bench.kernel.clone()));
    }
    let mut rates: [Vec<f64>; 5] = Default::default();
    for n in 0..UNITS {
        one(page, &path(n), "phone").await?;
    }
    for _ in 0..ROUNDS {
        rates[0].push(measure(bare, |_| ("/page".to_owned(), "phone".to_owned())).await?);
        rates[1].push(measure(page, on(&path, |_| "phone".to_owned())).await?);
        rates[2].push(measure(page, on(&path, |n| format!("phone {n}"))).await?);
        rates[3].push(measure(page, on(&first_look, |_| "phone".to_owned())).await?);
        let kernel = bench.kernel.clone();
        let of_unit = path.clone();
        let forgetful = move |n: u64| {
            scans::known::forget_all(&kernel);
            of_unit(n)
        };
        rates[4].push(measure(page, on(&forgetful, |_| "phone".to_owned())).await?);
    }
    let title = format!(
        "Scan page beside a bare axum page of the same {bytes} bytes ({CONNECTIONS} connections, no compression)"
    );
    let mut table = Table::new(&title, &["what", "requests/s (median of 3)", "share of bare"]);
    let medians: Vec<f64> = rates.iter_mut().map(|all| median(all)).collect();
    let names = [
        "bare axum page",
        "scan page, looked at again by the same phone",
        "scan page, every look a new scan (recorded, judged)",
        "scan page, the first look at a unit of a known lot (recorded, judged)",
        "scan page, nothing of unit, lot and keys in memory",
    ];
    for (name, rate) in names.iter().zip(&medians) {
        table.row(&[(*name).to_owned(), shown(*rate), format!("{:.0} %", rate / medians[0] * 100.0)]);
    }
    Ok(vec![table])
}

/// What is asked: a path and the phone it is asked with.
fn on<P, D>(path: &P, phone: D) -> impl Fn(u64) -> (String, String) + Clone + Send + Sync + 'static
where
    P: Fn(u64) -> String + Clone + Send + Sync + 'static,
    D: Fn(u64) -> String + Clone + Send + Sync + 'static,
{
    let path = path.clone();
    move |n| (path(n), phone(n))
}

fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// The serial numbers of a lot's units.
async fn units(kernel: &Kernel) -> Result<Vec<String>> {
    use listings::testing as goods;
    goods::merchant(kernel, "m1", 1, &["daily/home"]).await;
    let content = listings::Content { gtin: GTIN.to_owned(), ..goods::honest("保温杯") };
    goods::offer(kernel, "m1", "x-1", content).await;
    let actor = owner("m1");
    let new = trace::NewLot {
        merchant_id: "m1".into(),
        gtin: GTIN.into(),
        number: "L-1".into(),
        product: "保温杯".into(),
        origin: "浙江".into(),
        ..trace::NewLot::default()
    };
    let lot = trace::create(kernel, &actor, new).await.context("a lot")?;
    let batch = trace::NewBatch {
        merchant_id: "m1".into(),
        gtin: GTIN.into(),
        count: UNITS_MINTED,
        lot_id: Some(lot.id),
        covered: false,
    };
    let batch = trace::mint(kernel, &actor, batch).await.context("codes")?;
    let file = trace::code_file(kernel, &actor, &batch.id, "https://quality.example").await.context("the codes")?;
    (1..=UNITS_MINTED).map(|number| Ok(file.code(number).context("a code")?.serial)).collect()
}

async fn router(bench: &Bench) -> Result<Router> {
    let folder = bench.folder.path().join("ledger");
    let ledger =
        Ledger::open(&bench.kernel, ledger::Settings { folder, ..Default::default() }).await.context("ledger")?;
    let catalogs = Arc::new(ui::Catalogs::new(&[web::CATALOG, scans::CATALOG])?);
    let settings = web::Settings { address_requests_per_minute: u32::MAX, ..web::Settings::default() };
    let nav = Arc::new(web::FixedNav(Vec::new()));
    let people = Arc::new(web::testing::People::default());
    let site = web::Site::new(bench.kernel.clone(), catalogs, settings, people, nav).await.context("site")?;
    let routes = scans::routes(ledger.view().clone(), scans::Settings::default());
    Ok(web::Routes::default().merge(routes).into_router(site))
}

async fn serve(router: Router) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(web::serve(listener, router, std::future::pending()));
    Ok(address)
}

/// Requests a second over all connections.
async fn measure(
    address: SocketAddr,
    ask: impl Fn(u64) -> (String, String) + Clone + Send + Sync + 'static,
) -> Result<f64> {
    let count = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let until = started + Duration::from_secs(ROUND_SECONDS);
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let (count, ask) = (Arc::clone(&count), ask.clone());
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            while Instant::now() < until {
                let (path, phone) = ask(count.fetch_add(1, Ordering::Relaxed));
                connection.ask(&path, &phone).await?;
            }
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(count.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64())
}

async fn one(address: SocketAddr, path: &str, phone: &str) -> Result<Vec<u8>> {
    Connection::open(address).await?.ask(path, phone).await
}

/// A connection that is kept open. Reads answers that say their length, as both pages do.
struct Connection {
    stream: TcpStream,
    held: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, held: Vec::with_capacity(64 * 1024) })
    }

    async fn ask(&mut self, path: &str, phone: &str) -> Result<Vec<u8>> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\nuser-agent: {phone}\r\naccept: text/html\r\n\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        let head = loop {
            if let Some(end) = self.held.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let text = String::from_utf8_lossy(&self.held[..head]).to_ascii_lowercase();
        if !text.starts_with("http/1.1 200") {
            bail!("{path}: {}", text.lines().next().unwrap_or_default());
        }
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")).context("no length")?;
        let length: usize = length.trim().parse()?;
        while self.held.len() < head + length {
            self.more().await?;
        }
        let rest = self.held.split_off(head + length);
        let answer = std::mem::replace(&mut self.held, rest);
        Ok(answer[head..].to_vec())
    }

    async fn more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.held).await? == 0 {
            bail!("the connection was closed");
        }
        Ok(())
    }
}
