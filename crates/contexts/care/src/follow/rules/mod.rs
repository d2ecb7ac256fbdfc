//! Pure decisions about key groups and readings, each from a rule pack with its source and version. A score or a colour is computed and
//! explained; what follows from it a person decides (个人信息保护法 art. 24).

mod antivirals;
mod bands;
mod colour;
mod news2;
mod oxygen;
mod readings;
mod schedule;
mod told;
mod triage;

use std::sync::Arc;

use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{Rule, RuleError, Rulebook, Stamp};

pub use antivirals::{Answers, Antivirals, Checked, Fit, Interaction, Medicine, Point, Question};
pub use bands::{Band, Bands};
pub use colour::{KeyGroups, Proposal, Why};
pub use news2::{News2, NewsScore, NotScored, Parameter, Part, Risk, Whose};
pub use oxygen::{Oxygen, PLACES_MAX};
pub use readings::{Judged, Past, Readings};
pub use schedule::{Asked, Schedule};
pub use told::{Impossible, Slip, Told};
pub use triage::{Raising, Sign, Stratum, Triage, Triaged};

/// The id of the pack of colours.
pub const GROUPS_ID: &str = "care.key_groups";
/// The id of the pack of follow-up times.
pub const SCHEDULE_ID: &str = "care.follow_up";
/// The id of the pack of values.
pub const READINGS_ID: &str = "care.readings";
/// The id of the pack of NEWS2.
pub const NEWS2_ID: &str = "care.news2";
/// The id of the pack of WS/T 810.
pub const TRIAGE_ID: &str = "care.triage";

/// The id of the pack of early antivirals.
pub const ANTIVIRALS_ID: &str = "care.antivirals";

/// The id of the pack of oxygen places.
pub const OXYGEN_ID: &str = "care.oxygen";

/// The packs that ship with key groups and readings: file name and text.
pub const PACKS: [(&str, &str); 7] = [
    ("care/key_groups.toml", include_str!("../../../rules/key_groups.toml")),
    ("care/follow_up.toml", include_str!("../../../rules/follow_up.toml")),
    ("care/readings.toml", include_str!("../../../rules/readings.toml")),
    ("care/news2.toml", include_str!("../../../rules/news2.toml")),
    ("care/triage.toml", include_str!("../../../rules/triage.toml")),
    ("care/antivirals.toml", include_str!("../../../rules/antivirals.toml")),
    ("care/oxygen.toml", include_str!("../../../rules/oxygen.toml")),
];

pub use linli_rulebook::Contradiction;

/// The rules as they count at one place and instant.
#[derive(Debug, Clone)]
pub struct Rules {
    groups: Arc<Rule<KeyGroups>>,
    schedule: Arc<Rule<Schedule>>,
    readings: Arc<Rule<Readings>>,
    news2: Arc<Rule<News2>>,
    triage: Arc<Rule<Triage>>,
    antivirals: Arc<Rule<Antivirals>>,
    oxygen: Arc<Rule<Oxygen>>,
}

impl Rules {
    /// What counts at a place and instant.
    ///
    /// # Errors
    /// When the book has no such packs, or they have not the form ([`Rules::check`] tells at the start).
    pub fn at(book: &Rulebook, place: &PlacePath, at: Ts) -> Result<Self, RuleError> {
        Ok(Self {
            groups: book.get(GROUPS_ID, place, at)?,
            schedule: book.get(SCHEDULE_ID, place, at)?,
            readings: book.get(READINGS_ID, place, at)?,
            news2: book.get(NEWS2_ID, place, at)?,
            triage: book.get(TRIAGE_ID, place, at)?,
            antivirals: book.get(ANTIVIRALS_ID, place, at)?,
            oxygen: book.get(OXYGEN_ID, place, at)?,
        })
    }

