//! What belongs to another city (其他城市的事): which city this is and how people speak of others, as data of each place.

use linli_rulebook::Contradiction;
use serde::Deserialize;

use super::Elsewhere;
use super::wording::ends_clause;

/// What stands for the name of a city.
const CITY: &str = "{city}";
/// What stands for the name of a part of one, at the end of a way of saying it.
const PART: &str = "{part}";
/// What stands at the end of a way of saying it that ends its clause: 「我住北京，」.
const END: char = '。';

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    own: Vec<String>,
    said: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    parts: Vec<String>,
    cities: Vec<String>,
    told: Elsewhere,
}

/// How a text says that it is about another city, and what its reporter is told. Refused without a city of one's own, and where a way of saying
/// it has no place for the name.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct OtherCities {
    cities: Vec<String>,
    said: Vec<Way>,
    /// What takes a way of saying it back: 「上海路」 is a street here.
    unless: Vec<Way>,
    parts: Vec<String>,
    told: Elsewhere,
}

/// What stands around the name of a city.
#[derive(Debug, Clone)]
struct Way {
    before: String,
    after: String,
    /// Whether a part of a city follows.
    part: bool,
    /// Whether the clause ends there.
    ends: bool,
}

impl Way {
    fn read(text: &str) -> Option<Self> {
        let (before, after) = text.split_once(CITY)?;
        let (after, ends) = after.strip_suffix(END).map_or((after, false), |after| (after, true));
        let (after, part) = after.strip_suffix(PART).map_or((after, false), |after| (after, true));
        Some(Self { before: before.to_lowercase(), after: after.to_lowercase(), part, ends })
    }

    /// Whether it stands around the name of a city, with the parts that cities have.
    fn fits(&self, before: &str, after: &str, parts: &[String]) -> bool {
        let Some(rest) = after.strip_prefix(self.after.as_str()).filter(|_| before.ends_with(self.before.as_str())) else {
            return false;
        };
        let ended = |rest: &str| !self.ends || rest.chars().next().is_none_or(|c| ends_clause(c) || c.is_whitespace());
        if self.part { parts.iter().filter_map(|part| rest.strip_prefix(part.as_str())).any(ended) } else { ended(rest) }
    }
}

impl TryFrom<Body> for OtherCities {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        if body.own.iter().all(|city| city.trim().is_empty()) {
            return Err(Contradiction("own does not say which city this is".to_owned()));
        }
        let ways = |texts: &[String]| {
            let read = |text: &String| Way::read(text).ok_or_else(|| Contradiction(format!("{text} has no {CITY} in it")));
            texts.iter().map(read).collect::<Result<Vec<Way>, Contradiction>>()
        };
        let (said, unless) = (ways(&body.said)?, ways(&body.unless)?);
        let others = body.cities.iter().filter(|city| !city.trim().is_empty() && !body.own.contains(city));
        let cities = others.map(|city| city.to_lowercase()).collect();
        let parts = body.parts.iter().filter(|part| !part.trim().is_empty()).map(|part| part.to_lowercase()).collect();
        Ok(Self { cities, said, unless, parts, told: body.told })
    }
}

impl OtherCities {
    /// What the reporter is told, if the text says that it is about another city.
    #[must_use]
    pub fn said_in(&self, text: &str) -> Option<&Elsewhere> {
        let text = text.to_lowercase();
        let mentions = self.cities.iter().flat_map(|city| text.match_indices(city.as_str()));
        let mut around = mentions.filter_map(|(at, city)| Some((text.get(..at)?, text.get(at + city.len()..)?)));
        let fits = |ways: &[Way], (before, after): (&str, &str)| ways.iter().any(|way| way.fits(before, after, &self.parts));
        around.any(|mention| fits(&self.said, mention) && !fits(&self.unless, mention)).then_some(&self.told)
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
        for text in [
            "我在上海，家里漏水",
            "杭州的房子没暖气",
            "苏州市的路灯坏了",
            "北京市朝阳区三里屯路灯不亮",
            "上海市浦东新区的地铁站漏水",
            "上海浦东新区的地铁站漏水",
            "上海市徐汇区路灯坏了",
            "我住北京,路灯不亮",
            "我住在北京 楼道灯不亮",
            "苏州那边的房子漏水",
            "我家在杭州。电梯坏了",
        ] {
            assert_eq!(told(&nanjing, text).as_deref(), Some("other_city"), "{text}");
        }
        for text in [
            "我在南京，家里漏水",
            "上海路的路灯坏了",
            "南京的房子漏水",
            "楼道灯不亮",
            "北京东路小区的路灯不亮",
            "我住北京东路12号，路灯不亮",
            "我在上海路看到井盖没了",
            "我家在北京西路。电梯坏了",
            "苏州市场门口的路灯坏了",
            "南京市上海路那边的路灯坏了",
            "广州路那边漏水",
            "上海新村的房子漏水",
        ] {
            assert_eq!(told(&nanjing, text), None, "{text}");
        }
    }

    /// A place that names another city as its own turns other cities away, without a word of code.
    #[test]
    fn a_place_says_which_city_it_is() {
        let suzhou = TEXT
            .replace("own = [\"南京\"]", "own = [\"苏州\"]")
            .replace("version = \"2026.2\"", "version = \"2026.2-suzhou\"\nplace = \"00000002\"");
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
        assert!(said(&TEXT.replace("\"{city}路\"", "\"某路\"")).contains("某路 has no {city} in it"));
    }
}
