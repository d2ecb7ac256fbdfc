//! Red, yellow, green (红黄绿分级): the table of the source with the cells it leaves open, or the score form, as a city chooses.

use serde::Deserialize;

use super::Contradiction;
use crate::follow::model::{AgeBand, Colour, Disease, Factors, Vaccination};

/// What the rule says about somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// The colour by which they are followed from now on.
    pub colour: Colour,
    /// Whether the rule does not say it, so that a physician has to: until then `colour` is that of the more careful neighbour.
    pub undecided: bool,
    /// Which way it was found.
    pub why: Why,
}

/// How a colour was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It stands in the table.
    Table,
    /// The table leaves the cell open.
    OpenCell,
    /// The table has no column for a weakened immune system.
    Immunity,
    /// By the score form, with this sum.
    Score(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    Table,
    Score,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cell {
    age: AgeBand,
    disease: Disease,
    #[serde(default)]
    full: Option<Colour>,
    #[serde(default)]
    not_full: Option<Colour>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Immunity {
    at_least: Colour,
    #[serde(rename = "verified")]
    _verified: bool,
}

/// Points in the order of the words: age bands, diseases, vaccinations.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Score {
    age: [i64; 3],
    disease: [i64; 3],
    vaccination: [i64; 3],
    yellow_from: i64,
    red_from: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    method: Method,
    immunocompromised: Immunity,
    cell: Vec<Cell>,
    score: Score,
}

/// The rule. Refused when a row stands twice or is missing, or a cell is open all of whose neighbours are open too.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct KeyGroups(Body);

impl TryFrom<Body> for KeyGroups {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let rule = Self(body);
        for age in AgeBand::ALL {
            for disease in Disease::ALL {
                let rows = rule.0.cell.iter().filter(|cell| cell.age == *age && cell.disease == *disease).count();
                if rows != 1 {
                    return Err(Contradiction(format!("the row {age}/{disease} must stand once, not {rows} times")));
                }
                for full in [true, false] {
                    if rule.cell(*age, *disease, full).is_none() && rule.careful_neighbour(*age, *disease, full).is_none() {
                        return Err(Contradiction(format!(
                            "the open cell {age}/{disease}/{full} has no neighbour with a colour"
                        )));
                    }
                }
            }
        }
        if rule.0.score.yellow_from >= rule.0.score.red_from {
            return Err(Contradiction("red must begin above yellow".to_owned()));
        }
        Ok(rule)
    }
}

impl KeyGroups {
    /// What the rule says about somebody of this age in completed years.
    #[must_use]
    pub fn propose(&self, factors: &Factors, age: i64) -> Proposal {
        let band = AgeBand::of(age);
        let found = match self.0.method {
            Method::Score => self.by_score(band, factors),
            Method::Table => self.by_table(band, factors.disease, factors.vaccination == Vaccination::Full),
        };
        if !factors.immunocompromised || found.colour == Colour::Red {
            return found;
        }
        Proposal { colour: found.colour.max(self.0.immunocompromised.at_least), undecided: true, why: Why::Immunity }
    }

    fn by_table(&self, age: AgeBand, disease: Disease, full: bool) -> Proposal {
        match self.cell(age, disease, full) {
            Some(colour) => Proposal { colour, undecided: false, why: Why::Table },
            None => {
                let colour = self.careful_neighbour(age, disease, full).unwrap_or(Colour::Red);
                Proposal { colour, undecided: true, why: Why::OpenCell }
            }
        }
    }

    fn by_score(&self, age: AgeBand, factors: &Factors) -> Proposal {
        let score = &self.0.score;
        let [young, old, oldest] = score.age;
        let [none, stable, unstable] = score.disease;
        let [full, partial, unvaccinated] = score.vaccination;
        let of_age = match age {
            AgeBand::Under65 => young,
            AgeBand::From65 => old,
            AgeBand::From80 => oldest,
        };
        let of_disease = match factors.disease {
            Disease::None => none,
            Disease::Stable => stable,
            Disease::Unstable => unstable,
        };
        let of_vaccination = match factors.vaccination {
            Vaccination::Full => full,
            Vaccination::Partial => partial,
            Vaccination::Unvaccinated => unvaccinated,
        };
        let sum = of_age + of_disease + of_vaccination;
        let colour = match sum {
            sum if sum >= score.red_from => Colour::Red,
            sum if sum >= score.yellow_from => Colour::Yellow,
            _ => Colour::Green,
        };
        Proposal { colour, undecided: false, why: Why::Score(sum) }
    }

    /// The colour that the source states; `None` where it states none.
    #[must_use]
    pub fn cell(&self, age: AgeBand, disease: Disease, full: bool) -> Option<Colour> {
        let row = self.0.cell.iter().find(|cell| cell.age == age && cell.disease == disease)?;
        if full { row.full } else { row.not_full }
    }

