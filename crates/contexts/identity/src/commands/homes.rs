//! The claims of homes by residents: the code on paper, the claim, giving it back.

use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::{Db, Tx};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_territory::moves::{self, Moved};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::error::IdentityError;
use crate::model::{ClaimId, DoorRules, Token, paper_code, read_paper_code};
use crate::store::{self, SessionRow};

/// Makes the code with which a home is claimed; it is printed and handed over, and cannot be shown again.
///
/// # Errors
/// `Denied`, `LinkGone` when the place is no home, store errors.
pub async fn make_claim_code(ctx: &Ctx, tx: &mut Tx, home: &PlacePath, rules: &DoorRules) -> Result<String, IdentityError> {
    let district = tx.district();
    ctx.may(Action::Read, Resource::Home, district, home)?;
    let place = linli_territory::queries::place_at(&mut tx.conn()?, district, home).await?;
    if place.is_none_or(|p| p.level != PlaceLevel::Home) {
        return Err(IdentityError::LinkGone);
    }
    let code = paper_code(ctx.rng.as_ref());
    store::insert_code(&mut tx.conn()?, code_hash(&code.replace('-', "")), district, home, ctx.now().plus_secs(rules.code_secs))
        .await?;
    tx.journal(ctx.with_personal(ctx.line("identity.claim_code_made", home, None, json!({})), json!({ "home": home })));
    Ok(code)
}

/// The district a typed code belongs to: the transaction of [`claim_home`] is begun there.
///
/// # Errors
/// `LinkGone` for an unknown, used, old or mistyped code; store errors.
pub async fn district_of_code(ctx: &Ctx, db: &Db, typed: &str) -> Result<DistrictId, IdentityError> {
    let code = read_paper_code(typed).ok_or(IdentityError::LinkGone)?;
    let mut read = db.read().await?;
    let found = store::code(&mut read.conn(), code_hash(&code), ctx.now()).await?;
    found.map(|(district, _)| district).ok_or(IdentityError::LinkGone)
}

/// Ends every claim of a home and every code for it that is still open: who lives there has changed, a device was lost, or somebody else
/// used the code. Says how many claims ended. Whoever may hand out codes for a home may do it; the next code begins anew.
///
/// # Errors
/// `Denied`, store errors.
pub async fn end_claims(ctx: &Ctx, tx: &mut Tx, home: &PlacePath) -> Result<u64, IdentityError> {
    let district = tx.district();
    ctx.may(Action::Read, Resource::Home, district, home)?;
    let ended = end_standing(ctx, tx, home).await?;
    let codes = store::void_codes(&mut tx.conn()?, district, home, ctx.now()).await?;
    let facts = json!({ "claims": ended, "codes": codes });
    tx.journal(ctx.with_personal(ctx.line("identity.home_claims_ended", home, None, facts), json!({ "home": home })));
    Ok(ended)
}

/// The claims of a home that stand, and their sessions, end; gives how many.
async fn end_standing(ctx: &Ctx, tx: &mut Tx, home: &PlacePath) -> Result<u64, IdentityError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    let mut ended = 0;
    for claim in store::claims_of_home(c, district, home).await? {
        store::release_claim(c, district, claim, ctx.now()).await?;
        store::end_sessions_of_claim(c, district, claim).await?;
        ended += 1;
    }
    Ok(ended)
}

/// Claims a home with the code from the paper and opens a session for it. Whoever spoke for the home before does not any more: the paper
/// was handed over later, and at the door.
///
/// # Errors
/// `LinkGone`, store errors.
pub async fn claim_home(ctx: &Ctx, tx: &mut Tx, typed: &str, rules: &DoorRules) -> Result<Token, IdentityError> {
    let code = read_paper_code(typed).ok_or(IdentityError::LinkGone)?;
    let now = ctx.now();
    let c = &mut tx.conn()?;
    let (district, home) = store::code(c, code_hash(&code), now).await?.ok_or(IdentityError::LinkGone)?;
    if !store::use_code(c, code_hash(&code), now).await? {
        return Err(IdentityError::LinkGone);
    }
    let ended = end_standing(ctx, tx, &home).await?;
    let c = &mut tx.conn()?;
    let claim = ClaimId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    store::insert_claim(c, district, claim, &home, now).await?;
    let token = Token::random(ctx.rng.as_ref());
    let row = SessionRow {
        account_id: None,
        claim_district: Some(district),
        claim_id: Some(claim),
        appointment_district: None,
        appointment_id: None,
        created_at: now,
        seen_at: now,
        expires_at: now.plus_secs(rules.home_secs),
    };
    store::insert_session(c, token.hash(), &row).await?;
    let facts = json!({ "ended": ended });
    tx.journal(ctx.with_personal(ctx.line("identity.home_claimed", &home, Some(claim.0), facts), json!({ "home": home })));
    Ok(token)
}

/// Gives a claimed home back. Its sessions end.
///
/// # Errors
/// `Denied` unless the holder of the claim acts; store errors.
pub async fn release_home(ctx: &Ctx, tx: &mut Tx, claim: ClaimId) -> Result<(), IdentityError> {
    if ctx.actor != (Actor::Resident { claim: claim.0 }) {
        return Err(linli_access::Denied::Forbidden.into());
    }
    let district = tx.district();
    let c = &mut tx.conn()?;
    let (home, _) = store::claim(c, district, claim).await?.ok_or(IdentityError::LinkGone)?;
    store::release_claim(c, district, claim, ctx.now()).await?;
    store::end_sessions_of_claim(c, district, claim).await?;
    tx.journal(ctx.line("identity.home_released", &home, Some(claim.0), json!({})));
    Ok(())
}

/// The district and claim behind a resident's session.
///
/// # Errors
/// Store errors.
pub async fn claim_of_session(db: &Db, session: &Token) -> Result<Option<(DistrictId, ClaimId)>, IdentityError> {
    let mut read = db.read().await?;
    let row = store::session(&mut read.conn(), session.hash()).await?;
    Ok(row.and_then(|r| r.claim_district.zip(r.claim_id)))
}

/// Takes about `limit` claims or open codes along after a place moved, and says how many; 0 when none is left behind. Whoever
/// reads the journal calls it for every line [`moves::MOVED`] until it says 0; doing it again changes nothing.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, IdentityError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Home, district, &moved.to)?;
    for table in ["home_claim", "claim_code"] {
        let followed = moves::rewrite_some(&mut tx.conn()?, district, (table, "place_path"), moved, limit).await?;
        if followed > 0 {
            tx.journal(ctx.line("identity.claims_moved", &moved.to, None, json!({ "rows": followed })));
            return Ok(followed);
        }
    }
    Ok(0)
}

/// What is stored of a code. Plain SHA-256 and not a keyed hash, so that codes already on paper outlive a lost or changed
/// key file; whoever steals the database can therefore try all 2⁴⁴ codes against it, and gains from an unused one no more
/// than a device that may speak for that home. Codes end with their first use and are removed when they run out.
fn code_hash(code: &str) -> [u8; 32] {
    Sha256::digest(code.as_bytes()).into()
}
