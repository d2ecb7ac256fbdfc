//! Figures of the watch: how long it takes to reach somebody, how often it was wrong. They are numbers and name nobody.

use linli_access::{Action, Ctx, Resource, Scope};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use uuid::Uuid;

use crate::error::CareError;
use crate::model::{Outcome, VisitKind};
use crate::store::{self, figures as counts};

/// Days that figures look back.
pub const WINDOW_DAYS: i64 = 28;
/// Most ways to a contact that are looked at.
const MOST_WAYS: i64 = 20_000;

/// What the watch of a place comes to (看护数据).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Who agreed to the watch and is enrolled now.
    pub enrolled: i64,
    /// Of these, who is not watched: nothing that is heard serves the rule.
    pub unheard: i64,
    /// Alarms in the window.
    pub alarms: i64,
    /// Questions in the window.
    pub questions: i64,
    /// Alarms that somebody was found well by, or away.
    pub false_alarms: i64,
    /// Alarms that a sign of life ended before anybody went.
    pub relieved: i64,
    /// Found in need of something, unwell, or in an emergency, after an alarm or a question.
    pub found: i64,
    /// Unwell or in an emergency though watched and without an alarm: found by somebody who was worried. Where an alarm or a question had been raised
    /// shortly before, or the family-doctor team asked for the visit, nothing was missed.
    pub missed: i64,
    /// Seconds from alarm to first human contact that nine of ten stay under, those that still wait counted with the time they have waited;
    /// nothing without one.
    pub contact_p90: Option<i64>,
    /// Wrong knocks of the last seven days, by who knocked, the most first.
    pub wrong_knocks: Vec<(Uuid, i64)>,
    /// Of those found, unwell or in an emergency.
    pub unwell: i64,
    /// Alarms that somebody went for and found out about, whatever it was: what the rate of false alarms is of.
    pub answered: i64,
}

impl Figures {
    /// False alarms in a thousand of the alarms that somebody found out about (误报率); nothing while there are none.
    #[must_use]
    pub const fn false_rate(&self) -> Option<i64> {
        if self.answered > 0 { Some(self.false_alarms * 1_000 / self.answered) } else { None }
    }

    /// Of those who were found unwell, how many in a thousand were found without an alarm or question (漏报率); nothing while nobody was.
    #[must_use]
    pub const fn missed_rate(&self) -> Option<i64> {
        let all = self.missed + self.unwell;
        if all > 0 { Some(self.missed * 1_000 / all) } else { None }
    }
}

/// The figures of a place over the last [`WINDOW_DAYS`] days; no names.
///
/// # Errors
/// `Denied`; store errors.
pub async fn figures(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Figures, CareError> {
    figures_over(ctx, c, &[Scope { district, place: place.clone() }]).await
}

/// The figures of several places together: of a city, its districts.
///
/// # Errors
/// As [`figures`].
pub async fn figures_over(ctx: &Ctx, c: &mut Conn<'_>, scopes: &[Scope]) -> Result<Figures, CareError> {
    let since = ctx.now().plus_secs(-WINDOW_DAYS * 86_400);
    let (mut figures, mut ways) = (Figures::default(), Vec::new());
    for scope in scopes {
        ctx.may(Action::Read, Resource::Figures, scope.district, &scope.place)?;
        add_outcomes(c, scope, since, &mut figures).await?;
        ways.extend(counts::ways_to_contact(c, scope, (since, ctx.now()), MOST_WAYS).await?);
        figures.wrong_knocks.extend(counts::wrong_knocks(c, scope, ctx.now().plus_secs(-7 * 86_400)).await?);
    }
    figures.contact_p90 = p90(&mut ways).map(|micros| micros / 1_000_000);
    figures.wrong_knocks.sort_by_key(|(_, knocks)| std::cmp::Reverse(*knocks));
    Ok(figures)
}

/// Adds what the visits of one place came to.
async fn add_outcomes(c: &mut Conn<'_>, scope: &Scope, since: Ts, figures: &mut Figures) -> Result<(), CareError> {
    let (enrolled, unheard) = store::watch::count(c, scope).await?;
    figures.enrolled += enrolled;
    figures.unheard += unheard;
    for (kind, outcome, unwarned, n) in counts::outcomes(c, scope, since).await? {
        let (kind, outcome): (Option<VisitKind>, Option<Outcome>) = (kind.parse().ok(), outcome.and_then(|o| o.parse().ok()));
        let found = matches!(outcome, Some(Outcome::Needs | Outcome::Unwell | Outcome::Emergency));
        match (kind, outcome) {
            (Some(VisitKind::Alarm), _) => figures.alarms += n,
            (Some(VisitKind::Question), _) => figures.questions += n,
            _ => {}
        }
        let unwell = matches!(outcome, Some(Outcome::Unwell | Outcome::Emergency));
        figures.unwell += if unwell && matches!(kind, Some(VisitKind::Alarm | VisitKind::Question)) { n } else { 0 };
        let answered = !matches!(outcome, None | Some(Outcome::Relieved | Outcome::Withdrawn));
        figures.answered += if kind == Some(VisitKind::Alarm) && answered { n } else { 0 };
        match (kind, outcome) {
            (Some(VisitKind::Alarm), Some(Outcome::Well | Outcome::Away)) => figures.false_alarms += n,
            (Some(VisitKind::Alarm), Some(Outcome::Relieved)) => figures.relieved += n,
            (Some(VisitKind::Alarm | VisitKind::Question), _) if found => figures.found += n,
            (Some(VisitKind::ByHand), Some(Outcome::Unwell | Outcome::Emergency)) if unwarned => figures.missed += n,
            _ => {}
        }
    }
    Ok(())
}

/// Whether figures of a place say who it is: below a community there is one old person in many an entrance.
#[must_use]
pub fn tells_who(place: &PlacePath) -> bool {
    place.level().is_some_and(|level| level > PlaceLevel::Community)
}

/// The smallest value that nine of ten do not exceed (nearest rank).
fn p90(values: &mut [i64]) -> Option<i64> {
    values.sort_unstable();
    let rank = (values.len() * 9).div_ceil(10);
    rank.checked_sub(1).and_then(|i| values.get(i)).copied()
}

#[cfg(test)]
mod tests {
    use super::p90;

    #[test]
    fn nine_of_ten_stay_under_it() {
        assert_eq!(p90(&mut []), None);
        assert_eq!(p90(&mut [7]), Some(7));
        assert_eq!(p90(&mut [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), Some(9));
    }
}
