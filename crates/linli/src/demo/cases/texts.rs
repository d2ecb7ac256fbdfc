//! What people write: templates with slots, kept as data in `reports.toml`.

use serde::Deserialize;

use super::super::DemoError;
use super::super::dice::Dice;
use super::weather::Day;

/// The texts as they are written down.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Words of all classes.
    pub common: Common,
    /// The classes.
    #[serde(rename = "class")]
    pub classes: Vec<Class>,
}

/// Words of all classes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Common {
    since: Vec<String>,
    when: Vec<String>,
    who: Vec<String>,
    ask: Vec<String>,
    /// How the desk begins what it was told.
    pub phone_calls: Vec<String>,
    /// How staff begin what they were told at the door.
    pub doorstep: Vec<String>,
    /// How staff begin what they saw themselves.
    pub patrol: Vec<String>,
}

/// Who is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum FirstOwner {
    /// 生活管家.
    #[default]
    Steward,
    /// 物业值班.
    Desk,
    /// 网格员.
    Grid,
    /// 物业经理.
    Manager,
}

/// Weather that makes a class more common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum With {
    /// Rain.
    Rain,
    /// Wind.
    Wind,
}

/// One class of reports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// The code under which cases knows it.
    pub code: String,
    /// Who is asked first.
    #[serde(default)]
    pub owner: FirstOwner,
    weight: usize,
    /// Of a hundred reports, how many carry a photo.
    pub photo: usize,
    /// How long the work takes, from and to, in minutes.
    pub minutes: [i64; 2],
    with: Option<With>,
    /// Reported at an entrance rather than for the whole estate.
    #[serde(default)]
    pub indoors: bool,
    #[serde(default, rename = "where")]
    places: Vec<String>,
    #[serde(default)]
    what: Vec<String>,
    #[serde(default)]
    tried: Vec<String>,
    /// What is reported.
    pub reports: Vec<String>,
    /// What was done.
    pub done: Vec<String>,
    /// What the reporter says when it was not enough.
    pub not_fixed: Vec<String>,
    /// Why it was none.
    #[serde(rename = "void")]
    pub voided: Vec<String>,
}

/// How much weather multiplies the weight of its classes.
const WEATHER: usize = 7;

impl Class {
    fn weight_on(&self, day: Day) -> usize {
        let fits = match self.with {
            Some(With::Rain) => day.rain,
            Some(With::Wind) => day.wind,
            None => false,
        };
        if fits { self.weight * WEATHER } else { self.weight }
    }

    /// A colour of its own for the pictures of the class.
    pub fn hue(&self) -> u8 {
        self.code.bytes().fold(17, |hue: u8, byte| hue.wrapping_mul(31).wrapping_add(byte))
    }
}

impl Texts {
    /// The texts that come with the program.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn load() -> Result<Self, DemoError> {
        toml::from_str(include_str!("../reports.toml")).map_err(|e| DemoError::Texts(e.to_string()))
    }

    /// A class as common as the weather makes it.
    pub fn class(&self, day: Day, dice: &Dice) -> &Class {
        let weights: Vec<usize> = self.classes.iter().map(|c| c.weight_on(day)).collect();
        // A list without classes cannot be drawn from; `load` is tested to have some.
        self.classes.get(dice.weighted(&weights)).unwrap_or_else(|| unreachable_class(&self.classes))
    }

    /// One of the templates with its slots filled.
    pub fn say(&self, class: &Class, templates: &[String], floors: i64, dice: &Dice) -> String {
        let mut text = dice.word(templates).to_owned();
        // What a class says may hold common slots, so its own come first.
        let slots: [(&str, &[String]); 7] = [
            ("{where}", &class.places),
            ("{what}", &class.what),
            ("{tried}", &class.tried),
            ("{since}", &self.common.since),
            ("{when}", &self.common.when),
            ("{who}", &self.common.who),
            ("{ask}", &self.common.ask),
        ];
        for (slot, words) in slots {
            if text.contains(slot) {
                text = text.replace(slot, dice.word(words));
            }
        }
        let floor = usize::try_from(dice.between(1, floors.max(1))).unwrap_or(1);
        text.replace("{floor}", &format!("{}楼", super::super::grids::chinese(floor)))
    }
}

fn unreachable_class(classes: &[Class]) -> &Class {
    match classes {
        [first, ..] => first,
        [] => std::panic::panic_any("reports.toml holds no class"),
    }
}
