//! What people are told, in both languages.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

/// The Fluent sources of this crate: Chinese, then English.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// A language of reasons and reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

type Bundle = FluentBundle<FluentResource>;

static ZH: LazyLock<Bundle> = LazyLock::new(|| bundle(TEXTS.0, "zh-CN"));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(TEXTS.1, "en"));

fn bundle(source: &str, language: &str) -> Bundle {
    // A source with a syntax error still gives its other messages; a test says that there is none.
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(partial, _)| partial);
    let language: LanguageIdentifier = language.parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The text of a key; `None` when there is no such key.
pub(crate) fn say(lang: Lang, key: &str, args: &[(&'static str, String)]) -> Option<String> {
    let bundle = match lang {
        Lang::Zh => &*ZH,
        Lang::En => &*EN,
    };
    let pattern = bundle.get_message(key)?.value()?;
    let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Some(bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys_and_no_errors() {
        let keys = |source: &str| {
            assert!(FluentResource::try_new(source.to_owned()).is_ok());
            let mut keys: Vec<String> = source.lines().filter_map(|l| l.split_once(" = ")).map(|(k, _)| k.to_owned()).collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(TEXTS.0), keys(TEXTS.1));
    }

    #[test]
    fn reasons_are_sentences() {
        let mut error = crate::FieldError::new("built", "date_not_exist").value("2025-02-30").hint("%Y-%m-%d");
        error.column = Some("建成日期".into());
        assert_eq!(error.text(Lang::Zh), "“建成日期”列：日期“2025-02-30”不存在（可用写法：%Y-%m-%d）");
        assert!(error.text(Lang::En).contains("does not exist"));
        assert_eq!(crate::FieldError::new("a", "own_code").value("x").text(Lang::Zh), "a: own_code (x)");
    }

    /// Every code that a row can be refused with has a text.
    #[test]
    fn every_code_has_a_text() {
        for code in [
            "required",
            "too_long",
            "control_character",
            "digits_lost",
            "cell_error",
            "date_not_exist",
            "date_unreadable",
            "date_ambiguous",
            "too_many_cells",
            "too_few_cells",
            "open_quote",
            "not_an_object",
            "pattern_mismatch",
            "value_unknown",
            "identifier_exponent",
            "not_an_integer",
            "not_a_number",
            "too_precise",
            "number_too_large",
            "not_yes_or_no",
            "half_a_place",
            "not_a_coordinate",
            "coordinates_swapped",
            "coordinates_out_of_range",
            "bad_geometry",
            "crs_unknown",
            "crs_missing",
        ] {
            let error = crate::FieldError::new("f", code);
            assert!(say(Lang::Zh, &error.message_key(), &error.args()).is_some(), "{code}");
        }
    }
}
