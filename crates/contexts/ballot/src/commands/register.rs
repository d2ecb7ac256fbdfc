//! The register of owners (业主名册): brought in from a table, changed line by line, struck off.

use std::collections::{BTreeSet, HashMap, HashSet};

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use serde_json::json;

use super::{seat_of, text};
use crate::error::{BallotError, Wrong};
use crate::import::Part;
use crate::model::{OwnerId, Unit, UnitId};
use crate::office::BallotOffice;
use crate::rules::register::head;
use crate::store::units;

/// What became of the lines of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// New parts.
    pub created: i64,
    /// Parts of which something is another now.
    pub changed: i64,
    /// Parts of which nothing is.
    pub unchanged: i64,
}

/// Brings a table of parts and owners in. A part that is there already is struck off and written anew where anything of it is another; who may vote in a vote
/// that is open stays as it was. All of it, or nothing.
///
/// # Errors
/// `Line` for a place that there is not here, or one where no owner can be; `Denied`; store errors.
pub async fn record(ctx: &Ctx, tx: &mut Tx, office: &BallotOffice, parts: &[Part]) -> Result<Recorded, BallotError> {
    let (district, seat) = (tx.district(), seat_of(ctx)?);
    ctx.may(Action::Import, Resource::Owner, district, &seat)?;
    let owners = owners_of(ctx, tx, office, parts).await?;
    let codes: Vec<&str> = parts.iter().map(|part| part.code.as_str()).collect();
    let known = units::by_codes(&mut tx.conn()?, district, &codes).await?;
    let mut places: HashMap<&str, PlacePath> = HashMap::new();
    let mut done = Recorded::default();
    let (mut new, mut holdings) = (Vec::new(), Vec::new());
    for part in parts {
        let place = match places.get(part.place.as_str()) {
            Some(place) => place.clone(),
            None => place_of(tx, district, part).await?,
        };
        if !seat.contains(&place) {
            return Err(BallotError::Line { line: part.line, field: "place", problem: Wrong::UnknownPlace });
        }
        places.insert(&part.place, place.clone());
        let holders: Vec<OwnerId> = part.owners.iter().filter_map(|owner| owners.get(&owner.document)).copied().collect();
        let unit = Unit {
            id: UnitId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
            code: part.code.clone(),
            kind: part.kind,
            area: part.area,
            source: part.source,
            standing: part.standing,
            head: head(part.standing, place.at_level(PlaceLevel::Estate).as_str(), &holders),
            owners: i64::try_from(holders.len()).unwrap_or(i64::MAX),
            struck_at: None,
            place,
        };
        match known.get(&part.code) {
            Some(there) if Unit { id: there.id, ..unit.clone() } == *there => {
                done.unchanged += 1;
                continue;
            }
            // 登记簿在先，实测次之，合同再次（法释〔2009〕7 号第八条）.
            Some(there) if unit.source > there.source => {
                return Err(BallotError::Line { line: part.line, field: "source", problem: Wrong::WorseSource });
            }
            Some(there) => {
                units::strike(&mut tx.conn()?, district, there.id, ctx.now()).await?;
                done.changed += 1;
            }
            None => done.created += 1,
        }
        for owner in &part.owners {
            if let Some(id) = owners.get(&owner.document) {
                holdings.push((unit.id, *id, owner.speaks));
            }
        }
        new.push(unit);
    }
    units::insert(&mut tx.conn()?, district, &new, ctx.now()).await?;
    units::insert_holdings(&mut tx.conn()?, district, &holdings).await?;
    if !new.is_empty() {
        let facts = json!({ "created": done.created, "changed": done.changed });
        tx.journal(ctx.line("ballot.owners_recorded", &seat, None, facts));
    }
    Ok(done)
}

/// The place of a part: a home for what people live in, and what lies in an estate for everything else.
async fn place_of(tx: &mut Tx, district: DistrictId, part: &Part) -> Result<PlacePath, BallotError> {
    let wrong = BallotError::Line { line: part.line, field: "place", problem: Wrong::UnknownPlace };
    let found = linli_territory::queries::resolve(&mut tx.conn()?, district, &part.place).await?;
    let fits = |level: PlaceLevel| if part.place == part.code { level == PlaceLevel::Home } else { level >= PlaceLevel::Estate };
    found.filter(|place| fits(place.level)).map(|place| place.path).ok_or(wrong)
}

/// The owners of a table by their documents; who is new is written down, sealed.
async fn owners_of(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &BallotOffice,
    parts: &[Part],
) -> Result<HashMap<String, OwnerId>, BallotError> {
    let district = tx.district();
    let documents: BTreeSet<&str> = parts.iter().flat_map(|part| &part.owners).map(|owner| owner.document.as_str()).collect();
    let lookups: HashMap<&str, Vec<u8>> =
        documents.iter().map(|document| (*document, office.vault().lookup_hash(&format!("owner {document}")))).collect();
    let asked: Vec<&[u8]> = lookups.values().map(Vec::as_slice).collect();
    let known = units::owners_by(&mut tx.conn()?, district, &asked).await?;
    let (mut all, mut new, mut seen) = (HashMap::new(), Vec::new(), HashSet::new());
    for owner in parts.iter().flat_map(|part| &part.owners) {
        let Some(lookup) = lookups.get(owner.document.as_str()) else { continue };
        if let Some(id) = known.get(lookup) {
            all.insert(owner.document.clone(), *id);
        } else if seen.insert(&owner.document) {
            let id = OwnerId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
            let words = json!({ "name": owner.name, "document": owner.document }).to_string();
            let sealed = office.vault().seal_for(id.0.as_bytes(), &words);
            new.push(units::NewOwner { id, lookup: lookup.clone(), sealed });
            all.insert(owner.document.clone(), id);
        }
    }
    units::insert_owners(&mut tx.conn()?, district, new, ctx.now()).await?;
    Ok(all)
}

/// Strikes a part off (注销): sold, torn down, written down by mistake. A vote that is open keeps its seat, and takes no ballot of it any more.
///
/// # Errors
/// `Field` without a reason; `NotFound`, `Denied`; store errors.
pub async fn strike(ctx: &Ctx, tx: &mut Tx, id: UnitId, reason: &str) -> Result<(), BallotError> {
    let district = tx.district();
    let unit = units::one(&mut tx.conn()?, district, id).await?.ok_or(BallotError::NotFound)?;
    ctx.may(Action::Change, Resource::Owner, district, &unit.place)?;
    let reason = text("reason", reason, (1, 200))?;
    if !units::strike(&mut tx.conn()?, district, id, ctx.now()).await? {
        return Err(BallotError::NoStep);
    }
    let line = ctx.line("ballot.owner_struck_off", &unit.place, Some(id.0), json!({ "standing": unit.standing }));
    tx.journal(ctx.with_personal(line, json!({ "code": unit.code, "reason": reason })));
    Ok(())
}
