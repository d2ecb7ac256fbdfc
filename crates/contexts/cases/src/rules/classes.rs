//! What can be reported (报事报修), suggested from the words of the report; and words that mean danger to life.

use linli_access::Role;
use serde::Deserialize;

use super::Contradiction;

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
struct Body {
    danger: Vec<Danger>,
    class: Vec<Class>,
}

/// The classes. Read from the body of their pack; refused when a code is there twice, a class has nobody to take it, or `other` is
/// missing.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Classes {
    danger: Vec<Danger>,
    classes: Vec<Class>,
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
        }
        if !codes.contains(OTHER) {
            return refuse(format!("class {OTHER} is missing"));
        }
        let mut danger = body.danger;
        danger.extend(
            body.class.iter().filter(|c| !c.danger.is_empty()).map(|c| Danger { call: c.call.clone(), words: c.danger.clone() }),
        );
        Ok(Self { danger, classes: body.class })
    }
}

impl Classes {
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
        ] {
            assert_eq!(classes.suggest(text).map(|c| c.code.as_str()), Some(class), "{text}");
        }
        assert_eq!(classes.suggest("你好"), None);
        assert_eq!(classes.suggest("a cabin"), None);
    }

    #[test]
    fn danger_names_whom_to_call() {
        let classes = read(TEXT).unwrap();
        assert_eq!(classes.call_first("楼道里电动车起火,有人受伤"), ["119", "120"]);
        assert_eq!(classes.call_first("闻到煤气味"), ["119"]);
        assert_eq!(classes.call_first("楼道灯不亮"), Vec::<String>::new());
        assert_eq!(classes.call_first("The kitchen is on FIRE"), ["119"]);
    }

    #[test]
    fn classes_that_contradict_themselves_are_refused() {
        let twice = format!(
            "{TEXT}\n[[body.class]]\ncode = \"noise\"\nzh = \"\"\nen = \"\"\nclock = \"life\"\nowners = [\"guard\"]\ncommon_part = true\nwords = []\n"
        );
        assert!(read(&twice).unwrap_err().to_string().contains("class noise is there twice"));
        let none = TEXT.replace("code = \"other\"", "code = \"rest\"");
        assert!(read(&none).unwrap_err().to_string().contains("class other is missing"));
    }
}
