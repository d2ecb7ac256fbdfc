//! A jurisdiction is a district; its id is the official code of six digits.

use linli_db::Conn;
use linli_territory::model::District;

use crate::answer::{Refusal, territory};
use crate::asked::Args;

/// The district that is meant: the one named, or the only one there is.
pub(crate) async fn meant(c: &mut Conn<'_>, args: &Args) -> Result<District, Refusal> {
    args.once(&["jurisdiction_id"])?;
    let mut served = linli_territory::queries::districts(c).await.map_err(territory)?;
    match args.get("jurisdiction_id") {
        Some(id) => {
            let named = served.into_iter().find(|district| district.division == id);
            named.ok_or_else(|| Refusal::not_found("open311-error-jurisdiction").arg("id", id))
        }
        None if served.len() > 1 => {
            let ids: Vec<String> = served.into_iter().map(|district| district.division).collect();
            Err(Refusal::wrong("open311-error-jurisdiction-missing").arg("ids", ids.join(", ")))
        }
        None => served.pop().ok_or_else(|| Refusal::not_found("open311-error-nothing-served")),
    }
}
