//! The words of the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod open311;
mod verify;

pub use verify::Verify;

pub use open311::{Open311Check, Open311Key, Open311Pull, Open311Push, Open311Remote, Open311RemoteAdd};

/// Linli (邻里): the neighbourhood and the treatment network behind it, in one program with its database inside.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub struct Cli {
    /// The folder of this installation: database, photos, key.
    #[arg(long, global = true, env = "LINLI_DATA", default_value = "linli-data")]
    pub data: PathBuf,
    /// A PostgreSQL database instead of the SQLite file in the folder.
    #[arg(long, global = true, env = "LINLI_DATABASE_URL")]
    pub database_url: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a demonstration district in a folder of its own (linli-demo unless --data says otherwise) and serve it.
    Demo(Demo),
    /// Play the winter wave of a city through the whole system in an empty folder, and say how long people waited; the folder can be
    /// served afterwards, as a drill.
    Simulate(crate::city::Simulate),
    /// Serve.
    Serve(Serve),
    /// Bring rows in from a file: xlsx, csv, JSON or GeoJSON.
    Import(Import),
    /// Write rows out to a file: csv or xlsx, by its ending.
    Export(Export),
    /// Bring the tables up to date and stop.
    Migrate,
    /// Accounts.
    User {
        /// What to do.
        #[command(subcommand)]
        action: User,
    },
    /// Keys of programs that report over Open311 GeoReport v2.
    Open311Key {
        /// What to do.
        #[command(subcommand)]
        action: Open311Key,
    },
    /// Keys of the systems of institutions that send readings over HL7 FHIR.
    FhirKey {
        /// What to do.
        #[command(subcommand)]
        action: FhirKey,
    },
    /// Keys of the city's own hotline, which sends tickets and fetches what was done with them.
    HotlineKey {
        /// What to do.
        #[command(subcommand)]
        action: HotlineKey,
    },
    /// Hold any server that speaks Open311 GeoReport v2 against the specification, one line a check; a fault means exit code 1.
    Open311Check(Open311Check),
    /// Bring requests of another Open311 server in as cases, once. What is asked for again changes nothing.
    Open311Pull(Open311Pull),
    /// Other Open311 servers: requests are pulled from them again and again, and cases can be handed over to them.
    Open311Remote {
        /// What to do.
        #[command(subcommand)]
        action: Open311Remote,
    },
    /// Cases that are handed over to another Open311 server.
    Open311Push {
        /// What to do.
        #[command(subcommand)]
        action: Open311Push,
    },
    /// Write everything into one file.
    Backup {
        /// The file; never overwrites.
        file: PathBuf,
        /// Leave the key out: sealed phones and ID numbers cannot be read from such a backup without it.
        #[arg(long)]
        without_key: bool,
    },
    /// Bring a backup back into an empty folder.
    Restore {
        /// The file.
        file: PathBuf,
    },
    /// Erase how a reporter is reached and what was said around a case, when the one it is about asks for it.
    Erase(Erase),
    /// Check a public log from outside, with nothing but its address or its files and its key; not right means exit code 1.
    Verify(Verify),
    /// End the public log of a district and begin another with a key of its own: when the database was brought back from a backup that is older than
    /// what the log has signed, and the log therefore signs nothing more.
    LogAnew {
        /// The six-digit code of the district; the log of the whole city without it.
        #[arg(long)]
        district: Option<String>,
    },
    /// Recompute every stored figure from the records and walk the invariants; not clean means exit code 1.
    Check,
    /// Count the ballots of a vote anew from its file alone: no database, no network. A line that does not hold is named and means exit code 1.
    Recount(crate::commands::recount::Recount),
    /// Measure: one JSON line per figure.
    Bench(crate::bench::Bench),
}

/// What to erase.
#[derive(Debug, Args)]
pub struct Erase {
    /// The number of the case, as its reporter was told it: `2026-000123`.
    pub number: String,
    /// Why, for the journal: who asked, and how it was made sure that it was the one it is about.
    #[arg(long)]
    pub reason: String,
    /// Official code of the district; needed where several are served.
    #[arg(long)]
    pub district: Option<String>,
}

