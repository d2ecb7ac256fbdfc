//! Danger to life that is said after the report: by a call, in the words of "not fixed", by the city's hotline.

use linli_access::Ctx;
use linli_db::Tx;
use serde_json::json;

use crate::error::CasesError;
use crate::model::Case;
use crate::office::Office;
use crate::store;

/// Looks for danger to life in what its reporter says of an open case now. The duty desk has it on top at once; whom to call stands first on
/// every page of the case.
pub(super) async fn hear_danger(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (case, words): (&mut Case, &str),
) -> Result<(), CasesError> {
    if case.emergency || !case.is_open() {
        return Ok(());
    }
    let call_first = office.rules_of(case, ctx.now())?.classes().call_first(words);
    if call_first.is_empty() {
        return Ok(());
    }
    store::flag_emergency(&mut tx.conn()?, case).await?;
    case.emergency = true;
    let facts = json!({ "number": case.number, "call_first": call_first });
    tx.journal(ctx.line("cases.danger_heard", &case.place, Some(case.id.0), facts));
    Ok(())
}
