//! Human numbers ("case 2026-00042 of this district") and their counters.

use crate::error::Result;
use crate::{Tx, sql};

impl Tx {
    /// The next number in a scope of this transaction's district, from 1. Rolled back with the transaction.
    ///
    /// # Errors
    /// Store errors.
    pub async fn next_number(&mut self, scope: &str) -> Result<i64> {
        self.reserve_numbers(scope, 1).await
    }

    /// Takes `count` numbers at once and gives the first of them.
    ///
    /// # Errors
    /// Store errors.
    pub async fn reserve_numbers(&mut self, scope: &str, count: i64) -> Result<i64> {
        let district = self.district();
        let c = &mut self.conn()?;
        let last: i64 = sql!(c, x => sqlx::query_scalar(
            "INSERT INTO number_counter (district_id, scope, last) VALUES ($1, $2, $3) \
             ON CONFLICT (district_id, scope) DO UPDATE SET last = number_counter.last + excluded.last RETURNING last"
        ).bind(district).bind(scope).bind(count).fetch_one(x).await)?;
        Ok(last - count + 1)
    }
}
