//! What can be reported (报事报修), suggested from the words of the report; and words that mean danger to life.

use std::collections::HashSet;
use std::sync::Arc;

use linli_access::Role;
use linli_kernel::{PlaceLevel, Ts};
use serde::Deserialize;

use super::attributes::{Attribute, contradiction};
use super::naming::{Called, Speech};
use super::openness::Openness;
use super::wording::{WHO, Words};
use linli_rulebook::Contradiction;

/// A class of reports.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its code, `stair_lamp`.
    pub code: String,
    /// Its name in Chinese.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// The clock it runs on.
    pub clock: String,
    /// Who is asked to take it, in this order, nearest appointment first.
    pub owners: Vec<Role>,
    /// Whether it is about common parts (公共部位), which boards may show.
    pub common_part: bool,
    /// Words that suggest it.
    pub words: Vec<String>,
    /// Words that, in a report of any class, mean danger to life.
    #[serde(default)]
    pub danger: Vec<String>,
    /// Whom to call then.
    #[serde(default)]
    pub call: Vec<String>,
    /// Whether choosing it by hand says that there is danger to life, whatever the words are: then its numbers are called, or all three.
    #[serde(default)]
    pub dangerous: bool,
    /// At which level a case of it hangs, however far down it was reported: what is about those who work at a door must not reach them.
    /// Who answers below that level neither sees it nor owns it.
    #[serde(default)]
    pub heard_at: Option<PlaceLevel>,
    /// The profile of transitions by which it is handled (办理流程).
    #[serde(default = "usual")]
    pub profile: String,
    /// The matter code of GB/T 47678.5-2026 (5 digits) where one fits; transcribed, unverified.
    #[serde(default)]
    pub matter: Option<String>,
    /// When a report is taken up as a case of it (受理条件).
    #[serde(default)]
    pub conditions: Conditions,
    /// What its handling rests on (依据).
    #[serde(default)]
    pub legal_basis: String,
    /// Whether the text of that was read.
    #[serde(default)]
    pub basis_verified: bool,
    /// Whether people and programs can choose it; what the city's hotline sends is chosen by nobody.
    #[serde(default = "offered")]
    pub offered: bool,
    /// Roles that it speaks about (回避): a case of it is kept from whoever acts in one of them, wherever they sit. Those who own it are not
    /// among them.
    #[serde(default)]
    pub kept_from: Vec<Role>,
    /// What programs are asked for besides the words.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// When a report is taken up (受理条件), in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Conditions {
    /// In the language asked for.
    #[must_use]
    pub fn text(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }
}

impl Class {
    /// The name in the language asked for; Chinese unless it is English.
    #[must_use]
    pub fn name(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }
}

/// Where a place does not say it.
const fn fresh_hours() -> i64 {
    72
}

const fn offered() -> bool {
    true
}

fn usual() -> String {
    super::USUAL.to_owned()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Danger {
    call: Vec<String>,
    words: Vec<String>,
}

/// What is taken up elsewhere (不由本平台办理): the reporter is told where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// Its code, `theft`.
    pub code: String,
    /// Its name in Chinese.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// Where it belongs, in Chinese.
    pub to_zh: String,
    /// Where it belongs, in English.
    pub to_en: String,
    /// Numbers to call.
    pub call: Vec<String>,
    /// Words that say it.
    pub words: Vec<String>,
    /// The classes that are believed although the words say this (仍按报修办理): there is something to mend all the same, as where the cover of a
    /// manhole was stolen. Chosen with words that speak of it too, such a class is taken; any other is not.
    #[serde(default)]
    pub taken_as: Vec<String>,
    /// The source of the rule.
    pub citation: String,
    /// Whether the text of the source was read.
    pub verified: bool,
}

impl Elsewhere {
    /// The name in the language asked for.
    #[must_use]
    pub fn name(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }

    /// Where it belongs, in the language asked for.
    #[must_use]
    pub fn to(&self, english: bool) -> &str {
        if english { &self.to_en } else { &self.to_zh }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    danger_clock: Option<String>,
    #[serde(default = "fresh_hours")]
    danger_fresh_hours: i64,
    danger: Vec<Danger>,
    #[serde(default)]
    danger_people: Vec<String>,
    #[serde(default)]
    elsewhere: Vec<Elsewhere>,
    #[serde(default)]
    called: Vec<Called>,
    #[serde(default)]
    speech: Speech,
    #[serde(default)]
    published: Openness,
    class: Vec<Class>,
}

/// The classes. Read from the body of their pack; refused when a code is there twice, a class has nobody to take it or does not say when a
/// report is taken up and on what that rests, or `other` is missing.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Classes {
    danger_clock: Option<String>,
    danger_fresh_hours: i64,
    danger: Vec<Danger>,
    classes: Vec<Arc<Class>>,
    /// The words of both: a class's position means that class, a danger's that danger.
    suggesting: Words,
    warning: Words,
    elsewhere: Vec<Elsewhere>,
    turning_away: Words,
    called: Vec<Called>,
    speech: Speech,
    published: Openness,
}

