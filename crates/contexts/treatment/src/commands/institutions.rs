//! Institutions and units are registered, changed and closed.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_geo::Point;
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde::Serialize;
use serde_json::json;

use super::{NAME_MAX, recall, remember, text};
use crate::error_network::{NetworkError, Wrong};
use crate::model::{Added, Institution, InstitutionId, InstitutionKind, Lane, Level, Serves, Unit, UnitId, UnitKind};
use crate::network::Network;
use crate::store::institutions as store;

/// Longest address, in characters.
const ADDRESS_MAX: usize = 300;
/// Longest code, in characters.
const CODE_MAX: usize = 100;

/// What is said of an institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewInstitution {
    /// The code others know it by, as written.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What kind.
    pub kind: InstitutionKind,
    /// How much it can.
    pub level: Level,
    /// Where: the natural key or name of a place; empty for the district itself.
    pub place: String,
    /// Its address, or empty.
    pub address: String,
    /// Where exactly, when that is known.
    #[serde(serialize_with = "as_text")]
    pub point: Option<Point>,
    /// The phone that may be shown.
    pub phone: String,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// From when; now without it.
    pub valid_from: Option<Ts>,
}

fn as_text<S: serde::Serializer>(point: &Option<Point>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&point.map(|p| format!("{},{}", p.lon_e7, p.lat_e7)).unwrap_or_default())
}

/// What became of an institution that was said again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    New(InstitutionId),
    /// Something differs now.
    Changed(InstitutionId),
    /// It was known exactly so.
    Same(InstitutionId),
}

impl Put {
    /// Which institution.
    #[must_use]
    pub const fn id(self) -> InstitutionId {
        match self {
            Self::New(id) | Self::Changed(id) | Self::Same(id) => id,
        }
    }
}

/// Registers an institution (登记机构). The code is its key: it is taken once in a district.
///
/// # Errors
/// `Field` names what cannot be; `Denied`; store errors.
pub async fn register(ctx: &Ctx, tx: &mut Tx, network: &Network, input: &NewInstitution) -> Result<InstitutionId, NetworkError> {
    let district = tx.district();
    if let Some(answer) = recall(ctx, tx, "treatment.register", input).await? {
        return Ok(answer);
    }
    let wanted = tidied(ctx, tx, network, input, Action::Create).await?;
    if store::by_code(&mut tx.conn()?, district, &wanted.code).await?.is_some() {
        return Err(NetworkError::field("code", Wrong::CodeTaken));
    }
    let id = insert(ctx, tx, wanted).await?;
    remember(ctx, tx, &id).await?;
    Ok(id)
}

/// Registers an institution or changes what is known of it, by its code: a row of a file. What the row does not say stays as it is known.
///
/// # Errors
/// As [`register`].
pub async fn put(ctx: &Ctx, tx: &mut Tx, network: &Network, input: &NewInstitution) -> Result<Put, NetworkError> {
    let district = tx.district();
    let wanted = tidied(ctx, tx, network, input, Action::Import).await?;
    match store::by_code(&mut tx.conn()?, district, &wanted.code).await? {
        None => Ok(Put::New(insert(ctx, tx, wanted).await?)),
        Some(known) if known.valid_to.is_some_and(|end| end <= ctx.now()) => Err(NetworkError::field("code", Wrong::Closed)),
        Some(known) => {
            let name = renamed(&known, &wanted);
            let or = |said: String, known: &str| if said.is_empty() { known.to_owned() } else { said };
            let merged = Institution {
                name: name.unwrap_or_else(|| known.name.clone()),
                kind: if wanted.kind == InstitutionKind::Unknown { known.kind } else { wanted.kind },
                level: if wanted.level == Level::Unknown { known.level } else { wanted.level },
                place: if input.place.trim().is_empty() { known.place.clone() } else { wanted.place },
                address: or(wanted.address, &known.address),
                point: wanted.point.or(known.point),
                phone: wanted.phone.or_else(|| known.phone.clone()),
                capabilities: if wanted.capabilities.is_empty() { known.capabilities.clone() } else { wanted.capabilities },
                ..known.clone()
            };
            if merged == known {
                return Ok(Put::Same(known.id));
            }
            let merged = rename(ctx, tx, &known, merged).await?;
            save(ctx, tx, &merged).await?;
            Ok(Put::Changed(known.id))
        }
    }
}

/// The other name that is said of an institution, if one is: one that bears its code beside its name is called by the name.
fn renamed(known: &Institution, wanted: &Institution) -> Option<String> {
    let beside = format!("{} ({})", wanted.name, known.code);
    (known.name != wanted.name && known.name != beside).then(|| wanted.name.clone())
}

