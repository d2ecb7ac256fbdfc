//! What was decided here of a case that its source tells anew (本地已定事项): the source does not take it back. Title, words, point and how it
//! stands there are the source's; what it is classed as, where it hangs and from whom it is kept are ours once somebody here has worked on it.

use linli_access::Ctx;
use linli_db::Tx;
use uuid::Uuid;

use crate::discretion::named;
use crate::error::CasesError;
use crate::model::Case;
use crate::office::Office;

/// Leaves to `told`, the case as its source tells it now, what was decided here since it came. Gives whom the source names now and did not
/// name before: from them it is kept as well. Whoever was named before and is let in again stays let in.
pub(crate) async fn leave_decided(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (told, there): (&mut Case, &Case),
) -> Result<Vec<Uuid>, CasesError> {
    if (&told.class, &told.profile) == (&there.class, &there.profile) {
        told.way.clone_from(&there.way);
    }
    if there.version == 1 {
        return Ok(Vec::new());
    }
    told.place.clone_from(&there.place);
    told.class.clone_from(&there.class);
    told.message_class = there.message_class;
    told.matter.clone_from(&there.matter);
    told.profile.clone_from(&there.profile);
    told.way.clone_from(&there.way);
    told.public = there.public;
    told.common_part = there.common_part;
    told.kept.clone_from(&there.kept);
    if told.description == there.description {
        return Ok(Vec::new());
    }
    let rules = office.rules(&there.place, ctx.now())?;
    let c = &mut tx.conn()?;
    let at = (there.district, &there.place, ctx.now());
    let before = named(c, office, at, (&rules, &there.description)).await?;
    let mut now = named(c, office, at, (&rules, &told.description)).await?;
    now.retain(|person| !before.contains(person) && !there.kept.persons.contains(person) && ctx.person() != Some(*person));
    Ok(now)
}
