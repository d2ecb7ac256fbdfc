//! What can be wrong with a mapping, said in both languages.

use crate::Lang;
use linli_kernel::{Code, Status};

/// What is wrong with a key: which text says it, and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    what: &'static str,
    args: Vec<(&'static str, String)>,
}

impl Wrong {
    /// The text `sheet-mapping-{what}`.
    pub(crate) fn new<const N: usize>(what: &'static str, args: [(&'static str, String); N]) -> Self {
        Self { what, args: args.into() }
    }

    /// What a reader from elsewhere says, in its own words.
    pub(crate) fn told(detail: impl ToString) -> Self {
        Self::new("told", [("detail", detail.to_string())])
    }

    fn text(&self, lang: Lang) -> String {
        let key = format!("sheet-mapping-{}", self.what);
        crate::texts::say(lang, &key, &self.args).unwrap_or_else(|| self.what.to_owned())
    }
}

/// What is wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mapping: `{key}`: {problem}")]
pub struct MappingError {
    /// The key, such as `columns.status.values`.
    pub key: String,
    /// What is wrong with it, in English.
    pub problem: String,
    wrong: Wrong,
}

impl MappingError {
    pub(crate) fn new(key: impl Into<String>, wrong: Wrong) -> Self {
        Self { key: key.into(), problem: wrong.text(Lang::En), wrong }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        Code::new("sheet.mapping", Status::Invalid)
    }

    /// The sentence for people.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let args = [("key", self.key.clone()), ("detail", self.wrong.text(lang))];
        crate::texts::say(lang, &self.code().text_key(), &args).unwrap_or_else(|| self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the sources name has a text in both languages, and each text is named.
    #[test]
    fn every_problem_has_a_text() {
        let sources = [
            include_str!("bound.rs"),
            include_str!("dates.rs"),
            include_str!("keys.rs"),
            include_str!("pattern.rs"),
            include_str!("rules.rs"),
        ];
        let mut named: Vec<&str> = sources
            .iter()
            .flat_map(|source| source.split("Wrong::new(").skip(1))
            .filter_map(|after| after.trim_start().strip_prefix('"')?.split('"').next())
            .collect();
        named.push("told");
        named.sort_unstable();
        named.dedup();
        assert!(named.len() > 20, "{named:?}");
        for what in &named {
            for lang in [Lang::Zh, Lang::En] {
                assert!(crate::texts::say(lang, &format!("sheet-mapping-{what}"), &[]).is_some(), "{what} {lang:?}");
            }
        }
        let texts = crate::texts::TEXTS.0.lines().filter_map(|line| line.strip_prefix("sheet-mapping-")?.split(' ').next());
        for what in texts {
            assert!(named.contains(&what), "nobody says {what}");
        }
    }

    #[test]
    fn a_mapping_is_refused_in_the_language_of_whoever_wrote_it() {
        let error = MappingError::new(
            "columns.id",
            Wrong::new("no-column", [("names", "编号".to_owned()), ("have", "标题, 内容".to_owned())]),
        );
        assert_eq!(error.text(Lang::Zh), "映射的“columns.id”有误：文件中没有“编号”列；有：标题, 内容");
        assert_eq!(error.to_string(), "mapping: `columns.id`: the file has no column 编号; it has: 标题, 内容");
    }
}