/// The class of what fits nowhere else; every class file has it.
pub const OTHER: &str = "other";

impl TryFrom<Body> for Classes {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let refuse = |problem: String| Err(Contradiction(problem));
        let mut codes = std::collections::BTreeSet::new();
        for class in &body.class {
            if !codes.insert(class.code.as_str()) {
                return refuse(format!("class {} is there twice", class.code));
            }
            if class.owners.is_empty() {
                return refuse(format!("class {} has nobody to take it", class.code));
            }
            let blank = |text: &str| text.trim().is_empty();
            if blank(&class.conditions.zh) || blank(&class.conditions.en) {
                return refuse(format!("class {} does not say when a report is taken up (conditions, zh and en)", class.code));
            }
            if blank(&class.legal_basis) {
                return refuse(format!("class {} does not say what it rests on (legal_basis)", class.code));
            }
            if let Some(role) = class.owners.iter().find(|role| class.kept_from.contains(role)) {
                return refuse(format!("class {} is kept from {role}, who owns it", class.code));
            }
            if let Some(problem) = contradiction(&class.attributes) {
                return refuse(format!("class {}: {problem}", class.code));
            }
        }
        if !codes.contains(OTHER) {
            return refuse(format!("class {OTHER} is missing"));
        }
        for elsewhere in &body.elsewhere {
            if let Some(class) = elsewhere.taken_as.iter().find(|class| !codes.contains(class.as_str())) {
                return refuse(format!("elsewhere {}: there is no class {class} to take it as", elsewhere.code));
            }
        }
        body.published.check()?;
        let mut danger = body.danger;
        danger.extend(
            body.class.iter().filter(|c| !c.danger.is_empty()).map(|c| Danger { call: c.call.clone(), words: c.danger.clone() }),
        );
        let suggesting = Words::new(body.class.iter().map(|class| class.words.as_slice()));
        for word in danger.iter().flat_map(|danger| &danger.words) {
            let of_whom = word.strip_prefix(WHO).unwrap_or(word);
            let within = of_whom.strip_suffix(WHO).unwrap_or(of_whom);
            if within.contains('{') {
                return refuse(format!("{word} has more in it than {WHO} at its beginning or end"));
            }
            if within != word && body.danger_people.iter().all(|who| who.trim().is_empty()) {
                return refuse(format!("{word} is about people, and danger_people names none"));
            }
        }
        let warning = Words::about(&body.danger_people, danger.iter().map(|danger| danger.words.as_slice()));
        let turning_away = Words::new(body.elsewhere.iter().map(|elsewhere| elsewhere.words.as_slice()));
        Ok(Self {
            danger_clock: body.danger_clock,
            danger_fresh_hours: body.danger_fresh_hours,
            elsewhere: body.elsewhere,
            called: body.called,
            speech: body.speech,
            published: body.published,
            turning_away,
            danger,
            classes: body.class.into_iter().map(Arc::new).collect(),
            suggesting,
            warning,
        })
    }
}

