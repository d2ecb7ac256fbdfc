//! Whom a text names of those who work at a place: by the whole name, or by the surname with a word for what they are (王管家).

use linli_access::Role;
use serde::Deserialize;
use uuid::Uuid;

use super::wording::stands_at;
use crate::model::Owner;

/// Words by which people call those in a role (称呼): after a surname they name somebody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Called {
    /// Who is called so.
    pub roles: Vec<Role>,
    /// The words, e.g. 管家.
    pub words: Vec<String>,
    /// Those of them that mean nobody but this role even without a name, e.g. 管家 and not 师傅: with a word of complaint they mean whoever
    /// stands in the role.
    #[serde(default)]
    pub alone: Vec<String>,
}

/// Somebody who works at a place, with the name.
pub type Colleague = (Owner, String);

/// How one speaks to somebody, and how one speaks about him (称呼与投诉). 「刘管家您好，楼道灯不亮」 asks him for help; 「刘管家不管」 is about him.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speech {
    /// Words right before the name of somebody who is spoken to: 「请」.
    #[serde(default)]
    pub before: Vec<String>,
    /// Words right after it: 「您好」.
    #[serde(default)]
    pub after: Vec<String>,
    /// Words of a complaint: with one of them anywhere, whoever is named is spoken about, and so are all who stand in a role whose word
    /// means nobody else (「管家天天打麻将」).
    #[serde(default)]
    pub complaint: Vec<String>,
    /// Words of a complaint about somebody's conduct: with one of them every word for a role without a name means all who stand in it there,
    /// and a surname as neighbours say it means whoever bears it (小刘).
    #[serde(default)]
    pub conduct: Vec<String>,
    /// Whether nobody is meant who is not named.
    #[serde(skip)]
    only_named: bool,
}

/// How neighbours call somebody by the surname.
const FAMILIAR: [char; 3] = ['小', '老', '阿'];

impl Speech {
    /// The same, for a text in which nobody is meant who is not named.
    #[must_use]
    pub fn of_those_named(&self) -> Self {
        Self { only_named: true, ..self.clone() }
    }

    fn complains(&self, bare: &str) -> bool {
        self.complaint.iter().any(|word| bare.contains(word.as_str()))
    }

    fn of_conduct(&self, bare: &str) -> bool {
        self.conduct.iter().any(|word| bare.contains(word.as_str()))
    }

    /// Whether whoever is called so is spoken to wherever the text calls him.
    fn addresses(&self, bare: &str, called: &str) -> bool {
        let spoken_to = |at: usize| {
            let (before, after) = (bare.get(..at).unwrap_or_default(), bare.get(at + called.len()..).unwrap_or_default());
            let after = after.trim_start_matches(|c: char| c.is_ascii_punctuation() || "，。！：、".contains(c));
            self.before.iter().any(|word| before.ends_with(word.as_str()))
                || self.after.iter().any(|word| after.starts_with(word.as_str()))
        };
        bare.match_indices(called).all(|(at, _)| spoken_to(at))
    }
}

/// Whom a text is about by name, each once: whom it names, unless it only speaks to him and complains of nothing.
#[must_use]
pub fn named_in(text: &str, colleagues: &[Colleague], called: &[Called], speech: &Speech) -> Vec<Uuid> {
    let text: String = text.to_lowercase().chars().filter(|c| c.is_ascii() || !c.is_whitespace()).collect();
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (complains, conduct) = (speech.complains(&bare), speech.of_conduct(&bare));
    let mut named: Vec<Uuid> = Vec::new();
    for (owner, name) in colleagues {
        let by_name =
            says_name(&text, &bare, name) && (complains || !speech.addresses(&bare, &whole(name, owner.role, &bare, called)));
        let by_title = titles(owner.role, name, called)
            .any(|title| says_alone(&bare, &title) && (complains || !speech.addresses(&bare, &title)));
        if !named.contains(&owner.person) && (by_name || by_title) {
            named.push(owner.person);
        }
    }
    // A complaint that names nobody: whoever stands in the role that is meant.
    if named.is_empty() && !speech.only_named {
        for (owner, name) in colleagues {
            let by_surname = conduct && familiar(name).any(|called| bare.contains(&called));
            let meant = |word: &str| bare.contains(&word.to_lowercase()) && !speech.addresses(&bare, &word.to_lowercase());
            let by_role =
                (conduct && words_for(owner.role, called).any(meant)) || (complains && alone_for(owner.role, called).any(meant));
            if !named.contains(&owner.person) && (by_surname || by_role) {
                named.push(owner.person);
            }
        }
    }
    named
}

/// Words that mean nobody but those in a role.
fn alone_for(role: Role, called: &[Called]) -> impl Iterator<Item = &str> {
    called.iter().filter(move |called| called.roles.contains(&role)).flat_map(|called| &called.alone).map(String::as_str)
}

/// The words by which people call those in a role.
fn words_for(role: Role, called: &[Called]) -> impl Iterator<Item = &str> {
    called.iter().filter(move |called| called.roles.contains(&role)).flat_map(|called| &called.words).map(String::as_str)
}

/// A Chinese surname as neighbours say it: 小刘, 老刘.
fn familiar(name: &str) -> impl Iterator<Item = String> {
    let surname = name.trim().chars().next().filter(|letter| !letter.is_ascii());
    FAMILIAR.into_iter().filter_map(move |before| Some(format!("{before}{}", surname?)))
}

