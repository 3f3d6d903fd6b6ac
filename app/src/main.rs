//! `touchstone`: see `touchstone help`.

use clap::Parser;
use std::process::ExitCode;
use touchstone::commands::{self, Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("touchstone: the runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("touchstone: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let file = cli.config.as_deref();
    match cli.command {
        Command::Serve(args) => commands::serve::run(args, file).await?,
        Command::Screen(args) => return commands::screen::run(&args),
        Command::Image(args) => return commands::image::run(&args),
        Command::Gs1(args) => return commands::gs1::run(&args),
        Command::Epcis(args) => return commands::epcis::run(&args),
        Command::Detect(args) => return commands::detect::run(&args),
        Command::Import(args) => return commands::import::run(&args, file).await,
        Command::Export(args) => return commands::export::run(&args, file).await,
        Command::Codes(args) => return commands::codes::run(&args, file).await,
        Command::Recalls(args) => return commands::recalls::run(&args, file).await,
        Command::Risk(args) => return commands::risk::run(&args, file).await,
        Command::Alerts(args) => commands::alerts::run(&args, file).await?,
        Command::Rating(args) => return commands::rating::run(&args, file).await,
        Command::Signals(args) => return commands::signals::run(&args, file).await,
        Command::Sql(args) => return commands::sql::run(&args, file).await,
        Command::Ledger(args) => return commands::ledger::run(&args, file).await,
        Command::Witness(args) => return commands::witness::run(&args).await,
        Command::Policy(args) => return commands::policy::run(&args),
        Command::User(args) => commands::user::run(&args, file).await?,
        Command::Config(args) => commands::config::run(&args, file)?,
        Command::Demonstration(args) => commands::demonstration::run(&args, file)?,
        Command::Generate(args) => commands::generate::run(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}
