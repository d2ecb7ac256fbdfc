//! Profiles of the watch (看护规则): what counts as a sign and how long silence may last, chosen per person.

use linli_watch::{Basis, Quiet, RulePack, Soft};
use serde::Deserialize;

use super::Contradiction;

/// One set of rules that a person may be watched under.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The code that a record keeps.
    pub code: String,
    /// How the watch keeps it, 1 to 15: the rest of its number says which quiet hours.
    pub number: u8,
    /// Which signs count.
    pub basis: BasisWord,
    /// Hours of silence that are too long, 1 to 720.
    pub hours: u16,
    /// The same while the person is out.
    #[serde(default)]
    pub hours_out: Option<u16>,
    /// From when to when nobody is knocked up, hours of the day.
    #[serde(default)]
    pub quiet: Option<[String; 2]>,
    /// When somebody with a learned routine is rung up.
    #[serde(default)]
    pub soft: Option<SoftWords>,
    /// Its name in Chinese.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// Its source.
    pub citation: String,
    /// The same in English; without it the source is given as it is.
    #[serde(default)]
    pub citation_en: Option<String>,
    /// Whether the text of the source was read.
    pub verified: bool,
}

/// Quiet hours that may be chosen instead of those of the profile (免打扰时段).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietChoice {
    /// The code that a record keeps.
    pub code: String,
    /// How the watch keeps it, 1 to 7.
    pub number: u8,
    /// From when to when; none: somebody may come at any hour.
    #[serde(default)]
    pub hours: Option<[String; 2]>,
    /// Its source.
    pub citation: String,
    /// Whether the text of the source was read.
    pub verified: bool,
}

/// Which signs count, as files write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BasisWord {
    /// The door crossed in a known direction.
    Crossing,
    /// Every sign.
    AnySign,
    /// Signs from within the home.
    Within,
}

/// The softer question, as files write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoftWords {
    min_days: u8,
    max_spread_hours: u8,
    margin_minutes: u16,
}

impl Profile {
    /// Its name.
    #[must_use]
    pub fn name(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(&self, english: bool) -> &str {
        self.citation_en.as_deref().filter(|_| english).unwrap_or(&self.citation)
    }

    /// Which signs count.
    #[must_use]
    pub const fn counted(&self) -> Basis {
        match self.basis {
            BasisWord::Crossing => Basis::Crossing,
            BasisWord::AnySign => Basis::AnySign,
            BasisWord::Within => Basis::Within,
        }
    }

    /// As the watch takes it.
    ///
    /// # Errors
    /// A time of day that there is not.
    pub fn pack(&self) -> Result<RulePack, Contradiction> {
        self.pack_as(self.number, self.quiet.as_ref())
    }

    /// The same under a number and quiet hours of its own.
    fn pack_as(&self, id: u8, hours: Option<&[String; 2]>) -> Result<RulePack, Contradiction> {
        let quiet = match hours {
            None => None,
            Some([from, to]) => Some(Quiet { from: minute(from)?, to: minute(to)? }),
        };
        Ok(RulePack {
            id,
            basis: self.counted(),
            hours: self.hours,
            hours_out: self.hours_out,
            quiet,
            soft: self.soft.map(|soft| Soft {
                min_days: soft.min_days,
                max_spread_hours: soft.max_spread_hours,
                margin_minutes: soft.margin_minutes,
            }),
        })
    }
}

/// `22:30` as minutes since midnight.
fn minute(text: &str) -> Result<u16, Contradiction> {
    let read = || {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    };
    read().ok_or_else(|| Contradiction(format!("{text} is no time of day")))
}

/// The most numbers of profiles: what lies above says which quiet hours.
const NUMBERS: u8 = 16;

/// What is chosen from. Refused when two bear one code or number, or the watch would refuse one.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Profiles {
    all: Vec<Profile>,
    quiet: Vec<QuietChoice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    profile: Vec<Profile>,
    #[serde(default)]
    quiet: Vec<QuietChoice>,
}

impl TryFrom<Body> for Profiles {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let Body { profile: all, quiet } = body;
        for (i, one) in all.iter().enumerate() {
            if all.iter().take(i).any(|before| before.code == one.code || before.number == one.number) {
                return Err(Contradiction(format!("there are two profiles {} or two of number {}", one.code, one.number)));
            }
        }
        if let Some(beyond) = all.iter().find(|one| !(1..NUMBERS).contains(&one.number)) {
            return Err(Contradiction(format!("the number of {} is not 1 to 15", beyond.code)));
        }
        for (i, one) in quiet.iter().enumerate() {
            let twice = quiet.iter().take(i).any(|before| before.code == one.code || before.number == one.number);
            if twice || !(1..8).contains(&one.number) || one.code.is_empty() {
                return Err(Contradiction(format!("quiet hours {} need a code and a number from 1 to 7 of their own", one.code)));
            }
        }
        let profiles = Self { all, quiet };
        let packs = profiles.every_pack()?;
        linli_watch::Engine::new(linli_watch::Config::for_slots(1), &packs).map_err(|error| Contradiction(error.to_string()))?;
        if profiles.all.is_empty() {
            return Err(Contradiction("there is no profile to choose".to_owned()));
        }
        Ok(profiles)
    }
}