    /// Reads every pack, so that a wrong one is found before it is needed.
    ///
    /// # Errors
    /// The first pack that is wrong.
    pub fn check(book: &Rulebook) -> Result<(), RuleError> {
        book.check::<KeyGroups>(GROUPS_ID)?;
        book.check::<Schedule>(SCHEDULE_ID)?;
        book.check::<Readings>(READINGS_ID)?;
        book.check::<News2>(NEWS2_ID)?;
        book.check::<Triage>(TRIAGE_ID)?;
        book.check::<Antivirals>(ANTIVIRALS_ID)?;
        book.check::<Oxygen>(OXYGEN_ID)?;
        Ok(())
    }

    /// Which colour.
    #[must_use]
    pub fn groups(&self) -> &KeyGroups {
        &self.groups.value
    }

    /// When somebody is asked.
    #[must_use]
    pub fn schedule(&self) -> &Schedule {
        &self.schedule.value
    }

    /// Which values can be, and which raise an alarm.
    #[must_use]
    pub fn readings(&self) -> &Readings {
        &self.readings.value
    }

    /// NEWS2.
    #[must_use]
    pub fn news2(&self) -> &News2 {
        &self.news2.value
    }

    /// WS/T 810.
    #[must_use]
    pub fn triage(&self) -> &Triage {
        &self.triage.value
    }

    /// Early antivirals.
    #[must_use]
    pub fn antivirals(&self) -> &Antivirals {
        &self.antivirals.value
    }

    /// The pack of early antivirals, to be cited.
    #[must_use]
    pub fn antivirals_stamp(&self) -> &Stamp {
        &self.antivirals.stamp
    }

    /// Oxygen places.
    #[must_use]
    pub fn oxygen(&self) -> &Oxygen {
        &self.oxygen.value
    }

    /// The pack of oxygen places, to be cited.
    #[must_use]
    pub fn oxygen_stamp(&self) -> &Stamp {
        &self.oxygen.stamp
    }

    /// The pack of colours, to be cited.
    #[must_use]
    pub fn groups_stamp(&self) -> &Stamp {
        &self.groups.stamp
    }

    /// The pack of follow-up times, to be cited.
    #[must_use]
    pub fn schedule_stamp(&self) -> &Stamp {
        &self.schedule.stamp
    }

    /// The pack of values, to be cited.
    #[must_use]
    pub fn readings_stamp(&self) -> &Stamp {
        &self.readings.stamp
    }

    /// The pack of NEWS2, to be cited.
    #[must_use]
    pub fn news2_stamp(&self) -> &Stamp {
        &self.news2.stamp
    }

    /// The pack of WS/T 810, to be cited.
    #[must_use]
    pub fn triage_stamp(&self) -> &Stamp {
        &self.triage.stamp
    }
}

/// How a record names the pack it went by, `care.key_groups@2026.1`.
#[must_use]
pub fn mark(stamp: &Stamp) -> String {
    format!("{}@{}", stamp.id, stamp.version)
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// Some instant at which all shipped packs count.
    pub const SOME: Ts = Ts(1_800_000_000_000_000);

    pub fn rules() -> Rules {
        Rules::at(&Rulebook::builtin(&PACKS).unwrap(), &PlacePath::root(), SOME).unwrap()
    }

    pub fn shipped(id: &str) -> &'static str {
        PACKS.iter().find(|(_, text)| text.contains(&format!("id = \"{id}\""))).unwrap().1
    }

    /// With a local pack in the place of a shipped one.
    pub fn read(text: &str) -> Result<Rules, RuleError> {
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("local.toml".to_owned(), text.to_owned())])?;
        Rules::at(&book, &PlacePath::root(), SOME)
    }

    /// With one thing of a shipped pack said differently; that it was there is asserted.
    pub fn rules_with(id: &str, said: &str, instead: &str) -> Rules {
        let text = shipped(id);
        assert!(text.contains(said), "{said}");
        read(&text.replacen(said, instead, 1)).unwrap()
    }

    #[test]
    fn shipped_packs_hold_together() {
        Rules::check(&Rulebook::builtin(&PACKS).unwrap()).unwrap();
    }
}
