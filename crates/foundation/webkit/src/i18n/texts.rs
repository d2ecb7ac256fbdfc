//! All texts of all rooms, checked once at start, and the handle a request reads them through.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_syntax::ast::Entry;
use unic_langid::LanguageIdentifier;

use super::{Locale, Value};

/// Why the texts of the house cannot be used.
#[derive(Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("texts: not readable {unreadable:?}; said twice {duplicate:?}; not in zh-CN {missing_zh:?}; not in en {missing_en:?}")]
pub struct TextsError {
    /// Syntax errors, with language and place.
    pub unreadable: Vec<String>,
    /// Keys that two sources declare, with the language.
    pub duplicate: Vec<String>,
    /// Keys that only English has.
    pub missing_zh: Vec<String>,
    /// Keys that only Chinese has.
    pub missing_en: Vec<String>,
}

/// The texts of the whole house, both languages.
pub struct Texts {
    zh: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
    keys: BTreeSet<String>,
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl Texts {
    /// Reads the Fluent sources of all rooms, `(zh-CN, en)` each. [`super::SHARED_TEXTS`] is not added by itself.
    ///
    /// # Errors
    /// Syntax errors, keys declared twice, and keys that only one language has, all of them at once.
    pub fn new(sources: &[(&str, &str)]) -> Result<Self, TextsError> {
        let mut error = TextsError::default();
        let (zh, zh_keys) = bundle(Locale::ZhCn, sources.iter().map(|(zh, _)| *zh), &mut error);
        let (en, en_keys) = bundle(Locale::En, sources.iter().map(|(_, en)| *en), &mut error);
        error.missing_en = zh_keys.difference(&en_keys).cloned().collect();
        error.missing_zh = en_keys.difference(&zh_keys).cloned().collect();
        if error == TextsError::default() { Ok(Self { zh, en, keys: zh_keys }) } else { Err(error) }
    }

    /// Whether there is such a text: `key`, or `key.attribute`.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// All keys, attributes as `key.attribute`.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// The keys used in these templates and Rust sources (`t.s("…")` and its kin) that do not exist.
    #[must_use]
    pub fn check_templates(&self, sources: &[&str]) -> Vec<String> {
        let used: BTreeSet<String> = sources.iter().flat_map(|source| super::used_keys(source)).collect();
        used.into_iter().filter(|key| !self.has(key)).collect()
    }

    /// A handle in one language.
    #[must_use]
    pub fn in_locale(self: &Arc<Self>, locale: Locale) -> T {
        T { locale, texts: Arc::clone(self) }
    }

    fn format<'a>(&'a self, locale: Locale, key: &str, args: Option<&'a FluentArgs<'_>>) -> Option<Cow<'a, str>> {
        let bundle = match locale {
            Locale::ZhCn => &self.zh,
            Locale::En => &self.en,
        };
        let (id, attribute) = key.split_once('.').map_or((key, None), |(id, attribute)| (id, Some(attribute)));
        let message = bundle.get_message(id)?;
        let pattern = match attribute {
            None => message.value()?,
            Some(name) => message.get_attribute(name)?.value(),
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut errors);
        if !errors.is_empty() {
            tracing::warn!(key, ?errors, "text cannot be filled in");
        }
        Some(text)
    }
}

fn bundle<'s>(
    locale: Locale,
    sources: impl Iterator<Item = &'s str>,
    error: &mut TextsError,
) -> (FluentBundle<FluentResource>, BTreeSet<String>) {
    // The tags are our own and parse; the default would only cost the plural rules.
    let language: LanguageIdentifier = locale.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    let mut seen: BTreeMap<String, ()> = BTreeMap::new();
    for source in sources {
        let resource = match FluentResource::try_new(source.to_owned()) {
            Ok(resource) => resource,
            Err((resource, faults)) => {
                error.unreadable.extend(faults.iter().map(|fault| {
                    let line = source.get(..fault.pos.start).map_or(0, |before| before.matches('\n').count() + 1);
                    format!("{} line {line}: {}", locale.tag(), fault.kind)
                }));
                resource
            }
        };
        for key in keys_of(&resource) {
            if seen.insert(key.clone(), ()).is_some() {
                error.duplicate.push(format!("{key} ({})", locale.tag()));
            }
        }
        bundle.add_resource_overriding(resource);
    }
    (bundle, seen.into_keys().collect())
}