impl Profiles {
    /// The one of this code.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<&Profile> {
        self.all.iter().find(|profile| profile.code == code)
    }

    /// All of them, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = &Profile> {
        self.all.iter()
    }

    /// Quiet hours that may be chosen instead of those of a profile, in the order of the file.
    pub fn quiet(&self) -> impl Iterator<Item = &QuietChoice> {
        self.quiet.iter()
    }

    /// Quiet hours by their code.
    #[must_use]
    pub fn find_quiet(&self, code: &str) -> Option<&QuietChoice> {
        self.quiet.iter().find(|one| one.code == code)
    }

    /// The quiet hours that count for somebody under a profile: those chosen, or those of the profile.
    #[must_use]
    pub fn hours_of<'a>(&'a self, profile: &'a Profile, chosen: Option<&str>) -> Option<&'a [String; 2]> {
        match chosen.and_then(|code| self.find_quiet(code)) {
            Some(choice) => choice.hours.as_ref(),
            None => profile.quiet.as_ref(),
        }
    }

    /// The number under which the watch keeps a profile with the quiet hours that were chosen.
    #[must_use]
    pub fn number_of(&self, profile: &Profile, chosen: Option<&str>) -> u8 {
        let quiet = chosen.and_then(|code| self.find_quiet(code)).map_or(0, |choice| choice.number);
        profile.number + NUMBERS * quiet
    }

    fn every_pack(&self) -> Result<Vec<RulePack>, Contradiction> {
        let mut packs = Vec::with_capacity(self.all.len() * (self.quiet.len() + 1));
        for profile in &self.all {
            packs.push(profile.pack()?);
            for choice in &self.quiet {
                packs.push(profile.pack_as(profile.number + NUMBERS * choice.number, choice.hours.as_ref())?);
            }
        }
        Ok(packs)
    }

    /// All of them as the watch takes them, with each of the quiet hours.
    #[must_use]
    pub fn packs(&self) -> Vec<RulePack> {
        // That each can be made was seen when the file was read.
        self.every_pack().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::{RuleError, Rulebook};

    use super::super::{PACKS, Rules};
    use super::*;

    fn read(text: &str) -> Result<Profiles, RuleError> {
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("local.toml".to_owned(), text.to_owned())])?;
        Ok(Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000))?.profiles().clone())
    }

    #[test]
    fn how_long_silence_may_last_is_data() {
        let shipped = PACKS[0].1;
        let hours = |text: &str| read(text).unwrap().find("not_left_home").unwrap().pack().unwrap().hours;
        assert_eq!(hours(shipped), 24);
        assert_eq!(hours(&shipped.replacen("hours = 24\nhours_out = 24", "hours = 30\nhours_out = 30", 1)), 30);
    }

    #[test]
    fn quiet_hours_of_a_person_are_a_number_of_their_own_in_the_watch() {
        let profiles = read(PACKS[0].1).unwrap();
        let packs = profiles.packs();
        let of = |profile: &str, chosen: Option<&str>| {
            let number = profiles.number_of(profiles.find(profile).unwrap(), chosen);
            packs.iter().find(|pack| pack.id == number).copied().unwrap()
        };
        let (usual, late, any) =
            (of("not_left_home", None), of("not_left_home", Some("late")), of("not_left_home", Some("any_hour")));
        assert_eq!((usual.hours, late.hours, usual.basis), (24, 24, late.basis), "nothing but the quiet hours is another");
        assert_eq!(usual.quiet, Some(Quiet { from: 22 * 60, to: 7 * 60 }));
        assert_eq!((late.quiet, any.quiet), (Some(Quiet { from: 23 * 60, to: 9 * 60 }), None));
        assert_eq!(of("no_sign", Some("gone by now")).id, 3, "quiet hours that are not offered any more are those of the rule");
        let mut ids: Vec<_> = packs.iter().map(|pack| pack.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), packs.len(), "no number twice");
    }

    #[test]
    fn a_profile_that_the_watch_would_refuse_is_refused_here() {
        let shipped = PACKS[0].1;
        let said = |text: &str| read(text).unwrap_err().to_string();
        assert!(said(&shipped.replacen("\"22:00\"", "\"25:00\"", 1)).contains("no time of day"));
        assert!(said(&shipped.replacen("number = 2", "number = 1", 1)).contains("two of number 1"));
        assert!(said(&shipped.replacen("number = 2", "number = 16", 1)).contains("not 1 to 15"));
        assert!(
            said(&shipped.replacen("code = \"any_hour\"\nnumber = 1", "code = \"any_hour\"\nnumber = 8", 1)).contains("any_hour")
        );
        assert!(said(&shipped.replacen("hours = 24", "hours = 900", 1)).contains("1 to 720"));
    }
}
