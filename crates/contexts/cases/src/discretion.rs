//! What is said about the people who work in a house is kept from them, whatever place they answer for (对管家、物业人员的意见不让被反映人看到).
//!
//! That such a case hangs at the community keeps it from those whose appointment lies below. It does not keep it from a duty desk that
//! serves a whole district, nor from a manager who holds a seat at the community beside his own post: these are told apart by role, and the
//! rules say by class which roles ([`crate::rules::Class::kept_from`]). Who sits in such a role around the place does not read it as somebody
//! else either: whoever changes the appointment he acts under stays the person it may be about. A case of any class that names somebody who works at its place is
//! kept from that person. Both are decided when a case is filed; what its reporter says later (not fixed, a call that is noted) is looked
//! through as well. An office above lifts what was kept by mistake ([`crate::commands::lift_kept`]).

use linli_access::{Actor, Ctx, Role};
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::{Organisation, OrganisationId, PersonId};
use uuid::Uuid;

use crate::error::CasesError;
use crate::model::{Case, Kept, Owner};
use crate::neighbourhood::people;
use crate::office::Office;
use crate::rules::{Class, Colleague, Rules, Speech, named_in};

/// Most people of an organisation whose names are looked for.
const UNIT_STAFF: i64 = 500;

/// From whom a case of this class with these words is kept. Whoever writes about himself may read it.
pub(crate) async fn kept(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    office: &Office,
    (district, place, at): (DistrictId, &PlacePath, Ts),
    (rules, class, words): (&Rules, &Class, &str),
) -> Result<Kept, DbError> {
    let colleagues = office.colleagues(c, district, place, at).await?;
    let classes = rules.classes();
    // A class that keeps its cases from roles has done so; a word for a role adds no persons to that.
    let mut persons = if class.kept_from.is_empty() {
        named_in(words, &colleagues, classes.called(), classes.speech())
    } else {
        named_in(words, &colleagues, classes.called(), &classes.speech().of_those_named())
    };
    persons.retain(|person| ctx.person() != Some(*person));
    let seated = office.seated(c, district, (place, &class.kept_from), at).await?;
    Ok(Kept { roles: class.kept_from.clone(), persons, seated })
}

/// Whom a text names of those who answer for a place.
pub(crate) async fn named(
    c: &mut Conn<'_>,
    office: &Office,
    (district, place, at): (DistrictId, &PlacePath, Ts),
    (rules, words): (&Rules, &str),
) -> Result<Vec<Uuid>, DbError> {
    let colleagues = office.colleagues(c, district, place, at).await?;
    Ok(named_in(words, &colleagues, rules.classes().called(), rules.classes().speech()))
}

/// What words that come later change: whom the case is kept from as well, and who has it instead of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptLater {
    /// How many persons.
    pub(crate) persons: usize,
    /// The appointment that had it, when that was one of them.
    pub(crate) instead_of: Option<Uuid>,
    /// The organisation that had it, when one of them comes from there.
    pub(crate) instead_of_unit: Option<OrganisationId>,
    /// The appointment that has it now.
    pub(crate) owner: Option<Uuid>,
}

/// Keeps a case from whom the words of its reporter name now (「还是没修好，王管家骂人」), in memory. Whoever has it and is named loses it to the
/// next of `owners` who answers there, and so does an organisation from which somebody comes who is named; where nobody else does it stays,
/// because a case that is worked on is somebody's.
pub(crate) async fn keep_later(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    office: &Office,
    case: &mut Case,
    (rules, owners, words): (&Rules, &[Role], &str),
) -> Result<Option<KeptLater>, CasesError> {
    let mut persons = named(c, office, (case.district, &case.place, ctx.now()), (rules, words)).await?;
    if let Some(unit) = case.unit {
        persons.extend(named_of_unit(c, case.district, unit, words).await?);
    }
    persons.retain(|person| ctx.person() != Some(*person));
    let mut kept = case.kept.clone();
    kept.add(persons.iter().copied());
    let before = case.owner.clone().filter(|owner| persons.contains(&owner.person));
    let unit_before = match case.unit {
        Some(unit) if kept_from_unit_of(c, (case.district, &kept), unit).await? => Some(unit),
        _ => None,
    };
    let next = if before.is_some() || unit_before.is_some() {
        office.owner_for(c, (case.district, &case.place), (owners, &kept), ctx.now()).await?
    } else {
        None
    };
    if let (Some(had), None) = (&before, &next) {
        persons.retain(|person| *person != had.person);
    }
    let known = case.kept.persons.len();
    if !case.kept.add(persons) {
        return Ok(None);
    }
    let mut changed =
        KeptLater { persons: case.kept.persons.len() - known, instead_of: None, instead_of_unit: None, owner: None };
    if let Some(next) = next {
        changed.instead_of = before.map(|had| had.appointment);
        changed.instead_of_unit = unit_before;
        changed.owner = Some(next.appointment);
        case.unit = case.unit.filter(|unit| unit_before != Some(*unit));
        case.owner = Some(next);
    }
    Ok(Some(changed))
}

