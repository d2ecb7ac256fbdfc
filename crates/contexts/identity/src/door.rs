//! The doorkeeper: what a token means at this moment. Implements the session port of webkit for the hall.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use linli_access::{Actor, Role, Scope};
use linli_db::{Conn, Db};
use linli_hall::Signed;
use linli_kernel::{DistrictId, SharedClock, Ts};
use linli_people::model::Appointment;
use linli_webkit::AppError;
use linli_webkit::session::SessionPort;

use crate::error::IdentityError;
use crate::model::{DoorRules, Token};
use crate::{queries, store};

/// An answer is remembered for so long at most, seconds, and never longer than it is true: an appointment, a session and the
/// patience with an idle one may end earlier. A commit about identity or people drops all of them at once.
const LIFE_SECS: i64 = 10;
/// Sessions remembered at most.
const MOST: usize = 20_000;
/// The last sighting is written at most so often, seconds, and at least four times in the time a session may be idle.
const SEEN_EVERY_SECS: i64 = 300;
/// Kinds of journal lines that change nothing anybody was told.
const HARMLESS: [&str; 3] = ["identity.signed_in", "identity.sign_in_failed", "identity.claim_code_made"];

/// Keeps the door. Cheap to clone; all clones share their memory.
#[derive(Clone)]
pub struct Doorkeeper {
    db: Db,
    clock: SharedClock,
    rules: DoorRules,
    remembered: Arc<Mutex<Memory>>,
}

/// What was answered, until when it holds, and how often everything was forgotten: an answer that was being looked up
/// meanwhile is not kept.
#[derive(Default)]
struct Memory {
    forgotten: u64,
    answers: HashMap<[u8; 32], (Ts, Signed)>,
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
        let mut memory = self.memory();
        memory.forgotten = memory.forgotten.wrapping_add(1);
        memory.answers.clear();
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears committed journal lines and forgets what they may have made untrue. Spawn it once.
    pub async fn listen(self) {
        let mut heard = self.db.subscribe();
        loop {
            match heard.recv().await {
                Ok(line) if HARMLESS.contains(&line.kind.as_str()) => {}
                Ok(line) if line.kind.starts_with("identity.") || line.kind.starts_with("people.") => self.forget(),
                Ok(_) => {}
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => self.forget(),
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    /// What a token means now, and until when that holds without asking again.
    async fn look_up(&self, token: &Token, now: Ts) -> Result<Option<(Ts, Signed)>, IdentityError> {
        let hash = token.hash();
        let mut read = self.db.read().await?;
        let c = &mut read.conn();
        let Some(session) = store::session(c, hash).await? else { return Ok(None) };
        // The device of a claimed home may lie in a drawer for months.
        let patience = session.account_id.map(|_| self.rules.idle_secs);
        if now >= session.expires_at || patience.is_some_and(|secs| now.secs_since(session.seen_at) > secs) {
            return Ok(None);
        }
        let found = match (session.account_id, session.claim_district, session.claim_id) {
            (Some(account), _, _) => staff(c, account, session.appointment_district.zip(session.appointment_id), now).await?,
            (None, Some(district), Some(claim)) => queries::claimed_home(c, district, claim).await?.map(|(_, name, _)| {
                (None, Signed { actor: Actor::Resident { claim: claim.0 }, name: name.clone(), place: name })
            }),
            _ => None,
        };
        drop(read);
        let Some((appointment_end, signed)) = found else { return Ok(None) };
        let mut seen_at = session.seen_at;
        if now.secs_since(seen_at) > patience.map_or(SEEN_EVERY_SECS, |secs| SEEN_EVERY_SECS.min(secs / 4)) {
            let mut tx = self.db.begin(DistrictId::CITY).await?;
            store::see_session(&mut tx.conn()?, hash, now).await?;
            tx.commit().await?;
            seen_at = now;
        }
        let ends = [appointment_end, Some(session.expires_at), patience.map(|secs| seen_at.plus_secs(secs))];
        let until = ends.into_iter().flatten().fold(now.plus_secs(LIFE_SECS), Ts::min);
        Ok(Some((until, signed)))
    }
}

/// The holder of an account under the chosen appointment, judged now, with the end of that appointment. Without one that is
/// in force and grants something, somebody unappointed. In the city's district stands its administrator only: the root as a
/// place reaches every district.
async fn staff(
    c: &mut Conn<'_>,
    account: crate::model::AccountId,
    chosen: Option<(DistrictId, linli_people::model::AppointmentId)>,
    now: Ts,
) -> Result<Option<(Option<Ts>, Signed)>, IdentityError> {
    let Some(account) = store::account(c, account).await?.filter(|a| a.disabled_at.is_none()) else { return Ok(None) };
    let person = linli_people::queries::person(c, account.person_district, account.person_id).await?;
    let name = person.map(|p| p.name).unwrap_or_default();
    let appointment = match chosen {
        Some((district, id)) => linli_people::queries::appointment(c, district, id).await?,
        None => None,
    };
    let stands = |a: &Appointment| a.in_force(now) && a.person == account.person_id && a.district == account.person_district;
    let reaches = |a: &Appointment| a.role.acts() && (a.district != DistrictId::CITY || a.role == Role::Administrator);
    let Some(held) = appointment.filter(|a| stands(a) && reaches(a)) else {
        return Ok(Some((
            None,
            Signed { actor: Actor::Unappointed { person: account.person_id.0 }, name, place: String::new() },
        )));
    };
    let place = queries::place_name(c, held.district, &held.place).await?;
    let scope = Scope { district: held.district, place: held.place };
    Ok(Some((
        held.valid_to,
        Signed { actor: Actor::Staff { person: held.person.0, appointment: held.id.0, role: held.role, scope }, name, place },
    )))
}

impl SessionPort for Doorkeeper {
    type Signed = Signed;

    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let token = Token(token.to_owned());
        let (hash, now) = (token.hash(), self.clock.now());
        let (forgotten, remembered) = {
            let memory = self.memory();
            (memory.forgotten, memory.answers.get(&hash).cloned())
        };
        if let Some((_, signed)) = remembered.filter(|(until, _)| *until > now) {
            return Ok(Some(signed));
        }
        let Some((until, signed)) = self.look_up(&token, now).await? else { return Ok(None) };
        let mut memory = self.memory();
        if memory.forgotten == forgotten {
            if memory.answers.len() >= MOST {
                memory.answers.clear();
            }
            memory.answers.insert(hash, (until, signed.clone()));
        }
        Ok(Some(signed))
    }

    fn forget(&self) {
        Self::forget(self);
    }
}
