//! The codes of city management (城市管理部件和事项): both lists, and what the codes of 2013 became.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use linli_territory::reference::component_classes;
use serde::Deserialize;

use linli_rulebook::Contradiction;

/// Which of the two lists. Both use the same five digits, so that only kind and code together are a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CityKind {
    /// 部件: a thing that stands in the street.
    Component,
    /// 事项: what is wrong. Cases are about matters.
    Matter,
}

impl CityKind {
    /// The word in addresses and text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Matter => "matter",
        }
    }
}

/// A code of one of the lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CityCode {
    /// Which list.
    pub kind: CityKind,
    /// Five digits: two of the major class (大类), three of the minor one (小类).
    pub code: String,
    /// Its name.
    pub name: String,
    /// The name of its major class.
    pub major: String,
    /// The standard it stands in; for a local one the standard whose free range it uses.
    pub standard_ref: String,
    /// From which day on.
    pub valid_from: Date,
    /// Whether a place added it in the range that is kept free (本地扩展).
    pub is_local: bool,
}

/// How we know that two codes follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// A source names both.
    Source,
    /// 按编码规律推定: the pattern is ours.
    Pattern,
}

/// What became of a code of 2013.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Successor<'a> {
    /// This one.
    Code(&'a CityCode, Basis),
    /// No successor is known; the old name where one is.
    NoneKnown(Option<&'a str>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Standard {
    reference: String,
    #[serde(deserialize_with = "day")]
    in_force: Date,
    replaces: String,
    defect: String,
    local_minors: [u16; 2],
}

fn day<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Major {
    code: String,
    name: String,
    /// Each with its three digits in front.
    matters: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    kind: CityKind,
    old: String,
    new: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Old {
    kind: CityKind,
    code: String,
    name: String,
    #[serde(default)]
    new: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Local {
    kind: CityKind,
    code: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HandledAs {
    class: String,
    matters: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    standard: Standard,
    major: Vec<Major>,
    #[serde(default)]
    local: Vec<Local>,
    #[serde(default)]
    pattern: Vec<Pattern>,
    #[serde(default)]
    old: Vec<Old>,
    #[serde(default)]
    handled_as: Vec<HandledAs>,
}

/// Both lists with what links them. Refused when a code is there twice, a standard code stands in the free range or a local one
/// outside it, or a link names a code that is not here.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct CityCodes {
    codes: BTreeMap<(CityKind, String), CityCode>,
    patterns: Vec<Pattern>,
    old: Vec<Old>,
    handled_as: HashMap<String, String>,
    replaces: String,
}

fn five_digits(code: &str) -> bool {
    code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit())
}

fn split(code: &str) -> (&str, &str) {
    code.split_at_checked(2).unwrap_or((code, ""))
}

impl TryFrom<Body> for CityCodes {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let Body { standard, major, local, pattern, old, handled_as } = body;
        let mut lists = Self {
            codes: BTreeMap::new(),
            patterns: pattern,
            old,
            handled_as: HashMap::new(),
            replaces: standard.replaces.clone(),
        };
        let entry = |kind, code: &str, name: &str, major: &str, is_local| CityCode {
            kind,
            code: code.to_owned(),
            name: name.to_owned(),
            major: major.to_owned(),
            standard_ref: standard.reference.clone(),
            valid_from: standard.in_force,
            is_local,
        };
        let components = component_classes().map_err(|e| Contradiction(e.to_string()))?;
        for class in &components {
            let broken = format!("{}{}", class.name, standard.defect);
            lists.add(entry(CityKind::Component, &class.code, &class.name, &class.major_name, false), &standard)?;
            lists.add(entry(CityKind::Matter, &class.code, &broken, &class.major_name, false), &standard)?;
        }
        for group in &major {
            for written in &group.matters {
                let (minor, name) = written.split_once(' ').unwrap_or((written, ""));
                lists.add(entry(CityKind::Matter, &format!("{}{minor}", group.code), name, &group.name, false), &standard)?;
            }
        }
        for added in &local {
            let major = lists.name_of_major(&added.code);
            lists.add(entry(added.kind, &added.code, &added.name, &major, true), &standard)?;
        }
        lists.link(&handled_as)?;
        Ok(lists)
    }
}

impl CityCodes {
    fn add(&mut self, code: CityCode, standard: &Standard) -> Result<(), Contradiction> {
        let kind = code.kind.as_str();
        if !five_digits(&code.code) || code.name.is_empty() {
            return Err(Contradiction(format!("{kind} {} needs five digits and a name", code.code)));
        }
        let [first, last] = standard.local_minors;
        let free = split(&code.code).1.parse::<u16>().is_ok_and(|minor| (first..=last).contains(&minor));
        if free != code.is_local {
            let why = if free { "stands in the range kept for places" } else { "is local outside the range kept for places" };
            return Err(Contradiction(format!("{kind} {} {why}, {first:03} to {last:03}", code.code)));
        }
        match self.codes.insert((code.kind, code.code.clone()), code) {
            Some(twice) => Err(Contradiction(format!("{kind} {} is there twice", twice.code))),
            None => Ok(()),
        }
    }

    fn link(&mut self, handled_as: &[HandledAs]) -> Result<(), Contradiction> {
        let missing = |code: &str| Contradiction(format!("{code} is linked and not in the list"));
        if let Some(lost) = self.old.iter().find(|old| old.new.as_ref().is_some_and(|new| self.find(old.kind, new).is_none())) {
            return Err(missing(lost.new.as_deref().unwrap_or_default()));
        }
        for group in handled_as {
            for matter in &group.matters {
                if self.find(CityKind::Matter, matter).is_none() {
                    return Err(missing(matter));
                }
                if self.handled_as.insert(matter.clone(), group.class.clone()).is_some() {
                    return Err(Contradiction(format!("matter {matter} is handled as two classes")));
                }
            }
        }
        Ok(())
    }

    fn name_of_major(&self, code: &str) -> String {
        let same = |known: &&CityCode| split(&known.code).0 == split(code).0;
        self.codes.values().find(same).map(|known| known.major.clone()).unwrap_or_default()
    }

    /// The entries of one list, in the order of their codes.
    pub fn all(&self, kind: CityKind) -> impl Iterator<Item = &CityCode> {
        self.codes.values().filter(move |code| code.kind == kind)
    }

    /// The entry of this kind and code.
    #[must_use]
    pub fn find(&self, kind: CityKind, code: &str) -> Option<&CityCode> {
        self.codes.get(&(kind, code.to_owned()))
    }

    /// The standard that these lists replaced.
    #[must_use]
    pub fn replaces(&self) -> &str {
        &self.replaces
    }

    /// What a four-digit code of 2013 became.
    #[must_use]
    pub fn successor(&self, kind: CityKind, old: &str) -> Successor<'_> {
        if let Some(known) = self.old.iter().find(|known| known.kind == kind && known.code == old) {
            let new = known.new.as_ref().and_then(|new| self.find(kind, new));
            return new.map_or(Successor::NoneKnown(Some(&known.name)), |new| Successor::Code(new, Basis::Source));
        }
        let (major, minor) = split(old);
        let carried = || {
            let pattern = self.patterns.iter().find(|pattern| pattern.kind == kind && pattern.old == major)?;
            (minor.len() == 2).then(|| self.find(kind, &format!("{}0{minor}", pattern.new))).flatten()
        };
        carried().map_or(Successor::NoneKnown(None), |code| Successor::Code(code, Basis::Pattern))
    }

    /// The codes of 2013 that a code continues; none where none is known.
    #[must_use]
    pub fn predecessors(&self, kind: CityKind, new: &str) -> Vec<(String, Basis)> {
        let named = self.old.iter().filter(|old| old.kind == kind && old.new.as_deref() == Some(new));
        let mut found: Vec<(String, Basis)> = named.map(|old| (old.code.clone(), Basis::Source)).collect();
        let (major, minor) = split(new);
        if let Some(two) = minor.strip_prefix('0').filter(|_| self.find(kind, new).is_some()) {
            let carried = self.patterns.iter().filter(|pattern| pattern.kind == kind && pattern.new == major);
            found.extend(carried.map(|pattern| (format!("{}{two}", pattern.old), Basis::Pattern)));
        }
        found
    }

    /// The code of the class of reports (报修类别) as which a matter is handled; `None` where no such link is known.
    #[must_use]
    pub fn handled_as(&self, matter: &str) -> Option<&str> {
        self.handled_as.get(matter).map(String::as_str)
    }

    /// A matter as somebody names it: five digits, the four digits of 2013, or its name.
    #[must_use]
    pub fn matter_named(&self, named: &str) -> Option<&CityCode> {
        let named = named.trim();
        let by_name = || self.all(CityKind::Matter).find(|code| code.name == named);
        if named.len() == 4
            && let Successor::Code(code, _) = self.successor(CityKind::Matter, named)
        {
            return Some(code);
        }
        self.find(CityKind::Matter, named).or_else(by_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{PACKS, Rules};
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::{RuleError, Rulebook};

    const TEXT: &str = PACKS[3].1;

    fn read(text: &str) -> Result<CityCodes, RuleError> {
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("local.toml".to_owned(), text.to_owned())])?;
        Ok(Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000))?.city().clone())
    }

    #[test]
    fn the_lists_have_their_counts() {
        let lists = read(TEXT).unwrap();
        let count = |kind, major: &str| lists.all(kind).filter(|code| code.code.starts_with(major)).count();
        assert_eq!(lists.all(CityKind::Component).count(), 153);
        assert_eq!(lists.all(CityKind::Matter).count(), 250);
        assert_eq!(["01", "02", "03", "04", "05"].map(|m| count(CityKind::Component, m)), [76, 44, 16, 14, 3]);
        let matters = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10"].map(|m| count(CityKind::Matter, m));
        assert_eq!(matters, [76, 44, 16, 14, 3, 51, 7, 16, 21, 2]);
        let names = |kind, code: &str| lists.find(kind, code).map(|c| c.name.as_str());
        assert_eq!(names(CityKind::Component, "01001"), Some("供水井盖"));
        assert_eq!(names(CityKind::Matter, "01001"), Some("供水井盖异常"));
        assert_eq!(names(CityKind::Matter, "06015"), Some("沙（河）滩不洁"));
        for unused in ["01016", "06031", "07005", "09007"] {
            assert_eq!(names(CityKind::Matter, unused), None, "{unused} is not used");
        }
        let one = lists.find(CityKind::Matter, "09022").unwrap();
        assert_eq!((one.standard_ref.as_str(), one.valid_from.to_string().as_str()), ("GB/T 47678.5-2026", "2026-07-01"));
        assert!(lists.all(CityKind::Matter).all(|code| !code.is_local));
        assert_eq!(lists.replaces(), "GB/T 30428.2-2013");
    }

    #[test]
    fn old_codes_lead_to_new_ones_and_back() {
        let lists = read(TEXT).unwrap();
        let new = |kind, old: &str| match lists.successor(kind, old) {
            Successor::Code(code, basis) => Some((code.code.clone(), basis)),
            Successor::NoneKnown(_) => None,
        };
        let said = |code: &str, basis| Some((code.to_owned(), basis));
        assert_eq!(new(CityKind::Matter, "0129"), said("06029", Basis::Pattern));
        assert_eq!(new(CityKind::Matter, "0422"), said("09022", Basis::Pattern));
        assert_eq!(new(CityKind::Matter, "0507"), said("10001", Basis::Source));
        assert_eq!(new(CityKind::Matter, "0508"), said("10002", Basis::Source));
        assert_eq!(new(CityKind::Component, "0506"), said("01069", Basis::Source));
        assert_eq!(new(CityKind::Component, "0508"), said("01071", Basis::Source));
        for (kind, lost) in
            [(CityKind::Matter, "0501"), (CityKind::Matter, "0131"), (CityKind::Matter, "0601"), (CityKind::Matter, "0179")]
        {
            assert_eq!(new(kind, lost), None, "{lost} has no known successor");
        }
        assert_eq!(new(CityKind::Component, "0129"), None, "the pattern is one of matters");
        assert_eq!(lists.successor(CityKind::Matter, "0505"), Successor::NoneKnown(Some("路面塌陷")));
        // There and back again, for every old code that leads anywhere.
        for kind in [CityKind::Component, CityKind::Matter] {
            for old in (0..1000).map(|n| format!("{n:04}")) {
                if let Successor::Code(code, basis) = lists.successor(kind, &old) {
                    assert!(lists.predecessors(kind, &code.code).contains(&(old.clone(), basis)), "{old} → {}", code.code);
                }
            }
        }
        assert_eq!(lists.predecessors(CityKind::Matter, "01001"), []);
    }

    #[test]
    fn a_place_adds_codes_in_the_range_that_is_kept() {
        let with =
            |code: &str| read(&format!("{TEXT}\n[[body.local]]\nkind = \"matter\"\ncode = \"{code}\"\nname = \"高空坠物\"\n"));
        let lists = with("06079").unwrap();
        let added = lists.find(CityKind::Matter, "06079").unwrap();
        assert!(added.is_local && added.major == "市容环境");
        assert!(matches!(lists.successor(CityKind::Matter, "0179"), Successor::Code(code, Basis::Pattern) if code.is_local));
        assert_eq!(lists.all(CityKind::Matter).count(), 251);
        assert!(with("06053").unwrap_err().to_string().contains("local outside the range"));
        assert!(with("6079").unwrap_err().to_string().contains("five digits"));
        let in_the_way = TEXT.replace("\"052 无障碍坡道破损\"", "\"080 无障碍坡道破损\"");
        assert!(read(&in_the_way).unwrap_err().to_string().contains("range kept for places"));
        let twice = TEXT.replace("\"052 无障碍坡道破损\"", "\"051 无障碍坡道破损\"");
        assert!(read(&twice).unwrap_err().to_string().contains("06051 is there twice"));
        let lost = TEXT.replace("new = \"10002\"", "new = \"10003\"");
        assert!(read(&lost).unwrap_err().to_string().contains("10003 is linked"));
    }

    #[test]
    fn matters_and_classes_name_each_other() {
        let book = Rulebook::builtin(&PACKS).unwrap();
        let rules = Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000)).unwrap();
        for matter in rules.city().all(CityKind::Matter) {
            if let Some(class) = rules.city().handled_as(&matter.code) {
                assert!(rules.classes().find(class).is_some(), "{} is handled as {class}", matter.code);
            }
        }
        for class in rules.classes().all() {
            let Some(matter) = &class.matter else { continue };
            assert!(rules.city().find(CityKind::Matter, matter).is_some(), "{} names {matter}", class.code);
            let back = rules.class_of_matter(matter).unwrap();
            assert!(back.code == class.code || back.matter.as_ref() == Some(matter), "{} → {matter} → {}", class.code, back.code);
        }
        assert_eq!(rules.city().matter_named("0128").map(|m| m.code.as_str()), Some("06028"));
        assert_eq!(rules.city().matter_named("噪声扰民").map(|m| m.code.as_str()), Some("06028"));
        assert_eq!(rules.city().matter_named("9999"), None);
    }
}
