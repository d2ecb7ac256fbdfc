//! Organisations that own cases and are called to them: which kinds, by whom, by when they answer, how long their link opens.

use linli_access::Role;
use linli_rulebook::Contradiction;
use serde::Deserialize;

use super::Wait;
use crate::model::CallKind;

/// Longest that a link may open, in days.
const LINK_DAYS_MAX: i64 = 366;

/// Who may call and by when is to be answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallRule {
    /// The roles that may call.
    pub who: Vec<Role>,
    /// By when the answer is due when the caller names no time.
    pub answer: Wait,
}

/// How long a private link of an organisation opens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRule {
    /// Calendar days, 1 to 366.
    pub days: i64,
    /// Its source.
    pub citation: String,
    /// Whether the text of the source was read.
    pub verified: bool,
}

/// How long what was written for the city is kept (保存期).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeepRule {
    /// Calendar days, 1 or more.
    pub days: i64,
    /// Its source.
    pub citation: String,
    /// Whether the text of the source was read.
    pub verified: bool,
}

/// Organisations that are for cases of some classes (专办单位).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeantFor {
    /// Kinds of organisations.
    pub kinds: Vec<String>,
    /// Of these kinds only those with such a word in their name (单位名称): an office is for its own business by its name alone. Empty: all.
    #[serde(default)]
    pub names: Vec<String>,
    /// Codes of classes.
    pub classes: Vec<String>,
}

/// The rules about organisations (承办单位规则). Refused when nobody may call, or a link opens for no day or more than a year.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Units {
    body: Body,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    kinds: Vec<String>,
    #[serde(default)]
    meant: Vec<MeantFor>,
    whistle: CallRule,
    assist: CallRule,
    escalate: Wait,
    link: LinkRule,
    /// Left out, nothing is erased by itself: a pack from before there was such a rule says nothing.
    #[serde(default)]
    outbox: Option<KeepRule>,
}

impl TryFrom<Body> for Units {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        if let Some((name, _)) =
            [("whistle", &body.whistle), ("assist", &body.assist)].iter().find(|(_, rule)| rule.who.is_empty())
        {
            return Err(Contradiction(format!("nobody may call by {name}")));
        }
        if !(1..=LINK_DAYS_MAX).contains(&body.link.days) {
            return Err(Contradiction(format!("a link opens for 1 to {LINK_DAYS_MAX} days, not {}", body.link.days)));
        }
        if let Some(rule) = body.outbox.as_ref().filter(|rule| rule.days < 1) {
            return Err(Contradiction(format!("what is told the city is kept for 1 day or more, not {}", rule.days)));
        }
        Ok(Self { body })
    }
}

impl Units {
    /// Whether organisations of this kind can be given a case or be called.
    #[must_use]
    pub fn takes(&self, kind: &str) -> bool {
        self.body.kinds.iter().any(|named| named == kind)
    }

    /// Whether an organisation of this kind and name is for cases of this class, as those are that nothing is said of.
    #[must_use]
    pub fn meant_for(&self, unit: (&str, &str), class: &str) -> bool {
        let mut said = self.said_of(unit).peekable();
        said.peek().is_none() || said.any(|meant| meant.classes.iter().any(|named| named == class))
    }

    /// Whether an organisation of this kind and name is for cases of any class.
    #[must_use]
    pub fn meant_for_all(&self, unit: (&str, &str)) -> bool {
        self.said_of(unit).next().is_none()
    }

    fn said_of<'a>(&'a self, (kind, name): (&'a str, &'a str)) -> impl Iterator<Item = &'a MeantFor> {
        self.body.meant.iter().filter(move |meant| {
            let called = meant.names.is_empty() || meant.names.iter().any(|word| name.contains(word.as_str()));
            called && meant.kinds.iter().any(|named| named == kind)
        })
    }

    /// The rule for a kind of call.
    #[must_use]
    pub const fn call(&self, kind: CallKind) -> &CallRule {
        match kind {
            CallKind::Whistle => &self.body.whistle,
            CallKind::Assist => &self.body.assist,
        }
    }

    /// After each such time without an answer the next level is told.
    #[must_use]
    pub const fn escalate(&self) -> &Wait {
        &self.body.escalate
    }

    /// How long what was written for the city is kept; `None`: until somebody says how long.
    #[must_use]
    pub const fn outbox(&self) -> Option<&KeepRule> {
        self.body.outbox.as_ref()
    }

    /// How long a new link opens.
    #[must_use]
    pub const fn link(&self) -> &LinkRule {
        &self.body.link
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{PACKS, Rules};
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::{RuleError, Rulebook};

    fn read(text: &str) -> Result<Units, RuleError> {
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("local.toml".to_owned(), text.to_owned())])?;
        Ok(Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000))?.units().clone())
    }

    /// Who may call is data: another list, and somebody else may.
    #[test]
    fn who_may_whistle_is_data() {
        let shipped = PACKS.iter().find(|(file, _)| *file == "cases/units.toml").unwrap().1;
        let before = read(shipped).unwrap();
        assert!(before.takes("utility") && !before.takes("hospital"));
        let station = ("health_station", "一号卫生站");
        assert!(before.meant_for(station, "health_referral") && !before.meant_for(station, "stair_lamp"));
        assert!(before.meant_for(("utility", "市自来水公司"), "stair_lamp") && !before.meant_for_all(station));
        // A department is for everything, unless its name says for what.
        assert!(before.meant_for(("department", "区城管局"), "stair_lamp") && before.meant_for_all(("department", "区城管局")));
        for office in ["区卫生健康局", "市级医疗救治专家组"] {
            let office = ("department", office);
            assert!(
                !before.meant_for(office, "stair_lamp") && before.meant_for(office, "pests") && !before.meant_for_all(office)
            );
        }
        assert!(before.call(CallKind::Whistle).who.contains(&Role::SubdistrictOfficer));
        assert!(!before.call(CallKind::Whistle).who.contains(&Role::PropertyDesk));
        let wider = shipped.replacen("who = [\"community_secretary\", \"sub", "who = [\"property_desk\", \"sub", 1);
        assert!(read(&wider).unwrap().call(CallKind::Whistle).who.contains(&Role::PropertyDesk));
        let nobody =
            shipped.replacen("who = [\"community_secretary\", \"subdistrict_officer\", \"district_officer\"]", "who = []", 1);
        assert!(read(&nobody).unwrap_err().to_string().contains("nobody may call by whistle"));
        assert!(read(&shipped.replace("days = 1095", "days = 0")).unwrap_err().to_string().contains("1 day or more"));
        assert!(read(&shipped.replace("days = 90", "days = 0")).unwrap_err().to_string().contains("1 to 366 days"));
    }
}
