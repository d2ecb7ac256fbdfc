//! Early antivirals: what each institution has, what was decided.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_kernel::Ts;
use linli_people::model::OrganisationId;

use super::{institution_name, name_of};
use crate::follow::commands::on_behalf_of;
use crate::follow::desk::Desk;
use crate::follow::error::FollowError;
use crate::follow::model::{Decision, DecisionId, DecisionState, Entry, EntryKind, Lot};
use crate::follow::scope;
use crate::follow::store::medicine;
use crate::model::CarePersonId;

/// Most institutions, lots and entries that are read.
const MOST: i64 = 1_000;
/// Entries that are shown.
const SHOWN: i64 = 50;
/// What expires within so many days is pointed out (平台默认值): it is a hint on a page and stops nothing.
pub const SOON_DAYS: i64 = 60;

/// Boxes of a medicine at an institution. What is left can be handed out; what has expired cannot and is counted apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MedicineStock {
    /// Left and not expired.
    pub left: i64,
    /// Of them, expiring within [`SOON_DAYS`].
    pub soon: i64,
    /// Left and expired.
    pub expired: i64,
    /// Received since the instant that was asked for.
    pub received: i64,
    /// Handed out since.
    pub dispensed: i64,
    /// Wasted since.
    pub wasted: i64,
    /// Corrected since; below zero when fewer were found.
    pub corrected: i64,
}

/// What an institution has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockOf {
    /// Which institution.
    pub institution: OrganisationId,
    /// Its name.
    pub name: String,
    /// By the code of the medicine.
    pub medicines: BTreeMap<String, MedicineStock>,
}

/// The antivirals of a district by institution and medicine, with what moved since an instant. All of it is counted from entries.
///
/// # Errors
/// `Denied`; store errors.
pub async fn antiviral_stock(ctx: &Ctx, c: &mut Conn<'_>, since: Ts) -> Result<Vec<StockOf>, FollowError> {
    let scope = ctx.scope(Action::Read, Resource::Antiviral)?;
    let today = ctx.now().local().date();
    let soon = today.checked_add(SOON_DAYS.days()).unwrap_or(today);
    let mut all = Vec::new();
    for institution in medicine::stocking(c, scope.district, MOST).await? {
        let mut medicines: BTreeMap<String, MedicineStock> = BTreeMap::new();
        for lot in medicine::lots(c, (scope.district, institution), MOST).await? {
            let stock = medicines.entry(lot.medicine).or_default();
            if lot.expires < today {
                stock.expired += lot.left;
                continue;
            }
            stock.left += lot.left;
            stock.soon += if lot.expires <= soon { lot.left } else { 0 };
        }
        all.push(StockOf { institution, name: institution_name(c, scope.district, institution).await?, medicines });
    }
    for (institution, code, kind, boxes) in medicine::moved(c, scope.district, since).await? {
        let Some(of) = all.iter_mut().find(|one| one.institution == institution) else { continue };
        let stock = of.medicines.entry(code).or_default();
        match kind.parse() {
            Ok(EntryKind::Received) => stock.received += boxes,
            Ok(EntryKind::Dispensed) => stock.dispensed -= boxes,
            Ok(EntryKind::Wasted) => stock.wasted -= boxes,
            Ok(EntryKind::Corrected) => stock.corrected += boxes,
            Err(_) => {}
        }
    }
    Ok(all)
}

/// What was decided about antivirals: numbers, never about whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DecisionCounts {
    /// Prescribed, whatever became of it.
    pub prescribed: i64,
    /// Of them, handed out.
    pub dispensed: i64,
    /// Of them, begun later after the onset than the list says.
    pub late: i64,
    /// Decided against a medicine.
    pub against: i64,
}

/// What was decided since an instant about those who live at the actor's place.
///
/// # Errors
/// `Denied`; store errors.
pub async fn decided(ctx: &Ctx, c: &mut Conn<'_>, since: Ts) -> Result<DecisionCounts, FollowError> {
    let scope = ctx.scope(Action::Read, Resource::Antiviral)?;
    let mut counts = DecisionCounts::default();
    for (state, late, n) in medicine::decided(c, &scope, since).await? {
        match state.parse() {
            Ok(DecisionState::Against) => counts.against += n,
            Ok(DecisionState::Dispensed) => {
                counts.dispensed += n;
                counts.prescribed += n;
            }
            Ok(DecisionState::Prescribed | DecisionState::Cancelled) => counts.prescribed += n,
            Err(_) => {}
        }
        counts.late += if late { n } else { 0 };
    }
    Ok(counts)
}

/// The stock of an institution, what moved, and what waits to be handed out.
#[derive(Debug, Clone)]
pub struct AntiviralsOf {
    /// The name of the institution.
    pub name: String,
    /// Its lots.
    pub lots: Vec<Lot>,
    /// The newest entries.
    pub entries: Vec<Entry>,
    /// Prescriptions that wait, with the name of the person where the actor may know it.
    pub waiting: Vec<(Decision, Option<String>)>,
    /// Whether the actor is appointed on behalf of the institution.
    pub own: bool,
}

/// The stock of an institution. Prescriptions that wait are shown to those who hand out there, and to the team of the person.
///
/// # Errors
/// `Denied`, `NotFound`; store errors.
pub async fn antivirals_of(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    desk: &Desk,
    institution: OrganisationId,
) -> Result<AntiviralsOf, FollowError> {
    let scope = ctx.scope(Action::Change, Resource::Antiviral)?;
    let whose = (scope.district, institution);
    linli_people::queries::organisation(c, whose.0, institution).await?.ok_or(FollowError::NotFound)?;
    let own = scope::team(ctx, Action::Read).is_ok() && on_behalf_of(ctx, c, whose.0, institution).await?;
    let mut waiting = Vec::new();
    for decision in medicine::waiting(c, whose, MOST).await? {
        let mine = scope::may(ctx, Action::Read, decision.district, &decision.place).is_ok();
        let name = if mine || own { Some(name_of(c, desk, whose.0, decision.person).await?) } else { None };
        if name.is_some() {
            waiting.push((decision, name));
        }
    }
    Ok(AntiviralsOf {
        name: institution_name(c, whose.0, institution).await?,
        lots: medicine::lots(c, whose, MOST).await?,
        entries: medicine::entries(c, whose, SHOWN).await?,
        waiting,
        own,
    })
}

/// About whom a decision is, and where it is handed out, for whoever may deal with antivirals.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn decision_person(ctx: &Ctx, c: &mut Conn<'_>, id: DecisionId) -> Result<(CarePersonId, OrganisationId), FollowError> {
    let scope = ctx.scope(Action::Change, Resource::Antiviral)?;
    let found = medicine::decision(c, scope.district, id).await?.ok_or(FollowError::NotFound)?;
    Ok((found.person, found.institution))
}
