//! Texts around a number: `90天成交{n}套`, `{n}至{_}元/平米/月`.

use super::wrong::Wrong;

/// A text with holes. `{n}` is the part that is wanted, `{_}` a part that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    start: String,
    /// Each hole (wanted or not) with the text that follows it.
    holes: Vec<(bool, String)>,
}

impl Pattern {
    /// Reads a pattern with exactly one `{n}`.
    pub(crate) fn parse(text: &str) -> Result<Self, Wrong> {
        let mut parts = text.split('{');
        let start = parts.next().unwrap_or_default().to_owned();
        let mut holes = Vec::new();
        for part in parts {
            let (name, follows) = part.split_once('}').ok_or_else(|| Wrong::new("hole-open", [("text", text.to_owned())]))?;
            let wanted = match name {
                "n" => true,
                "_" => false,
                other => return Err(Wrong::new("hole-name", [("name", other.to_owned())])),
            };
            if holes.last().is_some_and(|(_, between): &(bool, String)| between.is_empty()) {
                return Err(Wrong::new("holes-touch", [("text", text.to_owned())]));
            }
            holes.push((wanted, follows.to_owned()));
        }
        match holes.iter().filter(|(wanted, _)| *wanted).count() {
            1 => Ok(Self { start, holes }),
            n => Err(Wrong::new("hole-count", [("text", text.to_owned()), ("count", n.to_string())])),
        }
    }

    /// The wanted part of a text that fits from its first to its last character, without blanks around.
    pub(crate) fn take<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut rest = text.strip_prefix(self.start.as_str())?;
        let mut found = None;
        let mut holes = self.holes.iter().peekable();
        while let Some((wanted, follows)) = holes.next() {
            let (part, after) = if holes.peek().is_some() {
                rest.split_once(follows.as_str())?
            } else {
                (rest.strip_suffix(follows.as_str())?, "")
            };
            if part.trim().is_empty() {
                return None;
            }
            if *wanted {
                found = Some(part.trim());
            }
            rest = after;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
        Pattern::parse(pattern).unwrap().take(text)
    }

    #[test]
    fn the_wanted_part_is_taken_from_texts_that_fit() {
        assert_eq!(taken("90天成交{n}套", "90天成交12套"), Some("12"));
        assert_eq!(taken("{n}套正在出租", "18套正在出租"), Some("18"));
        assert_eq!(taken("{n}至{_}元/平米/月", "0.3至0.5元/平米/月"), Some("0.3"));
        assert_eq!(taken("{_}至{n}元/平米/月", "0.3至0.5元/平米/月"), Some("0.5"));
        assert_eq!(taken("{n}至{_}元/平米/月", "0.3元/平米/月"), None);
        assert_eq!(taken("90天成交{n}套", "90天成交套"), None);
        assert_eq!(taken("90天成交{n}套", "30天成交1套"), None);
    }

    #[test]
    fn patterns_without_sense_are_refused() {
        for bad in ["套", "{n}{_}套", "{n", "{m}套", "{n}a{n}"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }
}
