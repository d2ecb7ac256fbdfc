//! Classes of requests to 12345 (热线分类), as each city has its own.

use jiff::civil::Date;
use linli_access::Role;
use linli_kernel::{DistrictId, PlacePath, id_type};

id_type! {
    /// A class of the 12345 list of a place.
    pub struct MessageClassId;
}

/// What stands between the levels of a path where it is written.
const BETWEEN: &str = " / ";

/// Where a class stands in its list: up to three levels, each with its name. Names repeat (`其他`); only the whole path is unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessagePath(pub [String; 3]);

impl MessagePath {
    /// The levels that are there.
    pub fn levels(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|level| !level.is_empty())
    }

    /// The name of the lowest level.
    #[must_use]
    pub fn name(&self) -> &str {
        self.levels().last().unwrap_or_default()
    }

    /// Whether somebody who writes this means the class: its whole path, with whatever sign between the levels.
    #[must_use]
    pub fn is_written(&self, text: &str) -> bool {
        bare(text) == bare(&self.levels().collect::<String>())
    }
}

/// A path without the signs that are used between levels.
fn bare(text: &str) -> String {
    const BETWEEN_LEVELS: &str = "/／>＞›|｜\\-－—·";
    text.chars().filter(|c| !c.is_whitespace() && !BETWEEN_LEVELS.contains(*c)).collect()
}

impl std::fmt::Display for MessagePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, level) in self.levels().enumerate() {
            if n > 0 {
                f.write_str(BETWEEN)?;
            }
            f.write_str(level)?;
        }
        Ok(())
    }
}

/// A class of requests (热线分类) at a place. What is `None` or empty is inherited from the class of reports it is mapped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageClass {
    /// The district that keeps it; the whole city for a list of the city.
    pub district: DistrictId,
    /// Id.
    pub id: MessageClassId,
    /// The place at and under which the list counts.
    pub place: PlacePath,
    /// Where it stands in the list.
    pub path: MessagePath,
    /// When a request is taken up (立案条件).
    pub conditions: Option<String>,
    /// The clock it runs on.
    pub clock: Option<String>,
    /// Who is asked to take it, in this order.
    pub owners: Vec<Role>,
    /// The profile of transitions (办理流程).
    pub profile: Option<String>,
    /// What its handling rests on (依据).
    pub legal_basis: Option<String>,
    /// The class of reports it is mapped to.
    pub class: Option<String>,
    /// The matter of GB/T 47678.5-2026 it is mapped to, five digits.
    pub matter: Option<String>,
    /// The file it came from last.
    pub source: String,
    /// The day on which it was first brought in.
    pub valid_from: Date,
    /// The day from which the file has it no more; cases that have it keep it.
    pub closed_on: Option<Date>,
}

impl MessageClass {
    /// Whether new cases may be filed under it.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.closed_on.is_none()
    }
}

/// The 12345 list that counts at a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageList {
    /// In the order of their paths, closed ones too.
    pub classes: Vec<MessageClass>,
}

/// What a name in a file means in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// This class.
    One(&'a MessageClass),
    /// Several have this name; only the whole path says which.
    Several,
    /// None.
    Nobody,
}

impl MessageList {
    /// The class with this id.
    #[must_use]
    pub fn find(&self, id: MessageClassId) -> Option<&MessageClass> {
        self.classes.iter().find(|class| class.id == id)
    }

    /// What somebody means who writes a whole path, or the name of a lowest level. Closed classes are meant only by their path.
    #[must_use]
    pub fn named(&self, text: &str) -> Named<'_> {
        if let Some(class) = self.classes.iter().find(|class| class.path.is_written(text)) {
            return Named::One(class);
        }
        let mut of_name = self.classes.iter().filter(|class| class.counts() && class.path.name() == text.trim());
        match (of_name.next(), of_name.next()) {
            (Some(class), None) => Named::One(class),
            (Some(_), Some(_)) => Named::Several,
            _ => Named::Nobody,
        }
    }

    /// Classes that count and whose path holds every word, at most `most`.
    #[must_use]
    pub fn search(&self, words: &str, most: usize) -> Vec<&MessageClass> {
        let words: Vec<&str> = words.split_whitespace().collect();
        let holds = |class: &&MessageClass| {
            let path = class.path.to_string();
            class.counts() && words.iter().all(|word| path.contains(word))
        };
        self.classes.iter().filter(holds).take(most).collect()
    }

    /// Classes that count and are mapped to a class of reports.
    pub fn mapped_to<'a>(&'a self, class: &'a str) -> impl Iterator<Item = &'a MessageClass> {
        self.classes.iter().filter(move |message| message.counts() && message.class.as_deref() == Some(class))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(levels: [&str; 3]) -> MessagePath {
        MessagePath(levels.map(str::to_owned))
    }

    #[test]
    fn a_path_is_written_with_any_sign_between_its_levels() {
        let class = path(["城乡建设", "安全生产", "事故处理"]);
        assert_eq!(class.to_string(), "城乡建设 / 安全生产 / 事故处理");
        for text in ["城乡建设/安全生产/事故处理", "城乡建设 > 安全生产＞事故处理", "城乡建设－安全生产-事故处理"]
        {
            assert!(class.is_written(text), "{text}");
        }
        assert!(!class.is_written("城乡建设/安全生产"));
        assert_eq!(path(["环境", "", ""]).to_string(), "环境");
        assert_eq!(path(["环境", "噪声", ""]).name(), "噪声");
    }
}
