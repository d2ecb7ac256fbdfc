//! What can be reported (报事报修), suggested from the words of the report; and words that mean danger to life.

use linli_access::Role;
use serde::Deserialize;

use super::{PackHead, RuleError, read};

const PACK: &str = "cases.classes";

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
    /// The matter code of GB/T 47678.5-2026 (5 digits) where one fits; transcribed, unverified.
    #[serde(default)]
    pub matter: Option<String>,
}

impl Class {
    /// The name in the language asked for; Chinese unless it is English.
    #[must_use]
    pub fn name(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Danger {
    call: Vec<String>,
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    pack: PackHead,
    danger: Vec<Danger>,
    class: Vec<Class>,
}

/// The classes.
#[derive(Debug, Clone)]
pub struct Classes {
    /// Where they come from.
    pub head: PackHead,
    danger: Vec<Danger>,
    classes: Vec<Class>,
}

/// The class of what fits nowhere else; every class file has it.
pub const OTHER: &str = "other";

impl Classes {
    /// Reads classes.
    ///
    /// # Errors
    /// When the text has not the form, a code is there twice, or `other` is missing.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let file: File = read(PACK, text)?;
        let refuse = |problem: String| Err(RuleError::Contradiction { pack: PACK, problem });
        let mut codes = std::collections::BTreeSet::new();
        for class in &file.class {
            if !codes.insert(class.code.as_str()) {
                return refuse(format!("class {} is there twice", class.code));
            }
            if class.owners.is_empty() {
                return refuse(format!("class {} has nobody to take it", class.code));
            }
        }
        if !codes.contains(OTHER) {
            return refuse(format!("class {OTHER} is missing"));
        }
        let mut danger = file.danger;
        danger.extend(file.class.iter().filter(|c| !c.danger.is_empty()).map(|c| Danger { call: c.call.clone(), words: c.danger.clone() }));
        Ok(Self { head: file.pack, danger, classes: file.class })
    }

    /// All classes, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter()
    }

    /// The class with this code.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<&Class> {
        self.classes.iter().find(|c| c.code == code)
    }

    /// The class that the words suggest: the one with the most letters of its words in the text; the earlier of two equal ones.
    #[must_use]
    pub fn suggest(&self, text: &str) -> Option<&Class> {
        let text = text.to_lowercase();
        let mut best: Option<(usize, &Class)> = None;
        for class in &self.classes {
            let score: usize = class.words.iter().filter(|word| says(&text, word)).map(|word| word.chars().count()).sum();
            if score > best.map_or(0, |(s, _)| s) {
                best = Some((score, class));
            }
        }
        best.map(|(_, class)| class)
    }

    /// Whom to call at once for what the text says: of 110, 119, 120; empty when it says nothing of danger. Rather once too
    /// often: 「没有人受伤」 is told to call too.
    #[must_use]
    pub fn call_first(&self, text: &str) -> Vec<String> {
        let text = text.to_lowercase();
        let mut call: Vec<String> =
            self.danger.iter().filter(|d| d.words.iter().any(|w| says(&text, w))).flat_map(|d| d.call.iter().cloned()).collect();
        call.sort();
        call.dedup();
        call
    }
}

/// Whether the text (in lower case) says the word. Latin words must stand alone: `bin` is not in `cabin`.
fn says(text: &str, word: &str) -> bool {
    if !word.is_ascii() {
        return text.contains(word);
    }
    let letter = |c: char| c.is_ascii_alphanumeric();
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(letter) && !after.is_some_and(letter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::CLASSES;

    #[test]
    fn words_suggest_the_class() {
        let classes = Classes::parse(CLASSES).unwrap();
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
        ] {
            assert_eq!(classes.suggest(text).map(|c| c.code.as_str()), Some(class), "{text}");
        }
        assert_eq!(classes.suggest("你好"), None);
        assert_eq!(classes.suggest("a cabin"), None);
    }

    #[test]
    fn danger_names_whom_to_call() {
        let classes = Classes::parse(CLASSES).unwrap();
        assert_eq!(classes.call_first("楼道里电动车起火,有人受伤"), ["119", "120"]);
        assert_eq!(classes.call_first("闻到煤气味"), ["119"]);
        assert_eq!(classes.call_first("楼道灯不亮"), Vec::<String>::new());
        assert_eq!(classes.call_first("The kitchen is on FIRE"), ["119"]);
    }

    #[test]
    fn classes_that_contradict_themselves_are_refused() {
        let twice = format!("{CLASSES}\n[[class]]\ncode = \"noise\"\nzh = \"\"\nen = \"\"\nclock = \"life\"\nowners = [\"guard\"]\ncommon_part = true\nwords = []\n");
        assert_eq!(Classes::parse(&twice).unwrap_err().to_string(), "cases.classes: class noise is there twice");
        let none = CLASSES.replace("code = \"other\"", "code = \"rest\"");
        assert_eq!(Classes::parse(&none).unwrap_err().to_string(), "cases.classes: class other is missing");
    }
}
