//! The doorkeeper: what a token means at this moment. Implements the session port of webkit for the hall.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use linli_access::{Actor, Role, Scope};
use linli_db::{Conn, Db};
use linli_hall::Signed;
use linli_kernel::{DistrictId, SharedClock, Ts};
use linli_webkit::AppError;
use linli_webkit::session::SessionPort;

use crate::error::IdentityError;
use crate::model::{DoorRules, Token};
use crate::{queries, store};

/// An answer is remembered for so long, seconds; a commit about identity or people drops all of them at once.
const LIFE_SECS: i64 = 10;
/// Sessions remembered at most.
const MOST: usize = 20_000;
/// The last sighting is written at most so often, seconds.
const SEEN_EVERY_SECS: i64 = 300;

/// Keeps the door. Cheap to clone; all clones share their memory.
#[derive(Clone)]
pub struct Doorkeeper {
    db: Db,
    clock: SharedClock,
    rules: DoorRules,
    remembered: Arc<Mutex<HashMap<[u8; 32], (Ts, Signed)>>>,
}

impl std::fmt::Debug for Doorkeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doorkeeper").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Doorkeeper {
    /// A doorkeeper of this store.
    #[must_use]
    pub fn new(db: Db, clock: SharedClock, rules: DoorRules) -> Self {
        Self { db, clock, rules, remembered: Arc::default() }
    }

    /// Forgets every remembered answer; call it when a session, an account or an appointment changed.
    pub fn forget(&self) {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Hears committed journal lines and forgets what they may have made untrue. Spawn it once.
    pub async fn listen(self) {
        let mut heard = self.db.subscribe();
        loop {
            match heard.recv().await {
                Ok(line) if line.kind.starts_with("identity.") || line.kind.starts_with("people.") => self.forget(),
                Ok(_) => {}
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => self.forget(),
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    async fn look_up(&self, token: &Token, now: Ts) -> Result<Option<Signed>, IdentityError> {
        let hash = token.hash();
        let mut read = self.db.read().await?;
        let c = &mut read.conn();
        let Some(session) = store::session(c, hash).await? else { return Ok(None) };
        let idle = session.account_id.is_some() && now.secs_since(session.seen_at) > self.rules.idle_secs;
        if now >= session.expires_at || idle {
            return Ok(None);
        }
        let signed = match (session.account_id, session.claim_district, session.claim_id) {
            (Some(account), _, _) => staff(c, account, session.appointment_district.zip(session.appointment_id), now).await?,
            (None, Some(district), Some(claim)) => queries::claimed_home(c, district, claim)
                .await?
                .map(|(_, name, _)| Signed { actor: Actor::Resident { claim: claim.0 }, name: name.clone(), place: name }),
            _ => None,
        };
        drop(read);
        if signed.is_some() && now.secs_since(session.seen_at) > SEEN_EVERY_SECS {
            let mut tx = self.db.begin(DistrictId::CITY).await?;
            store::see_session(&mut tx.conn()?, hash, now).await?;
            tx.commit().await?;
        }
        Ok(signed)
    }
}

/// The holder of an account under the chosen appointment, judged now. Without one that is in force, somebody unappointed.
async fn staff(
    c: &mut Conn<'_>,
    account: crate::model::AccountId,
    chosen: Option<(DistrictId, linli_people::model::AppointmentId)>,
    now: Ts,
) -> Result<Option<Signed>, IdentityError> {
    let Some(account) = store::account(c, account).await?.filter(|a| a.disabled_at.is_none()) else { return Ok(None) };
    let person = linli_people::queries::person(c, account.person_district, account.person_id).await?;
    let name = person.map(|p| p.name).unwrap_or_default();
    let appointment = match chosen {
        Some((district, id)) => linli_people::queries::appointment(c, district, id).await?,
        None => None,
    };
    let Some(held) = appointment.filter(|a| a.in_force(now) && a.person == account.person_id) else {
        return Ok(Some(Signed { actor: Actor::Unappointed { person: account.person_id.0 }, name, place: String::new() }));
    };
    let place = queries::place_name(c, held.district, &held.place).await?;
    // The city's administrator has the root as a place and reaches every district; nobody else stands in district 0.
    let scope = Scope { district: held.district, place: held.place };
    debug_assert!(scope.district != DistrictId::CITY || held.role == Role::Administrator);
    Ok(Some(Signed { actor: Actor::Staff { person: held.person.0, appointment: held.id.0, role: held.role, scope }, name, place }))
}

impl SessionPort for Doorkeeper {
    type Signed = Signed;

    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let token = Token(token.to_owned());
        let (hash, now) = (token.hash(), self.clock.now());
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        if let Some((_, signed)) = remembered.filter(|(until, _)| *until > now) {
            return Ok(Some(signed));
        }
        let signed = self.look_up(&token, now).await?;
        if let Some(signed) = &signed {
            let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            if remembered.len() >= MOST {
                remembered.clear();
            }
            remembered.insert(hash, (now.plus_secs(LIFE_SECS), signed.clone()));
        }
        Ok(signed)
    }
}