/// What is demonstrated.
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// A part of a city in its winter wave instead of a district: the treatment network under load (linli-demo-city unless --data says
    /// otherwise).
    #[arg(long)]
    pub city: bool,
    /// How it is served.
    #[command(flatten)]
    pub serve: Serve,
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Which half runs.
    #[arg(long, value_enum, default_value_t = Profile::Both)]
    pub profile: Profile,
    /// Where to listen.
    #[arg(long, env = "LINLI_LISTEN", default_value = "127.0.0.1:8311")]
    pub listen: SocketAddr,
    /// Certificate chain, PEM.
    #[arg(long, requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its key, PEM.
    #[arg(long, requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// A proxy in front speaks TLS; its X-Forwarded-For and X-Forwarded-Proto are believed.
    #[arg(long)]
    pub behind_proxy: bool,
    /// The public address printed under QR codes, e.g. `https://linli.example`; otherwise the listening address.
    #[arg(long, env = "LINLI_BASE_URL")]
    pub base_url: Option<String>,
    /// Go on without the lost key file: a new one is made, and what was sealed with the old one can never be read again.
    #[arg(long)]
    pub new_key: bool,
    /// Keep the watch in the folder of this server although it was kept last in another one, which is lost: whoever agreed is counted from now,
    /// and what an earlier watch left in this folder is removed. Only with PostgreSQL; without it such a server keeps no watch.
    #[arg(long)]
    pub watch_anew: bool,
    /// What a monitoring system shows as `Authorization: Bearer …` to read /metrics and the reasons of /ready from elsewhere.
    /// Without it they answer the machine itself only, and behind a proxy nobody. Better given by the variable than on the
    /// command line, where other users of the machine see it.
    #[arg(long, env = "LINLI_OPS_TOKEN", hide_env_values = true)]
    pub ops_token: Option<String>,
    /// Hosts inside the own network that FHIR subscriptions may tell, as `host` or `host:port`, with commas between them; without it only
    /// public addresses are told. Over http only this machine itself is.
    #[arg(long, env = "LINLI_FHIR_HOOKS_INSIDE", value_delimiter = ',')]
    pub fhir_hooks_inside: Vec<String>,
    /// A broker (MQTT 3.1.1) that brings messages of registered devices, e.g. `mqtt://127.0.0.1:1883`, or `mqtts://broker.example:8883`
    /// with --mqtt-ca.
    #[arg(long, env = "LINLI_MQTT_BROKER")]
    pub mqtt_broker: Option<String>,
    /// The certificate (PEM) that a broker at mqtts:// must be signed with; no other is believed.
    #[arg(long, env = "LINLI_MQTT_CA", requires = "mqtt_broker")]
    pub mqtt_ca: Option<PathBuf>,
    /// Our id at the broker, which keeps messages for it while we are away; another one for every installation.
    #[arg(long, env = "LINLI_MQTT_ID", default_value = "linli", requires = "mqtt_broker")]
    pub mqtt_id: String,
    /// The user at the broker.
    #[arg(long, env = "LINLI_MQTT_USER", requires = "mqtt_broker")]
    pub mqtt_user: Option<String>,
    /// The password of the user. Better given by the variable than on the command line, where other users of the machine see it.
    #[arg(long, env = "LINLI_MQTT_PASSWORD", hide_env_values = true, requires = "mqtt_user")]
    pub mqtt_password: Option<String>,
    /// Whether the watch is shared.
    #[cfg(feature = "scale")]
    #[command(flatten)]
    pub together: Together,
}

/// Several processes that share the watch, each with a folder of its own and all with one PostgreSQL.
#[cfg(feature = "scale")]
#[derive(Debug, Clone, Default, Args)]
pub struct Together {
    /// The NATS servers with JetStream over which the processes share the watch, e.g. `nats://10.0.0.1:4222,nats://10.0.0.2:4222`.
    #[arg(long, env = "LINLI_NATS", requires = "nats_name")]
    pub nats: Option<String>,
    /// The name of this process among them, for ever the same and nobody else's: letters, digits, `-` and `_`.
    #[arg(long, env = "LINLI_NATS_NAME", requires = "nats")]
    pub nats_name: Option<String>,
    /// On how many of the servers everything lies: 3, or 1 where there is one.
    #[arg(long, env = "LINLI_NATS_COPIES", default_value_t = 3)]
    pub nats_copies: usize,
}

/// Which half of Linli runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// The neighbourhood.
    Community,
    /// The treatment network.
    Treatment,
    /// Both.
    Both,
}

/// What to bring in.
#[derive(Debug, Args)]
pub struct Import {
    /// What the rows are.
    pub kind: ImportKind,
    /// The file.
    pub file: PathBuf,
    /// How the columns of the file map to ours: a TOML file, or one that ships (`la-311`, `nyc-311`, `harbin-estates`,
    /// `beijing-fever-clinics`, `hhs-hospitals`, `hhs-week`, `divi-areas`, `divi-days`, `italy-regions`, `italy-days`). Without it the file has
    /// our own columns.
    #[arg(long)]
    pub mapping: Option<PathBuf>,
    /// The name of the system a file of cases comes from; with its numbers it is the key of a case. The file's name otherwise.
    #[arg(long)]
    pub system: Option<String>,
    /// Only say what would happen.
    #[arg(long)]
    pub dry_run: bool,
    /// Where to write the answer to every row (.csv or .xlsx).
    #[arg(long)]
    pub report: Option<PathBuf>,
    /// The six-digit code of the district; not needed when there is one only.
    #[arg(long)]
    pub district: Option<String>,
    /// The coordinate system of rows that do not name theirs: wgs84, cgcs2000, gcj02.
    #[arg(long)]
    pub crs: Option<String>,
    /// The community of estates, the place of cases and outlines that name none, the place of a 12345 list (four digits: the whole
    /// city): a code or a natural key.
    #[arg(long, visible_alias = "at")]
    pub community: Option<String>,
    /// The language of reasons and of the report.
    #[arg(long, value_enum, env = "LINLI_LANG", default_value_t = Language::Zh)]
    pub lang: Language,
}

