//! Erasing how a reporter is reached and what was said around a case (删除个人信息).

use linli_access::{Action, Ctx, Resource};
use linli_db::{Tx, journal};
use serde_json::json;

use super::{NOTE_MAX, text};
use crate::error::CasesError;
use crate::store;

/// What was erased of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Whether a phone number was kept.
    pub phone: bool,
    /// How many lines of the journal, steps told to the city and notes of a hand-over had words.
    pub words: u64,
}

/// Erases the phone number of the reporter of a case, the words that stand beside the lines of its journal (notes, reasons, what
/// was told), what was told to the city's hotline and what was noted when a shift was handed over, because the one they are about asks for it (个人信息保护法 art. 47). The lines and the hashes of what stood there
/// stay, so that nobody can pretend that nothing was written; the description and the photos stay, as they are what the work was
/// about. Backups keep theirs until they are thrown away.
///
/// # Errors
/// `Denied` unless the program itself acts for the operator, `Field` without a reason, `NotFound`, store errors.
pub async fn erase_personal(ctx: &Ctx, tx: &mut Tx, number: &str, reason: &str) -> Result<Erased, CasesError> {
    let district = tx.district();
    let reason = text("reason", reason, true, NOTE_MAX)?;
    let case = store::by_number(&mut tx.conn()?, district, number.trim()).await?.ok_or(CasesError::NotFound)?;
    ctx.may(Action::Change, Resource::CaseContact, district, &case.place)?;
    let c = &mut tx.conn()?;
    let phone = store::erase_contact(c, district, case.id).await?;
    let words = journal::erase_personal(c, district, case.id.0).await?
        + store::hotline::erase_words_of(c, district, case.id, ctx.now()).await?
        + store::duty::erase_notes_of(c, district, case.id).await?;
    let facts = json!({ "number": case.number, "phone": phone, "words": words });
    let line = ctx.line("cases.personal_erased", &case.place, Some(case.id.0), facts);
    tx.journal(ctx.with_personal(line, json!({ "text": reason })));
    Ok(Erased { phone, words })
}
