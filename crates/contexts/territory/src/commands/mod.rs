//! What changes the ground. Many-row commands (`put_*`) answer every row and write nothing of a rejected one; recording the
//! same row again changes nothing. The caller begins and commits.

mod boundaries;
mod components;
mod districts;
mod divisions;
mod estates;
mod grids;
mod homes;
mod places;

pub use boundaries::{BoundaryInput, box_outlines, put_boundary};
pub use components::{put_components, put_local_class, set_component_state};
pub use districts::{ensure_reference_data, open_district};
pub use divisions::{
    DivisionInput, DivisionRegister, DivisionSource, close_division, division_register, put_divisions, rename_division,
    replace_division,
};
pub use estates::put_estates;
pub use grids::put_grids;
pub use homes::{EntranceInput, put_entrances, put_homes};
pub use places::{close_place, move_place, rename_place};

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;

use crate::error::{Answer, Outcome, TerritoryError};
use crate::model::District;
use crate::store;

/// The served district of this transaction, after asking whether the actor may do this to a resource in all of it.
async fn authorised(ctx: &Ctx, tx: &mut Tx, action: Action, resource: Resource) -> Result<District, TerritoryError> {
    let id = tx.district();
    let district = store::divisions::district(&mut tx.conn()?, id).await?;
    let district = district.filter(|d| d.id.0 > 0).ok_or_else(|| TerritoryError::Unknown(id.to_string()))?;
    ctx.may(action, resource, id, &district.path)?;
    Ok(district)
}

/// Created, changed and rejected rows, for the facts of a journal line.
fn tally(answers: &[Answer]) -> (usize, usize, usize) {
    answers.iter().fold((0, 0, 0), |(created, changed, rejected), answer| match answer.outcome {
        Outcome::Created => (created + 1, changed, rejected),
        Outcome::Changed(_) => (created, changed + 1, rejected),
        Outcome::Rejected(_) => (created, changed, rejected + 1),
        Outcome::Unchanged => (created, changed, rejected),
    })
}

/// One line for a batch; none when the batch changed nothing.
fn journal_batch(ctx: &Ctx, tx: &mut Tx, kind: &'static str, place: &linli_kernel::PlacePath, answers: &[Answer]) {
    let (created, changed, rejected) = tally(answers);
    if created + changed > 0 {
        let facts = serde_json::json!({ "created": created, "changed": changed, "rejected": rejected });
        tx.journal(ctx.line(kind, place, None, facts));
    }
}