    /// The most careful colour among the cells one step away: another vaccination, or the next disease or age band.
    fn careful_neighbour(&self, age: AgeBand, disease: Disease, full: bool) -> Option<Colour> {
        let vaccination = [self.cell(age, disease, !full)];
        let diseases = beside(Disease::ALL, disease).into_iter().map(|disease| self.cell(age, disease, full));
        let ages = beside(AgeBand::ALL, age).into_iter().map(|age| self.cell(age, disease, full));
        vaccination.into_iter().chain(diseases).chain(ages).flatten().max()
    }
}

/// What stands next to a value in a list, on both sides.
fn beside<T: Copy + PartialEq>(all: &[T], value: T) -> Vec<T> {
    let pairs = all.iter().zip(all.iter().skip(1));
    pairs.filter_map(|(one, other)| if *one == value { Some(*other) } else { (*other == value).then_some(*one) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::rules::testing::{rules, rules_with, shipped};

    fn factors(disease: Disease, vaccination: Vaccination, immunocompromised: bool) -> Factors {
        let born = jiff::civil::date(1950, 1, 1);
        Factors { born, disease, immunocompromised, vaccination, pregnant: false, scale2: false }
    }

    /// The table of the source, row by row; `None` where it says nothing.
    const SOURCE: [(i64, Disease, Option<Colour>, Option<Colour>); 9] = {
        use Colour::{Green, Red, Yellow};
        [
            (64, Disease::None, Some(Green), Some(Green)),
            (64, Disease::Stable, Some(Green), None),
            (64, Disease::Unstable, Some(Yellow), Some(Red)),
            (65, Disease::None, Some(Green), Some(Green)),
            (79, Disease::Stable, Some(Green), Some(Yellow)),
            (65, Disease::Unstable, Some(Red), Some(Red)),
            (80, Disease::None, Some(Yellow), None),
            (80, Disease::Stable, Some(Yellow), Some(Red)),
            (101, Disease::Unstable, None, Some(Red)),
        ]
    };

    #[test]
    fn every_cell_is_as_the_source_has_it() {
        let rules = rules();
        let mut open = 0;
        for (age, disease, full, not_full) in SOURCE {
            for (vaccination, said) in
                [(Vaccination::Full, full), (Vaccination::Partial, not_full), (Vaccination::Unvaccinated, not_full)]
            {
                let found = rules.groups().propose(&factors(disease, vaccination, false), age);
                match said {
                    Some(colour) => assert_eq!(found, Proposal { colour, undecided: false, why: Why::Table }),
                    None => {
                        open += usize::from(vaccination != Vaccination::Unvaccinated);
                        // In all three the most careful neighbour is red; nothing says that it is their colour.
                        assert_eq!(found, Proposal { colour: Colour::Red, undecided: true, why: Why::OpenCell });
                    }
                }
            }
        }
        assert_eq!(open, 3);
    }

    #[test]
    fn a_weakened_immune_system_goes_to_a_physician_and_is_never_followed_less_closely() {
        let rules = rules();
        for (age, disease, ..) in SOURCE {
            for vaccination in Vaccination::ALL {
                let plain = rules.groups().propose(&factors(disease, *vaccination, false), age);
                let weak = rules.groups().propose(&factors(disease, *vaccination, true), age);
                assert!(weak.colour >= plain.colour && weak.colour >= Colour::Yellow);
                assert!(weak.undecided || plain.colour == Colour::Red);
            }
        }
    }

    /// 打分法 can say something else than the table: which of them counts is the choice of a city, and stands in the pack.
    #[test]
    fn the_score_form_counts_where_a_city_chose_it() {
        let by_score = rules_with("care.key_groups", "method = \"table\"", "method = \"score\"");
        for (at, age) in [(0, 40), (1, 70), (2, 85)] {
            for disease in Disease::ALL {
                for vaccination in Vaccination::ALL {
                    let points = |n: usize| i64::try_from(n).unwrap();
                    let place_of = |at: usize| points(at);
                    let d = Disease::ALL.iter().position(|d| d == disease).map(place_of).unwrap();
                    let v = Vaccination::ALL.iter().position(|v| v == vaccination).map(place_of).unwrap();
                    let sum = at + d + v;
                    let colour = if sum >= 4 {
                        Colour::Red
                    } else if sum >= 2 {
                        Colour::Yellow
                    } else {
                        Colour::Green
                    };
                    let found = by_score.groups().propose(&factors(*disease, *vaccination, false), age);
                    assert_eq!(found, Proposal { colour, undecided: false, why: Why::Score(sum) });
                }
            }
        }
        // 65–79, stable, none: yellow by the table, and 1 + 1 + 2 makes red by the score.
        let same = factors(Disease::Stable, Vaccination::Unvaccinated, false);
        assert_eq!(rules().groups().propose(&same, 70).colour, Colour::Yellow);
        assert_eq!(by_score.groups().propose(&same, 70).colour, Colour::Red);
    }

    #[test]
    fn a_table_that_misses_a_row_is_refused() {
        let text = shipped("care.key_groups").replacen("disease = \"none\"", "disease = \"stable\"", 1);
        let wrong = crate::follow::rules::testing::read(&text).unwrap_err().to_string();
        assert!(wrong.contains("must stand once"), "{wrong}");
    }
}