impl Classes {
    /// All classes, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter().map(Arc::as_ref)
    }

    /// The class with this code.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<&Arc<Class>> {
        self.classes.iter().find(|c| c.code == code)
    }

    /// The class that the words suggest: the one with the most letters of its words in the text; the earlier of two equal ones.
    #[must_use]
    pub fn suggest(&self, text: &str) -> Option<&Arc<Class>> {
        let mut best: Option<(usize, &Arc<Class>)> = None;
        let mut scores = vec![0; self.classes.len()];
        for (class, letters) in self.suggesting.said_in(text) {
            if let Some(score) = scores.get_mut(class) {
                *score += letters;
            }
        }
        for (class, score) in self.classes.iter().zip(scores) {
            if score > best.map_or(0, |(s, _)| s) {
                best = Some((score, class));
            }
        }
        best.map(|(_, class)| class)
    }

    /// The words of classes that a text says.
    #[must_use]
    pub fn known_words(&self, text: &str) -> HashSet<&str> {
        self.suggesting.words_in(text)
    }

    /// By which words people call those in a role.
    #[must_use]
    pub fn called(&self) -> &[Called] {
        &self.called
    }

    /// The clock of a report whose words mean danger to life, whatever its class.
    #[must_use]
    pub fn danger_clock(&self) -> Option<&str> {
        self.danger_clock.as_deref()
    }

    /// How one speaks to those, and how about them.
    #[must_use]
    pub fn speech(&self) -> &Speech {
        &self.speech
    }

    /// How finely it is published where and when something was reported.
    #[must_use]
    pub const fn published(&self) -> &Openness {
        &self.published
    }

    /// Whether the text says that it is about something that is taken up elsewhere, and what; the first in the order of the file.
    #[must_use]
    pub fn elsewhere(&self, text: &str) -> Option<&Elsewhere> {
        let first = self.turning_away.said_in(text).into_iter().map(|(position, _)| position).min()?;
        self.elsewhere.get(first)
    }

    /// What is taken up elsewhere, by its code.
    #[must_use]
    pub fn elsewhere_named(&self, code: &str) -> Option<&Elsewhere> {
        self.elsewhere.iter().find(|elsewhere| elsewhere.code == code)
    }

    /// Whom to call at once for what the text says: of 110, 119, 120; empty when it says nothing of danger. Rather once too
    /// often: 「没有人受伤」 is told to call too.
    #[must_use]
    pub fn call_first(&self, text: &str) -> Vec<String> {
        let said = self.warning.said_in(text);
        let mut call: Vec<String> = said
            .iter()
            .filter_map(|(danger, _)| self.danger.get(*danger))
            .flat_map(|danger| danger.call.iter().cloned())
            .collect();
        call.sort();
        call.dedup();
        call
    }

    /// The sentence of a text in which it first says that there is danger to life; `None` when it says nothing of it.
    #[must_use]
    pub fn danger_said<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.warning.sentence_in(text)
    }

    /// As [`Classes::call_first`] for a report under a class that was chosen by hand, which may say it by itself.
    #[must_use]
    pub fn call_for(&self, text: &str, chosen: Option<&Class>) -> Vec<String> {
        let mut call = self.call_first(text);
        if let Some(class) = chosen.filter(|class| class.dangerous) {
            if class.call.is_empty() && call.is_empty() {
                call = ALL_CALLS.map(str::to_owned).into();
            }
            call.extend(class.call.iter().cloned());
            call.sort();
            call.dedup();
        }
        call
    }

    /// Whether an open case that comes from elsewhere is a danger of now: by its words, and not of long ago.
    #[must_use]
    pub fn danger_now(&self, text: &str, reported: Ts, now: Ts) -> bool {
        now <= reported.plus_secs(self.danger_fresh_hours.saturating_mul(3_600)) && !self.call_first(text).is_empty()
    }

    /// Whom to call at once about an open case: what its report says, or all three where danger was heard of later.
    #[must_use]
    pub fn call_now(&self, description: &str, heard_later: bool) -> Vec<String> {
        let said = self.call_first(description);
        if said.is_empty() && heard_later { ALL_CALLS.map(str::to_owned).into() } else { said }
    }
}

