//! Rule packs: what counts as a sign for whom, and how long silence may last. They are data; the caller brings them with the
//! citation they have, and the library knows no number of its own.

use crate::error::Error;
use crate::local::{DAY, Zone};
use crate::sign::{Second, SignKind, SignKinds};

/// What an alarm says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Silence {
    /// Has not left home for so many hours (未出门).
    NotLeftHome,
    /// Left home and was not seen coming back (未归).
    NotComeBack,
    /// No sign of life at all (无生活迹象).
    NoSign,
}

/// Which signs a pack is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Only a door crossed in a known direction, or somebody who saw the person. Alarms are [`Silence::NotLeftHome`] and
    /// [`Silence::NotComeBack`].
    Crossing,
    /// Every sign. Alarms are [`Silence::NoSign`].
    AnySign,
    /// Signs from within the home only, for the housebound (卧床或行动不便): a door is opened by those who come to help.
    Within,
}

impl Basis {
    /// Whether a sign of this kind counts.
    pub fn counts(self, kind: SignKind) -> bool {
        match self {
            Self::Crossing => kind.crosses() || kind == SignKind::Seen,
            Self::AnySign => true,
            Self::Within => matches!(kind, SignKind::Motion | SignKind::Use | SignKind::Seen),
        }
    }

    /// Whether a rule on this basis can be kept with what these devices bring. Where it cannot, silence says nothing about anybody.
    pub fn served_by(self, devices: SignKinds) -> bool {
        SignKind::ALL.into_iter().any(|kind| kind != SignKind::Seen && devices.has(kind) && self.counts(kind))
    }
}

/// Hours in which nobody is knocked up (免打扰时段), in minutes since local midnight. `from` after `to` runs through midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// First quiet minute, 0 to 1,439.
    pub from: u16,
    /// First minute that is not quiet any more, 0 to 1,439.
    pub to: u16,
}

impl Quiet {
    /// `at`, or the end of the quiet hours that it lies in. Never earlier, and never turns the order of two instants round.
    fn after(self, at: Second, zone: Zone) -> Second {
        let (from, to) = (u32::from(self.from) * 60, u32::from(self.to) * 60);
        let second = zone.of_day(at);
        let inside = if from <= to { (from..to).contains(&second) } else { second >= from || second < to };
        if inside { at.saturating_add((to + DAY - second) % DAY) } else { at }
    }
}

/// The earlier, softer question (先电话问候) to somebody who is well past the usual first sign of the day. The formula is with
/// [`Usual`](crate::Usual).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Soft {
    /// Days with a first sign that are needed, of the last 27. With fewer the routine is unsure and nothing is asked.
    pub min_days: u8,
    /// Most hours between the usual and the late first sign. With more the routine is unsure and nothing is asked.
    pub max_spread_hours: u8,
    /// Minutes that are waited beyond the end of the late hour.
    pub margin_minutes: u16,
}

/// One set of rules, chosen per person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulePack {
    /// The number under which persons hold it, 1 to 127.
    pub id: u8,
    /// Which signs count.
    pub basis: Basis,
    /// Hours of silence that are too long, 1 to 720.
    pub hours: u16,
    /// The same while the last crossing was outwards; none: `hours`. Only with [`Basis::Crossing`].
    pub hours_out: Option<u16>,
    /// An alarm that falls due in these hours waits for their end.
    pub quiet: Option<Quiet>,
    /// The softer question, for those who agreed to a learned routine.
    pub soft: Option<Soft>,
}

impl RulePack {
    /// Not left home for so many hours. The article that this began with says 24.
    pub fn not_left_home(id: u8, hours: u16) -> Self {
        Self { id, basis: Basis::Crossing, hours, hours_out: None, quiet: None, soft: None }
    }

    /// No sign of life for so many hours.
    pub fn no_sign_of_life(id: u8, hours: u16) -> Self {
        Self { id, basis: Basis::AnySign, hours, hours_out: None, quiet: None, soft: None }
    }

    /// For the housebound: nothing from within the home for so many hours.
    pub fn housebound(id: u8, hours: u16) -> Self {
        Self { id, basis: Basis::Within, hours, hours_out: None, quiet: None, soft: None }
    }

    /// What the silence is called and when it has lasted too long, counted from `since`.
    pub(crate) fn deadline(&self, since: Second, out: bool, zone: Zone) -> (Silence, Second) {
        let (silence, hours) = match self.basis {
            Basis::Crossing if out => (Silence::NotComeBack, self.hours_out.unwrap_or(self.hours)),
            Basis::Crossing => (Silence::NotLeftHome, self.hours),
            Basis::AnySign | Basis::Within => (Silence::NoSign, self.hours),
        };
        (silence, self.awake(since.saturating_add(u32::from(hours) * 3_600), zone))
    }

    /// `at` moved out of the quiet hours.
    pub(crate) fn awake(&self, at: Second, zone: Zone) -> Second {
        self.quiet.map_or(at, |quiet| quiet.after(at, zone))
    }

    fn check(&self) -> Result<(), &'static str> {
        let hours = 1..=720;
        let minutes = 0..1_440;
        match self {
            Self { id: 0 | 128.., .. } => Err("its number is not 1 to 127"),
            Self { hours: h, .. } if !hours.contains(h) => Err("its hours are not 1 to 720"),
            Self { hours_out: Some(h), .. } if !hours.contains(h) => Err("its hours out are not 1 to 720"),
            Self { hours_out: Some(_), basis: Basis::AnySign | Basis::Within, .. } => Err("hours out need a crossing"),
            Self { quiet: Some(q), .. } if !minutes.contains(&q.from) || !minutes.contains(&q.to) => {
                Err("its quiet minutes are not 0 to 1439")
            }
            _ => Ok(()),
        }
    }
}

