//! The words of the command line about checking a public log.

use std::path::PathBuf;

use clap::Args;

/// Which log is checked, and against what.
#[derive(Debug, Clone, Args)]
pub struct Verify {
    /// The address of a log, e.g. `https://linli.example/log/1`, or a folder that holds its files.
    pub log: String,
    /// Its public key, as the page of the log and papers have it. Without it the key is believed that lies beside the log: then a log is found right that
    /// somebody else made.
    #[arg(long)]
    pub key: Option<String>,
    /// A checkpoint of it that was kept before; the log must begin with it. May be given again.
    #[arg(long)]
    pub earlier: Vec<PathBuf>,
    /// A file in which the newest checkpoint is kept from one time to the next: the log must begin with what is in it.
    #[arg(long)]
    pub keep: Option<PathBuf>,
    /// A proof of one entry, as its page hands it out; checked as well.
    #[arg(long, requires = "entry")]
    pub proof: Option<PathBuf>,
    /// The entry that the proof is about.
    #[arg(long, requires = "proof")]
    pub entry: Option<PathBuf>,
    /// Write everything that is read into this folder: a copy of the log.
    #[arg(long)]
    pub mirror: Option<PathBuf>,
    /// The certificates to believe for https, PEM; those of the machine otherwise.
    #[arg(long)]
    pub ca: Option<PathBuf>,
    /// Seconds that an answer may take.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
}
