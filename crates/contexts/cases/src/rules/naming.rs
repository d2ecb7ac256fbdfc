//! Whom a text names of those who work at a place: by the whole name, or by the surname with a word for what they are (王管家).

use linli_access::Role;
use serde::Deserialize;
use uuid::Uuid;

use super::classes::stands_at;
use crate::model::Owner;

/// Words by which people call those in a role (称呼): after a surname they name somebody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Called {
    /// Who is called so.
    pub roles: Vec<Role>,
    /// The words, e.g. 管家.
    pub words: Vec<String>,
}

/// Somebody who works at a place, with the name.
pub type Colleague = (Owner, String);

/// Whom a text names, each once.
#[must_use]
pub fn named_in(text: &str, colleagues: &[Colleague], called: &[Called]) -> Vec<Uuid> {
    let text: String = text.to_lowercase().chars().filter(|c| c.is_ascii() || !c.is_whitespace()).collect();
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut named: Vec<Uuid> = Vec::new();
    for (owner, name) in colleagues {
        if !named.contains(&owner.person) && (says_name(&text, &bare, name) || says_title(&bare, owner.role, name, called)) {
            named.push(owner.person);
        }
    }
    named
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
fn says_title(bare: &str, role: Role, name: &str, called: &[Called]) -> bool {
    let letters: Vec<char> = name.trim().chars().collect();
    if letters.len() < 2 || name.is_ascii() {
        return false;
    }
    let surnames = [1, 2].map(|n| letters.iter().take(n).collect::<String>());
    let words = called.iter().filter(|called| called.roles.contains(&role)).flat_map(|called| &called.words);
    words.into_iter().any(|word| surnames.iter().any(|surname| says_alone(bare, &format!("{surname}{}", word.to_lowercase()))))
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
            Called { roles: vec![Role::LifeSteward], words: vec!["管家".to_owned(), "师傅".to_owned()] },
            Called { roles: vec![Role::Guard], words: vec!["保安".to_owned()] },
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
            assert_eq!(named_in(text, &there, &called), wanted, "{text}");
        }
    }
}
