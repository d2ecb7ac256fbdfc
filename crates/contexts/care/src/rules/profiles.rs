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
    /// How the watch keeps it, 1 to 127.
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

    /// As the watch takes it.
    ///
    /// # Errors
    /// A time of day that there is not.
    pub fn pack(&self) -> Result<RulePack, Contradiction> {
        let quiet = match &self.quiet {
            None => None,
            Some([from, to]) => Some(Quiet { from: minute(from)?, to: minute(to)? }),
        };
        Ok(RulePack {
            id: self.number,
            basis: match self.basis {
                BasisWord::Crossing => Basis::Crossing,
                BasisWord::AnySign => Basis::AnySign,
                BasisWord::Within => Basis::Within,
            },
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

/// What is chosen from. Refused when two bear one code or number, or the watch would refuse one.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Profiles(Vec<Profile>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    profile: Vec<Profile>,
}

impl TryFrom<Body> for Profiles {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let all = body.profile;
        for (i, one) in all.iter().enumerate() {
            if all.iter().take(i).any(|before| before.code == one.code || before.number == one.number) {
                return Err(Contradiction(format!("there are two profiles {} or two of number {}", one.code, one.number)));
            }
        }
        let packs = all.iter().map(Profile::pack).collect::<Result<Vec<_>, _>>()?;
        linli_watch::Engine::new(linli_watch::Config::for_slots(1), &packs).map_err(|error| Contradiction(error.to_string()))?;
        if all.is_empty() {
            return Err(Contradiction("there is no profile to choose".to_owned()));
        }
        Ok(Self(all))
    }
}

impl Profiles {
    /// The one of this code.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<&Profile> {
        self.0.iter().find(|profile| profile.code == code)
    }

    /// All of them, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = &Profile> {
        self.0.iter()
    }

    /// All of them as the watch takes them.
    #[must_use]
    pub fn packs(&self) -> Vec<RulePack> {
        // That each can be made was seen when the file was read.
        self.0.iter().filter_map(|profile| profile.pack().ok()).collect()
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
    fn a_profile_that_the_watch_would_refuse_is_refused_here() {
        let shipped = PACKS[0].1;
        let said = |text: &str| read(text).unwrap_err().to_string();
        assert!(said(&shipped.replacen("\"22:00\"", "\"25:00\"", 1)).contains("no time of day"));
        assert!(said(&shipped.replacen("number = 2", "number = 1", 1)).contains("two of number 1"));
        assert!(said(&shipped.replacen("hours = 24", "hours = 900", 1)).contains("1 to 720"));
    }
}