/// Gives the organisation of an institution the name that it is to have; beside its code, where another of the district has the name.
async fn rename(ctx: &Ctx, tx: &mut Tx, known: &Institution, next: Institution) -> Result<Institution, NetworkError> {
    if next.name == known.name {
        return Ok(next);
    }
    let id = linli_people::model::OrganisationId(known.id.0);
    for name in [next.name.clone(), format!("{} ({})", next.name, known.code)] {
        if linli_people::commands::rename_medical_organisation(ctx, tx, (id, &name), &known.place).await? {
            return Ok(Institution { name, ..next });
        }
    }
    Err(NetworkError::field("name", Wrong::NameTaken))
}

/// Changes what is known of an institution (变更登记), its name too. Its code and beginning stay.
///
/// # Errors
/// `Changed` when `version` is not the one that stands; `Field`, `NotFound`, `Denied`; store errors.
pub async fn change(
    ctx: &Ctx,
    tx: &mut Tx,
    network: &Network,
    (id, version): (InstitutionId, i64),
    input: &NewInstitution,
) -> Result<(), NetworkError> {
    let known = held(ctx, tx, id, Action::Change).await?;
    // The lock that was just taken counts as one.
    if known.version != version + 1 {
        return Err(NetworkError::Changed);
    }
    let wanted = tidied(ctx, tx, network, input, Action::Change).await?;
    let next = Institution {
        district: known.district,
        id,
        code: known.code.clone(),
        name: renamed(&known, &wanted).unwrap_or_else(|| known.name.clone()),
        valid_from: known.valid_from,
        valid_to: known.valid_to,
        version: known.version,
        ..wanted
    };
    let next = rename(ctx, tx, &known, next).await?;
    save(ctx, tx, &next).await
}

/// Closes an institution and its units at an instant (注销). What was told of it stays; it leaves its grids then.
///
/// # Errors
/// `Field` for an end before its beginning or one that it has already; `NotFound`, `Denied`; store errors.
pub async fn close(ctx: &Ctx, tx: &mut Tx, id: InstitutionId, at: Ts) -> Result<(), NetworkError> {
    let known = held(ctx, tx, id, Action::Change).await?;
    if known.valid_to.is_some() {
        return Err(NetworkError::field("at", Wrong::Closed));
    }
    if at <= known.valid_from {
        return Err(NetworkError::field("at", Wrong::TooEarly));
    }
    super::grids::leave_all(tx, id, at).await?;
    store::end_units(&mut tx.conn()?, known.district, id, at).await?;
    store::update(&mut tx.conn()?, &Institution { valid_to: Some(at), ..known.clone() }).await?;
    tx.journal(ctx.line("treatment.institution_closed", &known.place, Some(id.0), json!({ "institution": id, "at": at })));
    Ok(())
}

/// What is said of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewUnit {
    /// What kind.
    pub kind: UnitKind,
    /// Its name.
    pub name: String,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// How it came to be.
    pub added: Added,
    /// Whom it sees.
    pub serves: Serves,
    /// What one can come for.
    pub lane: Lane,
    /// With whom it is run, or empty.
    pub partner: String,
    /// Where one is advised without coming, or empty.
    pub online: String,
    /// From when; now without it.
    pub valid_from: Option<Ts>,
}

impl NewUnit {
    /// A unit of which nothing but kind and name is said.
    #[must_use]
    pub fn of(kind: UnitKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            capabilities: Vec::new(),
            added: Added::Unknown,
            serves: Serves::Unknown,
            lane: Lane::Full,
            partner: String::new(),
            online: String::new(),
            valid_from: None,
        }
    }
}

/// Opens a unit of an institution (增设科室、诊室).
///
/// # Errors
/// `Field` names what cannot be; `NotFound`, `Denied`; store errors.
pub async fn add_unit(
    ctx: &Ctx,
    tx: &mut Tx,
    network: &Network,
    of: InstitutionId,
    input: &NewUnit,
) -> Result<UnitId, NetworkError> {
    let known = held(ctx, tx, of, Action::Change).await?;
    open_unit(ctx, tx, network, known, input).await
}

/// Opens a unit that a file names: whoever may bring institutions in from files brings their units too.
///
/// # Errors
/// As [`add_unit`].
pub(crate) async fn bring_unit(
    ctx: &Ctx,
    tx: &mut Tx,
    network: &Network,
    of: InstitutionId,
    input: &NewUnit,
) -> Result<UnitId, NetworkError> {
    let known = held(ctx, tx, of, Action::Import).await?;
    open_unit(ctx, tx, network, known, input).await
}