/// A language of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// What to write out.
#[derive(Debug, Args)]
pub struct Export {
    /// What the rows are.
    pub kind: ExportKind,
    /// The file to write, `.csv` or `.xlsx`; never overwrites.
    pub file: PathBuf,
    /// The six-digit code of the district; not needed when there is one only.
    #[arg(long)]
    pub district: Option<String>,
    /// Write the phones of staff for their colleagues too; the export is then noted in the journal as one with phones.
    #[arg(long)]
    pub with_phones: bool,
}

/// What can be brought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportKind {
    /// Official divisions (city, district, subdistrict, community).
    Divisions,
    /// Estates.
    Estates,
    /// Homes, with their buildings and entrances.
    Homes,
    /// Components (部件).
    Components,
    /// Governance grids and what they cover.
    Grids,
    /// Boundaries of places (GeoJSON).
    Boundaries,
    /// Staff and their organisations.
    People,
    /// Appointments.
    Appointments,
    /// Cases.
    Cases,
    /// The 12345 list of a place: request classes of up to three levels (热线分类).
    Classes,
    /// Tickets of the city's own hotline (12345 工单).
    Hotline,
    /// Medical institutions, each with one unit at most (医疗机构).
    Institutions,
    /// Returns of institutions (日报、周报).
    Returns,
    /// Treatment grids with their leads (救治网格).
    TreatmentGrids,
    /// Which institution belongs to which treatment grid (网格成员).
    GridMembers,
    /// Which centre looks after which place (服务片区).
    Catchments,
    /// Staff of institutions by training (医护人数).
    Staff,
    /// What was counted of beds in units (床位台账).
    Beds,
}

impl ImportKind {
    /// The word on the command line, in a mapping's `kind` and in text keys.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Divisions => "divisions",
            Self::Estates => "estates",
            Self::Homes => "homes",
            Self::Components => "components",
            Self::Grids => "grids",
            Self::Boundaries => "boundaries",
            Self::People => "people",
            Self::Appointments => "appointments",
            Self::Cases => "cases",
            Self::Classes => "classes",
            Self::Hotline => "hotline",
            Self::Institutions => "institutions",
            Self::Returns => "returns",
            Self::TreatmentGrids => "treatment-grids",
            Self::GridMembers => "grid-members",
            Self::Catchments => "catchments",
            Self::Staff => "staff",
            Self::Beds => "beds",
        }
    }
}

/// What can be written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportKind {
    /// Official divisions in force, of the whole city.
    Divisions,
    /// Estates.
    Estates,
    /// Homes, without anything about who lives there.
    Homes,
    /// Components.
    Components,
    /// Governance grids.
    Grids,
    /// Staff and their organisations, without phones unless asked for.
    People,
    /// Appointments, with the phone that the board shows.
    Appointments,
    /// Cases, without anybody's contact.
    Cases,
}

impl ExportKind {
    /// The word on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Divisions => "divisions",
            Self::Estates => "estates",
            Self::Homes => "homes",
            Self::Components => "components",
            Self::Grids => "grids",
            Self::People => "people",
            Self::Appointments => "appointments",
            Self::Cases => "cases",
        }
    }
}

/// Accounts.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Print the one-time setup link of an installation that has no administrator yet.
    SetupLink,
    /// List accounts: login, person, since when, open or closed.
    List,
    /// Make an account for somebody who is on record, and print the one-time link with which its holder sets a password.
    Add {
        /// The login: 3 to 60 letters, digits, `.`, `-`, `_`, `@`.
        login: String,
        /// The code of the person, as in the file of people.
        #[arg(long)]
        person: String,
        /// The six-digit code of the person's district; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
    /// Close an account at once.
    Disable {
        /// Its login.
        login: String,
    },
    /// Open a closed account again.
    Enable {
        /// Its login.
        login: String,
    },
    /// Print a one-time link with which somebody who lost the password sets a new one.
    ResetLink {
        /// The login.
        login: String,
    },
}

/// Keys of the systems of institutions.
#[derive(Debug, Subcommand)]
pub enum FhirKey {
    /// Make a key and print it; it is shown this once.
    Add {
        /// What it is called here: which system of theirs it is.
        name: String,
        /// The institution whose system it is, by its name here or its code in the register: one that follows people, a hospital, the 120
        /// centre. The key reaches what is that institution's, and nothing else.
        #[arg(long)]
        institution: String,
        /// The six-digit code of the district; not needed when there is one only.
        #[arg(long)]
        district: Option<String>,
    },
    /// List keys: name, since when, open or revoked, whose, what was refused and how often.
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

/// Keys of the city's hotline.
#[derive(Debug, Subcommand)]
pub enum HotlineKey {
    /// Make a key and print it; it is shown this once.
    Add {
        /// What it is called here: whose program it is.
        name: String,
        /// The place that its tickets belong to, by division code or natural key; the whole district when left out.
        #[arg(long)]
        place: Option<String>,
        /// The six-digit code of the district; not needed when there is one only.
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
