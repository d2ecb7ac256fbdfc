//! From whom a case is kept (回避).

use std::str::FromStr;

use linli_access::Role;
use linli_kernel::UnknownWord;
use uuid::Uuid;

/// From whom a case is kept (回避): the roles that its class speaks about with the persons who sat in them, and the persons whom its words name.
/// Decided when it is filed, by the rules of then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Roles that its class speaks about.
    pub roles: Vec<Role>,
    /// Persons whom its words name.
    pub persons: Vec<Uuid>,
    /// Who acted in one of the roles around its place when it was filed: it is kept from them whatever they act as. Nobody on cases filed before
    /// this was written down: who sat where is decided when a case is filed and is not made up for it later, so these are kept by role.
    pub seated: Vec<Uuid>,
}

/// Stands before a person who is kept out for the role, in the store.
const SEATED: char = '~';

impl Kept {
    /// Whether it is kept from this person in this role.
    #[must_use]
    pub fn from(&self, role: Role, person: Uuid) -> bool {
        self.roles.contains(&role) || self.persons.contains(&person) || self.seated.contains(&person)
    }

    /// Whether it is kept from nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.persons.is_empty() && self.seated.is_empty()
    }

    /// Keeps it from these persons as well; gives whether that is anything new.
    pub fn add(&mut self, persons: impl IntoIterator<Item = Uuid>) -> bool {
        let before = self.persons.len();
        for person in persons {
            if !self.persons.contains(&person) {
                self.persons.push(person);
            }
        }
        self.persons.len() > before
    }

    /// As the store keeps it; `None` for nobody.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let roles = self.roles.iter().map(|role| role.as_str().to_owned());
        let seated = self.seated.iter().map(|person| format!("{SEATED}{person}"));
        let words: Vec<String> = roles.chain(self.persons.iter().map(Uuid::to_string)).chain(seated).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

impl FromStr for Kept {
    type Err = UnknownWord;

    fn from_str(words: &str) -> Result<Self, UnknownWord> {
        let mut kept = Self::default();
        for word in words.split_whitespace() {
            let seat = word.strip_prefix(SEATED);
            match (word.parse::<Role>(), seat.unwrap_or(word).parse::<Uuid>()) {
                (Ok(role), _) => kept.roles.push(role),
                (_, Ok(person)) if seat.is_some() => kept.seated.push(person),
                (_, Ok(person)) => kept.persons.push(person),
                _ => return Err(UnknownWord(word.to_owned())),
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let (steward, other, guard) = (Uuid::from_u128(7), Uuid::from_u128(8), Uuid::from_u128(9));
        let mut kept = Kept { roles: vec![Role::Guard], persons: vec![steward], seated: vec![guard] };
        assert!(kept.from(Role::CommunityWorker, guard), "whatever he acts as");
        assert!(
            kept.from(Role::Guard, other) && kept.from(Role::CommunitySecretary, steward) && !kept.from(Role::LifeSteward, other)
        );
        assert_eq!(kept.words().unwrap().parse::<Kept>().unwrap(), kept);
        assert!(!kept.add([steward]) && kept.add([other]));
        assert_eq!(Kept::default().words(), None);
        assert!("nobody".parse::<Kept>().is_err());
    }
}
