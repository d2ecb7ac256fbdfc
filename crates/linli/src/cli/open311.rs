//! The words of the command line about Open311: keys of programs, other servers, the check.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Keys of programs.
#[derive(Debug, Subcommand)]
pub enum Open311Key {
    /// Make a key and print it; it is shown this once.
    Add {
        /// What it is called here: whose program it is.
        name: String,
        /// The six-digit code of the district it reports in; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
    /// List keys: name, since when, open or revoked.
    List {
        /// The six-digit code of the district; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
    /// Close a key at once.
    Revoke {
        /// Its name.
        name: String,
        /// The six-digit code of its district; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
}

/// What to pull.
#[derive(Debug, Args)]
pub struct Open311Pull {
    /// The address of the endpoint, e.g. `https://city.example/open311/v2`.
    pub url: String,
    /// The place that the requests hang at: a division code or a natural key.
    #[arg(long)]
    pub at: String,
    /// The `jurisdiction_id`, for servers of several.
    #[arg(long)]
    pub jurisdiction: Option<String>,
    /// From when on, a date in Beijing; the last 90 days otherwise.
    #[arg(long)]
    pub since: Option<jiff::civil::Date>,
    /// Which of their services is which of our classes, TOML.
    #[arg(long)]
    pub mapping: Option<PathBuf>,
    /// Only say what would happen.
    #[arg(long)]
    pub dry_run: bool,
    /// Also ask an address inside the own network.
    #[arg(long)]
    pub inside: bool,
    /// Seconds that an answer may take.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
    /// The certificates to believe for https, PEM; those of the machine otherwise.
    #[arg(long, env = "SSL_CERT_FILE")]
    pub ca: Option<PathBuf>,
    /// The six-digit code of the district; not needed when there is one only.
    #[arg(long)]
    pub district: Option<String>,
}

/// Other servers.
#[derive(Debug, Subcommand)]
pub enum Open311Remote {
    /// Keep a server.
    Add(Open311RemoteAdd),
    /// List servers: name, address, place, when it was looked at, what went wrong.
    List {
        /// The six-digit code of the district; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
    /// Look at a server now: send what waits, follow what is open, pull what is new.
    Run {
        /// Its name.
        name: String,
        /// The six-digit code of its district; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
    /// Forget a server and its key. The cases that came from it stay.
    Remove {
        /// Its name.
        name: String,
        /// The six-digit code of its district; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
}

/// A server to keep.
#[derive(Debug, Args)]
pub struct Open311RemoteAdd {
    /// What it is called here.
    pub name: String,
    /// The address of its endpoint.
    pub url: String,
    /// The place that its requests hang at: a division code or a natural key.
    #[arg(long)]
    pub at: String,
    /// The `jurisdiction_id`, for servers of several.
    #[arg(long)]
    pub jurisdiction: Option<String>,
    /// Which of their services is which of our classes, TOML.
    #[arg(long)]
    pub mapping: Option<PathBuf>,
    /// Our key there, for handing cases over. Better given by the variable than on the command line, where other users of the machine
    /// see it.
    #[arg(long, env = "LINLI_OPEN311_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
    /// Also ask an address inside the own network.
    #[arg(long)]
    pub inside: bool,
    /// It is known to take the same form only once for the same `Idempotency-Key`, as Linli does.
    #[arg(long)]
    pub idempotent: bool,
    /// Pull nothing from it; only hand over and follow.
    #[arg(long)]
    pub no_pull: bool,
    /// The six-digit code of the district; not needed when there is one only.
    #[arg(long)]
    pub district: Option<String>,
}

/// Cases that are handed over.
#[derive(Debug, Subcommand)]
pub enum Open311Push {
    /// Hand a case over; it is sent within five minutes.
    Add {
        /// Its number.
        number: String,
        /// The name of the server.
        remote: String,
        /// The service there; the one of the mapping otherwise.
        #[arg(long)]
        service: Option<String>,
        /// The six-digit code of the district; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
    /// List what was handed over: number, server, where it stands, key there, what was said, what went wrong.
    List {
        /// The six-digit code of the district; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
    /// You have looked: it is not there, send it again.
    Again {
        /// Its number.
        number: String,
        /// The name of the server.
        remote: String,
        /// The six-digit code of the district; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
    /// You have looked: it is there under this key.
    Settle {
        /// Its number.
        number: String,
        /// The name of the server.
        remote: String,
        /// Its key there.
        key: String,
        /// The six-digit code of the district; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
}

/// How to check a server.
#[derive(Debug, Args)]
pub struct Open311Check {
    /// The address of the endpoint, e.g. `http://127.0.0.1:8311/open311/v2`.
    pub url: String,
    /// The key to report with.
    #[arg(long, env = "LINLI_OPEN311_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
    /// Make a few test reports. They are real on that server.
    #[arg(long)]
    pub write: bool,
    /// The `jurisdiction_id`, for servers of several.
    #[arg(long)]
    pub jurisdiction: Option<String>,
    /// Seconds that an answer may take.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
    /// The certificates to believe for https, PEM; those of the machine otherwise.
    #[arg(long, env = "SSL_CERT_FILE")]
    pub ca: Option<PathBuf>,
}