/// The name as the text says it, with the word for the role when that follows at once: 「刘文然师傅」.
fn whole(name: &str, role: Role, bare: &str, called: &[Called]) -> String {
    let name: String = name.trim().to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let words = called.iter().filter(|called| called.roles.contains(&role)).flat_map(|called| &called.words);
    let with_title = words.map(|word| format!("{name}{}", word.to_lowercase())).find(|title| bare.contains(title.as_str()));
    with_title.unwrap_or(name)
}

/// The whole name: letters of Latin names stand alone, those of Chinese ones anywhere. One letter names nobody.
fn says_name(text: &str, bare: &str, name: &str) -> bool {
    let name = name.trim().to_lowercase();
    if name.chars().count() < 2 {
        return false;
    }
    if name.is_ascii() {
        return text.match_indices(name.as_str()).any(|(at, _)| stands_at(text, at, &name));
    }
    bare.contains(&name.chars().filter(|c| !c.is_whitespace()).collect::<String>())
}

/// A surname of one letter, or of two as 欧阳, and right after it a word for the role.
fn titles(role: Role, name: &str, called: &[Called]) -> impl Iterator<Item = String> {
    let letters: Vec<char> = name.trim().chars().collect();
    let surnames = if letters.len() < 2 || name.is_ascii() { 0..0 } else { 1..3 };
    let words = called.iter().filter(move |called| called.roles.contains(&role)).flat_map(|called| &called.words);
    words.flat_map(move |word| {
        let letters = letters.clone();
        surnames.clone().map(move |n| format!("{}{}", letters.iter().take(n).collect::<String>(), word.to_lowercase()))
    })
}

/// Whether a text says a surname with a word, and not a doubled letter before the word: 谢谢管家 thanks, it names nobody.
fn says_alone(bare: &str, called: &str) -> bool {
    let first = called.chars().next();
    bare.match_indices(called).any(|(at, _)| bare.get(..at).and_then(|before| before.chars().next_back()) != first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colleague(n: u128, role: Role, name: &str) -> Colleague {
        (Owner { person: Uuid::from_u128(n), appointment: Uuid::from_u128(n + 100), role }, name.to_owned())
    }

    #[test]
    fn a_name_or_a_surname_with_a_title_names_somebody() {
        let there = [
            colleague(1, Role::LifeSteward, "王建国"),
            colleague(2, Role::Guard, "欧阳静"),
            colleague(3, Role::CommunitySecretary, "Li Wei"),
            colleague(4, Role::PropertyManager, "张"),
            colleague(5, Role::LifeSteward, "谢爱宁"),
        ];
        let called = [
            Called {
                roles: vec![Role::LifeSteward],
                words: vec!["管家".to_owned(), "师傅".to_owned()],
                alone: vec!["管家".to_owned(), "steward".to_owned()],
            },
            Called { roles: vec![Role::Guard], words: vec!["保安".to_owned()], alone: vec!["保安".to_owned()] },
        ];
        for (text, persons) in [
            ("王建国从来不上门", vec![1]),
            ("找了 王 建国 三次", vec![1]),
            ("王管家说不归他管", vec![1]),
            ("欧阳保安骂人", vec![2]),
            ("王保安骂人", vec![]),
            ("Li Wei was rude", vec![3]),
            ("Li Weiming was rude", vec![]),
            ("王家的灯坏了，张师傅没来", vec![]),
            ("王建国和欧阳静都在", vec![1, 2]),
            ("灯不亮。谢谢管家", vec![]),
            ("谢管家来过，谢谢管家", vec![5]),
        ] {
            let wanted: Vec<Uuid> = persons.into_iter().map(Uuid::from_u128).collect();
            assert_eq!(named_in(text, &there, &called, &Speech::default()), wanted, "{text}");
        }
    }

    #[test]
    fn who_is_asked_for_help_is_not_spoken_about() {
        let there = [colleague(1, Role::LifeSteward, "刘文然"), colleague(2, Role::Guard, "于素根")];
        let called = [
            Called {
                roles: vec![Role::LifeSteward],
                words: vec!["管家".to_owned(), "师傅".to_owned()],
                alone: vec!["管家".to_owned(), "steward".to_owned()],
            },
            Called { roles: vec![Role::Guard], words: vec!["保安".to_owned()], alone: vec!["保安".to_owned()] },
        ];
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let speech = Speech {
            before: list(&["请", "麻烦", "谢谢"]),
            after: list(&["您好", "快来", "请马上"]),
            complaint: list(&["骂", "没来", "不管"]),
            conduct: list(&["骂", "红包"]),
            only_named: false,
        };
        let named = |text: &str| named_in(text, &there, &called, &speech).into_iter().map(|id| id.as_u128()).collect::<Vec<_>>();
        for (text, wanted) in [
            ("刘管家您好，楼道灯不亮", vec![]),
            ("老人晕倒，刘文然师傅请马上来", vec![]),
            ("刘管家，快来救人", vec![]),
            ("请刘管家去看，谢谢刘文然", vec![]),
            ("刘管家您好，上次您没来", vec![1]),
            ("刘管家您好。昨天于保安说刘管家走了", vec![1, 2]),
            ("刘文然说不归他管", vec![1]),
            ("灯不亮，刘管家", vec![1]),
            ("我要投诉管家骂人", vec![1]),
            ("楼道灯不亮，小刘收了红包不修", vec![1]),
            ("灯不亮，管家没来", vec![1]),
            ("灯不亮，师傅没来", vec![]),
            ("灯不亮，麻烦管家看看", vec![]),
            ("我们的管家不管", vec![1]),
            ("邻居不管狗，请管家来", vec![]),
            ("楼上打架骂人，保安快来", vec![]),
            ("保安骂人", vec![2]),
        ] {
            assert_eq!(named(text), wanted, "{text}");
        }
    }
}
