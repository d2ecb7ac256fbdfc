//! The same request twice gets the same answer and happens once.

use linli_kernel::Ts;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::error::{DbError, Result};
use crate::{Tx, exec, sql};

/// What is known of a request that carries a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recall<T> {
    /// New: do it, then [`Tx::remember`] the answer before commit.
    New,
    /// It has happened; this was the answer.
    Seen(T),
}

/// What is stored of a key: whoever holds a copy of the database must not be able to repeat a request and be given its answer.
fn digest(actor: &str, key: &str) -> String {
    hex::encode(Sha256::new().chain_update(actor).chain_update([0]).chain_update(key).finalize())
}

impl Tx {
    /// Asks whether `actor` has sent this key before. The key is taken by asking, in this transaction, so of two requests
    /// at the same moment the second waits for the first. `request_hash` tells a repetition from another request.
    ///
    /// # Errors
    /// `KeyReused` when the key came with another request; store errors.
    pub async fn recall<T: DeserializeOwned>(
        &mut self,
        at: Ts,
        actor: &str,
        key: &str,
        request_hash: &[u8],
    ) -> Result<Recall<T>> {
        let district = self.district();
        let key = &digest(actor, key);
        let c = &mut self.conn()?;
        let taken = exec!(
            c,
            sqlx::query(
                "INSERT INTO idempotency (district_id, actor, key, request_hash, answer, at) VALUES ($1, $2, $3, $4, '', $5) \
             ON CONFLICT (district_id, actor, key) DO NOTHING"
            )
            .bind(district)
            .bind(actor)
            .bind(key)
            .bind(request_hash)
            .bind(at)
        )?;
        if taken == 1 {
            return Ok(Recall::New);
        }
        let (hash, answer): (Vec<u8>, String) = sql!(c, x => sqlx::query_as(
            "SELECT request_hash, answer FROM idempotency WHERE district_id = $1 AND actor = $2 AND key = $3"
        ).bind(district).bind(actor).bind(key).fetch_one(x).await)?;
        if hash != request_hash {
            return Err(DbError::KeyReused);
        }
        serde_json::from_str(&answer).map(Recall::Seen).map_err(|_| DbError::Inconsistent {
            table: "idempotency",
            column: "answer",
            row: key.clone(),
        })
    }

    /// Keeps the answer under the key that [`Tx::recall`] took.
    ///
    /// # Errors
    /// Store errors.
    pub async fn remember<T: serde::Serialize + Sync>(&mut self, actor: &str, key: &str, answer: &T) -> Result<()> {
        let district = self.district();
        let answer = serde_json::to_string(answer).map_err(DbError::Facts)?;
        let key = &digest(actor, key);
        let c = &mut self.conn()?;
        let touched = exec!(
            c,
            sqlx::query("UPDATE idempotency SET answer = $4 WHERE district_id = $1 AND actor = $2 AND key = $3")
                .bind(district)
                .bind(actor)
                .bind(key)
                .bind(answer)
        )?;
        if touched == 1 { Ok(()) } else { Err(DbError::WrongRowCount { expected: 1, touched }) }
    }

    /// Forgets requests of this district that were answered before an instant, at most `limit`, the oldest first: nobody sends them again. Gives
    /// how many.
    ///
    /// # Errors
    /// Store errors.
    pub async fn forget_requests(&mut self, before: Ts, limit: i64) -> Result<i64> {
        let district = self.district();
        let c = &mut self.conn()?;
        let forgotten = exec!(
            c,
            sqlx::query(
                "DELETE FROM idempotency WHERE district_id = $1 AND (actor, key) IN \
             (SELECT actor, key FROM idempotency WHERE district_id = $1 AND at < $2 ORDER BY at LIMIT $3)"
            )
            .bind(district)
            .bind(before)
            .bind(limit)
        )?;
        Ok(i64::try_from(forgotten).unwrap_or(i64::MAX))
    }
}