async fn open_unit(
    ctx: &Ctx,
    tx: &mut Tx,
    network: &Network,
    known: Institution,
    input: &NewUnit,
) -> Result<UnitId, NetworkError> {
    let of = known.id;
    if let Some(answer) = recall(ctx, tx, "treatment.add_unit", &(of, input)).await? {
        return Ok(answer);
    }
    if known.valid_to.is_some() {
        return Err(NetworkError::field("institution", Wrong::Closed));
    }
    let unit = Unit {
        id: UnitId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        valid_from: input.valid_from.unwrap_or_else(|| ctx.now()).max(known.valid_from),
        valid_to: None,
        ..tidied_unit(ctx, network, &known, input)?
    };
    let c = &mut tx.conn()?;
    if store::units(c, known.district, of).await?.iter().any(|other| other.valid_to.is_none() && other.name == unit.name) {
        return Err(NetworkError::field("name", Wrong::NameTaken));
    }
    store::insert_unit(c, known.district, &unit).await?;
    let facts = json!({ "institution": of, "unit": unit.id, "kind": unit.kind, "added": unit.added, "from": unit.valid_from });
    tx.journal(ctx.line("treatment.unit_opened", &known.place, Some(of.0), facts));
    remember(ctx, tx, &unit.id).await?;
    Ok(unit.id)
}

/// Changes what is known of a unit. Its kind and beginning stay.
///
/// # Errors
/// As [`add_unit`].
pub async fn change_unit(ctx: &Ctx, tx: &mut Tx, network: &Network, id: UnitId, input: &NewUnit) -> Result<(), NetworkError> {
    let (unit, known) = held_unit(ctx, tx, id, Action::Change).await?;
    let next = Unit {
        id,
        kind: unit.kind,
        valid_from: unit.valid_from,
        valid_to: unit.valid_to,
        ..tidied_unit(ctx, network, &known, input)?
    };
    let c = &mut tx.conn()?;
    let others = store::units(c, known.district, known.id).await?;
    if others.iter().any(|other| other.id != id && other.valid_to.is_none() && other.name == next.name) {
        return Err(NetworkError::field("name", Wrong::NameTaken));
    }
    store::update_unit(c, known.district, &next).await?;
    tx.journal(ctx.line(
        "treatment.unit_changed",
        &known.place,
        Some(known.id.0),
        json!({ "institution": known.id, "unit": id }),
    ));
    Ok(())
}

/// Closes a unit at an instant (撤销).
///
/// # Errors
/// `Field`, `NotFound`, `Denied`; store errors.
pub async fn close_unit(ctx: &Ctx, tx: &mut Tx, id: UnitId, at: Ts) -> Result<(), NetworkError> {
    let (unit, known) = held_unit(ctx, tx, id, Action::Change).await?;
    if unit.valid_to.is_some() {
        return Err(NetworkError::field("at", Wrong::Closed));
    }
    if at <= unit.valid_from {
        return Err(NetworkError::field("at", Wrong::TooEarly));
    }
    store::update_unit(&mut tx.conn()?, known.district, &Unit { valid_to: Some(at), ..unit }).await?;
    let facts = json!({ "institution": known.id, "unit": id, "at": at });
    tx.journal(ctx.line("treatment.unit_closed", &known.place, Some(known.id.0), facts));
    Ok(())
}

/// An institution that the actor may do this to, under its lock. What lies out of reach does not exist for him.
pub(crate) async fn held(ctx: &Ctx, tx: &mut Tx, id: InstitutionId, action: Action) -> Result<Institution, NetworkError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    if !store::lock(c, district, id).await? {
        return Err(NetworkError::NotFound);
    }
    let known = store::one(c, district, id).await?.ok_or(NetworkError::NotFound)?;
    ctx.may(Action::Read, Resource::Institution, district, &known.place).map_err(|refusal| match refusal {
        linli_access::Denied::Forbidden => NetworkError::NotFound,
        other => other.into(),
    })?;
    ctx.may(action, Resource::Institution, district, &known.place)?;
    Ok(known)
}

pub(crate) async fn held_unit(ctx: &Ctx, tx: &mut Tx, id: UnitId, action: Action) -> Result<(Unit, Institution), NetworkError> {
    let district = tx.district();
    let unit = store::unit(&mut tx.conn()?, district, id).await?.ok_or(NetworkError::NotFound)?;
    let known = held(ctx, tx, unit.institution, action).await?;
    Ok((unit, known))
}

