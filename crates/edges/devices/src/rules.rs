//! What counts as heard, as one movement, as silent: from a pack with its citation, which a place may replace.

use std::sync::Arc;

use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{Contradiction, Rule, RuleError, Rulebook};
use serde::Deserialize;

use crate::model::DeviceKind;

/// The id of the pack.
pub const HEARING_ID: &str = "devices.hearing";

/// The packs that ship with this crate: file name and text.
pub const PACKS: [(&str, &str); 1] = [("devices/devices.toml", include_str!("../rules/devices.toml"))];

/// What runs by itself, and what somebody used (用量门槛).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// The least that is a sign, thousandths of a litre or watt-hour.
    pub least_milli: u64,
    /// What runs by itself in an hour.
    pub idle_milli_per_hour: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SilentHours {
    gateway: i64,
    frigate: i64,
    onvif: i64,
    contact: i64,
    motion: i64,
    vibration: i64,
    access: i64,
    water: i64,
    power: i64,
    gone_minutes: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    filing_days: i64,
    clock_tolerance_secs: i64,
    face_floor: i64,
    opening_secs: i64,
    #[serde(default = "quarter_of_an_hour")]
    own_gap_minutes: i64,
    let_in: Vec<i64>,
    silent_hours: SilentHours,
    water: Use,
    power: Use,
}

/// What counts where a local pack says nothing of it.
const fn quarter_of_an_hour() -> i64 {
    15
}

/// The rules of hearing. Refused when a silence lasts no time or longer than a month, or a score lies outside 1 to 1,000.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Hearing(Body);

impl TryFrom<Body> for Hearing {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let hearing = Self(body);
        for kind in DeviceKind::ALL {
            let hours = hearing.silent_after_secs(kind) / 3_600;
            if !(1..=31 * 24).contains(&hours) {
                return Err(Contradiction(format!("{kind} is silent after {hours} h; it must be 1 to 744")));
            }
        }
        if !(1..=1_000).contains(&hearing.0.face_floor) {
            return Err(Contradiction(format!("face_floor is {}; it must be 1 to 1000", hearing.0.face_floor)));
        }
        if !(0..=60).contains(&hearing.0.opening_secs) || hearing.0.silent_hours.gone_minutes < 0 {
            return Err(Contradiction("opening_secs must be 0 to 60, gone_minutes not negative".to_owned()));
        }
        if !(1..=24 * 60).contains(&hearing.0.own_gap_minutes) {
            return Err(Contradiction(format!("own_gap_minutes is {}; it must be 1 to 1440", hearing.0.own_gap_minutes)));
        }
        Ok(hearing)
    }
}

impl Hearing {
    /// The rule that counts at a place now.
    ///
    /// # Errors
    /// When the book has none.
    pub fn at(book: &Rulebook, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Self>>, RuleError> {
        book.get(HEARING_ID, place, at)
    }

    /// Reads every pack, so that a wrong one is found before it is needed.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn check(book: &Rulebook) -> Result<(), RuleError> {
        book.check::<Self>(HEARING_ID).map(|_| ())
    }

    /// After how many seconds without a message a device is silent (设备失联).
    #[must_use]
    pub const fn silent_after_secs(&self, kind: DeviceKind) -> i64 {
        let hours = &self.0.silent_hours;
        3_600
            * match kind {
                DeviceKind::Gateway => hours.gateway,
                DeviceKind::Frigate => hours.frigate,
                DeviceKind::Onvif => hours.onvif,
                DeviceKind::Contact => hours.contact,
                DeviceKind::Motion => hours.motion,
                DeviceKind::Vibration => hours.vibration,
                DeviceKind::Access => hours.access,
                DeviceKind::Water => hours.water,
                DeviceKind::Power => hours.power,
            }
    }

    /// After how many seconds a device of which its bridge or broker said that it is gone is silent.
    #[must_use]
    pub const fn gone_after_secs(&self) -> i64 {
        60 * self.0.silent_hours.gone_minutes
    }

    /// By how many seconds the clock of a device may differ.
    #[must_use]
    pub const fn clock_tolerance_secs(&self) -> i64 {
        self.0.clock_tolerance_secs
    }

    /// From how many seconds on a stop of our own is a gap in hearing, after which devices are given their whole time again.
    #[must_use]
    pub const fn own_gap_secs(&self) -> i64 {
        60 * self.0.own_gap_minutes
    }

    /// The lowest score that counts, in thousandths.
    #[must_use]
    pub const fn face_floor(&self) -> i64 {
        self.0.face_floor
    }

    /// Within how many seconds openings are one.
    #[must_use]
    pub const fn opening_secs(&self) -> i64 {
        self.0.opening_secs
    }

    /// Whether a code of an access controller means that the named person was let in.
    #[must_use]
    pub fn lets_in(&self, minor: i64) -> bool {
        self.0.let_in.contains(&minor)
    }

    /// What somebody used and what runs by itself; nothing for what is no meter.
    #[must_use]
    pub const fn use_of(&self, kind: DeviceKind) -> Option<Use> {
        match kind {
            DeviceKind::Water => Some(self.0.water),
            DeviceKind::Power => Some(self.0.power),
            _ => None,
        }
    }

    /// Within how many days a camera in a public place has to be filed (视频图像系统备案).
    #[must_use]
    pub const fn filing_days(&self) -> i64 {
        self.0.filing_days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Arc<Rule<Hearing>>, RuleError> {
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("local.toml".to_owned(), text.to_owned())])?;
        Hearing::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000))
    }

    #[test]
    fn thresholds_are_data() {
        let shipped = PACKS[0].1;
        let rule = read(shipped).unwrap();
        assert_eq!(rule.value.silent_after_secs(DeviceKind::Contact), 26 * 3_600);
        assert!(rule.value.lets_in(75) && !rule.value.lets_in(76));
        let stricter = read(&shipped.replace("face_floor = 800", "face_floor = 950")).unwrap();
        assert_eq!(stricter.value.face_floor(), 950);
        assert!(
            read(&shipped.replace("contact = 26", "contact = 0"))
                .unwrap_err()
                .to_string()
                .contains("contact is silent after 0 h")
        );
        assert!(read(&shipped.replace("face_floor = 800", "face_floor = 1001")).unwrap_err().to_string().contains("face_floor"));
    }
}
