//! Visits that a team asked for, in words.

use linli_cases::Neighbours;
use linli_db::Conn;
use linli_kernel::{DistrictId, Ts};
use linli_webkit::{AppError, T};

use super::calls::why;
use crate::follow::queries::Found;
use crate::model::Visit;
use crate::pages::words::{self, People};

/// A visit that an alarm led to.
pub(super) struct VisitLine {
    /// Which, and because of what.
    pub(super) text: String,
    /// When it was asked for; who went.
    pub(super) when: String,
    /// What was written of what was found.
    pub(super) note: String,
    pub(super) tone: &'static str,
    pub(super) word: String,
}

/// How far a visit is, or what it came to: colour and words.
pub(super) fn standing(t: &T, visit: &Visit) -> (&'static str, String) {
    let word = match visit.outcome {
        Some(outcome) => words::word(t, "outcome", outcome.as_str()),
        None => words::word(t, "state", visit.state.as_str()),
    };
    (words::tone(visit), word)
}

/// The visits as lines, the newest first.
pub(super) async fn lines(
    c: &mut Conn<'_>,
    t: &T,
    (neighbours, district): (&dyn Neighbours, DistrictId),
    found: &[Found],
    now: Ts,
) -> Result<Vec<VisitLine>, AppError> {
    let mut people = People::of(neighbours, district);
    let mut lines = Vec::with_capacity(found.len());
    for one in found {
        let (tone, word) = standing(t, &one.visit);
        let who = match &one.visit.owner {
            Some(owner) => people.card(c, owner.appointment).await?.map(|card| words::staff(t, &card)),
            None => None,
        };
        let ended = one.visit.ended_at.map(|at| t.v("follow-visit-ended", "when", t.when(at, now)));
        let asked = t.v("follow-visit-asked", "when", t.when(one.visit.opened_at, now));
        lines.push(VisitLine {
            text: t
                .with("follow-visit-line", &[("number", one.visit.number.as_str().into()), ("why", why(t, &one.alarm).into())]),
            when: [Some(asked), ended, who].into_iter().flatten().collect::<Vec<_>>().join(" · "),
            note: one.words.clone().unwrap_or_default(),
            tone,
            word,
        });
    }
    Ok(lines)
}