/// Police, fire brigade, ambulance.
const ALL_CALLS: [&str; 3] = ["110", "119", "120"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{PACKS, Rules};
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::{RuleError, Rulebook};

    const TEXT: &str = PACKS[1].1;

    fn read(text: &str) -> Result<Classes, RuleError> {
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("local.toml".to_owned(), text.to_owned())])?;
        Ok(Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000))?.classes().clone())
    }

    #[test]
    fn words_suggest_the_class() {
        let classes = read(TEXT).unwrap();
        for (text, class) in [
            ("三楼楼道灯不亮,晚上老人下楼看不见", "stair_lamp"),
            ("单元门关不上,门禁刷卡没反应", "door_access"),
            ("顶楼下雨就漏雨,屋面要修", "roof_leak"),
            ("下水道堵了,污水反水到院子里", "sewer"),
            ("电梯困人了,快来", "lift_trapped"),
            ("电梯运行时抖动", "lift"),
            ("门口井盖没了", "manhole"),
            ("有人乱停车,把路口挡道了", "parking"),
            ("楼上高空抛物,烟头掉到我家阳台", "falling_objects"),
            ("垃圾成堆没人清运", "rubbish"),
            ("The bin is overflowing", "bin_full"),
            ("Loud music every night", "noise"),
            ("There is a gas leak in the kitchen", "gas"),
            ("A leak in the roof", "roof_leak"),
        ] {
            assert_eq!(classes.suggest(text).map(|c| c.code.as_str()), Some(class), "{text}");
        }
        assert_eq!(classes.suggest("你好"), None);
        assert_eq!(classes.suggest("a cabin"), None);
    }

    #[test]
    fn what_belongs_elsewhere_is_told_where() {
        let classes = read(TEXT).unwrap();
        for (text, code) in [
            ("电动车昨晚在楼下被偷了", Some("theft")),
            ("我要上访", Some("petition")),
            ("物业费的事已经申请仲裁", Some("litigation")),
            ("My bike was stolen", Some("theft")),
            ("电动车昨晚不见了", Some("theft")),
            ("电瓶车被人偷走了", Some("theft")),
            ("停在楼下的自行车今天早上不见了", Some("theft")),
            ("My bicycle has disappeared", Some("theft")),
            ("我要去法院起诉物业", Some("litigation")),
            ("法院执行的钱什么时候给我", Some("litigation")),
            ("楼道灯不亮", None),
            // Not in one clause: what is gone is not the bike.
            ("有人把电动车推进楼，指示牌不见了", None),
        ] {
            assert_eq!(classes.elsewhere(text).map(|e| e.code.as_str()), code, "{text}");
        }
        for complaint in ["三楼的管家态度恶劣", "管家收红包", "他收红包不办事", "举报物业经理贪污维修基金", "物业的人骂人"]
        {
            assert_eq!(classes.suggest(complaint).map(|c| c.code.as_str()), Some("conduct"), "{complaint}");
        }
    }

    #[test]
    fn classes_that_contradict_themselves_are_refused() {
        let twice = format!(
            "{TEXT}\n[[body.class]]\ncode = \"noise\"\nzh = \"\"\nen = \"\"\nclock = \"life\"\nowners = [\"guard\"]\ncommon_part = true\nwords = []\n\
             conditions = {{ zh = \"有\", en = \"there\" }}\nlegal_basis = \"有\"\n"
        );
        assert!(read(&twice).unwrap_err().to_string().contains("class noise is there twice"));
        let none = TEXT.replace("code = \"other\"", "code = \"rest\"");
        assert!(read(&none).unwrap_err().to_string().contains("class other is missing"));
        let asking = |attributes: &str| read(&format!("{TEXT}\nattributes = [{attributes}]\n"));
        let which = r#"{ code = "which", zh = "哪一部", en = "Which", datatype = "string" }"#;
        assert_eq!(asking(which).unwrap().all().map(|class| class.attributes.len()).sum::<usize>(), 1);
        assert!(asking(&format!("{which}, {which}")).unwrap_err().to_string().contains("attribute which is there twice"));
        let (from, _) = TEXT.split_once("code = \"noise\"").unwrap();
        let noise = TEXT.strip_prefix(from).unwrap();
        for (name, says) in [("conditions", "when a report is taken up"), ("legal_basis", "what it rests on")] {
            let line = noise.lines().find(|line| line.starts_with(name)).unwrap();
            let without = format!("{from}{}", noise.replacen(line, "", 1));
            let refused = read(&without).unwrap_err().to_string();
            assert!(refused.contains(&format!("class noise does not say {says}")), "{refused}");
        }
        let own = TEXT.replace(
            "kept_from = [\"life_steward\", \"red_steward\", \"property_desk\", \"guard\"]",
            "kept_from = [\"community_secretary\"]",
        );
        assert!(read(&own).unwrap_err().to_string().contains("class service is kept from community_secretary, who owns it"));
        let nowhere = TEXT.replacen("taken_as = [\"manhole\"", "taken_as = [\"hatch\", \"manhole\"", 1);
        assert!(read(&nowhere).unwrap_err().to_string().contains("elsewhere theft: there is no class hatch to take it as"));
        let nobody = TEXT.replacen("danger_people = [", "danger_people = []\n# [", 1);
        assert!(read(&nobody).unwrap_err().to_string().contains("is about people, and danger_people names none"));
        let within = TEXT.replacen("words = [\"着火\"", "words = [\"孩子{who}被砸\", \"着火\"", 1);
        assert!(read(&within).unwrap_err().to_string().contains("孩子{who}被砸 has more in it than {who}"));
        let list = which.replace("string", "singlevaluelist");
        assert!(asking(&list).unwrap_err().to_string().contains("a list without values"));
    }
}