async fn insert(ctx: &Ctx, tx: &mut Tx, wanted: Institution) -> Result<InstitutionId, NetworkError> {
    let district = tx.district();
    let kind = wanted.kind.organisation_kind();
    // Two of a district may share a name: the second one's organisation bears the code beside it.
    let mut found = None;
    for name in [wanted.name.clone(), format!("{} ({})", wanted.name, wanted.code)] {
        let organisation = linli_people::commands::put_medical_organisation(ctx, tx, (kind, &name), &wanted.place).await?;
        let Some(id) = organisation.map(|id| InstitutionId(id.0)) else { continue };
        if store::one(&mut tx.conn()?, district, id).await?.is_none() {
            found = Some(id);
            break;
        }
    }
    let id = found.ok_or_else(|| NetworkError::field("name", Wrong::NameTaken))?;
    let new = Institution { id, ..wanted };
    store::insert(&mut tx.conn()?, &new).await?;
    let facts = json!({ "institution": id, "code": new.code, "kind": new.kind, "level": new.level, "from": new.valid_from });
    tx.journal(ctx.line("treatment.institution_registered", &new.place, Some(id.0), facts));
    Ok(id)
}

async fn save(ctx: &Ctx, tx: &mut Tx, next: &Institution) -> Result<(), NetworkError> {
    store::update(&mut tx.conn()?, next).await?;
    let facts = json!({ "institution": next.id, "kind": next.kind, "level": next.level, "capabilities": next.capabilities });
    tx.journal(ctx.line("treatment.institution_changed", &next.place, Some(next.id.0), facts));
    Ok(())
}

/// What was said, judged; its id is not the institution's yet.
async fn tidied(
    ctx: &Ctx,
    tx: &mut Tx,
    network: &Network,
    input: &NewInstitution,
    action: Action,
) -> Result<Institution, NetworkError> {
    let (district, now) = (tx.district(), ctx.now());
    let place = place_of(tx, district, &input.place).await?;
    ctx.may(action, Resource::Institution, district, &place)?;
    let phone = text("phone", &input.phone, false, 40)?;
    if !phone.is_empty() && !phone.chars().all(|c| c.is_ascii_digit() || " -+()转".contains(c)) {
        return Err(NetworkError::field("phone", Wrong::NotAChoice));
    }
    Ok(Institution {
        district,
        id: InstitutionId(uuid::Uuid::nil()),
        code: text("code", &input.code, true, CODE_MAX)?,
        name: text("name", &input.name, true, NAME_MAX)?,
        kind: input.kind,
        level: input.level,
        address: text("address", &input.address, false, ADDRESS_MAX)?,
        point: input.point,
        phone: Some(phone).filter(|phone| !phone.is_empty()),
        capabilities: known_capabilities(network, &place, now, &input.capabilities)?,
        valid_from: input.valid_from.unwrap_or(now),
        valid_to: None,
        version: 1,
        place,
    })
}

fn tidied_unit(ctx: &Ctx, network: &Network, of: &Institution, input: &NewUnit) -> Result<Unit, NetworkError> {
    let said = |value: String| Some(value).filter(|value| !value.is_empty());
    let online = text("online", &input.online, false, 300)?;
    if !online.is_empty() && !online.starts_with("https://") {
        return Err(NetworkError::field("online", Wrong::NotHttps));
    }
    Ok(Unit {
        id: UnitId(uuid::Uuid::nil()),
        institution: of.id,
        kind: input.kind,
        name: text("name", &input.name, true, NAME_MAX)?,
        capabilities: known_capabilities(network, &of.place, ctx.now(), &input.capabilities)?,
        added: input.added,
        serves: input.serves,
        lane: input.lane,
        partner: said(text("partner", &input.partner, false, NAME_MAX)?),
        online: said(online),
        valid_from: of.valid_from,
        valid_to: None,
    })
}

/// Capabilities in the order of the pack, each once; one that the pack does not have is refused.
fn known_capabilities(network: &Network, place: &PlacePath, at: Ts, said: &[String]) -> Result<Vec<String>, NetworkError> {
    let rules = network.rules(place, at)?;
    let known = rules.capabilities();
    if said.iter().any(|code| !known.has(code)) {
        return Err(NetworkError::field("capabilities", Wrong::NotAChoice));
    }
    Ok(known.codes().filter(|code| said.iter().any(|one| one == code)).map(str::to_owned).collect())
}

/// The place that is meant; the district itself when none is named.
pub(crate) async fn place_of(tx: &mut Tx, district: DistrictId, said: &str) -> Result<PlacePath, NetworkError> {
    let c = &mut tx.conn()?;
    if said.trim().is_empty() {
        if district == DistrictId::CITY {
            return Ok(PlacePath::root());
        }
        return Ok(linli_territory::queries::district(c, district).await?.ok_or(NetworkError::NotFound)?.path);
    }
    let found = linli_territory::queries::place_meant(c, district, said).await?;
    found.map(|place| place.path).ok_or_else(|| NetworkError::field("place", Wrong::NotAChoice))
}
