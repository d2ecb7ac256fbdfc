//! Linli (邻里) in one program: serve, make a demonstration, bring files in and out, back up, check, measure.

mod api;
mod bench;
mod care;
mod city;
mod cli;
mod commands;
#[cfg(test)]
mod coverage;
mod deciding;
mod demo;
mod districts;
mod hearing;
mod house;
mod intake;
mod jobs;
mod key;
mod moves;
mod ops;
mod play;
mod ports;
mod record;
#[cfg(feature = "scale")]
mod scale;
mod serve;
#[cfg(test)]
mod story;

use std::io::Write as _;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser as _;
use linli_db::DbConfig;
use linli_kernel::{SharedClock, SharedRng, SystemClock, SystemRng};

use cli::{Cli, Command};

/// What every command of the machine starts from.
pub struct Machine {
    /// Where the data is.
    pub config: DbConfig,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub rng: SharedRng,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    log();
    for_the_owner_only();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no run time")
        // Boxed, so that the whole program stands once in the binary and not once for each way a run time can drive it.
        .and_then(|rt| {
            let program: Pin<Box<dyn Future<Output = anyhow::Result<bool>>>> = Box::pin(run(cli));
            rt.block_on(program)
        });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "linli: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whatever this program makes is for its owner only, also in a folder that others made and may look into: it holds what residents wrote.
fn for_the_owner_only() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// What happens goes to standard error; `LINLI_LOG` says how much, e.g. `info` or `warn,linli=debug`.
fn log() {
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let usual = Targets::new().with_default(tracing::Level::WARN).with_target("linli", tracing::Level::INFO);
    let asked = std::env::var("LINLI_LOG").ok().and_then(|text| text.parse().ok());
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    // Colours are for eyes: a file, a pipe and a journal of the system get plain lines.
    let lines = lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    tracing_subscriber::registry().with(asked.unwrap_or(usual)).with(lines).init();
}

/// Carries a command out; false when it ran and found something wrong.
async fn run(cli: Cli) -> anyhow::Result<bool> {
    // A demonstration has a folder of its own: it never mixes with real data.
    let folder = match &cli.command {
        Command::Demo(how) if cli.data == std::path::Path::new("linli-data") => {
            PathBuf::from(if how.city { "linli-demo-city" } else { "linli-demo" })
        }
        _ => cli.data,
    };
    let config = DbConfig { folder, url: cli.database_url, readers: 8 };
    let machine = Machine { config, clock: Arc::new(SystemClock), rng: Arc::new(SystemRng) };
    if !matches!(cli.command, Command::Restore { .. }) {
        commands::backup::finished(&machine.config.folder)?;
    }
    match cli.command {
        Command::Demo(how) => {
            serve::is_free(&how.serve)?;
            play::ensure(&machine, &how).await?;
            serve::serve(&machine, &how.serve).await?;
        }
        Command::Simulate(how) => city::simulate(&machine, &how).await?,
        Command::Serve(how) => serve::serve(&machine, &how).await?,
        Command::Import(what) => return commands::files::import(&machine, &what).await,
        Command::Export(what) => commands::export::export(&machine, &what).await?,
        Command::Migrate => {
            linli_db::Db::open(&machine.config).await?.close().await;
            writeln!(std::io::stdout(), "the tables are up to date")?;
        }
        Command::User { action } => commands::user::run(&machine, &action).await?,
        Command::Open311Key { action } => commands::keys::open311(&machine, &action).await?,
        Command::FhirKey { action } => commands::keys::fhir(&machine, &action).await?,
        Command::HotlineKey { action } => commands::hotline::keys(&machine, &action).await?,
        Command::Open311Check(how) => return commands::open311::check(&how).await,
        Command::Open311Pull(what) => return commands::remotes::pull(&machine, &what).await,
        Command::Open311Remote { action } => return commands::remotes::remotes(&machine, &action).await,
        Command::Open311Push { action } => commands::remotes::pushes(&machine, &action).await?,
        Command::Backup { file, without_key } => {
            commands::backup::backup(&machine.config, &file, !without_key).await?;
            writeln!(std::io::stdout(), "{} written", file.display())?;
        }
        Command::Restore { file } => commands::backup::restore(&machine.config, &file).await?,
        Command::Erase(what) => commands::erase::run(&machine, &what).await?,
        Command::Verify(what) => return commands::verify::verify(&what).await,
        Command::LogAnew { district } => commands::verify::begin_anew(&machine, district.as_deref()).await?,
        Command::Check => return commands::check::check(&machine).await,
        Command::Recount(what) => return commands::recount::run(&what),
        Command::Bench(how) => bench::run(&how).await?,
    }
    Ok(true)
}
