//! Texts in the two languages of the house: zh-CN is the source language, English is complete.

mod check;
mod dates;
mod texts;

pub use check::used_keys;
pub use dates::{Clockface, Urgency};
pub use fluent_bundle::FluentValue as Value;
pub use texts::{T, Texts, TextsError};

/// The texts every page shares (layout, dates, error pages), zh-CN then English.
pub const SHARED_TEXTS: (&str, &str) =
    (include_str!("../../../../../locales/zh-CN.ftl"), include_str!("../../../../../locales/en.ftl"));

/// A language a page can be read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    /// Simplified Chinese, the source language and the default.
    #[default]
    ZhCn,
    /// English.
    En,
}

impl Locale {
    /// All languages, the source language first.
    pub const ALL: [Self; 2] = [Self::ZhCn, Self::En];

    /// The BCP 47 tag: `zh-CN` or `en`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::En => "en",
        }
    }

    /// The other language.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::ZhCn => Self::En,
            Self::En => Self::ZhCn,
        }
    }

    /// Reads `zh`, `zh-CN`, `zh-Hans-CN`, `en`, `en-GB`; anything else is `None`.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        match tag.trim().split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::ZhCn),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The language of a request: what was asked for in the address, else what was chosen before (cookie),
    /// else the browser's list (`Accept-Language`, RFC 9110 § 12.5.4), else Chinese.
    #[must_use]
    pub fn negotiate(asked: Option<&str>, chosen: Option<&str>, accept_language: Option<&str>) -> Self {
        asked
            .and_then(Self::parse)
            .or_else(|| chosen.and_then(Self::parse))
            .or_else(|| accept_language.and_then(Self::best_of))
            .unwrap_or_default()
    }

    fn best_of(accept_language: &str) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        for part in accept_language.split(',').take(20) {
            let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
            let weight = thousandths(parameters);
            let Some(locale) = Self::parse(tag) else { continue };
            if weight > best.map_or(0, |(_, w)| w) {
                best = Some((locale, weight));
            }
        }
        best.map(|(locale, _)| locale)
    }
}

/// `q=0.8` as 800; no weight is 1000, an unreadable one 0.
fn thousandths(parameters: &str) -> u16 {
    let Some(q) = parameters.split(';').find_map(|p| p.trim().strip_prefix("q=")) else { return 1000 };
    let (whole, decimals) = q.split_once('.').unwrap_or((q, ""));
    let digits = format!("{decimals:0<3}");
    match (whole, digits.get(..3).and_then(|d| d.parse::<u16>().ok())) {
        ("1", _) => 1000,
        ("0", Some(n)) => n,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_negotiated_in_order() {
        assert_eq!(Locale::negotiate(Some("en"), Some("zh-CN"), Some("zh")), Locale::En);
        assert_eq!(Locale::negotiate(Some("fr"), Some("en-GB"), Some("zh")), Locale::En);
        assert_eq!(Locale::negotiate(None, None, Some("fr, en;q=0.5, zh-TW;q=0.7")), Locale::ZhCn);
        assert_eq!(Locale::negotiate(None, None, Some("de,en;q=0.5")), Locale::En);
        assert_eq!(Locale::negotiate(None, None, Some("en;q=0")), Locale::ZhCn);
        assert_eq!(Locale::negotiate(None, None, None), Locale::ZhCn);
    }
}