/// Whether a case is kept from whoever would own it.
pub(crate) fn kept_from_owner(case: &Case, owner: &Owner) -> bool {
    case.kept.from(owner.role, owner.person)
}

/// Whether a case is kept from an organisation: what speaks about people goes to offices, not to those who are paid by the ones it may be
/// about; what names somebody goes not to the organisation that he comes from.
pub(crate) async fn kept_from_unit(
    c: &mut Conn<'_>,
    (district, kept): (DistrictId, &Kept),
    unit: &Organisation,
) -> Result<bool, CasesError> {
    if !kept.roles.is_empty() && !["department", "street_office"].contains(&unit.kind.as_str()) {
        return Ok(true);
    }
    for person in &kept.persons {
        let line = linli_people::queries::staff_line(c, district, PersonId(*person)).await.map_err(people)?;
        if line.and_then(|line| line.organisation_id) == Some(unit.id) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// As [`kept_from_unit`], for the organisation with this id.
pub(crate) async fn kept_from_unit_of(
    c: &mut Conn<'_>,
    (district, kept): (DistrictId, &Kept),
    unit: OrganisationId,
) -> Result<bool, CasesError> {
    if kept.is_empty() {
        return Ok(false);
    }
    match linli_people::queries::organisation(c, district, unit).await.map_err(people)? {
        Some(unit) => kept_from_unit(c, (district, kept), &unit).await,
        None => Ok(false),
    }
}

/// Whom a text names by the whole name of those who come from an organisation, whether they answer for the place or not.
pub(crate) async fn named_of_unit(
    c: &mut Conn<'_>,
    district: DistrictId,
    unit: OrganisationId,
    words: &str,
) -> Result<Vec<Uuid>, CasesError> {
    let staff = linli_people::queries::staff_of(c, district, unit, UNIT_STAFF).await.map_err(people)?;
    // What they are called by beside the name depends on a role, and here they have none.
    let as_colleague = |id: PersonId, name| (Owner { person: id.0, appointment: Uuid::nil(), role: Role::Member }, name);
    let colleagues: Vec<Colleague> = staff.into_iter().map(|line| as_colleague(line.id, line.name)).collect();
    Ok(named_in(words, &colleagues, &[], &Speech::default()))
}

/// Whether this case is kept from the actor.
pub(crate) fn kept_from(ctx: &Ctx, case: &Case) -> bool {
    from_actor(ctx, &case.kept)
}

/// Whether what is kept so is kept from the actor.
pub(crate) fn from_actor(ctx: &Ctx, kept: &Kept) -> bool {
    matches!(&ctx.actor, Actor::Staff { role, person, .. } if kept.from(*role, *person))
}

#[cfg(test)]
mod tests {
    use crate::rules::{PACKS, Rules};
    use linli_access::Role;
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::Rulebook;

    /// The data lift a class out of reach of those it is about; whatever they lift must be kept from them as well. That nobody owns what is
    /// kept from him is refused when the pack is read.
    #[test]
    fn what_is_heard_higher_up_is_kept_from_those_it_is_about() {
        let book = Rulebook::builtin(&PACKS).unwrap();
        let rules = Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000)).unwrap();
        let lifted: Vec<_> = rules.classes().all().filter(|class| class.heard_at.is_some()).collect();
        assert!(!lifted.is_empty());
        for class in lifted {
            assert!(class.kept_from.contains(&Role::PropertyDesk), "{}", class.code);
        }
    }
}
