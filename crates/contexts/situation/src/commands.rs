//! What changes this room's records.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_record::model::Publish;
use linli_territory::moves::{self, Moved};
use serde_json::json;

use crate::error::SituationError;
use crate::model::Published;
use crate::store;

/// Enters a figure that somebody published about a place, as it was printed. A second entry of the same figure from the same
/// source corrects the first; the journal keeps both.
///
/// # Errors
/// `Denied` unless the actor may change rules and settings there; `Field`; store errors.
pub async fn publish(ctx: &Ctx, tx: &mut Tx, one: Published) -> Result<(), SituationError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Rules, district, &one.place)?;
    let source = one.source.trim().to_owned();
    if source.is_empty() || source.chars().count() > 200 || source.chars().any(char::is_control) {
        return Err(SituationError::Field { field: "source", key: "situation-field-source" });
    }
    if one.value < 0 || one.share_of.is_some() && one.value > 100 {
        return Err(SituationError::Field { field: "value", key: "situation-field-value" });
    }
    if one.share_of == Some(one.figure) {
        return Err(SituationError::Field { field: "share_of", key: "situation-field-share-of" });
    }
    let one = Published { source, ..one };
    store::publish(&mut tx.conn()?, district, &one, ctx.now(), &ctx.actor_text()).await?;
    tx.journal(ctx.line(
        "situation.published",
        &one.place,
        None,
        json!({
            "figure": one.figure, "value": one.value, "share_of": one.share_of, "precision": one.precision,
            "source": one.source, "published_on": one.published_on.to_string(),
        }),
    ));
    let public = json!({
        "place": one.place.as_str(), "figure": one.figure, "value": one.value, "share_of": one.share_of, "precision": one.precision,
        "source": one.source, "published_on": one.published_on.to_string(),
    });
    let (subject, public) = (one.subject(), public.to_string().into_bytes());
    let what = Publish { kind: "situation.figure", subject, place: one.place, public, sealed: None, page: None };
    linli_record::commands::publish(ctx, tx, what).await?;
    Ok(())
}

/// Takes about `limit` published figures along after a place moved, and says how many; 0 when none is left behind. Whoever reads
/// the journal calls it for every line [`moves::MOVED`] until it says 0; doing it again changes nothing.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, SituationError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Rules, district, &moved.to)?;
    let followed = moves::rewrite_some(&mut tx.conn()?, district, ("published_figure", "place_path"), moved, limit).await?;
    if followed > 0 {
        tx.journal(ctx.line("situation.figures_moved", &moved.to, None, json!({ "figures": followed })));
    }
    Ok(followed)
}
