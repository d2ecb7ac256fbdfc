//! Oxygen places of an institution (吸氧位): what is offered, and who has which when.

use jiff::civil::Date;
use linli_kernel::{DistrictId, PlacePath, Ts, id_type, words};
use linli_people::model::OrganisationId;
use uuid::Uuid;

use super::AlarmId;
use crate::model::CarePersonId;

id_type! {
    /// What an institution offers from a day on (吸氧位开放安排).
    pub struct OxygenOfferId;
    /// Somebody has a place for a time (吸氧预约).
    pub struct OxygenBookingId;
}

words! {
    /// How far a booking is.
    pub enum OxygenState {
        /// 已预约.
        Booked = "booked",
        /// 正在吸氧.
        Begun = "begun",
        /// 已结束.
        Ended = "ended",
        /// 未到.
        Missed = "missed",
        /// 已释放.
        Released = "released",
    }
}

impl OxygenState {
    /// Whether the place is still held.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Booked | Self::Begun)
    }
}

/// Minutes of the smallest time a place is held for.
pub const QUARTER_MINUTES: i64 = 15;

/// The quarter of an hour an instant lies in, counted since 1970.
#[must_use]
pub const fn quarter_of(at: Ts) -> i64 {
    at.0.div_euclid(QUARTER_MINUTES * 60 * 1_000_000)
}

/// A time that a place can be had for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OxygenSlot {
    /// From.
    pub starts_at: Ts,
    /// To; the next may begin then.
    pub ends_at: Ts,
}

impl OxygenSlot {
    /// The quarters of an hour in it, the first and the one after the last.
    #[must_use]
    pub const fn quarters(self) -> (i64, i64) {
        (quarter_of(self.starts_at), quarter_of(self.ends_at))
    }
}

/// What an institution offers from a day on, until another offer begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OxygenOffer {
    /// Its id.
    pub id: OxygenOfferId,
    /// Whose.
    pub institution: OrganisationId,
    /// The first day.
    pub from_day: Date,
    /// One bit a day of the week, Monday first.
    pub weekdays: i64,
    /// When it opens, in minutes since midnight.
    pub opens: i64,
    /// When it closes, in minutes since midnight, 1,440 at most.
    pub closes: i64,
    /// How long one has a place, in minutes.
    pub slot_minutes: i64,
    /// How many places there are; none: closed.
    pub places: i64,
    /// When it was set.
    pub set_at: Ts,
}

impl OxygenOffer {
    /// Whether it is open on a day of the week.
    #[must_use]
    pub fn opens_on(&self, day: Date) -> bool {
        let bit = day.weekday().to_monday_zero_offset();
        self.places > 0 && self.weekdays & (1 << bit) != 0
    }

    /// The times that can be had on a day, in order. Days are those of Beijing, which all have 24 hours.
    #[must_use]
    pub fn slots(&self, day: Date) -> Vec<OxygenSlot> {
        let Some(midnight) = Ts::from_local(day.at(0, 0, 0, 0)).filter(|_| self.opens_on(day) && self.slot_minutes > 0) else {
            return Vec::new();
        };
        let at = |minutes: i64| midnight.plus_secs(minutes * 60);
        let mut slots = Vec::new();
        let mut from = self.opens;
        while from + self.slot_minutes <= self.closes {
            slots.push(OxygenSlot { starts_at: at(from), ends_at: at(from + self.slot_minutes) });
            from += self.slot_minutes;
        }
        slots
    }
}

/// Somebody has a place for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OxygenBooking {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: OxygenBookingId,
    /// Where.
    pub institution: OrganisationId,
    /// Which place, from 1.
    pub place_no: i64,
    /// When.
    pub slot: OxygenSlot,
    /// Who.
    pub person: CarePersonId,
    /// Where they live.
    pub place: PlacePath,
    /// The alarm it was offered for.
    pub alarm: Option<AlarmId>,
    /// How far it is.
    pub state: OxygenState,
    /// When it was booked.
    pub booked_at: Ts,
    /// Under which appointment.
    pub booked_by: Uuid,
    /// When the person began.
    pub began_at: Option<Ts>,
    /// When it was over.
    pub over_at: Option<Ts>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn offer(weekdays: i64, (opens, closes): (i64, i64), slot_minutes: i64) -> OxygenOffer {
        OxygenOffer {
            id: OxygenOfferId(Uuid::nil()),
            institution: OrganisationId(Uuid::nil()),
            from_day: date(2026, 11, 1),
            weekdays,
            opens,
            closes,
            slot_minutes,
            places: 2,
            set_at: Ts(0),
        }
    }

    #[test]
    fn a_day_has_as_many_slots_as_fit_before_closing() {
        let monday = date(2026, 11, 23);
        let slots = offer(0b1, (9 * 60, 12 * 60 + 30), 60).slots(monday);
        let hours: Vec<_> = slots.iter().map(|slot| (slot.starts_at.local().hour(), slot.ends_at.local().hour())).collect();
        assert_eq!(hours, [(9, 10), (10, 11), (11, 12)], "none would end after half past twelve");
        assert!(offer(0b1, (9 * 60, 12 * 60), 60).slots(date(2026, 11, 24)).is_empty(), "a Tuesday");
        assert_eq!(offer(0b100_0000, (0, 1_440), 720).slots(date(2026, 11, 29)).len(), 2, "a Sunday round the clock");
        assert!(OxygenOffer { places: 0, ..offer(0b1, (540, 600), 60) }.slots(monday).is_empty(), "closed");
    }

    #[test]
    fn quarters_follow_on_without_a_gap() {
        let slots = offer(0b1, (9 * 60, 11 * 60), 45).slots(date(2026, 11, 23));
        let quarters: Vec<_> = slots.iter().map(|slot| slot.quarters()).collect();
        assert_eq!(quarters.len(), 2);
        assert_eq!((quarters[0].1 - quarters[0].0, quarters[0].1), (3, quarters[1].0));
    }
}