fn keys_of(resource: &FluentResource) -> Vec<String> {
    let mut keys = Vec::new();
    for entry in resource.entries() {
        if let Entry::Message(message) = entry {
            keys.push(message.id.name.to_owned());
            keys.extend(message.attributes.iter().map(|a| format!("{}.{}", message.id.name, a.id.name)));
        }
    }
    keys
}

/// The texts in the language of one request. Cheap to clone.
#[derive(Debug, Clone)]
pub struct T {
    pub(super) locale: Locale,
    texts: Arc<Texts>,
}

impl T {
    /// The language.
    #[must_use]
    pub const fn locale(&self) -> Locale {
        self.locale
    }

    /// The same texts in the other language.
    #[must_use]
    pub fn other(&self) -> Self {
        self.texts.in_locale(self.locale.other())
    }

    /// The text of a key. A key that does not exist shows as itself, so that a page never breaks over a word;
    /// `Texts::check_templates` in a test makes sure that it does not come to that.
    #[must_use]
    pub fn s(&self, key: &str) -> Cow<'_, str> {
        self.texts.format(self.locale, key, None).unwrap_or_else(|| Cow::Owned(key.to_owned()))
    }

    /// Whether there is a text of this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.texts.has(key)
    }

    /// The text of a key, `None` when there is no such key.
    #[must_use]
    pub fn opt(&self, key: &str) -> Option<Cow<'_, str>> {
        self.texts.has(key).then(|| self.s(key))
    }

    /// The text of a key with its placeables filled in: `t.with("case-taken", &[("name", name.into())])`.
    #[must_use]
    pub fn with(&self, key: &str, args: &[(&str, Value<'_>)]) -> String {
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        self.texts.format(self.locale, key, Some(&args)).map_or_else(|| key.to_owned(), Cow::into_owned)
    }

    /// The text of a key with the number `$n`: `t.n("cases-open", cases.len())`.
    #[must_use]
    pub fn n<'v>(&self, key: &str, n: impl Into<Value<'v>>) -> String {
        self.with(key, &[("n", n.into())])
    }

    /// The text of a key with one named value: `t.v("case-owner", "name", case.owner)`.
    #[must_use]
    pub fn v(&self, key: &str, name: &str, value: impl std::fmt::Display) -> String {
        self.with(key, &[(name, Value::from(value.to_string()))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Arc<Texts> {
        Arc::new(Texts::new(&[
            ("hello = 你好,{ $name }\nopen = { $n } 件\n    .hint = 未办结", "hello = Hello { $name }\nopen = { $n ->\n    [one] one case\n   *[other] { $n } cases\n  }\n    .hint = not closed"),
            ("bye = 再见", "bye = Goodbye"),
        ]).unwrap())
    }

    #[test]
    fn texts_are_filled_in_without_isolation_marks() {
        let (zh, en) = (texts().in_locale(Locale::ZhCn), texts().in_locale(Locale::En));
        assert_eq!(zh.v("hello", "name", "王芳"), "你好,王芳");
        assert_eq!(en.n("open", 1), "one case");
        assert_eq!(en.n("open", 1_200_usize), "1200 cases");
        assert_eq!(zh.s("open.hint"), "未办结");
        assert_eq!(en.s("no-such-key"), "no-such-key");
        assert_eq!(en.opt("no-such-key"), None);
        assert_eq!(zh.other().s("bye"), "Goodbye");
    }

    #[test]
    fn gaps_and_doubles_are_listed() {
        let error = Texts::new(&[("a = 甲\nb = 乙", "a = A"), ("a = 甲", "c = C")]).unwrap_err();
        assert_eq!(error.missing_en, ["b"]);
        assert_eq!(error.missing_zh, ["c"]);
        assert_eq!(error.duplicate, ["a (zh-CN)"]);
        assert!(Texts::new(&[("a = 甲", "a = A\n= broken")]).unwrap_err().unreadable.first().unwrap().starts_with("en line 2"));
    }

    #[test]
    fn a_key_used_in_a_template_must_exist() {
        let missing =
            texts().check_templates(&["{{ t.s(\"bye\") }} {{ shell.t.n(\"no-such\", 3) }}", "t.with(\n  \"other-gap\", &[])"]);
        assert_eq!(missing, ["no-such", "other-gap"]);
    }
}