/// The packs of one watch, found by number.
#[derive(Clone, Debug)]
pub(crate) struct Packs {
    packs: Vec<Option<RulePack>>,
    /// A bit for each kind of sign that counts, looked up for every event.
    counts: [u8; 128],
}

impl Packs {
    pub(crate) fn new(packs: &[RulePack]) -> Result<Self, Error> {
        let mut all = Self { packs: vec![None; 128], counts: [0; 128] };
        for pack in packs {
            pack.check().map_err(|why| Error::Pack { id: pack.id, why })?;
            if let Some(seat) = all.packs.get_mut(usize::from(pack.id))
                && seat.replace(*pack).is_some()
            {
                return Err(Error::Pack { id: pack.id, why: "there are two of it" });
            }
            if let Some(counts) = all.counts.get_mut(usize::from(pack.id)) {
                *counts =
                    SignKind::ALL.iter().filter(|kind| pack.basis.counts(**kind)).fold(0, |set, kind| set | (1 << kind.code()));
            }
        }
        Ok(all)
    }

    pub(crate) fn get(&self, id: u8) -> Option<&RulePack> {
        self.packs.get(usize::from(id))?.as_ref()
    }

    #[inline]
    pub(crate) fn counts(&self, id: u8, kind: SignKind) -> bool {
        self.counts.get(usize::from(id & 127)).is_some_and(|set| set >> kind.code() & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDNIGHT: Second = 1_699_977_600; // 2023-11-15 00:00 +08:00

    #[test]
    fn quiet_hours_move_an_alarm_to_their_end_and_nothing_else() {
        let night = Quiet { from: 22 * 60, to: 7 * 60 };
        let seven = MIDNIGHT + 7 * 3_600;
        for (at, then) in [
            (MIDNIGHT - 2 * 3_600 - 1, MIDNIGHT - 2 * 3_600 - 1),
            (MIDNIGHT - 2 * 3_600, seven),
            (MIDNIGHT, seven),
            (seven - 1, seven),
            (seven, seven),
        ] {
            assert_eq!(night.after(at, Zone::BEIJING), then);
        }
        let noon = Quiet { from: 12 * 60, to: 14 * 60 };
        assert_eq!(noon.after(MIDNIGHT + 13 * 3_600, Zone::BEIJING), MIDNIGHT + 14 * 3_600);
        assert_eq!(noon.after(MIDNIGHT + 15 * 3_600, Zone::BEIJING), MIDNIGHT + 15 * 3_600);
    }

    #[test]
    fn whoever_is_out_is_not_said_to_stay_at_home() {
        let pack = RulePack { hours_out: Some(48), ..RulePack::not_left_home(1, 24) };
        assert_eq!(pack.deadline(1_000, false, Zone::BEIJING), (Silence::NotLeftHome, 1_000 + 24 * 3_600));
        assert_eq!(pack.deadline(1_000, true, Zone::BEIJING), (Silence::NotComeBack, 1_000 + 48 * 3_600));
    }

    #[test]
    fn a_door_opened_by_helpers_is_no_sign_of_the_housebound() {
        let packs = Packs::new(&[RulePack::housebound(3, 12), RulePack::not_left_home(1, 24)]).unwrap();
        assert!(!packs.counts(3, SignKind::In) && !packs.counts(3, SignKind::Door) && packs.counts(3, SignKind::Use));
        assert!(packs.counts(1, SignKind::Out) && !packs.counts(1, SignKind::Door) && !packs.counts(1, SignKind::Motion));
        assert!(!packs.counts(0, SignKind::Seen), "nobody");
    }

    #[test]
    fn a_rule_needs_devices_that_bring_what_it_counts() {
        let of = |kinds: &[SignKind]| SignKinds::of(kinds.iter().copied());
        for (basis, serves, does_not) in [
            (Basis::Crossing, of(&[SignKind::Out]), of(&[SignKind::Door, SignKind::Motion, SignKind::Use])),
            (Basis::AnySign, of(&[SignKind::Door]), SignKinds::NONE),
            (Basis::Within, of(&[SignKind::Use]), of(&[SignKind::Out, SignKind::In, SignKind::Door])),
        ] {
            assert!(basis.served_by(serves) && !basis.served_by(does_not), "{basis:?}");
            assert!(!basis.served_by(of(&[SignKind::Seen])), "people are no devices");
            assert!(basis.served_by(SignKinds::of_devices()));
        }
        let some = of(&[SignKind::In, SignKind::Use]);
        assert_eq!((SignKinds::of_bits(some.bits()), some.and(SignKinds::NONE)), (some, some));
        assert!(some.has(SignKind::Use) && !some.has(SignKind::Out) && !some.is_empty());
    }

    #[test]
    fn a_pack_that_makes_no_sense_is_refused() {
        let good = RulePack::no_sign_of_life(1, 24);
        for bad in [
            RulePack { id: 0, ..good },
            RulePack { id: 128, ..good },
            RulePack { hours: 0, ..good },
            RulePack { hours_out: Some(24), ..good },
            RulePack { quiet: Some(Quiet { from: 0, to: 1_440 }), ..good },
        ] {
            assert!(Packs::new(&[bad]).is_err(), "{bad:?}");
        }
        assert!(Packs::new(&[good, good]).is_err());
    }
}
