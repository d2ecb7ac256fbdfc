//! The figures of a day (日情况): each with what it is a part of.

use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_kernel::Ts;

use crate::error::EmergencyError;
use crate::model::CallClass;
use crate::office::DispatchOffice;
use crate::store::day;

/// A number and what it is a part of (分子、分母). A share is told with both, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The part.
    pub part: i64,
    /// The whole.
    pub of: i64,
}

impl Share {
    /// Hundredths of a percent, rounded half up; none of nothing.
    #[must_use]
    pub const fn hundredths(self) -> Option<i64> {
        if self.of <= 0 { None } else { Some((self.part * 20_000 + self.of) / (self.of * 2)) }
    }
}

/// How long something took, over the calls that have it (时长).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Took {
    /// Of how many calls it is known.
    pub known: i64,
    /// Of how many it is missing, although the next step happened.
    pub missing: i64,
    /// The middle one, in seconds.
    pub median_secs: Option<i64>,
    /// Nine of ten were quicker or as quick.
    pub p90_secs: Option<i64>,
}

/// The figures of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub day: Date,
    /// What the telephone system counted; none when nobody told it.
    pub inbound: Option<i64>,
    /// Taken down by the seats.
    pub taken: i64,
    /// From so many different numbers.
    pub numbers: i64,
    /// Without a number.
    pub without_number: i64,
    /// Urgent requests for a vehicle.
    pub urgent: i64,
    /// Others for a vehicle.
    pub non_urgent: i64,
    /// Advice.
    pub advice: i64,
    /// Repeats.
    pub repeats: i64,
    /// No request at all.
    pub other: i64,
    /// Diverted, of those that were not urgent.
    pub diverted: i64,
    /// Of these became worse within the stated hours.
    pub worsened: i64,
    /// The stated hours.
    pub within_hours: i64,
    /// From the call to a vehicle, for urgent ones.
    pub to_vehicle: Took,
    /// From the vehicle to the scene, for urgent ones.
    pub to_scene: Took,
    /// From the door of the hospital to the hand-over, for all.
    pub hand_over: Took,
}

impl Day {
    /// Requests for a vehicle.
    #[must_use]
    pub const fn vehicle_requests(&self) -> i64 {
        self.urgent + self.non_urgent
    }

    /// Requests of any kind: what asked for nothing is not in it.
    #[must_use]
    pub const fn requests(&self) -> i64 {
        self.vehicle_requests() + self.advice + self.repeats
    }

    /// Requests for a vehicle of all requests.
    #[must_use]
    pub const fn vehicle_share(&self) -> Share {
        Share { part: self.vehicle_requests(), of: self.requests() }
    }

    /// Advice and repeats of all requests.
    #[must_use]
    pub const fn advice_share(&self) -> Share {
        Share { part: self.advice + self.repeats, of: self.requests() }
    }

    /// Urgent ones of those who asked for a vehicle.
    #[must_use]
    pub const fn urgent_share(&self) -> Share {
        Share { part: self.urgent, of: self.vehicle_requests() }
    }

    /// Repeats of what was taken down.
    #[must_use]
    pub const fn repeat_share(&self) -> Share {
        Share { part: self.repeats, of: self.taken }
    }

    /// Diverted of those that were not urgent (分流率).
    #[must_use]
    pub const fn diversion(&self) -> Share {
        Share { part: self.diverted, of: self.non_urgent }
    }

    /// Became worse after a diversion (分流后加重): never shown without [`Day::diversion`], nor that without this.
    #[must_use]
    pub const fn safety(&self) -> Share {
        Share { part: self.worsened, of: self.diverted }
    }

    /// Taken down of what the telephone system counted; none when that is not known.
    #[must_use]
    pub fn taken_share(&self) -> Option<Share> {
        self.inbound.map(|of| Share { part: self.taken, of })
    }
}

/// From midnight to midnight in Beijing.
pub(crate) fn span(day: Date) -> Option<(Ts, Ts)> {
    let start = |day: Date| Ts::from_local(day.at(0, 0, 0, 0));
    Some((start(day)?, start(day.tomorrow().ok()?)?))
}

/// The figures of a day where the actor is.
///
/// # Errors
/// `Denied`; `NotFound` for a day that there is not; store errors.
pub async fn figures(ctx: &Ctx, c: &mut Conn<'_>, office: &DispatchOffice, on: Date) -> Result<Day, EmergencyError> {
    let scope = ctx.scope(Action::Read, Resource::EmergencyFigures)?;
    let span = span(on).ok_or(EmergencyError::NotFound)?;
    let rules = office.rules(&scope.place, ctx.now())?;
    let classes = day::by_class(c, &scope, span).await?;
    let of = |class: CallClass| classes.iter().filter(|(one, _)| *one == class).map(|(_, n)| n).sum::<i64>();
    let (numbers, without_number) = day::numbers(c, &scope, span).await?;
    let hours = rules.value.safety_hours();
    let (diverted, worsened) = day::diverted(c, &scope, span, hours * 3_600).await?;
    let instants = day::instants(c, &scope, span).await?;
    let urgent = || instants.iter().filter(|one| one.urgent == 1);
    Ok(Day {
        day: on,
        inbound: day::inbound(c, scope.district, &on.to_string()).await?,
        taken: classes.iter().map(|(_, n)| n).sum(),
        numbers,
        without_number,
        urgent: of(CallClass::VehicleUrgent),
        non_urgent: of(CallClass::VehicleNonUrgent),
        advice: of(CallClass::Advice),
        repeats: of(CallClass::Repeat),
        other: of(CallClass::Other),
        diverted,
        worsened,
        within_hours: hours,
        to_vehicle: took(urgent().map(|one| (Some(one.received_at), one.assigned_at))),
        to_scene: took(urgent().filter(|one| one.assigned_at.is_some()).map(|one| (one.assigned_at, one.scene_at))),
        hand_over: took(instants.iter().filter(|one| one.hospital_at.is_some()).map(|one| (one.hospital_at, one.taken_at))),
    })
}

/// The middle and the ninth of ten of what has both ends; what lacks one is counted apart.
fn took(spans: impl Iterator<Item = (Option<Ts>, Option<Ts>)>) -> Took {
    let (mut secs, mut missing) = (Vec::new(), 0);
    for span in spans {
        match span {
            (Some(from), Some(to)) => secs.push(to.secs_since(from)),
            _ => missing += 1,
        }
    }
    secs.sort_unstable();
    let at = |percent: usize| secs.get((secs.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    let known = i64::try_from(secs.len()).unwrap_or(i64::MAX);
    Took { known, missing, median_secs: at(50), p90_secs: at(90) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_half_up_and_nothing_has_none() {
        assert_eq!(Share { part: 2_504, of: 11_793 }.hundredths(), Some(2_123));
        assert_eq!(Share { part: 9_289, of: 11_793 }.hundredths(), Some(7_877));
        assert_eq!(Share { part: 0, of: 0 }.hundredths(), None);
        assert_eq!(Share { part: 1, of: 20_000 }.hundredths(), Some(1), "half a hundredth");
    }

    #[test]
    fn what_is_missing_is_counted_apart() {
        let at = |secs: i64| Some(Ts(secs * 1_000_000));
        let found = took([(at(0), at(60)), (at(0), at(30)), (at(0), None), (at(0), at(90))].into_iter());
        assert_eq!(found, Took { known: 3, missing: 1, median_secs: Some(60), p90_secs: Some(90) });
        assert_eq!(took(std::iter::empty()), Took::default());
    }
}
