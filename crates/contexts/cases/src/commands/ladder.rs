//! Who is told that something was not good enough or takes too long (逐级上提): the levels above those who know of it.

use linli_access::Role;
use linli_db::Tx;
use linli_kernel::Ts;

use crate::discretion::kept_from_owner;
use crate::error::CasesError;
use crate::model::Case;
use crate::office::Office;
use crate::rules::Rules;

/// Most levels a table of rules is climbed.
const LEVELS_MAX: usize = 16;

/// Who knows of a case: those who were told last, or whoever has it.
pub(super) fn told(case: &Case) -> Option<Role> {
    case.flagged_role.or(case.owner.as_ref().map(|owner| owner.role))
}

/// Who is told next: of the levels above who knows of it the first that somebody holds there from whom the case is not kept. A level that
/// nobody holds would be waited for and hear nothing. What nobody of the staff has is the business of who leads the community.
pub(super) async fn next_told(
    tx: &mut Tx,
    office: &Office,
    rules: &Rules,
    case: &Case,
    now: Ts,
) -> Result<Option<Role>, CasesError> {
    above(tx, office, rules, (case, told(case)), now).await
}

/// The same, above a role that is named.
pub(super) async fn above(
    tx: &mut Tx,
    office: &Office,
    rules: &Rules,
    (case, knows): (&Case, Option<Role>),
    now: Ts,
) -> Result<Option<Role>, CasesError> {
    let ladder = rules.transitions();
    let first = knows.map_or(Some(Role::CommunitySecretary), |role| ladder.above(role));
    let answering = office.answering(&mut tx.conn()?, case.district, &case.place, now).await?;
    let hears = |role: &Role| answering.iter().any(|owner| owner.role == *role && !kept_from_owner(case, owner));
    Ok(std::iter::successors(first, |role| ladder.above(*role)).take(LEVELS_MAX).find(hears))
}
