//! A database of its own for every test, on both engines from one test body.
//!
//! ```ignore
//! linli_db::both_databases! {
//!     async fn a_report_is_kept(db: linli_db::Db) { ... }
//! }
//! ```
//!
//! PostgreSQL runs when `LINLI_TEST_PG` holds the URL of a server whose user may create databases; otherwise that half says
//! that it was skipped. `./scripts/test` always sets it.

#![expect(clippy::expect_used, reason = "a test without its database cannot go on, and should say why")]

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::sync::OnceCell;

use crate::{Db, DbConfig};

/// A store of one test: the folder vanishes when it is dropped, the PostgreSQL database at [`TestDb::end`]. Of a test that failed the database stays,
/// for whoever wants to look.
#[derive(Debug)]
pub struct TestDb {
    /// The store.
    pub db: Db,
    /// Its configuration, for tests that open it again.
    pub config: DbConfig,
    _folder: Arc<tempfile::TempDir>,
    /// The server, and the name of the database on it.
    made: Option<(String, String)>,
}

impl TestDb {
    /// A fresh SQLite store in a temporary folder.
    pub async fn sqlite() -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let config = DbConfig { folder: folder.path().to_owned(), url: None, readers: 4 };
        Self { db: Db::open(&config).await.expect("a new store opens"), config, _folder: folder, made: None }
    }

    /// A fresh PostgreSQL database, or `None` when no server is named.
    pub async fn postgres() -> Option<Self> {
        let base = std::env::var("LINLI_TEST_PG").ok()?;
        let template = template(&base).await;
        let name = format!("linli_t_{}", uuid::Uuid::from_bytes(random()).simple());
        let mut admin = PgConnection::connect(&base).await.expect("the test server answers");
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {template}"))).await.expect("a database of its own");
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let config = DbConfig { folder: folder.path().to_owned(), url: Some(with_database(&base, &name)), readers: 4 };
        let db = Db::open(&config).await.expect("a new store opens");
        Some(Self { db, config, _folder: folder, made: Some((base, name)) })
    }

    /// The test is over: what was made for it on the server goes, whoever is still connected.
    pub async fn end(self) {
        if let Some((base, name)) = &self.made {
            let mut admin = PgConnection::connect(base).await.expect("the test server answers");
            admin.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.expect("the database goes");
        }
    }
}

/// One migrated database per test process, copied for each test.
async fn template(base: &str) -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("linli_template_{}", uuid::Uuid::from_bytes(random()).simple());
            let mut admin = PgConnection::connect(base).await.expect("the test server answers");
            admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a template database");
            let folder = tempfile::tempdir().expect("a temporary folder");
            let config = DbConfig { folder: folder.path().to_owned(), url: Some(with_database(base, &name)), readers: 2 };
            Db::open(&config).await.expect("the template migrates").close().await;
            name
        })
        .await
}

fn with_database(base: &str, name: &str) -> String {
    let (head, query) = base.split_once('?').unwrap_or((base, ""));
    let root = head.rfind('/').filter(|i| *i > "postgres://".len()).map_or(head, |i| &head[..i]);
    if query.is_empty() { format!("{root}/{name}") } else { format!("{root}/{name}?{query}") }
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").expect("random bytes"), &mut bytes).expect("random bytes");
    bytes
}

/// Runs a test body on SQLite and on PostgreSQL, as two tests.
#[macro_export]
macro_rules! both_databases {
    ($( $(#[$meta:meta])* async fn $name:ident($db:ident : $ty:ty) $body:block )+) => { $(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "a test body may need nothing from around it")]
            use super::*;
            async fn body($db: $ty) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let test = $crate::testing::TestDb::sqlite().await;
                body(test.db.clone()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                match $crate::testing::TestDb::postgres().await {
                    Some(test) => {
                        body(test.db.clone()).await;
                        test.end().await;
                    }
                    None => eprintln!("skipped: LINLI_TEST_PG names no PostgreSQL server"),
                }
            }
        }
    )+ };
}
