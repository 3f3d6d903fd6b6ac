//! `touchstone serve`: the embedded shape.

use crate::demonstration::{self, ClockControl};
use crate::{Config, assemble, open};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;

/// Arguments; they win over the settings.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Data folder.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Port.
    #[arg(long)]
    port: Option<u16>,
    /// On an empty folder, load the demonstration marketplace; time can be advanced.
    #[arg(long)]
    demonstration: bool,
    /// How fast the staged day of a demonstration passes: seconds of trade in a second.
    #[arg(long, default_value_t = demonstration::days::SPEED, value_name = "SECONDS")]
    day_speed: u64,
    /// Also write the sign-in links to a file, as JSON.
    #[arg(long, value_name = "FILE")]
    print_links: Option<PathBuf>,
}

/// Runs it until interrupted.
///
/// # Errors
/// With what could not be opened, loaded or listened on.
pub async fn run(args: Args, file: Option<&Path>) -> Result<()> {
    let mut config = Config::load(file, std::env::vars())?;
    if let Some(data) = args.data {
        config.data.folder = data;
    }
    if let Some(port) = args.port {
        config.server.port = port;
    }
    start_log(&config)?;
    let address = format!("{}:{}", config.server.address, config.server.port);
    let listener = TcpListener::bind(&address).await.with_context(|| format!("listen on {address}"))?;
    if config.server.port == 0 {
        config.server.port = listener.local_addr()?.port();
    }
    let demonstration = args.demonstration || config.data.folder.join(demonstration::MARK_FILE).exists();
    let opened = open::open(&config, demonstration).await?;
    let ledger = open::open_ledger(&opened.kernel, &config).await?;
    let clock = opened.demonstration_clock.clone().map(|clock| ClockControl::new(clock, opened.folder.clone()));
    let player = match demonstration {
        true => Some(demonstration::Player::open(&opened.folder, args.day_speed)?),
        false => None,
    };
    let parts = assemble::Parts { player: player.clone(), ..assemble::Parts::from_config(&config, clock)? };
    signals::open(&opened.kernel, config.signals()?).await.map_err(anyhow::Error::new).context("signals")?;
    let settings = config.web(demonstration);
    let app = assemble::assemble(opened.kernel.clone(), ledger, settings, parts).await?;
    app.start();
    signals::start_sources(&opened.kernel).map_err(anyhow::Error::new).context("broker of signals")?;

    say!("Touchstone 试金石 {}", env!("CARGO_PKG_VERSION"));
    let server = tokio::spawn(web::serve(listener, app.router.clone(), stop_signal()));
    demonstration::whole(&opened.folder)?;
    if demonstration && !opened.folder.join(demonstration::MARK_FILE).exists() {
        demonstration::load(&app, &opened.folder, player.as_ref()).await.context("demonstration marketplace")?;
    }
    let links = demonstration::links(&app, &config.base_url(), demonstration).await?;
    demonstration::print(&config.base_url(), &links);
    if let Some(path) = args.print_links {
        std::fs::write(&path, serde_json::to_vec_pretty(&links)?).with_context(|| path.display().to_string())?;
    }
    server.await?.context("server")?;
    signals::shutdown(&opened.kernel).await.map_err(anyhow::Error::new).context("signals")?;
    // What was accepted is published, and whoever writes the ledger next need not wait for the lease to end.
    app.ledger.close(&app.kernel).await.map_err(anyhow::Error::new).context("ledger")?;
    Ok(())
}

fn start_log(config: &Config) -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.level)
        .with_context(|| format!("[log] level: {:?}", config.log.level))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if config.log.format == "json" { builder.json().try_init() } else { builder.try_init() };
    started.map_err(|error| anyhow::anyhow!("log: {error}"))
}

/// Ends when the process is asked to stop.
pub(super) async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
}
