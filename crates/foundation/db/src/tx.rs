//! A write transaction of one district.

use std::sync::Arc;

use linli_kernel::DistrictId;
use sqlx::{Postgres, Transaction};

use crate::conn::{Boxed, Conn};
use crate::error::Result;
use crate::journal::{self, Line, Ready};
use crate::writer::Loan;

/// A write transaction of exactly one district. Dropped without [`Tx::commit`], nothing of it happened.
#[derive(Debug)]
pub struct Tx {
    district: DistrictId,
    inner: Inner,
    lines: Vec<Line>,
    pg_wake: Option<Arc<tokio::sync::Notify>>,
}

#[derive(Debug)]
enum Inner {
    Sqlite(Loan),
    Pg(Transaction<'static, Postgres>),
}

impl Tx {
    pub(crate) fn sqlite(district: DistrictId, loan: Loan) -> Self {
        Self { district, inner: Inner::Sqlite(loan), lines: Vec::new(), pg_wake: None }
    }

    pub(crate) fn pg(district: DistrictId, tx: Transaction<'static, Postgres>, wake: Arc<tokio::sync::Notify>) -> Self {
        Self { district, inner: Inner::Pg(tx), lines: Vec::new(), pg_wake: Some(wake) }
    }

    /// The district this transaction may write to.
    #[must_use]
    pub const fn district(&self) -> DistrictId {
        self.district
    }

    /// Borrows the connection for a statement.
    ///
    /// # Errors
    /// `Unavailable` when the connection was lost.
    pub fn conn(&mut self) -> Result<Conn<'_>> {
        match &mut self.inner {
            Inner::Sqlite(loan) => loan.conn().map(Conn::Sqlite),
            Inner::Pg(tx) => Ok(Conn::Pg(tx)),
        }
    }

    /// Adds a journal line. It gets its number at commit.
    pub fn journal(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Writes the journal lines and waits until everything is on disk. After an error nothing of it happened, except that
    /// on PostgreSQL a connection lost during the commit itself leaves it open whether it did: repeat with the same
    /// idempotency key.
    ///
    /// # Errors
    /// Store errors; `GroupFailed` and `Unavailable` may be tried again.
    pub fn commit(self) -> Boxed<'static, Result<()>> {
        Box::pin(self.end())
    }

    async fn end(mut self) -> Result<()> {
        let lines = std::mem::take(&mut self.lines).into_iter().map(Ready::make).collect::<Result<Vec<_>>>()?;
        let district = self.district;
        match self.inner {
            Inner::Sqlite(mut loan) => {
                if !lines.is_empty() && !loan.knows(district) {
                    journal::must_exist(&mut Conn::Sqlite(loan.conn()?), district).await?;
                }
                loan.commit(district, lines).await
            }
            Inner::Pg(mut tx) => {
                if !lines.is_empty() {
                    journal::write(&mut Conn::Pg(&mut tx), district, &lines).await?;
                }
                tx.commit().await?;
                if let Some(wake) = self.pg_wake {
                    wake.notify_one();
                }
                Ok(())
            }
        }
    }
}
