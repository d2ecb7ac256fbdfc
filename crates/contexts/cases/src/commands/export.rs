//! That a list went out (导出).

use linli_access::{Ctx, Scope};
use linli_db::Tx;
use serde_json::json;

use crate::store::desk::DeskFilter;

/// Writes down that somebody took a list out of the house: how many cases, of which list, in which form. The words that were looked for lie
/// beside the line, erasable.
pub fn list_exported(ctx: &Ctx, tx: &mut Tx, scope: &Scope, (filter, words, rows, format): (&DeskFilter, &str, usize, &str)) {
    let place = filter.place.as_ref().unwrap_or(&scope.place);
    let facts = json!({
        "rows": rows, "format": format, "view": filter.view.as_str(), "state": filter.state, "class": filter.class,
        "channel": filter.channel, "role": filter.role,
    });
    let line = ctx.line("cases.list_exported", place, None, facts);
    tx.journal(if words.is_empty() { line } else { ctx.with_personal(line, json!({ "text": words })) });
}
