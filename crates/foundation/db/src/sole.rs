//! What one process at a time may do, of all that share a database.

use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Connection as _};

use crate::error::Result;
use crate::open::{Back, Db};

/// Seconds after which a server asks a session that says nothing whether it is still there, and how long between questions. A machine that
/// vanished loses its claims after about half a minute, not after the two hours of the system.
const KEEPALIVE: [(&str, &str); 3] =
    [("tcp_keepalives_idle", "10"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "4")];

/// A claim that one process has (独占). It ends with the value, and with the process however that ends.
#[derive(Debug)]
pub struct Sole(Option<PgConnection>);

impl Db {
    /// Claims something for this process alone; nothing when another has it. On PostgreSQL it is an advisory lock of a session of its own;
    /// a SQLite file has one server anyway, which whoever serves makes sure of.
    ///
    /// # Errors
    /// When the server is away.
    pub async fn claim_alone(&self, what: i64) -> Result<Option<Sole>> {
        let Back::Pg { pool, .. } = self.back() else { return Ok(Some(Sole(None))) };
        let options = pool.connect_options().as_ref().clone().application_name("linli-alone").options(KEEPALIVE);
        let mut session = options.connect().await?;
        let got: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(what).fetch_one(&mut session).await?;
        Ok(got.then_some(Sole(Some(session))))
    }
}

impl Sole {
    /// Whether the session that holds the claim lives.
    pub async fn lives(&mut self) -> bool {
        match &mut self.0 {
            Some(session) => session.ping().await.is_ok(),
            None => true,
        }
    }

    /// Gives the claim back.
    pub async fn give_back(self) {
        if let Some(session) = self.0 {
            // Where it does not close in order it ends with its connection.
            let _ = session.close().await;
        }
    }
}
