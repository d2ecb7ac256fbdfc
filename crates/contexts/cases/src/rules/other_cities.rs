//! What belongs to another city (其他城市的事): which city this is and how people speak of others, as data of each place.

use linli_rulebook::Contradiction;
use serde::Deserialize;

use super::Elsewhere;

/// What stands for the name of a city.
const CITY: &str = "{city}";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    own: Vec<String>,
    said: Vec<String>,
    cities: Vec<String>,
    told: Elsewhere,
}

/// How a text says that it is about another city, and what its reporter is told. Refused without a city of one's own, and where a way of saying
/// it has no place for the name.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct OtherCities {
    words: Vec<String>,
    told: Elsewhere,
}

impl TryFrom<Body> for OtherCities {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        if body.own.iter().all(|city| city.trim().is_empty()) {
            return Err(Contradiction("own does not say which city this is".to_owned()));
        }
        if let Some(said) = body.said.iter().find(|said| !said.contains(CITY)) {
            return Err(Contradiction(format!("{said} has no {CITY} in it")));
        }
        let others = body.cities.iter().filter(|city| !city.trim().is_empty() && !body.own.contains(city));
        let words = others.flat_map(|city| body.said.iter().map(move |said| said.replace(CITY, city).to_lowercase())).collect();
        Ok(Self { words, told: body.told })
    }
}

impl OtherCities {
    /// What the reporter is told, if the text says that it is about another city.
    #[must_use]
    pub fn said_in(&self, text: &str) -> Option<&Elsewhere> {
        let text = text.to_lowercase();
        self.words.iter().any(|words| text.contains(words.as_str())).then_some(&self.told)
    }
}

#[cfg(test)]
mod tests {
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::Rulebook;

    use crate::rules::{PACKS, Rules};

    const TEXT: &str = PACKS[5].1;

    fn rules(local: Option<&str>, place: &str) -> Result<Rules, linli_rulebook::RuleError> {
        let texts = local.map(|text| ("city.toml".to_owned(), text.to_owned())).into_iter().collect();
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(texts)?;
        Rules::check(&book)?;
        Rules::at(&book, &place.parse::<PlacePath>().unwrap(), Ts(1_800_000_000_000_000))
    }

    fn told(rules: &Rules, text: &str) -> Option<String> {
        rules.elsewhere(text).map(|elsewhere| elsewhere.code.clone())
    }

    #[test]
    fn another_city_is_told_where_and_the_own_one_is_not() {
        let nanjing = rules(None, "00000001").unwrap();
        for text in ["我在上海，家里漏水", "杭州的房子没暖气", "苏州市的路灯坏了"] {
            assert_eq!(told(&nanjing, text).as_deref(), Some("other_city"), "{text}");
        }
        for text in ["我在南京，家里漏水", "上海路的路灯坏了", "南京的房子漏水", "楼道灯不亮"] {
            assert_eq!(told(&nanjing, text), None, "{text}");
        }
    }

    /// A place that names another city as its own turns other cities away, without a word of code.
    #[test]
    fn a_place_says_which_city_it_is() {
        let suzhou = TEXT
            .replace("own = [\"南京\"]", "own = [\"苏州\"]")
            .replace("version = \"2026.1\"", "version = \"2026.1-suzhou\"\nplace = \"00000002\"");
        let there = rules(Some(&suzhou), "00000002").unwrap();
        assert_eq!(told(&there, "南京的房子漏水").as_deref(), Some("other_city"));
        assert_eq!(told(&there, "我在苏州，家里漏水"), None);
        let here = rules(Some(&suzhou), "00000001").unwrap();
        assert_eq!(told(&here, "我在苏州，家里漏水").as_deref(), Some("other_city"));
    }

    #[test]
    fn a_pack_that_does_not_say_which_city_it_is_is_refused() {
        let said = |text: &str| rules(Some(text), "00000001").unwrap_err().to_string();
        assert!(said(&TEXT.replace("own = [\"南京\"]", "own = []")).contains("own does not say which city this is"));
        assert!(said(&TEXT.replace("\"我在{city}\"", "\"我在外地\"")).contains("我在外地 has no {city} in it"));
    }
}
